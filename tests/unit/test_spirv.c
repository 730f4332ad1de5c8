/* The Vulkan SPIR-V writer: every op on every type that it takes, and what judges it. */
#include "tests/unit/spirv_unit.h"

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

/* ---- the judge ---- */

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
    test_judgement();
    return report_failures("test_spirv");
}
