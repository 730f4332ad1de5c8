/* The parser of the text form (IR.md): one function a rule of the grammar. Here: tokens, functions, positions.
 *
 * The input is hostile. After the first error of a function the parser goes on at the next `kernel` or `proc`.
 * What it builds keeps the shape of ir.h; whether it means something is the verifier's to say, so types, scopes
 * and terminators are not looked at here.
 */
#include "ir/parser.h"
#include "ir/text.h"
#include "ir/verify.h"

/* ---- errors and tokens ---- */

void irp_advance(IrParser *p) {
    p->token = ir_scan(p->file, &p->at);
}

bool irp_expected(IrParser *p, const char *what) {
    enum { LONGEST = 40 };
    const IrToken *t = &p->token;
    const char *start = p->file->text + (t->span.start - p->file->base);
    uint32_t length = t->span.end - t->span.start;
    const char *found = "the end";
    if (t->kind != TOKEN_END) {
        found =
            arena_printf(p->diags->arena, "`%.*s%s`", (int)(length < LONGEST ? length : LONGEST),
                         start, length <= LONGEST ? "" : "…");
    }
    diag_report(p->diags, t->span, D(IR_SYNTAX), what, found);
    return false;
}

bool irp_unknown(IrParser *p, const IrToken *token, const char *what) {
    diag_report(p->diags, token->span, D(IR_NAME), what,
                arena_copy_text(p->diags->arena, token->text, token->length));
    return false;
}

bool irp_at_word(const IrParser *p, const char *word) {
    return p->token.kind == TOKEN_WORD && p->token.length == strlen(word) &&
           memcmp(p->token.text, word, p->token.length) == 0;
}

static bool is_sign(const IrParser *p, char sign) {
    return p->token.kind == TOKEN_PUNCTUATION && p->token.text[0] == sign;
}

bool irp_accept(IrParser *p, char sign) {
    if (!is_sign(p, sign)) {
        return false;
    }
    irp_advance(p);
    return true;
}

bool irp_expect(IrParser *p, char sign) {
    return irp_accept(p, sign) || irp_expected(p, (char[]){'`', sign, '`', '\0'});
}

bool irp_expect_word(IrParser *p, const char *word) {
    if (!irp_at_word(p, word)) {
        return irp_expected(p, arena_printf(p->diags->arena, "`%s`", word));
    }
    irp_advance(p);
    return true;
}

bool irp_take(IrParser *p, IrTokenKind kind, const char *what, IrToken *token) {
    *token = p->token;
    if (p->token.kind != kind) {
        return irp_expected(p, what);
    }
    irp_advance(p);
    return true;
}

Span irp_line(const IrParser *p, Pos pos) {
    const SourceFile *file = p->file;
    uint32_t start = pos - file->base, end = start;
    while (end < file->length && file->text[end] != '\n' && file->text[end] != '\r') {
        end++;
    }
    return (Span){pos, file->base + end};
}

void irp_position(IrParser *p, Pos *pos) {
    if (p->token.kind == TOKEN_POSITION) {
        IrPlaced placed = {pos, p->token.line, p->token.column};
        VEC_PUSH(p->module->arena, &p->placed, placed);
        irp_advance(p);
    }
}

/* ---- functions ---- */

/* `workgroup(64, @BLOCK, 1)` and perhaps `subgroup_size(32)` */
static bool parse_workgroup(IrParser *p, IrFunction *kernel) {
    if (!irp_expect_word(p, "workgroup")) {
        return false;
    }
    for (int side = 0; side < 3; side++) {
        if (!irp_expect(p, side == 0 ? '(' : ',')) {
            return false;
        }
        if (p->token.kind != TOKEN_FUNCTION) {
            if (!irp_u32(p, &kernel->workgroup[side])) {
                return false;
            }
        } else if (irp_spec(p, &kernel->workgroup_spec[side])) {
            kernel->workgroup[side] = (uint32_t)kernel->workgroup_spec[side]->bits;
        } else {
            return false;
        }
    }
    if (!irp_expect(p, ')')) {
        return false;
    }
    if (!irp_at_word(p, "subgroup_size")) {
        return true;
    }
    irp_advance(p);
    return irp_expect(p, '(') && irp_u32(p, &kernel->subgroup_size) && irp_expect(p, ')');
}

static bool parse_params(IrParser *p) {
    if (!irp_expect(p, '(')) {
        return false;
    }
    if (irp_accept(p, ')')) {
        return true;
    }
    do {
        const char *doc = ir_scan_doc(p->module->arena, p->file, &p->token);
        if (!irp_binding(p)) {
            return false;
        }
        p->bindings.items[p->bindings.count - 1].doc = doc;
    } while (irp_accept(p, ','));
    return irp_expect(p, ')');
}

