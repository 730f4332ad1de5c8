/* Types, constants, and the capabilities that they bring along. Each is declared once, when first needed:
 * SPIR-V forbids two declarations of one scalar, vector or pointer type. */
#include "backend-spirv/spirv_writer.h"
#include "ir/base/fatal.h"

/* How a scalar type is declared, and what computing in it asks of the device. */
typedef struct {
    SpvOp op;
    uint8_t width, is_signed;
    SpvCapability capability;
} ScalarRow;

/* clang-format off */
static const ScalarRow scalars[IR_SCALAR_COUNT] = {
    [IR_BOOL] = {SpvOpTypeBool,  0,  0, SpvCapabilityShader},
    [IR_I8]   = {SpvOpTypeInt,   8,  1, SpvCapabilityInt8},
    [IR_I16]  = {SpvOpTypeInt,   16, 1, SpvCapabilityInt16},
    [IR_I32]  = {SpvOpTypeInt,   32, 1, SpvCapabilityShader},
    [IR_I64]  = {SpvOpTypeInt,   64, 1, SpvCapabilityInt64},
    [IR_U8]   = {SpvOpTypeInt,   8,  0, SpvCapabilityInt8},
    [IR_U16]  = {SpvOpTypeInt,   16, 0, SpvCapabilityInt16},
    [IR_U32]  = {SpvOpTypeInt,   32, 0, SpvCapabilityShader},
    [IR_U64]  = {SpvOpTypeInt,   64, 0, SpvCapabilityInt64},
    [IR_F16]  = {SpvOpTypeFloat, 16, 0, SpvCapabilityFloat16},
    [IR_F32]  = {SpvOpTypeFloat, 32, 0, SpvCapabilityShader},
    [IR_F64]  = {SpvOpTypeFloat, 64, 0, SpvCapabilityFloat64},
};

