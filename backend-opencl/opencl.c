/* The OpenCL C printer: a module, its functions one after another. See opencl.h.
 *
 * What is printed decides nothing: it is the IR, instruction by instruction (opencl_ops.def), folded and laid out as all
 * text targets are (ir/text/). The bytes depend on module and options alone.
 */
#include "backend-opencl/opencl_writer.h"
#include "ir/base/fatal.h"

/* Clang, which most OpenCL compilers are, takes 256 brackets in each other (-fbracket-depth); an `if` or a loop counts
 * two here. */
enum { MOST_NESTED = 2 * 240 };

const IrPass *const opencl_passes[] = {
    &opencl_lanes, &pass_wrap_signed, &pass_opt_fold, &pass_opt_dce, NULL,
};

/* ---- syntax ---- */

static void let(TextPrinter *p, const IrType *type, const char *name, const char *text) {
    text_statement(p, "%s %s = %s;", opencl_type(opencl_of(p), type), name, text);
}

static void variable(TextPrinter *p, const IrType *type, const char *name, const char *first) {
    if (first == NULL) {
        text_statement(p, "%s %s;", opencl_type(opencl_of(p), type), name);
    } else {
        let(p, type, name, first);
    }
}

static void give(TextPrinter *p, const char *text) {
    if (text != NULL) {
        text_statement(p, "return %s;", text);
    } else {
        text_statement(p, "return;");
    }
}

static void unreachable(TextPrinter *p) {
    const IrType *type = p->function->result;
    if (type == &ir_void) {
        return;
    }
    text_statement(p, "return (%s)%s;", opencl_type(opencl_of(p), type),
                   ir_is_composite(type) ? "{0}" : "0");
}

static void loop_begin(TextPrinter *p) {
    text_open(p, "for (;;) {");
}

/* The continuing part goes on behind the body; from inside, `continue` would skip it. */
static void go_on(TextPrinter *p) {
    const IrRegion *continuing = &p->loop->inst->regions[IR_LOOP_CONTINUING];
    bool is_empty = continuing->first->op == OP_NEXT && continuing->first->operand_count == 0;
    if (is_empty) {
        text_statement(p, "continue;");
        return;
    }
    if (p->loop->label == NULL) {
        p->loop->label = namer_name(p->namer, "next");
    }
    text_statement(p, "goto %s;", p->loop->label);
}

static void continuing_begin(TextPrinter *p) {
    if (p->loop->label != NULL) {
        p->indent--;
        text_statement(p, "%s:;", p->loop->label);
        p->indent++;
    }
}

static void continuing_end(TextPrinter *p, bool leaves) {
    (void)p;
    (void)leaves;
}

static void loop_end(TextPrinter *p, bool leaves) {
    (void)leaves;
    text_close(p, "}");
}

static const TextSyntax syntax = {
    .constant = opencl_constant,
    .instruction = opencl_instruction,
    .let = let,
    .variable = variable,
    .give = give,
    .unreachable = unreachable,
    .negation = opencl_negation,
    .loop_begin = loop_begin,
    .continuing_begin = continuing_begin,
    .continuing_end = continuing_end,
    .loop_end = loop_end,
    .go_on = go_on,
};

/* ---- specialization constants ---- */

/* A macro is replaced wherever its name stands, so it must be no member of a struct or vector. Those of forms keep clear of
 * it (opencl_types.c); left are lanes, and the `v` and `pad` of what is made for arrays and vectors. */
static const char *name_spec(OpenclWriter *w, const IrSpec *spec) {
    const char *name = spec->name->text;
    bool is_member = name[strspn(name, "xyzw")] == '\0' || strcmp(name, "v") == 0 ||
                     strncmp(name, "pad", strlen("pad")) == 0;
    return namer_name(&w->namer, is_member ? arena_printf(w->arena, "spec_%s", name) : name);
}

/* The host may set them with -D VTG_SPEC_…, always as the bits. */
static void print_specs(OpenclWriter *w) {
    uint32_t count = 0;
    for (IrSpec *spec = w->module->specs; spec != NULL; spec = spec->next) {
        spec->mark = count++;
    }
    w->specs = NEW_ARRAY(w->arena, const char *, count);
    for (const IrSpec *spec = w->module->specs; spec != NULL; spec = spec->next) {
        bool wide = ir_bits(spec->type) == 64;
        const char *macro = arena_printf(w->arena, "VTG_SPEC_%u", spec->id);
        /* a cast, whatever the host says */
        unsigned bits = ir_bits(spec->type);
        const char *held = bits == 64   ? "ulong"
                           : bits == 16 ? "ushort"
                           : bits == 8  ? "uchar"
                                        : "uint";
        const char *value = arena_printf(w->arena, "((%s)%s)", held, macro);
        if (ir_is_bool(spec->type)) {
            value = arena_printf(w->arena, "(%s != 0)", macro);
        } else if (ir_is_float(spec->type) || ir_is_signed_int(spec->type)) {
            value = arena_printf(w->arena, "as_%s((%s)%s)", opencl_scalar(w, spec->type->scalar),
                                 held, macro);
        }
        w->specs[spec->mark] = name_spec(w, spec);
        text_doc(&w->declarations, spec->doc, 0);
        text_printf(&w->declarations, "#ifndef %s\n#define %s 0x%llx%s\n#endif\n#define %s %s\n\n",
                    macro, macro, (unsigned long long)spec->bits, wide ? "UL" : "u",
                    w->specs[spec->mark], value);
    }
}

