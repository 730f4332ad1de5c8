/* The checker of a module: declarations, constants, signatures, calls in circles. See check.h. */
#include "frontend/check.h"

#include "ir/base/fatal.h"

void not_yet(Checker *c, Span span, const char *what) {
    if (c->said_not_yet == NULL || strcmp(c->said_not_yet, what) != 0) {
        diag_report(c->diags, span, D(NOT_YET), what);
        c->said_not_yet = what;
    }
}

enum { MOST_SEARCHED = 1000 };

/* Of the errors beyond --max-errors the places are not known; and of very many, looking takes too long. */
static bool places_are_known(const Checker *c) {
    unsigned max = c->diags->max_errors != 0 ? c->diags->max_errors : DIAG_DEFAULT_MAX;
    return c->diags->errors <= max && c->diags->list.count <= MOST_SEARCHED;
}

static bool has_error(const Checker *c, Span span, bool of_grammar) {
    for (uint32_t i = 0; i < c->diags->list.count && i < MOST_SEARCHED; i++) {
        const Diag *diag = c->diags->list.items[i];
        const DiagRow *row = &diag_rows[diag->id];
        if (row->severity == SEVERITY_ERROR && diag->span.start >= span.start &&
            diag->span.start <= span.end && (!of_grammar || strncmp(row->code, "E01", 3) == 0)) {
            return true;
        }
    }
    return false;
}

bool errors_in(const Checker *c, Span span) {
    return has_error(c, span, false);
}

bool may_be_wrong(const Checker *c, Span span) {
    return !places_are_known(c) || errors_in(c, span);
}

bool grammar_errors_in(const Checker *c, Span span) {
    return has_error(c, span, true);
}

Symbol *symbol_new(Checker *c, SymbolKind kind, Ident ident) {
    Symbol *symbol = NEW(c->arena, Symbol);
    symbol->kind = kind;
    symbol->name = ident.name;
    symbol->span = ident.span;
    return symbol;
}

static void declare_builtins(Checker *c) {
    for (unsigned i = 0; i < builtin_proc_count; i++) {
        Ident ident = {name_of(c->names, builtin_procs[i].name), {0, 0}};
        Symbol *symbol = symbol_new(c, SYMBOL_BUILTIN_PROC, ident);
        symbol->builtin = &builtin_procs[i];
        scope_declare(&c->scopes, symbol);
    }
    for (unsigned i = 0; i < builtin_value_name_count; i++) {
        Ident ident = {name_of(c->names, builtin_value_names[i].name), {0, 0}};
        Symbol *symbol = symbol_new(c, SYMBOL_BUILTIN_VALUE, ident);
        symbol->value_id = builtin_value_names[i].id;
        symbol->value_lane = builtin_value_names[i].lane;
        scope_declare(&c->scopes, symbol);
    }
}

/* ---- constants ---- */

void check_const_symbol(Checker *c, Symbol *symbol, Span use) {
    if (symbol->state == CHECKED) {
        return;
    }
    if (symbol->state == CHECKING) {
        Diag *d = diag_report(c->diags, use, D(CONSTANT_CYCLE), symbol->name->text);
        diag_note(d, symbol->span, "`%s` is declared here", symbol->name->text);
        symbol->state = CHECKED;
        return;
    }
    symbol->state = CHECKING;
    Decl *decl = symbol->decl;
    Expr *value = decl->constant.value;
    bool saved[WARN_COUNT];
    const char *said = c->said_not_yet;
    c->said_not_yet = NULL;
    allow_warnings(c, decl->attributes, saved);
    const IrType *type =
        decl->constant.type != NULL ? check_type(c, decl->constant.type, TYPE_OF_VALUE) : NULL;
    bool good = decl->constant.type == NULL || type != NULL;
    Symbol *around = c->current;
    unsigned loops = c->loop_depth;
    c->current = NULL;
    c->loop_depth = 0;
    check_operand(c, value);
    c->current = around;
    c->loop_depth = loops;
    c->said_not_yet = said;
    restore_warnings(c, saved);
    good = good && value->type != NULL;
    if (good && type != NULL) {
        good = coerce(c, value, type);
    } else if (good && is_open_array(value->type)) { /* only scalars keep the literal's freedom */
        good = concrete(c, value);
    }
    if (good && value->constant == NULL) {
        if (!errors_in(c, value->span)) {
            diag_report(c->diags, value->span, D(NOT_CONSTANT));
        }
        good = false;
    }
    if (good && symbol->state == CHECKING) { /* else it was found in a circle */
        symbol->type = value->type;
        symbol->constant = value->constant;
    }
    symbol->state = CHECKED;
}

