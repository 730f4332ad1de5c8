/* The Vulkan SPIR-V writer: every op on every type it takes, every shape of control flow, interfaces, names and lines;
 * all judged by SPIRV-Tools for all three targets.
 */
#include <spirv/unified1/spirv.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend-spirv/spirv.h"
#include "ir/pass.h"
#include "ir/text.h"
#include "ir/verify.h"

static int failures;
static const char *what = "";

/* CHECK_SAYING prints more (a format and its arguments) when the condition fails. */
#define CHECK_SAYING(condition, ...)                                                               \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("%s:%d: %s: %s\n", __FILE__, __LINE__, what, #condition);                       \
            printf(__VA_ARGS__);                                                                   \
        }                                                                                          \
    } while (0)
#define CHECK(condition) CHECK_SAYING(condition, "%s", "")

enum { TARGET_COUNT = SPIRV_VULKAN_1_3 + 1 };

/* ---- modules ---- */

typedef struct {
    Arena arena;
    Names names;
    SourceMap sources;
    Diags diags;
    IrModule *module;
} Unit;

static void open_unit(Unit *unit) {
    *unit = (Unit){0};
    unit->names.arena = unit->sources.arena = &unit->arena;
    diags_init(&unit->diags, &unit->arena, &unit->sources);
    unit->module = ir_module_new(&unit->arena, &unit->names, &unit->diags);
}

static void close_unit(Unit *unit) {
    arena_release(&unit->arena);
}

static SpirvBinary write_as(Unit *unit, SpirvTarget target, bool debug) {
    SpirvOptions options = {.target = target, .debug = debug, .sources = &unit->sources};
    return spirv_write(unit->module, &options);
}

static const char *disassembly(Unit *unit, SpirvBinary binary) {
    Text out = {.arena = &unit->arena}, why = {.arena = &unit->arena};
    CHECK_SAYING(spirv_disassemble(&out, binary, &why), "%s\n", text_get(&why));
    return text_get(&out);
}

/* Small integers aside, lowered, and valid SPIR-V for every target, with names and lines and without; written twice, the same words. */
static void check_valid(Unit *unit) {
    Text why = {.arena = &unit->arena};
    pass_lower_small_ints.run(unit->module);
    bool lowered = ir_verify_lowered(unit->module, &why, NULL);
    CHECK_SAYING(lowered, "%s\n", text_get(&why));
    for (int i = 0; lowered && i < TARGET_COUNT * 2; i++) {
        SpirvTarget target = (SpirvTarget)(i / 2);
        SpirvBinary binary = write_as(unit, target, i % 2);
        bool valid = spirv_validate(binary, target, &why);
        Text text = {.arena = &unit->arena};
        if (!valid) {
            ir_print(&text, unit->module, NULL);
        }
        CHECK_SAYING(valid, "%s\n%s%s", text_get(&why), text_get(&text), disassembly(unit, binary));
        SpirvBinary again = write_as(unit, target, i % 2);
        CHECK(binary.count == again.count &&
              memcmp(binary.words, again.words, binary.count * sizeof *binary.words) == 0);
        if (!valid) {
            return;
        }
    }
}

static void parse_unit(Unit *unit, const char *text) {
    open_unit(unit);
    const SourceFile *file = source_add(&unit->sources, "test.vir", text, strlen(text));
    unit->module = ir_parse(&unit->arena, &unit->names, &unit->diags, file);
    if (unit->module == NULL) {
        diags_print_text(&unit->diags, stdout, false);
        printf("%s\n", text);
        exit(1);
    }
}

/* The IR is valid SPIR-V whose disassembly for `target` has each of the fragments (a list that ends with NULL;
 * one that begins with `!` must not be there). */
static void check_text(const char *name, SpirvTarget target, const char *ir,
                       const char *const *fragments) {
    what = name;
    Unit unit;
    parse_unit(&unit, ir);
    check_valid(&unit);
    const char *text = disassembly(&unit, write_as(&unit, target, false));
    for (; *fragments != NULL; fragments++) {
        bool absent = **fragments == '!';
        bool found = strstr(text, *fragments + absent) != NULL;
        CHECK_SAYING(found != absent, "%s\n%s", *fragments, text);
    }
    close_unit(&unit);
}
#define FRAGMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_FRAGMENTS ((const char *const[]){NULL})

/* ---- the table of ops ---- */

static void test_table(void) {
    what = "spirv_ops.def";
    int rows[OP_COUNT] = {0};
#define OP(op, ...) rows[OP_##op]++;
#define ALL(op, form) rows[OP_##op]++;
#define CONTROL(op) rows[OP_##op]++;
#define ABSENT(op, why) rows[OP_##op] += sizeof why > 1;
#include "backend-spirv/spirv_ops.def"
#undef OP
#undef ALL
#undef CONTROL
#undef ABSENT
    for (int op = OP_NONE + 1; op < OP_COUNT; op++) {
        CHECK_SAYING(rows[op] == 1, "%s has %d rows\n", ir_ops[op].text, rows[op]);
    }
}

/* ---- every op on every type ---- */

/* A kernel with a buffer of u32 to read values from and write results to. */
typedef struct {
    IrBuilder b;
    IrValue *in, *out;
    uint32_t next;
} Bench;

static Bench bench(Unit *unit, const char *name) {
    const IrType *words = ir_root_type(unit->module, IR_TYPE_BUFFER, ir_scalar(IR_U32));
    IrFunction *kernel = ir_function_add(unit->module, name_of(&unit->names, name), true, 2);
    ir_function_param(unit->module, kernel, 0, name_of(&unit->names, "in"), words);
    ir_function_param(unit->module, kernel, 1, name_of(&unit->names, "out"), words);
    Bench t = {.b = ir_at_end(unit->module, &kernel->body)};
    t.in = kernel->params[0];
    t.out = kernel->params[1];
    return t;
}

static IrValue *emit_raw(IrBuilder *b, IrOp op, const IrType *type, uint32_t count,
                         IrValue *const *operands) {
    IrInst *inst = ir_emit(b, op, type, count, operands);
    if (ir_has(op, IR_PARTIAL)) {
        inst->flags |= IR_RAW;
    }
    return type != NULL ? inst->results[0] : NULL;
}