/* ---- functions ---- */

static void begin(OpenclWriter *w, IrFunction *function, Text *code) {
    namer_open(&w->namer);
    w->printer.out = code;
    w->printer.indent = 1;
    w->printer.inst = NULL;
    w->printer.loop = NULL;
    text_prepare(&w->printer, function);
    w->plain = NEW_ARRAY(w->arena, uint32_t, w->printer.slots.count + 1);
}

static bool is_precise(const IrRegion *region) {
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        if ((inst->flags & IR_PRECISE) != 0) {
            return true;
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            if (is_precise(&inst->regions[i])) {
                return true;
            }
        }
    }
    return false;
}

/* The pragma may only come first in a body. */
static void begin_body(OpenclWriter *w, const IrFunction *function) {
    if (is_precise(&function->body)) {
        text_statement(&w->printer, "#pragma OPENCL FP_CONTRACT OFF");
    }
}

static void print_body(OpenclWriter *w, IrFunction *function) {
    Pos deepest;
    if (text_function(&w->printer, function, &deepest) > MOST_NESTED) {
        diag_report(w->module->diags, (Span){deepest, deepest}, D(NESTS_TOO_DEEP),
                    function->name->text, "OpenCL C");
    }
    text_add(w->printer.out, "}\n");
    namer_close(&w->namer);
}

static bool is_written(const ReflectParam *param) {
    return (param->access & REFLECT_WRITE) != 0 || param->type->has_atomic;
}

/* One a line where they are too long for one. */
static void add_params(Text *out, const char *const *params, uint32_t count) {
    enum { COLUMNS = 100 };
    const char *whole = text_get(out), *line = strrchr(whole, '\n');
    size_t columns = strlen(line != NULL ? line + 1 : whole) + strlen(") {");
    for (uint32_t i = 0; i < count; i++) {
        columns += strlen(params[i]) + (i > 0 ? strlen(", ") : 0);
    }
    const char *first = columns > COLUMNS ? "\n        " : "";
    for (uint32_t i = 0; i < count; i++) {
        const char *separator = i == 0 ? first : columns > COLUMNS ? ",\n        " : ", ";
        text_printf(out, "%s%s", separator, params[i]);
    }
    text_add(out, count == 0 ? "void) {\n" : ") {\n");
}

/* Arguments: the parameters in order, then the length of each buffer. A value that is no scalar or vector of 2 or 4 comes
 * as the host has it. */
static void print_params(OpenclWriter *w, const IrFunction *kernel, Text *out) {
    uint32_t count = 0;
    const char **params = NEW_ARRAY(w->arena, const char *, 2 * kernel->param_count);
    w->lengths = NEW_ARRAY(w->arena, const char *, kernel->param_count);
    Text copies = {.arena = w->arena};
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &w->kernel->params[i];
        const char *type = opencl_part_type(w, param->type, param->is_buffer);
        const char *name = namer_name(&w->namer, param->name->text);
        const char *value = name;
        if (param->is_buffer) {
            params[count++] = arena_printf(w->arena, "global %s%s *restrict %s",
                                           is_written(param) ? "" : "const ", type, name);
        } else {
            params[count++] = arena_printf(w->arena, "%s %s", type, name);
            if (ir_is_vector(param->type) && param->type->lanes == 3) {
                value = namer_name(&w->namer, name);
                text_printf(&copies, "    %s %s = vload3(0, &%s.x);\n", opencl_type(w, param->type),
                            value, name);
            }
        }
        text_define_name(&w->printer, kernel->params[i], value);
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        if (w->kernel->params[i].is_buffer) {
            const char *wanted = arena_printf(w->arena, "%s_len", w->kernel->params[i].name->text);
            w->lengths[i] = namer_name(&w->namer, wanted);
            params[count++] = arena_printf(w->arena, "uint %s", w->lengths[i]);
        }
    }
    add_params(out, params, count);
    begin_body(w, kernel);
    text_add(out, copies.length > 0 ? text_get(&copies) : "");
}

static void print_kernel(OpenclWriter *w, IrFunction *kernel) {
    Text code = {.arena = w->arena};
    text_doc(&code, kernel->doc, 0);
    if (kernel->subgroup_size != 0) {
        w->sizes_subgroups = true;
        text_printf(&code, "__attribute__((intel_reqd_sub_group_size(%u)))\n",
                    kernel->subgroup_size);
    }
    text_add(&code, "kernel __attribute__((reqd_work_group_size(");
    for (int side = 0; side < 3; side++) {
        const IrSpec *spec = kernel->workgroup_spec[side];
        text_add(&code, side > 0 ? ", " : "");
        if (spec != NULL) {
            text_add(&code, w->specs[spec->mark]);
        } else {
            text_printf(&code, "%u", kernel->workgroup[side]);
        }
    }
    text_printf(&code, "))) void %s(", w->procs[kernel->mark]);
    w->kernel = ir_reflect(w->arena, kernel);
    begin(w, kernel, &code);
    print_params(w, kernel, &code);
    print_body(w, kernel);
    text_printf(&w->functions, "%s\n", text_get(&code));
}

