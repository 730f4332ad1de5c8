/* The syntax tree and the tokens as text, for --emit=ast, --emit=tokens and tests.
 *
 * A node a line: its kind, line:column of its first and of the character after its last, then what it holds;
 * its children follow, four spaces further in. `x@3:5` is a name and where it stands; `()` after an
 * expression says that it stands in parentheses.
 */
#include <inttypes.h>

#include "frontend/lexer.h"
#include "frontend/parser.h"

typedef struct {
    Text *out;
    const SourceMap *sources;
    int level;
} Printer;

static void print_place(Printer *printer, Pos pos) {
    SourcePlace place = source_place(printer->sources, pos);
    text_printf(printer->out, "%u:%u", place.line, place.column);
}

/* Begins a line; what is printed on it until finish() follows, and then its children. */
static void start(Printer *printer, const char *kind, Span span) {
    text_indent(printer->out, printer->level++);
    text_add(printer->out, kind);
    if (span.start != 0) {
        text_char(printer->out, ' ');
        print_place(printer, span.start);
        text_char(printer->out, '-');
        print_place(printer, span.end);
    }
}

static void finish(Printer *printer) {
    text_char(printer->out, '\n');
}

static void leave(Printer *printer) {
    printer->level--;
}

static void print_ident(Printer *printer, const char *before, Ident ident) {
    text_printf(printer->out, "%s%s@", before, ident.name->text);
    print_place(printer, ident.span.start);
}

static void print_op(Printer *printer, const char *spelling, Span span) {
    text_printf(printer->out, " %s@", spelling);
    print_place(printer, span.start);
}

static void print_suffix(Printer *printer, Name suffix) {
    if (suffix != NULL) {
        text_printf(printer->out, " %s", suffix->text);
    }
}

static void print_expr(Printer *printer, const Expr *expr);
static void print_block(Printer *printer, const Block *block);
static void print_type(Printer *printer, const TypeExpr *type);

static void print_exprs(Printer *printer, const Expr *list) {
    for (; list != NULL; list = list->next) {
        print_expr(printer, list);
    }
}

static void print_type(Printer *printer, const TypeExpr *type) {
    static const char *const kinds[] = {[TYPE_EXPR_NAME] = "type",
                                        [TYPE_EXPR_ARRAY] = "type_array",
                                        [TYPE_EXPR_REF] = "type_ref",
                                        [TYPE_EXPR_CONST] = "type_const",
                                        [TYPE_EXPR_ERROR] = "type_error"};
    if (type == NULL) {
        return;
    }
    start(printer, kinds[type->kind], type->span);
    if (type->kind == TYPE_EXPR_NAME) {
        if (type->module.name != NULL) {
            print_ident(printer, " ", type->module);
            text_char(printer->out, '.');
        }
        print_ident(printer, type->module.name != NULL ? "" : " ", type->name);
    }
    finish(printer);
    if (type->kind == TYPE_EXPR_NAME) {
        for (const TypeExpr *arg = type->args; arg != NULL; arg = arg->next) {
            print_type(printer, arg);
        }
    } else if (type->kind != TYPE_EXPR_ERROR) {
        print_type(printer, type->element);
        print_expr(printer, type->length);
    }
    leave(printer);
}

/* ---- expressions ---- */

static void print_inits(Printer *printer, const FieldInit *init) {
    for (; init != NULL; init = init->next) {
        start(printer, "init", (Span){0});
        print_ident(printer, " ", init->name);
        finish(printer);
        print_expr(printer, init->value);
        leave(printer);
    }
}

/* What follows the kind and place on an expression's own line. */
static void print_expr_details(Printer *printer, const Expr *expr) {
    Text *out = printer->out;
    switch (expr->kind) {
    case EXPR_BOOL:
        text_add(out, expr->boolean ? " true" : " false");
        break;
    case EXPR_INT:
        text_printf(out, " %" PRIu64, expr->integer.value);
        print_suffix(printer, expr->integer.suffix);
        break;
    case EXPR_FLOAT:
        text_printf(out, " %.17g", expr->floating.value);
        print_suffix(printer, expr->floating.suffix);
        break;
    case EXPR_STRING:
        text_char(out, ' ');
        text_quoted(out, expr->string.text, expr->string.length);
        break;
    case EXPR_NAME:
        text_printf(out, " %s", expr->name->text);
        break;
    case EXPR_UNARY:
        text_printf(out, " %s", unary_spelling(expr->unary.op));
        break;
    case EXPR_BINARY:
        print_op(printer, binary_spelling(expr->binary.op), expr->binary.op_span);
        break;
    case EXPR_FIELD:
        print_ident(printer, " ", expr->field.name);
        break;
    default:
        break;
    }
    if (expr->parenthesised) {
        text_add(out, " ()");
    }
}

