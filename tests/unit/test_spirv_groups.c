/* What invocations have in common, in Vulkan SPIR-V: shared memory, atomics, barriers, subgroups, specialization
 * constants. Kernels go through the pipelines and are judged by SPIRV-Tools for all three targets.
 */
#include "backend-spirv/spirv.h"
#include "ir/pass.h"
#include "tests/unit/ir_unit.h"

static const char *what = "";

static Unit *lowered(const char *text, const IrPass *const *pipeline, bool float_atomics) {
    Unit *unit = open_unit(text, strlen(text), false);
    CHECK(unit->module != NULL, "%s: %s\n%s", what, first_error(unit), text);
    if (unit->module == NULL) {
        exit(1);
    }
    IrPassOptions options = {.verify = true, .float_atomics = float_atomics};
    CHECK(ir_run_passes(unit->module, pipeline, &options), "%s: %s", what, first_error(unit));
    Text why = {.arena = &unit->arena};
    CHECK(ir_verify_lowered(unit->module, &why, NULL), "%s: %s", what, text_get(&why));
    return unit;
}

static SpirvBinary write_as(Unit *unit, SpirvOptions options) {
    CHECK(spirv_check(unit->module, options.target), "%s: %s", what, first_error(unit));
    options.sources = &unit->sources;
    return spirv_write(unit->module, &options);
}

static const char *disassembly(Unit *unit, SpirvBinary binary) {
    Text out = {.arena = &unit->arena}, why = {.arena = &unit->arena};
    CHECK(spirv_disassemble(&out, binary, &why), "%s", text_get(&why));
    return text_get(&out);
}

/* Valid for all targets, with and without -g, optimised and not. */
static void check_valid(const char *text, bool float_atomics) {
    const IrPass *const *const pipelines[] = {ir_pipeline_O0, ir_pipeline_O1};
    for (int i = 0; i < 2; i++) {
        Unit *unit = lowered(text, pipelines[i], float_atomics);
        for (int target = 0; target <= SPIRV_VULKAN_1_3 && failures == 0; target++) {
            SpirvOptions options = {.target = (SpirvTarget)target,
                                    .debug = target == SPIRV_VULKAN_1_2,
                                    .atomic_float = float_atomics};
            SpirvBinary binary = write_as(unit, options);
            Text why = {.arena = &unit->arena};
            CHECK(spirv_validate(binary, options.target, &why), "%s: %s\n%s\n%s", what,
                  text_get(&why), disassembly(unit, binary), text);
        }
        close_unit(unit);
    }
}

/* Each line of `fragments` is in the disassembly for the target; one that begins with `!` is not. */
static void check_text(const char *name, SpirvOptions options, const char *text,
                       const char *const *fragments) {
    what = name;
    check_valid(text, options.atomic_float);
    Unit *unit = lowered(text, ir_pipeline_O1, options.atomic_float);
    const char *code = disassembly(unit, write_as(unit, options));
    for (; *fragments != NULL; fragments++) {
        bool absent = **fragments == '!';
        bool found = strstr(code, *fragments + absent) != NULL;
        CHECK(found != absent, "%s: %s\n%s", name, *fragments, code);
    }
    close_unit(unit);
}
#define FRAGMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define VULKAN_1_1 ((SpirvOptions){.target = SPIRV_VULKAN_1_1})

/* ---- every op on every type ---- */

static const char *const ATOMIC_TYPES[] = {"u32", "i32", "u64", "i64", "f32"};

