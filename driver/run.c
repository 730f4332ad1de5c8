/* `vittec-gpu run`: compiles, binds the kernel's parameters by name, runs, hands out what was asked for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/commands.h"
#include "driver/device_code.h"
#include "driver/report.h"
#include "driver/run_bundle.h"
#include "driver/run_report.h"
#include "driver/run_specs.h"
#include "driver/scalars.h"
#include "driver/targets.h"
#include "ir/base/fatal.h"

/* ---- the source and the kernel ---- */

/* `text` begins with a name and `separator`; gives what follows, NULL if not. */
static const char *after_name(const char *text, char separator) {
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    return length > 0 && text[length] == separator ? text + length + 1 : NULL;
}

static Status find_source(const Options *options, const char **source) {
    *source = NULL;
    for (uint32_t i = 0; i < options->operands.count; i++) {
        const char *operand = options->operands.items[i];
        if (after_name(operand, '=') != NULL) {
            continue;
        }
        if (*source != NULL) {
            return fail(STATUS_USAGE, "`run` takes one file and NAME=VALUE, found `%s`", operand);
        }
        *source = operand;
    }
    if (*source == NULL) {
        return fail(STATUS_USAGE, "no file to run; `vittec-gpu run --help` says more");
    }
    const Target *target = target_of_ending(*source);
    if (target != NULL && target->writer == WRITER_LATER) {
        return fail(STATUS_USAGE, "%s files are not built yet; `run` takes .vt, .vir and .vgpu",
                    path_ending(*source));
    }
    if (target != NULL && target->writer != WRITER_IR && target->writer != WRITER_BUNDLE) {
        return fail(STATUS_USAGE, "`%s` is no source file; `run` takes .vt, .vir and .vgpu",
                    *source);
    }
    return STATUS_FINE;
}

static Status choose_kernel(Run *run) {
    const char *wanted = run->options->kernel;
    const IrFunction *only = NULL;
    uint32_t count = 0;
    Text names = {.arena = &run->session.arena};
    for (const IrFunction *f = run->session.module->functions; f != NULL; f = f->next) {
        if (f->is_kernel) {
            text_printf(&names, "%s`%s`", count > 0 ? ", " : "", f->name->text);
            only = f;
            count++;
        }
    }
    if (wanted != NULL) {
        only = session_kernel(&run->session, wanted);
    }
    if (only == NULL) {
        return fail(STATUS_USAGE, "there is no kernel `%s`; there %s %s", wanted,
                    count == 1 ? "is" : "are", text_get(&names));
    }
    if (wanted == NULL && count > 1) {
        return fail(STATUS_USAGE, "there are several kernels; say --kernel: %s", text_get(&names));
    }
    run->kernel = ir_reflect(&run->session.arena, only);
    return run->bundle.path != NULL ? run_bundle_reflect(run) : STATUS_FINE;
}

/* ---- its parameters ---- */

static Status unknown_parameter(Run *run, const char *name, size_t length) {
    OptionList words = {0};
    Arena *arena = &run->session.arena;
    Text names = {.arena = arena};
    for (uint32_t i = 0; i < run_param_count(run); i++) {
        VEC_PUSH(arena, &words, run->kernel->params[i].name->text);
        text_printf(&names, "%s%s: ", i > 0 ? ", " : "", run->kernel->params[i].name->text);
        param_type_print(&names, &run->kernel->params[i]);
    }
    VEC_PUSH(arena, &words, NULL);
    const char *nearest = nearest_word(arena_copy_text(arena, name, length), words.items);
    return fail(STATUS_USAGE, "`%s` has no parameter `%.*s`%s%s%s (it has %s)",
                run->kernel->kernel->name->text, (int)length, name,
                nearest != NULL ? "; did you mean `" : "", nearest != NULL ? nearest : "",
                nearest != NULL ? "`?" : "", words.count > 1 ? text_get(&names) : "none");
}

Status run_find_param(Run *run, const char *name, size_t length, uint32_t *index) {
    for (*index = 0; *index < run_param_count(run); ++*index) {
        Name known = run->kernel->params[*index].name;
        if (known->length == length && memcmp(known->text, name, length) == 0) {
            return STATUS_FINE;
        }
    }
    return unknown_parameter(run, name, length);
}

static Status bind_one(Run *run, const char *operand, const char *text) {
    uint32_t index;
    size_t length = (size_t)(text - operand) - 1;
    Status status = run_find_param(run, operand, length, &index);
    if (status != STATUS_FINE) {
        return status;
    }
    if (run->values[index].bytes != NULL) {
        return fail(STATUS_USAGE, "`%.*s` is given twice", (int)length, operand);
    }
    Text error = {.arena = &run->session.arena};
    bool is_file;
    if (!value_make(&run->values[index], &run->kernel->params[index], index, text, &error,
                    &is_file)) {
        return fail(is_file ? STATUS_FILE : STATUS_USAGE, "%s", text_get(&error));
    }
    return STATUS_FINE;
}

