/* The opaque model: memory, synchronisation and what LLVM shall not look into are calls of declared functions. to_llvm.h
 * says what for.
 *
 * What LLVM is told of them:
 *
 *   load            reads what its root points at; anywhere at all where it is total, else only where it stands
 *   store           writes there
 *   var, shared     writes there: zeros
 *   atomics         read and write any memory that others see
 *   barriers        likewise, and are convergent
 *   subgroup ops    convergent, in an order among themselves
 *   len, built-in values, specialization constants, functions of floats: depend on nothing but their operands
 *   calls           anything, and are convergent
 *
 * A buffer or shared memory is a global, a local an alloca whose address goes nowhere, so LLVM sees that they are
 * different memory. Built-in values have ranges (ir/range.h).
 */
#include <stdio.h>
#include <stdlib.h>

#include "ir/base/fatal.h"
#include "ir/llvm/to_llvm.h"
#include "ir/range.h"

typedef struct {
    LLVMValueRef function;
    uint32_t lane;
    const IrInst *inst;
    uint32_t hash;
} Declared;

struct ToLlvmOpaque {
    Arena *arena;
    VEC(Declared) declared;
    uint32_t *slots; /* open addressing by hash: an index of `declared` plus 1 */
    uint32_t capacity;
    LLVMMetadataRef scope; /* of places */
};

ToLlvmOpaque *to_llvm_opaque_new(Arena *arena) {
    ToLlvmOpaque *opaque = NEW(arena, ToLlvmOpaque);
    opaque->arena = arena;
    return opaque;
}

/* ---- declarations ---- */

enum {               /* what a declared function may do, besides returning */
       ANYWHERE = 1, /* it may be executed where the program would not */
       CONVERGES = 2,
       REACHES_NONE = 4, /* no memory */
       REACHES_ROOT = 8, /* what its pointer points at, and nothing else */
       READS = 16,       /* of that: only this */
       WRITES = 32,
       REACHES_HIDDEN = 64, /* memory that no one else sees: an order among these calls */
};

/* Value roots and immediates aside, what makes two instructions calls of one function. The index of an operand list matters
 * by its types alone. */
static bool is_same_way(const IrInst *a, const IrInst *b) {
    if (a->op != b->op || ((a->flags ^ b->flags) & ~IR_GUARD) != 0 ||
        a->operand_count != b->operand_count || a->result_count != b->result_count) {
        return false;
    }
    if (a->result_count > 0 && a->results[0]->type != b->results[0]->type) {
        return false;
    }
    for (uint32_t i = 0; i < a->operand_count; i++) {
        bool is_root = ir_is_root(a->operands[i]->type);
        if (a->operands[i]->type != b->operands[i]->type ||
            (is_root && a->operands[i] != b->operands[i])) {
            return false;
        }
    }
    switch (a->op) {
    case OP_BUILTIN:
        return a->builtin == b->builtin;
    case OP_SPEC:
        return a->spec == b->spec;
    case OP_CALL:
        return a->callee == b->callee;
    case OP_EXTRACT:
    case OP_INSERT:
        return a->index == b->index;
    case OP_VAR:
    case OP_SHARED:
    case OP_PRINT:
    case OP_ASSERT:
        return a == b;
    default:
        return true;
    }
}

/* The fields of a form in the place of an access are constants, which choose its type: they are part of the way. */
static bool has_same_fields(const IrInst *a, const IrInst *b) {
    if (!ir_has(a->op, IR_PLACE)) {
        return true;
    }
    uint32_t start = ir_place_start(a);
    const IrType *type = a->operands[start]->type->element;
    uint32_t at = start + (a->operands[start]->type->kind == IR_TYPE_BUFFER ? 2 : 1);
    for (; at < a->operand_count && type != NULL; at++) {
        const IrValue *index = a->operands[at];
        if (type->kind == IR_TYPE_FORM && index != b->operands[at]) {
            return false;
        }
        type = ir_part_type(type, type->kind == IR_TYPE_FORM ? (uint32_t)index->bits[0] : 0);
    }
    return true;
}

static uint32_t hash_way(const IrInst *inst, uint32_t lane) {
    uint64_t hash = (uint64_t)inst->op * 31 + (inst->flags & ~(unsigned)IR_GUARD) * 7u + lane;
    hash = (hash << 8) + inst->operand_count;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const void *part = ir_is_root(inst->operands[i]->type)
                               ? (const void *)inst->operands[i]
                               : (const void *)inst->operands[i]->type;
        hash = (hash ^ (uintptr_t)part) * 0x9e3779b97f4a7c15u;
    }
    return (uint32_t)(hash ^ hash >> 32);
}