/* A value that no one can fold. */
static IrValue *any_value(Bench *t, const IrType *type) {
    IrValue *lanes[IR_MAX_LANES];
    for (unsigned i = 0; i < type->lanes; i++) {
        IrValue *index = ir_const_u32(t->b.module, t->next++);
        IrValue *place[] = {t->in, index};
        IrValue *word = emit_raw(&t->b, OP_LOAD, ir_scalar(IR_U32), 2, place);
        if (ir_is_bool(type)) {
            lanes[i] = ir_binary(&t->b, OP_NE, word, ir_const_u32(t->b.module, 0));
        } else if (ir_bits(type) == 32) {
            lanes[i] = ir_convert(&t->b, OP_BITCAST, ir_lane_type(type), word);
        } else {
            lanes[i] = ir_convert(&t->b, OP_CONVERT, ir_lane_type(type), word);
        }
    }
    return type->lanes == 1 ? lanes[0]
                            : ir_emit(&t->b, OP_CONSTRUCT, type, type->lanes, lanes)->results[0];
}

static void use_value(Bench *t, IrValue *value) {
    const IrType *type = value->type;
    for (unsigned i = 0; i < type->lanes; i++) {
        IrValue *lane = type->lanes == 1 ? value : ir_extract(&t->b, value, i);
        if (ir_is_bool(type)) {
            lane =
                ir_select(&t->b, lane, ir_const_u32(t->b.module, 1), ir_const_u32(t->b.module, 0));
        } else if (ir_bits(type) == 32) {
            lane = ir_convert(&t->b, OP_BITCAST, ir_scalar(IR_U32), lane);
        } else {
            lane = emit_raw(&t->b, OP_CONVERT, ir_scalar(IR_U32), 1, &lane);
        }
        IrValue *place[] = {lane, t->out, ir_const_u32(t->b.module, i)};
        emit_raw(&t->b, OP_STORE, NULL, 3, place);
    }
}

static const IrType *u32_like(const IrType *type) {
    return ir_vector(IR_U32, type->lanes);
}

/* The types of the operands and the result of an op whose first operand is a T; NULL: not for a T. */
typedef struct {
    const IrType *operands[4], *result;
    uint32_t count;
} Signature;

static bool signature(IrOp op, const IrType *t, Signature *s) {
    const IrType *u = ir_scalar(IR_U32), *lane = ir_lane_type(t);
    bool number = ir_is_number(t), is_int = ir_is_int(t), is_float = ir_is_float(t);
    switch ((IrRule)ir_ops[op].rule) {
    case RULE_SAME_SIGNED:
        *s = (Signature){{t}, t, 1};
        return is_float || ir_is_signed_int(t);
    case RULE_SAME_NUMBER:
        *s = (Signature){{t, t}, t, ir_ops[op].operands};
        return number && !(op == OP_REM && is_float);
    case RULE_SAME_INT:
        *s = (Signature){{t}, t, 1};
        return is_int;
    case RULE_SAME_FLOAT:
        *s = (Signature){{t, t, t}, t, ir_ops[op].operands};
        return is_float;
    case RULE_SAME_BITS:
        *s = (Signature){{t, t}, t, ir_ops[op].operands};
        return !is_float;
    case RULE_SHIFT:
        *s = (Signature){{t, u32_like(t)}, t, 2};
        return is_int;
    case RULE_EXTRACT_BITS:
        *s = (Signature){{t, u, u}, t, 3};
        return is_int;
    case RULE_INSERT_BITS:
        *s = (Signature){{t, t, u, u}, t, 4};
        return is_int;
    case RULE_COMPARE:
    case RULE_COMPARE_ANY:
        *s = (Signature){{t, t}, ir_bool_like(t), 2};
        return number || op == OP_EQ || op == OP_NE;
    case RULE_SELECT:
        *s = (Signature){{ir_bool_like(t), t, t}, t, 3};
        return true;
    case RULE_REDUCE_BOOL:
        *s = (Signature){{t}, ir_scalar(IR_BOOL), 1};
        return ir_is_bool(t) && ir_is_vector(t);
    case RULE_FLOAT_TEST:
        *s = (Signature){{t}, ir_bool_like(t), 1};
        return is_float;
    case RULE_EXTRACT:
        *s = (Signature){{t}, lane, 1};
        return ir_is_vector(t);
    case RULE_INSERT:
        *s = (Signature){{t, lane}, t, 2};
        return ir_is_vector(t);
    case RULE_EXTRACT_AT:
        *s = (Signature){{t, u}, lane, 2};
        return ir_is_vector(t);
    case RULE_INSERT_AT:
        *s = (Signature){{t, lane, u}, t, 3};
        return ir_is_vector(t);
    case RULE_DOT:
        *s = (Signature){{t, t}, lane, 2};
        return is_float && ir_is_vector(t);
    default: /* what has more than one type to vary is tested by itself */
        return false;
    }
}

static bool is_wide(IrScalar scalar) {
    return scalar == IR_BOOL || ir_scalars[scalar].bits == 32;
}

static void test_op(IrOp op, const IrType *type, uint8_t flags) {
    Signature s;
    if (!signature(op, type, &s)) {
        return;
    }
    Unit unit;
    open_unit(&unit);
    what = arena_printf(&unit.arena, "%s on %s", ir_ops[op].text, ir_type_text(&unit.arena, type));
    Bench t = bench(&unit, "op");
    IrValue *operands[4];
    for (uint32_t i = 0; i < s.count; i++) {
        operands[i] = any_value(&t, s.operands[i]);
    }
    t.b.float_flags = flags;
    IrInst *inst = ir_emit(&t.b, op, s.result, s.count, operands);
    t.b.float_flags = 0;
    if (ir_needs_raw(inst)) {
        inst->flags |= IR_RAW;
    }
    inst->index = op == OP_EXTRACT || op == OP_INSERT ? type->lanes - 1 : 0;
    use_value(&t, inst->results[0]);
    ir_end(&t.b, OP_RET, 0, NULL);
    check_valid(&unit);
    const char *text = disassembly(&unit, write_as(&unit, SPIRV_VULKAN_1_1, false));
    bool contracts = (inst->flags & IR_PRECISE) != 0 && (op == OP_ADD || op == OP_MUL);
    CHECK(!contracts || strstr(text, "NoContraction") != NULL);
    close_unit(&unit);
}

static void test_ops(void) {
    for (IrOp op = OP_NONE + 1; op < OP_COUNT; op++) {
        for (IrScalar scalar = 0; scalar < IR_SCALAR_COUNT; scalar++) {
            for (unsigned lanes = 1; lanes <= IR_MAX_LANES && is_wide(scalar); lanes++) {
                test_op(op, ir_vector(scalar, lanes), 0);
            }
        }
        test_op(op, ir_scalar(IR_F32), IR_PRECISE);
        test_op(op, ir_vector(IR_F32, 4), IR_FAST);
    }
}

