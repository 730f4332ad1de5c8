/* The checker of a module: declarations, constants, signatures, calls in circles. See check.h. */
#include "frontend/check.h"

#include "ir/base/fatal.h"

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

Name ir_name_of(Checker *c, const char *text) {
    Name name = name_of(c->names, text);
    c->ir_names.arena = c->arena;
    for (unsigned number = 2; *name_map_at(&c->ir_names, name) != NULL; number++) {
        name = name_of(c->names, arena_printf(c->arena, "%s.%u", text, number));
    }
    *name_map_at(&c->ir_names, name) = (void *)name;
    return name;
}

void enter_home(Checker *c, Symbol *symbol, Span use, CheckPlace *saved) {
    *saved = (CheckPlace){
        .scopes = c->scopes,
        .current = c->current,
        .wanted = c->wanted,
        .loop_depth = c->loop_depth,
        .constant = c->constant,
        .unused = c->unused,
        .params = c->params,
        .errors = c->diags->errors,
        .first_report = c->diags->list.count,
    };
    memcpy(saved->off, c->diags->off, sizeof saved->off);
    memcpy(c->diags->off, c->off, sizeof c->off);
    c->scopes = (Scopes){.arena = c->arena, .around = &symbol->unit->scopes};
    c->current = NULL;
    c->wanted = NULL;
    c->loop_depth = 0;
    c->constant = NULL;
    c->unused = (SymbolList){0};
    c->params = (NameMap){.arena = c->arena};
    VEC_PUSH(c->arena, &c->demands, (Demand){symbol, use});
    scope_open(&c->scopes);
    const Instance *instance = symbol->instance;
    for (uint32_t i = 0; instance != NULL && i < instance->count; i++) {
        scope_declare(&c->scopes, instance->args[i]);
    }
    if (instance != NULL && instance->with != NULL) {
        memset(c->diags->off, true, sizeof c->diags->off); /* said of the template, once */
    }
}

void leave_home(Checker *c, Symbol *symbol, const CheckPlace *saved) {
    symbol->is_wrong |= c->diags->errors != saved->errors;
    if (symbol->instance != NULL) {
        judge_instance(c, symbol, saved->first_report);
    }
    c->demands.count--;
    c->scopes = saved->scopes;
    c->current = saved->current;
    c->wanted = saved->wanted;
    c->loop_depth = saved->loop_depth;
    c->constant = saved->constant;
    c->unused = saved->unused;
    c->params = saved->params;
    memcpy(c->diags->off, saved->off, sizeof saved->off);
}

void note_wrong(Checker *c) {
    if (c->demands.count > 0) {
        c->demands.items[c->demands.count - 1].symbol->is_wrong = true;
    }
}

enum { MOST_STEPS_SHOWN = 8 };

void note_circle(Checker *c, Diag *d, const Symbol *symbol, Span use) {
    const Demand *demands = c->demands.items;
    uint32_t from = c->demands.count, count = c->demands.count;
    while (from > 0 && demands[from - 1].symbol != symbol) {
        from--;
    }
    for (uint32_t i = from; i < count && i < from + MOST_STEPS_SHOWN; i++) {
        diag_note(d, demands[i].use, "`%s` needs `%s`", demands[i - 1].symbol->name->text,
                  demands[i].symbol->name->text);
    }
    if (from > 0 && from < count) {
        diag_note(d, use, "`%s` needs `%s`", demands[count - 1].symbol->name->text,
                  symbol->name->text);
    }
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
        scope_declare(&c->builtins, symbol);
    }
    for (unsigned i = 0; i < builtin_value_name_count; i++) {
        Ident ident = {name_of(c->names, builtin_value_names[i].name), {0, 0}};
        Symbol *symbol = symbol_new(c, SYMBOL_BUILTIN_VALUE, ident);
        symbol->value_id = builtin_value_names[i].id;
        symbol->value_lane = builtin_value_names[i].lane;
        scope_declare(&c->builtins, symbol);
    }
}