/* LLVM's MemoryEffects: two bits (reads 1, writes 2) for memory of arguments, hidden memory, errno and others. */
static uint64_t memory_effects(unsigned effects) {
    uint64_t root = (effects & READS) != 0 ? 1 : (effects & WRITES) != 0 ? 2 : 3;
    return (effects & REACHES_NONE) != 0   ? 0
           : (effects & REACHES_ROOT) != 0 ? root
                                           : UINT64_C(3) << 2;
}

static void describe(LLVMValueRef function, unsigned effects) {
    LLVMAttributeIndex self = TO_LLVM_ITSELF;
    to_llvm_attribute(function, self, "nounwind", 0);
    to_llvm_attribute(function, self, "willreturn", 0);
    to_llvm_attribute(function, self, "nocallback", 0);
    if ((effects & ANYWHERE) != 0) {
        to_llvm_attribute(function, self, "speculatable", 0);
    }
    if ((effects & CONVERGES) != 0) {
        to_llvm_attribute(function, self, "convergent", 0);
    }
    if ((effects & (REACHES_NONE | REACHES_ROOT | REACHES_HIDDEN)) != 0) {
        to_llvm_attribute(function, self, "memory", memory_effects(effects));
    }
}

static void set_range(ToLlvm *t, LLVMValueRef function, Range range) {
    uint64_t low = (uint64_t)range.least, high = (uint32_t)(range.most + 1); /* not of it */
    unsigned kind = LLVMGetEnumAttributeKindForName("range", 5);
    LLVMAddAttributeAtIndex(function, LLVMAttributeReturnIndex,
                            LLVMCreateConstantRangeAttribute(t->context, kind, 32, &low, &high));
}

static LLVMTypeRef signature(ToLlvm *t, const IrInst *inst, bool lane) {
    LLVMTypeRef *types = NEW_ARRAY(t->arena, LLVMTypeRef, inst->operand_count + 1);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        types[i] = to_llvm_type(t->context, inst->operands[i]->type);
    }
    const IrType *result = inst->result_count > 0 ? inst->results[0]->type : &ir_void;
    if (lane) {
        result = ir_lane_type(result);
    }
    unsigned count = inst->operand_count;
    if (result->kind == IR_TYPE_VAR || result->kind == IR_TYPE_SHARED) {
        types[count++] = to_llvm_type(t->context, result); /* what becomes zero */
        result = &ir_void;
    }
    return LLVMFunctionType(to_llvm_type(t->context, result), types, count, false);
}

static void grow(ToLlvmOpaque *opaque) {
    opaque->capacity = opaque->capacity == 0 ? 64 : opaque->capacity * 2;
    opaque->slots = NEW_ARRAY(opaque->arena, uint32_t, opaque->capacity);
    for (uint32_t i = 0; i < opaque->declared.count; i++) {
        uint32_t slot = opaque->declared.items[i].hash & (opaque->capacity - 1);
        while (opaque->slots[slot] != 0) {
            slot = (slot + 1) & (opaque->capacity - 1);
        }
        opaque->slots[slot] = i + 1;
    }
}

/* The function that stands for the instruction's way; `fresh` where it was not declared before. The name is the
 * number of its template: to_llvm_template. */
static LLVMValueRef declare(ToLlvm *t, const IrInst *inst, uint32_t lane, unsigned effects,
                            bool *fresh) {
    ToLlvmOpaque *opaque = t->data;
    if (2 * opaque->declared.count >= opaque->capacity) {
        grow(opaque);
    }
    uint32_t hash = hash_way(inst, lane), slot = hash & (opaque->capacity - 1);
    for (; opaque->slots[slot] != 0; slot = (slot + 1) & (opaque->capacity - 1)) {
        const Declared *other = &opaque->declared.items[opaque->slots[slot] - 1];
        if (other->hash == hash && other->lane == lane && is_same_way(inst, other->inst) &&
            has_same_fields(inst, other->inst)) {
            *fresh = false;
            return other->function;
        }
    }
    char name[96];
    snprintf(name, sizeof name, "%s.%.32s.%u", ir_ops[inst->op].text, t->function->name->text,
             opaque->declared.count);
    Declared declared = {.lane = lane, .inst = inst, .hash = hash};
    declared.function = LLVMAddFunction(t->llvm, name, signature(t, inst, inst->op == OP_BUILTIN));
    describe(declared.function, effects);
    opaque->slots[slot] = opaque->declared.count + 1;
    VEC_PUSH(opaque->arena, &opaque->declared, declared);
    *fresh = true;
    return declared.function;
}