/* Other widths are declared with what they ask of the device. */
static void test_widths(void) {
    static const IrOp ops[] = {OP_ADD, OP_MUL, OP_EQ, OP_LT, OP_SELECT, OP_EXTRACT, OP_ISNAN};
    for (IrScalar scalar = 0; scalar < IR_SCALAR_COUNT; scalar++) {
        for (size_t i = 0; i < sizeof ops / sizeof *ops && !is_wide(scalar); i++) {
            test_op(ops[i], ir_scalar(scalar), 0);
            test_op(ops[i], ir_vector(scalar, 3), 0);
        }
    }
    for (IrScalar from = 0; from < IR_SCALAR_COUNT; from++) {
        for (IrScalar to = 0; to < IR_SCALAR_COUNT; to++) {
            for (unsigned lanes = 1; lanes <= IR_MAX_LANES; lanes++) {
                if (from == to || to == IR_BOOL) {
                    continue;
                }
                Unit unit;
                open_unit(&unit);
                what = arena_printf(&unit.arena, "convert %s to %s, %u lanes",
                                    ir_scalars[from].text, ir_scalars[to].text, lanes);
                Bench t = bench(&unit, "op");
                IrValue *value = any_value(&t, ir_vector(from, lanes));
                use_value(&t, emit_raw(&t.b, OP_CONVERT, ir_vector(to, lanes), 1, &value));
                ir_end(&t.b, OP_RET, 0, NULL);
                check_valid(&unit);
                close_unit(&unit);
            }
        }
    }
}

static void test_more_ops(void) {
    check_text(
        "bitcast", SPIRV_VULKAN_1_1,
        "kernel @k(%a: buffer<f32x4>, %b: buffer<u32x4>, %c: buffer<i32>) workgroup(1, 1, 1) {\n"
        "  %x: f32x4 = load.raw %a[0u32]\n"
        "  %y: u32x4 = bitcast %x\n"
        "  store.raw %b[1u32], %y\n"
        "  %s: i32 = load.raw %c[0u32]\n"
        "  %f: f32 = bitcast %s\n"
        "  %u: u32 = bitcast %s\n"
        "  store.raw %a[0u32][1u32], %f\n"
        "  store.raw %b[0u32][3u32], %u\n"
        "  ret\n}\n",
        FRAGMENTS("OpBitcast %v4uint", "OpBitcast %float"));
    check_text("construct and swizzle", SPIRV_VULKAN_1_1,
               "kernel @k(%a: buffer<f32x2>, %o: buffer<f32x4>) workgroup(1, 1, 1) {\n"
               "  %x: f32x2 = load.raw %a[0u32]\n"
               "  %l: f32 = load.raw %a[0u32][1u32]\n"
               "  %v: f32x4 = construct %x, %l, %l\n"
               "  %w: f32x4 = construct %x, %x\n"
               "  %same: f32x4 = construct %w\n"
               "  %s: f32x4 = swizzle %v, 3, 2, 1, 0\n"
               "  %p: f32x2 = swizzle %s, 1, 1\n"
               "  %q: f32x4 = construct %p, %p\n"
               "  %sum: f32x4 = add %q, %same\n"
               "  store.raw %o[0u32], %sum\n"
               "  ret\n}\n",
               FRAGMENTS("OpVectorShuffle %v4float", " 3 2 1 0"));
    check_text(
        "constants", SPIRV_VULKAN_1_1,
        "kernel @k(%o: buffer<i32>, %f: buffer<f32>) workgroup(1, 1, 1) {\n"
        "  store.raw %o[0u32], -2147483648i32\n"
        "  store.raw %o[1u32], -1i32\n"
        "  store.raw %o[2u32], 1i32\n"
        "  store.raw %f[1u32], 1.5f32\n"
        "  ret\n}\n",
        FRAGMENTS("OpConstant %int -2147483648", "OpConstant %int -1", "OpConstant %float 1.5"));
    check_text("signed remainder", SPIRV_VULKAN_1_1,
               "kernel @k(%o: buffer<i32>) workgroup(1, 1, 1) {\n"
               "  %x: i32 = load.raw %o[0u32]\n"
               "  %y: i32 = rem.raw %x, 7i32\n"
               "  store.raw %o[0u32], %y\n"
               "  ret\n}\n",
               FRAGMENTS("OpSDiv", "OpIMul", "OpISub", "!OpSRem"));
    check_text("NaN and infinity by their bits", SPIRV_VULKAN_1_1,
               "kernel @k(%a: buffer<f32>, %o: buffer<u32>) workgroup(1, 1, 1) {\n"
               "  %x: f32 = load.raw %a[0u32]\n"
               "  %n: bool = isnan %x\n"
               "  %i: bool = isinf %x\n"
               "  %b: bool = or %n, %i\n"
               "  %u: u32 = convert %b\n"
               "  store.raw %o[0u32], %u\n"
               "  ret\n}\n",
               FRAGMENTS("OpConstant %uint 2139095040", "!OpIsNan", "!OpIsInf"));
    check_text("built-in values", SPIRV_VULKAN_1_1,
               "kernel @k(%o: buffer<u32>) workgroup(4, 2, 3) {\n"
               "  %a: u32x3 = builtin global_id\n"
               "  %b: u32x3 = builtin local_id\n"
               "  %c: u32x3 = builtin group_id\n"
               "  %d: u32x3 = builtin group_count\n"
               "  %e: u32x3 = builtin group_size\n"
               "  %f: u32 = builtin local_index\n"
               "  %ab: u32x3 = add %a, %b\n"
               "  %cd: u32x3 = add %c, %d\n"
               "  %abe: u32x3 = add %ab, %e\n"
               "  %all: u32x3 = add %abe, %cd\n"
               "  %x: u32 = extract %all, 0\n"
               "  %sum: u32 = add %x, %f\n"
               "  store.raw %o[0u32], %sum\n"
               "  ret\n}\n",
               FRAGMENTS("LocalSize 4 2 3", "BuiltIn GlobalInvocationId", "!OpCapability Group"));
    check_text("subgroups", SPIRV_VULKAN_1_1,
               "kernel @k(%o: buffer<u32>) workgroup(64, 1, 1) {\n"
               "  %a: u32 = builtin lane\n"
               "  %b: u32 = builtin lane_count\n"
               "  %c: u32 = builtin subgroup_index\n"
               "  %d: u32 = builtin subgroup_count\n"
               "  store.raw %o[0u32], %a\n"
               "  store.raw %o[1u32], %b\n"
               "  store.raw %o[2u32], %c\n"
               "  store.raw %o[3u32], %d\n"
               "  ret\n}\n",
               FRAGMENTS("OpCapability GroupNonUniform\n", "BuiltIn SubgroupId"));
}

/* ---- interfaces ---- */

