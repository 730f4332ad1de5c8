/* The verifier, and what the parser refuses: an example against each rule, with words that the message must have;
 * modules that no text can say; what back-ends take; the report.
 */
#include "tests/unit/ir_unit.h"

/* ---- what is refused ---- */

typedef struct {
    int rule; /* RULE_…; -1: of the structure */
    const char *body, *words;
} Bad;

enum { STRUCTURE = -1 };

/* Instructions before a `ret` in a proc with these parameters, or whole texts. */
static const char *const parameters =
    "%u: u32, %i: i32, %f: f32, %c: bool, %u2: u32x2, %i2: i32x2, %f2: f32x2, %f3: f32x3, "
    "%c2: boolx2, %b: buffer<f32>, %b4: buffer<f32x4>";

/* clang-format off */
static const Bad bad[] = {
    {RULE_SAME_SIGNED, "%x: u32 = neg %u", "`neg` needs one type of signed numbers, found (u32) -> u32"},
    {RULE_SAME_SIGNED, "%x: f32 = neg %i", "found (i32) -> f32"},
    {RULE_SAME_NUMBER, "%x: f32 = add %f, %u", "`add` needs one type of numbers, found (f32, u32) -> f32"},
    {RULE_SAME_NUMBER, "%x: bool = min %c, %c", "`min` needs"},
    {RULE_SAME_INT, "%x: f32 = clz %f", "`clz` needs one type of integers"},
    {RULE_SAME_FLOAT, "%x: u32 = sqrt %u", "`sqrt` needs one type of floats"},
    {RULE_SAME_FLOAT, "%x: f32 = fma %f, %f, %f2", "`fma` needs"},
    {RULE_SAME_BITS, "%x: f32 = and %f, %f", "`and` needs one type of integers or bools"},
    {RULE_SHIFT, "%x: i32 = shl %i, %i", "`shl` needs (T, u32"},
    {RULE_SHIFT, "%x: i32x2 = shr %i2, %u", "`shr` needs (T, u32"},
    {RULE_EXTRACT_BITS, "%x: u32 = extract_bits %u, %i, %u", "`extract_bits` needs"},
    {RULE_INSERT_BITS, "%x: u32 = insert_bits %u, %i, %u, %u", "`insert_bits` needs"},
    {RULE_COMPARE, "%x: bool = lt %c, %c", "`lt` needs"},
    {RULE_COMPARE, "%x: bool = lt %f2, %f2", "`lt` needs"},
    {RULE_COMPARE_ANY, "%x: bool = eq %f, %i", "`eq` needs"},
    {RULE_COMPARE_ANY, "%x: bool = eq %b, %b", "`eq` needs"},
    {RULE_SELECT, "%x: f32x2 = select %c, %f2, %f2", "`select` needs"},
    {RULE_REDUCE_BOOL, "%x: bool = all %c", "`all` needs"},
    {RULE_FLOAT_TEST, "%x: bool = isnan %i", "`isnan` needs"},
    {RULE_CONVERT, "%x: i32 = convert %f2", "`convert` needs"},
    {RULE_CONVERT, "%x: i32 = convert %i", "`convert` needs"},
    {RULE_CONVERT, "%x: bool = convert %i", "`convert` needs"},
    {RULE_BITCAST, "%x: f32x2 = bitcast %u", "`bitcast` needs"},
    {RULE_CONSTRUCT, "%x: f32x4 = construct %f, %f2", "`construct` needs"},
    {RULE_CONSTRUCT, "%x: f32x2 = construct %f, %u", "`construct` needs"},
    {RULE_CONSTRUCT, "%x: f32x2 = construct", "`construct` needs"},
    {RULE_EXTRACT, "%x: f32 = extract %f2, 2", "`extract` needs"},
    {RULE_EXTRACT, "%x: f32 = extract %f, 0", "`extract` needs"},
    {RULE_INSERT, "%x: f32x2 = insert %f2, %u, 0", "`insert` needs"},
    {RULE_INSERT, "%x: f32x2 = insert %f2, %f, 4294967295", "`insert` needs"},
    {RULE_EXTRACT_AT, "%x: f32 = extract_at %f2, %i", "`extract_at` needs"},
    {RULE_INSERT_AT, "%x: f32x2 = insert_at %f2, %f2, %u", "`insert_at` needs"},
    {RULE_SWIZZLE, "%x: f32x2 = swizzle %f2, 0, 2", "`swizzle` needs"},
    {RULE_SWIZZLE, "%x: f32 = swizzle %f2, 0", "`swizzle` needs"},
    {RULE_SWIZZLE, "%x: f32x3 = swizzle %f2, 0, 1", "`swizzle` needs"},
    {RULE_DOT, "%x: i32 = dot %i2, %i2", "`dot` needs"},
    {RULE_VAR, "%x: f32 = var", "`var` needs"},
    {RULE_VAR, "%x: buffer<f32> = var", "`var` needs"},
    {RULE_LOAD, "%x: f32 = load %b", "`load` needs"},
    {RULE_LOAD, "%x: f32 = load %b[%i]", "`load` needs"},
    {RULE_LOAD, "%x: f32 = load %b[%u][%u]", "`load` needs"},
    {RULE_LOAD, "%x: f32 = load %f", "`load` needs"},
    {RULE_STORE, "store %b[%u], %u", "`store` needs"},
    {RULE_STORE, "store %b, %b", "`store` needs"},
    {RULE_LEN, "%x: u32 = len %u", "`len` needs"},
    {RULE_BUILTIN, "%x: u32 = builtin global_id", "`builtin` needs"},
    {RULE_CALL, "call @t()", "`call` needs"},
    {RULE_CALL, "proc @f() -> f32 { ret 1f32 } proc @g() { %x: u32 = call @f() ret }", "`call` needs"},
    {RULE_CALL, "kernel @f() workgroup(1, 1, 1) { ret } proc @g() { call @f() ret }", "`call` needs"},
    {RULE_IF, "if %u { yield } else { yield }", "`if` needs (bool)"},
    {RULE_IF, "%x: var<f32> = if %c { unreachable } else { unreachable }", "`if` needs (bool)"},
    {RULE_LOOP, "loop (%p: f32 = %u) { break } continuing { next 0f32 }", "`loop` needs"},
    {RULE_LOOP, "loop (%p: buffer<f32> = %b) { break } continuing { unreachable }", "`loop` needs"},
    {RULE_YIELD, "%x: f32 = if %c { yield %u } else { yield %f }", "`yield` must hand over (f32), found (u32)"},
    {RULE_YIELD, "loop { yield } continuing { next }", "`yield` may only end an arm"},
    {RULE_YIELD, "if %c { yield %b } else { yield }", "`yield` needs values"},
    {RULE_BREAK, "%x: f32 = loop { break } continuing { next }", "`break` must hand over (f32), found ()"},
    {RULE_BREAK, "if %c { break } else { yield }", "`break` is outside"},
    {RULE_BREAK, "loop { break } continuing { if %c { break } else { yield } next }", "`break` is outside"},
    {RULE_CONTINUE, "loop { continue %u } continuing { next }", "`continue` must hand over"},
    {RULE_CONTINUE, "loop { break } continuing { continue }", "`continue` is outside"},
    {RULE_NEXT, "loop (%p: u32 = 0u32) { break } continuing { next }", "`next` must hand over (u32), found ()"},
    {RULE_NEXT, "loop { next } continuing { next }", "`next` may only end"},
    {RULE_NEXT, "loop { break } continuing { if %c { next } else { yield } next }", "`next` may only end"},
    {RULE_RET, "if %c { ret %u } else { yield }", "`ret` must give what the function gives, `void`"},
    {RULE_RET, "proc @f() -> u32 { ret }", "`ret` must give what the function gives, `u32`"},
    {RULE_RET, "loop { break } continuing { ret }", "`ret` is inside the continuing part"},
    {RULE_RET, "loop { break } continuing { loop { ret } continuing { next } next }", "`ret` is inside"},
    {RULE_UNREACHABLE, "unreachable", "`unreachable` is not the last"},

    {STRUCTURE, "%x: f32 = add.raw %f, %f", "`add` has no `.raw` form"},
    {STRUCTURE, "%x: i32 = add.fast %i, %i", "`.precise` and `.fast` are for"},
    {STRUCTURE, "%x: bool = lt.precise %f, %f", "`.precise` and `.fast` are for"},
    {STRUCTURE, "%x: f32 = add.precise.fast %f, %f", "exclude each other"},
    {STRUCTURE, "%x: f32, %y: f32 = add %f, %f", "`add` gives 1 result, found 2"},
    {STRUCTURE, "%x: f32 = store %b[%u], %f", "`store` gives 0 results, found 1"},
    {STRUCTURE, "ret", "`ret` is not the last instruction"},
    {STRUCTURE, "if %c { } else { yield }", "a region is empty"},
    {STRUCTURE, "if %c { %x: f32 = add %f, %f } else { yield }", "does not end with a terminator"},
    {STRUCTURE, "if %c { %x: f32 = add %f, %f yield } else { yield } %y: f32 = neg %x", "operand 0 of `neg` is not defined"},
    {STRUCTURE, "if %c { %x: f32 = neg %f yield } else { %y: f32 = neg %x yield }", "operand 0 of `neg` is not defined"},
    {STRUCTURE, "loop (%p: f32 = %f) { continue } continuing { next %p }", "operand 0 of `next` is not defined"},
    {STRUCTURE, "loop { %x: f32 = neg %f continue } continuing { %y: f32 = neg %x next }", "operand 0 of `neg` is not defined"},
    {STRUCTURE, "proc @f(%p: var<f32>) { ret }", "parameter 0 of a proc cannot be `var<f32>`"},
    {STRUCTURE, "proc @f(%p: buffer<bool>) { ret }", "cannot be `buffer<bool>`"},
    {STRUCTURE, "kernel @f(%p: bool) workgroup(1, 1, 1) { ret }", "parameter 0 of a kernel cannot be `bool`"},
    {STRUCTURE, "kernel @f(%0: u32) workgroup(1, 1, 1) { ret }", "has no name"},
    {STRUCTURE, "kernel @f() workgroup(1, 0, 1) { ret }", "a side of the workgroup is 0"},
    {STRUCTURE, "proc @f() -> buffer<f32> { unreachable }", "a proc cannot give"},
    {STRUCTURE, "%x: shared<f32> = shared", "outside the outermost region of a kernel"},
    {STRUCTURE, "kernel @k() workgroup(1, 1, 1) { if true { %x: shared<f32> = shared yield } else { yield } ret }", "outside the outermost region"},
    {RULE_LOAD, "kernel @k(%a: buffer<atomic<u32>>) workgroup(1, 1, 1) { %x: u32 = load %a[0u32] ret }", "`load` needs"},
    {RULE_SHARED, "kernel @k(%u: u32) workgroup(1, 1, 1) { %x: shared<f32> = shared %u ret }", "`shared` needs"},
    {RULE_SHARED, "kernel @k() workgroup(1, 1, 1) { %x: var<f32> = shared ret }", "`shared` needs"},
    {RULE_LOAD_WIDE, "kernel @k(%a: buffer<u32>) workgroup(1, 1, 1) { %x: u32x3 = load_wide %a[0u32] ret }", "`load_wide` needs"},
    {RULE_LOAD_WIDE, "kernel @k(%a: buffer<u32>) workgroup(1, 1, 1) { %x: f32x4 = load_wide %a[0u32] ret }", "`load_wide` needs"},
    {RULE_LOAD_WIDE, "kernel @k(%a: buffer<f16>) workgroup(1, 1, 1) { %x: f16x4 = load_wide %a[0u32] ret }", "`load_wide` needs"},
    {RULE_LOAD_WIDE, "kernel @k(%a: buffer<u32x2>) workgroup(1, 1, 1) { %x: u32x2 = load_wide %a[0u32][0u32] ret }", "`load_wide` needs"},
    {RULE_LOAD_WIDE, "%v: var<array<u32, 4>> = var %x: u32x4 = load_wide %v[0u32]", "`load_wide` needs"},
    {RULE_STORE_WIDE, "kernel @k(%a: buffer<u32>) workgroup(1, 1, 1) { store_wide %a[0u32], 1u32 ret }", "`store_wide` needs"},
    {RULE_REF, "%x: ref<u32> = ref %b[%u]", "`ref` needs"},
    {RULE_SPEC, "spec @S(0): u32 = 1u32 proc @f() { %x: f32 = spec @S ret }", "`spec` needs"},
    {RULE_ATOMIC_LOAD, "%x: f32 = atomic_load %b[%u]", "`atomic_load` needs"},
    {RULE_ATOMIC_STORE, "proc @f(%a: ref<atomic<u32>>) { atomic_store %a, 1i32 ret }", "`atomic_store` needs"},
    {RULE_ATOMIC, "proc @f(%a: ref<atomic<u32>>) { %x: u32 = atomic_add %a, 1i32 ret }", "`atomic_add` needs"},
    {RULE_ATOMIC_INT, "proc @f(%a: ref<atomic<f32>>) { %x: f32 = atomic_min %a, 1f32 ret }", "`atomic_min` needs"},
    {RULE_ATOMIC_SWAP, "proc @f(%a: ref<atomic<f32>>) { %x: f32 = atomic_compare_exchange %a, 1f32, 1u32 ret }", "`atomic_compare_exchange` needs"},
    {RULE_LANE, "%x: f32 = subgroup_shuffle %f, %i", "`subgroup_shuffle` needs"},
    {RULE_VOTE, "%x: bool = subgroup_any %u", "`subgroup_any` needs"},
    {RULE_BALLOT, "%x: u32 = subgroup_ballot %c", "`subgroup_ballot` needs"},
    {RULE_ELECT, "%x: u32 = subgroup_elect", "`subgroup_elect` needs"},
    {RULE_PRINT, "print \"{}\"", "`print` needs"},
    {RULE_ASSERT, "assert \"\", %u", "`assert` needs"},
    {STRUCTURE, "proc @f() { call @f() ret }", "`f` calls itself"},
    {STRUCTURE, "proc @f() { call @g() ret } proc @g() { call @h() ret } proc @h() { call @g() ret }", "`g` calls itself"},
};