/* -D NAME=VALUE: the value is parsed as the source of a constant of its own. */
static void apply_define(Checker *c, const FrontendDefine *define) {
    Symbol *symbol = NULL;
    for (uint32_t i = 0; i < c->symbols.count; i++) {
        if (c->symbols.items[i]->kind == SYMBOL_CONST &&
            strcmp(c->symbols.items[i]->name->text, define->name) == 0) {
            symbol = c->symbols.items[i];
        }
    }
    if (symbol == NULL) {
        diag_report(c->diags, (Span){0, 0}, D(UNKNOWN_DEFINE), define->name);
        return;
    }
    const char *text = arena_printf(c->arena, "const _ = %s;", define->value);
    const char *path = arena_printf(c->arena, "-D %s", define->name);
    SourceFile *file = source_add(c->diags->sources, path, text, strlen(text));
    REQUIRE(file != NULL);
    AstModule *ast = ast_parse(c->arena, c->names, c->diags, file);
    if (ast->had_errors) {
        return;
    }
    Decl *decl = ast->decls;
    if (decl == NULL || decl->kind != DECL_CONST || decl->next != NULL) {
        diag_report(c->diags, (Span){file->base, file->base + file->length}, D(NOT_CONSTANT));
        return;
    }
    symbol->decl->constant.value = decl->constant.value;
}

/* ---- declarations ---- */

static void declare_import(Checker *c, Ident ident) {
    if (scope_find(&c->scopes, ident.name) == NULL) {
        scope_declare(&c->scopes, symbol_new(c, SYMBOL_IMPORT, ident));
    }
}

static void declare_imports(Checker *c, const Decl *decl) {
    c->said_not_yet = NULL;
    not_yet(c, decl->span, "modules");
    if (decl->use.names == NULL) {
        declare_import(c, decl->use.alias.name != NULL ? decl->use.alias : decl->name);
    }
    for (const UseName *name = decl->use.names; name != NULL; name = name->next) {
        declare_import(c, name->alias.name != NULL ? name->alias : name->name);
    }
}

static bool is_builtin_name(const Symbol *old, Name name) {
    return old != NULL || ir_type_named(name->text, name->length) != NULL ||
           strcmp(name->text, "Buffer") == 0 || builtin_is_planned(name->text);
}

static void declare_all(Checker *c, AstModule *ast) {
    for (Decl *decl = ast->decls; decl != NULL; decl = decl->next) {
        static const SymbolKind kinds[] = {[DECL_CONST] = SYMBOL_CONST,
                                           [DECL_FORM] = SYMBOL_FORM,
                                           [DECL_PROC] = SYMBOL_PROC,
                                           [DECL_KERNEL] = SYMBOL_KERNEL};
        if (decl->kind == DECL_USE) {
            declare_imports(c, decl);
            continue;
        }
        if (decl->name.name == NULL) {
            continue;
        }
        Symbol *symbol = symbol_new(c, kinds[decl->kind], decl->name);
        symbol->decl = decl;
        decl->symbol = symbol;
        Symbol *old = scope_find(&c->scopes, symbol->name);
        if (old != NULL && old->span.start != 0) {
            Diag *d = diag_report(c->diags, symbol->span, D(DUPLICATE_NAME), symbol->name->text);
            diag_note(d, old->span, "the first one is here");
            continue;
        }
        if (is_builtin_name(old, symbol->name)) {
            bool saved[WARN_COUNT];
            allow_warnings(c, decl->attributes, saved);
            diag_report(c->diags, symbol->span, D(SHADOWED_BUILTIN), symbol->name->text);
            restore_warnings(c, saved);
        }
        scope_declare(&c->scopes, symbol);
        VEC_PUSH(c->arena, &c->symbols, symbol);
    }
}

static void check_params(Checker *c, Decl *decl) {
    c->params.arena = c->arena;
    name_map_clear(&c->params);
    for (Param *param = decl->proc.params; param != NULL; param = param->next) {
        if (param->name.name == NULL || param->type == NULL) {
            continue;
        }
        c->said_not_yet = NULL;
        const IrType *type = decl->proc.generics == NULL
                                 ? check_type(c, param->type, TYPE_OF_PARAMETER)
                                 : NULL; /* it may be one of them */
        void **first = name_map_at(&c->params, param->name.name);
        if (*first != NULL) {
            Diag *d =
                diag_report(c->diags, param->name.span, D(DUPLICATE_NAME), param->name.name->text);
            diag_note(d, ((const Param *)*first)->name.span, "the first one is here");
        } else {
            *first = param;
        }
        if (decl->kind == DECL_KERNEL && type != NULL && type->kind != IR_TYPE_BUFFER &&
            ir_has_bool(type)) {
            Diag *d =
                diag_report(c->diags, param->type->span, D(BAD_PARAMETER), type_text(c, type));
            diag_help(d, param->type->span, "use `u32`");
            type = NULL;
        }
        param->symbol = symbol_new(c, SYMBOL_LOCAL, param->name);
        param->symbol->type = type;
        param->symbol->is_param = true;
    }
}