static void print_expr_children(Printer *printer, const Expr *expr) {
    switch (expr->kind) {
    case EXPR_UNARY:
        print_expr(printer, expr->unary.a);
        break;
    case EXPR_BINARY:
        print_expr(printer, expr->binary.a);
        print_expr(printer, expr->binary.b);
        break;
    case EXPR_TERNARY:
        print_expr(printer, expr->ternary.condition);
        print_expr(printer, expr->ternary.a);
        print_expr(printer, expr->ternary.b);
        break;
    case EXPR_IF:
        print_expr(printer, expr->if_else.condition);
        print_block(printer, expr->if_else.a);
        print_block(printer, expr->if_else.b);
        break;
    case EXPR_CAST:
    case EXPR_BITCAST:
        print_expr(printer, expr->cast.a);
        print_type(printer, expr->cast.type);
        break;
    case EXPR_CALL:
        print_expr(printer, expr->call.callee);
        print_exprs(printer, expr->call.args);
        break;
    case EXPR_INDEX:
    case EXPR_REPEAT:
        print_expr(printer, expr->index.a);
        print_expr(printer, expr->index.b);
        break;
    case EXPR_FIELD:
        print_expr(printer, expr->field.a);
        break;
    case EXPR_ARRAY:
        print_exprs(printer, expr->elements);
        break;
    case EXPR_FORM:
        print_type(printer, expr->form.type);
        print_inits(printer, expr->form.fields);
        break;
    default:
        break;
    }
}

static void print_expr(Printer *printer, const Expr *expr) {
    static const char *const kinds[] = {
        [EXPR_ERROR] = "error", [EXPR_BOOL] = "bool",     [EXPR_INT] = "int",
        [EXPR_FLOAT] = "float", [EXPR_STRING] = "string", [EXPR_NAME] = "name",
        [EXPR_UNARY] = "unary", [EXPR_BINARY] = "binary", [EXPR_TERNARY] = "ternary",
        [EXPR_IF] = "if_value", [EXPR_CAST] = "cast",     [EXPR_BITCAST] = "bitcast",
        [EXPR_CALL] = "call",   [EXPR_INDEX] = "index",   [EXPR_FIELD] = "field",
        [EXPR_ARRAY] = "array", [EXPR_REPEAT] = "repeat", [EXPR_FORM] = "form_value"};
    if (expr == NULL) {
        return;
    }
    start(printer, kinds[expr->kind], expr->span);
    print_expr_details(printer, expr);
    finish(printer);
    print_expr_children(printer, expr);
    leave(printer);
}

/* ---- statements ---- */

static void print_attributes(Printer *printer, const Attribute *attribute) {
    for (; attribute != NULL; attribute = attribute->next) {
        start(printer, "attribute", attribute->span);
        print_ident(printer, " ", attribute->name);
        finish(printer);
        print_exprs(printer, attribute->args);
        leave(printer);
    }
}

static void print_case(Printer *printer, const Case *item) {
    start(printer, "case", item->span);
    finish(printer);
    for (const struct CaseRange *range = item->ranges; range != NULL; range = range->next) {
        start(printer,
              range->to == NULL  ? "value"
              : range->inclusive ? "range ..="
                                 : "range ..",
              (Span){0});
        finish(printer);
        print_expr(printer, range->from);
        print_expr(printer, range->to);
        leave(printer);
    }
    print_block(printer, item->body);
    leave(printer);
}