/* What the parser itself refuses. */
static const struct {
    const char *code, *body, *words;
} broken[] = {
    {"E0801", "%x: f32 = add %f", "expected 2 operands of `add`, found 1"},
    {"E0802", "%x: f32 = add %f, %g", "unknown value `g`"},
    {"E0802", "%x: f32 = neg %x", "unknown value `x`"},
    {"E0802", "%x: f32 = plus %f, %f", "unknown operation `plus`"},
    {"E0802", "%x: f32 = add.cooked %f, %f", "unknown operation `add.cooked`"},
    {"E0802", "%x: f32 = add.fast.precise %f, %f", "unknown operation"},
    {"E0802", "%x: f33 = neg %f", "unknown type `f33`"},
    {"E0802", "%x: u32 = builtin moon", "unknown built-in value `moon`"},
    {"E0804", "%f: f32 = neg %f", "the value `f` is defined twice"},
    {"E0801", "%x: u32 = add %u, 5", "a number with its type"},
    {"E0801", "%x: u8 = neg 256u8", "that fits `u8`"},
    {"E0801", "%x: u8 = neg -1u8", "that fits `u8`"},
    {"E0801", "%x: f32 = neg 1e39f32", "that fits `f32`"},
    {"E0801", "%x: f32 = neg 0x10f32", "that fits `f32`"},
    {"E0801", "%x: f32 = neg 1.5.5f32", "that fits `f32`"},
    {"E0801", "%x: f16 = neg bits<f16>(0x10000)", "a hexadecimal number that fits"},
    {"E0801", "%x: f32x2 = neg f32x2(1)", "expected `,`, found `)`"},
    {"E0801", "%x: f32x2 = neg f32x2(1, 2u32)", "a constant of type `f32`"},
    {"E0801", "%x: f32 = extract %f2, 4294967296", "a number of 32 bits"},
    {"E0801", "%x: f32x4 = swizzle %f2, 0, 1, 0, 1, 0", "no more numbers"},
    {"E0802", "call @nowhere()", "unknown function `nowhere`"},
    {"E0801", "if %c { yield }", "expected `else`"},
    {"E0801", "ret !3:0", "expected an instruction or `}`, found `!3:0`"},
    {"E0801", "%x: f32 = neg \xff", "expected 1 operand of `neg`"},
    {"E0801", "kernel @f() { ret }", "expected `workgroup`"},
    {"E0804", "proc @f() { ret } proc @f() { ret }", "the function `f` is defined twice"},
    {"E0801", "proc @f() { ret", "found the end"},
    {"E0801", "proc @f() { ret } }", "expected `kernel`, `proc`, `form` or `spec`, found `}`"},
    {"E0801", "print \"open", "a text in quotes"},
    {"E0802", "%x: u32 = spec @none", "unknown specialization constant `none`"},
    {"E0802", "%x: var<atomic<u8>> = var", "unknown atomic type `u8`"},
};
/* clang-format on */