static void check_signature(Checker *c, Symbol *symbol) {
    Decl *decl = symbol->decl;
    c->said_not_yet = NULL;
    if (decl->proc.generics != NULL) {
        not_yet(c, decl->proc.generics->name.span, "generic procs");
    }
    symbol->attributes = check_function_attributes(c, decl);
    check_params(c, decl);
    c->said_not_yet = NULL;
    symbol->type = decl->proc.is_broken ? NULL : &ir_void;
    if (decl->proc.result != NULL) {
        if (decl->kind == DECL_KERNEL) {
            Diag *d = diag_report(c->diags, decl->proc.result->span, D(GIVE_IN_KERNEL));
            diag_help(d, decl->proc.result->span, "write results to a `Buffer` parameter");
        } else {
            symbol->type = decl->proc.generics == NULL
                               ? check_type(c, decl->proc.result, TYPE_OF_VALUE)
                               : NULL;
        }
    }
}

/* Depth-first over calls; a proc met again while its own calls are followed is part of a circle. */
static void find_recursion(Checker *c, Symbol *symbol) {
    typedef struct {
        Symbol *symbol;
        uint32_t next_call;
    } Frame;
    VEC(Frame) stack = {0};
    VEC_PUSH(c->arena, &stack, (Frame){symbol, 0});
    symbol->state = CHECKING;
    while (stack.count > 0) {
        Frame *top = &stack.items[stack.count - 1];
        if (top->next_call == top->symbol->calls.count) {
            top->symbol->state = CHECKED;
            stack.count--;
            continue;
        }
        Expr *call = top->symbol->calls.items[top->next_call++];
        Symbol *callee = (Symbol *)call->symbol;
        if (callee->state == CHECKING) {
            Diag *d = diag_report(c->diags, callee->span, D(RECURSION), callee->name->text);
            uint32_t from = stack.count;
            while (from > 0 && stack.items[from - 1].symbol != callee) {
                from--;
            }
            for (uint32_t i = from; i < stack.count && i < from + 8; i++) {
                Symbol *next = i < stack.count ? stack.items[i].symbol : callee;
                const Expr *step =
                    stack.items[i - 1].symbol->calls.items[stack.items[i - 1].next_call - 1];
                diag_note(d, step->span, "`%s` calls `%s`", stack.items[i - 1].symbol->name->text,
                          next->name->text);
            }
            diag_note(d, call->span, "`%s` calls `%s`",
                      stack.items[stack.count - 1].symbol->name->text, callee->name->text);
        } else if (callee->state == UNCHECKED) {
            callee->state = CHECKING;
            VEC_PUSH(c->arena, &stack, (Frame){callee, 0});
        }
    }
}

static void warn_unused(Checker *c) {
    bool has_kernel = false; /* else it is a module for others to use */
    if (may_be_wrong(c, (Span){0, UINT32_MAX})) {
        return; /* what is wrong may be where it was to be used */
    }
    for (uint32_t i = 0; i < c->symbols.count; i++) {
        has_kernel |= c->symbols.items[i]->kind == SYMBOL_KERNEL;
    }
    for (uint32_t i = 0; i < c->symbols.count && has_kernel; i++) {
        Symbol *symbol = c->symbols.items[i];
        if (symbol->kind != SYMBOL_KERNEL && !symbol->used && symbol->name->text[0] != '_') {
            bool saved[WARN_COUNT];
            allow_warnings(c, symbol->decl->attributes, saved);
            Diag *d =
                diag_report(c->diags, symbol->span, D(UNUSED_DECLARATION), symbol->name->text);
            diag_help(d, symbol->span, "remove it, or name it `_%s`", symbol->name->text);
            restore_warnings(c, saved);
        }
    }
}

bool check_module(Checker *c, AstModule *ast) {
    unsigned errors = c->diags->errors;
    scope_open(&c->scopes);
    declare_builtins(c);
    scope_open(&c->scopes);
    declare_all(c, ast);
    for (const FrontendDefine *define = c->options->defines; define != NULL;
         define = define->next) {
        apply_define(c, define);
    }
    for (uint32_t i = 0; i < c->symbols.count; i++) {
        Symbol *symbol = c->symbols.items[i];
        if (symbol->kind == SYMBOL_CONST) {
            check_const_attributes(c, symbol->decl);
            check_const_symbol(c, symbol, symbol->span);
        } else if (symbol->kind == SYMBOL_FORM) {
            check_form_symbol(c, symbol, symbol->span);
        } else {
            check_signature(c, symbol);
        }
    }
    for (uint32_t i = 0; i < c->symbols.count; i++) {
        Symbol *symbol = c->symbols.items[i];
        bool generic = symbol->kind == SYMBOL_PROC && symbol->decl->proc.generics != NULL;
        if ((symbol->kind == SYMBOL_PROC && !generic) || symbol->kind == SYMBOL_KERNEL) {
            bool saved[WARN_COUNT];
            allow_warnings(c, symbol->decl->attributes, saved);
            check_function_body(c, symbol);
            restore_warnings(c, saved);
        }
    }
    for (uint32_t i = 0; i < c->symbols.count; i++) {
        Symbol *symbol = c->symbols.items[i];
        if (symbol->kind == SYMBOL_PROC && symbol->state == UNCHECKED) {
            find_recursion(c, symbol);
        }
    }
    warn_unused(c);
    scope_close(&c->scopes);
    scope_close(&c->scopes);
    return c->diags->errors == errors;
}
