/* The printer of the text form (IR.md). It also shows IR that is not valid, so it relies on nothing that the
 * verifier checks; what cannot be shown is `%?`.
 */
#include "ir/base/fatal.h"
#include "ir/literal.h"
#include "ir/name_map.h"
#include "ir/text.h"

typedef struct {
    const IrValue *value;
    const char *text; /* NULL: by number */
    uint32_t number;
} Label;

typedef struct {
    Text *out;
    const SourceMap *positions;
    const IrInst *marked; /* a note goes below it, or below the head when it is NULL */
    const char *note;     /* NULL: none */
    int level;
    VEC(Label) labels; /* value->mark is the index of its label */
    uint32_t unnamed;
    Names names;   /* the labels that are taken */
    NameMap taken; /* … and for each the next number to set it apart, as a pointer */
} Printer;

/* ---- names ---- */

/* `name`, or `name.1`, `name.2` … when that is taken. */
static const char *unique_label(Printer *p, Name name) {
    Name base = name_bytes(&p->names, name->text, name->length), label = base;
    uintptr_t next = (uintptr_t)*name_map_at(&p->taken, base);
    if (next > 0) {
        do {
            const char *text = arena_printf(p->out->arena, "%s.%zu", base->text, (size_t)next);
            label = name_of(&p->names, text);
            next++;
        } while (*name_map_at(&p->taken, label) != NULL);
        *name_map_at(&p->taken, base) = (void *)next;
    }
    *name_map_at(&p->taken, label) = (void *)(uintptr_t)1;
    return label->text;
}

static void print_label(Printer *p, const Label *label) {
    if (label->text != NULL) {
        text_printf(p->out, "%%%s", label->text);
    } else {
        text_printf(p->out, "%%%u", label->number);
    }
}

/* `%name: type`, where the value is defined. */
static void define(Printer *p, IrValue *value) {
    if (value == NULL) {
        text_add(p->out, "%?");
        return;
    }
    Label label = {.value = value};
    if (value->name != NULL) {
        label.text = unique_label(p, value->name);
    } else {
        label.number = p->unnamed++;
    }
    value->mark = p->labels.count;
    VEC_PUSH(p->out->arena, &p->labels, label);
    print_label(p, &label);
    text_add(p->out, ": ");
    ir_type_print(p->out, value->type);
}

/* ---- operands ---- */

static bool all_zero(const uint64_t *bits, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (bits[i] != 0) {
            return false;
        }
    }
    return true;
}

/* The lanes of a vector leave out their type; the parts of an array or form have it. */
static void print_const(Printer *p, const IrType *type, const uint64_t *bits) {
    if (type->kind == IR_TYPE_SCALAR) {
        if (ir_literal_print(p->out, type->scalar, bits[0])) {
            text_add(p->out, ir_scalars[type->scalar].text);
        }
        return;
    }
    if (ir_is_composite(type) && all_zero(bits, type->words)) {
        text_add(p->out, "zero<");
        ir_type_print(p->out, type);
        text_char(p->out, '>');
        return;
    }
    ir_type_print(p->out, type);
    for (uint32_t i = 0; i < ir_part_count(type); i++) {
        text_add(p->out, i == 0 ? "(" : ", ");
        if (ir_is_vector(type)) {
            ir_literal_print(p->out, type->scalar, bits[i]);
        } else {
            const IrType *part = ir_part_type(type, i);
            print_const(p, part, bits);
            bits += part->words;
        }
    }
    text_char(p->out, ')');
}

static void print_value(Printer *p, const IrValue *value) {
    while (value != NULL && value->forward != NULL) {
        value = value->forward;
    }
    if (value != NULL && ir_is_const(value)) {
        print_const(p, value->type, value->bits);
    } else if (value != NULL && value->mark < p->labels.count &&
               p->labels.items[value->mark].value == value) {
        print_label(p, &p->labels.items[value->mark]);
    } else {
        text_add(p->out, "%?");
    }
}