ToLlvmTemplate to_llvm_template(const ToLlvmOpaque *opaque, LLVMValueRef function) {
    size_t length = 0;
    const char *name = LLVMGetValueName2(function, &length), *dot = strrchr(name, '.');
    ToLlvmTemplate none = {0};
    if (dot == NULL || dot[1] < '0' || dot[1] > '9') {
        return none;
    }
    uint32_t number = (uint32_t)strtoul(dot + 1, NULL, 10);
    if (number >= opaque->declared.count || opaque->declared.items[number].function != function) {
        return none;
    }
    const Declared *declared = &opaque->declared.items[number];
    return (ToLlvmTemplate){declared->inst, declared->lane};
}

/* A call of that function with the operands of the instruction, and perhaps a pointer behind them. */
static LLVMValueRef call(ToLlvm *t, const IrInst *inst, LLVMValueRef function,
                         LLVMValueRef pointer) {
    uint32_t count = inst->operand_count;
    LLVMValueRef few[16],
        *arguments = count < 16 ? few : NEW_ARRAY(t->arena, LLVMValueRef, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        arguments[i] = to_llvm_value(t, inst->operands[i]);
    }
    if (pointer != NULL) {
        arguments[count++] = pointer;
    }
    return LLVMBuildCall2(t->builder, LLVMGlobalGetValueType(function), function, arguments, count,
                          "");
}

static LLVMValueRef opaque(ToLlvm *t, const IrInst *inst, unsigned effects) {
    bool fresh;
    LLVMValueRef function = declare(t, inst, 0, effects, &fresh);
    if (fresh) {
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            if (ir_is_root(inst->operands[i]->type)) {
                to_llvm_attribute(function, i + 1, "captures", 0);
            }
        }
    }
    return call(t, inst, function, NULL);
}

/* ---- roots ---- */

static LLVMValueRef global(ToLlvm *t, const char *name) {
    LLVMValueRef root = LLVMAddGlobal(t->llvm, LLVMInt8TypeInContext(t->context), name);
    LLVMSetLinkage(root, LLVMExternalLinkage);
    return root;
}

static LLVMValueRef zeroed(ToLlvm *t, const IrInst *inst, LLVMValueRef pointer) {
    bool fresh;
    LLVMValueRef function = declare(t, inst, 0, REACHES_ROOT | WRITES, &fresh);
    to_llvm_attribute(function, inst->operand_count + 1, "captures", 0);
    call(t, inst, function, pointer);
    return pointer;
}

/* An alloca of one byte in the entry block. */
static LLVMValueRef local(ToLlvm *t) {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(t->builder);
    LLVMValueRef first = LLVMGetFirstInstruction(t->entry);
    if (first != NULL) {
        LLVMPositionBuilderBefore(t->builder, first);
    } else {
        LLVMPositionBuilderAtEnd(t->builder, t->entry);
    }
    LLVMValueRef root = LLVMBuildAlloca(t->builder, LLVMInt8TypeInContext(t->context), "");
    LLVMPositionBuilderAtEnd(t->builder, here);
    return root;
}

/* ---- the callbacks ---- */

static void begin(ToLlvm *t) {
    const IrFunction *f = t->function;
    LLVMTypeRef *types = NEW_ARRAY(t->arena, LLVMTypeRef, f->param_count);
    unsigned count = 0;
    for (uint32_t i = 0; i < f->param_count; i++) {
        if (!ir_is_root(f->params[i]->type)) {
            types[count++] = to_llvm_type(t->context, f->params[i]->type);
        }
    }
    LLVMTypeRef type = LLVMFunctionType(to_llvm_type(t->context, f->result), types, count, false);
    t->fn = LLVMAddFunction(t->llvm, "function", type);
    to_llvm_attribute(t->fn, TO_LLVM_ITSELF, "nounwind", 0);
    to_llvm_attribute(t->fn, TO_LLVM_ITSELF, "convergent", 0);
    count = 0;
    for (uint32_t i = 0; i < f->param_count; i++) {
        bool is_root = ir_is_root(f->params[i]->type);
        to_llvm_set(t, f->params[i], is_root ? global(t, "root") : LLVMGetParam(t->fn, count++));
    }
}

