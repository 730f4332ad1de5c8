/* Types, constants, and the capabilities that they bring along. Each is declared once, when first needed:
 * SPIR-V forbids two declarations of one scalar, vector or pointer type. Types that have an IrType are looked up by its
 * address; the order of ids is that of the first need all the same. */
#include "backend-spirv/spirv_writer.h"
#include "ir/base/fatal.h"

/* How a scalar type is declared, and what computing in it asks of the device. Integers of 8 and 16 bits are not
 * computed with (lower_small_ints); what keeping them in memory asks for stands below. */
typedef struct {
    SpvOp op;
    uint8_t width, is_signed;
    SpvCapability capability;
} ScalarRow;

/* clang-format off */
static const ScalarRow scalars[IR_SCALAR_COUNT] = {
    [IR_BOOL] = {SpvOpTypeBool,  0,  0, SpvCapabilityShader},
    [IR_I8]   = {SpvOpTypeInt,   8,  1, SpvCapabilityShader},
    [IR_I16]  = {SpvOpTypeInt,   16, 1, SpvCapabilityShader},
    [IR_I32]  = {SpvOpTypeInt,   32, 1, SpvCapabilityShader},
    [IR_I64]  = {SpvOpTypeInt,   64, 1, SpvCapabilityInt64},
    [IR_U8]   = {SpvOpTypeInt,   8,  0, SpvCapabilityShader},
    [IR_U16]  = {SpvOpTypeInt,   16, 0, SpvCapabilityShader},
    [IR_U32]  = {SpvOpTypeInt,   32, 0, SpvCapabilityShader},
    [IR_U64]  = {SpvOpTypeInt,   64, 0, SpvCapabilityInt64},
    [IR_F16]  = {SpvOpTypeFloat, 16, 0, SpvCapabilityFloat16},
    [IR_F32]  = {SpvOpTypeFloat, 32, 0, SpvCapabilityShader},
    [IR_F64]  = {SpvOpTypeFloat, 64, 0, SpvCapabilityFloat64},
};

/* What keeping narrow scalars in a storage class asks for besides; 0: nothing. */
static const SpvCapability byte_storage[SPIRV_CLASS_COUNT] = {
    [SPIRV_STORAGE_BUFFER] = SpvCapabilityStorageBuffer8BitAccess,
    [SPIRV_PUSH_CONSTANT]  = SpvCapabilityStoragePushConstant8,
};
static const SpvCapability half_storage[SPIRV_CLASS_COUNT] = {
    [SPIRV_STORAGE_BUFFER] = SpvCapabilityStorageBuffer16BitAccess,
    [SPIRV_PUSH_CONSTANT]  = SpvCapabilityStoragePushConstant16,
};
/* clang-format on */

void spirv_capability(SpirvWriter *w, SpvCapability capability) {
    const SpirvWords *words = &w->sections[SPIRV_CAPABILITIES];
    for (uint32_t i = 0; i < words->count; i += 2) { /* each is OpCapability and one word */
        if (words->items[i + 1] == capability) {
            return;
        }
    }
    EMIT(w, SPIRV_CAPABILITIES, SpvOpCapability, capability);
}

void spirv_extension(SpirvWriter *w, const char *name) {
    SpirvWords *words = &w->sections[SPIRV_EXTENSIONS];
    uint32_t begin = spirv_begin(w, SPIRV_EXTENSIONS, SpvOpExtension);
    spirv_string(w, SPIRV_EXTENSIONS, name, strlen(name));
    spirv_end(w, SPIRV_EXTENSIONS, begin);
    uint32_t length = words->count - begin;
    for (uint32_t at = 0; at < begin; at += words->items[at] >> SpvWordCountShift) {
        if (memcmp(words->items + at, words->items + begin, length * sizeof *words->items) == 0) {
            words->count = begin; /* it is there already */
            return;
        }
    }
}

void spirv_storage_capabilities(SpirvWriter *w, SpirvClass class, const IrType *type) {
    if (ir_is_composite(type)) {
        uint32_t count = type->kind == IR_TYPE_ARRAY ? 1 : type->count;
        for (uint32_t i = 0; i < count; i++) {
            spirv_storage_capabilities(w, class, ir_part_type(type, i));
        }
        return;
    }
    unsigned width = scalars[type->scalar].width;
    if (width == 16 && half_storage[class] != 0) {
        spirv_capability(w, half_storage[class]);
    }
    if (width == 8 && byte_storage[class] != 0) {
        spirv_capability(w, byte_storage[class]);
        if (w->options->target == SPIRV_VULKAN_1_1) { /* SPIR-V 1.5 took it in */
            spirv_extension(w, "SPV_KHR_8bit_storage");
        }
    }
}

