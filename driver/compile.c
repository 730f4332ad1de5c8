/* `vittec-gpu compile` and `check`: plans what goes where, then one session a file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend-wgsl/wgsl.h"
#include "driver/commands.h"
#include "driver/depfile.h"
#include "driver/file.h"
#include "driver/layout.h"
#include "driver/report.h"
#include "driver/targets.h"

typedef struct {
    const Target *target;
    SessionOptions session; /* with what the target's devices have besides */
    unsigned emit;          /* EMIT_…, instead of the target's code */
    const char *output;     /* of the file at hand */
    const char *dependency; /* its dependency file; NULL: none */
} Plan;

/* ---- targets that are text ---- */

typedef struct {
    Status (*write)(Session *session, unsigned version, Text *out);
    void (*prepare)(void *session); /* between front end and passes; NULL: nothing to do */
    const IrPass *const *leave_out; /* of the passes; NULL: none */
} TextWriter;

static Status write_wgsl(Session *session, unsigned version, Text *out) {
    (void)version;
    WgslFacts facts;
    return session_wgsl(session, out, &facts);
}

static Status write_opencl(Session *session, unsigned version, Text *out) {
    return session_opencl(session, (OpenclVersion)version, out);
}

static Status write_msl(Session *session, unsigned version, Text *out) {
    return session_msl(session, (MslVersion)version, out);
}

static void fix_specs(void *arg) {
    Session *session = arg;
    for (const FrontendDefine *define = session->options.frontend.defines; define != NULL;
         define = define->next) {
        msl_fix_spec(session->module, define->name);
    }
}

/* NULL: the target is no text that is printed. */
static const TextWriter *text_writer(const Target *target) {
    static const TextWriter writers[] = {
        [WRITER_WGSL] = {write_wgsl, NULL, wgsl_leave_out},
        [WRITER_OPENCL] = {write_opencl, NULL, NULL},
        [WRITER_MSL] = {write_msl, fix_specs, NULL},
    };
    bool is_listed = target->writer < sizeof writers / sizeof *writers;
    return is_listed && writers[target->writer].write != NULL ? &writers[target->writer] : NULL;
}

/* ---- planning ---- */

static Status not_built(const Target *target) {
    Arena arena = {0};
    Text built = {.arena = &arena};
    targets_list_built(&built);
    fail(STATUS_USAGE, "the target `%s` is not built yet; available: %s", target->name,
         text_get(&built));
    arena_release(&arena);
    return STATUS_USAGE;
}

static Status unknown_target(const char *name) {
    OptionList names = {0};
    Arena arena = {0};
    for (const Target *target = targets; target->name != NULL; target++) {
        VEC_PUSH(&arena, &names, target->name);
        VEC_PUSH(&arena, &names, target->alias);
    }
    VEC_PUSH(&arena, &names, NULL);
    const char *nearest = nearest_word(name, names.items);
    fail(STATUS_USAGE, "there is no target `%s`%s%s%s", name,
         nearest != NULL ? "; did you mean `" : " (--print-targets lists them)",
         nearest != NULL ? nearest : "", nearest != NULL ? "`?" : "");
    arena_release(&arena);
    return STATUS_USAGE;
}

static Status unknown_ending(const char *output) {
    Arena arena = {0};
    Text endings = {.arena = &arena};
    targets_list_endings(&endings);
    fail(STATUS_USAGE, "`%s`: no target has the ending `%s`; say --target, or use one of %s",
         output, path_ending(output), text_get(&endings));
    arena_release(&arena);
    return STATUS_USAGE;
}

static Status unknown_feature(const Target *target, const char *name) {
    const char *words[TARGET_FEATURE_COUNT + 1] = {NULL};
    for (int i = 0, count = 0; i < TARGET_FEATURE_COUNT; i++) {
        if (target_features[i].writer == target->writer) {
            words[count++] = target_features[i].name;
        }
    }
    const char *nearest = nearest_word(name, words);
    return fail(STATUS_USAGE, "the target `%s` has no `+%s`%s%s%s", target->name, name,
                nearest != NULL ? "; did you mean `+" : " (--print-targets lists what there is)",
                nearest != NULL ? nearest : "", nearest != NULL ? "`?" : "");
}

