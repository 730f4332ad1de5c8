/* See run_specs.h. */
#include "driver/run_specs.h"

#include <string.h>

#include "driver/report.h"
#include "driver/scalars.h"
#include "ir/eval.h"

void run_note_specs(Run *run) {
    uint32_t count = 0;
    for (const IrSpec *spec = run->session.module->specs; spec != NULL; spec = spec->next) {
        count++;
    }
    run->spec_types = NEW_ARRAY(&run->session.arena, const IrType *, count);
    count = 0;
    for (const IrSpec *spec = run->session.module->specs; spec != NULL; spec = spec->next) {
        run->spec_types[count++] = spec->type;
    }
}

/* ---- one option ---- */

static Status unknown_spec(Run *run, const char *name, size_t length) {
    OptionList words = {0};
    Arena *arena = &run->session.arena;
    Text names = {.arena = arena};
    uint32_t number = 0;
    for (const IrSpec *spec = run->session.module->specs; spec != NULL; spec = spec->next) {
        VEC_PUSH(arena, &words, spec->name->text);
        text_printf(&names, "%s%s: ", number > 0 ? ", " : "", spec->name->text);
        ir_type_print(&names, run->spec_types[number++]);
    }
    VEC_PUSH(arena, &words, NULL);
    const char *nearest = nearest_word(arena_copy_text(arena, name, length), words.items);
    return fail(STATUS_USAGE, "there is no specialization constant `%.*s`%s%s%s (the file has %s)",
                (int)length, name, nearest != NULL ? "; did you mean `" : "",
                nearest != NULL ? nearest : "", nearest != NULL ? "`?" : "",
                number > 0 ? text_get(&names) : "none");
}

static bool parse_bool(const char *text, uint64_t *bits) {
    *bits = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    return *bits != 0 || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

static bool parse_value(const IrType *type, const char *text, uint64_t *bits) {
    return ir_is_bool(type) ? parse_bool(text, bits)
                            : scalar_parse(type->scalar, text, strlen(text), bits);
}

static Status bad_value(Run *run, const IrSpec *spec, const IrType *type, const char *text) {
    Text wanted = {.arena = &run->session.arena};
    if (ir_is_bool(type)) {
        text_add(&wanted, "true or false");
    } else {
        scalar_describe(&wanted, type->scalar);
    }
    return fail(STATUS_USAGE, "--spec %s is %s, not `%s`", spec->name->text, text_get(&wanted),
                text);
}

/* The same number in the type that the passes left, which is as wide or wider. */
static uint64_t widened(const IrType *from, const IrType *to, uint64_t bits) {
    if (from == to || !ir_is_signed_int(from)) {
        return bits;
    }
    return (uint64_t)ir_signed_of_bits(from->scalar, bits) & (UINT64_MAX >> (64 - ir_bits(to)));
}

static Status choose_one(Run *run, IrSpecValue *value, const char *option) {
    const char *equals = strchr(option, '=');
    if (equals == NULL || equals == option || equals[1] == '\0') {
        return fail(STATUS_USAGE, "`--spec` needs NAME=VALUE, not `%s`", option);
    }
    size_t length = (size_t)(equals - option);
    uint32_t number = 0;
    const IrSpec *spec = run->session.module->specs;
    for (; spec != NULL; spec = spec->next, number++) {
        if (spec->name->length == length && memcmp(spec->name->text, option, length) == 0) {
            break;
        }
    }
    if (spec == NULL) {
        return unknown_spec(run, option, length);
    }
    const IrType *type = run->spec_types[number];
    uint64_t bits;
    if (!parse_value(type, equals + 1, &bits)) {
        return bad_value(run, spec, type, equals + 1);
    }
    *value = (IrSpecValue){spec->id, widened(type, spec->type, bits)};
    return STATUS_FINE;
}

/* ---- all of them ---- */

/* A workgroup has invocations, and an array elements. */
static Status check_zeros(const Run *run) {
    const IrFunction *kernel = run->kernel->kernel;
    for (int axis = 0; axis < 3; axis++) {
        const IrSpec *spec = kernel->workgroup_spec[axis];
        if (spec != NULL && ir_spec_bits(spec, &run->job.specs) == 0) {
            return fail(STATUS_USAGE, "--spec %s cannot be 0: it is a side of `%s`'s workgroup",
                        spec->name->text, kernel->name->text);
        }
    }
    for (const IrInst *inst = kernel->body.first; inst != NULL; inst = inst->next) {
        const IrSpec *spec = ir_shared_length(inst);
        if (spec != NULL && ir_spec_bits(spec, &run->job.specs) == 0) {
            const IrValue *root = inst->results[0];
            return fail(STATUS_USAGE, "--spec %s cannot be 0: it is the length of `%s`",
                        spec->name->text, root->name != NULL ? root->name->text : "shared memory");
        }
    }
    return STATUS_FINE;
}

Status run_choose_specs(Run *run) {
    const OptionList *given = &run->options->specs;
    IrSpecValue *values = NEW_ARRAY(&run->session.arena, IrSpecValue, given->count);
    for (uint32_t i = 0; i < given->count; i++) {
        Status status = choose_one(run, &values[i], given->items[i]);
        for (uint32_t k = 0; k < i && status == STATUS_FINE; k++) {
            if (values[k].id == values[i].id) {
                status = fail(STATUS_USAGE, "`--spec %s` is given twice", given->items[i]);
            }
        }
        if (status != STATUS_FINE) {
            return status;
        }
    }
    run->job.specs = (IrSpecValues){values, given->count};
    return check_zeros(run);
}
