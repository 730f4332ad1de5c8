/* The WGSL printer: a module, its functions one after another. See wgsl.h.
 *
 * What is printed decides nothing: it is the IR, instruction by instruction (wgsl_ops.def), folded and laid out as all text
 * targets are (ir/text/). The bytes depend on module and options alone.
 */
#include "backend-wgsl/wgsl_writer.h"
#include "ir/base/fatal.h"

/* Tint refuses what nests deeper than 127, an `if` or a loop counting two; the function's own block is one more. */
enum { MOST_NESTED = 124 };

/* ---- syntax ---- */

static void let(TextPrinter *p, const IrType *type, const char *name, const char *text) {
    (void)type;
    text_statement(p, "let %s = %s;", name, text);
}

static void variable(TextPrinter *p, const IrType *type, const char *name, const char *first) {
    if (first == NULL) {
        text_statement(p, "var %s: %s;", name, wgsl_type(wgsl_of(p), type));
    } else {
        text_statement(p, "var %s = %s;", name, first);
    }
}

static void give(TextPrinter *p, const char *text) {
    text_statement(p, text != NULL ? "return %s;" : "return;", text);
}

/* Every way through a function that gives a value must give one. */
static void unreachable(TextPrinter *p) {
    const IrType *result = p->function->result;
    if (result != &ir_void) {
        text_statement(p, "return %s();", wgsl_type(wgsl_of(p), result));
    }
}

static void loop_begin(TextPrinter *p) {
    text_open(p, "loop {");
}

static void continuing_begin(TextPrinter *p) {
    text_open(p, "continuing {");
}

/* A loop that nothing leaves is an error; this is no exit, but counts as one. */
static void continuing_end(TextPrinter *p, bool leaves) {
    if (!leaves) {
        text_statement(p, "break if false;");
    }
    text_close(p, "}");
}

static void loop_end(TextPrinter *p, bool leaves) {
    text_close(p, "}");
    if (!leaves) {
        unreachable(p);
    }
}

static const TextSyntax syntax = {
    .constant = wgsl_constant,
    .instruction = wgsl_instruction,
    .let = let,
    .variable = variable,
    .give = give,
    .unreachable = unreachable,
    .negation = wgsl_negation,
    .loop_begin = loop_begin,
    .continuing_begin = continuing_begin,
    .continuing_end = continuing_end,
    .loop_end = loop_end,
};

/* ---- parameters of a kernel ---- */

static bool needs_write(const ReflectParam *param) {
    return (param->access & REFLECT_WRITE) != 0 || param->type->has_atomic;
}

/* The block is a uniform buffer where that is laid out as the host's is, and may be so large. */
bool wgsl_fits_uniform(const ReflectKernel *kernel) {
    enum { MOST_BYTES = 65536 }; /* maxUniformBufferBindingSize that every device has */
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        if (!kernel->params[i].is_buffer && !ir_is_value(kernel->params[i].type)) {
            return false;
        }
    }
    return kernel->value_block_size <= MOST_BYTES;
}

static void declare_buffers(WgslWriter *w, const IrFunction *kernel) {
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        wgsl_type(w, w->kernel->params[i].type); /* forms first */
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &w->kernel->params[i];
        if (param->is_buffer) {
            const char *name = namer_outer_name(&w->namer, param->name->text);
            const char *type = wgsl_type(w, param->type);
            text_printf(&w->declarations,
                        "@group(0) @binding(%u) var<storage, %s> %s: array<%s>;\n", param->binding,
                        needs_write(param) ? "read_write" : "read", name, type);
            text_define_name(&w->printer, kernel->params[i], name);
        }
    }
}

