/* See bundle_jobs.h. */
#include "driver/bundle_jobs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report.h"
#include "ir/base/fatal.h"
#include "runtime-min/vgpu_format.h"

/* ---- one compilation ---- */

typedef struct {
    BundleJob *job;
    Session session;
    BundleSpecTypes specs;
    IrFunction *kernel; /* the one at hand */
    DeviceCode code;
    FILE *said, *told;
} Compiling;

/* The file's name without folders; its bytes and those of all that it uses. */
static void note_source(Compiling *c) {
    BundleJob *job = c->job;
    const char *slash = strrchr(job->path, '/');
    job->source = (BundleSource){.name = slash != NULL ? slash + 1 : job->path,
                                 .size = c->session.file->length};
    for (uint32_t i = 0; i < c->session.sources.files.count; i++) {
        const SourceFile *file = c->session.sources.files.items[i];
        if (!file->is_option) {
            job->source.hash =
                vgpu_hash_seeded((const unsigned char *)file->text, file->length, job->source.hash);
            VEC_PUSH(&job->arena, &job->used,
                     arena_copy_text(&job->arena, file->path, strlen(file->path)));
        }
    }
}

/* Of a side of a workgroup, or the length of a shared array. */
static bool is_size(const IrModule *module, const IrSpec *spec) {
    for (const IrFunction *f = module->functions; f != NULL; f = f->next) {
        for (int axis = 0; axis < 3; axis++) {
            if (f->workgroup_spec[axis] == spec) {
                return true;
            }
        }
        for (const IrInst *inst = f->body.first; inst != NULL; inst = inst->next) {
            if (ir_shared_length(inst) == spec) {
                return true;
            }
        }
    }
    return false;
}

/* Metal and OpenCL must know sizes: what they are made of keeps its default, and so does what the command line gave a
 * value. */
static void fix_sizes(Session *session) {
    VEC(const IrSpec *) specs = {0};
    for (const IrSpec *spec = session->module->specs; spec != NULL; spec = spec->next) {
        if (is_size(session->module, spec)) {
            VEC_PUSH(&session->arena, &specs, spec);
        }
    }
    for (uint32_t i = 0; i < specs.count; i++) {
        msl_fix_spec(session->module, specs.items[i]->name->text);
    }
    const FrontendDefine *define = session->options.frontend.defines;
    for (; define != NULL; define = define->next) {
        msl_fix_spec(session->module, define->name);
    }
}

/* Between front end and passes. */
static void prepare(void *arg) {
    Compiling *c = arg;
    bundle_note_specs(&c->session.arena, c->session.module, &c->specs);
    Writer writer = c->job->target->target->writer;
    if (writer == WRITER_MSL || writer == WRITER_OPENCL_SPIRV) {
        fix_sizes(&c->session);
    }
}

static void describe(void *arg) {
    Compiling *c = arg;
    BundleKernel *about = NEW(&c->job->arena, BundleKernel);
    bundle_describe(&c->job->arena, c->session.module, c->kernel, &c->specs, about);
    about->source = c->job->file;
    VEC_PUSH(&c->job->arena, &c->job->kernels, (BundleJobKernel){about, NULL});
}

static void describe_code(void *arg) {
    Compiling *c = arg;
    BundleCode *code = NEW(&c->job->arena, BundleCode);
    bundle_describe_code(&c->job->arena, c->job->target->name, &c->code, code);
    c->job->kernels.items[c->job->kernels.count - 1].code = code;
}

/* The first error of those from `first` on, if all say that the target lacks something. */
static const Diag *what_lacks(const Diags *diags, uint32_t first) {
    const Diag *found = NULL;
    for (uint32_t i = first; i < diags->list.count; i++) {
        const Diag *diag = diags->list.items[i];
        if (diag->severity == SEVERITY_ERROR) {
            if (strncmp(diag_rows[diag->id].code, "E10", 3) != 0) {
                return NULL;
            }
            found = found == NULL || diag->span.start < found->span.start ? diag : found;
        }
    }
    return found;
}

typedef struct {
    Compiling *c;
    const Diag *why;
} LeftOut;

static void warn_left_out(void *arg) {
    LeftOut *left = arg;
    diag_report(&left->c->session.diags, left->why->span, D(KERNEL_LEFT_OUT),
                left->c->kernel->name->text, left->c->job->target->name, left->why->text);
}

/* One kernel's code. Where the target lacks something for it, errors become a warning, unless the target is required. */
static Status compile_kernel(Compiling *c) {
    Session *session = &c->session;
    uint32_t first = session->diags.list.count;
    Status status = session_guard(session, describe, c);
    if (status != STATUS_FINE) {
        return status;
    }
    status = target_code_make(session, c->job->target->target, c->kernel, &c->code);
    if (status == STATUS_FINE) {
        return session_guard(session, describe_code, c);
    }
    const Diag *why = status == STATUS_SOURCE ? what_lacks(&session->diags, first) : NULL;
    if (why == NULL || c->job->target->required) {
        return status;
    }
    LeftOut left = {c, why};
    session->diags.list.count = first;
    session->diags.errors = 0;
    bool quiet = c->job->target->quiet || (c->kernel->allowed >> WARN_TARGET_OMITTED & 1) != 0;
    return quiet ? STATUS_FINE : session_guard(session, warn_left_out, &left);
}

static Status compile_file(Compiling *c, const char *entry);