static void print_stmt_details(Printer *printer, const Stmt *stmt) {
    switch (stmt->kind) {
    case STMT_LET:
    case STMT_CONST:
    case STMT_SHARED:
        print_ident(printer, stmt->let.is_mut ? " mut " : " ", stmt->let.name);
        break;
    case STMT_ASSIGN:
        print_op(printer,
                 arena_printf(printer->out->arena, "%s=", binary_spelling(stmt->assign.op)),
                 stmt->assign.op_span);
        break;
    case STMT_FOR:
        print_ident(printer, " ", stmt->for_in.name);
        text_add(printer->out, stmt->for_in.inclusive ? " ..=" : " ..");
        break;
    default:
        break;
    }
}

static void print_stmt(Printer *printer, const Stmt *stmt) {
    static const char *const kinds[] = {
        [STMT_ERROR] = "error",   [STMT_LET] = "let",          [STMT_CONST] = "const",
        [STMT_SHARED] = "shared", [STMT_ASSIGN] = "assign",    [STMT_IF] = "if",
        [STMT_WHILE] = "while",   [STMT_LOOP] = "loop",        [STMT_FOR] = "for",
        [STMT_MATCH] = "match",   [STMT_BREAK] = "break",      [STMT_CONTINUE] = "continue",
        [STMT_GIVE] = "give",     [STMT_BLOCK] = "block_stmt", [STMT_EXPR] = "expr"};
    start(printer, kinds[stmt->kind], stmt->span);
    print_stmt_details(printer, stmt);
    finish(printer);
    print_attributes(printer, stmt->attributes);
    switch (stmt->kind) {
    case STMT_LET:
    case STMT_CONST:
    case STMT_SHARED:
        print_type(printer, stmt->let.type);
        print_expr(printer, stmt->let.value);
        break;
    case STMT_ASSIGN:
        print_expr(printer, stmt->assign.place);
        print_expr(printer, stmt->assign.value);
        break;
    case STMT_IF:
        print_expr(printer, stmt->if_else.condition);
        print_block(printer, stmt->if_else.a);
        if (stmt->if_else.b != NULL) {
            print_stmt(printer, stmt->if_else.b);
        }
        break;
    case STMT_WHILE:
    case STMT_LOOP:
        print_expr(printer, stmt->loop.condition);
        print_block(printer, stmt->loop.body);
        break;
    case STMT_FOR:
        print_expr(printer, stmt->for_in.from);
        print_expr(printer, stmt->for_in.to);
        print_expr(printer, stmt->for_in.step);
        print_block(printer, stmt->for_in.body);
        break;
    case STMT_MATCH:
        print_expr(printer, stmt->match.value);
        for (const Case *item = stmt->match.cases; item != NULL; item = item->next) {
            print_case(printer, item);
        }
        print_block(printer, stmt->match.otherwise);
        break;
    case STMT_GIVE:
    case STMT_EXPR:
        print_expr(printer, stmt->value);
        break;
    case STMT_BLOCK:
        print_block(printer, stmt->block);
        break;
    default:
        break;
    }
    leave(printer);
}

static void print_block(Printer *printer, const Block *block) {
    if (block == NULL) {
        return;
    }
    start(printer, "block", block->span);
    finish(printer);
    for (const Stmt *stmt = block->stmts; stmt != NULL; stmt = stmt->next) {
        print_stmt(printer, stmt);
    }
    if (block->value != NULL) {
        start(printer, "value", (Span){0});
        finish(printer);
        print_expr(printer, block->value);
        leave(printer);
    }
    leave(printer);
}

/* ---- declarations ---- */

static void print_doc(Printer *printer, const char *doc) {
    if (doc != NULL) {
        start(printer, "doc ", (Span){0});
        text_quoted(printer->out, doc, strlen(doc));
        finish(printer);
        leave(printer);
    }
}

static void print_generics(Printer *printer, const GenericParam *generic) {
    for (; generic != NULL; generic = generic->next) {
        start(printer, "generic", (Span){0});
        print_ident(printer, generic->is_const ? " const " : " ", generic->name);
        finish(printer);
        print_type(printer, generic->type);
        leave(printer);
    }
}

static void print_params(Printer *printer, const char *kind, const Param *param) {
    for (; param != NULL; param = param->next) {
        start(printer, kind, (Span){0});
        print_ident(printer, " ", param->name);
        finish(printer);
        print_doc(printer, param->doc);
        print_type(printer, param->type);
        leave(printer);
    }
}