static void refuse(const char *body, const char *words, const char *code) {
    Arena arena = {0};
    bool whole = strncmp(body, "proc", 4) == 0 || strncmp(body, "kernel", 6) == 0 ||
                 strncmp(body, "spec", 4) == 0;
    const char *text =
        whole ? body : arena_printf(&arena, "proc @t(%s) {\n%s\nret }", parameters, body);
    Unit *u = open_unit(text, strlen(text), false);
    CHECK(u->module == NULL && u->diags.list.count > 0, "taken: %s", body);
    if (u->module == NULL && u->diags.list.count > 0) {
        const Diag *first = u->diags.list.items[0];
        const char *got = diag_rows[first->id].code;
        CHECK(strstr(first->text, words) != NULL, "%s\nwanted: %s\nfound:  %s", body, words,
              first->text);
        CHECK(strcmp(got, code) == 0, "%s: %s", body, got);
        SourcePlace place = source_place(&u->sources, first->span.start);
        CHECK(whole || place.line >= 2, "%s: at line %u", body, place.line);
    }
    close_unit(u);
    arena_release(&arena);
}

static void test_refused(void) {
    bool covered[RULE_ASSERT + 1] = {[RULE_NOTHING] = true}; /* nothing can be wrong with it */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse(bad[i].body, bad[i].words, "E0803");
        if (bad[i].rule != STRUCTURE) {
            covered[bad[i].rule] = true;
        }
    }
    for (int rule = 0; rule <= RULE_ASSERT; rule++) {
        CHECK(covered[rule], "rule %d has no bad example", rule);
    }
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        refuse(broken[i].body, broken[i].words, broken[i].code);
    }
    static const char three[] = "proc @a() { foo ret }\nproc @b() { ret }\nkernel @c( { ret }\n"
                                "proc @d() -> f33 { ret }";
    Unit *u = open_unit(three, strlen(three), false);
    CHECK(u->diags.errors == 3, "%u errors", u->diags.errors);
    close_unit(u);
}