/* Its count stays 0: it is no buffer that invocations are counted by. */
static Status bind_messages(Run *run) {
    if (run->kernel->messages == NULL) {
        return STATUS_FINE;
    }
    Value *value = &run->values[run->kernel->param_count - 1];
    value->size = (uint64_t)IR_MESSAGES_BUFFER_WORDS * sizeof(uint32_t);
    value->bytes = calloc(IR_MESSAGES_BUFFER_WORDS, sizeof(uint32_t));
    return value->bytes != NULL ? STATUS_FINE
                                : fail(STATUS_USAGE, "out of memory for what the kernel prints");
}

static Status bind_all(Run *run) {
    const ReflectKernel *kernel = run->kernel;
    Arena *arena = &run->session.arena;
    run->values = NEW_ARRAY(arena, Value, kernel->param_count);
    for (uint32_t i = 0; i < run->options->operands.count; i++) {
        const char *operand = run->options->operands.items[i];
        const char *text = after_name(operand, '=');
        Status status = text != NULL ? bind_one(run, operand, text) : STATUS_FINE;
        if (status != STATUS_FINE) {
            return status;
        }
    }
    RunArg *args = NEW_ARRAY(arena, RunArg, kernel->param_count);
    Status status = bind_messages(run);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        if (run->values[i].bytes == NULL) {
            Text type = {.arena = arena};
            param_type_print(&type, param);
            status = fail(STATUS_USAGE, "`%s`, %s, has no value; say %s=%s", param->name->text,
                          text_get(&type), param->name->text,
                          param->is_buffer               ? "zeros:N, for one"
                          : ir_is_composite(param->type) ? "@FILE.bin"
                                                         : "VALUE");
        }
        args[i] = (RunArg){run->values[i].bytes, run->values[i].size};
    }
    run->job.kernel = kernel;
    run->job.args = args;
    return status;
}

/* ---- the grid ---- */

static Status choose_grid(Run *run) {
    uint32_t *grid = run->job.grid;
    grid[0] = 0;
    grid[1] = grid[2] = 1;
    const char *text = run->options->grid;
    if (text == NULL) { /* one invocation for each element of the longest buffer */
        for (uint32_t i = 0; i < run->kernel->param_count; i++) {
            uint64_t count = run->kernel->params[i].is_buffer ? run->values[i].count : 0;
            grid[0] = count > grid[0] ? (uint32_t)count : grid[0];
        }
        return STATUS_FINE;
    }
    for (int axis = 0; axis < 3 && text != NULL; axis++) {
        const char *end = strchr(text, ',');
        uint64_t count;
        if (!scalar_parse(IR_U32, text, end != NULL ? (size_t)(end - text) : strlen(text),
                          &count)) {
            break;
        }
        grid[axis] = (uint32_t)count;
        text = end != NULL ? end + 1 : NULL;
    }
    if (text != NULL) {
        return fail(STATUS_USAGE, "`--grid` needs X, X,Y or X,Y,Z in invocations, not `%s`",
                    run->options->grid);
    }
    return STATUS_FINE;
}

/* ---- running ---- */

/* The device need not have what other kernels of the file ask for. */
static void keep_chosen(Run *run) {
    IrFunction **link = &run->session.module->functions;
    run->session.module->newest = NULL;
    while (*link != NULL) {
        bool keep = !(*link)->is_kernel || *link == run->kernel->kernel;
        if (keep) {
            link = &(*link)->next;
        } else {
            *link = (*link)->next;
        }
    }
}

static Status run_on_device(Run *run) {
    Session *session = &run->session;
    const Device *device = &run->device;
    const VtgDeviceInfo *info = vtg_device_get_info(device->device);
    keep_chosen(run);
    DeviceCode code;
    Status status = device_code_make(session, run->kernel->kernel, &code);
    if (status != STATUS_FINE) {
        return report_session(session, run->options, status);
    }
    VtgStatus result = run_kernel_device(device->device, session->module, &code, &run->job);
    if (result == VTG_OK) {
        return STATUS_FINE;
    }
    const char *what =
        arena_printf(&session->arena, "`%s` on %s", run->kernel->kernel->name->text, info->name);
    status = device_failed(device, what, result);
    return status == STATUS_BUG
               ? report_bug(run->options, "the runtime refused the kernel or its arguments", "")
               : status;
}

typedef struct {
    Run *run;
    Text why;
    InterpStatus status;
} Interpretation;

static void interpret(void *arg) {
    Interpretation *job = arg;
    fatal_context("interpreter");
    job->status = run_kernel_interp(job->run->session.module, &job->run->job, &job->why);
}

