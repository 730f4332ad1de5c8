/* See bundle.h. Plans which files, variants and targets there are, has them compiled (bundle_jobs.h), tells what there is
 * to tell, and puts it together (bundle_write.h). */
#include "driver/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/bundle_jobs.h"
#include "driver/report.h"
#include "driver/target_choice.h"
#include "driver/variants.h"
#include "driver/version.h"

/* Unless --targets says otherwise: for each API what most of its devices take. The one without
 * subgroups is a second chance, and nothing is said of it. Why SPIR-V for OpenCL is not here: docs/integration.md. */
static const char default_targets[] = "vulkan1.1,opencl-c1.2,wgsl,wgsl+no-subgroups,msl2.4";

typedef struct {
    const char *path;
    OptionList constants; /* its top-level constants, where anyone asks */
    bool constants_known;
} File;

typedef struct {
    const Options *options;
    Arena *arena;
    File *files;
    uint32_t file_count;
    VEC(BundleTarget) targets;
    VEC(Variant) variants;
    BundleJob *jobs; /* by file, variant, target */
    uint32_t job_count;
    OptionList told; /* what was printed */
} Plan;

/* ---- targets ---- */

/* Calls `fn` for each part of a list with commas. */
static Status each_part(Plan *plan, const char *list, Status (*fn)(Plan *plan, const char *part)) {
    Status status = STATUS_FINE;
    for (const char *at = list; at != NULL && status == STATUS_FINE;) {
        size_t length = strcspn(at, ",");
        status = fn(plan, arena_copy_text(plan->arena, at, length));
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return status;
}

/* The name of a target in bundles: never its alias. */
static Status choose(Plan *plan, const char *text, BundleTarget *target) {
    target->session = plan->options->session;
    Status status = target_choose(plan->arena, text, &target->target, &target->session);
    if (status == STATUS_FINE) {
        const char *features = strchr(text, '+');
        target->name = arena_printf(plan->arena, "%s%s", target->target->name,
                                    features != NULL ? features : "");
    }
    return status;
}

static BundleTarget *find_target(const Plan *plan, const char *name) {
    for (uint32_t i = 0; i < plan->targets.count; i++) {
        if (strcmp(plan->targets.items[i].name, name) == 0) {
            return &plan->targets.items[i];
        }
    }
    return NULL;
}

static Status add_target(Plan *plan, const char *text) {
    BundleTarget target = {0};
    Status status = choose(plan, text, &target);
    if (status != STATUS_FINE) {
        return status;
    }
    if (target.target->writer == WRITER_LATER) {
        return target_not_built(target.target);
    }
    if (!target_code_exists(target.target) || target.target->writer == WRITER_LLVM) {
        return fail(STATUS_USAGE, "--targets: no device runs `%s`", text);
    }
    if (find_target(plan, target.name) != NULL) {
        return fail(STATUS_USAGE, "--targets: `%s` is there twice", target.name);
    }
    target_code_prepare(&target.session, target.target);
    target.quiet = plan->options->targets == NULL && strchr(text, '+') != NULL;
    VEC_PUSH(plan->arena, &plan->targets, target);
    return STATUS_FINE;
}

static Status require_target(Plan *plan, const char *text) {
    BundleTarget target = {0};
    Status status = choose(plan, text, &target);
    if (status != STATUS_FINE) {
        return status;
    }
    BundleTarget *found = find_target(plan, target.name);
    if (found == NULL) {
        return fail(STATUS_USAGE,
                    "--require: `%s` is no target of this bundle; name it in --targets",
                    target.name);
    }
    found->required = true;
    return STATUS_FINE;
}

/* ---- variants ---- */

/* The source's own values are always there, as the variant "". */
static Status add_variants(Plan *plan) {
    VEC_PUSH(plan->arena, &plan->variants, (Variant){"", NULL});
    for (uint32_t i = 0; i < plan->options->variants.count; i++) {
        Variant variant;
        Status status = variant_read(plan->arena, plan->options->variants.items[i], &variant);
        if (status != STATUS_FINE) {
            return status;
        }
        for (uint32_t k = 0; k < plan->variants.count; k++) {
            if (strcmp(plan->variants.items[k].text, variant.text) == 0) {
                return fail(STATUS_USAGE, "the variant `%s` is there twice", variant.text);
            }
        }
        VEC_PUSH(plan->arena, &plan->variants, variant);
    }
    return STATUS_FINE;
}

/* ---- files, and which values are theirs ---- */

/* Of several files, not each has the constants that -D and --variant set. What is wrong with the file is told when it is
 * compiled. */
static void find_constants(Plan *plan, File *file) {
    Session session;
    session_open(&session, NULL);
    if (session_parse_file(&session, file->path) == STATUS_FINE) {
        for (const Decl *decl = session.ast->decls; decl != NULL; decl = decl->next) {
            if (decl->kind == DECL_CONST) {
                VEC_PUSH(
                    plan->arena, &file->constants,
                    arena_copy_text(plan->arena, decl->name.name->text, decl->name.name->length));
            }
        }
        file->constants_known = true;
    }
    session_close(&session);
}

static bool has_constant(const File *file, const char *name) {
    for (uint32_t i = 0; i < file->constants.count; i++) {
        if (strcmp(file->constants.items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* A name that no file has is left to each of them, to be told. */
static bool is_meant(const Plan *plan, const File *file, const char *name) {
    if (plan->file_count == 1 || !file->constants_known || has_constant(file, name)) {
        return true;
    }
    for (uint32_t i = 0; i < plan->file_count; i++) {
        if (has_constant(&plan->files[i], name)) {
            return false;
        }
    }
    return true;
}

/* Those of -D and of the variant that the file has; the variant's count where both set one. */
static const FrontendDefine *defines_of(const Plan *plan, const File *file,
                                        const Variant *variant) {
    const FrontendDefine *lists[] = {plan->options->session.frontend.defines, variant->defines};
    FrontendDefine *first = NULL, **link = &first;
    for (int i = 0; i < 2; i++) {
        for (const FrontendDefine *define = lists[i]; define != NULL; define = define->next) {
            bool is_overruled = false;
            for (const FrontendDefine *v = variant->defines; i == 0 && v != NULL; v = v->next) {
                is_overruled |= strcmp(v->name, define->name) == 0;
            }
            if (!is_overruled && is_meant(plan, file, define->name)) {
                *link = NEW(plan->arena, FrontendDefine);
                **link = (FrontendDefine){define->name, define->value, NULL};
                link = (FrontendDefine **)&(*link)->next;
            }
        }
    }
    return first;
}

static Status add_files(Plan *plan) {
    const OptionList *operands = &plan->options->operands;
    bool ask = operands->count > 1 && (plan->options->session.frontend.defines != NULL ||
                                       plan->options->variants.count > 0);
    plan->file_count = operands->count;
    plan->files = NEW_ARRAY(plan->arena, File, operands->count);
    for (uint32_t i = 0; i < operands->count; i++) {
        plan->files[i].path = operands->items[i];
        if (strcmp(operands->items[i], "-") == 0) {
            return fail(STATUS_USAGE, "a bundle is made of files: standard input is read but once");
        }
        if (ask) {
            find_constants(plan, &plan->files[i]);
        }
    }
    return STATUS_FINE;
}

/* ---- compiling ---- */

static BundleJob *job_of(const Plan *plan, uint32_t file, uint32_t variant, uint32_t target) {
    return &plan->jobs[(file * plan->variants.count + variant) * plan->targets.count + target];
}

static Status add_jobs(Plan *plan) {
    uint64_t count = (uint64_t)plan->file_count * plan->variants.count * plan->targets.count;
    enum { MOST_JOBS = 1000000 };
    if (count > MOST_JOBS) {
        return fail(STATUS_USAGE, "files, variants and targets make more than %d compilations",
                    MOST_JOBS);
    }
    plan->job_count = (uint32_t)count;
    plan->jobs = NEW_ARRAY(plan->arena, BundleJob, plan->job_count);
    for (uint32_t f = 0; f < plan->file_count; f++) {
        for (uint32_t v = 0; v < plan->variants.count; v++) {
            const FrontendDefine *defines =
                defines_of(plan, &plan->files[f], &plan->variants.items[v]);
            for (uint32_t t = 0; t < plan->targets.count; t++) {
                *job_of(plan, f, v, t) = (BundleJob){.options = plan->options,
                                                     .target = &plan->targets.items[t],
                                                     .path = plan->files[f].path,
                                                     .file = f,
                                                     .defines = defines};
            }
        }
    }
    return STATUS_FINE;
}

/* What several compilations say of the same source is told once. */
static void tell(Plan *plan, const char *text) {
    if (text == NULL || text[0] == '\0') {
        return;
    }
    for (uint32_t i = 0; i < plan->told.count; i++) {
        if (strcmp(plan->told.items[i], text) == 0) {
            return;
        }
    }
    fputs(text, stderr);
    VEC_PUSH(plan->arena, &plan->told, text);
}

static Status run_jobs(Plan *plan) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = plan->options->jobs > 0 ? plan->options->jobs
                       : processors > 0        ? (unsigned)processors
                                               : 1;
    bundle_jobs_run(plan->jobs, plan->job_count, threads);
    Status status = STATUS_FINE;
    for (uint32_t i = 0; i < plan->job_count; i++) {
        tell(plan, plan->jobs[i].said);
        tell(plan, plan->jobs[i].told);
        status = worse(status, plan->jobs[i].status);
    }
    return status;
}

/* ---- putting it together ---- */

/* Whether a device that takes `later` would have taken `code`, and would have got the same. */
static bool is_needless(const BundleCode *code, const BundleCode *later) {
    return code->format == later->format && code->api <= later->api &&
           (code->features & ~later->features) == 0 && code->size == later->size &&
           memcmp(code->code, later->code, code->size) == 0;
}

/* For some targets constants have their values by now: what all others say of the kernel counts. */
static const BundleKernel *most_constants(const Plan *plan, uint32_t file, uint32_t variant,
                                          uint32_t kernel) {
    const BundleKernel *most = job_of(plan, file, variant, 0)->kernels.items[kernel].about;
    for (uint32_t t = 1; t < plan->targets.count; t++) {
        const BundleKernel *about = job_of(plan, file, variant, t)->kernels.items[kernel].about;
        most = about->specs.count > most->specs.count ? about : most;
    }
    return most;
}

/* VGPU_TARGET_FIXED: the constants that the code for a target no longer has. */
static uint32_t fixed_constants(const BundleKernel *about, const BundleKernel *here) {
    uint32_t fixed = 0;
    for (uint32_t i = 0; i < about->specs.count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < here->specs.count && !found; k++) {
            found = here->specs.items[k].id == about->specs.items[i].id;
        }
        fixed |= found ? 0 : UINT32_C(1) << (i < 31 ? i : 31);
    }
    return fixed;
}

static Status add_entry(Plan *plan, uint32_t file, uint32_t variant, uint32_t kernel,
                        BundleEntry *entry) {
    const BundleCode **codes = NEW_ARRAY(plan->arena, const BundleCode *, plan->targets.count);
    const BundleKernel *about = most_constants(plan, file, variant, kernel);
    uint32_t count = 0;
    for (uint32_t t = 0; t < plan->targets.count; t++) {
        const BundleJobKernel *made = &job_of(plan, file, variant, t)->kernels.items[kernel];
        BundleCode *code = made->code;
        bool is_new = code != NULL;
        if (is_new) {
            code->fixed = fixed_constants(about, made->about);
        }
        for (uint32_t i = 0; i < count && is_new; i++) {
            is_new = !is_needless(codes[i], code);
        }
        if (is_new) {
            codes[count++] = code;
        }
    }
    *entry = (BundleEntry){plan->variants.items[variant].text, about, codes, count};
    return count > 0 ? STATUS_FINE
                     : fail(STATUS_SOURCE, "no target of the bundle can express `%s`",
                            entry->kernel->name);
}

typedef struct {
    const char *kernel, *path;
} Named;

static int by_kernel(const void *a, const void *b) {
    const Named *x = a, *y = b;
    int order = strcmp(x->kernel, y->kernel);
    return order != 0 ? order : strcmp(x->path, y->path);
}

static Status check_names(const Plan *plan) {
    VEC(Named) names = {0};
    for (uint32_t f = 0; f < plan->file_count; f++) {
        const BundleJob *job = job_of(plan, f, 0, 0);
        for (uint32_t k = 0; k < job->kernels.count; k++) {
            VEC_PUSH(plan->arena, &names, (Named){job->kernels.items[k].about->name, job->path});
        }
    }
    qsort(names.items, names.count, sizeof *names.items, by_kernel);
    for (uint32_t i = 1; i < names.count; i++) {
        const Named *a = &names.items[i - 1], *b = &names.items[i];
        if (strcmp(a->kernel, b->kernel) == 0) {
            return fail(STATUS_SOURCE, "`%s` and `%s` both have a kernel `%s`", a->path, b->path,
                        a->kernel);
        }
    }
    return STATUS_FINE;
}

static Status add_entries(Plan *plan, BundleContents *contents) {
    VEC(BundleEntry) entries = {0};
    Status status = STATUS_FINE;
    for (uint32_t f = 0; f < plan->file_count; f++) {
        for (uint32_t v = 0; v < plan->variants.count; v++) {
            uint32_t kernels = job_of(plan, f, v, 0)->kernels.count;
            for (uint32_t k = 0; k < kernels; k++) {
                BundleEntry entry;
                status = worse(status, add_entry(plan, f, v, k, &entry));
                VEC_PUSH(plan->arena, &entries, entry);
            }
        }
    }
    contents->entries = entries.items;
    contents->entry_count = entries.count;
    return status;
}

/* Those that change code, as they would be typed. */
static const char *option_text(const Plan *plan) {
    static const char *const levels[] = {"0", "1", "2", "3", "s"};
    const SessionOptions *session = &plan->options->session;
    Text text = {.arena = plan->arena};
    text_printf(&text, "-O%s%s --bounds=%s", levels[session->level], session->debug ? " -g" : "",
                session->bounds == BOUNDS_TRUST ? "trust" : "check");
    for (const FrontendDefine *d = session->frontend.defines; d != NULL; d = d->next) {
        text_printf(&text, " -D %s=%s", d->name, d->value);
    }
    return text_get(&text);
}

static Status put_together(Plan *plan, Text *out) {
    BundleContents contents = {
        .compiler = "vittec-gpu " VITTEC_VERSION,
        .options = option_text(plan),
        .compress = plan->options->compress,
        .source_count = plan->file_count,
    };
    BundleSource *sources = NEW_ARRAY(plan->arena, BundleSource, plan->file_count);
    for (uint32_t f = 0; f < plan->file_count; f++) {
        sources[f] = job_of(plan, f, 0, 0)->source;
    }
    contents.sources = sources;
    Status status = check_names(plan);
    status = status == STATUS_FINE ? add_entries(plan, &contents) : status;
    if (status == STATUS_FINE) {
        bundle_write(out, &contents);
    }
    return status;
}

/* The files of all compilations of a source are the same: those of the first. */
static void note_sources(const Plan *plan, SourceMap *sources) {
    for (uint32_t f = 0; f < plan->file_count; f++) {
        const BundleJob *job = job_of(plan, f, 0, 0);
        for (uint32_t i = 0; i < job->used.count; i++) {
            const char *path = job->used.items[i];
            bool is_new = true;
            for (uint32_t k = 0; k < sources->files.count; k++) {
                is_new &= strcmp(sources->files.items[k]->path, path) != 0;
            }
            if (is_new) {
                source_add(sources, arena_copy_text(sources->arena, path, strlen(path)), "", 0);
            }
        }
    }
}

Status bundle_make(Text *out, const Options *options, SourceMap *sources) {
    Plan plan = {.options = options, .arena = out->arena};
    const char *list = options->targets != NULL ? options->targets : default_targets;
    Status status = each_part(&plan, list, add_target);
    if (status == STATUS_FINE && options->require != NULL) {
        status = each_part(&plan, options->require, require_target);
    }
    status = status == STATUS_FINE ? add_variants(&plan) : status;
    status = status == STATUS_FINE ? add_files(&plan) : status;
    status = status == STATUS_FINE ? add_jobs(&plan) : status;
    status = status == STATUS_FINE ? run_jobs(&plan) : status;
    if (status == STATUS_FINE) {
        status = put_together(&plan, out);
        note_sources(&plan, sources);
    }
    for (uint32_t i = 0; i < plan.job_count; i++) {
        bundle_job_free(&plan.jobs[i]);
    }
    return status;
}