/* Of the constants of a file only those that the kernel uses: what others are makes no other code of it. */
static void keep_specs(Compiling *c, IrSpec *const *specs, uint32_t count) {
    IrSpec **last = &c->session.module->specs;
    for (uint32_t i = 0; i < count; i++) {
        if (bundle_uses_spec(c->session.module, c->kernel, specs[i])) {
            *last = specs[i];
            last = &specs[i]->next;
        }
    }
    *last = NULL;
}

/* A module with the procs and one kernel at a time. Passes of a target change procs, and so they do but once: where some
 * were left, each kernel is compiled apart. */
static Status compile_kernels(Compiling *c, bool apart) {
    IrModule *module = c->session.module;
    VEC(IrFunction *) kernels = {0};
    IrFunction *procs = NULL, **last = &procs;
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        if (f->is_kernel) {
            VEC_PUSH(&c->session.arena, &kernels, f);
        } else {
            *last = f;
            last = &f->next;
        }
    }
    VEC(IrSpec *) specs = {0};
    for (IrSpec *spec = module->specs; spec != NULL; spec = spec->next) {
        VEC_PUSH(&c->session.arena, &specs, spec);
    }
    bool split = !apart && procs != NULL && kernels.count > 1;
    Status status = STATUS_FINE;
    for (uint32_t i = 0; i < kernels.count && status == STATUS_FINE; i++) {
        if (split) {
            Compiling own = {.job = c->job, .said = c->said, .told = c->told};
            status = compile_file(&own, kernels.items[i]->name->text);
            continue;
        }
        c->kernel = kernels.items[i];
        *last = c->kernel;
        c->kernel->next = NULL;
        module->functions = procs;
        module->newest = NULL;
        keep_specs(c, specs.items, specs.count);
        status = compile_kernel(c);
    }
    return status;
}

/* `entry` NULL: all kernels. */
static Status compile_file(Compiling *c, const char *entry) {
    const BundleJob *job = c->job;
    Session *session = &c->session;
    SessionOptions options = job->target->session;
    options.frontend.defines = job->defines;
    options.frontend.entries = entry != NULL ? &entry : options.frontend.entries;
    options.frontend.entry_count = entry != NULL ? 1 : options.frontend.entry_count;
    session_open(session, &options);
    Status status = session_load_file(session, job->path);
    status = status == STATUS_FINE ? session_need_kernel(session) : status;
    status = status == STATUS_FINE ? session_guard(session, prepare, c) : status;
    status = status == STATUS_FINE ? session_lower(session) : status;
    if (session->file != NULL && entry == NULL) {
        note_source(c);
    }
    bool fine = status == STATUS_FINE;
    if (entry == NULL || !fine) { /* apart, it was said before */
        status = report_session_on(c->said, session, job->options, status);
    }
    session->diags.list.count = 0;
    if (fine) {
        status = compile_kernels(c, entry != NULL);
        status = report_session_on(c->told, session, job->options, status);
    }
    session_close(session);
    return status;
}

static void compile_all(void *arg) {
    Compiling *c = arg;
    c->job->status = compile_file(c, NULL);
}

static void run_job(BundleJob *job) {
    size_t size;
    const char *message;
    Compiling c = {.job = job};
    job->status = STATUS_FILE;
    c.said = open_memstream(&job->said, &size);
    c.told = open_memstream(&job->told, &size);
    if (c.said != NULL && c.told != NULL) {
        if (guard_run(compile_all, &c, &message) != FATAL_NONE) {
            fprintf(c.told, "vittec-gpu: %s\n", message);
            session_close(&c.session);
        }
    }
    if (c.said != NULL) {
        fclose(c.said);
    }
    if (c.told != NULL) {
        fclose(c.told);
    }
}

void bundle_job_free(BundleJob *job) {
    arena_release(&job->arena);
    free(job->said);
    free(job->told);
}

/* ---- several at a time ---- */

typedef struct {
    BundleJob *jobs;
    uint32_t count;
    atomic_uint next;
} Pool;

/* LLVM's SPIR-V target works in a child, which has of the process one thread, and the locks of all. */
static bool is_alone(const BundleJob *job) {
    return job->target->target->writer == WRITER_OPENCL_SPIRV;
}

static void *work(void *arg) {
    Pool *pool = arg;
    for (;;) {
        uint32_t i = atomic_fetch_add(&pool->next, 1);
        if (i >= pool->count) {
            return NULL;
        }
        if (!is_alone(&pool->jobs[i])) {
            run_job(&pool->jobs[i]);
        }
    }
}

/* Passes recurse as deep as sources nest; a thread has as much room for that as the first one usually has, twice. */
enum { STACK_BYTES = 16 << 20, MOST_THREADS = 256 };

void bundle_jobs_run(BundleJob *jobs, uint32_t count, unsigned threads) {
    Pool pool = {.jobs = jobs, .count = count};
    pthread_t started[MOST_THREADS];
    unsigned others = 0;
    unsigned wanted = threads < count ? threads : count;
    wanted = wanted < MOST_THREADS ? wanted : MOST_THREADS;
    pthread_attr_t attributes;
    if (wanted > 1 && pthread_attr_init(&attributes) == 0) {
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        while (others + 1 < wanted &&
               pthread_create(&started[others], &attributes, work, &pool) == 0) {
            others++;
        }
        pthread_attr_destroy(&attributes);
    }
    work(&pool);
    for (unsigned i = 0; i < others; i++) {
        pthread_join(started[i], NULL);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (is_alone(&jobs[i])) {
            run_job(&jobs[i]);
        }
    }
}
