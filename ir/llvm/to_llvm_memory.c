/* See to_llvm_memory.h.
 *
 * Two layouts: a buffer is the host's, addressed by offsets; a local or shared variable has a type of LLVM's (`held`), in
 * which a bool is a byte and an atomic f32 an i32, since LLVM packs vectors of i1 and exchanges integers alone everywhere.
 */
#include "ir/llvm/to_llvm_memory.h"

#include "ir/base/fatal.h"
#include "ir/reflect.h"

enum { MOST_STORED = 16 };  /* scalars that are zeroed by one store */
enum { MOST_PARTS = 1024 }; /* scalars of a value that is moved part by part */

/* ---- types ---- */

static LLVMTypeRef held(ToLlvm *t, const IrType *type) {
    LLVMTypeRef byte = LLVMInt8TypeInContext(t->context);
    switch (type->kind) {
    case IR_TYPE_SCALAR:
        return ir_is_bool(type) ? byte : to_llvm_type(t->context, type);
    case IR_TYPE_VECTOR:
        return ir_is_bool(type) ? LLVMVectorType(byte, type->lanes)
                                : to_llvm_type(t->context, type);
    case IR_TYPE_ATOMIC:
        return LLVMIntTypeInContext(t->context, ir_bits(type));
    case IR_TYPE_ARRAY:
        return LLVMArrayType2(held(t, type->element), type->count);
    default: {
        LLVMTypeRef *parts = NEW_ARRAY(t->arena, LLVMTypeRef, type->count);
        for (uint32_t i = 0; i < type->count; i++) {
            parts[i] = held(t, type->fields[i].type);
        }
        return LLVMStructTypeInContext(t->context, parts, type->count, false);
    }
    }
}

/* ---- places ---- */

typedef struct {
    LLVMValueRef pointer;
    const IrType *type; /* what is there */
    unsigned align;     /* 0: that of the type */
} Place;

static LLVMValueRef wide(ToLlvm *t, LLVMValueRef index) {
    return LLVMBuildZExt(t->builder, index, LLVMInt64TypeInContext(t->context), "");
}

static LLVMValueRef step(ToLlvm *t, LLVMTypeRef type, LLVMValueRef pointer, LLVMValueRef index) {
    return LLVMBuildInBoundsGEP2(t->builder, type, pointer, &index, 1, "");
}

/* So many times `stride` bytes on. */
static LLVMValueRef stride(ToLlvm *t, const IrType *element, LLVMValueRef pointer,
                           LLVMValueRef index) {
    bool is_plain = !ir_is_composite(element) && ir_size(element) == ir_stride(element);
    LLVMTypeRef type = is_plain
                           ? held(t, element)
                           : LLVMArrayType2(LLVMInt8TypeInContext(t->context), ir_stride(element));
    return step(t, type, pointer, wide(t, index));
}

static LLVMValueRef offset(ToLlvm *t, LLVMValueRef pointer, uint64_t bytes) {
    LLVMValueRef index = LLVMConstInt(LLVMInt64TypeInContext(t->context), bytes, false);
    return bytes == 0 ? pointer : step(t, LLVMInt8TypeInContext(t->context), pointer, index);
}

static LLVMTypeRef lane_type(ToLlvm *t, const IrType *vector) {
    return held(t, ir_lane_type(vector));
}

static Place buffer_place(ToLlvm *t, const IrInst *inst, uint32_t at, Place place) {
    place.pointer = stride(t, place.type, place.pointer, to_llvm_value(t, inst->operands[at]));
    for (uint32_t i = at + 1; i < inst->operand_count; i++) {
        const IrValue *index = inst->operands[i];
        if (place.type->kind == IR_TYPE_FORM) {
            uint32_t field = (uint32_t)index->bits[0];
            place.pointer = offset(t, place.pointer, place.type->fields[field].offset);
            place.type = place.type->fields[field].type;
        } else if (place.type->kind == IR_TYPE_ARRAY) {
            place.type = place.type->element;
            place.pointer = stride(t, place.type, place.pointer, to_llvm_value(t, index));
        } else {
            place.pointer =
                step(t, lane_type(t, place.type), place.pointer, wide(t, to_llvm_value(t, index)));
            place.type = ir_lane_type(place.type);
        }
    }
    place.align = ir_align(place.type);
    return place;
}

