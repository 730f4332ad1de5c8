/* See session.h; what comes out is in session_write.c. Every step runs under a guard (ir/base/fatal.h), so a broken invariant or a lack of memory anywhere
 * below becomes a status here. */
#include "driver/session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/file.h"
#include "driver/profile.h"
#include "driver/session_parts.h"
#include "driver/targets.h"
#include "ir/base/fatal.h"
#include "ir/races.h"
#include "ir/remarks.h"
#include "ir/text.h"
#include "ir/uniformity.h"
#include "ir/verify.h"

#ifdef VT_DEBUG
enum { ALWAYS_VERIFY = 1 };
#else
enum { ALWAYS_VERIFY = 0 };
#endif

void session_open(Session *session, const SessionOptions *options) {
    *session = (Session){0};
    if (options != NULL) {
        session->options = *options;
    }
    session->options.verify |= ALWAYS_VERIFY;
    session->names.arena = &session->arena;
    session->sources.arena = &session->arena;
    session->dump.arena = session->detail.arena = &session->arena;
    diags_init(&session->diags, &session->arena, &session->sources);
    session->diags.max_errors = session->options.max_errors;
    session->diags.wants_remarks = session->options.remarks;
    for (int i = WARN_NONE + 1; i < WARN_COUNT; i++) {
        const WarningChoice *choice = &session->options.warnings[i];
        if (choice->state != WARNING_DEFAULT) {
            session->diags.off[i] = choice->state == WARNING_OFF;
        }
        session->diags.as_error[i] = choice->is_error;
    }
}

void session_close(Session *session) {
    arena_release(&session->arena);
    free(session->failure);
    free(session->loaded);
    free(session->modules.reading);
    *session = (Session){0};
}

/* ---- failures ---- */

static void report_memory(void *arg) {
    Session *session = arg;
    diag_report(&session->diags, (Span){0}, D(NEEDS_TOO_MUCH_MEMORY), session->arena.total >> 20);
}

/* The report of too little memory needs some: the arena's limit is raised for it. When even that is not to be had, what
 * was collected goes. */
static Status out_of_memory(Session *session) {
    const char *message;
    size_t limit = session->arena.limit != 0 ? session->arena.limit : ARENA_DEFAULT_LIMIT;
    session->arena.limit = limit + limit / 4;
    if (guard_run(report_memory, session, &message) != FATAL_NONE) {
        Arena *arena = &session->arena;
        arena_release(arena);
        diags_init(&session->diags, arena, &session->sources);
        session->sources = (SourceMap){.arena = arena};
        session->dump = session->detail = (Text){.arena = arena};
        session->phases.count = session->phases.capacity = 0;
        session->diags.errors = 1; /* printed without a text if this fails, too */
        guard_run(report_memory, session, &message);
    }
    return STATUS_SOURCE;
}

Status session_guard(Session *session, void (*fn)(void *), void *arg) {
    const char *message;
    switch (guard_run(fn, arg, &message)) {
    case FATAL_NONE:
        break;
    case FATAL_MEMORY:
        return out_of_memory(session);
    case FATAL_BUG:
        free(session->failure);
        session->failure = strdup(message);
        return STATUS_BUG;
    }
    if (session->failure != NULL) {
        return STATUS_FILE;
    }
    return session->diags.errors > 0 ? STATUS_SOURCE : STATUS_FINE;
}

/* ---- times ---- */

uint64_t session_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void session_add_phase(Session *session, const char *name, uint64_t *start) {
    if (session->options.time) {
        uint64_t end = session_now();
        VEC_PUSH(&session->arena, &session->phases, (SessionPhase){name, end - *start});
        *start = end;
    }
}

/* ---- from a file to IR ---- */

typedef struct {
    Session *session;
    const char *text, *name;
    size_t length;
    bool is_ir, stop; /* stop: when the file was read */
} Load;

static void add_file(Load *load) {
    Session *session = load->session;
    session->file = source_add(&session->sources, load->name, load->text, load->length);
    if (session->file == NULL) {
        diag_report(&session->diags, (Span){0}, D(SOURCE_TOO_LARGE), load->name,
                    SOURCE_MAX_BYTES >> 20);
    }
}

static void check_frontend_ir(Session *session) {
    fatal_context("front end");
    if (session->options.verify && !ir_verify(session->module, &session->detail, NULL)) {
        BUG("the IR is not valid");
    }
}