/* Every op on atomics, in a buffer and in shared memory, inside arrays and forms. */
static void test_atomics(void) {
    for (size_t i = 0; i < sizeof ATOMIC_TYPES / sizeof *ATOMIC_TYPES; i++) {
        const char *t = ATOMIC_TYPES[i];
        bool is_float = t[0] == 'f';
        Arena arena = {0};
        Text text = {.arena = &arena};
        text_printf(&text,
                    "form @F { n: u32, a: array<atomic<%s>, 3> }\n"
                    "kernel @k(%%b: buffer<@F>, %%c: buffer<atomic<%s>>, %%i: u32) "
                    "workgroup(32, 2, 1) {\n"
                    "%%s: shared<array<@F, 4>> = shared\n%%u: shared<atomic<%s>> = shared "
                    "uninitialized\n",
                    t, t, t);
        static const char *const places[] = {"%b[%i][1u32][%i]", "%c[%i]", "%s[%i][1u32][%i]",
                                             "%u"};
        for (uint32_t place = 0; place < 4; place++) {
            text_printf(&text, "%%l%u: %s = atomic_load %s\n", place, t, places[place]);
            text_printf(&text, "atomic_store %s, %%l%u\n", places[place], place);
            for (IrOp op = OP_ATOMIC_ADD; op <= OP_ATOMIC_COMPARE_EXCHANGE; op++) {
                if (is_float && op != OP_ATOMIC_ADD && op != OP_ATOMIC_SUB &&
                    op != OP_ATOMIC_EXCHANGE) {
                    continue;
                }
                text_printf(&text, "%%o%u.%d: %s = %s %s, %%l%u", place, op, t, ir_ops[op].text,
                            places[place], place);
                if (op == OP_ATOMIC_COMPARE_EXCHANGE) {
                    text_printf(&text, ", %%o%u.%d", place, OP_ATOMIC_ADD);
                }
                text_printf(&text, "\natomic_store %s, %%o%u.%d\n", places[place], place, op);
            }
        }
        text_add(&text, "ret\n}\n");
        what = t;
        check_valid(text_get(&text), false);
        if (is_float) {
            what = "native f32";
            check_valid(text_get(&text), true);
        }
        arena_release(&arena);
    }
}

static bool takes(IrOp op, const IrType *type) {
    switch ((IrRule)ir_ops[op].rule) {
    case RULE_SAME_NUMBER:
    case RULE_LANE:
        return ir_is_number(type);
    case RULE_SAME_INT:
        return ir_is_int(type);
    case RULE_VOTE:
    case RULE_BALLOT:
        return type == ir_scalar(IR_BOOL);
    default:
        return false;
    }
}

static void test_subgroup_op(IrOp op, const IrType *type) {
    Arena arena = {0};
    Text text = {.arena = &arena};
    const char *t = ir_type_text(&arena, type);
    const char *name = ir_ops[op].text;
    const char *gives = ir_ops[op].rule == RULE_BALLOT ? "u32x4" : t;
    what = arena_printf(&arena, "%s of %s", name, t);
    bool is_bool = ir_is_bool(type);
    text_printf(&text,
                "kernel @k(%%b: buffer<%s>, %%c: buffer<u32x4>, %%n: u32) workgroup(64, 1, 1) {\n"
                "%%x: %s = %s\n",
                is_bool ? "u32" : t, t, is_bool ? "eq %n, 3u32" : "load %b[%n]");
    text_printf(&text, "%%r: %s = %s %%x%s\n", gives, name,
                ir_ops[op].rule == RULE_LANE ? ", %n" : "");
    if (ir_ops[op].rule == RULE_LANE) {
        text_printf(&text, "%%s: %s = %s %%r, 3u32\nstore %%b[0u32], %%s\n", t, name);
    } else if (ir_ops[op].rule == RULE_BALLOT) {
        text_add(&text, "store %c[%n], %r\n");
    } else if (is_bool) {
        text_add(&text, "%u: u32 = convert %r\nstore %b[%n], %u\n");
    } else {
        text_add(&text, "store %b[%n], %r\n");
    }
    text_add(&text, "ret\n}\n");
    check_valid(text_get(&text), false);
    arena_release(&arena);
}