static Status take_feature(Plan *plan, const char *name) {
    bool *const fields[TARGET_FEATURE_COUNT] = {
        [TARGET_ATOMIC_FLOAT] = &plan->session.atomic_float,
        [TARGET_NO_SUBGROUPS] = &plan->session.no_subgroups,
        [TARGET_VALUE_LENGTHS] = &plan->session.value_lengths,
        [TARGET_MAXIMAL_RECONVERGENCE] = &plan->session.reconvergence,
    };
    for (int i = 0; i < TARGET_FEATURE_COUNT; i++) {
        if (strcmp(target_features[i].name, name) == 0 &&
            target_features[i].writer == plan->target->writer) {
            *fields[i] = true;
            return STATUS_FINE;
        }
    }
    return unknown_feature(plan->target, name);
}

/* TARGET+FEATURE+FEATURE… */
static Status name_target(Plan *plan, Arena *arena, const char *text) {
    size_t length = strcspn(text, "+");
    const char *name = arena_copy_text(arena, text, length);
    plan->target = target_named(name);
    if (plan->target == NULL) {
        return unknown_target(name);
    }
    Status status = STATUS_FINE;
    while (status == STATUS_FINE && text[length] == '+') {
        text += length + 1;
        length = strcspn(text, "+");
        status = take_feature(plan, arena_copy_text(arena, text, length));
    }
    return status;
}

/* --target overrules the ending of OUT; without an ending (standard output, /dev/null) it is the first. */
static Status choose_target(Plan *plan, Arena *arena, const Options *options) {
    const char *output = options->output;
    plan->target = &targets[0];
    if (options->target != NULL) {
        Status status = name_target(plan, arena, options->target);
        if (status != STATUS_FINE) {
            return status;
        }
    } else if (output != NULL && path_ending(output)[0] != '\0' && options->emit == EMIT_NONE) {
        plan->target = target_of_ending(output);
        if (plan->target == NULL) {
            return unknown_ending(output);
        }
    }
    if (plan->target->writer == WRITER_LATER) {
        return not_built(plan->target);
    }
    plan->emit = options->emit;
    if (plan->emit == EMIT_NONE && plan->target->writer == WRITER_IR) {
        plan->emit = EMIT_IR;
    }
    return STATUS_FINE;
}

/* --stop-after and --passes leave IR that no back-end takes; and a pass that does not run is no place to stop at. */
static Status check_passes(const Plan *plan, const SessionOptions *session) {
    const char *stop = session->stop_after;
    if ((stop != NULL || session->pipeline != NULL) && plan->emit != EMIT_IR) {
        return fail(STATUS_USAGE, "%s needs --emit=ir, or a .vir file to write",
                    stop != NULL ? "--stop-after" : "--passes");
    }
    if (stop == NULL || strcmp(stop, SESSION_FRONTEND) == 0) {
        return STATUS_FINE;
    }
    for (const IrPass *const *pass = session_pipeline(session); *pass != NULL; pass++) {
        if (strcmp((*pass)->name, stop) == 0) {
            return STATUS_FINE;
        }
    }
    return fail(STATUS_USAGE, "the pass `%s` does not run here (--print-passes says which do)",
                stop);
}

static Status check_files(const Options *options) {
    if (options->operands.count == 0) {
        return fail(STATUS_USAGE, "no file to %s; --help says more",
                    command_name(options->command));
    }
    if (options->operands.count > 1 && (options->output != NULL || options->depend_file != NULL ||
                                        options->depend_targets.count > 0)) {
        return fail(STATUS_USAGE, "-o, -MF and -MT go with one file, not with %u",
                    options->operands.count);
    }
    for (uint32_t i = 0; i < options->operands.count; i++) {
        const char *ending = path_ending(options->operands.items[i]);
        if (strcmp(ending, ".vt") != 0 && strcmp(ending, ".vir") != 0 &&
            target_of_ending(options->operands.items[i]) != NULL) {
            return fail(STATUS_USAGE, "`%s` is no source file (.vt or .vir)",
                        options->operands.items[i]);
        }
    }
    if (options->depend_targets.count > 0 && !options->depend && options->depend_file == NULL) {
        return fail(STATUS_USAGE, "-MT needs -MD or -MF");
    }
    return STATUS_FINE;
}

/* `path` with its ending replaced. */
static const char *with_ending(Arena *arena, const char *path, const char *ending) {
    size_t length = strlen(path) - strlen(path_ending(path));
    return arena_printf(arena, "%.*s%s", (int)length, path, ending);
}

