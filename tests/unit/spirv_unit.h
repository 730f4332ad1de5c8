/* What the tests of the Vulkan SPIR-V writer and of `inspect` share: a module, made by hand or from text, written for every
 * target and judged by SPIRV-Tools; numbers at random.
 */
#ifndef TESTS_UNIT_SPIRV_UNIT_H
#define TESTS_UNIT_SPIRV_UNIT_H

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

static inline const char *disassembly(Unit *unit, SpirvBinary binary) {
    Text out = {.arena = &unit->arena}, why = {.arena = &unit->arena};
    CHECK_SAYING(spirv_disassemble(&out, binary, &why), "%s\n", text_get(&why));
    return text_get(&out);
}

/* Small integers aside, lowered, and valid SPIR-V for every target, with names and lines and without; written twice, the same words. */
static inline void check_valid(Unit *unit) {
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

static inline void parse_unit(Unit *unit, const char *text) {
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
static inline void check_text(const char *name, SpirvTarget target, const char *ir,
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

/* ---- numbers at random ---- */

static uint64_t random_state;

static inline uint32_t random_below(uint32_t n) { /* xorshift64*, Vigna 2016 */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 2685821657736338717u) >> 33) % n;
}

/* ---- kernels made by hand ---- */

/* A kernel with a buffer of u32 to read values from and write results to. */
typedef struct {
    IrBuilder b;
    IrValue *in, *out;
    uint32_t next;
} Bench;

static inline Bench bench(Unit *unit, const char *name) {
    const IrType *words = ir_root_type(unit->module, IR_TYPE_BUFFER, ir_scalar(IR_U32));
    IrFunction *kernel = ir_function_add(unit->module, name_of(&unit->names, name), true, 2);
    ir_function_param(unit->module, kernel, 0, name_of(&unit->names, "in"), words);
    ir_function_param(unit->module, kernel, 1, name_of(&unit->names, "out"), words);
    Bench t = {.b = ir_at_end(unit->module, &kernel->body)};
    t.in = kernel->params[0];
    t.out = kernel->params[1];
    return t;
}

static inline IrValue *emit_raw(IrBuilder *b, IrOp op, const IrType *type, uint32_t count,
                                IrValue *const *operands) {
    IrInst *inst = ir_emit(b, op, type, count, operands);
    if (ir_has(op, IR_PARTIAL)) {
        inst->flags |= IR_RAW;
    }
    return type != NULL ? inst->results[0] : NULL;
}

/* A value that no one can fold. */
static inline IrValue *any_value(Bench *t, const IrType *type) {
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

static inline void use_value(Bench *t, IrValue *value) {
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

static int report_failures(const char *name) {
    printf("%s: %s\n", name, failures == 0 ? "all good" : "FAILED");
    return failures != 0;
}

#endif