static void test_interfaces(void) {
    check_text("access", SPIRV_VULKAN_1_1,
               "kernel @k(%r: buffer<f32>, %w: buffer<f32>, %rw: buffer<f32>, %l: buffer<f32>, "
               "%n: buffer<f32x3>) workgroup(64, 1, 1) {\n"
               "  %x: f32 = load.raw %r[0u32]\n"
               "  store.raw %w[0u32], %x\n"
               "  %y: f32 = load.raw %rw[0u32]\n"
               "  store.raw %rw[1u32], %y\n"
               "  %c: u32 = len %l\n"
               "  %f: f32 = convert %c\n"
               "  store.raw %rw[2u32], %f\n"
               "  ret\n}\n",
               FRAGMENTS("OpDecorate %r NonWritable", "!OpDecorate %r NonReadable",
                         "OpDecorate %w NonReadable", "!OpDecorate %w NonWritable",
                         "!OpDecorate %rw NonWritable", "!OpDecorate %rw NonReadable",
                         "OpDecorate %l NonReadable", "OpDecorate %l NonWritable",
                         "OpDecorate %n Binding 4", "ArrayStride 16", "ArrayStride 4",
                         "OpDecorate %rw Restrict"));
    check_text("values", SPIRV_VULKAN_1_2,
               "kernel @k(%n: u32, %o: buffer<f32x3>, %v: f32x3, %s: f32, %w: f32x2, %unused: i32) "
               "workgroup(64, 1, 1) {\n"
               "  %t: f32x3 = construct %s, %s, %s\n"
               "  %x: f32x3 = add %v, %t\n"
               "  store.raw %o[%n], %x\n"
               "  ret\n}\n",
               FRAGMENTS("PushConstant", "OpMemberDecorate %k_values 1 Offset 16",
                         "OpMemberDecorate %k_values 2 Offset 28",
                         "OpMemberDecorate %k_values 3 Offset 32",
                         "OpMemberDecorate %k_values 4 Offset 40",
                         "OpEntryPoint GLCompute %k \"k\" %o %values"));
    check_text("many values", SPIRV_VULKAN_1_1,
               "kernel @k(%a: f32x4, %b: f32x4, %c: f32x4, %d: f32x4, %e: f32x4, %f: f32x4, "
               "%g: f32x4, %h: f32x4, %o: buffer<f32x4>, %i: f32) workgroup(64, 1, 1) {\n"
               "  %x: f32x4 = add %a, %h\n"
               "  store.raw %o[0u32], %x\n"
               "  store.raw %o[0u32][3u32], %i\n"
               "  ret\n}\n",
               FRAGMENTS("OpDecorate %values Binding 1", "OpDecorate %values NonWritable",
                         "OpVariable %_ptr_StorageBuffer_k_values StorageBuffer", "!PushConstant"));
    check_text("two kernels", SPIRV_VULKAN_1_3,
               "kernel @second(%a: buffer<f32>, %n: u32) workgroup(8, 8, 1) {\n"
               "  %g: u32x3 = builtin global_id\n"
               "  %i: u32 = extract %g, 0\n"
               "  store.raw %a[%i], 1.0f32\n"
               "  %c: f32 = convert %n\n"
               "  store.raw %a[%n], %c\n"
               "  ret\n}\n"
               "kernel @first(%a: buffer<f32>, %b: buffer<f32>, %m: u32) workgroup(64, 1, 1) {\n"
               "  %l: u32 = builtin local_index\n"
               "  %x: f32 = load.raw %a[%l]\n"
               "  %c: f32 = convert %m\n"
               "  %y: f32 = add %x, %c\n"
               "  store.raw %b[%m], %y\n"
               "  ret\n}\n",
               FRAGMENTS("OpEntryPoint GLCompute %second \"second\" %a %values "
                         "%global_id\n               OpEntryPoint GLCompute %first "
                         "\"first\" %a_0 %b %values_0 %local_index\n",
                         "OpExecutionMode %second LocalSize 8 8 1", "Version: 1.6"));
    check_text("interface before 1.4", SPIRV_VULKAN_1_1,
               "kernel @k(%a: buffer<f32>) workgroup(1, 1, 1) {\n"
               "  store.raw %a[0u32], 1.0f32\n"
               "  ret\n}\n",
               FRAGMENTS("OpEntryPoint GLCompute %k \"k\"\n", "Version: 1.3"));
    check_text("nothing in it", SPIRV_VULKAN_1_1, "kernel @k() workgroup(1, 1, 1) {\n  ret\n}\n",
               FRAGMENTS("OpReturn"));
    check_text("locals", SPIRV_VULKAN_1_1,
               "kernel @k(%a: buffer<f32x4>, %n: u32) workgroup(1, 1, 1) {\n"
               "  %c: bool = lt %n, 4u32\n"
               "  if %c {\n"
               "    %v: var<f32x4> = var\n"
               "    %x: f32x4 = load.raw %a[0u32]\n"
               "    store %v, %x\n"
               "    store.raw %v[%n], 2.0f32\n"
               "    %l: f32 = load.raw %v[1u32]\n"
               "    %flag: var<bool> = var\n"
               "    store %flag, %c\n"
               "    %d: bool = load %flag\n"
               "    store.raw %a[0u32][%n], %l\n"
               "    yield\n"
               "  } else {\n"
               "    yield\n"
               "  }\n"
               "  ret\n}\n",
               FRAGMENTS("OpVariable %_ptr_Function_v4float Function"));
}

/* ---- arrays, matrices, forms ---- */