/* One GEP for all parts; another for a lane, since LLVM wants none inside a vector. */
static Place variable_place(ToLlvm *t, const IrInst *inst, uint32_t at, Place place) {
    LLVMTypeRef whole = held(t, place.type);
    LLVMTypeRef number = LLVMInt32TypeInContext(t->context);
    LLVMValueRef *indices = NEW_ARRAY(t->arena, LLVMValueRef, inst->operand_count + 1);
    unsigned count = 0;
    indices[count++] = LLVMConstInt(LLVMInt64TypeInContext(t->context), 0, false);
    for (; at < inst->operand_count && ir_is_composite(place.type); at++) {
        const IrValue *index = inst->operands[at];
        if (place.type->kind == IR_TYPE_FORM) {
            indices[count++] = LLVMConstInt(number, index->bits[0], false);
            place.type = place.type->fields[index->bits[0]].type;
        } else {
            indices[count++] = wide(t, to_llvm_value(t, index));
            place.type = place.type->element;
        }
    }
    if (count > 1) {
        place.pointer = LLVMBuildInBoundsGEP2(t->builder, whole, place.pointer, indices, count, "");
    }
    if (at < inst->operand_count) {
        place.pointer = step(t, lane_type(t, place.type), place.pointer,
                             wide(t, to_llvm_value(t, inst->operands[at])));
        place.type = ir_lane_type(place.type);
    }
    return place;
}

static Place place_of(ToLlvm *t, const IrInst *inst) {
    uint32_t start = ir_place_start(inst);
    const IrValue *root = inst->operands[start];
    Place place = {to_llvm_value(t, root), root->type->element, 0};
    return root->type->kind == IR_TYPE_BUFFER ? buffer_place(t, inst, start + 1, place)
                                              : variable_place(t, inst, start + 1, place);
}

/* ---- loads and stores ---- */

static LLVMValueRef load(ToLlvm *t, LLVMTypeRef type, LLVMValueRef pointer, unsigned align) {
    LLVMValueRef made = LLVMBuildLoad2(t->builder, type, pointer, "");
    if (align != 0) {
        LLVMSetAlignment(made, align);
    }
    return made;
}

static void store(ToLlvm *t, LLVMValueRef value, LLVMValueRef pointer, unsigned align) {
    LLVMValueRef made = LLVMBuildStore(t->builder, value, pointer);
    if (align != 0) {
        LLVMSetAlignment(made, align);
    }
}

static LLVMValueRef part_pointer(ToLlvm *t, const IrType *type, LLVMValueRef pointer, uint32_t i) {
    LLVMValueRef indices[] = {LLVMConstInt(LLVMInt32TypeInContext(t->context), 0, false),
                              LLVMConstInt(LLVMInt32TypeInContext(t->context), i, false)};
    return LLVMBuildInBoundsGEP2(t->builder, held(t, type), pointer, indices, 2, "");
}

/* Whether a value is moved part by part: those with bools have to be, and LLVM's passes and targets do better with parts than
 * with wholes, as long as there are not too many. */
static bool is_parted(const IrType *type) {
    return ir_has_bool(type) || (ir_is_composite(type) && ir_words(type) <= MOST_PARTS);
}

static LLVMValueRef load_held(ToLlvm *t, const IrType *type, LLVMValueRef pointer) {
    if (!is_parted(type)) {
        return load(t, held(t, type), pointer, 0);
    }
    LLVMTypeRef made = to_llvm_type(t->context, type);
    if (!ir_is_composite(type)) {
        return LLVMBuildTrunc(t->builder, load(t, held(t, type), pointer, 0), made, "");
    }
    LLVMValueRef whole = LLVMGetPoison(made);
    for (uint32_t i = 0; i < type->count; i++) {
        LLVMValueRef part = load_held(t, ir_part_type(type, i), part_pointer(t, type, pointer, i));
        whole = LLVMBuildInsertValue(t->builder, whole, part, i, "");
    }
    return whole;
}

