/* Modules: `use` brings in another file, once however often it is named, and its members are reached through it.
 *
 * A file that is used is declared before the one that uses it goes on, so its members are known there; a file that
 * is met again while it is being declared is part of a circle. See check.h.
 */
#include "frontend/check.h"

enum { MOST_UNITS = 256 }; /* also bounds how deeply declare_all recurses */

Unit *unit_new(Checker *c, AstModule *ast, const char *name) {
    Unit *unit = NEW(c->arena, Unit);
    unit->ast = ast;
    unit->name = name;
    unit->scopes = (Scopes){.arena = c->arena, .around = &c->builtins};
    unit->loading = CHECKING;
    c->is_broken |= ast->had_errors;
    VEC_PUSH(c->arena, &c->units, unit);
    scope_open(&unit->scopes);
    return unit;
}

/* ---- finding the file ---- */

static void report_missing(Checker *c, const Decl *decl, const char *tried) {
    Diag *d = diag_report(c->diags, decl->span, D(MODULE_NOT_FOUND), decl->use.path);
    if (tried[0] == '\0') {
        diag_note(d, decl->span, "this source is no file beside which to look");
    }
    while (*tried != '\0') {
        const char *end = strchr(tried, '\n');
        diag_note(d, (Span){0}, "tried %.*s", (int)(end - tried), tried);
        tried = end + 1;
    }
}

static void report_circle(Checker *c, const Decl *decl, const Unit *unit, const Unit *again) {
    Diag *d = diag_report(c->diags, decl->span, D(MODULE_CYCLE), again->ast->file->path);
    VEC(const Unit *) steps = {0};
    for (const Unit *step = unit; step != again; step = step->importer) {
        VEC_PUSH(c->arena, &steps, step);
    }
    const char *from = again->ast->file->path;
    for (uint32_t i = steps.count; i > 0; i--) {
        const char *to = steps.items[i - 1]->ast->file->path;
        diag_note(d, steps.items[i - 1]->use, "`%s` uses `%s`", from, to);
        from = to;
    }
    if (steps.count > 0) {
        diag_note(d, decl->span, "`%s` uses `%s`", from, again->ast->file->path);
    }
}

/* The file that a `use` names, declared; NULL: reported. */
static Unit *load_unit(Checker *c, Unit *importer, const Decl *decl) {
    const FrontendLoader *loader = &c->options->loader;
    Text why = {.arena = c->arena};
    const SourceFile *file = loader->load == NULL ? NULL
                                                  : loader->load(loader->data, importer->ast->file,
                                                                 decl->use.path, &why);
    if (file == NULL) {
        report_missing(c, decl, text_get(&why));
        return NULL;
    }
    for (uint32_t i = 0; i < c->units.count; i++) {
        Unit *unit = c->units.items[i];
        if (unit->ast->file == file) {
            if (unit->loading == CHECKING) {
                report_circle(c, decl, importer, unit);
                return NULL;
            }
            return unit;
        }
    }
    if (c->units.count > MOST_UNITS) {
        diag_report(c->diags, decl->span, D(TOO_MANY_MODULES), (int)MOST_UNITS);
        return NULL;
    }
    Unit *unit = unit_new(c, ast_parse(c->arena, c->names, c->diags, file), decl->name.name->text);
    unit->importer = importer;
    unit->use = decl->span;
    declare_all(c, unit);
    return unit;
}

/* ---- members ---- */

static Symbol *find_member(const Unit *unit, Name name) {
    Symbol *symbol = scope_find_declared(&unit->scopes, name);
    return symbol != NULL && symbol->unit == unit ? symbol : NULL;
}

/* Of a module that was found. */
static Symbol *need_member(Checker *c, const Unit *unit, Ident name) {
    Symbol *symbol = find_member(unit, name.name);
    if (symbol != NULL) {
        symbol->used = true;
        return symbol;
    }
    Diag *d = diag_report(c->diags, name.span, D(UNKNOWN_MEMBER),
                          unit->name != NULL ? unit->name : unit->ast->file->path, name.name->text);
    unsigned best = name.name->length < 3 ? 1 : 2;
    const char *near = NULL;
    for (uint32_t i = 0; i < unit->symbols.count; i++) {
        const char *text = unit->symbols.items[i]->name->text;
        unsigned distance = name_distance(name.name->text, text, best);
        if (distance < best || (distance == best && near == NULL)) {
            best = distance;
            near = text;
        }
    }
    if (near != NULL) {
        diag_help(d, name.span, "did you mean `%s`?", near);
    }
    return NULL;
}

Symbol *find_module(Checker *c, Name name) {
    Symbol *symbol = scope_find(&c->scopes, name);
    if (symbol == NULL || symbol->kind != SYMBOL_MODULE) {
        return NULL;
    }
    symbol->used = true;
    return symbol;
}

Symbol *check_member(Checker *c, const Symbol *module, Ident name) {
    return module->module == NULL || name.name == NULL ? NULL
                                                       : need_member(c, module->module, name);
}

MemberFound check_member_name(Checker *c, Expr *e) {
    const Expr *a = e->field.a;
    const Symbol *module =
        e->kind == EXPR_FIELD && a->kind == EXPR_NAME ? find_module(c, a->name) : NULL;
    if (module == NULL) {
        return MEMBER_NONE;
    }
    Symbol *symbol = check_member(c, module, e->field.name);
    if (symbol == NULL) {
        return MEMBER_WRONG;
    }
    e->kind = EXPR_NAME;
    e->name = symbol->name;
    e->symbol = symbol;
    return MEMBER_FOUND;
}

/* ---- declaring ---- */

void declare_use(Checker *c, Unit *unit, Decl *decl) {
    if (decl->name.name == NULL) {
        return;
    }
    Unit *used = load_unit(c, unit, decl);
    if (decl->use.names == NULL) {
        Ident name = decl->use.alias.name != NULL ? decl->use.alias : decl->name;
        Symbol *symbol = symbol_new(c, SYMBOL_MODULE, name);
        symbol->module = used;
        declare_top(c, unit, symbol, NULL);
        VEC_PUSH(c->arena, &unit->brought, symbol);
    }
    for (const UseName *name = decl->use.names; name != NULL; name = name->next) {
        if (name->name.name == NULL) {
            continue;
        }
        Symbol *symbol =
            symbol_new(c, SYMBOL_IMPORT, name->alias.name != NULL ? name->alias : name->name);
        symbol->target = used != NULL ? need_member(c, used, name->name) : NULL;
        declare_top(c, unit, symbol, NULL);
        VEC_PUSH(c->arena, &unit->brought, symbol);
    }
}
