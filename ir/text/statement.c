/* Expressions and lines. See printer.h.
 *
 * A folded read waits in `pending` until it is used; what writes calls text_before_write first, which gives names to those
 * that still wait.
 */
#include <stdarg.h>
#include <stdio.h>

#include "ir/base/fatal.h"
#include "ir/text/printer.h"

/* ---- lines ---- */

/* The path as a comment can hold it. */
static void add_path(Text *out, const char *path) {
    for (; *path != '\0'; path++) {
        text_char(out, (unsigned char)*path < ' ' || *path == 0x7f ? '?' : *path);
    }
}

static void place_line(TextPrinter *p) {
    Pos pos = p->inst != NULL ? p->inst->pos : 0;
    if (p->sources == NULL || pos == 0) {
        return;
    }
    SourcePlace place = source_place(p->sources, pos);
    if (place.file == NULL || (place.file == p->file && place.line == p->line)) {
        return;
    }
    p->file = place.file;
    p->line = place.line;
    text_indent(p->out, p->indent);
    text_add(p->out, "// ");
    add_path(p->out, place.file->path);
    text_printf(p->out, ":%u\n", place.line);
}

void text_statement(TextPrinter *p, const char *format, ...) {
    place_line(p);
    text_indent(p->out, p->indent);
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    REQUIRE(length >= 0);
    char *line = NEW_ARRAY(p->arena, char, (size_t)length + 1);
    vsnprintf(line, (size_t)length + 1, format, again);
    va_end(args);
    va_end(again);
    text_bytes(p->out, line, (size_t)length);
    text_char(p->out, '\n');
}

void text_open(TextPrinter *p, const char *text) {
    text_statement(p, "%s", text);
    p->indent++;
}

void text_close(TextPrinter *p, const char *text) {
    p->indent--;
    text_indent(p->out, p->indent);
    text_printf(p->out, "%s\n", text);
}

void text_doc(Text *out, const char *doc, int indent) {
    for (bool more = doc != NULL; more;) {
        size_t length = strcspn(doc, "\r\n");
        text_indent(out, indent);
        text_add(out, length > 0 ? "// " : "//");
        text_bytes(out, doc, length);
        text_char(out, '\n');
        more = doc[length] != '\0';
        doc += length + more;
    }
}

/* ---- expressions ---- */

TextExpr text_expr(TextPrinter *p, uint8_t level, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    REQUIRE(length >= 0);
    char *text = NEW_ARRAY(p->arena, char, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(args);
    va_end(again);
    return (TextExpr){.text = text, .level = level};
}

TextExpr text_name_expr(const char *name) {
    return (TextExpr){.text = name, .level = TEXT_PRIMARY, .is_name = true};
}

TextExpr text_peek(TextPrinter *p, IrValue *value) {
    value = text_same(p, value);
    if (ir_is_const(value)) {
        return p->syntax->constant(p, value);
    }
    const TextSlot *slot = text_slot(p, value);
    REQUIRE(slot->known);
    return slot->expr;
}

TextExpr text_use(TextPrinter *p, IrValue *value) {
    TextExpr expr = text_peek(p, value);
    if (expr.reads) {
        value = text_same(p, value);
        for (uint32_t i = 0; i < p->pending.count; i++) {
            if (p->pending.items[i] == value) {
                p->pending.items[i] = p->pending.items[--p->pending.count];
            }
        }
    }
    p->used.depth = expr.depth > p->used.depth ? expr.depth : p->used.depth;
    p->used.is_constant &= expr.is_constant;
    p->used.reads |= expr.reads;
    return expr;
}

const char *text_at(TextPrinter *p, TextExpr expr, uint8_t level) {
    return expr.level >= level ? expr.text : arena_printf(p->arena, "(%s)", expr.text);
}

const char *text_value_name(TextPrinter *p, const IrValue *value, const char *hint) {
    const char *name = value != NULL && value->name != NULL ? value->name->text : hint;
    return namer_name(p->namer, name != NULL ? name : "v");
}

TextExpr text_let(TextPrinter *p, const IrType *type, TextExpr expr, const char *hint) {
    const char *name = namer_name(p->namer, hint != NULL ? hint : "v");
    p->syntax->let(p, type, name, expr.text);
    return text_name_expr(name);
}

void text_define_name(TextPrinter *p, const IrValue *value, const char *name) {
    TextSlot *slot = text_slot(p, value);
    slot->expr = text_name_expr(name);
    slot->known = true;
}

/* What the operands were goes into what is made of them. */
static TextExpr joined(TextPrinter *p, TextExpr expr) {
    expr.depth = (uint8_t)(p->used.depth < UINT8_MAX ? p->used.depth + 1 : UINT8_MAX);
    expr.reads |= p->used.reads;
    expr.is_constant |= p->used.is_constant && p->inst->operand_count > 0;
    return expr;
}

void text_define_let(TextPrinter *p, IrValue *value, TextExpr expr, const char *hint) {
    const char *name = text_value_name(p, value, hint);
    p->syntax->let(p, value->type, name, expr.text);
    text_define_name(p, value, name);
}

void text_define(TextPrinter *p, IrValue *value, TextExpr expr, const char *hint) {
    TextSlot *slot = text_slot(p, value);
    expr = joined(p, expr);
    if (!text_folds(p, value, expr)) {
        text_define_let(p, value, expr, hint);
        return;
    }
    slot->expr = expr;
    slot->known = true;
    if (expr.reads) {
        VEC_PUSH(p->arena, &p->pending, value);
    }
}

void text_before_write(TextPrinter *p) {
    for (uint32_t i = 0; i < p->pending.count; i++) {
        IrValue *value = p->pending.items[i];
        TextExpr expr = text_let(p, value->type, text_slot(p, value)->expr, NULL);
        text_define_name(p, value, expr.text);
    }
    p->pending.count = 0;
}