static void test_subgroups(void) {
    for (IrOp op = OP_SUBGROUP_ADD; op <= OP_SUBGROUP_BALLOT; op++) {
        unsigned tested = 0;
        for (IrScalar scalar = 0; scalar < IR_SCALAR_COUNT; scalar++) {
            for (unsigned lanes = 1; lanes <= IR_MAX_LANES; lanes += 2) {
                if (takes(op, ir_vector(scalar, lanes))) {
                    test_subgroup_op(op, ir_vector(scalar, lanes));
                    tested++;
                }
            }
        }
        CHECK(tested > 0, "%s was not tested", ir_ops[op].text);
    }
    check_text("elect and barrier", VULKAN_1_1,
               "kernel @k(%b: buffer<u32>) workgroup(64, 1, 1) {\n"
               "%e: bool = subgroup_elect\n%u: u32 = convert %e\nsubgroup_barrier\n"
               "store %b[%u], %u\nret\n}\n",
               FRAGMENTS("OpCapability GroupNonUniform\n", "OpGroupNonUniformElect %bool %uint_3",
                         "OpControlBarrier %uint_3 %uint_3 %uint_264",
                         "!OpCapability GroupNonUniformVote"));
    check_text("broadcast", VULKAN_1_1,
               "kernel @k(%b: buffer<u32>, %n: u32) workgroup(64, 1, 1) {\n"
               "%x: u32 = load %b[%n]\n%y: u32 = subgroup_broadcast %x, 5u32\n"
               "%z: u32 = subgroup_broadcast %y, %n\nstore %b[%n], %z\nret\n}\n",
               FRAGMENTS("OpGroupNonUniformBroadcast %uint %uint_3", "OpGroupNonUniformShuffle",
                         "OpCapability GroupNonUniformBallot",
                         "OpCapability GroupNonUniformShuffle"));
    check_text("a scan", VULKAN_1_1,
               "kernel @k(%b: buffer<f32>, %n: u32) workgroup(64, 1, 1) {\n"
               "%x: f32 = load %b[%n]\n%y: f32 = subgroup_exclusive_add %x\n"
               "store %b[%n], %y\nret\n}\n",
               FRAGMENTS("OpGroupNonUniformFAdd %float %uint_3 ExclusiveScan",
                         "OpCapability GroupNonUniformArithmetic"));
}

/* ---- memory ---- */

static void test_shared(void) {
    check_text("a tile", VULKAN_1_1,
               "kernel @k(%b: buffer<f32>) workgroup(16, 16, 1) {\n"
               "%t: shared<array<array<f32, 16>, 16>> = shared\n"
               "%l: u32x3 = builtin local_id\n%x: u32 = extract %l, 0\n%y: u32 = extract %l, 1\n"
               "%v: f32 = load %b[%x]\nstore %t[%y][%x], %v\nbarrier\n"
               "%w: f32 = load %t[%x][%y]\nstore %b[%y], %w\nret\n}\n",
               FRAGMENTS("OpVariable %_ptr_Workgroup__arr__arr_float_uint_16_uint_16 Workgroup",
                         "OpControlBarrier %uint_2 %uint_2 %uint_328", "!OpLoopMerge",
                         "!ArrayStride 64"));
    check_text("a buffer that is handed over", VULKAN_1_1,
               "kernel @k(%b: buffer<f32>) workgroup(16, 1, 1) {\n"
               "%l: u32 = builtin local_index\n%k: u32 = xor %l, 1u32\n"
               "store %b[%l], 1f32\nbarrier\n%w: f32 = load %b[%k]\n"
               "barrier\nstore %b[%l], %w\nret\n}\n",
               FRAGMENTS("OpDecorate %b Coherent"));
    /* barriers are for buffers, too, where invocations may meet there: 328, else 264 */
#define TWO                                                                                        \
    "kernel @k(%a: buffer<f32>, %b: buffer<f32>) workgroup(16, 1, 1) {\n%l: u32 = builtin "        \
    "local_index\n"
    check_text("a barrier between buffers", VULKAN_1_1,
               TWO "%v: f32 = load %a[%l]\nbarrier\nstore %b[%l], %v\nret\n}\n",
               FRAGMENTS("OpControlBarrier %uint_2 %uint_2 %uint_264"));
    check_text("a barrier between writes", VULKAN_1_1,
               TWO "store %b[%l], 1f32\nbarrier\nstore %b[0u32], 2f32\nret\n}\n",
               FRAGMENTS("OpControlBarrier %uint_2 %uint_2 %uint_328"));
    check_text(
        "a barrier between rounds", VULKAN_1_1,
        TWO "loop (%k: u32 = 0u32) {\n%c: bool = lt %k, 9u32\nif %c {\nyield\n} else {\nbreak\n}\n"
            "barrier\nstore %b[%k], 1f32\ncontinue %k\n} continuing (%m: u32) {\n"
            "%m1: u32 = add %m, 1u32\nnext %m1\n}\nret\n}\n",
        FRAGMENTS("OpControlBarrier %uint_2 %uint_2 %uint_328"));
    check_text("what is not zeroed", VULKAN_1_1,
               "kernel @k(%b: buffer<f32>, %n: u32) workgroup(16, 16, 1) {\n"
               "%t: shared<f32> = shared uninitialized\n%u: shared<f32> = shared\n"
               "store %t, 1f32\nbarrier\n%v: f32 = load %t\nstore %b[%n], %v\nret\n}\n",
               FRAGMENTS("!OpStore %u", "!OpLoopMerge", "!%float_0"));
    check_text("composites, small and wide numbers", VULKAN_1_1,
               "form @P { v: f32x3, n: i8, f: f16, b: bool, d: array<u16, 3> }\n"
               "kernel @k(%b: buffer<f32>, %n: u32) workgroup(7, 1, 1) {\n"
               "%t: shared<array<@P, 9>> = shared\n%one: shared<@P> = shared\n"
               "%p: @P = load %t[%n]\nstore %one, %p\nbarrier\n%q: @P = load %one\n"
               "store %t[%n], %q\n%d: u16 = load %t[%n][4u32][%n]\n%f: f32 = convert %d\n"
               "%v: f32 = load %t[1u32][0u32][%n]\n%s: f32 = add %f, %v\n"
               "store %b[%n], %s\nret\n}\n",
               FRAGMENTS("OpCapability Float16", "!OpCapability Int8", "!Storage16", "!Storage8"));
    check_text("scopes", VULKAN_1_1,
               "kernel @k(%b: buffer<atomic<u32>>, %n: u32) workgroup(64, 1, 1) {\n"
               "%s: shared<atomic<u32>> = shared\n%x: u32 = atomic_add %s, 7u32\nbarrier\n"
               "%y: u32 = atomic_min %b[%n], 9u32\nret\n}\n",
               FRAGMENTS("%uint_2 %uint_0 %uint_7", "%uint_1 %uint_0 %uint_9", "OpAtomicUMin",
                         "!OpDecorate %b NonReadable", "!OpDecorate %b NonWritable"));
    check_text("an atomic that is only read", VULKAN_1_1,
               "kernel @k(%b: buffer<atomic<i64>>, %o: buffer<i64>) workgroup(64, 1, 1) {\n"
               "%y: i64 = atomic_load %b[0u32]\nstore %o[0u32], %y\nret\n}\n",
               FRAGMENTS("OpCapability Int64Atomics", "OpDecorate %b NonWritable"));
    check_text(
        "sums of floats, tried", VULKAN_1_1,
        "kernel @k(%b: buffer<atomic<f32>>) workgroup(64, 1, 1) {\n"
        "%y: f32 = atomic_add %b[0u32], 2f32\nret\n}\n",
        FRAGMENTS("OpAtomicCompareExchange %uint", "OpFAdd %float", "OpLoopMerge", "!AtomicFloat"));
    SpirvOptions native = {.target = SPIRV_VULKAN_1_1, .atomic_float = true};
    check_text("sums of floats, by the device", native,
               "kernel @k(%b: buffer<atomic<f32>>) workgroup(64, 1, 1) {\n"
               "%y: f32 = atomic_sub %b[0u32], 2f32\n%z: f32 = atomic_add %b[1u32], %y\nret\n}\n",
               FRAGMENTS("OpCapability AtomicFloat32AddEXT",
                         "OpExtension \"SPV_EXT_shader_atomic_float_add\"", "OpFNegate %float",
                         "OpAtomicFAddEXT %float", "!OpLoopMerge"));
}