/* What must hold whatever the passes do later. */
static void check_together(Session *session, uint64_t *start) {
    if (session->module != NULL && session->diags.errors == 0) {
        fatal_context("uniformity");
        ir_check_uniformity(session->module);
        session_add_phase(session, "uniformity", start);
        if (session->diags.errors == 0) {
            fatal_context("race check");
            ir_check_races(session->module);
            session_add_phase(session, "race check", start);
        }
    }
}

static void compile(Load *load) {
    Session *session = load->session;
    uint64_t start = session_now();
    fatal_context("parser");
    session->ast = ast_parse(&session->arena, &session->names, &session->diags, session->file);
    session_add_phase(session, "parse", &start);
    fatal_context("front end");
    FrontendOptions options = session->options.frontend;
    options.debug = session->options.debug;
    session->module =
        frontend_lower(&session->arena, &session->names, &session->diags, session->ast, &options);
    session_add_phase(session, "check and lower", &start);
    if (session->diags.errors == 0) {
        check_frontend_ir(session);
    }
    check_together(session, &start);
}

/* --entry for IR text, where no front end does it. */
static void keep_entries(Session *session) {
    const FrontendOptions *frontend = &session->options.frontend;
    for (unsigned i = 0; i < frontend->entry_count; i++) {
        if (session_kernel(session, frontend->entries[i]) == NULL) {
            diag_report(&session->diags, (Span){0}, D(UNKNOWN_ENTRY), frontend->entries[i]);
        }
    }
    session->module->newest = NULL;
    for (IrFunction **link = &session->module->functions; *link != NULL;) {
        bool keep = !(*link)->is_kernel || frontend->entry_count == 0;
        for (unsigned i = 0; i < frontend->entry_count; i++) {
            keep |= strcmp((*link)->name->text, frontend->entries[i]) == 0;
        }
        if (keep) {
            link = &(*link)->next;
        } else {
            *link = (*link)->next;
        }
    }
}

static void parse_ir(Load *load) {
    Session *session = load->session;
    uint64_t start = session_now();
    fatal_context("IR parser");
    session->module = ir_parse(&session->arena, &session->names, &session->diags, session->file);
    session_add_phase(session, "parse IR", &start);
    if (session->module != NULL) {
        keep_entries(session);
    }
    check_together(session, &start);
    if (session->options.frontend.defines != NULL) {
        diag_report(&session->diags, (Span){0}, D(UNKNOWN_DEFINE),
                    session->options.frontend.defines->name);
    }
}

static void load_text(void *arg) {
    Load *load = arg;
    if (load->session->file == NULL) {
        add_file(load);
    }
    if (load->session->file != NULL && !load->stop) {
        (load->is_ir ? parse_ir : compile)(load);
    }
}

/* Modules are looked for beside the file, and in the folders of the options. */
static void use_modules(Session *session) {
    session->modules = (Modules){
        .arena = &session->arena,
        .sources = &session->sources,
        .folders = session->options.folders,
        .folder_count = session->options.folder_count,
    };
    modules_add_root(&session->modules, session->file);
    session->options.frontend.loader = (FrontendLoader){modules_load, &session->modules};
}

static void load_file(void *arg) {
    Load *load = arg;
    Session *session = load->session;
    uint64_t start = session_now();
    FileBytes bytes;
    switch (file_read(load->name, SOURCE_MAX_BYTES, &bytes)) {
    case FILE_FINE:
        break;
    case FILE_TOO_LARGE:
        diag_report(&session->diags, (Span){0}, D(SOURCE_TOO_LARGE), file_name(load->name),
                    SOURCE_MAX_BYTES >> 20);
        return;
    case FILE_NO_MEMORY:
        fatal_memory();
    case FILE_FAILED:
        session->failure = file_error("cannot read", load->name);
        return;
    }
    load->is_ir = strcmp(path_ending(load->name), ".vir") == 0;
    load->name = file_name(load->name);
    load->text = session->loaded = bytes.data;
    load->length = bytes.size;
    add_file(load);
    if (session->file != NULL) {
        use_modules(session);
    }
    session_add_phase(session, "read", &start);
    load_text(load);
}

