/* SPIRV-Cross through its C interface: a context, the words, options, bindings, the text. See msl.h.
 *
 * Everything of SPIRV-Cross belongs to the context, which must go whatever happens: what may end in lack of memory runs
 * under a guard of its own.
 */
#include "backend-msl/msl.h"

#include <spirv_cross/spirv_cross_c.h>

#include "ir/base/fatal.h"
#include "ir/reflect.h"
#include "ir/text/namer.h"

const IrPass *const msl_passes[] = {&pass_lower_bool_parts, &pass_split_shared, &pass_wrap_signed,
                                    &pass_opt_fold,         &pass_opt_dce,      NULL};

static const unsigned versions[] = {
    [MSL_2_4] = SPVC_MAKE_MSL_VERSION(2, 4, 0),
    [MSL_3_0] = SPVC_MAKE_MSL_VERSION(3, 0, 0),
    [MSL_3_1] = SPVC_MAKE_MSL_VERSION(3, 1, 0),
};

typedef struct {
    Text *out, *why;
    const ReflectKernel *kernel;
    const char *name; /* that the kernel gets */
    const uint32_t *words;
    size_t count;
    const MslOptions *options;
    spvc_context context;
    bool fine;
} Writer;

static const IrFunction *only_kernel(const IrModule *module) {
    const IrFunction *f = module->functions;
    while (!f->is_kernel) {
        f = f->next;
    }
    return f;
}

/* ---- what SPIRV-Cross is told ---- */

static bool set_options(const Writer *w, spvc_compiler compiler) {
    unsigned block = w->kernel->value_block_size > 0 ? 1 : 0;
    const struct {
        spvc_compiler_option option;
        unsigned value;
    } numbers[] = {
        {SPVC_COMPILER_OPTION_MSL_VERSION, versions[w->options->version]},
        {SPVC_COMPILER_OPTION_MSL_PLATFORM, SPVC_MSL_PLATFORM_MACOS},
        {SPVC_COMPILER_OPTION_MSL_BUFFER_SIZE_BUFFER_INDEX, w->kernel->buffer_count + block},
    };
    spvc_compiler_options options;
    if (spvc_compiler_create_compiler_options(compiler, &options) != SPVC_SUCCESS) {
        return false;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (spvc_compiler_options_set_uint(options, numbers[i].option, numbers[i].value) !=
            SPVC_SUCCESS) {
            return false;
        }
    }
    return spvc_compiler_options_set_bool(options, SPVC_COMPILER_OPTION_EMIT_LINE_DIRECTIVES,
                                          w->options->lines) == SPVC_SUCCESS &&
           spvc_compiler_install_compiler_options(compiler, options) == SPVC_SUCCESS;
}

static bool bind(spvc_compiler compiler, unsigned set, unsigned binding, unsigned index) {
    spvc_msl_resource_binding where;
    spvc_msl_resource_binding_init(&where);
    where.stage = SpvExecutionModelGLCompute;
    where.desc_set = set;
    where.binding = binding;
    where.msl_buffer = index;
    return spvc_compiler_msl_add_resource_binding(compiler, &where) == SPVC_SUCCESS;
}

/* The buffers, then the block of values, then the sizes of the buffers (set_options). */
static bool bind_all(const Writer *w, spvc_compiler compiler) {
    const ReflectKernel *kernel = w->kernel;
    unsigned in_set = kernel->buffer_count + (kernel->values_in_buffer ? 1 : 0);
    for (unsigned i = 0; i < in_set; i++) {
        if (!bind(compiler, 0, i, i)) {
            return false;
        }
    }
    return bind(compiler, SPVC_MSL_PUSH_CONSTANT_DESC_SET, SPVC_MSL_PUSH_CONSTANT_BINDING,
                kernel->buffer_count);
}

/* ---- translation ---- */

static const char *translate(const Writer *w) {
    spvc_parsed_ir parsed;
    spvc_compiler compiler;
    const char *text;
    bool fine =
        spvc_context_parse_spirv(w->context, w->words, w->count, &parsed) == SPVC_SUCCESS &&
        spvc_context_create_compiler(w->context, SPVC_BACKEND_MSL, parsed,
                                     SPVC_CAPTURE_MODE_TAKE_OWNERSHIP, &compiler) == SPVC_SUCCESS &&
        set_options(w, compiler) && bind_all(w, compiler) &&
        spvc_compiler_rename_entry_point(compiler, w->kernel->kernel->name->text, w->name,
                                         SpvExecutionModelGLCompute) == SPVC_SUCCESS &&
        spvc_compiler_compile(compiler, &text) == SPVC_SUCCESS;
    return fine ? text : NULL;
}

static void write(void *arg) {
    Writer *w = arg;
    const char *text = translate(w);
    w->fine = text != NULL;
    if (w->fine) {
        text_add(w->out, text);
    } else {
        text_add(w->why, spvc_context_get_last_error_string(w->context));
    }
}

const char *msl_kernel_name(Arena *arena, const IrFunction *kernel) {
    Namer namer;
    namer_init(&namer, arena, TEXT_MSL);
    return namer_name(&namer, kernel->name->text);
}

bool msl_write(Text *out, const IrModule *module, const uint32_t *words, size_t count,
               const MslOptions *options, Text *why) {
    const IrFunction *kernel = only_kernel(module);
    Writer w = {
        .out = out,
        .why = why,
        .kernel = ir_reflect(module->arena, kernel),
        .name = msl_kernel_name(module->arena, kernel),
        .words = words,
        .count = count,
        .options = options,
    };
    if (spvc_context_create(&w.context) != SPVC_SUCCESS) {
        fatal_memory();
    }
    const char *message;
    FatalKind kind = guard_run(write, &w, &message);
    spvc_context_destroy(w.context);
    if (kind == FATAL_MEMORY) {
        fatal_memory();
    }
    REQUIRE(kind == FATAL_NONE);
    return w.fine;
}