/* The members stand in the order of their offsets: values, then lengths. */
static void declare_values(WgslWriter *w, const IrFunction *kernel) {
    w->values = NULL;
    w->lengths = NEW_ARRAY(w->arena, const char *, kernel->param_count);
    if (w->kernel->value_block_size == 0) {
        return;
    }
    Namer members;
    namer_init(&members, w->arena, TEXT_WGSL);
    w->values_form = namer_outer_name(&w->namer, "Values");
    w->values = namer_outer_name(&w->namer, "values");
    Text text = {.arena = w->arena};
    text_printf(&text, "struct %s {\n", w->values_form);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &w->kernel->params[i];
        if (!param->is_buffer) {
            const char *name = namer_name(&members, param->name->text);
            text_printf(&text, "    %s: %s,\n", name, wgsl_type(w, param->type));
            text_define_name(&w->printer, kernel->params[i],
                             arena_printf(w->arena, "%s.%s", w->values, name));
        }
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &w->kernel->params[i];
        if (param->length_in_block) {
            const char *wanted = arena_printf(w->arena, "%s_len", param->name->text);
            w->lengths[i] = namer_name(&members, wanted);
            text_printf(&text, "    %s: u32,\n", w->lengths[i]);
        }
    }
    text_printf(&w->declarations, "%s}\n\n", text_get(&text));
}

static void declare_block(WgslWriter *w) {
    if (w->values != NULL) {
        text_printf(
            &w->declarations, "@group(0) @binding(%u) var<%s> %s: %s;\n", w->kernel->buffer_count,
            wgsl_fits_uniform(w->kernel) ? "uniform" : "storage, read", w->values, w->values_form);
    }
}

/* ---- functions ---- */

/* The statements; names of parameters are given before, with the namer open. */
static const char *body_of(WgslWriter *w, IrFunction *function) {
    Text code = {.arena = w->arena};
    Pos deepest;
    w->printer.out = &code;
    w->printer.indent = 1;
    w->printer.inst = NULL;
    if (text_function(&w->printer, function, &deepest) > MOST_NESTED) {
        diag_report(w->module->diags, (Span){deepest, deepest}, D(NESTS_TOO_DEEP),
                    function->name->text, "WGSL");
    }
    return text_get(&code);
}

static void print_workgroup(WgslWriter *w, const IrFunction *kernel) {
    int sides = 3;
    while (sides > 1 && kernel->workgroup[sides - 1] == 1 &&
           kernel->workgroup_spec[sides - 1] == NULL) {
        sides--;
    }
    text_add(&w->functions, "@compute @workgroup_size(");
    for (int i = 0; i < sides; i++) {
        const IrSpec *spec = kernel->workgroup_spec[i];
        text_add(&w->functions, i > 0 ? ", " : "");
        if (spec != NULL) {
            text_add(&w->functions, w->specs[spec->mark]);
        } else {
            text_printf(&w->functions, "%u", kernel->workgroup[i]);
        }
    }
    text_add(&w->functions, ")\n");
}

static void print_entry(WgslWriter *w, const char *name) {
    const char *separator = "";
    text_printf(&w->functions, "fn %s(", name);
    for (int i = 0; i < IR_BUILTIN_COUNT; i++) {
        if (w->builtins[i] != NULL) {
            text_printf(&w->functions, "%s@builtin(%s) %s: %s", separator,
                        wgsl_builtin_param((IrBuiltin)i), w->builtins[i],
                        wgsl_type(w, ir_vector(IR_U32, ir_builtins[i].lanes)));
            separator = ", ";
        }
    }
    text_add(&w->functions, ") {\n");
}

static void note_call(IrInst *inst, void *data) {
    *(bool *)data |= inst->op == OP_CALL;
}

/* What the procs that it calls ask for. */
static const char *keep_builtins(WgslWriter *w, const IrFunction *kernel) {
    Text text = {.arena = w->arena};
    bool calls = false;
    ir_walk((IrRegion *)&kernel->body, note_call, &calls);
    for (int i = 0; i < IR_BUILTIN_COUNT && calls; i++) {
        if (w->proc_builtins[i] != NULL) {
            text_printf(&text, "    %s = %s;\n", w->proc_builtins[i],
                        wgsl_entry_builtin(w, (IrBuiltin)i));
        }
    }
    return text_get(&text);
}