static void store_held(ToLlvm *t, const IrType *type, LLVMValueRef value, LLVMValueRef pointer) {
    if (!is_parted(type)) {
        store(t, value, pointer, 0);
    } else if (!ir_is_composite(type)) {
        store(t, LLVMBuildZExt(t->builder, value, held(t, type), ""), pointer, 0);
    } else {
        for (uint32_t i = 0; i < type->count; i++) {
            store_held(t, ir_part_type(type, i), LLVMBuildExtractValue(t->builder, value, i, ""),
                       part_pointer(t, type, pointer, i));
        }
    }
}

LLVMValueRef to_llvm_load_host(ToLlvm *t, const IrType *type, LLVMValueRef pointer, uint64_t bytes,
                               unsigned align) {
    LLVMTypeRef made = to_llvm_type(t->context, type);
    if (!ir_is_composite(type)) {
        unsigned own = ir_align(type);
        return load(t, made, offset(t, pointer, bytes), own < align ? own : align);
    }
    LLVMValueRef whole = LLVMGetPoison(made);
    for (uint32_t i = 0; i < type->count; i++) {
        LLVMValueRef part = to_llvm_load_host(t, ir_part_type(type, i), pointer,
                                              bytes + ir_part_offset(type, i), align);
        whole = LLVMBuildInsertValue(t->builder, whole, part, i, "");
    }
    return whole;
}

static LLVMValueRef access_load(ToLlvm *t, const IrInst *inst) {
    Place place = place_of(t, inst);
    return place.align != 0 ? load(t, held(t, place.type), place.pointer, place.align)
                            : load_held(t, place.type, place.pointer);
}

static LLVMValueRef access_store(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef value = to_llvm_value(t, inst->operands[0]);
    Place place = place_of(t, inst);
    if (place.align != 0) {
        store(t, value, place.pointer, place.align);
    } else {
        store_held(t, place.type, value, place.pointer);
    }
    return NULL;
}

/* ---- variables ---- */

LLVMBasicBlockRef to_llvm_to_entry(ToLlvm *t) {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(t->builder);
    LLVMValueRef first = LLVMGetFirstInstruction(t->entry);
    if (first != NULL) {
        LLVMPositionBuilderBefore(t->builder, first);
    } else {
        LLVMPositionBuilderAtEnd(t->builder, t->entry);
    }
    return here;
}

static void name_it(LLVMValueRef made, const IrValue *root) {
    if (root->name != NULL) {
        LLVMSetValueName2(made, root->name->text, root->name->length);
    }
}

/* Executed again, it is a new one: zero. */
static LLVMValueRef variable(ToLlvm *t, const IrInst *inst) {
    const IrType *type = inst->results[0]->type->element;
    LLVMTypeRef made = held(t, type);
    LLVMBasicBlockRef here = to_llvm_to_entry(t);
    LLVMValueRef pointer = LLVMBuildAlloca(t->builder, made, "");
    LLVMPositionBuilderAtEnd(t->builder, here);
    name_it(pointer, inst->results[0]);
    if (ir_words(type) <= MOST_STORED) {
        store(t, LLVMConstNull(made), pointer, 0);
    } else {
        LLVMBuildMemSet(t->builder, pointer, LLVMConstNull(LLVMInt8TypeInContext(t->context)),
                        LLVMSizeOf(made), LLVMGetAlignment(pointer));
    }
    return pointer;
}

static LLVMValueRef shared(ToLlvm *t, const IrInst *inst) {
    const IrValue *root = inst->results[0];
    const ToLlvmPointers *pointers = t->data;
    const char *name = arena_printf(t->arena, "%s.%s", pointers->name,
                                    root->name != NULL ? root->name->text : "shared");
    LLVMTypeRef type = held(t, root->type->element);
    LLVMValueRef made = LLVMAddGlobalInAddressSpace(t->llvm, type, name, TO_LLVM_SHARED);
    LLVMSetLinkage(made, LLVMInternalLinkage);
    LLVMSetInitializer(made, LLVMGetUndef(type));
    return made;
}

/* ---- atomics ---- */