/* ` a, b, c` */
static void print_operands(Printer *p, const IrInst *inst, uint32_t from) {
    for (uint32_t i = from; i < inst->operand_count; i++) {
        text_add(p->out, i == from ? " " : ", ");
        print_value(p, inst->operands[i]);
    }
}

/* ` root[index]…` */
static void print_place(Printer *p, const IrInst *inst) {
    uint32_t start = ir_place_start(inst);
    text_char(p->out, ' ');
    print_value(p, start < inst->operand_count ? inst->operands[start] : NULL);
    for (uint32_t i = start + 1; i < inst->operand_count; i++) {
        text_char(p->out, '[');
        print_value(p, inst->operands[i]);
        text_char(p->out, ']');
    }
}

/* ` root[index]…, value…` */
static void print_access(Printer *p, const IrInst *inst) {
    print_place(p, inst);
    uint32_t values = ir_place_start(inst);
    for (uint32_t i = 0; i < values; i++) {
        text_add(p->out, ", ");
        print_value(p, i < inst->operand_count ? inst->operands[i] : NULL);
    }
}

/* ---- instructions ---- */

static void print_region(Printer *p, const IrRegion *region);

static void print_position(Printer *p, Pos pos) {
    if (p->positions != NULL && pos != 0) {
        SourcePlace place = source_place(p->positions, pos);
        if (place.file != NULL) {
            text_printf(p->out, " !%u:%u", place.line, place.column);
        }
    }
}

static void indent(Printer *p) {
    enum { DEEPEST_INDENT = 30 }; /* deeper, the text would grow with the square of the depth */
    text_indent(p->out, p->level < DEEPEST_INDENT ? p->level : DEEPEST_INDENT);
}

static void print_note(Printer *p) {
    indent(p);
    text_printf(p->out, "// ^ %s\n", p->note);
}

/* The end of an instruction's first line. */
static void end_line(Printer *p, const IrInst *inst, const char *end) {
    print_position(p, inst->pos);
    text_add(p->out, end);
    if (p->note != NULL && p->marked == inst) {
        print_note(p);
    }
}

static void print_if(Printer *p, const IrInst *inst) {
    print_operands(p, inst, 0);
    end_line(p, inst, " {\n");
    for (uint32_t i = 0; i < inst->region_count; i++) {
        if (i > 0) {
            indent(p);
            text_add(p->out, "} else {\n");
        }
        print_region(p, &inst->regions[i]);
    }
    indent(p);
    text_add(p->out, "}\n");
}

/* ` (%a: type = first, …)`; the first values only of the body. */
static void print_region_params(Printer *p, const IrInst *loop, const IrRegion *region) {
    for (uint32_t i = 0; i < region->param_count; i++) {
        text_add(p->out, i == 0 ? " (" : ", ");
        define(p, region->params[i]);
        if (region == &loop->regions[IR_LOOP_BODY]) {
            text_add(p->out, " = ");
            print_value(p, i < loop->operand_count ? loop->operands[i] : NULL);
        }
    }
    text_add(p->out, region->param_count > 0 ? ")" : "");
}

static void print_loop(Printer *p, const IrInst *inst) {
    for (uint32_t i = 0; i < inst->region_count; i++) {
        if (i > 0) {
            indent(p);
            text_add(p->out, "} continuing");
        }
        print_region_params(p, inst, &inst->regions[i]);
        if (i == 0) {
            end_line(p, inst, " {\n");
        } else {
            text_add(p->out, " {\n");
        }
        print_region(p, &inst->regions[i]);
    }
    indent(p);
    text_add(p->out, "}\n");
}

static void print_text(Text *out, const char *text) {
    text_char(out, '"');
    for (const char *at = text != NULL ? text : ""; *at != '\0'; at++) {
        switch (*at) {
        case '\n':
            text_add(out, "\\n");
            break;
        case IR_OPEN_BRACE:
            text_add(out, "\\{");
            break;
        case IR_CLOSE_BRACE:
            text_add(out, "\\}");
            break;
        case '"':
        case '\\':
            text_char(out, '\\');
            text_char(out, *at);
            break;
        default:
            text_char(out, *at);
        }
    }
    text_char(out, '"');
}

