/* The runner of passes. See pass.h. */
#include "ir/pass.h"

#include <time.h>

#include "ir/base/fatal.h"
#include "ir/text.h"
#include "ir/verify.h"

const IrPass *const ir_all_passes[] = {
#define PASS(name, what) &pass_##name,
#include "ir/passes/passes.def"
#undef PASS
    NULL,
};

const IrPass ir_if_changed = {"(", NULL, NULL}, ir_end_if = {")", NULL, NULL};

const IrPass *ir_pipeline_mark(const char *name) {
    bool opens = strcmp(name, ir_if_changed.name) == 0, closes = strcmp(name, ir_end_if.name) == 0;
    return opens ? &ir_if_changed : closes ? &ir_end_if : NULL;
}

const IrPass *ir_pass_named(const char *name) {
    for (const IrPass *const *pass = ir_all_passes; *pass != NULL; pass++) {
        if (strcmp((*pass)->name, name) == 0) {
            return *pass;
        }
    }
    return NULL;
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint32_t hash_module(const IrModule *module) {
    Arena scratch = {0};
    Text text = {.arena = &scratch};
    ir_print(&text, module, NULL);
    uint32_t hash = hash_bytes(text.data, text.length);
    arena_release(&scratch);
    return hash;
}

/* What is wrong comes first: the report of an internal error has room for little more. The whole function goes
 * where dumps go. */
static void verify_after(const IrModule *module, const IrPass *pass, Text *dump) {
    Arena scratch = {0};
    Text why = {.arena = &scratch};
    if (ir_verify(module, &why, NULL)) {
        arena_release(&scratch);
        return;
    }
    const char *fault = strrchr(text_get(&why), '\n') + 1;
    const char *told = arena_printf(module->arena, "%s", fault);
    if (dump != NULL) {
        text_printf(dump, "// invalid after %s\n%s\n", pass->name, text_get(&why));
    }
    arena_release(&scratch);
    BUG("invalid IR after %s: %s", pass->name, told);
}

static bool is_meant(const char *option, const IrPass *pass) {
    return option != NULL && (strcmp(option, pass->name) == 0 || strcmp(option, "all") == 0);
}

static bool is_stop(const IrPassOptions *options, const IrPass *pass) {
    return options->stop_after != NULL && strcmp(options->stop_after, pass->name) == 0;
}

static bool is_left_out(const IrPass *pass, const IrPass *const *leave_out) {
    while (leave_out != NULL && *leave_out != NULL && *leave_out != pass) {
        leave_out++;
    }
    return leave_out != NULL && *leave_out != NULL;
}

bool ir_run_passes(IrModule *module, const IrPass *const *pipeline, IrPassOptions *options) {
    unsigned errors = module->diags->errors;
    uint32_t hash = options->verify ? hash_module(module) : 0;
    bool changed = false, skips = false;
    for (; *pipeline != NULL && module->diags->errors == errors; pipeline++) {
        const IrPass *pass = *pipeline;
        if (pass == &ir_if_changed || pass == &ir_end_if) {
            skips = pass == &ir_if_changed && !changed;
            continue;
        }
        if (skips || is_left_out(pass, options->leave_out)) {
            if (is_stop(options, pass)) {
                break;
            }
            continue;
        }
        if (pass == &pass_lower_bounds && options->trust_bounds) {
            pass = &pass_trust_bounds;
        }
        bool is_print = pass == &pass_drop_print;
        if (is_print && options->prints == PRINTS_LOWERED) {
            pass = &pass_lower_print;
        }
        if ((pass == &pass_opt_wide && options->narrow) ||
            (pass == &pass_lower_float_atomics && options->float_atomics) ||
            (is_print && options->prints == PRINTS_KEPT)) {
            continue;
        }
        fatal_context(pass->name);
        uint64_t start = options->time ? now() : 0;
        changed = pass->run(module);
        if (options->time) {
            IrPassTime time = {pass->name, now() - start, changed};
            VEC_PUSH(module->arena, &options->times, time);
        }
        if (module->diags->errors > errors) { /* what it left behind need not be valid */
            break;
        }
        if (is_meant(options->dump_after, pass)) {
            text_printf(options->dump, "// after %s\n", pass->name);
            ir_print(options->dump, module, NULL);
        }
        if (options->verify) {
            verify_after(module, pass, options->dump);
            uint32_t before = hash;
            hash = hash_module(module);
            if (!changed && hash != before) {
                BUG("%s says that it changed nothing, but it did", pass->name);
            }
        }
        if (is_stop(options, pass)) {
            break;
        }
    }
    fatal_context(NULL);
    return module->diags->errors == errors;
}
