/* Regions as blocks: `if`, loops, and what they hand over. See printer.h.
 *
 * A value that control hands over is a variable, declared before the construct (that of a continuing part at the top of the
 * body) and assigned where control leaves for it. Where the construct's result is only handed on by the terminator behind
 * it, the variable is that of the outer construct at once. An arm that only hands over gives the variable its first
 * value instead of a block of its own.
 */
#include "ir/base/fatal.h"
#include "ir/text/printer.h"

/* What printing came to. */
typedef struct {
    uint32_t height; /* of the blocks in it */
    bool falls;      /* control reaches the end */
} Shape;

enum { BLOCK = 2, CHAINED = 1, MOST_ORDERED = 64 };

static Shape print_region(TextPrinter *p, IrRegion *region, Pos *deepest);

static uint32_t higher(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* ---- handing over ---- */

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool mentions(const char *text, const char *name) {
    size_t length = strlen(name);
    for (const char *at = strstr(text, name); at != NULL; at = strstr(at + length, name)) {
        if ((at == text || !is_word(at[-1])) && !is_word(at[length])) {
            return true;
        }
    }
    return false;
}

static void assign(TextPrinter *p, const char *variable, const char *text) {
    if (strcmp(variable, text) != 0) {
        text_statement(p, "%s = %s;", variable, text);
    }
}

static const char *variable_of(const TextPrinter *p, const IrValue *value) {
    const TextSlot *slot = text_slot(p, value);
    return slot->same == NULL ? slot->variable : NULL;
}

/* None of the variables that are assigned is read by what they are assigned. */
static void hand_over(TextPrinter *p, const IrInst *inst) {
    IrValue *const *to = text_arrivals(inst);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const char *variable = variable_of(p, to[i]);
        if (variable != NULL) {
            assign(p, variable, text_use(p, inst->operands[i]).text);
        }
    }
}

typedef struct {
    const char *variable, *text;
    const IrType *type;
    bool is_aside; /* the text is a name that nothing is assigned to */
} Assignment;

static void put_aside(TextPrinter *p, Assignment *a) {
    a->text = text_let(p, a->type, text_name_expr(a->text), NULL).text;
    a->is_aside = true;
}

static bool is_read(const Assignment *left, uint32_t count, uint32_t which) {
    for (uint32_t i = 0; i < count; i++) {
        if (i != which && !left[i].is_aside && mentions(left[i].text, left[which].variable)) {
            return true;
        }
    }
    return false;
}

/* One that the others do not read; in a circle, values are put aside until there is one. */
static uint32_t next_assignment(TextPrinter *p, Assignment *left, uint32_t count) {
    uint32_t aside = 0;
    for (;;) {
        for (uint32_t i = 0; i < count; i++) {
            if (!is_read(left, count, i)) {
                return i;
            }
        }
        while (left[aside].is_aside) {
            aside++;
        }
        put_aside(p, &left[aside]);
    }
}

/* The parameters of the body change all at once. */
static void next_values(TextPrinter *p, const IrInst *next) {
    IrValue *const *to = text_arrivals(next);
    Assignment *left = NEW_ARRAY(p->arena, Assignment, next->operand_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < next->operand_count; i++) {
        const char *variable = variable_of(p, to[i]);
        if (variable != NULL) {
            const char *text = text_use(p, next->operands[i]).text;
            if (strcmp(text, variable) != 0) {
                left[count++] = (Assignment){variable, text, to[i]->type, false};
            }
        }
    }
    for (uint32_t i = 0; count > MOST_ORDERED && i < count; i++) { /* the order would take long */
        put_aside(p, &left[i]);
    }
    while (count > 0) {
        uint32_t which = next_assignment(p, left, count);
        assign(p, left[which].variable, left[which].text);
        count--;
        memmove(left + which, left + which + 1, (count - which) * sizeof *left);
    }
}

/* ---- variables ---- */

/* The variable to which the terminator of the region hands the value on, and nothing else uses it; NULL: none. */
static const char *handed_on(const TextPrinter *p, const IrValue *result) {
    const IrInst *last = result->inst->region->last;
    if (text_slot(p, result)->uses != 1 ||
        (last->op != OP_YIELD && last->op != OP_BREAK && last->op != OP_CONTINUE)) {
        return NULL;
    }
    IrValue *const *to = text_arrivals(last);
    for (uint32_t i = 0; i < last->operand_count; i++) {
        const char *variable = variable_of(p, to[i]);
        if (variable != NULL && text_same(p, last->operands[i]) == result) {
            return variable;
        }
    }
    return NULL;
}

/* What an arm reads from memory is called by where it was: `a_value`. NULL: no idea. */
static const char *hint_of(const TextPrinter *p, const IrValue *value) {
    const IrInst *inst = value->inst;
    for (uint32_t i = 0; inst->op == OP_IF && i < inst->region_count; i++) {
        const IrInst *last = inst->regions[i].last;
        const IrValue *given =
            last->op == OP_YIELD ? ir_resolve(last->operands[value->index]) : NULL;
        if (given != NULL && given->kind == IR_VALUE_RESULT && given->inst->op == OP_LOAD) {
            const IrValue *root = ir_resolve(given->inst->operands[0]);
            return root->name != NULL ? arena_printf(p->arena, "%s_value", root->name->text) : NULL;
        }
    }
    return NULL;
}