/* ---- what was declared ---- */

static SpirvDeclared *declared_slot(SpirvDeclared *slots, uint32_t capacity, const IrType *type,
                                    uint32_t flavour) {
    uint64_t hash = ((uintptr_t)type / sizeof(void *) * 32 + flavour) * 0x9e3779b97f4a7c15u;
    uint32_t i = (uint32_t)(hash >> 32) & (capacity - 1);
    while (slots[i].type != NULL && (slots[i].type != type || slots[i].flavour != flavour)) {
        i = (i + 1) & (capacity - 1);
    }
    return &slots[i];
}

/* 0: not yet. */
static uint32_t declared_id(const SpirvWriter *w, const IrType *type, uint32_t flavour) {
    return w->declared_capacity == 0
               ? 0
               : declared_slot(w->declared, w->declared_capacity, type, flavour)->id;
}

static void declare(SpirvWriter *w, const IrType *type, uint32_t flavour, uint32_t id) {
    if (w->declared_count >= w->declared_capacity / 2) {
        uint32_t capacity = w->declared_capacity == 0 ? 64 : w->declared_capacity * 2;
        SpirvDeclared *slots = NEW_ARRAY(w->module->arena, SpirvDeclared, capacity);
        for (uint32_t i = 0; i < w->declared_capacity; i++) {
            const SpirvDeclared *old = &w->declared[i];
            if (old->type != NULL) {
                *declared_slot(slots, capacity, old->type, old->flavour) = *old;
            }
        }
        w->declared = slots;
        w->declared_capacity = capacity;
    }
    *declared_slot(w->declared, w->declared_capacity, type, flavour) =
        (SpirvDeclared){type, flavour, id};
    w->declared_count++;
}

/* ---- types ---- */

static uint32_t scalar_type(SpirvWriter *w, const ScalarRow *row) {
    uint32_t id = spirv_fresh(w);
    spirv_capability(w, row->capability);
    switch (row->op) {
    case SpvOpTypeInt:
        EMIT(w, SPIRV_GLOBALS, SpvOpTypeInt, id, row->width, row->is_signed);
        break;
    case SpvOpTypeFloat:
        EMIT(w, SPIRV_GLOBALS, SpvOpTypeFloat, id, row->width);
        break;
    default:
        EMIT(w, SPIRV_GLOBALS, SpvOpTypeBool, id);
    }
    return id;
}

static uint32_t vector_type(SpirvWriter *w, const IrType *type) {
    uint32_t lane = spirv_type(w, ir_lane_type(type)), id = spirv_fresh(w);
    EMIT(w, SPIRV_GLOBALS, SpvOpTypeVector, id, lane, type->lanes);
    return id;
}

static uint32_t part_type(SpirvWriter *w, const IrType *type, SpirvFlavour flavour) {
    return flavour == SPIRV_LAID_OUT ? spirv_laid_out_type(w, type) : spirv_type(w, type);
}

/* A matrix is the array of its columns to SPIR-V, too: OpTypeMatrix would bring its own rules of layout along. */
static uint32_t array_type(SpirvWriter *w, const IrType *type, SpirvFlavour flavour) {
    uint32_t element = part_type(w, type->element, flavour);
    uint32_t count = spirv_splat(w, ir_scalar(IR_U32), type->count), id = spirv_fresh(w);
    EMIT(w, SPIRV_GLOBALS, SpvOpTypeArray, id, element, count);
    if (flavour == SPIRV_LAID_OUT) {
        EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, id, SpvDecorationArrayStride,
             ir_stride(type->element));
    }
    return id;
}