static void test_composites(void) {
    check_text("a buffer of forms", SPIRV_VULKAN_1_1,
               "form @Body { pos: f32x3, mass: f32, m: f32x2x3, tags: array<u32, 3> }\n"
               "form @Pair { bodies: array<@Body, 2>, count: u32 }\n"
               "kernel @k(%p: buffer<@Pair>, %q: buffer<@Pair>, %n: u32) workgroup(1, 1, 1) {\n"
               "  %x: f32x3 = load.raw %p[%n][0u32][1u32][0u32]\n"
               "  store.raw %q[%n][0u32][%n][0u32], %x\n"
               "  %y: f32 = load.raw %p[%n][0u32][%n][0u32][2u32]\n"
               "  store.raw %q[%n][0u32][0u32][1u32], %y\n"
               "  %c: f32x3 = load.raw %p[%n][0u32][%n][2u32][1u32]\n"
               "  store.raw %q[0u32][0u32][0u32][2u32][%n], %c\n"
               "  store.raw %q[0u32][0u32][0u32][2u32][%n][%n], %y\n"
               "  %t: u32 = load.raw %p[0u32][0u32][1u32][3u32][%n]\n"
               "  store.raw %q[%t][1u32], %t\n"
               "  %l: u32 = len %p\n"
               "  store.raw %q[%l][1u32], %l\n"
               "  ret\n}\n",
               FRAGMENTS("OpName %Body \"Body\"", "OpMemberName %Body 1 \"mass\"",
                         "OpName %buffer_Pair", "OpMemberDecorate %Body 0 Offset 0\n",
                         "OpMemberDecorate %Body 1 Offset 12", "OpMemberDecorate %Body 2 Offset 16",
                         "OpMemberDecorate %Body 3 Offset 48", "ArrayStride 64", "ArrayStride 144",
                         "OpMemberDecorate %Pair 1 Offset 128", "ArrayStride 16", "ArrayStride 4",
                         "!%Body_0 "));
    check_text("locals and values", SPIRV_VULKAN_1_1,
               "form @Cell { on: bool, at: u32x2, w: array<f32, 4> }\n"
               "kernel @k(%a: buffer<f32>, %n: u32) workgroup(1, 1, 1) {\n"
               "  %v: var<array<@Cell, 3>> = var\n"
               "  %c: @Cell = load.raw %v[%n]\n"
               "  %at: u32x2 = extract %c, 1\n"
               "  %x: u32 = extract %at, 0\n"
               "  %w: array<f32, 4> = construct 1.0f32, 2.0f32, 3.0f32, 4.0f32\n"
               "  %w2: array<f32, 4> = insert %w, 7.0f32, 2\n"
               "  %d: @Cell = construct true, %at, %w2\n"
               "  %e: @Cell = insert %d, array<f32, 4>(1.0f32, 2.0f32, 3.0f32, 5.0f32), 2\n"
               "  store.raw %v[%x], %e\n"
               "  store.raw %v[%x][2u32][%n], 9.0f32\n"
               "  store.raw %v[%x][1u32][%n], %n\n"
               "  %on: bool = load.raw %v[%n][0u32]\n"
               "  %f: @Cell = if %on {\n    yield %c\n  } else {\n    yield %e\n  }\n"
               "  %g: @Cell, %k: u32 = loop (%h: @Cell = %f, %i: u32 = 0u32) {\n"
               "    %end: bool = ge %i, 4u32\n"
               "    if %end {\n      break %h, %i\n    } else {\n      yield\n    }\n"
               "    continue %h, %i\n"
               "  } continuing (%j: @Cell, %o: u32) {\n"
               "    %m: u32 = add %o, 1u32\n"
               "    next %j, %m\n  }\n"
               "  %gw: array<f32, 4> = extract %g, 2\n"
               "  %r: f32 = extract %gw, 3\n"
               "  store.raw %a[%k], %r\n"
               "  ret\n}\n",
               FRAGMENTS("OpConstantNull %_arr_Cell_uint_3", "OpPhi %Cell",
                         "OpCompositeInsert %Cell",
                         "OpVariable %_ptr_Function__arr_Cell_uint_3 Function",
                         "OpConstantComposite %_arr_float_uint_4", "!OpMemberDecorate %Cell"));
    check_text("one type, two flavours", SPIRV_VULKAN_1_2,
               "form @P { x: f32, y: f32x2 }\n"
               "kernel @k(%a: buffer<@P>, %b: buffer<array<@P, 2>>) workgroup(1, 1, 1) {\n"
               "  %v: var<@P> = var\n"
               "  %w: var<array<@P, 2>> = var\n"
               "  %x: f32 = load.raw %a[0u32][0u32]\n"
               "  %p: @P = construct %x, f32x2(1, 2)\n"
               "  %q: array<@P, 2> = construct %p, @P(1.0f32, f32x2(0.5, 4))\n"
               "  store %v, %p\n"
               "  store %w, %q\n"
               "  %y: f32 = load.raw %w[1u32][1u32][0u32]\n"
               "  store.raw %b[0u32][1u32][0u32], %y\n"
               "  ret\n}\n",
               FRAGMENTS("OpMemberDecorate %P 1 Offset 8", "!OpMemberDecorate %P_0",
                         "OpConstantComposite %P_0"));
    check_text("matrices are arrays of columns", SPIRV_VULKAN_1_3,
               "kernel @k(%a: buffer<f32x3x2>, %b: buffer<f32x2x3>, %m: f32x4x4, %i: u32) "
               "workgroup(1, 1, 1) {\n"
               "  %c: f32x2 = load.raw %a[0u32][%i]\n"
               "  %x: f32 = load.raw %a[0u32][2u32][1u32]\n"
               "  %d: f32x3 = construct %c, %x\n"
               "  store.raw %b[0u32][1u32], %d\n"
               "  %e: f32x4 = extract %m, 3\n"
               "  %f: f32x3 = swizzle %e, 0, 1, 2\n"
               "  %r: f32x2x3 = construct %d, %f\n"
               "  %g: f32x3 = extract %r, 1\n"
               "  store.raw %b[1u32][%i], %g\n"
               "  ret\n}\n",
               FRAGMENTS("ArrayStride 24", "ArrayStride 8", "ArrayStride 32", "ArrayStride 16",
                         "OpAccessChain %_ptr_PushConstant_v4float %values %uint_0 %uint_3\n",
                         "!%values %uint_0 %uint_2\n", "!OpTypeMatrix"));
    check_text("values in push constants", SPIRV_VULKAN_1_1,
               "form @In { k: u32, d: array<f32x3, 2> }\n"
               "form @One { v: f32x2 }\n"
               "kernel @k(%o: buffer<f32>, %p: @In, %s: f32, %q: @In, %unused: @In, %one: @One) "
               "workgroup(1, 1, 1) {\n"
               "  %v: var<@In> = var\n"
               "  store %v, %p\n"
               "  %n: u32 = extract %q, 0\n"
               "  %x: f32 = load.raw %v[1u32][%n][1u32]\n"
               "  store.raw %o[%n], %x\n"
               "  %w: var<@One> = var\n"
               "  %again: @One = construct f32x2(1, 2)\n"
               "  store %w, %again\n"
               "  %y: f32 = load.raw %w[0u32][%n]\n"
               "  store.raw %o[0u32], %y\n"
               "  ret\n}\n",
               FRAGMENTS("OpMemberDecorate %In 1 Offset 16",
                         "OpMemberDecorate %k_values 1 Offset 48",
                         "OpMemberDecorate %k_values 2 Offset 64", "OpDecorate %values Binding 1",
                         "OpConstantNull %_arr_v3float_uint_2"));
    check_text(
        "constants", SPIRV_VULKAN_1_1,
        "form @A { i: i32, v: i32x2 }\n"
        "form @B { one: @A, many: array<@A, 2>, m: f32x2x2 }\n"
        "kernel @k(%o: buffer<i32>, %n: u32) workgroup(1, 1, 1) {\n"
        "  %v: var<@B> = var\n"
        "  store %v, @B(@A(-1i32, i32x2(1, 2)), array<@A, 2>(zero<@A>, @A(5i32, i32x2(0, 0))), "
        "zero<f32x2x2>)\n"
        "  %x: i32 = load.raw %v[1u32][%n][0u32]\n"
        "  store.raw %o[0u32], %x\n"
        "  store %v, zero<@B>\n"
        "  %y: i32 = load.raw %v[0u32][1u32][%n]\n"
        "  store.raw %o[1u32], %y\n"
        "  ret\n}\n",
        FRAGMENTS("OpConstantNull %A", "OpConstantNull %B", "OpConstantComposite %B",
                  "OpConstantComposite %A %int_n1"));
}

