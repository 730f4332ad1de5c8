/* Passes and the runner that times, dumps, stops and verifies. */
#ifndef IR_PASS_H
#define IR_PASS_H

#include "ir/ir.h"

typedef struct {
    const char *name;
    bool (*run)(
        IrModule *module); /* says whether it changed anything; may report to module->diags */
    const char *what;      /* one line for --print-passes */
} IrPass;

/* Every pass: PASS(name, "what it does") declares pass_NAME; its file defines it with IR_PASS(name, run), and name and
 * description come from the table. */
#define PASS(name, what)                                                                           \
    extern const IrPass pass_##name;                                                               \
    static const char pass_what_##name[] __attribute__((unused)) = what;
#include "ir/passes/passes.def"
#undef PASS
#define IR_PASS(name, run) const IrPass pass_##name = {#name, run, pass_what_##name}

const IrPass *ir_pass_named(const char *name); /* NULL: none */
extern const IrPass *const ir_all_passes[];    /* ends with NULL */

/* No passes: in a pipeline, what stands between them runs only where the pass before them changed something. */
extern const IrPass ir_if_changed, ir_end_if;
const IrPass *ir_pipeline_mark(const char *name); /* one of these, "(" and ")"; NULL: neither */

/* Pipelines end with NULL. */
extern const IrPass *const ir_pipeline_O0[]; /* what is needed to be legal */
extern const IrPass *const ir_pipeline_O1[]; /* that, and optimisation */
extern const IrPass *const ir_pipeline_O2[]; /* that, and LLVM's */

typedef struct {
    const char *name;
    uint64_t nanoseconds;
    bool changed;
} IrPassTime;

/* What becomes of `print` and `assert`. */
typedef enum {
    PRINTS_DROPPED, /* drop_print, as the pipelines say */
    PRINTS_KEPT,    /* for the interpreter: neither */
    PRINTS_LOWERED, /* lower_print in its place, for who reads the buffer */
} IrPrints;

typedef struct {
    bool
        verify; /* the verifier after every pass; a pass that says "unchanged" must not have changed */
    const char *dump_after;         /* a pass, or "all"; NULL: none */
    const char *stop_after;         /* NULL: run to the end */
    Text *dump;                     /* where dumps go */
    bool time;                      /* fill `times` */
    const IrPass *const *leave_out; /* passes that the target does not want; NULL: none */
    bool trust_bounds;              /* run trust_bounds where the pipeline says lower_bounds */
    bool narrow; /* the target has no loads and stores of two and four elements: without opt_wide */
    bool float_atomics; /* the target has atomic sums of floats: without lower_float_atomics */
    IrPrints prints;
    VEC(IrPassTime) times;
} IrPassOptions;

/* Runs a pipeline, in order. Stops early when a pass reported an error. Gives whether there was none. */
bool ir_run_passes(IrModule *module, const IrPass *const *pipeline, IrPassOptions *options);

#endif