/* ---- specialization constants ---- */

#define SPECS                                                                                      \
    "spec @SIDE(3): u32 = 8u32\nspec @ON(1): bool = true\nspec @X(7): f32 = 1.5f32\n"              \
    "spec @BIG(0): i64 = -5i64\n"
#define SPEC_KERNEL                                                                                \
    SPECS "kernel @k(%b: buffer<f32>, %c: buffer<u32>, %d: buffer<i64>) "                          \
          "workgroup(@SIDE, 4, @SIDE) {\n"                                                         \
          "%n: u32 = spec @SIDE\n%t: shared<array<array<f32, 3>, 8>> = shared %n\n"                \
          "%z: u32x3 = builtin group_size\n%l: u32 = builtin local_index\n"                        \
          "%x: u32 = extract %z, 0\nstore %c[0u32], %x\n"                                          \
          "%on: bool = spec @ON\n%y: f32 = spec @X\n%i: i64 = spec @BIG\n"                         \
          "%s: f32 = select %on, %y, 0f32\nstore %t[%l][2u32], %s\nbarrier\n"                      \
          "%v: f32 = load %t[0u32][%l]\nstore %b[%l], %v\nstore %d[0u32], %i\nret\n}\n"

static void test_specs(void) {
    check_text("specialization constants", VULKAN_1_1, SPEC_KERNEL,
               FRAGMENTS("OpDecorate %SIDE SpecId 3", "%SIDE = OpSpecConstant %uint 8",
                         "%ON = OpSpecConstantTrue %bool", "%X = OpSpecConstant %float 1.5",
                         "%BIG = OpSpecConstant %long -5", "OpDecorate %BIG SpecId 0",
                         "OpTypeArray %_arr_float_uint_3 %SIDE", "BuiltIn WorkgroupSize",
                         "OpSpecConstantComposite %v3uint %SIDE %uint_4 %SIDE", "LocalSize 8 4 8"));
    check_text("workgroup size of Vulkan 1.3", (SpirvOptions){.target = SPIRV_VULKAN_1_3},
               SPEC_KERNEL,
               FRAGMENTS("OpExecutionModeId %k LocalSizeId %SIDE %uint_4 %SIDE",
                         "!BuiltIn WorkgroupSize", "!LocalSize "));
    check_text("kernels that agree", VULKAN_1_1,
               SPECS "kernel @a() workgroup(@SIDE, 1, 1) {\nret\n}\n"
                     "kernel @b(%c: buffer<u32>) workgroup(@SIDE, 1, 1) {\n"
                     "%z: u32x3 = builtin group_size\n%x: u32 = extract %z, 0\n"
                     "store %c[0u32], %x\nret\n}\n",
               FRAGMENTS("BuiltIn WorkgroupSize", "OpSpecConstantComposite"));
    static const char different[] = SPECS "kernel @a() workgroup(8, 1, 1) {\nret\n}\n"
                                          "kernel @b() workgroup(@SIDE, 1, 1) {\nret\n}\n";
    what = "kernels that do not agree";
    Unit *unit = lowered(different, ir_pipeline_O0, false);
    CHECK(spirv_check(unit->module, SPIRV_VULKAN_1_3), "%s", first_error(unit));
    CHECK(!spirv_check(unit->module, SPIRV_VULKAN_1_2), "nothing was said");
    CHECK(strcmp(first_error(unit), "`workgroup` of `b` cannot be expressed in a module before "
                                    "Vulkan 1.3, beside another kernel's") == 0,
          "%s", first_error(unit));
    close_unit(unit);
}