/* What SPIR-V has no room for is said, and what it has just room for is valid. */
static void test_wide(void) {
    static const struct {
        const char *ir;
        bool fine;
    } cases[] = {
        {"kernel @k(%a: array<u32, 65533>) workgroup(1, 1, 1) {\n  ret\n}\n", false},
        {"kernel @k(%n: u32) workgroup(1, 1, 1) {\n"
         "  %v: var<array<u32, 65536>> = var\n"
         "  store.raw %v[%n], 1u32\n"
         "  ret\n}\n",
         true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        what = "wide";
        Unit unit;
        parse_unit(&unit, cases[i].ir);
        CHECK(spirv_check(unit.module, SPIRV_VULKAN_1_1) == cases[i].fine);
        if (cases[i].fine) {
            check_valid(&unit);
        }
        close_unit(&unit);
    }
}

/* Under -g: names of locals, the file as the user wrote it, a line wherever it changes. */
static void test_debug(void) {
    what = "-g";
    Unit unit;
    open_unit(&unit);
    static const char source[] =
        "kernel twice(out: Buffer<u32>) {\n    let é = i; out[é] = é + é;\n}\n";
    source_add(&unit.sources, "dir/../some file.vt", source, sizeof source - 1);
    Bench t = bench(&unit, "twice");
    t.b.pos = 38 + 4;
    IrValue *id = ir_extract(&t.b, ir_builtin(&t.b, IR_BUILTIN_GLOBAL_ID), 0);
    id->name = name_of(&unit.names, "é");
    t.b.pos = (Pos)(strstr(source, "é + é") - source) + 1;
    IrValue *sum = ir_binary(&t.b, OP_ADD, id, id);
    t.b.pos = (Pos)(strstr(source, "out[é]") - source) + 1;
    IrValue *place[] = {sum, t.out, id};
    emit_raw(&t.b, OP_STORE, NULL, 3, place);
    t.b.pos = 0;
    ir_end(&t.b, OP_RET, 0, NULL);
    check_valid(&unit);
    const char *text = disassembly(&unit, write_as(&unit, SPIRV_VULKAN_1_1, true));
    static const char *const wanted[] = {
        "OpString \"dir/../some file.vt\"",
        "OpSource Unknown 0 %",
        "\"é\"",
        " 2 9\n",
        " 2 25\n",
        " 2 16\n",
        "OpNoLine",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        CHECK_SAYING(strstr(text, wanted[i]) != NULL, "no `%s` in\n%s", wanted[i], text);
    }
    text = disassembly(&unit, write_as(&unit, SPIRV_VULKAN_1_1, false));
    CHECK_SAYING(strstr(text, "OpLine") == NULL && strstr(text, "é") == NULL &&
                     strstr(text, "some file") == NULL,
                 "%s", text);
    close_unit(&unit);
}

/* ---- control flow by hand ---- */

static void check_body(const char *name, const char *body, const char *const *fragments) {
    static char text[1 << 14];
    snprintf(text, sizeof text,
             "kernel @k(%%o: buffer<u32>, %%n: u32) workgroup(1, 1, 1) {\n"
             "  %%c: bool = lt %%n, 4u32\n  %%d: bool = gt %%n, 2u32\n%s}\n",
             body);
    check_text(name, SPIRV_VULKAN_1_1, text, fragments);
}

static void test_control(void) {
    check_body("if", "if %c {\n store.raw %o[0u32], %n\n yield\n} else {\n yield\n}\nret\n",
               FRAGMENTS("OpSelectionMerge"));
    check_body("else", "if %c {\n yield\n} else {\n store.raw %o[0u32], %n\n yield\n}\nret\n",
               FRAGMENTS("OpSelectionMerge"));
    check_body("if of nothing", "if %c {\n yield\n} else {\n yield\n}\nret\n",
               FRAGMENTS("!OpSelectionMerge"));
    check_body(
        "if of two yields",
        "%r: u32 = if %c {\n yield %n\n} else {\n yield 7u32\n}\nstore.raw %o[0u32], %r\nret\n",
        FRAGMENTS("OpPhi %uint"));
    check_body("if with one value",
               "%r: u32 = if %c {\n ret\n} else {\n %x: u32 = add %n, 1u32\n yield %x\n}\n"
               "store.raw %o[0u32], %r\nret\n",
               FRAGMENTS("!OpPhi"));
    check_body("if with two results",
               "%r: u32, %s: bool = if %c {\n %x: u32 = add %n, 1u32\n yield %x, %d\n} else {\n"
               " yield %n, %c\n}\n%u: u32 = select %s, %r, %n\nstore.raw %o[0u32], %u\nret\n",
               FRAGMENTS("OpPhi %bool"));
    check_body("both arms leave", "if %c {\n ret\n} else {\n ret\n}\nunreachable\n",
               FRAGMENTS("OpUnreachable"));
    check_body("dead code",
               "%r: u32 = if %c {\n ret\n} else {\n unreachable\n}\n%x: u32 = add %r, 1u32\n"
               "if %d {\n store.raw %o[0u32], %x\n yield\n} else {\n yield\n}\nret\n",
               FRAGMENTS("OpUnreachable", "!OpIAdd"));
    check_body(
        "dead all the way out",
        "%r: u32 = if %c {\n %q: u32 = if %d {\n ret\n} else {\n ret\n}\n yield %q\n} else {\n"
        " yield 1u32\n}\nstore.raw %o[0u32], %r\nret\n",
        FRAGMENTS("!OpPhi"));
    check_body(
        "counting loop",
        "%last: u32 = loop (%i: u32 = 0u32, %s: u32 = 5u32) {\n %e: bool = ge %i, %n\n"
        " if %e {\n break %s\n } else {\n yield\n }\n %t: u32 = add %s, %i\n continue %i, %t\n"
        "} continuing (%k: u32, %u: u32) {\n %j: u32 = add %k, 1u32\n next %j, %u\n}\n"
        "store.raw %o[0u32], %last\nret\n",
        FRAGMENTS("OpLoopMerge"));
    check_body("carried parameters",
               "%last: u32 = loop (%i: u32 = 0u32) {\n if %d {\n continue %i, 1u32\n } else {\n "
               "yield\n }\n"
               " %e: bool = ge %i, %n\n if %e {\n break %i\n } else {\n continue %n, %i\n }\n "
               "unreachable\n"
               "} continuing (%a: u32, %b: u32) {\n %j: u32 = add %a, %b\n next %j\n}\n"
               "store.raw %o[0u32], %last\nret\n",
               FRAGMENTS("OpPhi"));
    check_body("loop that swaps",
               "%x: u32, %y: u32 = loop (%a: u32 = 1u32, %b: u32 = %n) {\n %e: bool = gt %a, %b\n"
               " if %e {\n break %a, %b\n } else {\n yield\n }\n continue %b, %a\n"
               "} continuing (%p: u32, %q: u32) {\n next %p, %q\n}\n"
               "store.raw %o[%x], %y\nret\n",
               NO_FRAGMENTS);
    check_body(
        "loop that never ends",
        "loop {\n store.raw %o[0u32], %n\n continue\n} continuing {\n next\n}\nunreachable\n",
        FRAGMENTS("OpUnreachable"));
    check_body(
        "loop that never ends, dead code behind",
        "%r: u32 = loop {\n continue\n} continuing {\n next\n}\nstore.raw %o[0u32], %r\nret\n",
        FRAGMENTS("!OpStore"));
    check_body("loop that never continues",
               "%r: u32 = loop (%i: u32 = %n) {\n %x: u32 = add %i, 1u32\n break %x\n"
               "} continuing (%u: u32) {\n next %u\n}\nstore.raw %o[0u32], %r\nret\n",
               FRAGMENTS("OpStore"));
    check_body("loop that returns", "loop {\n ret\n} continuing {\n next\n}\nunreachable\n",
               NO_FRAGMENTS);
    check_body(
        "loop that returns or continues",
        "loop (%i: u32 = 0u32) {\n if %c {\n ret\n } else {\n continue %i\n }\n unreachable\n"
        "} continuing (%j: u32) {\n next %j\n}\nunreachable\n",
        NO_FRAGMENTS);
    check_body("loop of unreachable", "loop {\n unreachable\n} continuing {\n next\n}\nret\n",
               NO_FRAGMENTS);
    check_body(
        "loop in a loop",
        "loop (%i: u32 = 0u32) {\n"
        " %r: u32 = loop (%j: u32 = %i) {\n  %e: bool = gt %j, %n\n"
        "  if %e {\n break %j\n } else {\n yield\n }\n  continue %j\n"
        " } continuing (%k: u32) {\n %l: u32 = add %k, 1u32\n next %l\n }\n"
        " %f: bool = gt %r, 99u32\n if %f {\n break\n } else {\n continue %r\n }\n unreachable\n"
        "} continuing (%m: u32) {\n %p: u32 = add %m, 1u32\n next %p\n}\nret\n",
        NO_FRAGMENTS);
    check_body("if in a continuing part",
               "loop (%i: u32 = 0u32) {\n if %c {\n break\n } else {\n yield\n }\n continue %i\n"
               "} continuing (%m: u32) {\n %p: u32 = if %d {\n %q: u32 = add %m, 1u32\n yield %q\n"
               " } else {\n yield %m\n }\n if %c {\n store.raw %o[0u32], %p\n yield\n } else {\n"
               " unreachable\n }\n next %p\n}\nret\n",
               FRAGMENTS("!OpUnreachable"));
    check_body("a continuing part that no one leaves",
               "loop (%i: u32 = 0u32) {\n if %c {\n break\n } else {\n yield\n }\n continue\n"
               "} continuing {\n if %d {\n unreachable\n } else {\n unreachable\n }\n "
               "unreachable\n}\nret\n",
               FRAGMENTS("!OpUnreachable"));
    check_body(
        "loop in a continuing part",
        "loop (%i: u32 = 0u32) {\n if %c {\n break\n } else {\n yield\n }\n continue\n"
        "} continuing {\n %r: u32 = loop (%j: u32 = 0u32) {\n  %e: bool = gt %j, %n\n"
        "  if %e {\n break %j\n } else {\n continue %j\n }\n  unreachable\n"
        " } continuing (%k: u32) {\n %l: u32 = add %k, 1u32\n next %l\n }\n next %r\n}\nret\n",
        NO_FRAGMENTS);
    check_body("local that starts at zero again",
               "loop (%i: f32 = 1.0f32) {\n %v: var<f32> = var\n %x: f32 = load %v\n %y: f32 = add "
               "%x, %i\n"
               " store %v, %y\n %e: bool = gt %y, 9.0f32\n if %e {\n break\n } else {\n continue "
               "%y\n }\n unreachable\n"
               "} continuing (%j: f32) {\n next %j\n}\nret\n",
               FRAGMENTS(" %float_0\n"));
    check_body("local that is stored at once",
               "%v: var<f32> = var\nstore %v, 1.0f32\n%x: f32 = load %v\n%y: u32 = bitcast %x\n"
               "store.raw %o[0u32], %y\nret\n",
               FRAGMENTS("!%float_0\n"));
}

/* ---- random control flow ---- */

static uint64_t random_state;

static uint32_t random_below(uint32_t n) { /* xorshift64*, Vigna 2016 */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 2685821657736338717u) >> 33) % n;
}