static void print_spec_name(Printer *p, const IrSpec *spec) {
    text_printf(p->out, "@%s", spec != NULL ? spec->name->text : "?");
}

static void print_head(Printer *p, const IrInst *inst) {
    for (uint32_t i = 0; i < inst->result_count; i++) {
        text_add(p->out, i > 0 ? ", " : "");
        define(p, inst->results[i]);
    }
    text_add(p->out, inst->result_count > 0 ? " = " : "");
    text_printf(p->out, "%s%s%s%s", ir_ops[inst->op].text, inst->flags & IR_RAW ? ".raw" : "",
                inst->flags & IR_PRECISE ? ".precise" : "", inst->flags & IR_FAST ? ".fast" : "");
    if (inst->op == OP_LOOP && inst->unroll == IR_UNROLL_ALL) {
        text_add(p->out, ".unroll");
    } else if (inst->op == OP_LOOP && inst->unroll != 0) {
        text_printf(p->out, ".unroll(%u)", inst->unroll);
    }
}

static void print_inst(Printer *p, const IrInst *inst) {
    indent(p);
    print_head(p, inst);
    switch (inst->op) {
    case OP_IF:
        print_if(p, inst);
        return;
    case OP_LOOP:
        print_loop(p, inst);
        return;
    case OP_SPEC:
        text_char(p->out, ' ');
        print_spec_name(p, inst->spec);
        break;
    case OP_SHARED:
        text_add(p->out, inst->uninitialized ? " uninitialized" : "");
        print_operands(p, inst, 0);
        break;
    case OP_PRINT:
    case OP_ASSERT:
        text_char(p->out, ' ');
        print_text(p->out, inst->text);
        text_add(p->out, inst->operand_count > 0 ? "," : "");
        print_operands(p, inst, 0);
        break;
    case OP_CALL:
        text_printf(p->out, " @%s(",
                    inst->callee != NULL && inst->callee->name != NULL ? inst->callee->name->text
                                                                       : "?");
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            text_add(p->out, i == 0 ? "" : ", ");
            print_value(p, inst->operands[i]);
        }
        text_char(p->out, ')');
        break;
    case OP_BUILTIN:
        text_printf(p->out, " %s",
                    inst->builtin < IR_BUILTIN_COUNT ? ir_builtins[inst->builtin].text : "?");
        break;
    case OP_EXTRACT:
    case OP_INSERT:
        print_operands(p, inst, 0);
        text_printf(p->out, ", %u", inst->index);
        break;
    case OP_SWIZZLE:
        print_operands(p, inst, 0);
        for (unsigned i = 0; i < inst->swizzle.lanes && i < IR_MAX_LANES; i++) {
            text_printf(p->out, ", %u", inst->swizzle.lane[i]);
        }
        break;
    default:
        if (ir_has(inst->op, IR_PLACE)) {
            print_access(p, inst);
        } else {
            print_operands(p, inst, 0);
        }
        break;
    }
    end_line(p, inst, "\n");
}

static void print_region(Printer *p, const IrRegion *region) {
    p->level++;
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        print_inst(p, inst);
    }
    p->level--;
}

/* ---- functions ---- */

static void print_doc(Text *out, const char *doc, int indent) {
    for (bool more = doc != NULL; more;) {
        size_t length = strcspn(doc, "\n");
        text_indent(out, indent);
        text_add(out, length > 0 ? "/// " : "///");
        text_bytes(out, doc, length);
        text_char(out, '\n');
        more = doc[length] == '\n';
        doc += length + more;
    }
}

/* Items of a list stand on lines of their own where one of them is documented. */
static void print_separator(Text *out, bool lines, uint32_t index, const char *doc) {
    text_add(out, index == 0 ? "" : lines ? "," : ", ");
    if (lines) {
        text_char(out, '\n');
        print_doc(out, doc, 1);
        text_indent(out, 1);
    }
}