static void print_use(Printer *printer, const Decl *decl) {
    for (const UseName *use = decl->use.names; use != NULL; use = use->next) {
        start(printer, "name", (Span){0});
        print_ident(printer, " ", use->name);
        if (use->alias.name != NULL) {
            print_ident(printer, " as ", use->alias);
        }
        finish(printer);
        leave(printer);
    }
}

static void print_decl(Printer *printer, const Decl *decl) {
    static const char *const kinds[] = {[DECL_USE] = "use",
                                        [DECL_CONST] = "const",
                                        [DECL_FORM] = "form",
                                        [DECL_PROC] = "proc",
                                        [DECL_KERNEL] = "kernel"};
    start(printer, kinds[decl->kind], decl->span);
    print_ident(printer, " ", decl->name);
    if (decl->kind == DECL_USE) {
        text_printf(printer->out, " %s", decl->use.path);
        if (decl->use.alias.name != NULL) {
            print_ident(printer, " as ", decl->use.alias);
        }
    }
    bool is_proc = decl->kind == DECL_PROC || decl->kind == DECL_KERNEL;
    if (is_proc && decl->proc.is_broken) {
        text_add(printer->out, " broken");
    }
    finish(printer);
    print_doc(printer, decl->doc);
    print_attributes(printer, decl->attributes);
    switch (decl->kind) {
    case DECL_USE:
        print_use(printer, decl);
        break;
    case DECL_CONST:
        print_type(printer, decl->constant.type);
        print_expr(printer, decl->constant.value);
        break;
    case DECL_FORM:
        print_generics(printer, decl->form.generics);
        print_params(printer, "field", decl->form.fields);
        break;
    case DECL_PROC:
    case DECL_KERNEL:
        print_generics(printer, decl->proc.generics);
        print_params(printer, "param", decl->proc.params);
        if (decl->proc.result != NULL) {
            start(printer, "result", (Span){0});
            finish(printer);
            print_type(printer, decl->proc.result);
            leave(printer);
        }
        print_block(printer, decl->proc.body);
        break;
    }
    leave(printer);
}

void ast_print(Text *out, const SourceMap *sources, const AstModule *module) {
    Printer printer = {out, sources, 0};
    for (const Decl *decl = module->decls; decl != NULL; decl = decl->next) {
        print_decl(&printer, decl);
    }
}

/* ---- tokens ---- */

static const char *token_class(const Token *token) {
    if (token->kind >= TOK_KERNEL && token->kind <= TOK_FALSE && token->name != NULL) {
        return "keyword";
    }
    switch (token->kind) {
    case TOK_NAME:
        return "name";
    case TOK_RESERVED:
        return "reserved";
    case TOK_INT:
        return "int";
    case TOK_FLOAT:
        return "float";
    case TOK_STRING:
        return "text";
    case TOK_BAD:
    case TOK_BAD_VALUE:
        return "bad";
    case TOK_END:
        return "end";
    default:
        return "symbol";
    }
}

void ast_print_tokens(Text *out, Names *names, Diags *diags, const SourceFile *file,
                      const SourceMap *sources) {
    Printer printer = {out, sources, 0};
    TokenList tokens = lex_file(out->arena, names, diags, file);
    for (uint32_t i = 0; i < tokens.count; i++) {
        const Token *token = &tokens.items[i];
        if (token->doc != NULL) {
            print_place(&printer, token->span.start);
            text_add(out, " doc ");
            text_quoted(out, token->doc, strlen(token->doc));
            text_char(out, '\n');
        }
        print_place(&printer, token->span.start);
        text_printf(out, " %s", token_class(token));
        if (token->kind != TOK_END) {
            text_char(out, ' ');
        }
        const char *spelling = span_text(file, token->span);
        for (uint32_t k = 0; k < token->span.end - token->span.start; k++) {
            bool control = (unsigned char)spelling[k] < 0x20 || spelling[k] == 0x7f;
            text_char(out,
                      control || (token->kind == TOK_BAD && spelling[k] < 0) ? '?' : spelling[k]);
        }
        text_char(out, '\n');
    }
}