/* Where a region being made up stands. */
typedef struct {
    const IrInst *arm;  /* the `if` it is an arm of; NULL: none */
    const IrInst *loop; /* whose body it is in; NULL: none that may be left */
    const IrInst *next; /* whose continuing part it is */
    bool may_return;
    int depth;
} Place;

typedef struct {
    IrModule *module;
    VEC(IrValue *) visible;
    IrValue *buffer, *count;
    int budget; /* of instructions */
} Maker;

static const IrType *random_type(void) {
    static const IrScalar scalars[] = {IR_U32, IR_U32, IR_I32, IR_F32, IR_BOOL};
    return ir_vector(scalars[random_below(5)], random_below(5) == 0 ? 2 + random_below(3) : 1);
}

static void show(Maker *m, IrValue *value) {
    VEC_PUSH(m->module->arena, &m->visible, value);
}

static IrValue *pick(Maker *m, const IrType *type) {
    for (int tries = 0; tries < 8 && m->visible.count > 0; tries++) {
        IrValue *value = m->visible.items[random_below(m->visible.count)];
        if (value->type == type) {
            return value;
        }
    }
    return ir_const_number(m->module, type, ir_is_bool(type) ? random_below(2) : random_below(9));
}

static void end_with(Maker *m, IrBuilder *b, IrOp op, uint32_t count, IrValue *const *values) {
    IrValue *operands[4];
    for (uint32_t i = 0; i < count; i++) {
        operands[i] = pick(m, values[i]->type);
    }
    ir_end(b, op, count, operands);
}