/* Where the result of one file goes: NAME.spv in the current folder, if nothing else is said. */
static Status choose_output(Plan *plan, Arena *arena, const Options *options, const char *input) {
    const char *slash = strrchr(input, '/');
    plan->output = options->output;
    if (plan->output == NULL && options->emit != EMIT_NONE) {
        plan->output = "-";
    } else if (plan->output == NULL && strcmp(input, "-") == 0) {
        return fail(STATUS_USAGE, "standard input has no name; say -o OUT");
    } else if (plan->output == NULL) {
        plan->output = with_ending(arena, slash != NULL ? slash + 1 : input, plan->target->ending);
    }
    bool to_standard = strcmp(plan->output, "-") == 0;
    if (to_standard && plan->emit == EMIT_NONE && text_writer(plan->target) == NULL &&
        isatty(STDOUT_FILENO)) {
        return fail(STATUS_USAGE, "standard output is a terminal, and %s is no text",
                    plan->target->name);
    }
    plan->dependency = options->depend_file;
    if (plan->dependency == NULL && options->depend) {
        if (to_standard) {
            return fail(STATUS_USAGE, "-MD needs -MF where the result goes to standard output");
        }
        plan->dependency = with_ending(arena, plan->output, ".d");
    }
    return STATUS_FINE;
}

/* ---- doing ---- */

static Status write_file(const char *path, const void *bytes, size_t size) {
    if (file_write(path, bytes, size)) {
        return STATUS_FINE;
    }
    char *text = file_error("cannot write", path);
    fail(STATUS_FILE, "%s", text != NULL ? text : path);
    free(text);
    return STATUS_FILE;
}

typedef struct {
    const void *bytes;
    size_t size;
} Result;

static Status make_tokens(Session *session, const Plan *plan, const char *input, Result *result) {
    (void)plan;
    Text text = {.arena = &session->arena};
    Status status = session_read_file(session, input);
    status = status == STATUS_FINE ? session_print_tokens(session, &text) : status;
    *result = (Result){text_get(&text), text.length};
    return status;
}

static Status make_ast(Session *session, const Plan *plan, const char *input, Result *result) {
    (void)plan;
    Text text = {.arena = &session->arena};
    Status status = session_read_file(session, input);
    status = status == STATUS_FINE ? session_print_ast(session, &text) : status;
    *result = (Result){text_get(&text), text.length};
    return status;
}

static Status make_ir(Session *session, const Plan *plan, const char *input, Result *result) {
    (void)plan;
    Text text = {.arena = &session->arena};
    Status status = session_load_file(session, input);
    status = status == STATUS_FINE ? session_lower(session) : status;
    status = status == STATUS_FINE ? session_print_ir(session, &text) : status;
    *result = (Result){text_get(&text), text.length};
    return status;
}

typedef struct {
    const Session *session;
    Text text;
} Layouts;

static void print_layouts(void *arg) {
    Layouts *layouts = arg;
    for (const IrFunction *f = layouts->session->module->functions; f != NULL; f = f->next) {
        if (f->is_kernel) {
            text_add(&layouts->text, layouts->text.length > 0 ? "\n" : "");
            layout_print(&layouts->text, f);
        }
    }
}

static Status make_layout(Session *session, const Plan *plan, const char *input, Result *result) {
    (void)plan;
    Layouts layouts = {session, {.arena = &session->arena}};
    Status status = session_load_file(session, input);
    status = status == STATUS_FINE ? session_need_kernel(session) : status;
    status = status == STATUS_FINE ? session_guard(session, print_layouts, &layouts) : status;
    *result = (Result){text_get(&layouts.text), layouts.text.length};
    return status;
}

static Status make_binary(Session *session, const Plan *plan, const char *input,
                          SpirvBinary *binary) {
    Status status = session_load_file(session, input);
    status = status == STATUS_FINE ? session_need_kernel(session) : status;
    status = status == STATUS_FINE ? session_lower(session) : status;
    return status == STATUS_FINE
               ? session_spirv(session, (SpirvTarget)plan->target->version, binary)
               : status;
}

static Status make_spirv(Session *session, const Plan *plan, const char *input, Result *result) {
    SpirvBinary binary = {0};
    Status status = make_binary(session, plan, input, &binary);
    *result = (Result){binary.words, binary.count * sizeof *binary.words};
    return status;
}

static Status make_spvasm(Session *session, const Plan *plan, const char *input, Result *result) {
    SpirvBinary binary = {0};
    Text text = {.arena = &session->arena};
    Status status = make_binary(session, plan, input, &binary);
    status = status == STATUS_FINE ? session_disassemble(session, binary, &text) : status;
    *result = (Result){text_get(&text), text.length};
    return status;
}

