/* `vittec-gpu compile` and `check`: plans what goes where, then one session a file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/bundle.h"
#include "driver/bundle_print.h"
#include "driver/commands.h"
#include "driver/depfile.h"
#include "driver/device_code.h"
#include "driver/file.h"
#include "driver/header.h"
#include "driver/layout.h"
#include "driver/report.h"
#include "driver/target_choice.h"
#include "ir/base/fatal.h"

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

static Status write_opencl_spirv(Session *session, unsigned version, Text *out) {
    return session_opencl_spirv(session, (OpenclSpirvVersion)version, out);
}

static Status write_llvm(Session *session, unsigned version, Text *out) {
    return session_llvm(session, (OpenclSpirvVersion)version, out);
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
        [WRITER_WGSL] = {write_wgsl, NULL},
        [WRITER_OPENCL] = {write_opencl, NULL},
        [WRITER_OPENCL_SPIRV] = {write_opencl_spirv, NULL},
        [WRITER_LLVM] = {write_llvm, NULL},
        [WRITER_MSL] = {write_msl, fix_specs},
    };
    bool is_listed = target->writer < sizeof writers / sizeof *writers;
    return is_listed && writers[target->writer].write != NULL ? &writers[target->writer] : NULL;
}

/* ---- planning ---- */

/* --target overrules the ending of OUT; without an ending (standard output, /dev/null) it is the first. */
static Status choose_target(Plan *plan, Arena *arena, const Options *options) {
    const char *output = options->output;
    plan->target = &targets[0];
    if (options->reflect) {
        plan->target = target_named("reflect");
    } else if (options->target != NULL) {
        Status status = target_choose(arena, options->target, &plan->target, &plan->session);
        if (status != STATUS_FINE) {
            return status;
        }
    } else if (output != NULL && path_ending(output)[0] != '\0' && options->emit == EMIT_NONE) {
        plan->target = target_of_ending(output);
        if (plan->target == NULL) {
            return target_unknown_ending(output);
        }
    }
    if (plan->target->writer == WRITER_LATER) {
        return target_not_built(plan->target);
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

/* One result of all files, rather than one of each. */
static bool is_of_all_files(const Target *target) {
    return target->writer == WRITER_BUNDLE || target->writer == WRITER_HEADER ||
           target->writer == WRITER_REFLECT;
}

/* `target` NULL: none is made. */
static Status check_files(const Options *options, const Target *target) {
    if (options->operands.count == 0) {
        return fail(STATUS_USAGE, "no file to %s; --help says more",
                    command_name(options->command));
    }
    bool is_bundle = target != NULL && is_of_all_files(target);
    if (!is_bundle && options->operands.count > 1 &&
        (options->output != NULL || options->depend_file != NULL ||
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
    if (!is_bundle && (options->targets != NULL || options->require != NULL ||
                       options->variants.count > 0 || options->compress || options->jobs > 0)) {
        return fail(STATUS_USAGE,
                    "--targets, --require, --variant, --compress and -j go with a bundle: -o "
                    "OUT.vgpu, OUT.h or OUT.json");
    }
    if (options->embed && (target == NULL || target->writer != WRITER_HEADER)) {
        return fail(STATUS_USAGE, "--embed goes with a C header: -o OUT.h");
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
        plan->target->writer != WRITER_HEADER && plan->target->writer != WRITER_REFLECT &&
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
    return file_write(path, bytes, size) ? STATUS_FINE : fail_file("cannot write", path);
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

static Status write_text(Session *session, const Plan *plan, const char *input, Text *text) {
    const TextWriter *writer = text_writer(plan->target);
    target_code_prepare(&session->options, plan->target);
    Status status = session_load_file(session, input);
    status = status == STATUS_FINE ? session_need_kernel(session) : status;
    status = status == STATUS_FINE && writer->prepare != NULL
                 ? session_guard(session, writer->prepare, session)
                 : status;
    status = status == STATUS_FINE ? session_lower(session) : status;
    return status == STATUS_FINE ? writer->write(session, plan->target->version, text) : status;
}

static Status make_opencl_binary(Session *session, const Plan *plan, const char *input,
                                 SpirvBinary *binary) {
    Text text = {.arena = &session->arena};
    Status status = write_text(session, plan, input, &text);
    uint32_t *words = NEW_ARRAY(&session->arena, uint32_t, text.length / sizeof *words);
    memcpy(words, text_get(&text), text.length);
    *binary = (SpirvBinary){words, text.length / sizeof *words, 0};
    return status;
}

static Status make_binary(Session *session, const Plan *plan, const char *input,
                          SpirvBinary *binary) {
    if (plan->target->writer == WRITER_OPENCL_SPIRV) {
        return make_opencl_binary(session, plan, input, binary);
    }
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
    Text text = {.arena = &session->arena};
    Status status = write_text(session, plan, input, &text);
    *result = (Result){text_get(&text), text.length};
    return status;
}

typedef Status Make(Session *session, const Plan *plan, const char *input, Result *result);

static Make *const makers[] = {
    [EMIT_TOKENS] = make_tokens, [EMIT_AST] = make_ast,       [EMIT_IR] = make_ir,
    [EMIT_SPVASM] = make_spvasm, [EMIT_LAYOUT] = make_layout, [EMIT_NONE] = make_spirv,
};

static Status write_dependencies(const Plan *plan, const Options *options, SourceMap *sources) {
    Text text = {.arena = sources->arena};
    if (options->depend_targets.count > 0) {
        depfile_print(&text, options->depend_targets.items, options->depend_targets.count, sources);
    } else {
        depfile_print(&text, &plan->output, 1, sources);
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
        status = write_dependencies(plan, options, &session.sources);
    }
    session_close(&session);
    return status;
}

typedef struct {
    Text *out;
    HeaderInput input;
    const char *wrong;
} HeaderJob;

static void print_header(void *arg) {
    HeaderJob *job = arg;
    job->wrong = header_print(job->out, &job->input);
}

/* Of a bundle that was just made. */
static Status make_header(const Plan *plan, const Options *options, const Text *bundle, Text *out) {
    HeaderJob job = {.out = out, .input = {.output = plan->output, .embed = options->embed}};
    const char *message = NULL;
    job.wrong = vgpu_view_open(&job.input.bundle, bundle->data, bundle->length);
    if (job.wrong == NULL && guard_run(print_header, &job, &message) != FATAL_NONE) {
        return fail(STATUS_FILE, "%s", message);
    }
    return job.wrong == NULL ? STATUS_FINE : report_bug(options, job.wrong, "");
}

typedef struct {
    Text *out;
    const VgpuView *view;
} ReflectJob;

static void print_reflection(void *arg) {
    ReflectJob *job = arg;
    bundle_print_json(job->out, job->view);
}

static Status make_reflection(const Options *options, const Text *bundle, Text *out) {
    VgpuView view;
    ReflectJob job = {out, &view};
    const char *message = NULL;
    const char *wrong = vgpu_view_open(&view, bundle->data, bundle->length);
    if (wrong == NULL && guard_run(print_reflection, &job, &message) != FATAL_NONE) {
        return fail(STATUS_FILE, "%s", message);
    }
    return wrong == NULL ? STATUS_FINE : report_bug(options, wrong, "");
}

/* Of all files together. */
static Status compile_bundle(const Plan *plan, const Options *options) {
    Arena arena = {0}, source_arena = {0};
    Text bundle = {.arena = &arena}, made = {.arena = &arena}, *result = &bundle;
    SourceMap sources = {.arena = &source_arena};
    Status status = bundle_make(&bundle, options, &sources);
    if (status == STATUS_FINE && plan->target->writer == WRITER_HEADER) {
        status = make_header(plan, options, &bundle, &made);
        result = &made;
    } else if (status == STATUS_FINE && plan->target->writer == WRITER_REFLECT) {
        status = make_reflection(options, &bundle, &made);
        result = &made;
    }
    if (status == STATUS_FINE) {
        status = write_file(plan->output, result->data, result->length);
    }
    if (status == STATUS_FINE && plan->dependency != NULL) {
        status = write_dependencies(plan, options, &sources);
    }
    arena_release(&arena);
    arena_release(&source_arena);
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
    Status status = choose_target(&common, arena, options);
    status = status == STATUS_FINE ? check_files(options, common.target) : status;
    status = status == STATUS_FINE ? check_passes(&common, &options->session) : status;
    Plan *plans = NEW_ARRAY(arena, Plan, count);
    if (common.target != NULL && is_of_all_files(common.target) && common.emit == EMIT_NONE) {
        count = count > 0 ? 1 : 0;
    }
    for (uint32_t i = 0; i < count && status == STATUS_FINE; i++) {
        plans[i] = common;
        status = choose_output(&plans[i], arena, options, options->operands.items[i]);
    }
    status = status == STATUS_FINE ? check_clash(plans, count, options) : status;
    if (status != STATUS_FINE) {
        return status;
    }
    if (is_of_all_files(common.target) && common.emit == EMIT_NONE) {
        return compile_bundle(&plans[0], options);
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
    Status worst = check_files(options, NULL);
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