static void make_end(Maker *m, IrBuilder *b, Place at) {
    uint32_t dice = random_below(12);
    const IrRegion *body = at.loop != NULL ? &at.loop->regions[IR_LOOP_BODY] : NULL;
    if (dice == 0) {
        ir_end(b, OP_UNREACHABLE, 0, NULL);
    } else if (dice == 1 && at.may_return) {
        ir_end(b, OP_RET, 0, NULL);
    } else if (at.loop != NULL && (dice < 4 || (at.arm == NULL && dice < 5))) {
        end_with(m, b, OP_BREAK, at.loop->result_count, at.loop->results);
    } else if (at.loop != NULL && (dice < 6 || at.arm == NULL)) {
        end_with(m, b, OP_CONTINUE, body[1].param_count, body[1].params);
    } else if (at.arm != NULL) {
        end_with(m, b, OP_YIELD, at.arm->result_count, at.arm->results);
    } else if (at.next != NULL) {
        const IrRegion *to = &at.next->regions[IR_LOOP_BODY];
        end_with(m, b, OP_NEXT, to->param_count, to->params);
    } else {
        ir_end(b, OP_RET, 0, NULL);
    }
}

static void make_region(Maker *m, IrRegion *region, Place at);

static uint32_t random_types(const IrType **types) {
    uint32_t count = random_below(4);
    for (uint32_t i = 0; i < count; i++) {
        types[i] = random_type();
    }
    return count;
}

static void make_if(Maker *m, IrBuilder *b, Place at) {
    const IrType *types[4];
    uint32_t count = random_types(types);
    IrInst *inst = ir_if(b, pick(m, ir_scalar(IR_BOOL)), count, types);
    at.arm = inst;
    at.depth++;
    make_region(m, &inst->regions[IR_IF_TRUE], at);
    make_region(m, &inst->regions[IR_IF_FALSE], at);
    for (uint32_t i = 0; i < count; i++) {
        show(m, inst->results[i]);
    }
}

static void make_loop(Maker *m, IrBuilder *b, Place at) {
    const IrType *types[4], *carried[4];
    IrValue *initial[4];
    uint32_t count = random_types(types);
    for (uint32_t i = 0; i < count; i++) {
        initial[i] = pick(m, types[i]);
    }
    uint32_t carried_count = random_types(carried), result_count = random_types(types);
    IrInst *inst = ir_loop(b, count, initial, carried_count, carried, result_count, types);
    Place body = {.loop = inst, .may_return = at.may_return, .depth = at.depth + 1};
    Place continuing = {.next = inst, .depth = at.depth + 1};
    make_region(m, &inst->regions[IR_LOOP_BODY], body);
    make_region(m, &inst->regions[IR_LOOP_CONTINUING], continuing);
    for (uint32_t i = 0; i < result_count; i++) {
        show(m, inst->results[i]);
    }
}

static void make_inst(Maker *m, IrBuilder *b, Place at) {
    enum { DEEPEST = 7 };
    const IrType *type = random_type();
    IrValue *index = pick(m, ir_scalar(IR_U32));
    switch (random_below(at.depth < DEEPEST && m->budget > 0 ? 10 : 5)) {
    case 0:
        show(m, emit_raw(b, OP_LOAD, ir_scalar(IR_U32), 2, (IrValue *[]){m->buffer, index}));
        break;
    case 1: {
        IrValue *value = pick(m, ir_scalar(IR_U32));
        emit_raw(b, OP_STORE, NULL, 3, (IrValue *[]){value, m->buffer, index});
        break;
    }
    case 2: {
        IrValue *left = pick(m, type), *right = pick(m, type);
        show(m, ir_binary(b, OP_EQ, left, right));
        break;
    }
    case 3: {
        IrValue *left = pick(m, type), *right = pick(m, type);
        show(m, ir_binary(b, ir_is_bool(type) ? OP_XOR : OP_ADD, left, right));
        break;
    }
    case 4: {
        IrValue *root = ir_var(b, type, NULL);
        if (random_below(2) == 0) {
            ir_store(b, pick(m, type), root, 0, NULL);
        }
        show(m, ir_load(b, root, 0, NULL));
        break;
    }
    case 5:
    case 6:
    case 7:
        make_if(m, b, at);
        break;
    default:
        make_loop(m, b, at);
        break;
    }
}

static void make_region(Maker *m, IrRegion *region, Place at) {
    uint32_t visible = m->visible.count;
    for (uint32_t i = 0; i < region->param_count; i++) {
        show(m, region->params[i]);
    }
    IrBuilder b = ir_at_end(m->module, region);
    for (uint32_t left = random_below(5); left > 0; left--) {
        m->budget--;
        make_inst(m, &b, at);
    }
    make_end(m, &b, at);
    m->visible.count = visible;
}

static void test_random(void) {
    enum { MODULES = 400 };
    for (uint32_t seed = 1; seed <= MODULES && failures == 0; seed++) {
        Unit unit;
        open_unit(&unit);
        what = arena_printf(&unit.arena, "random module %u", seed);
        random_state = seed * 0x9e3779b97f4a7c15u;
        IrBuilder top;
        Bench t = bench(&unit, "random");
        top = t.b;
        Maker m = {.module = unit.module, .buffer = t.out, .budget = 120};
        while (top.region->last == NULL) {
            make_region(&m, top.region, (Place){.may_return = true});
        }
        check_valid(&unit);
        close_unit(&unit);
    }
}

static void test_judgement(void) {
    what = "spirv_validate";
    Unit unit;
    parse_unit(&unit, "kernel @k() workgroup(1, 1, 1) {\n  ret\n}\n");
    SpirvBinary binary = write_as(&unit, SPIRV_VULKAN_1_3, false);
    Text why = {.arena = &unit.arena};
    CHECK(!spirv_validate(binary, SPIRV_VULKAN_1_1, &why)); /* 1.6 is too new for it */
    CHECK(why.length > 0);
    why.length = 0;
    binary.count = 6; /* in the middle of the first instruction */
    CHECK(!spirv_validate(binary, SPIRV_VULKAN_1_3, &why) && why.length > 0);
    Text out = {.arena = &unit.arena};
    why.length = 0;
    CHECK(!spirv_disassemble(&out, binary, &why) && why.length > 0);
    close_unit(&unit);
}

int main(void) {
    test_table();
    test_ops();
    test_widths();
    test_more_ops();
    test_interfaces();
    test_composites();
    test_wide();
    test_debug();
    test_control();
    test_random();
    test_judgement();
    printf("test_spirv: %s\n", failures == 0 ? "all good" : "FAILED");
    return failures != 0;
}