static Status make_text(Session *session, const Plan *plan, const char *input, Result *result) {
    const TextWriter *writer = text_writer(plan->target);
    Text text = {.arena = &session->arena};
    session->options.leave_out = writer->leave_out;
    Status status = session_load_file(session, input);
    status = status == STATUS_FINE ? session_need_kernel(session) : status;
    status = status == STATUS_FINE && writer->prepare != NULL
                 ? session_guard(session, writer->prepare, session)
                 : status;
    status = status == STATUS_FINE ? session_lower(session) : status;
    status = status == STATUS_FINE ? writer->write(session, plan->target->version, &text) : status;
    *result = (Result){text_get(&text), text.length};
    return status;
}

typedef Status Make(Session *session, const Plan *plan, const char *input, Result *result);

static Make *const makers[] = {
    [EMIT_TOKENS] = make_tokens, [EMIT_AST] = make_ast,       [EMIT_IR] = make_ir,
    [EMIT_SPVASM] = make_spvasm, [EMIT_LAYOUT] = make_layout, [EMIT_NONE] = make_spirv,
};

static Status write_dependencies(Session *session, const Plan *plan, const Options *options) {
    Text text = {.arena = &session->arena};
    if (options->depend_targets.count > 0) {
        depfile_print(&text, options->depend_targets.items, options->depend_targets.count,
                      &session->sources);
    } else {
        depfile_print(&text, &plan->output, 1, &session->sources);
    }
    return write_file(plan->dependency, text_get(&text), text.length);
}

static Status compile_file(const Plan *plan, const Options *options, const char *input) {
    Session session;
    Result result = {NULL, 0};
    session_open(&session, &plan->session);
    Make *make = plan->emit == EMIT_NONE && text_writer(plan->target) != NULL ? make_text
                                                                              : makers[plan->emit];
    Status status = make(&session, plan, input, &result);
    status = report_session(&session, options, status);
    if (status == STATUS_FINE) {
        status = write_file(plan->output, result.bytes, result.size);
    }
    if (status == STATUS_FINE && plan->dependency != NULL) {
        status = write_dependencies(&session, plan, options);
    }
    session_close(&session);
    return status;
}

/* Two files of one name in different folders would write the same result. */
static Status check_clash(const Plan *plans, uint32_t count, const Options *options) {
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(plans[i].output, "-") != 0 &&
                strcmp(plans[i].output, plans[k].output) == 0) {
                return fail(STATUS_USAGE, "`%s` and `%s` would both be written to `%s`",
                            options->operands.items[k], options->operands.items[i],
                            plans[i].output);
            }
        }
    }
    return STATUS_FINE;
}

static Status compile_all(Arena *arena, const Options *options) {
    uint32_t count = options->operands.count;
    Plan common = {.session = options->session};
    Status status = check_files(options);
    status = status == STATUS_FINE ? choose_target(&common, arena, options) : status;
    status = status == STATUS_FINE ? check_passes(&common, &options->session) : status;
    Plan *plans = NEW_ARRAY(arena, Plan, count);
    for (uint32_t i = 0; i < count && status == STATUS_FINE; i++) {
        plans[i] = common;
        status = choose_output(&plans[i], arena, options, options->operands.items[i]);
    }
    status = status == STATUS_FINE ? check_clash(plans, count, options) : status;
    if (status != STATUS_FINE) {
        return status;
    }
    for (uint32_t i = 0; i < count; i++) {
        status = worse(status, compile_file(&plans[i], options, options->operands.items[i]));
    }
    return status;
}

Status command_compile(const Options *options) {
    Arena arena = {0};
    Status status = compile_all(&arena, options);
    arena_release(&arena);
    return status;
}

Status command_check(const Options *options) {
    Status worst = check_files(options);
    for (uint32_t i = 0; i < options->operands.count && worst != STATUS_USAGE; i++) {
        Session session;
        session_open(&session, &options->session);
        Status status = session_load_file(&session, options->operands.items[i]);
        status = status == STATUS_FINE ? session_lower(&session) : status; /* passes report, too */
        worst = worse(worst, report_session(&session, options, status));
        session_close(&session);
    }
    return worst;
}

Status command_fmt(const Options *options) {
    (void)options;
    return fail(STATUS_USAGE, "the subcommand `fmt` is not built yet");
}