static void print_kernel(WgslWriter *w, IrFunction *kernel, const char *name) {
    memset(w->builtins, 0, sizeof w->builtins);
    ReflectKernel *reflected = ir_reflect(w->arena, kernel);
    if (w->value_lengths) {
        ir_reflect_all_lengths(reflected);
    }
    w->kernel = reflected;
    text_prepare(&w->printer, kernel);
    declare_values(w, kernel);
    declare_buffers(w, kernel);
    declare_block(w);
    text_add(&w->declarations, kernel->param_count > 0 ? "\n" : "");
    namer_open(&w->namer);
    const char *kept = keep_builtins(w, kernel);
    const char *code = body_of(w, kernel);
    text_doc(&w->functions, kernel->doc, 0);
    print_workgroup(w, kernel);
    print_entry(w, name);
    namer_close(&w->namer);
    text_printf(&w->functions, "%s%s}\n\n", kept, code);
}

static void print_proc(WgslWriter *w, IrFunction *proc, const char *name) {
    text_prepare(&w->printer, proc);
    namer_open(&w->namer);
    text_doc(&w->functions, proc->doc, 0);
    text_printf(&w->functions, "fn %s(", name);
    for (uint32_t i = 0; i < proc->param_count; i++) {
        const IrValue *param = proc->params[i];
        const char *text = text_value_name(&w->printer, param, NULL);
        text_define_name(&w->printer, param, text);
        text_printf(&w->functions, "%s%s: %s", i > 0 ? ", " : "", text, wgsl_type(w, param->type));
    }
    bool gives = proc->result != &ir_void;
    text_printf(&w->functions, ")%s%s {\n", gives ? " -> " : "",
                gives ? wgsl_type(w, proc->result) : "");
    text_printf(&w->functions, "%s}\n\n", body_of(w, proc));
    namer_close(&w->namer);
}

/* ---- the module ---- */

static void declare_specs(WgslWriter *w) {
    uint32_t count = 0;
    for (IrSpec *spec = w->module->specs; spec != NULL; spec = spec->next) {
        spec->mark = count++;
    }
    w->specs = NEW_ARRAY(w->arena, const char *, count);
    for (const IrSpec *spec = w->module->specs; spec != NULL; spec = spec->next) {
        const char *name = namer_outer_name(&w->namer, spec->name->text);
        const char *first =
            wgsl_constant(&w->printer, ir_const(w->module, spec->type, &spec->bits)).text;
        w->specs[spec->mark] = name;
        text_doc(&w->declarations, spec->doc, 0);
        text_printf(&w->declarations, "@id(%u) override %s: %s = %s;\n", spec->id, name,
                    wgsl_type(w, spec->type), first);
    }
    text_add(&w->declarations, count > 0 ? "\n" : "");
}

WgslFacts wgsl_write(Text *out, IrModule *module, const WgslOptions *options) {
    fatal_context("WGSL printer");
    WgslWriter w = {
        .module = module, .arena = module->arena, .value_lengths = options->value_lengths};
    WgslFacts facts = {0};
    w.declarations.arena = w.functions.arena = module->arena;
    namer_init(&w.namer, module->arena, TEXT_WGSL);
    w.printer = (TextPrinter){.syntax = &syntax,
                              .target = &w,
                              .module = module,
                              .arena = module->arena,
                              .namer = &w.namer,
                              .sources = options->sources};
    uint32_t count = 0;
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        f->mark = count++;
    }
    w.procs = NEW_ARRAY(module->arena, const char *, count);
    for (IrFunction *f = module->functions; f != NULL; f = f->next) { /* kernels keep their names */
        w.procs[f->mark] = namer_outer_name(&w.namer, f->name->text);
    }
    declare_specs(&w);
    wgsl_declare_builtins(&w);
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        (f->is_kernel ? print_kernel : print_proc)(&w, f, w.procs[f->mark]);
        facts.entry = f->is_kernel ? w.procs[f->mark] : facts.entry;
    }
    text_add(out, w.uses_f16 ? "enable f16;\n" : "");
    text_add(out,
             w.uses_subgroups ? "enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n" : "");
    text_add(out, w.uses_f16 || w.uses_subgroups ? "\n" : "");
    text_add(out, text_get(&w.declarations));
    text_add(out, text_get(&w.functions));
    if (out->length > 0 && out->data[out->length - 1] == '\n') { /* one line end is enough */
        out->data[--out->length] = '\0';
    }
    facts.f16 = w.uses_f16;
    facts.subgroups = w.uses_subgroups;
    return facts;
}