static LLVMValueRef access(ToLlvm *t, const IrInst *inst) {
    unsigned anywhere = (inst->flags & IR_RAW) != 0 ? 0 : ANYWHERE;
    switch (inst->op) {
    case OP_VAR:
        return zeroed(t, inst, local(t));
    case OP_SHARED:
        return zeroed(t, inst, global(t, "group_memory"));
    case OP_LOAD:
        return opaque(t, inst, REACHES_ROOT | READS | anywhere);
    case OP_LOAD_WIDE: /* where it stands: it is as good as `.raw` */
        return opaque(t, inst, REACHES_ROOT | READS);
    case OP_STORE:
    case OP_STORE_WIDE:
        return opaque(t, inst, REACHES_ROOT | WRITES);
    case OP_LEN:
        return opaque(t, inst, REACHES_NONE | ANYWHERE);
    case OP_REF: /* a root made of a root: what is at it, only the other one knows */
        return opaque(t, inst, 0);
    default:
        return opaque(t, inst, 0);
    }
}

static LLVMValueRef builtin(ToLlvm *t, const IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    LLVMValueRef whole = LLVMGetPoison(to_llvm_type(t->context, type));
    for (uint32_t lane = 0; lane < type->lanes; lane++) {
        bool fresh;
        LLVMValueRef function = declare(t, inst, lane, REACHES_NONE | ANYWHERE, &fresh);
        Range range = range_of_builtin(t->function, inst->builtin, lane);
        if (fresh && (range.least > 0 || range.most < UINT32_MAX)) {
            set_range(t, function, range);
        }
        LLVMValueRef number = call(t, inst, function, NULL);
        if (!ir_is_vector(type)) {
            return number;
        }
        LLVMTypeRef index = LLVMInt32TypeInContext(t->context);
        whole =
            LLVMBuildInsertElement(t->builder, whole, number, LLVMConstInt(index, lane, false), "");
    }
    return whole;
}

static LLVMValueRef given(ToLlvm *t, const IrInst *inst) {
    return inst->op == OP_BUILTIN ? builtin(t, inst) : opaque(t, inst, REACHES_NONE | ANYWHERE);
}

static LLVMValueRef together(ToLlvm *t, const IrInst *inst) {
    return opaque(t, inst, CONVERGES | (ir_has(inst->op, IR_SYNC) ? 0 : REACHES_HIDDEN));
}

static LLVMValueRef call_proc(ToLlvm *t, const IrInst *inst) {
    return opaque(t, inst, CONVERGES);
}

static void tell(ToLlvm *t, const IrInst *inst) {
    opaque(t, inst, REACHES_HIDDEN);
}

static LLVMValueRef kept(ToLlvm *t, const IrInst *inst) {
    return opaque(t, inst, REACHES_NONE | ((inst->flags & IR_RAW) != 0 ? 0 : ANYWHERE));
}

static void begin_places(ToLlvm *t) {
    ToLlvmPlaces *p = t->places;
    p->builder = LLVMCreateDIBuilder(t->llvm);
    p->file = LLVMDIBuilderCreateFile(p->builder, "f", 1, "", 0);
    LLVMDIBuilderCreateCompileUnit(p->builder, LLVMDWARFSourceLanguageC99, p->file, "", 0, true, "",
                                   0, 0, "", 0, LLVMDWARFEmissionLineTablesOnly, 0, false, false,
                                   "", 0, "", 0);
    p->type = LLVMDIBuilderCreateSubroutineType(p->builder, p->file, NULL, 0, LLVMDIFlagZero);
    unsigned version = LLVMDebugMetadataVersion();
    LLVMValueRef number = LLVMConstInt(LLVMInt32TypeInContext(t->context), version, false);
    LLVMAddModuleFlag(t->llvm, LLVMModuleFlagBehaviorWarning, "Debug Info Version", 18,
                      LLVMValueAsMetadata(number));
}

void to_llvm_end_places(ToLlvmPlaces *places) {
    if (places->builder != NULL) {
        LLVMDIBuilderFinalize(places->builder);
        LLVMDisposeDIBuilder(places->builder);
    }
}

/* The line is the position. */
static LLVMMetadataRef place(ToLlvm *t, Pos pos) {
    ToLlvmOpaque *o = t->data;
    ToLlvmPlaces *p = t->places;
    if (o->scope == NULL) {
        if (p->builder == NULL) {
            begin_places(t);
        }
        o->scope = LLVMDIBuilderCreateFunction(p->builder, p->file, "f", 1, "", 0, p->file, 1,
                                               p->type, true, true, 1, LLVMDIFlagZero, true);
        LLVMSetSubprogram(t->fn, o->scope);
    }
    return LLVMDIBuilderCreateDebugLocation(t->context, pos, 0, o->scope, NULL);
}

const ToLlvmModel to_llvm_opaque = {
    .begin = begin,
    .access = access,
    .given = given,
    .together = together,
    .call = call_proc,
    .tell = tell,
    .kept = kept,
    .place = place,
};