static const LLVMAtomicRMWBinOp operations[] = {
    [OP_ATOMIC_LOAD] = LLVMAtomicRMWBinOpOr,  [OP_ATOMIC_STORE] = LLVMAtomicRMWBinOpXchg,
    [OP_ATOMIC_ADD] = LLVMAtomicRMWBinOpAdd,  [OP_ATOMIC_SUB] = LLVMAtomicRMWBinOpSub,
    [OP_ATOMIC_MIN] = LLVMAtomicRMWBinOpUMin, [OP_ATOMIC_MAX] = LLVMAtomicRMWBinOpUMax,
    [OP_ATOMIC_AND] = LLVMAtomicRMWBinOpAnd,  [OP_ATOMIC_OR] = LLVMAtomicRMWBinOpOr,
    [OP_ATOMIC_XOR] = LLVMAtomicRMWBinOpXor,  [OP_ATOMIC_EXCHANGE] = LLVMAtomicRMWBinOpXchg,
};

static LLVMAtomicRMWBinOp operation(IrOp op, const IrType *type) {
    if (ir_class(type) == IR_CLASS_INT && op == OP_ATOMIC_MIN) {
        return LLVMAtomicRMWBinOpMin;
    }
    if (ir_class(type) == IR_CLASS_INT && op == OP_ATOMIC_MAX) {
        return LLVMAtomicRMWBinOpMax;
    }
    return operations[op];
}

/* An operand as what is held: the bits of a float. */
static LLVMValueRef as_held(ToLlvm *t, const IrValue *value) {
    LLVMTypeRef type = LLVMIntTypeInContext(t->context, ir_bits(value->type));
    return LLVMBuildBitCast(t->builder, to_llvm_value(t, value), type, "");
}

/* Relaxed, and seen by all that see the memory. A load is an exchange as well: LLVM's SPIR-V has no atomic loads. */
static LLVMValueRef atomic(ToLlvm *t, const IrInst *inst) {
    Place place = place_of(t, inst);
    bool is_shared = inst->operands[ir_place_start(inst)]->type->kind == IR_TYPE_SHARED;
    const char *scope_name = is_shared ? "workgroup" : "device";
    unsigned scope = LLVMGetSyncScopeID(t->context, scope_name, strlen(scope_name));
    LLVMValueRef old;
    if (inst->op == OP_ATOMIC_COMPARE_EXCHANGE) {
        LLVMValueRef pair = LLVMBuildAtomicCmpXchgSyncScope(
            t->builder, place.pointer, as_held(t, inst->operands[0]), as_held(t, inst->operands[1]),
            LLVMAtomicOrderingMonotonic, LLVMAtomicOrderingMonotonic, scope);
        old = LLVMBuildExtractValue(t->builder, pair, 0, "");
    } else {
        LLVMTypeRef type = LLVMIntTypeInContext(t->context, ir_bits(place.type));
        LLVMValueRef value =
            inst->op == OP_ATOMIC_LOAD ? LLVMConstNull(type) : as_held(t, inst->operands[0]);
        old = LLVMBuildAtomicRMWSyncScope(t->builder,
                                          operation(inst->op, ir_scalar(place.type->scalar)),
                                          place.pointer, value, LLVMAtomicOrderingMonotonic, scope);
    }
    return inst->result_count == 0
               ? NULL
               : LLVMBuildBitCast(t->builder, old, to_llvm_type(t->context, inst->results[0]->type),
                                  "");
}

/* ---- all of them ---- */

LLVMValueRef to_llvm_access(ToLlvm *t, const IrInst *inst) {
    switch (inst->op) {
    case OP_VAR:
        return variable(t, inst);
    case OP_SHARED:
        return shared(t, inst);
    case OP_LOAD:
        return access_load(t, inst);
    case OP_STORE:
        return access_store(t, inst);
    case OP_LOAD_WIDE: {
        const IrType *type = inst->results[0]->type;
        return load(t, to_llvm_type(t->context, type), place_of(t, inst).pointer, ir_size(type));
    }
    case OP_STORE_WIDE:
        store(t, to_llvm_value(t, inst->operands[0]), place_of(t, inst).pointer,
              ir_size(inst->operands[0]->type));
        return NULL;
    case OP_LEN:
        return ((const ToLlvmPointers *)t->data)->lengths[inst->operands[0]->index];
    default:
        REQUIRE(ir_is_atomic_op(inst->op));
        return atomic(t, inst);
    }
}