/* ---- what is needed ---- */

/* `features` (spaces between) are those of the runtime that the kernel needs, and no others of the list. */
static void check_needs(const char *body, SpirvOptions options, const char *features) {
    static const char *const known[] = {
        "subgroup_basic",          "subgroup_vote",         "subgroup_arithmetic",
        "subgroup_ballot",         "subgroup_shuffle",      "subgroup_shuffle_relative",
        "subgroup_extended_types", "buffer_atomics_int64",  "shared_atomics_int64",
        "buffer_atomic_add_f32",   "shared_atomic_add_f32", "maximal_reconvergence",
    };
    Arena arena = {0};
    const char *text =
        arena_printf(&arena,
                     "kernel @k(%%i: buffer<u32>, %%h: buffer<f16x2>, %%b: buffer<atomic<i64>>, "
                     "%%f: buffer<atomic<f32>>, %%n: u32) workgroup(64, 1, 1) {\n%sret\n}\n",
                     body);
    what = body;
    check_valid(text, options.atomic_float);
    Unit *unit = lowered(text, ir_pipeline_O0, options.atomic_float);
    SpirvBinary binary = write_as(unit, options);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *at = strstr(features, known[i]);
        size_t length = strlen(known[i]);
        bool wanted = at != NULL && (at[length] == '\0' || at[length] == ' ');
        CHECK(spirv_needs(binary, known[i]) == wanted, "%s: %s", body, known[i]);
    }
    close_unit(unit);
    arena_release(&arena);
}