static uint32_t form_type(SpirvWriter *w, const IrType *type, SpirvFlavour flavour) {
    uint32_t *fields = NEW_ARRAY(w->module->arena, uint32_t, type->count);
    for (uint32_t i = 0; i < type->count; i++) {
        fields[i] = part_type(w, type->fields[i].type, flavour);
    }
    uint32_t id = spirv_fresh(w), begin = spirv_begin(w, SPIRV_GLOBALS, SpvOpTypeStruct);
    spirv_word(w, SPIRV_GLOBALS, id);
    for (uint32_t i = 0; i < type->count; i++) {
        spirv_word(w, SPIRV_GLOBALS, fields[i]);
    }
    spirv_end(w, SPIRV_GLOBALS, begin);
    spirv_name(w, id, type->name->text, type->name->length);
    for (uint32_t i = 0; i < type->count; i++) {
        const IrField *field = &type->fields[i];
        spirv_member_name(w, id, i, field->name->text, field->name->length);
        if (flavour == SPIRV_LAID_OUT) {
            EMIT(w, SPIRV_ANNOTATIONS, SpvOpMemberDecorate, id, i, SpvDecorationOffset,
                 field->offset);
        }
    }
    return id;
}

/* A value that is put together of small integers, as only value parameters are, is more than memory. */
static void small_part_capabilities(SpirvWriter *w, const IrType *type) {
    uint32_t count = type->kind == IR_TYPE_ARRAY ? 1 : type->count;
    for (uint32_t i = 0; i < count; i++) {
        const IrType *part = ir_part_type(type, i);
        if (ir_is_int(part) && ir_bits(part) < 32) {
            spirv_capability(w, ir_bits(part) == 8 ? SpvCapabilityInt8 : SpvCapabilityInt16);
        }
    }
}

static uint32_t composite_type(SpirvWriter *w, const IrType *type, SpirvFlavour flavour) {
    if (flavour == SPIRV_PLAIN) {
        small_part_capabilities(w, type);
    }
    return (type->kind == IR_TYPE_FORM ? form_type : array_type)(w, type, flavour);
}

uint32_t spirv_type(SpirvWriter *w, const IrType *type) {
    if (type->kind == IR_TYPE_VOID) {
        if (w->void_type == 0) {
            w->void_type = spirv_fresh(w);
            EMIT(w, SPIRV_GLOBALS, SpvOpTypeVoid, w->void_type);
        }
        return w->void_type;
    }
    if (ir_is_atomic(type)) {
        return spirv_type(w, spirv_atomic_type(w, type));
    }
    uint32_t id = declared_id(w, type, SPIRV_PLAIN);
    if (id == 0) {
        id = ir_is_composite(type) ? composite_type(w, type, SPIRV_PLAIN)
             : ir_is_vector(type)  ? vector_type(w, type)
                                   : scalar_type(w, &scalars[type->scalar]);
        declare(w, type, SPIRV_PLAIN, id);
    }
    return id;
}

uint32_t spirv_laid_out_type(SpirvWriter *w, const IrType *type) {
    if (!ir_is_composite(type)) {
        return spirv_type(w, type);
    }
    uint32_t id = declared_id(w, type, SPIRV_LAID_OUT);
    if (id == 0) {
        id = composite_type(w, type, SPIRV_LAID_OUT);
        declare(w, type, SPIRV_LAID_OUT, id);
    }
    return id;
}

/* The number of a list of types: of the list `before` (0: none), and one more. */
static uint32_t longer_signature(SpirvWriter *w, uint32_t before, const IrType *type) {
    uint32_t number = declared_id(w, type, SPIRV_SIGNATURE + before);
    if (number == 0) {
        number = ++w->signatures;
        declare(w, type, SPIRV_SIGNATURE + before, number);
    }
    return number;
}

/* Two functions of one signature have one type. The result is the first of the list; a kernel's parameters are variables.
 * No parameter is void, so a void behind the list stands for the type. */
uint32_t spirv_function_type(SpirvWriter *w, const IrFunction *function) {
    uint32_t count = function->is_kernel ? 0 : function->param_count;
    uint32_t *words = NEW_ARRAY(w->module->arena, uint32_t, 2 + count);
    uint32_t signature = longer_signature(w, 0, function->result);
    words[1] = spirv_type(w, function->result);
    for (uint32_t i = 0; i < count; i++) {
        signature = longer_signature(w, signature, function->params[i]->type);
        words[2 + i] = spirv_type(w, function->params[i]->type);
    }
    uint32_t id = declared_id(w, &ir_void, SPIRV_SIGNATURE + signature);
    if (id == 0) {
        words[0] = id = spirv_fresh(w);
        spirv_emit(w, SPIRV_GLOBALS, SpvOpTypeFunction, 2 + count, words);
        declare(w, &ir_void, SPIRV_SIGNATURE + signature, id);
    }
    return id;
}