static void print_params(Printer *p, const IrFunction *function) {
    bool lines = false;
    for (uint32_t i = 0; i < function->param_count; i++) {
        lines |= function->param_docs[i] != NULL;
    }
    text_char(p->out, '(');
    for (uint32_t i = 0; i < function->param_count; i++) {
        print_separator(p->out, lines, i, function->param_docs[i]);
        define(p, function->params[i]);
    }
    text_add(p->out, lines ? "\n)" : ")");
}

static void print_function(Printer *p, const IrFunction *function) {
    print_doc(p->out, function->doc, 0);
    text_printf(p->out, "%s @%s", function->is_kernel ? "kernel" : "proc",
                function->name != NULL ? function->name->text : "?");
    print_params(p, function);
    if (function->result != &ir_void) {
        text_add(p->out, " -> ");
        ir_type_print(p->out, function->result);
    }
    if (function->is_kernel) {
        for (int side = 0; side < 3; side++) {
            text_add(p->out, side == 0 ? " workgroup(" : ", ");
            if (function->workgroup_spec[side] != NULL) {
                print_spec_name(p, function->workgroup_spec[side]);
            } else {
                text_printf(p->out, "%u", function->workgroup[side]);
            }
        }
        text_char(p->out, ')');
        if (function->subgroup_size != 0) {
            text_printf(p->out, " subgroup_size(%u)", function->subgroup_size);
        }
    }
    if (function->noinline) {
        text_add(p->out, " noinline");
    }
    print_position(p, function->pos);
    text_add(p->out, " {\n");
    if (p->note != NULL && p->marked == NULL) {
        print_note(p);
    }
    print_region(p, &function->body);
    text_add(p->out, "}\n");
}

static Printer printer(Text *out, const SourceMap *positions) {
    return (Printer){.out = out,
                     .positions = positions,
                     .names = {.arena = out->arena},
                     .taken = {.arena = out->arena}};
}

/* The forms of the list, the last one first: in the order in which they were made. */
static uint32_t print_forms(Text *out, const IrType *types) {
    VEC(const IrType *) forms = {0};
    for (const IrType *type = types; type != NULL; type = type->next) {
        if (type->kind == IR_TYPE_FORM) {
            VEC_PUSH(out->arena, &forms, type);
        }
    }
    for (uint32_t i = forms.count; i-- > 0;) {
        const IrType *form = forms.items[i];
        bool lines = false;
        for (uint32_t k = 0; k < form->count; k++) {
            lines |= form->fields[k].doc != NULL;
        }
        print_doc(out, form->doc, 0);
        text_printf(out, "form @%s {%s", form->name->text, lines ? "" : " ");
        for (uint32_t k = 0; k < form->count; k++) {
            print_separator(out, lines, k, form->fields[k].doc);
            text_printf(out, "%s: ", form->fields[k].name->text);
            ir_type_print(out, form->fields[k].type);
        }
        text_add(out, lines ? "\n}\n" : " }\n");
    }
    return forms.count;
}

void ir_print(Text *out, const IrModule *module, const SourceMap *positions) {
    Printer p = printer(out, positions);
    uint32_t declared = print_forms(out, module->types);
    for (const IrSpec *spec = module->specs; spec != NULL; spec = spec->next, declared++) {
        print_doc(out, spec->doc, 0);
        text_printf(out, "spec @%s(%u): ", spec->name->text, spec->id);
        ir_type_print(out, spec->type);
        text_add(out, " = ");
        print_const(&p, spec->type, &spec->bits);
        text_char(out, '\n');
    }
    if (declared > 0 && module->functions != NULL) {
        text_char(out, '\n');
    }
    for (const IrFunction *function = module->functions; function != NULL;
         function = function->next) {
        text_add(out, function != module->functions ? "\n" : "");
        print_function(&p, function);
        p.labels.count = p.unnamed = 0;
        name_map_clear(&p.taken);
    }
}

void ir_print_function(Text *out, const IrFunction *function, const SourceMap *positions) {
    Printer p = printer(out, positions);
    print_function(&p, function);
}

void ir_print_marked(Text *out, const IrFunction *function, const IrInst *marked,
                     const char *note) {
    Printer p = printer(out, NULL);
    p.marked = marked;
    p.note = note;
    print_function(&p, function);
}
