/* What `inspect` says of SPIR-V: of the writer's modules, of their bytes in the other order, and of modules that were
 * damaged.
 */
#include "tests/unit/spirv_unit.h"

static const char DESCRIBED[] =
    "kernel @saxpy(%x: buffer<f32>, %y: buffer<f32>, %a: f32, %v: u32x2) workgroup(64, 1, 1) {\n"
    "  %g: u32x3 = builtin global_id\n"
    "  %i: u32 = extract %g, 0\n"
    "  %e: f32 = load.raw %x[%i]\n"
    "  %f: f32 = load.raw %y[%i]\n"
    "  %p: f32 = mul %a, %e\n"
    "  %s: f32 = add %p, %f\n"
    "  store.raw %y[%i], %s\n"
    "  ret\n}\n"
    "kernel @other(%x: buffer<f32x3>, %unused: buffer<i32>) workgroup(8, 8, 1) {\n"
    "  %l: u32 = builtin lane\n"
    "  store.raw %x[%l][0u32], 1.0f32\n"
    "  ret\n}\n";

static void check_described(Unit *unit, SpirvBinary binary, const char *wanted) {
    Text out = {.arena = &unit->arena}, why = {.arena = &unit->arena};
    CHECK_SAYING(spirv_describe(&out, binary.words, binary.count, &why), "%s\n", text_get(&why));
    CHECK_SAYING(strstr(text_get(&out), wanted) != NULL, "%s\n%s", wanted, text_get(&out));
}

static void test_describe(void) {
    what = "describe";
    Unit unit;
    parse_unit(&unit, DESCRIBED);
    SpirvBinary binary = write_as(&unit, SPIRV_VULKAN_1_1, false);
    static const char wanted[] =
        "capabilities: Shader GroupNonUniform\n"
        "extensions: none\n"
        "memory model: Logical GLSL450\n"
        "entry point \"saxpy\": GLCompute, workgroup 64 x 1 x 1\n"
        "    set 0 binding 0: storage buffer \"x\" of f32 every 4 bytes, read only\n"
        "    set 0 binding 1: storage buffer \"y\" of f32 every 4 bytes, read and write\n"
        "    push constants \"values\"\n"
        "        offset 0: \"a\", f32\n"
        "        offset 8: \"v\", u32x2\n"
        "    input: GlobalInvocationId\n"
        "entry point \"other\": GLCompute, workgroup 8 x 8 x 1\n"
        "    set 0 binding 0: storage buffer \"x\" of f32x3 every 16 bytes, write only\n"
        "    input: SubgroupLocalInvocationId\n"
        "used by none of them:\n"
        "    set 0 binding 1: storage buffer \"unused\" of i32 every 4 bytes, neither read nor "
        "written\n";
    check_described(&unit, binary, wanted);
    check_described(&unit, write_as(&unit, SPIRV_VULKAN_1_2, false), "SPIR-V 1.5, generator 0");

    uint32_t *other_order = NEW_ARRAY(&unit.arena, uint32_t, binary.count);
    for (size_t i = 0; i < binary.count; i++) {
        uint32_t word = binary.words[i];
        other_order[i] = word >> 24 | (word >> 8 & 0xff00) | (word & 0xff00) << 8 | word << 24;
    }
    check_described(&unit, (SpirvBinary){other_order, binary.count, 0}, wanted);
    close_unit(&unit);
}

