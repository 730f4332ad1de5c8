/* See profile.h. A kernel's needs are those of its lowered module: what was optimised away costs nothing. The syntax tree
 * says where the source asks; IR text has none, and the kernel's own place stands for it. */
#include "driver/profile.h"

#include <string.h>

#include "ir/reflect.h"

typedef enum { PROFILE_WEBGPU, PROFILE_VULKAN, PROFILE_METAL } ProfileApi;

static const struct {
    const char *name;
    ProfileApi api;
    uint32_t sides[3], invocations, shared, buffers, values;
    const char *what;
} profiles[] = {
#define PROFILE(ID, name, api, x, y, z, invocations, shared, buffers, values, what)                \
    {name, PROFILE_##api, {x, y, z}, invocations, shared, buffers, values, what},
#include "driver/profiles.def"
#undef PROFILE
};

const char *profile_name(unsigned profile) {
    return profiles[profile].name;
}

const char *profile_text(unsigned profile) {
    return profiles[profile].what;
}

typedef struct {
    Session *session;
    const IrFunction *kernel;
    const Decl *decl; /* NULL: IR text */
    unsigned profile;
} Budget;

static Span place(Span span, const Budget *b) {
    return span.start != 0 ? span : (Span){b->kernel->pos, b->kernel->pos};
}

/* True: it is within the budget. */
static bool fits(const Budget *b, Span span, uint64_t needs, uint64_t promised, const char *what) {
    if (needs > promised) {
        diag_report(&b->session->diags, place(span, b), D(OVER_BUDGET), b->kernel->name->text,
                    (unsigned long long)needs, what, profiles[b->profile].name,
                    (unsigned long long)promised);
    }
    return needs <= promised;
}

/* ---- the workgroup ---- */

static Span workgroup_span(const Budget *b) {
    const Attribute *a = b->decl != NULL ? b->decl->attributes : NULL;
    while (a != NULL && strcmp(a->name.name->text, "workgroup") != 0) {
        a = a->next;
    }
    return a != NULL ? a->span : (Span){0};
}

static void check_workgroup(const Budget *b) {
    static const char *const along[] = {"invocations of a workgroup along x",
                                        "invocations of a workgroup along y",
                                        "invocations of a workgroup along z"};
    uint64_t all = 1;
    bool fine = true;
    for (int axis = 0; axis < 3; axis++) {
        uint32_t side = b->kernel->workgroup[axis];
        fine &= fits(b, workgroup_span(b), side, profiles[b->profile].sides[axis], along[axis]);
        all *= side;
    }
    if (fine) { /* said of a side, it need not be said of all */
        fits(b, workgroup_span(b), all, profiles[b->profile].invocations,
             "invocations of a workgroup");
    }
}

/* ---- shared memory ---- */

/* At the variable with which it becomes too much. */
static void check_shared(const Budget *b) {
    ReflectShared *variables;
    uint32_t count = ir_reflect_shared(&b->session->arena, b->kernel, &variables), i = 0;
    uint64_t bytes = 0, all = ir_shared_bytes(b->kernel, NULL);
    for (const IrInst *inst = b->kernel->body.first; inst != NULL && i < count; inst = inst->next) {
        if (inst->op == OP_SHARED) {
            const ReflectShared *v = &variables[i++];
            bytes = (bytes + v->align - 1) / v->align * v->align + v->element_bytes * v->count;
            if (!fits(b, (Span){inst->pos, inst->pos},
                      bytes > profiles[b->profile].shared ? all : 0, profiles[b->profile].shared,
                      "bytes of shared memory")) {
                return;
            }
        }
    }
}

/* ---- parameters ---- */

/* The name of the parameter with that number. */
static Span param_span(const Budget *b, uint32_t index) {
    const Param *param = b->decl != NULL ? b->decl->proc.params : NULL;
    for (; param != NULL && index > 0; index--) {
        param = param->next;
    }
    return param != NULL ? param->name.span : (Span){0};
}

static void check_buffers(const Budget *b, const ReflectKernel *kernel) {
    bool has_block = kernel->value_block_size > 0;
    uint32_t others = 0; /* bound beside the parameters */
    const char *what = "storage buffers";
    switch (profiles[b->profile].api) {
    case PROFILE_VULKAN:
        others = kernel->values_in_buffer ? 1 : 0;
        break;
    case PROFILE_WEBGPU:
        others = has_block && !wgsl_fits_uniform(kernel) ? 1 : 0;
        break;
    case PROFILE_METAL:
        others = has_block + 1;
        what = "bound buffers";
        break;
    }
    uint32_t promised = profiles[b->profile].buffers, needs = kernel->buffer_count + others;
    uint32_t last = 0; /* the parameter with which it becomes too much */
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        if (param->is_buffer && param->binding + others <= promised) {
            last = i;
        }
    }
    fits(b, param_span(b, last), needs, promised, what);
}

static void check_values(const Budget *b, const ReflectKernel *kernel) {
    static const char *const whats[] = {
        [PROFILE_WEBGPU] = "bytes of values in a uniform buffer",
        [PROFILE_VULKAN] = "bytes of values in push constants",
        [PROFILE_METAL] = "bytes of values",
    };
    uint32_t promised = profiles[b->profile].values, last = 0;
    for (uint32_t i = kernel->param_count; i > 0; i--) {
        const ReflectParam *param = &kernel->params[i - 1];
        uint32_t end = !param->is_buffer        ? param->offset + param->size
                       : param->length_in_block ? param->length_offset + 4
                                                : 0;
        last = end > promised ? i - 1 : last;
    }
    fits(b, param_span(b, last), kernel->value_block_size, promised,
         whats[profiles[b->profile].api]);
}

/* ---- all of it ---- */

static const Decl *decl_of(const Session *session, const IrFunction *kernel) {
    const Decl *decl = session->ast != NULL ? session->ast->decls : NULL;
    while (decl != NULL && (decl->kind != DECL_KERNEL || decl->name.name != kernel->name)) {
        decl = decl->next;
    }
    return decl;
}

void profiles_check(Session *session) {
    for (const IrFunction *f = session->module->functions; f != NULL; f = f->next) {
        Budget budget = {session, f, f->is_kernel ? decl_of(session, f) : NULL, 0};
        for (; f->is_kernel && budget.profile < PROFILE_COUNT; budget.profile++) {
            if ((session->options.profiles >> budget.profile & 1) == 0) {
                continue;
            }
            ReflectKernel *kernel = ir_reflect(&session->arena, f);
            if (profiles[budget.profile].api == PROFILE_WEBGPU) {
                ir_reflect_all_lengths(kernel);
            }
            check_workgroup(&budget);
            check_shared(&budget);
            check_buffers(&budget, kernel);
            check_values(&budget, kernel);
        }
    }
}