/* ---- what no text can say ---- */

typedef struct {
    const char *words;
    void (*spoil)(IrModule *module, IrInst *add, IrInst *ret);
} Spoil;

static void spoil_forward(IrModule *module, IrInst *add, IrInst *ret) {
    (void)ret;
    ir_replace(add->operands[0], ir_const_number(module, add->operands[0]->type, 1));
}

static void spoil_removed(IrModule *module, IrInst *add, IrInst *ret) {
    (void)module, (void)ret;
    ir_remove(add);
}

static void spoil_null(IrModule *module, IrInst *add, IrInst *ret) {
    (void)module, (void)ret;
    add->operands[1] = NULL;
}

static void spoil_bits(IrModule *module, IrInst *add, IrInst *ret) {
    (void)ret;
    add->operands[1] = ir_const_splat(module, ir_scalar(IR_F32), (uint64_t)1 << 32);
}

static void spoil_link(IrModule *module, IrInst *add, IrInst *ret) {
    (void)module;
    ret->previous = add->previous;
}

static void spoil_flags(IrModule *module, IrInst *add, IrInst *ret) {
    (void)module, (void)ret;
    add->flags = 64;
}

static void spoil_callee(IrModule *module, IrInst *add, IrInst *ret) {
    (void)add;
    IrFunction *stranger = ir_function_add(ir_module_new(module->arena, module->names, NULL),
                                           name_of(module->names, "stranger"), false, 0);
    IrBuilder b = ir_before(module, ret);
    ir_emit(&b, OP_CALL, NULL, 0, NULL)->callee = stranger;
}