/* ---- constants ---- */

static void check_const_value(Checker *c, Symbol *symbol) {
    Decl *decl = symbol->decl;
    Expr *value = decl->constant.value;
    const IrType *type =
        decl->constant.type != NULL ? check_type(c, decl->constant.type, TYPE_OF_VALUE) : NULL;
    bool good = check_constant(c, value, type) && (decl->constant.type == NULL || type != NULL);
    symbol->is_spec = is_spec_decl(decl);
    if (good && symbol->is_spec) {
        good = check_spec(c, symbol, value);
    }
    if (good && symbol->state == CHECKING) { /* else it was found in a circle */
        symbol->type = value->type;
        symbol->constant = value->constant;
    }
}

void check_const_symbol(Checker *c, Symbol *symbol, Span use) {
    if (symbol->state == CHECKED) {
        return;
    }
    if (symbol->state == CHECKING) {
        Diag *d = diag_report(c->diags, use, D(CONSTANT_CYCLE), symbol->name->text);
        note_circle(c, d, symbol, use);
        diag_note(d, symbol->span, "`%s` is declared here", symbol->name->text);
        symbol->state = CHECKED;
        return;
    }
    symbol->state = CHECKING;
    CheckPlace saved;
    enter_home(c, symbol, use, &saved);
    allow_warnings(c, symbol->decl->attributes, (bool[WARN_COUNT]){0});
    check_const_value(c, symbol);
    leave_home(c, symbol, &saved);
    symbol->state = CHECKED;
}