Status session_compile_source(Session *session, const char *text, size_t length, const char *name) {
    Load load = {.session = session, .text = text, .name = name, .length = length};
    return session_guard(session, load_text, &load);
}

Status session_load_ir(Session *session, const char *text, size_t length, const char *name) {
    Load load = {session, text, name, length, .is_ir = true};
    return session_guard(session, load_text, &load);
}

Status session_load_file(Session *session, const char *path) {
    Load load = {.session = session, .name = path};
    return session_guard(session, load_file, &load);
}

Status session_read_file(Session *session, const char *path) {
    Load load = {.session = session, .name = path, .stop = true};
    return session_guard(session, load_file, &load);
}

static void parse_file(void *arg) {
    Session *session = arg;
    fatal_context("parser");
    session->ast = ast_parse(&session->arena, &session->names, &session->diags, session->file);
}

Status session_parse_file(Session *session, const char *path) {
    Status status = session_read_file(session, path);
    return status == STATUS_FINE ? session_guard(session, parse_file, session) : status;
}

/* ---- passes ---- */

static const IrPass *const no_passes[] = {NULL};

const IrPass *const *session_pipeline(const SessionOptions *options) {
    if (options->stop_after != NULL && strcmp(options->stop_after, SESSION_FRONTEND) == 0) {
        return no_passes;
    }
    if (options->pipeline != NULL) {
        return options->pipeline;
    }
    return options->level == 0   ? ir_pipeline_O0
           : options->level == 1 ? ir_pipeline_O1
                                 : ir_pipeline_O2;
}

bool session_run_pipeline(Session *session, const IrPass *const *pipeline) {
    const SessionOptions *options = &session->options;
    IrPassOptions passes = {
        .verify = options->verify,
        .dump_after = options->dump_after,
        .stop_after = options->stop_after,
        .dump = &session->dump,
        .time = options->time,
        .leave_out = options->leave_out,
        .trust_bounds = options->bounds == BOUNDS_TRUST,
        .float_atomics = options->atomic_float,
        .narrow = options->narrow,
        .prints = options->prints,
    };
    bool fine = ir_run_passes(session->module, pipeline, &passes);
    for (uint32_t i = 0; i < passes.times.count; i++) {
        const IrPassTime *time = &passes.times.items[i];
        VEC_PUSH(&session->arena, &session->phases, (SessionPhase){time->name, time->nanoseconds});
    }
    return fine;
}

static void run_passes(void *arg) {
    Session *session = arg;
    const SessionOptions *options = &session->options;
    const char *dump_after = options->dump_after;
    if (dump_after != NULL &&
        (strcmp(dump_after, SESSION_FRONTEND) == 0 || strcmp(dump_after, "all") == 0)) {
        text_add(&session->dump, "// after " SESSION_FRONTEND "\n");
        ir_print(&session->dump, session->module, NULL);
    }
    static const IrPass *const before[] = {&pass_single_lanes, NULL};
    bool fine = (!options->no_subgroups || session_run_pipeline(session, before)) &&
                session_run_pipeline(session, session_pipeline(options));
    bool whole = options->stop_after == NULL && options->pipeline == NULL;
    if (fine && whole && options->remarks) {
        ir_remark_bounds(session->module);
    }
    if (fine && whole && options->verify) {
        fatal_context("the last pass");
        if (!ir_verify_lowered(session->module, &session->detail, NULL)) {
            BUG("the IR is valid, but not lowered");
        }
    }
    if (fine && whole && options->profiles != 0) {
        fatal_context("the profile");
        profiles_check(session);
    }
}

Status session_lower(Session *session) {
    return session_guard(session, run_passes, session);
}

/* ---- kernels ---- */

const IrFunction *session_kernel(const Session *session, const char *name) {
    for (const IrFunction *f = session->module->functions; f != NULL; f = f->next) {
        if (f->is_kernel && strcmp(f->name->text, name) == 0) {
            return f;
        }
    }
    return NULL;
}

static void need_kernel(void *arg) {
    Session *session = arg;
    const IrFunction *f = session->module->functions;
    while (f != NULL && !f->is_kernel) {
        f = f->next;
    }
    if (f == NULL) {
        diag_report(&session->diags, (Span){0}, D(NO_KERNEL), session->file->path);
    }
}

Status session_need_kernel(Session *session) {
    return session_guard(session, need_kernel, session);
}