/* What keeping narrow scalars in a storage class asks for besides; 0: nothing. */
static const SpvCapability byte_storage[SPIRV_CLASS_COUNT] = {
    [SPIRV_STORAGE_BUFFER] = SpvCapabilityStorageBuffer8BitAccess,
    [SPIRV_UNIFORM]        = SpvCapabilityUniformAndStorageBuffer8BitAccess,
    [SPIRV_PUSH_CONSTANT]  = SpvCapabilityStoragePushConstant8,
};
static const SpvCapability half_storage[SPIRV_CLASS_COUNT] = {
    [SPIRV_STORAGE_BUFFER] = SpvCapabilityStorageBuffer16BitAccess,
    [SPIRV_UNIFORM]        = SpvCapabilityUniformAndStorageBuffer16BitAccess,
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

static void storage_capability(SpirvWriter *w, SpirvClass class, const IrType *type) {
    unsigned width = scalars[type->scalar].width;
    if (width == 16 && half_storage[class] != 0) {
        spirv_capability(w, half_storage[class]);
    }
    if (width == 8 && byte_storage[class] != 0) {
        spirv_capability(w, byte_storage[class]);
        if (w->options->target == SPIRV_VULKAN_1_1) { /* SPIR-V 1.5 took it in */
            static const char name[] = "SPV_KHR_8bit_storage";
            w->sections[SPIRV_EXTENSIONS].count = 0; /* it is the only one, and needed once */
            uint32_t begin = spirv_begin(w, SPIRV_EXTENSIONS, SpvOpExtension);
            spirv_string(w, SPIRV_EXTENSIONS, name, sizeof name - 1);
            spirv_end(w, SPIRV_EXTENSIONS, begin);
        }
    }
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

uint32_t spirv_type(SpirvWriter *w, const IrType *type) {
    if (type->kind == IR_TYPE_VOID) {
        if (w->void_type == 0) {
            w->void_type = spirv_fresh(w);
            EMIT(w, SPIRV_GLOBALS, SpvOpTypeVoid, w->void_type);
        }
        return w->void_type;
    }
    REQUIRE(ir_is_value(type));
    uint32_t *id = &w->types[type->scalar][type->lanes - 1];
    if (*id == 0 && type->lanes == 1) {
        *id = scalar_type(w, &scalars[type->scalar]);
    } else if (*id == 0) {
        uint32_t lane = spirv_type(w, ir_lane_type(type));
        *id = spirv_fresh(w);
        EMIT(w, SPIRV_GLOBALS, SpvOpTypeVector, *id, lane, type->lanes);
    }
    return *id;
}

uint32_t spirv_entry_type(SpirvWriter *w) {
    if (w->entry_type == 0) {
        uint32_t nothing = spirv_type(w, &ir_void);
        w->entry_type = spirv_fresh(w);
        EMIT(w, SPIRV_GLOBALS, SpvOpTypeFunction, w->entry_type, nothing);
    }
    return w->entry_type;
}

uint32_t spirv_storage_class(SpirvClass class) {
    static const SpvStorageClass classes[SPIRV_CLASS_COUNT] = {
        [SPIRV_INPUT] = SpvStorageClassInput,
        [SPIRV_FUNCTION] = SpvStorageClassFunction,
        [SPIRV_STORAGE_BUFFER] = SpvStorageClassStorageBuffer,
        [SPIRV_UNIFORM] = SpvStorageClassUniform,
        [SPIRV_PUSH_CONSTANT] = SpvStorageClassPushConstant,
    };
    return classes[class];
}

uint32_t spirv_pointer(SpirvWriter *w, SpirvClass class, const IrType *type) {
    uint32_t *id = &w->pointers[class][type->scalar][type->lanes - 1];
    if (*id == 0) {
        uint32_t pointee = spirv_type(w, type);
        storage_capability(w, class, type);
        *id = spirv_fresh(w);
        EMIT(w, SPIRV_GLOBALS, SpvOpTypePointer, *id, spirv_storage_class(class), pointee);
    }
    return *id;
}

/* What a buffer is to SPIR-V: struct { T data[]; }. How a kernel uses it is said on the kernel's own variable, so
 * buffers of one element share the type. */
uint32_t spirv_block_pointer(SpirvWriter *w, const IrType *element) {
    uint32_t *id = &w->block_pointers[element->scalar][element->lanes - 1];
    if (*id != 0) {
        return *id;
    }
    uint32_t element_id = spirv_type(w, element);
    storage_capability(w, SPIRV_STORAGE_BUFFER, element);
    uint32_t array = spirv_fresh(w), block = spirv_fresh(w);
    EMIT(w, SPIRV_GLOBALS, SpvOpTypeRuntimeArray, array, element_id);
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, array, SpvDecorationArrayStride, ir_stride(element));
    EMIT(w, SPIRV_GLOBALS, SpvOpTypeStruct, block, array);
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, block, SpvDecorationBlock);
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpMemberDecorate, block, 0, SpvDecorationOffset, 0);
    Text name = {.arena = w->module->arena};
    text_add(&name, "buffer_");
    ir_type_print(&name, element);
    spirv_name(w, block, name.data, name.length);
    spirv_member_name(w, block, 0, "data", 4);
    *id = spirv_fresh(w);
    EMIT(w, SPIRV_GLOBALS, SpvOpTypePointer, *id, SpvStorageClassStorageBuffer, block);
    return *id;
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

uint32_t spirv_constant(SpirvWriter *w, IrValue *constant) {
    if (constant->mark != 0) {
        return constant->mark;
    }
    const IrType *type = constant->type;
    uint32_t type_id = spirv_type(w, type);
    if (ir_is_vector(type)) {
        uint32_t words[2 + IR_MAX_LANES];
        for (unsigned i = 0; i < type->lanes; i++) {
            words[2 + i] = spirv_splat(w, ir_lane_type(type), constant->bits[i]);
        }
        words[0] = type_id;
        words[1] = constant->mark = spirv_fresh(w);
        spirv_emit(w, SPIRV_GLOBALS, SpvOpConstantComposite, 2 + type->lanes, words);
        return constant->mark;
    }
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

uint32_t spirv_splat(SpirvWriter *w, const IrType *type, uint64_t bits) {
    return spirv_constant(w, ir_const_splat(w->module, type, bits));
}

uint32_t spirv_value(SpirvWriter *w, IrValue *value) {
    value = ir_resolve(value);
    if (ir_is_const(value)) {
        return spirv_constant(w, value);
    }
    REQUIRE(value->mark != 0);
    return value->mark;
}