uint32_t spirv_storage_class(SpirvClass class) {
    static const SpvStorageClass classes[SPIRV_CLASS_COUNT] = {
        [SPIRV_INPUT] = SpvStorageClassInput,
        [SPIRV_FUNCTION] = SpvStorageClassFunction,
        [SPIRV_STORAGE_BUFFER] = SpvStorageClassStorageBuffer,
        [SPIRV_PUSH_CONSTANT] = SpvStorageClassPushConstant,
        [SPIRV_WORKGROUP] = SpvStorageClassWorkgroup,
    };
    return classes[class];
}

uint32_t spirv_pointer(SpirvWriter *w, SpirvClass class, const IrType *type) {
    type = ir_is_atomic(type) ? spirv_atomic_type(w, type) : type;
    uint32_t id = declared_id(w, type, SPIRV_POINTER + class);
    if (id == 0) {
        uint32_t pointee = spirv_type(w, type);
        spirv_storage_capabilities(w, class, type);
        id = spirv_fresh(w);
        EMIT(w, SPIRV_GLOBALS, SpvOpTypePointer, id, spirv_storage_class(class), pointee);
        declare(w, type, SPIRV_POINTER + class, id);
    }
    return id;
}

/* What a buffer is to SPIR-V: struct { T data[]; }. How a kernel uses it is said on the kernel's own variable, so
 * buffers of one element share the type. */
uint32_t spirv_block_pointer(SpirvWriter *w, const IrType *element) {
    uint32_t id = declared_id(w, element, SPIRV_BLOCK_POINTER);
    if (id != 0) {
        return id;
    }
    uint32_t element_id = spirv_laid_out_type(w, element);
    spirv_storage_capabilities(w, SPIRV_STORAGE_BUFFER, element);
    uint32_t array = spirv_fresh(w), block = spirv_fresh(w);
    EMIT(w, SPIRV_GLOBALS, SpvOpTypeRuntimeArray, array, element_id);
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, array, SpvDecorationArrayStride, ir_stride(element));
    EMIT(w, SPIRV_GLOBALS, SpvOpTypeStruct, block, array);
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, block, SpvDecorationBlock);
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpMemberDecorate, block, 0, SpvDecorationOffset, 0);
    Text name = {.arena = w->module->arena};
    text_add(&name, "buffer_");
    if (element->kind == IR_TYPE_FORM) {
        text_add(&name, element->name->text);
    } else {
        ir_type_print(&name, element);
    }
    spirv_name(w, block, name.data, name.length);
    spirv_member_name(w, block, 0, "data", 4);
    id = spirv_fresh(w);
    EMIT(w, SPIRV_GLOBALS, SpvOpTypePointer, id, SpvStorageClassStorageBuffer, block);
    declare(w, element, SPIRV_BLOCK_POINTER, id);
    return id;
}

/* ---- constants ---- */

/* Narrow integers fill their word by their sign, as OpConstant wants it. */
static uint32_t low_word(const IrType *type, uint64_t bits) {
    unsigned width = ir_bits(type);
    uint32_t word = (uint32_t)bits;
    if (ir_is_signed_int(type) && width < 32 && (bits >> (width - 1) & 1) != 0) {
        word |= UINT32_MAX << width;
    }
    return word;
}

static bool all_zero(const IrValue *constant) {
    for (uint32_t i = 0; i < constant->type->words; i++) {
        if (constant->bits[i] != 0) {
            return false;
        }
    }
    return true;
}

/* A vector, array or form: from its parts, or OpConstantNull for an array or form of zeros. */
static uint32_t composite_constant(SpirvWriter *w, IrValue *constant) {
    const IrType *type = constant->type;
    uint32_t type_id = spirv_type(w, type);
    if (ir_is_composite(type) && all_zero(constant)) {
        constant->mark = spirv_fresh(w);
        EMIT(w, SPIRV_GLOBALS, SpvOpConstantNull, type_id, constant->mark);
        return constant->mark;
    }
    uint32_t count = ir_part_count(type);
    uint32_t *words = NEW_ARRAY(w->module->arena, uint32_t, 2 + count);
    for (uint32_t i = 0, word = 0; i < count; i++) {
        const IrType *part = ir_part_type(type, i);
        words[2 + i] = spirv_constant(w, ir_const(w->module, part, constant->bits + word));
        word += part->words;
    }
    words[0] = type_id;
    words[1] = constant->mark = spirv_fresh(w);
    spirv_emit(w, SPIRV_GLOBALS, SpvOpConstantComposite, 2 + count, words);
    return constant->mark;
}