static void declare(TextPrinter *p, IrValue *value, const char *first) {
    TextSlot *slot = text_slot(p, value);
    const char *name = text_value_name(p, value, hint_of(p, value));
    p->syntax->variable(p, value->type, name, first);
    slot = text_slot(p, value);
    slot->variable = name;
    text_define_name(p, value, name);
}

/* The variables of a construct's results. An arm that only hands over gives the first values: `from` is its yield, and
 * those that it does not give keep their place in it. NULL: there is none. */
static void declare_results(TextPrinter *p, const IrInst *inst, const IrInst *from) {
    for (uint32_t i = 0; i < inst->result_count; i++) {
        IrValue *result = inst->results[i];
        TextSlot *slot = text_slot(p, result);
        if (slot->same != NULL || slot->uses == 0) {
            continue;
        }
        const char *outer = handed_on(p, result), *first = NULL;
        if (from != NULL) {
            first = text_use(p, from->operands[i]).text;
        }
        if (outer == NULL) {
            declare(p, result, first);
        } else {
            slot->variable = outer;
            text_define_name(p, result, outer);
            if (first != NULL) {
                assign(p, outer, first);
            }
        }
    }
}

/* ---- if ---- */

static bool is_idle(const IrRegion *region) {
    return region->first->op == OP_YIELD;
}

static void take_back(TextPrinter *p, size_t length) {
    p->out->length = length;
    p->out->data[length] = '\0';
}

/* What was printed since `start` moves one level out. */
static void shift_left(TextPrinter *p, size_t start) {
    enum { LEVEL = 4 };
    char *text = p->out->data;
    size_t to = start, from = start;
    while (from < p->out->length) {
        size_t end = from;
        while (end < p->out->length && text[end] != '\n') {
            end++;
        }
        end += end < p->out->length;
        from += LEVEL;
        memmove(text + to, text + from, end - from);
        to += end - from;
        from = end;
    }
    take_back(p, to);
}

/* `} else {` and an `if` alone become `} else if`. Gives whether they do. */
static bool chain(TextPrinter *p, size_t open, size_t start, const IrRegion *arm) {
    const IrInst *inst = arm->last->previous;
    size_t margin = (size_t)(p->indent + 1) * 4;
    bool begins = inst != NULL && inst->op == OP_IF && p->out->length > start + margin + 3 &&
                  memcmp(p->out->data + start + margin, "if ", 3) == 0;
    if (!begins) {
        return false;
    }
    /* one statement: after its first line, what is as far to the left only goes on with it */
    for (const char *line = strchr(p->out->data + start, '\n'); line[1] != '\0';
         line = strchr(line + 1, '\n')) {
        bool goes_on = line[1 + margin] == ' ' || line[1 + margin] == '}';
        bool ends = memcmp(line + 1 + margin, "}\n", 2) == 0;
        if (!goes_on || (ends && line[1 + margin + 2] != '\0')) {
            return false;
        }
    }
    shift_left(p, start);
    size_t indent = (size_t)p->indent * 4;
    size_t at = start + indent; /* of `if` */
    size_t rest = p->out->length - at;
    static const char text[] = "} else ";
    memmove(p->out->data + open + indent + sizeof text - 1, p->out->data + at, rest);
    memcpy(p->out->data + open + indent, text, sizeof text - 1);
    take_back(p, open + indent + sizeof text - 1 + rest);
    return true;
}

static Shape print_arm(TextPrinter *p, IrRegion *arm, Pos *deepest) {
    p->indent++;
    Shape shape = print_region(p, arm, deepest);
    p->indent--;
    return shape;
}

static Shape print_if(TextPrinter *p, IrInst *inst, Pos *deepest) {
    IrRegion *yes = &inst->regions[IR_IF_TRUE], *no = &inst->regions[IR_IF_FALSE];
    TextExpr condition = text_use(p, inst->operands[0]);
    text_before_write(p);
    bool turned = is_idle(yes) && !is_idle(no);
    IrRegion *first = turned ? no : yes, *second = turned ? yes : no;
    bool has_second = !is_idle(second);
    declare_results(p, inst, has_second ? NULL : second->first);
    p->inst = inst;
    if (turned) {
        condition = p->syntax->negation(p, condition);
    }

    size_t begin = p->out->length;
    text_statement(p, "if (%s) {", condition.text);
    size_t start = p->out->length;
    Shape shape = print_arm(p, first, deepest), other = {.falls = true};
    bool empty = p->out->length == start, chained = false;
    shape.height += BLOCK;
    if (has_second) {
        size_t open = p->out->length;
        text_indent(p->out, p->indent);
        text_add(p->out, "} else {\n");
        start = p->out->length;
        other = print_arm(p, second, deepest);
        if (p->out->length == start) {
            take_back(p, open);
            other.height = 0;
        } else {
            empty = false;
            chained = chain(p, open, start, second);
            other.height += chained ? CHAINED : BLOCK;
        }
    }
    if (empty) {
        take_back(p, begin);
    } else if (!chained) {
        text_indent(p->out, p->indent);
        text_add(p->out, "}\n");
    }
    return (Shape){higher(shape.height, other.height), shape.falls || other.falls};
}