static Status run_on_interpreter(Run *run) {
    Interpretation job = {run, {.arena = &run->session.arena}, INTERP_OK};
    const char *message;
    switch (guard_run(interpret, &job, &message)) {
    case FATAL_NONE:
        break;
    case FATAL_MEMORY:
        return fail(STATUS_DEVICE, "the interpreter has not enough memory for this");
    case FATAL_BUG:
        return report_bug(run->options, message, "");
    }
    switch (job.status) {
    case INTERP_OK:
        return STATUS_FINE;
    case INTERP_MISUSE:
        return fail(STATUS_USAGE, "%s", text_get(&job.why));
    default:
        return report_bug(run->options, "the interpreter stopped", text_get(&job.why));
    }
}

static Status run_job(Run *run) {
    const Options *options = run->options;
    run->job.repeat = options->repeat;
    run->job.profile_out = options->profile_out;
    run->job.messages = NEW(&run->session.arena, IrMessages);
    run->job.messages->arena = &run->session.arena;
    if (options->check_races) {
        run->job.findings = NEW(&run->session.arena, InterpFindings);
        run->job.findings->arena = &run->session.arena;
    }
    run->job.nanoseconds =
        NEW_ARRAY(&run->session.arena, uint64_t, options->repeat > 0 ? options->repeat : 1);
    const Device *device = &run->device;
    bool on_device = device->device != NULL;
    if (options->session.remarks && !on_device && !options->check_races) {
        run->job.tally = NEW(&run->session.arena, InterpTally);
    }
    run->device_name =
        on_device ? vtg_device_get_info(device->device)->name : "the reference interpreter";
    Status status = run->bundle.path != NULL ? run_bundle_dispatch(run)
                    : on_device              ? run_on_device(run)
                                             : run_on_interpreter(run);
    if (status == STATUS_FINE && options->validate && device->instance != NULL &&
        vtg_instance_validation_messages(device->instance) > 0) {
        status = report_bug(options, "the validation layer had something to say", "");
    }
    if (status == STATUS_FINE) {
        run->verdict = run_report(run);
    }
    return status;
}

static bool is_interp(const Options *options) {
    return options->device != NULL && strcmp(options->device, "interp") == 0;
}

static Status check_options(const Options *options, bool is_bundle) {
    if (options->check_races && !is_interp(options)) {
        return fail(STATUS_USAGE, "--check-races needs --device=interp");
    }
    if (options->profile_out != NULL && is_interp(options)) {
        return fail(STATUS_USAGE,
                    "--profile-out is for devices; the interpreter has no times to show");
    }
    if (options->variants.count > 0 && !is_bundle) {
        return fail(STATUS_USAGE, "--variant goes with a bundle; say -D for a source");
    }
    if (options->check_races && options->repeat > 0) {
        return fail(STATUS_USAGE, "--check-races runs once: leave out --repeat");
    }
    return STATUS_FINE;
}

/* Before the module is lowered: not every device wants the same of it. */
static Status open_device(Run *run) {
    Status status = device_open(&run->device, run->options->device, run->options->validate);
    if (status == STATUS_FINE && run->device.device != NULL) {
        status = device_code_prepare(&run->session.options, vtg_device_get_info(run->device.device),
                                     run->options->target);
    }
    return status;
}

static Status compile(Run *run, const char *source) {
    Session *session = &run->session;
    SessionOptions options = run->options->session;
    options.prints = is_interp(run->options) ? PRINTS_KEPT : PRINTS_LOWERED;
    session_open(session, &options);
    Status status = session_load_file(session, source);
    status = status == STATUS_FINE ? session_need_kernel(session) : status;
    if (status == STATUS_FINE) {
        run_note_specs(run);
        status = open_device(run);
    }
    if (status == STATUS_FINE && !run->options->check_races) { /* it looks at what was written */
        status = session_lower(session);
    }
    return report_session(session, run->options, status);
}

Status command_run(const Options *options) {
    const char *source;
    Run run = {.options = options};
    Status status = find_source(options, &source);
    bool is_bundle = status == STATUS_FINE && strcmp(path_ending(source), ".vgpu") == 0;
    status = status == STATUS_FINE ? check_options(options, is_bundle) : status;
    if (status != STATUS_FINE) {
        return status;
    }
    static Status (*const steps[])(Run *run) = {
        choose_kernel,     run_choose_specs, bind_all,          choose_grid,
        run_check_outputs, run_job,          run_write_outputs,
    };
    status = is_bundle ? run_bundle_open(&run, source) : compile(&run, source);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == STATUS_FINE; i++) {
        status = steps[i](&run);
    }
    for (uint32_t i = 0; run.values != NULL && i < run.kernel->param_count; i++) {
        value_free(&run.values[i]);
    }
    run_bundle_close(&run);
    device_close(&run.device);
    session_close(&run.session);
    return worse(status, run.verdict);
}