/* -D NAME=VALUE: the value is parsed as the source of a constant of its own. */
static void apply_define(Checker *c, const FrontendDefine *define) {
    Symbol *symbol = NULL;
    for (uint32_t i = 0; i < c->root->symbols.count; i++) {
        if (c->root->symbols.items[i]->kind == SYMBOL_CONST &&
            strcmp(c->root->symbols.items[i]->name->text, define->name) == 0) {
            symbol = c->root->symbols.items[i];
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
    file->is_option = true;
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

static bool is_builtin_name(const Symbol *old, Name name) {
    return old != NULL || ir_type_named(name->text, name->length) != NULL ||
           strcmp(name->text, "Buffer") == 0;
}

void declare_top(Checker *c, Unit *unit, Symbol *symbol, const Attribute *attributes) {
    const Symbol *old = scope_find_declared(&unit->scopes, symbol->name);
    if (old != NULL && old->span.start != 0) {
        Diag *d = diag_report(c->diags, symbol->span, D(DUPLICATE_NAME), symbol->name->text);
        diag_note(d, old->span, "the first one is here");
        return;
    }
    if (is_builtin_name(old, symbol->name)) {
        bool saved[WARN_COUNT];
        allow_warnings(c, attributes, saved);
        diag_report(c->diags, symbol->span, D(SHADOWED_BUILTIN), symbol->name->text);
        restore_warnings(c, saved);
    }
    scope_declare(&unit->scopes, symbol);
    if (symbol->unit == unit) {
        const char *text = symbol->name->text;
        symbol->ir_name = ir_name_of(
            c, unit->name == NULL ? text : arena_printf(c->arena, "%s.%s", unit->name, text));
        VEC_PUSH(c->arena, &unit->symbols, symbol);
    }
}

void declare_all(Checker *c, Unit *unit) {
    for (Decl *decl = unit->ast->decls; decl != NULL; decl = decl->next) {
        static const SymbolKind kinds[] = {[DECL_CONST] = SYMBOL_CONST,
                                           [DECL_FORM] = SYMBOL_FORM,
                                           [DECL_PROC] = SYMBOL_PROC,
                                           [DECL_KERNEL] = SYMBOL_KERNEL};
        if (decl->kind == DECL_USE) {
            declare_use(c, unit, decl);
            continue;
        }
        if (decl->name.name == NULL) {
            continue;
        }
        Symbol *symbol = symbol_new(c, kinds[decl->kind], decl->name);
        symbol->decl = decl;
        symbol->unit = unit;
        symbol->generics = decl->kind == DECL_FORM   ? decl->form.generics
                           : decl->kind == DECL_PROC ? decl->proc.generics
                                                     : NULL;
        decl->symbol = symbol;
        declare_top(c, unit, symbol, decl->attributes);
    }
    unit->loading = CHECKED;
}

static void check_params(Checker *c, Decl *decl) {
    for (Param *param = decl->proc.params; param != NULL; param = param->next) {
        if (param->name.name == NULL || param->type == NULL) {
            continue;
        }
        const IrType *type = check_type(c, param->type, TYPE_OF_PARAMETER);
        void **first = name_map_at(&c->params, param->name.name);
        if (*first != NULL) {
            Diag *d =
                diag_report(c->diags, param->name.span, D(DUPLICATE_NAME), param->name.name->text);
            diag_note(d, ((const Param *)*first)->name.span, "the first one is here");
        } else {
            *first = param;
        }
        bool ref = type != NULL && type->kind == IR_TYPE_REF;
        if (decl->kind == DECL_KERNEL && type != NULL && type->kind != IR_TYPE_BUFFER &&
            (ref || ir_has_bool(type))) {
            Diag *d =
                diag_report(c->diags, param->type->span, D(BAD_PARAMETER), type_text(c, type));
            diag_help(d, param->type->span, ref ? "use a `Buffer`" : "use `u32`");
            type = NULL;
        }
        param->symbol = symbol_new(c, SYMBOL_LOCAL, param->name);
        param->symbol->type = type;
        param->symbol->is_param = true;
        param->symbol->is_mut = ref;
    }
}

static void check_head(Checker *c, Symbol *symbol) {
    Decl *decl = symbol->decl;
    symbol->attributes = check_function_attributes(c, decl);
    check_params(c, decl);
    symbol->type = decl->proc.is_broken ? NULL : &ir_void;
    if (decl->proc.result != NULL) {
        if (decl->kind == DECL_KERNEL) {
            Diag *d = diag_report(c->diags, decl->proc.result->span, D(GIVE_IN_KERNEL));
            diag_help(d, decl->proc.result->span, "write results to a `Buffer` parameter");
        } else {
            symbol->type = check_type(c, decl->proc.result, TYPE_OF_VALUE);
        }
    }
}

void check_signature(Checker *c, Symbol *symbol, Span use) {
    if (symbol->signature == CHECKING) { /* its types need its value */
        Diag *d = diag_report(c->diags, use, D(RECURSION), symbol->name->text);
        note_circle(c, d, symbol, use);
    }
    if (symbol->signature != UNCHECKED) {
        return;
    }
    symbol->signature = CHECKING;
    CheckPlace saved;
    enter_home(c, symbol, use, &saved);
    check_head(c, symbol);
    leave_home(c, symbol, &saved);
    symbol->signature = CHECKED;
}

void check_body(Checker *c, Symbol *symbol, Span use) {
    if (symbol->body != UNCHECKED) {
        return;
    }
    if (c->body_depth == CHECK_MAX_BODY_DEPTH) {
        diag_report(c->diags, use, D(TOO_DEEP), (int)CHECK_MAX_BODY_DEPTH);
        return;
    }
    c->body_depth++;
    symbol->body = CHECKING;
    CheckPlace saved;
    enter_home(c, symbol, use, &saved);
    allow_warnings(c, symbol->decl->attributes, (bool[WARN_COUNT]){0});
    check_function_body(c, symbol);
    leave_home(c, symbol, &saved);
    symbol->body = CHECKED;
    c->body_depth--;
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

static void find_circles(Checker *c, const SymbolList *symbols) {
    for (uint32_t i = 0; i < symbols->count; i++) {
        Symbol *symbol = symbols->items[i];
        if (symbol->kind == SYMBOL_PROC && symbol->state == UNCHECKED) {
            find_recursion(c, symbol);
        }
    }
}

static void warn_unused(Checker *c) {
    bool has_kernel = false; /* else it is a module for others to use */
    const SymbolList *symbols = &c->root->symbols;
    if (may_be_wrong(c, (Span){0, UINT32_MAX})) {
        return; /* what is wrong may be where it was to be used */
    }
    for (uint32_t i = 0; i < symbols->count; i++) {
        has_kernel |= symbols->items[i]->kind == SYMBOL_KERNEL;
    }
    for (uint32_t i = 0; i < symbols->count && has_kernel; i++) {
        Symbol *symbol = symbols->items[i];
        if (symbol->kind != SYMBOL_KERNEL && !symbol->used && symbol->name->text[0] != '_') {
            bool saved[WARN_COUNT];
            allow_warnings(c, symbol->decl->attributes, saved);
            Diag *d =
                diag_report(c->diags, symbol->span, D(UNUSED_DECLARATION), symbol->name->text);
            diag_help(d, symbol->span, "remove it, or name it `_%s`", symbol->name->text);
            restore_warnings(c, saved);
        }
    }
    for (uint32_t i = 0; i < c->root->brought.count && has_kernel; i++) {
        const Symbol *symbol = c->root->brought.items[i];
        if (!symbol->used && symbol->name->text[0] != '_') {
            Diag *d =
                diag_report(c->diags, symbol->span, D(UNUSED_DECLARATION), symbol->name->text);
            diag_help(d, symbol->span, "remove %s",
                      symbol->kind == SYMBOL_MODULE ? "the `use`" : "it from its `use`");
        }
    }
}

static void check_declarations(Checker *c, const Unit *unit) {
    for (uint32_t i = 0; i < unit->symbols.count; i++) {
        Symbol *symbol = unit->symbols.items[i];
        if (symbol->kind == SYMBOL_CONST) {
            check_const_attributes(c, symbol->decl);
            check_const_symbol(c, symbol, symbol->span);
        } else if (symbol->generics != NULL) {
            check_template(c, symbol);
        } else if (symbol->kind == SYMBOL_FORM) {
            check_form_symbol(c, symbol, symbol->span);
        } else {
            check_signature(c, symbol, symbol->span);
        }
    }
}

static void check_bodies(Checker *c, const Unit *unit) {
    for (uint32_t i = 0; i < unit->symbols.count; i++) {
        Symbol *symbol = unit->symbols.items[i];
        bool proc = symbol->kind == SYMBOL_PROC || symbol->kind == SYMBOL_KERNEL;
        if (proc && symbol->generics == NULL) {
            check_body(c, symbol, symbol->span);
        }
    }
}

bool check_module(Checker *c, AstModule *ast) {
    unsigned errors = c->diags->errors;
    memcpy(c->off, c->diags->off, sizeof c->off);
    scope_open(&c->builtins);
    declare_builtins(c);
    c->root = unit_new(c, ast, NULL);
    declare_all(c, c->root);
    for (const FrontendDefine *define = c->options->defines; define != NULL;
         define = define->next) {
        apply_define(c, define);
    }
    for (uint32_t i = 0; i < c->units.count; i++) {
        check_declarations(c, c->units.items[i]);
    }
    for (uint32_t i = 0; i < c->units.count; i++) {
        check_bodies(c, c->units.items[i]);
    }
    check_instances(c);
    for (uint32_t i = 0; i < c->units.count; i++) {
        find_circles(c, &c->units.items[i]->symbols);
    }
    find_circles(c, &c->instances);
    for (uint32_t i = 0; i < c->evaluated.count; i++) {
        c->evaluated.items[i]->function = NULL;
    }
    warn_unused(c);
    return c->diags->errors == errors;
}
