/* The pass runner: order, dumps, stops, times, what it holds against passes; the pipelines end in what back-ends
 * take.
 */
#include "ir/pass.h"

#include "tests/unit/ir_unit.h"

static const char text[] = "proc @f(%x: f32) -> f32 {\n    %y: f32 = neg %x\n    ret %y\n}\n";

/* ---- passes ---- */

static bool run_nothing(IrModule *module) {
    (void)module;
    return false;
}

static bool run_rename(IrModule *module) {
    module->functions->body.first->results[0]->name = name_of(module->names, "z");
    return true;
}

static bool run_lie(IrModule *module) {
    return !run_rename(module);
}

static bool run_break(IrModule *module) {
    module->functions->body.first->flags = IR_RAW;
    return true;
}

static bool run_complain(IrModule *module) {
    diag_report(module->diags, (Span){0, 0}, D(RECURSION), "f");
    return run_break(module);
}

static const IrPass nothing = {"nothing", run_nothing, ""};
static const IrPass renames = {"renames", run_rename, ""};
static const IrPass lies = {"lies", run_lie, ""};
static const IrPass breaks = {"breaks", run_break, ""};
static const IrPass complains = {"complains", run_complain, ""};

/* ---- runs ---- */

typedef struct {
    Unit *unit;
    const IrPass *const *pipeline;
    IrPassOptions options;
    Text dump;
    bool good;
} Run;

static void run_passes(void *arg) {
    Run *run = arg;
    run->good = ir_run_passes(run->unit->module, run->pipeline, &run->options);
}

static FatalKind run(Run *r, const IrPass *const *pipeline, const char **message) {
    r->pipeline = pipeline;
    r->dump.arena = &r->unit->arena;
    r->options.dump = &r->dump;
    return guard_run(run_passes, r, message);
}

static void test_runs(void) {
    const char *message;
    Run r = {.unit = open_unit(text, strlen(text), false),
             .options = {.verify = true, .time = true, .dump_after = "renames"}};
    CHECK(run(&r, (const IrPass *const[]){&nothing, &renames, &nothing, NULL}, &message) ==
                  FATAL_NONE &&
              r.good,
          "%s", message);
    CHECK(r.options.times.count == 3 && strcmp(r.options.times.items[1].name, "renames") == 0 &&
              r.options.times.items[1].changed && !r.options.times.items[2].changed,
          "times");
    CHECK(strcmp(text_get(&r.dump), "// after renames\nproc @f(%x: f32) -> f32 {\n"
                                    "    %z: f32 = neg %x\n    ret %z\n}\n") == 0,
          "%s", text_get(&r.dump));
    close_unit(r.unit);

    r = (Run){.unit = open_unit(text, strlen(text), false),
              .options = {.dump_after = "all", .stop_after = "nothing"}};
    run(&r, (const IrPass *const[]){&nothing, &renames, NULL}, &message);
    CHECK(strstr(text_get(&r.dump), "// after nothing\n") != NULL &&
              strstr(text_get(&r.dump), "renames") == NULL,
          "%s", text_get(&r.dump));
    close_unit(r.unit);
}

static void test_failures(void) {
    const char *message;
    Run r = {.unit = open_unit(text, strlen(text), false), .options = {.verify = true}};
    CHECK(run(&r, (const IrPass *const[]){&breaks, NULL}, &message) == FATAL_BUG, "taken");
    CHECK(strstr(message, "breaks") != NULL && strstr(message, "`neg` has no `.raw` form") != NULL,
          "%s", message);
    CHECK(strstr(text_get(&r.dump), "// ^ `neg`") != NULL, "%s", text_get(&r.dump));
    close_unit(r.unit);

    r = (Run){.unit = open_unit(text, strlen(text), false), .options = {.verify = true}};
    CHECK(run(&r, (const IrPass *const[]){&lies, NULL}, &message) == FATAL_BUG, "taken");
    CHECK(strstr(message, "lies says that it changed nothing") != NULL, "%s", message);
    close_unit(r.unit);

    r = (Run){.unit = open_unit(text, strlen(text), false), .options = {.verify = true}};
    CHECK(run(&r, (const IrPass *const[]){&complains, &breaks, NULL}, &message) == FATAL_NONE, "%s",
          message);
    CHECK(!r.good, "an error is no success");
    close_unit(r.unit);
}

static void test_pipelines(void) {
    static const char kernel[] =
        "kernel @k(%a: buffer<i32>, %n: i32) workgroup(64, 1, 1) {\n"
        "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n%x: i32 = load %a[%i]\n"
        "%y: i32 = call @p(%x, %n)\n%z: i32 = shl %y, %i\nstore %a[%i], %z\nret }\n"
        "proc @p(%x: i32, %n: i32) -> i32 {\n%c: bool = lt %x, %n\n"
        "if %c { ret %x } else { yield }\n%d: i32 = div %x, %n\nret %d }\n";
    for (int i = 0; i < 4; i++) {
        const char *message;
        Run r = {.unit = open_unit(kernel, strlen(kernel), false),
                 .options = {.verify = true, .dump_after = "all", .trust_bounds = i >= 2}};
        CHECK(r.unit->module != NULL, "%s", first_error(r.unit));
        FatalKind fatal = run(&r, i % 2 == 0 ? ir_pipeline_O0 : ir_pipeline_O1, &message);
        CHECK(fatal == FATAL_NONE && r.good, "%s\n%s", message, text_get(&r.dump));
        Text why = {.arena = &r.unit->arena};
        CHECK(ir_verify_lowered(r.unit->module, &why, NULL), "%s", text_get(&why));
        bool trusted = strstr(text_get(&r.dump), "// after trust_bounds") != NULL;
        bool checked = strstr(text_get(&r.dump), "// after lower_bounds") != NULL;
        CHECK(trusted == (i >= 2) && checked == (i < 2), "%s", text_get(&r.dump));
        close_unit(r.unit);
    }
    CHECK(ir_pass_named("opt_dce") == &pass_opt_dce && ir_pass_named("opt_") == NULL, "names");
    for (const IrPass *const *pass = ir_all_passes; *pass != NULL; pass++) {
        CHECK(ir_pass_named((*pass)->name) == *pass, "%s", (*pass)->name);
    }
}

int main(void) {
    test_runs();
    test_failures();
    test_pipelines();
    return report_failures();
}