static void test_spoiled(void) {
    static const Spoil spoils[] = {
        {"operand 0 of `add` was replaced but not resolved", spoil_forward},
        {"operand 0 of `ret` is not defined", spoil_removed},
        {"operand 1 of `add` is missing", spoil_null},
        {"constant with bits outside its type", spoil_bits},
        {"not linked into its region", spoil_link},
        {"`add` has unknown flags", spoil_flags},
        {"`call` needs a function of this module", spoil_callee},
    };
    static const char text[] = "proc @f(%x: f32) -> f32 { %y: f32 = neg %x\n"
                               "%z: f32 = add %y, %x\n ret %z }";
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        Unit *u = open_unit(text, strlen(text), false);
        IrInst *ret = u->module->functions->body.last;
        spoils[i].spoil(u->module, ret->previous, ret);
        Text why = {.arena = &u->arena};
        const IrInst *at = NULL;
        CHECK(!ir_verify(u->module, &why, &at), "%s", spoils[i].words);
        CHECK(strstr(text_get(&why), spoils[i].words) != NULL && at != NULL, "%s", text_get(&why));
        close_unit(u);
    }
}

/* ---- what back-ends take ---- */

static void test_lowered(void) {
    static const struct {
        const char *body, *words; /* NULL: taken */
    } rows[] = {
        {"%x: i32 = div 1i32, 2i32", "`div` is not `.raw`"},
        {"%x: u32 = rem 1u32, 2u32", "`rem` is not `.raw`"},
        {"%x: f32 = rem 1f32, 2f32", "a `rem` of floats is left"},
        {"%x: f32 = rem.raw 1f32, 2f32", "a `rem` of floats is left"},
        {"%x: u32 = shl 1u32, 2u32", "`shl` is not `.raw`"},
        {"%x: u32 = convert 1f32", "`convert` is not `.raw`"},
        {"%x: u32 = extract_bits 1u32, 2u32, 3u32", "`extract_bits` is not `.raw`"},
        {"%x: f32 = extract_at f32x2(1, 2), 2u32", "`extract_at` is not `.raw`"},
        {"%x: f32 = load %b[0u32]", "`load` is not `.raw`"},
        {"store %b[0u32], 1f32", "`store` is not `.raw`"},
        {"%v: var<f32x2> = var store %v[0u32], 1f32", "`store` is not `.raw`"},
        {"call @p()", "a `call` is left"},
        {"ret } proc @q() {", "a proc is left"},
        {"ret } proc @q(%c: buffer<f32>) noinline {", "a proc is left"},
        {"ret } proc @q() noinline { %s: u32x3 = builtin group_size",
         "a proc asks for the size of the workgroup"},
        {"%r: ref<f32> = ref %b[0u32]", "a `ref` is left"},
        {"%s: shared<array<atomic<u32>, 2>> = shared %x: u32 = atomic_load %s[0u32]",
         "`atomic_load` is not `.raw`"},
        {"%s: shared<array<u8, 2>> = shared %x: array<u8, 2> = load %s %y: u8x2 = swizzle "
         "u8x2(1, 2), 1, 0",
         "`swizzle` of integers of such a width is left"},
        {"%x: i32 = call @q(1f32) ret } proc @q(%c: f32) -> i32 noinline { ret 1i32 } proc @r() "
         "noinline {",
         NULL},
        {"%s: shared<atomic<u32>> = shared %x: u32 = atomic_add %s, 1u32 barrier", NULL},
        {"ret } kernel @q(%c: buffer<array<f32, 2>>) workgroup(1, 1, 1) { %x: array<f32, 2> = "
         "load.raw %c[0u32]",
         "a `load` of an array or form in a buffer is left"},
        {"ret } kernel @q(%c: buffer<array<f32, 2>>) workgroup(1, 1, 1) { store.raw %c[0u32], "
         "zero<array<f32, 2>>",
         "a `store` of an array or form in a buffer is left"},
        {"%x: f32 = div 1f32, 2f32", NULL},
        {"%x: f32 = convert 1i32", NULL},
        {"%x: u8 = convert 1i32", NULL},
        {"%v: var<f32x2> = var %x: f32x2 = load %v store %v, %x", NULL},
        {"%x: f32 = load.raw %b[0u32]", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Arena arena = {0};
        bool calls = strncmp(rows[i].body, "call", 4) == 0;
        const char *text =
            arena_printf(&arena, "kernel @k(%%b: buffer<f32>) workgroup(1, 1, 1) { %s ret }%s",
                         rows[i].body, calls ? " proc @p() { ret }" : "");
        Unit *u = open_unit(text, strlen(text), false);
        Text why = {.arena = &arena};
        CHECK(u->module != NULL, "%s: %s", text, first_error(u));
        if (u->module != NULL) {
            CHECK(ir_verify_lowered(u->module, &why, NULL) == (rows[i].words == NULL), "%s", text);
            CHECK(rows[i].words == NULL || strstr(text_get(&why), rows[i].words) != NULL, "%s\n%s",
                  text, text_get(&why));
        }
        close_unit(u);
        arena_release(&arena);
    }
}

/* The report shows the function, with a mark that the parser skips. */
static void test_report(void) {
    static const char text[] = "proc @f(%x: f32) -> f32 {\n    %y: f32 = neg %x\n    ret %y\n}\n";
    Unit *u = open_unit(text, strlen(text), false);
    u->module->functions->body.first->flags = IR_RAW;
    Text why = {.arena = &u->arena};
    CHECK(!ir_verify(u->module, &why, NULL), "taken");
    CHECK(strcmp(text_get(&why), "proc @f(%x: f32) -> f32 {\n"
                                 "    %y: f32 = neg.raw %x\n"
                                 "    // ^ `neg` has no `.raw` form\n"
                                 "    ret %y\n"
                                 "}\n"
                                 "`f`: `neg` has no `.raw` form") == 0,
          "%s", text_get(&why));
    close_unit(u);
}

int main(void) {
    test_refused();
    test_spoiled();
    test_lowered();
    test_report();
    return report_failures();
}