/* `form @Body { pos: f32x3, mass: f32 }` */
static bool parse_form(IrParser *p) {
    IrToken name = {0}, field = {0};
    VEC(IrField) fields = {0};
    const char *doc = ir_scan_doc(p->module->arena, p->file, &p->token);
    irp_advance(p);
    if (!irp_take(p, TOKEN_FUNCTION, "a form's `@name`", &name) || !irp_expect(p, '{')) {
        return false;
    }
    do {
        IrField made = {.doc = ir_scan_doc(p->module->arena, p->file, &p->token)};
        if (!irp_take(p, TOKEN_WORD, "a field's name", &field) || !irp_expect(p, ':') ||
            !irp_type(p, &made.type)) {
            return false;
        }
        if (!ir_is_memory(made.type)) {
            return irp_unknown(p, &field, "type of the field");
        }
        made.name = irp_name(p, &field);
        VEC_PUSH(p->module->arena, &fields, made);
    } while (irp_accept(p, ','));
    void **known = name_map_at(&p->forms, irp_name(p, &name));
    if (*known != NULL) {
        diag_report(p->diags, name.span, D(IR_DUPLICATE), "form", irp_name(p, &name)->text);
        return false;
    }
    const IrType *form =
        ir_form_type(p->module, irp_name(p, &name), doc, fields.count, fields.items);
    if (form == NULL) {
        diag_report(p->diags, name.span, D(IR_SYNTAX), "a form of a size that can be", "this one");
        return false;
    }
    *known = (void *)form;
    return irp_expect(p, '}');
}

/* `spec @BLOCK(0): u32 = 64u32` */
static bool parse_spec(IrParser *p) {
    const char *doc = ir_scan_doc(p->module->arena, p->file, &p->token);
    Pos pos = p->token.span.start;
    IrToken name = {0};
    uint32_t id;
    const IrType *type;
    irp_advance(p);
    if (!irp_take(p, TOKEN_FUNCTION, "a constant's `@name`", &name) || !irp_expect(p, '(') ||
        !irp_u32(p, &id) || !irp_expect(p, ')') || !irp_expect(p, ':') || !irp_type(p, &type) ||
        !irp_expect(p, '=')) {
        return false;
    }
    void **known = name_map_at(&p->specs, irp_name(p, &name));
    bool double_id = false;
    for (const IrSpec *spec = p->module->specs; spec != NULL; spec = spec->next) {
        double_id |= spec->id == id;
    }
    if (*known != NULL || double_id) {
        diag_report(p->diags, name.span, D(IR_DUPLICATE), "specialization constant",
                    irp_name(p, &name)->text);
        return false;
    }
    uint32_t first = p->operands.count;
    if (!irp_operand(p)) {
        return false;
    }
    const IrValue *value = p->operands.items[first];
    p->operands.count = first;
    if (type->kind != IR_TYPE_SCALAR || !ir_is_const(value) || value->type != type) {
        return irp_unknown(p, &name, "scalar constant of that type");
    }
    IrSpec *spec = ir_spec_add(p->module, irp_name(p, &name), id, type, value->bits[0]);
    spec->doc = doc;
    spec->pos = pos;
    *known = spec;
    return true;
}

static bool parse_function(IrParser *p) {
    const char *doc = ir_scan_doc(p->module->arena, p->file, &p->token);
    Pos pos = p->token.span.start;
    IrToken name = {0};
    bool is_kernel = irp_at_word(p, "kernel");
    if (!is_kernel && !irp_at_word(p, "proc")) {
        return irp_expected(p, "`kernel`, `proc`, `form` or `spec`");
    }
    irp_advance(p);
    if (!irp_take(p, TOKEN_FUNCTION, "a function's `@name`", &name) || !parse_params(p)) {
        return false;
    }
    IrFunction *function =
        ir_function_add(p->module, irp_name(p, &name), is_kernel, p->bindings.count);
    function->doc = doc;
    function->pos = pos;
    void **known = name_map_at(&p->functions, function->name);
    if (*known != NULL) {
        diag_report(p->diags, name.span, D(IR_DUPLICATE), "function", function->name->text);
        return false;
    }
    *known = function;
    for (uint32_t i = 0; i < function->param_count; i++) {
        ir_function_param(p->module, function, i, NULL, p->bindings.items[i].type);
        function->param_docs[i] = p->bindings.items[i].doc;
        if (!irp_bind(p, &p->bindings.items[i], function->params[i])) {
            return false;
        }
    }
    p->bindings.count = 0;
    if (!is_kernel && p->token.kind == TOKEN_ARROW) {
        irp_advance(p);
        if (!irp_type(p, &function->result)) {
            return false;
        }
    }
    if (is_kernel && !parse_workgroup(p, function)) {
        return false;
    }
    if (!is_kernel && irp_at_word(p, "noinline")) {
        function->noinline = true;
        irp_advance(p);
    }
    irp_position(p, &function->pos);
    return irp_region(p, &function->body, 0);
}