/* ---- loop ---- */

static void declare_params(TextPrinter *p, const IrRegion *region, IrInst *loop) {
    for (uint32_t i = 0; i < region->param_count; i++) {
        const TextSlot *slot = text_slot(p, region->params[i]);
        if (slot->same == NULL && (slot->uses > 0 || loop != NULL)) {
            declare(p, region->params[i],
                    loop == NULL ? NULL : text_use(p, loop->operands[i]).text);
        }
    }
}

static Shape print_continuing(TextPrinter *p, IrRegion *region, bool leaves, Pos *deepest) {
    size_t begin = p->out->length;
    p->syntax->continuing_begin(p);
    size_t start = p->out->length;
    Shape shape = print_region(p, region, deepest);
    bool empty = p->out->length == start;
    p->syntax->continuing_end(p, leaves);
    if (empty && leaves && p->loop->label == NULL) {
        take_back(p, begin);
    }
    return shape;
}

static Shape print_loop(TextPrinter *p, IrInst *inst, Pos *deepest) {
    IrRegion *body = &inst->regions[IR_LOOP_BODY];
    IrRegion *continuing = &inst->regions[IR_LOOP_CONTINUING];
    text_before_write(p);
    declare_results(p, inst, NULL);
    declare_params(p, body, inst);
    TextLoop loop = {.outer = p->loop, .inst = inst};
    p->loop = &loop;
    p->syntax->loop_begin(p);
    declare_params(p, continuing, NULL);
    Shape shape = print_region(p, body, deepest), other = {0};
    bool leaves = loop.breaks || loop.returns;
    if (loop.continues) {
        other = print_continuing(p, continuing, leaves, deepest);
    }
    p->syntax->loop_end(p, leaves);
    p->loop = loop.outer;
    if (p->loop != NULL) {
        p->loop->returns |= loop.returns;
    }
    return (Shape){higher(shape.height, other.height + 1) + BLOCK, loop.breaks};
}

/* ---- terminators ---- */

static void print_terminator(TextPrinter *p, IrInst *inst) {
    const IrRegion *region = inst->region;
    switch (inst->op) {
    case OP_YIELD:
        hand_over(p, inst);
        break;
    case OP_BREAK:
        hand_over(p, inst);
        text_statement(p, "break;");
        p->loop->breaks = true;
        break;
    case OP_CONTINUE:
        hand_over(p, inst);
        if (region->owner != p->loop->inst) {
            if (p->syntax->go_on != NULL) {
                p->syntax->go_on(p);
            } else {
                text_statement(p, "continue;");
            }
        }
        p->loop->continues = true;
        break;
    case OP_NEXT:
        next_values(p, inst);
        break;
    case OP_RET:
        if (inst->operand_count > 0) {
            p->syntax->give(p, text_use(p, inst->operands[0]).text);
        } else if (region->owner != NULL) {
            p->syntax->give(p, NULL);
        }
        if (p->loop != NULL) {
            p->loop->returns = true;
        }
        break;
    default:
        REQUIRE(inst->op == OP_UNREACHABLE);
        p->syntax->unreachable(p);
    }
}

/* ---- regions ---- */

/* Instructions behind what nothing leaves are never reached, nor printed. */
static Shape print_region(TextPrinter *p, IrRegion *region, Pos *deepest) {
    Shape all = {.falls = true};
    for (IrInst *inst = region->first; inst != NULL && all.falls; inst = inst->next) {
        p->inst = inst;
        p->used = (TextExpr){.is_constant = true};
        if (ir_has(inst->op, IR_TERM)) {
            print_terminator(p, inst);
            all.falls = inst->op == OP_YIELD || inst->op == OP_NEXT;
        } else if (ir_has(inst->op, IR_CONTROL)) {
            Shape shape = (inst->op == OP_IF ? print_if : print_loop)(p, inst, deepest);
            all.falls = shape.falls;
            if (shape.height > all.height) {
                all.height = shape.height;
                *deepest = inst->pos;
            }
        } else if (ir_has(inst->op, IR_WRITE | IR_SYNC | IR_CONVERGENT) ||
                   (inst->result_count > 0 && text_is_used(p, inst->results[0]))) {
            p->syntax->instruction(p, inst);
        }
    }
    return all;
}

uint32_t text_function(TextPrinter *p, IrFunction *function, Pos *where) {
    *where = function->pos;
    return print_region(p, &function->body, where).height;
}