uint32_t spirv_constant(SpirvWriter *w, IrValue *constant) {
    if (constant->mark != 0) {
        return constant->mark;
    }
    const IrType *type = constant->type;
    if (ir_part_count(type) > 0) {
        return composite_constant(w, constant);
    }
    uint32_t type_id = spirv_type(w, type);
    constant->mark = spirv_fresh(w);
    uint64_t bits = constant->bits[0];
    if (ir_is_bool(type)) {
        SpvOp op = bits != 0 ? SpvOpConstantTrue : SpvOpConstantFalse;
        EMIT(w, SPIRV_GLOBALS, op, type_id, constant->mark);
    } else if (ir_bits(type) == 64) {
        EMIT(w, SPIRV_GLOBALS, SpvOpConstant, type_id, constant->mark, (uint32_t)bits,
             (uint32_t)(bits >> 32));
    } else {
        EMIT(w, SPIRV_GLOBALS, SpvOpConstant, type_id, constant->mark, low_word(type, bits));
    }
    return constant->mark;
}

/* Integers of 8 and 16 bits are none any more (lower_small_ints). */
uint32_t spirv_spec(SpirvWriter *w, const IrSpec *spec) {
    const IrType *type = spec->type;
    uint32_t *id = &((IrSpec *)spec)->mark;
    if (*id != 0) {
        return *id;
    }
    REQUIRE(!ir_is_int(type) || ir_bits(type) >= 32);
    uint32_t type_id = spirv_type(w, type);
    *id = spirv_fresh(w);
    if (ir_is_bool(type)) {
        SpvOp op = spec->bits != 0 ? SpvOpSpecConstantTrue : SpvOpSpecConstantFalse;
        EMIT(w, SPIRV_GLOBALS, op, type_id, *id);
    } else if (ir_bits(type) == 64) {
        EMIT(w, SPIRV_GLOBALS, SpvOpSpecConstant, type_id, *id, (uint32_t)spec->bits,
             (uint32_t)(spec->bits >> 32));
    } else {
        EMIT(w, SPIRV_GLOBALS, SpvOpSpecConstant, type_id, *id, (uint32_t)spec->bits);
    }
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, *id, SpvDecorationSpecId, spec->id);
    spirv_name(w, *id, spec->name->text, spec->name->length);
    return *id;
}

uint32_t spirv_splat(SpirvWriter *w, const IrType *type, uint64_t bits) {
    return spirv_constant(w, ir_const_splat(w->module, type, bits));
}

uint32_t spirv_zero(SpirvWriter *w, const IrType *type) {
    return spirv_constant(w, ir_const_zero(w->module, type));
}

/* What is stored as 8 or 16 bits: without the arithmetic there are no constants of such types, only conversions. */
static uint32_t small_constant(SpirvWriter *w, const IrValue *constant) {
    const IrType *type = constant->type;
    bool is_signed = ir_is_signed_int(type);
    uint64_t lanes[IR_MAX_LANES];
    for (unsigned i = 0; i < type->lanes; i++) {
        lanes[i] = low_word(type, constant->bits[i]);
    }
    const IrType *wide = ir_vector(is_signed ? IR_I32 : IR_U32, type->lanes);
    uint32_t id = spirv_constant(w, ir_const(w->module, wide, lanes));
    return RESULT(w, is_signed ? SpvOpSConvert : SpvOpUConvert, type, id);
}

uint32_t spirv_value(SpirvWriter *w, IrValue *value) {
    value = ir_resolve(value);
    if (ir_is_const(value)) {
        return ir_is_int(value->type) && ir_bits(value->type) < 32 ? small_constant(w, value)
                                                                   : spirv_constant(w, value);
    }
    REQUIRE(value->mark != 0);
    return value->mark;
}