static void test_describe_specs(void) {
    what = "describe, specialization constants and shared memory";
    Unit unit;
    parse_unit(&unit,
               "spec @SIDE(3): u32 = 8u32\nspec @ON(1): bool = true\nspec @X(7): f32 = 1.5f32\n"
               "spec @BIG(0): i64 = -5i64\nspec @LOW(2): i32 = -7i32\n"
               "kernel @k(%b: buffer<f32>, %d: buffer<i64>) workgroup(@SIDE, 4, 1) {\n"
               "  %n: u32 = spec @SIDE\n"
               "  %t: shared<array<array<f32x2, 3>, 8>> = shared uninitialized %n\n"
               "  %s: shared<atomic<u32>> = shared uninitialized\n"
               "  %on: bool = spec @ON\n  %y: f32 = spec @X\n  %i: i64 = spec @BIG\n"
               "  %low: i32 = spec @LOW\n  %lf: f32 = convert %low\n"
               "  %z: f32 = select %on, %y, %lf\n  store.raw %b[0u32], %z\n"
               "  store.raw %d[0u32], %i\n  %a: u32 = atomic_add %s, 1u32\n"
               "  %v: f32x2 = load.raw %t[0u32][0u32]\n"
               "  ret\n}\n");
    static const char head[] = "specialization constant 3 \"SIDE\": u32, 8 unless it is set\n"
                               "specialization constant 1 \"ON\": bool, true unless it is set\n"
                               "specialization constant 7 \"X\": f32, 1.5 unless it is set\n"
                               "specialization constant 0 \"BIG\": i64, -5 unless it is set\n"
                               "specialization constant 2 \"LOW\": i32, -7 unless it is set\n"
                               "entry point \"k\": GLCompute, workgroup \"SIDE\" x 4 x 1\n";
    check_described(&unit, write_as(&unit, SPIRV_VULKAN_1_1, false), head);
    check_described(&unit, write_as(&unit, SPIRV_VULKAN_1_3, true), head);
    check_described(&unit, write_as(&unit, SPIRV_VULKAN_1_3, true),
                    "    shared memory \"t\": [[f32x2; 3]; \"SIDE\"]\n"
                    "    shared memory \"s\": u32\n");
    close_unit(&unit);
}

static void test_describe_composites(void) {
    what = "describe, forms and arrays";
    Unit unit;
    parse_unit(&unit,
               "form @Body { pos: f32x3, mass: f32 }\n"
               "kernel @k(%b: buffer<@Body>, %m: f32x4x4, %t: array<array<f32, 2>, 7>, %o: @Body) "
               "workgroup(1, 1, 1) {\n"
               "  %c: array<f32, 2> = extract %t, 1\n"
               "  %x: f32 = extract %c, 0\n"
               "  store.raw %b[0u32][1u32], %x\n"
               "  ret\n}\n");
    check_described(
        &unit, write_as(&unit, SPIRV_VULKAN_1_1, false),
        "    set 0 binding 0: storage buffer \"b\" of struct \"Body\" every 16 bytes, write only\n"
        "    set 0 binding 1: storage buffer \"values\", read only\n"
        "        offset 0: \"m\", [f32x4; 4]\n"
        "        offset 64: \"t\", [[f32; 2]; 7]\n"
        "        offset 128: \"o\", struct \"Body\"\n");
    close_unit(&unit);
}

/* Words changed, cut off, swapped: an answer or a reason, and no access outside (make test CONFIG=sanitize). */
static void test_describe_damaged(void) {
    enum { ROUNDS = 5000 };
    what = "describe, damaged";
    Unit unit;
    parse_unit(&unit, DESCRIBED);
    SpirvBinary binary = write_as(&unit, SPIRV_VULKAN_1_2, true);
    uint32_t *words = calloc(binary.count, sizeof *words); /* its own block: overruns are seen */
    random_state = 42;
    for (int round = 0; round < ROUNDS && words != NULL; round++) {
        memcpy(words, binary.words, binary.count * sizeof *words);
        size_t count = random_below(8) == 0 ? random_below((uint32_t)binary.count) : binary.count;
        for (uint32_t changes = random_below(4); changes > 0 && count > 0; changes--) {
            uint32_t at = random_below((uint32_t)count);
            uint32_t from = random_below((uint32_t)count);
            switch (random_below(4)) {
            case 0:
                words[at] ^= 1u << random_below(32);
                break;
            case 1:
                words[at] = words[from];
                break;
            case 2:
                words[at] = random_below(64);
                break;
            default:
                words[at] = (words[at] & 0xffff) | random_below(16) << 16;
                break;
            }
        }
        uint32_t *exact = malloc(count > 0 ? count * sizeof *exact : 1);
        if (exact != NULL) {
            memcpy(exact, words, count * sizeof *exact);
            Arena arena = {0};
            Text out = {.arena = &arena}, why = {.arena = &arena};
            bool read = spirv_describe(&out, exact, count, &why);
            CHECK(read == (why.length == 0));
            arena_release(&arena);
        }
        free(exact);
    }
    free(words);
    close_unit(&unit);
}

int main(void) {
    test_describe();
    test_describe_specs();
    test_describe_composites();
    test_describe_damaged();
    return report_failures("test_spirv_describe");
}