static void test_needs(void) {
    check_needs("%x: f32 = atomic_add %f[%n], 1f32\n", VULKAN_1_1, "");
    SpirvOptions native = {.target = SPIRV_VULKAN_1_1, .atomic_float = true};
    check_needs("%x: f32 = atomic_add %f[%n], 1f32\n", native, "buffer_atomic_add_f32");
    check_needs("%s: shared<atomic<f32>> = shared\n%x: f32 = atomic_add %s, 1f32\n", native,
                "shared_atomic_add_f32");
    check_needs("%s: shared<atomic<u64>> = shared\n%x: u64 = atomic_load %s\n", VULKAN_1_1,
                "shared_atomics_int64");
    check_needs("%x: i64 = atomic_load %b[%n]\n", VULKAN_1_1, "buffer_atomics_int64");
    check_needs("%x: i64 = atomic_load %b[%n]\n%y: i64 = subgroup_shuffle_up %x, 1u32\n",
                VULKAN_1_1,
                "buffer_atomics_int64 subgroup_shuffle_relative subgroup_extended_types");
    check_needs("%x: f16x2 = load %h[%n]\n%y: f16x2 = subgroup_add %x\n", VULKAN_1_1,
                "subgroup_arithmetic subgroup_extended_types");
    check_needs("%x: bool = subgroup_elect\n%y: bool = subgroup_any %x\n", VULKAN_1_1,
                "subgroup_basic subgroup_vote");
    SpirvOptions together = {.target = SPIRV_VULKAN_1_3, .reconvergence = true};
    check_needs("", together, "maximal_reconvergence");
    what = "maximal reconvergence";
    Unit *unit = lowered("kernel @k() workgroup(1, 1, 1) {\nret\n}\n", ir_pipeline_O0, false);
    SpirvBinary binary = write_as(unit, together);
    Text why = {.arena = &unit->arena};
    CHECK(spirv_validate(binary, SPIRV_VULKAN_1_3, &why), "%s", text_get(&why));
    static const uint32_t mode[] = {0x00030010, 0, 6023}; /* OpExecutionMode of the only function */
    bool found = false;
    for (size_t i = 0; i + 2 < binary.count; i++) {
        found |= binary.words[i] == mode[0] && binary.words[i + 2] == mode[2];
    }
    CHECK(found, "no MaximallyReconvergesKHR");
    CHECK(strstr(disassembly(unit, binary), "OpEntryPoint") != NULL, "no disassembly");
    close_unit(unit);
}

/* ---- procs that stay ---- */

static void test_procs(void) {
    check_text("procs", VULKAN_1_1,
               "form @P { v: f32x3, n: i8 }\n"
               "proc @leaf(%x: i16, %y: bool) -> i16 noinline {\n"
               "%z: i16 = add %x, 1i16\n%r: i16 = if %y {\nyield %z\n} else {\nyield -32768i16\n}\n"
               "ret %r\n}\n"
               "proc @side(%x: u32) noinline {\nsubgroup_barrier\nret\n}\n"
               "proc @size() -> u32 noinline {\n%s: u32x3 = builtin group_size\n"
               "%x: u32 = extract %s, 0\nret %x\n}\n"
               "proc @mid(%p: @P, %a: u32) -> @P noinline {\n%n: i8 = extract %p, 1\n"
               "%l: u32 = builtin lane\ncall @side(%l)\n%w: i16 = convert %n\n"
               "%c: bool = eq %a, 3u32\n%m: i16 = call @leaf(%w, %c)\n%k: i8 = convert %m\n"
               "%k2: i8 = call @inlined(%k)\n%q: @P = insert %p, %k2, 1\nret %q\n}\n"
               "proc @inlined(%x: i8) -> i8 {\n%y: i8 = mul %x, 3i8\nret %y\n}\n"
               "proc @same(%p: i32, %b: bool) -> i32 noinline {\nret %p\n}\n"
               "proc @never() noinline {\nret\n}\n"
               "kernel @k(%o: buffer<@P>, %c: buffer<u32>) workgroup(64, 1, 1) {\n"
               "%i: u32 = builtin local_index\n%p: @P = load %o[%i]\n%q: @P = call @mid(%p, %i)\n"
               "store %o[%i], %q\n%s: u32 = call @size()\nstore %c[%i], %s\n"
               "%x: i32 = call @same(5i32, true)\n%u: u32 = bitcast %x\nstore %c[%u], %u\n"
               "ret\n}\n",
               FRAGMENTS("%leaf = OpFunction %int DontInline", "%mid = OpFunction %P_wide",
                         "OpFunctionCall %void %side", "!%inlined = OpFunction", "!%size",
                         "!%never", "\"k\" %local_index %lane", "OpReturnValue",
                         "!OpTypeInt 8 1\n%P_wide"));
}

int main(void) {
    test_needs();
    test_procs();
    test_atomics();
    test_subgroups();
    test_shared();
    test_specs();
    printf("test_spirv_groups: %s\n", failures == 0 ? "all good" : "FAILED");
    return report_failures();
}
