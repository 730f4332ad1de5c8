/* The Vulkan SPIR-V writer: interfaces, arrays, matrices, forms, names and lines. */
#include "tests/unit/spirv_unit.h"

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

int main(void) {
    test_interfaces();
    test_composites();
    test_wide();
    test_debug();
    return report_failures("test_spirv_modules");
}