static void print_proc(OpenclWriter *w, IrFunction *proc) {
    Text code = {.arena = w->arena};
    text_doc(&code, proc->doc, 0);
    text_printf(&code, "static __attribute__((noinline)) %s %s(", opencl_type(w, proc->result),
                w->procs[proc->mark]);
    w->kernel = NULL;
    begin(w, proc, &code);
    const char **params = NEW_ARRAY(w->arena, const char *, proc->param_count);
    for (uint32_t i = 0; i < proc->param_count; i++) {
        const char *name = text_value_name(&w->printer, proc->params[i], NULL);
        text_define_name(&w->printer, proc->params[i], name);
        params[i] = arena_printf(w->arena, "%s %s", opencl_type(w, proc->params[i]->type), name);
    }
    add_params(&code, params, proc->param_count);
    begin_body(w, proc);
    print_body(w, proc);
    text_printf(&w->functions, "%s\n", text_get(&code));
}

/* Before any other name is given away, so that kernels keep theirs. */
static void name_functions(OpenclWriter *w) {
    uint32_t count = 0;
    for (const IrFunction *f = w->module->functions; f != NULL; f = f->next) {
        count++;
    }
    w->procs = NEW_ARRAY(w->arena, const char *, count);
    count = 0;
    for (IrFunction *f = w->module->functions; f != NULL; f = f->next, count++) {
        f->mark = count;
        w->procs[count] = f->is_kernel ? namer_name(&w->namer, f->name->text) : NULL;
    }
    for (const IrFunction *f = w->module->functions; f != NULL; f = f->next) {
        if (!f->is_kernel) {
            w->procs[f->mark] = namer_name(&w->namer, f->name->text);
        }
    }
}

const char *opencl_kernel_name(Arena *arena, const IrModule *module, const IrFunction *kernel) {
    Namer namer;
    namer_init(&namer, arena, TEXT_OPENCL);
    const char *name = NULL;
    for (const IrFunction *f = module->functions; f != NULL; f = f->next) {
        const char *given = f->is_kernel ? namer_name(&namer, f->name->text) : NULL;
        name = f == kernel ? given : name;
    }
    return name;
}

/* Procs stand before those that call them: C wants them declared. */
static void print_procs(OpenclWriter *w) {
    for (const IrFunction *f = w->module->functions; f != NULL; f = f->next) {
        if (f->is_kernel) {
            continue;
        }
        text_printf(&w->functions, "static %s %s(", opencl_type(w, f->result), w->procs[f->mark]);
        for (uint32_t i = 0; i < f->param_count; i++) {
            text_printf(&w->functions, "%s%s", i > 0 ? ", " : "",
                        opencl_type(w, f->params[i]->type));
        }
        text_add(&w->functions, f->param_count == 0 ? "void);\n\n" : ");\n\n");
    }
    for (IrFunction *f = w->module->functions; f != NULL; f = f->next) {
        if (!f->is_kernel) {
            print_proc(w, f);
        }
    }
}

void opencl_write(Text *out, IrModule *module, const OpenclOptions *options) {
    Arena *arena = module->arena;
    OpenclWriter w = {.module = module,
                      .arena = arena,
                      .declarations = {.arena = arena},
                      .functions = {.arena = arena}};
    namer_init(&w.namer, arena, TEXT_OPENCL);
    w.printer = (TextPrinter){.syntax = &syntax,
                              .target = &w,
                              .module = module,
                              .arena = arena,
                              .namer = &w.namer,
                              .sources = options->sources};
    name_functions(&w);
    print_specs(&w);
    print_procs(&w);
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        if (f->is_kernel) {
            print_kernel(&w, f);
        }
    }
    static const char extension[] = "#pragma OPENCL EXTENSION %s : enable\n";
    static const char *const versions[] = {"1.2", "2.0", "3.0"};
    const char *version = versions[options->version];
    text_printf(out, "// OpenCL C %s: -cl-std=CL%s\n\n", version, version);
    size_t start = out->length;
    if (w.uses_f16) {
        text_printf(out, extension, "cl_khr_fp16");
    }
    if (w.uses_f64) {
        text_printf(out, extension, "cl_khr_fp64");
    }
    if (w.uses_atomics64) {
        text_printf(out, extension, "cl_khr_int64_base_atomics");
        text_printf(out, extension, "cl_khr_int64_extended_atomics");
    }
    text_add(out, out->length > start ? "\n" : "");
    opencl_subgroup_macros(&w, out);
    text_add(out, w.declarations.length > 0 ? text_get(&w.declarations) : "");
    size_t last = w.functions.length;
    text_bytes(out, text_get(&w.functions), last > 0 ? last - 1 : 0); /* an empty line too many */
}