static void parse_functions(IrParser *p) {
    irp_advance(p);
    while (p->token.kind != TOKEN_END) {
        p->operands.count = p->bindings.count = 0;
        name_map_clear(&p->values);
        bool good = irp_at_word(p, "form")   ? parse_form(p)
                    : irp_at_word(p, "spec") ? parse_spec(p)
                                             : parse_function(p);
        if (!good) { /* `spec` is also an op */
            while (p->token.kind != TOKEN_END && !irp_at_word(p, "kernel") &&
                   !irp_at_word(p, "proc") && !irp_at_word(p, "form")) {
                irp_advance(p);
            }
        }
    }
}

static void resolve_calls(IrParser *p) {
    for (uint32_t i = 0; i < p->calls.count; i++) {
        IrOpenCall *call = &p->calls.items[i];
        call->inst->callee = *name_map_at(&p->functions, irp_name(p, &call->name));
        if (call->inst->callee == NULL) {
            irp_unknown(p, &call->name, "function");
        }
    }
}

/* ---- positions ---- */

static void forget_position(IrInst *inst, void *data) {
    (void)data;
    inst->pos = 0;
}

/* A text that has positions speaks of another source, which is not at hand: a file of as many blank lines, as
 * long as needed, stands for it. */
static bool place(IrParser *p) {
    enum { MOST_BYTES = 8 * 1024 * 1024 };
    uint32_t line_count = 0;
    for (uint32_t i = 0; i < p->placed.count; i++) {
        uint32_t line = p->placed.items[i].line;
        line_count = line > line_count ? line : line_count;
    }
    if (line_count >= MOST_BYTES) {
        return false;
    }
    uint32_t *starts = NEW_ARRAY(p->module->arena, uint32_t, (size_t)line_count + 1);
    for (uint32_t i = 0; i < p->placed.count; i++) { /* first the length of each line */
        const IrPlaced *placed = &p->placed.items[i];
        uint32_t *length = &starts[placed->line];
        *length = placed->column > *length ? placed->column : *length;
    }
    uint64_t total = 0;
    for (uint32_t i = 1; i <= line_count; i++) { /* then where it starts */
        uint64_t length = starts[i] > 0 ? starts[i] : 1;
        starts[i] = (uint32_t)total;
        total += length;
        if (total > MOST_BYTES) {
            return false;
        }
    }
    char *text = NEW_ARRAY(p->module->arena, char, total + 1);
    memset(text, ' ', total);
    for (uint32_t i = 2; i <= line_count; i++) {
        text[starts[i] - 1] = '\n';
    }
    const SourceFile *file = source_add(p->diags->sources, p->file->path, text, total);
    if (file == NULL) {
        return false;
    }
    for (IrFunction *f = p->module->functions; f != NULL; f = f->next) {
        f->pos = 0;
        ir_walk(&f->body, forget_position, NULL);
    }
    for (uint32_t i = 0; i < p->placed.count; i++) {
        const IrPlaced *placed = &p->placed.items[i];
        *placed->pos = file->base + starts[placed->line] + placed->column - 1;
    }
    return true;
}

/* ---- all of it ---- */

IrModule *ir_parse(Arena *arena, Names *names, Diags *diags, const SourceFile *file) {
    IrParser p = {.module = ir_module_new(arena, names, diags),
                  .diags = diags,
                  .file = file,
                  .values = {.arena = arena},
                  .functions = {.arena = arena},
                  .forms = {.arena = arena},
                  .specs = {.arena = arena}};
    unsigned errors = diags->errors;
    parse_functions(&p);
    if (diags->errors == errors) {
        resolve_calls(&p);
    }
    if (diags->errors > errors) {
        return NULL;
    }
    IrFault fault;
    if (!ir_check(p.module, arena, &fault)) {
        Pos pos = fault.inst != NULL ? fault.inst->pos : fault.function->pos;
        diag_report(diags, irp_line(&p, pos), D(IR_INVALID), fault.text);
        return NULL;
    }
    if (p.placed.count > 0 && !place(&p)) {
        diag_report(diags, (Span){file->base, file->base}, D(IR_SYNTAX),
                    "positions within 8 MiB of source", "larger ones");
        return NULL;
    }
    return p.module;
}
