/* `inspect` on SPIR-V: what a person wants to know of a module, without its code.
 *
 *     SPIR-V 1.3, generator 0 version 1; 1408 bytes, 71 instructions, ids below 44
 *     capabilities: Shader
 *     extensions: none
 *     memory model: Logical GLSL450
 *     specialization constant 0 "BLOCK": u32, 64 unless it is set
 *     entry point "saxpy": GLCompute, workgroup "BLOCK" x 1 x 1
 *         set 0 binding 0: storage buffer "x" of f32 every 4 bytes, read only
 *         set 0 binding 1: storage buffer "y" of f32 every 4 bytes, read and write
 *         push constants "values"
 *             offset 0: "a", f32
 *         input: GlobalInvocationId
 */
#include "backend-spirv/spirv.h"
#include "backend-spirv/spirv_read.h"
#include "ir/literal.h"

enum {
    MOST_ENTRY_POINTS = 200, /* each costs a walk through its code */
    MOST_TEXT = 1 << 20,     /* the same variable may belong to all of them */
    MOST_DIMENSIONS = 8,     /* of an array of arrays */
    MOST_SPECS = 1000,
};

typedef struct {
    uint32_t value;
    const char *name;
} NameRow;

/* Those that kernels meet; others are shown by number. */
#define CAPABILITY(name) {SpvCapability##name, #name}
static const NameRow capabilities[] = {
    CAPABILITY(Matrix),
    CAPABILITY(Shader),
    CAPABILITY(Addresses),
    CAPABILITY(Linkage),
    CAPABILITY(Kernel),
    CAPABILITY(Vector16),
    CAPABILITY(Float16Buffer),
    CAPABILITY(Float16),
    CAPABILITY(Float64),
    CAPABILITY(Int64),
    CAPABILITY(Int64Atomics),
    CAPABILITY(Int16),
    CAPABILITY(Int8),
    CAPABILITY(GroupNonUniform),
    CAPABILITY(GroupNonUniformVote),
    CAPABILITY(GroupNonUniformArithmetic),
    CAPABILITY(GroupNonUniformBallot),
    CAPABILITY(GroupNonUniformShuffle),
    CAPABILITY(GroupNonUniformShuffleRelative),
    CAPABILITY(GroupNonUniformClustered),
    CAPABILITY(GroupNonUniformQuad),
    CAPABILITY(StorageBuffer8BitAccess),
    CAPABILITY(UniformAndStorageBuffer8BitAccess),
    CAPABILITY(StoragePushConstant8),
    CAPABILITY(StorageBuffer16BitAccess),
    CAPABILITY(UniformAndStorageBuffer16BitAccess),
    CAPABILITY(StoragePushConstant16),
    CAPABILITY(VariablePointers),
    CAPABILITY(VariablePointersStorageBuffer),
    CAPABILITY(VulkanMemoryModel),
    CAPABILITY(AtomicFloat32AddEXT),
    CAPABILITY(SignedZeroInfNanPreserve),
    CAPABILITY(DotProduct),
    CAPABILITY(DotProductInput4x8BitPacked),
};
#define BUILT_IN(name) {SpvBuiltIn##name, #name}
static const NameRow built_ins[] = {
    BUILT_IN(NumWorkgroups),      BUILT_IN(WorkgroupSize),
    BUILT_IN(WorkgroupId),        BUILT_IN(LocalInvocationId),
    BUILT_IN(GlobalInvocationId), BUILT_IN(LocalInvocationIndex),
    BUILT_IN(SubgroupSize),       BUILT_IN(NumSubgroups),
    BUILT_IN(SubgroupId),         BUILT_IN(SubgroupLocalInvocationId),
};
static const NameRow addressing_models[] = {
    {SpvAddressingModelLogical, "Logical"},
    {SpvAddressingModelPhysical32, "Physical32"},
    {SpvAddressingModelPhysical64, "Physical64"},
    {SpvAddressingModelPhysicalStorageBuffer64, "PhysicalStorageBuffer64"},
};
static const NameRow memory_models[] = {
    {SpvMemoryModelSimple, "Simple"},
    {SpvMemoryModelGLSL450, "GLSL450"},
    {SpvMemoryModelOpenCL, "OpenCL"},
    {SpvMemoryModelVulkan, "Vulkan"},
};
static const NameRow execution_models[] = {
    {SpvExecutionModelVertex, "Vertex"},
    {SpvExecutionModelTessellationControl, "TessellationControl"},
    {SpvExecutionModelTessellationEvaluation, "TessellationEvaluation"},
    {SpvExecutionModelGeometry, "Geometry"},
    {SpvExecutionModelFragment, "Fragment"},
    {SpvExecutionModelGLCompute, "GLCompute"},
    {SpvExecutionModelKernel, "Kernel"},
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void put_name(Text *out, const NameRow *rows, size_t count, uint32_t value) {
    for (size_t i = 0; i < count; i++) {
        if (rows[i].value == value) {
            text_add(out, rows[i].name);
            return;
        }
    }
    text_printf(out, "%u", value);
}

static void put_string(Text *out, const SpirvModule *m, uint32_t at) {
    Text text = {.arena = out->arena};
    spirv_read_string(m, at, &text);
    text_quoted(out, text_get(&text), text.length);
}

/* ` "name"`, if it has one. */
static void put_id_name(Text *out, const SpirvModule *m, uint32_t id) {
    if (m->ids[id].name != 0) {
        text_char(out, ' ');
        put_string(out, m, m->ids[id].name);
    }
}

/* ---- types ---- */

static bool put_scalar(Text *out, const SpirvModule *m, uint32_t id) {
    uint32_t at;
    if ((at = spirv_defined_by(m, id, SpvOpTypeInt)) != 0) {
        text_printf(out, "%c%u", m->words[at + 3] != 0 ? 'i' : 'u', m->words[at + 2]);
    } else if ((at = spirv_defined_by(m, id, SpvOpTypeFloat)) != 0) {
        text_printf(out, "f%u", m->words[at + 2]);
    } else if (spirv_defined_by(m, id, SpvOpTypeBool) != 0) {
        text_add(out, "bool");
    } else {
        return false;
    }
    return true;
}

static void put_item_type(Text *out, const SpirvModule *m, uint32_t id) {
    uint32_t vector = spirv_defined_by(m, id, SpvOpTypeVector);
    if (vector != 0 && put_scalar(out, m, m->words[vector + 2])) {
        text_printf(out, "x%u", m->words[vector + 3]);
    } else if (vector == 0 && put_scalar(out, m, id)) {
        return;
    } else if (spirv_defined_by(m, id, SpvOpTypeStruct) != 0 && m->ids[id].name != 0) {
        text_add(out, "struct");
        put_id_name(out, m, id);
    } else {
        const char *text = spirv_defined_by(m, id, SpvOpTypeStruct) != 0   ? "structs"
                           : spirv_defined_by(m, id, SpvOpTypeMatrix) != 0 ? "matrices"
                           : spirv_defined_by(m, id, SpvOpTypeArray) != 0  ? "arrays"
                                                                           : "something else";
        text_add(out, text);
    }
}

/* A length or a side: the number of a plain constant, the name of a specialization constant. */
static void put_count(Text *out, const SpirvModule *m, uint32_t id) {
    uint32_t at = spirv_defined_by(m, id, SpvOpConstant);
    if (at != 0) {
        text_printf(out, "%u", m->words[at + 3]);
    } else if (spirv_defined_by(m, id, SpvOpSpecConstant) != 0 && m->ids[id].name != 0) {
        put_string(out, m, m->ids[id].name);
    } else {
        text_char(out, '?');
    }
}

static void put_type(Text *out, const SpirvModule *m, uint32_t id) {
    uint32_t arrays[MOST_DIMENSIONS], depth = 0, array;
    while (depth < MOST_DIMENSIONS && (array = spirv_defined_by(m, id, SpvOpTypeArray)) != 0) {
        text_char(out, '[');
        arrays[depth++] = array;
        id = m->words[array + 2];
    }
    put_item_type(out, m, id);
    while (depth > 0) {
        text_add(out, "; ");
        put_count(out, m, m->words[arrays[--depth] + 3]);
        text_char(out, ']');
    }
}

/* ---- variables ---- */

/* The struct that a variable's type points to; 0: none. Also its storage class. */
static uint32_t block_of(const SpirvModule *m, uint32_t variable, uint32_t *class) {
    uint32_t pointer = spirv_defined_by(m, m->words[variable + 1], SpvOpTypePointer);
    *class = m->words[variable + 3];
    return pointer != 0 ? spirv_defined_by(m, m->words[pointer + 3], SpvOpTypeStruct) : 0;
}

static void put_access(Text *out, const SpirvId *variable, const SpirvId *block) {
    bool writes = !variable->not_writable && !(block != NULL && block->not_writable);
    bool reads = !variable->not_readable && !(block != NULL && block->not_readable);
    text_add(out, reads && writes ? ", read and write"
                  : reads         ? ", read only"
                  : writes        ? ", write only"
                                  : ", neither read nor written");
}

/* ` of T`, when the block's last member is a run-time array; false: it is none. */
static bool put_element(Text *out, const SpirvModule *m, uint32_t block) {
    uint32_t count = spirv_length_at(m, block) - 2;
    uint32_t last = count > 0 ? m->words[block + 1 + count] : 0;
    uint32_t array = spirv_defined_by(m, last, SpvOpTypeRuntimeArray);
    if (array != 0) {
        text_add(out, " of ");
        put_type(out, m, m->words[array + 2]);
        if (m->ids[last].stride != 0) {
            text_printf(out, " every %u bytes", m->ids[last].stride - 1);
        }
    }
    return array != 0;
}

/* One line a member: offset, name, type. */
static void put_members(Text *out, const SpirvModule *m, uint32_t block) {
    uint32_t struct_id = m->words[block + 1], count = spirv_length_at(m, block) - 2;
    uint32_t i = spirv_first_member(m, struct_id);
    for (uint32_t member = 0; member < count; member++) {
        uint32_t offset = UINT32_MAX, name = 0;
        for (; i < m->members.count && m->members.items[i].struct_id == struct_id &&
               m->members.items[i].member <= member;
             i++) {
            uint32_t at = m->members.items[i].at;
            if (spirv_op_at(m, at) == SpvOpMemberName) {
                name = at + 3;
            } else if (m->words[at + 3] == SpvDecorationOffset && spirv_length_at(m, at) > 4) {
                offset = m->words[at + 4];
            }
        }
        text_indent(out, 2);
        if (offset != UINT32_MAX) {
            text_printf(out, "offset %u:", offset);
        } else {
            text_add(out, "no offset:");
        }
        if (name != 0) {
            text_char(out, ' ');
            put_string(out, m, name);
            text_char(out, ',');
        }
        text_char(out, ' ');
        put_type(out, m, m->words[block + 2 + member]);
        text_char(out, '\n');
    }
}

static void put_variable(Text *out, const SpirvModule *m, uint32_t variable) {
    uint32_t id = m->words[variable + 2], class;
    uint32_t block = block_of(m, variable, &class);
    const SpirvId *known = &m->ids[id];
    const SpirvId *block_known = block != 0 ? &m->ids[m->words[block + 1]] : NULL;
    text_indent(out, 1);
    if (known->binding != 0) {
        text_printf(out, "set %u binding %u: ", known->set != 0 ? known->set - 1 : 0,
                    known->binding - 1);
    }
    if (class == SpvStorageClassStorageBuffer || (block != 0 && block_known->buffer_block)) {
        text_add(out, "storage buffer");
        put_id_name(out, m, id);
        bool has_elements = block != 0 && put_element(out, m, block);
        put_access(out, known, block_known);
        text_char(out, '\n');
        if (block != 0 && !has_elements) { /* a block of values */
            put_members(out, m, block);
        }
    } else if (class == SpvStorageClassUniform || class == SpvStorageClassPushConstant) {
        text_add(out, class == SpvStorageClassUniform ? "uniform buffer" : "push constants");
        put_id_name(out, m, id);
        text_char(out, '\n');
        if (block != 0) {
            put_members(out, m, block);
        }
    } else if (known->builtin != 0) {
        text_add(out, "input: ");
        put_name(out, built_ins, COUNT(built_ins), known->builtin - 1);
        text_char(out, '\n');
    } else if (class == SpvStorageClassWorkgroup) {
        uint32_t pointer = spirv_defined_by(m, m->words[variable + 1], SpvOpTypePointer);
        text_add(out, "shared memory");
        put_id_name(out, m, id);
        text_add(out, ": ");
        put_type(out, m, pointer != 0 ? m->words[pointer + 3] : 0);
        text_char(out, '\n');
    } else {
        text_printf(out, "variable of storage class %u", class);
        put_id_name(out, m, id);
        text_char(out, '\n');
    }
}

/* The global variables whose mark is this; false: there is too much of it. */
static bool put_variables(Text *out, const SpirvModule *m, uint32_t mark, const char *head) {
    for (uint32_t i = 0; i < m->variables.count; i++) {
        uint32_t variable = m->variables.items[i];
        if (m->ids[m->words[variable + 2]].mark == mark) {
            text_add(out, head);
            head = "";
            put_variable(out, m, variable);
        }
        if (out->length > MOST_TEXT) {
            return false;
        }
    }
    return true;
}

/* ---- entry points ---- */

static void put_sides(Text *out, const SpirvModule *m, const uint32_t *sides) {
    text_add(out, ", workgroup ");
    for (int i = 0; i < 3; i++) {
        text_add(out, i > 0 ? " x " : "");
        put_count(out, m, sides[i]);
    }
}

/* A constant with the decoration WorkgroupSize overrules the mode. */
static void put_workgroup(Text *out, const SpirvModule *m, uint32_t function) {
    uint32_t size = spirv_defined_by(m, m->workgroup_size, SpvOpSpecConstantComposite);
    size = size != 0 && spirv_length_at(m, size) == 6 ? size : 0;
    for (uint32_t i = 0; i < m->modes.count; i++) {
        const uint32_t *word = m->words + m->modes.items[i];
        if (word[1] != function || spirv_length_at(m, m->modes.items[i]) < 6) {
            continue;
        }
        if (word[2] == SpvExecutionModeLocalSizeId) {
            put_sides(out, m, word + 3);
        } else if (word[2] == SpvExecutionModeLocalSize && size != 0) {
            put_sides(out, m, m->words + size + 3);
        } else if (word[2] == SpvExecutionModeLocalSize) {
            text_printf(out, ", workgroup %u x %u x %u", word[3], word[4], word[5]);
        }
    }
}

/* Its variables are those it lists and those its code refers to. */
static bool put_entry_point(Text *out, SpirvModule *m, uint32_t at, uint32_t mark) {
    const uint32_t *word = m->words + at;
    text_add(out, "entry point ");
    put_string(out, m, at + 3);
    text_add(out, ": ");
    put_name(out, execution_models, COUNT(execution_models), word[1]);
    put_workgroup(out, m, word[2]);
    text_char(out, '\n');
    spirv_mark_uses(m, word[2], mark);
    for (uint32_t i = 3 + spirv_string_words(m, at + 3); i < spirv_length_at(m, at); i++) {
        if (word[i] < m->bound) {
            m->ids[word[i]].mark = mark;
        }
    }
    return put_variables(out, m, mark, "");
}

static void put_entry_points(Text *out, SpirvModule *m) {
    for (uint32_t i = 0; i < m->entry_points.count; i++) {
        if (i == MOST_ENTRY_POINTS || !put_entry_point(out, m, m->entry_points.items[i], i + 1)) {
            text_add(out, "… and more\n");
            return;
        }
    }
    put_variables(out, m, 0, "used by none of them:\n");
}

static void put_default(Text *out, const SpirvModule *m, uint32_t at) {
    const uint32_t *word = m->words + at;
    uint32_t type = spirv_defined_by(m, word[1], SpvOpTypeInt);
    uint32_t number = spirv_defined_by(m, word[1], SpvOpTypeFloat);
    uint64_t bits = word[3];
    if (spirv_length_at(m, at) > 4) {
        bits |= (uint64_t)word[4] << 32;
    }
    if (number != 0) {
        uint32_t width = m->words[number + 2];
        IrScalar scalar = width == 64 ? IR_F64 : width == 16 ? IR_F16 : IR_F32;
        ir_literal_print(out, scalar, bits & (UINT64_MAX >> (64 - ir_scalars[scalar].bits)));
    } else {
        bool is_wide = type != 0 && m->words[type + 2] == 64;
        bool is_signed = type != 0 && m->words[type + 3] != 0;
        ir_literal_print(out,
                         is_wide ? (is_signed ? IR_I64 : IR_U64) : (is_signed ? IR_I32 : IR_U32),
                         is_wide ? bits : bits & UINT32_MAX);
    }
}

static void put_specs(Text *out, const SpirvModule *m) {
    for (uint32_t i = 0; i < m->specs.count && i < MOST_SPECS; i++) {
        uint32_t at = m->specs.items[i], id = m->words[at + 2];
        text_add(out, "specialization constant");
        if (m->ids[id].spec != 0) {
            text_printf(out, " %u", m->ids[id].spec - 1);
        }
        put_id_name(out, m, id);
        text_add(out, ": ");
        put_item_type(out, m, m->words[at + 1]);
        text_add(out, ", ");
        if (spirv_op_at(m, at) == SpvOpSpecConstant) {
            put_default(out, m, at);
        } else {
            text_add(out, spirv_op_at(m, at) == SpvOpSpecConstantTrue ? "true" : "false");
        }
        text_add(out, " unless it is set\n");
    }
}

static void put_module(Text *out, const SpirvModule *m) {
    const uint32_t *words = m->words;
    text_printf(out,
                "SPIR-V %u.%u, generator %u version %u; %zu bytes, %u instructions, ids below %u\n",
                words[1] >> 16 & 0xff, words[1] >> 8 & 0xff, words[2] >> 16, words[2] & 0xffff,
                m->count * sizeof *words, m->instruction_count, m->bound);
    text_add(out, "capabilities:");
    for (uint32_t i = 0; i < m->capabilities.count; i++) {
        text_char(out, ' ');
        put_name(out, capabilities, COUNT(capabilities), words[m->capabilities.items[i] + 1]);
    }
    text_add(out, m->capabilities.count == 0 ? " none\nextensions:" : "\nextensions:");
    for (uint32_t i = 0; i < m->extensions.count; i++) {
        text_char(out, ' ');
        put_string(out, m, m->extensions.items[i] + 1);
    }
    text_add(out, m->extensions.count == 0 ? " none\n" : "\n");
    if (m->memory_model != 0) {
        text_add(out, "memory model: ");
        put_name(out, addressing_models, COUNT(addressing_models), words[m->memory_model + 1]);
        text_char(out, ' ');
        put_name(out, memory_models, COUNT(memory_models), words[m->memory_model + 2]);
        text_char(out, '\n');
    }
}

bool spirv_describe(Text *out, const uint32_t *words, size_t count, Text *why) {
    SpirvModule module;
    if (!spirv_read(&module, out->arena, words, count, why)) {
        return false;
    }
    put_module(out, &module);
    put_specs(out, &module);
    put_entry_points(out, &module);
    return true;
}
