/* Attributes of declarations and statements. See check.h. */
#include "frontend/check.h"

/* Every attribute of the language, and where it may stand. */
enum { ON_KERNEL = 1, ON_PROC = 2, ON_LOOP = 4, ON_CONST = 8, ON_SHARED = 16, ON_OTHER = 32 };
static const struct {
    const char *name;
    unsigned places;
    bool has_arguments;
} attributes[] = {
    {"workgroup", ON_KERNEL, true},
    {"precise", ON_KERNEL | ON_PROC, false},
    {"fast", ON_KERNEL | ON_PROC, false},
    {"allow", ON_KERNEL | ON_PROC | ON_LOOP | ON_CONST | ON_SHARED | ON_OTHER, true},
    {"spec", ON_CONST, true},
    {"unroll", ON_LOOP, true},
    {"noinline", ON_PROC, false},
    {"subgroup_size", ON_KERNEL, true},
    {"uninitialized", ON_SHARED, false},
};

static void report_unknown_attribute(Checker *c, const Attribute *a) {
    const char *name = a->name.name->text, *best = NULL;
    unsigned distance = 4;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        unsigned apart = name_distance(name, attributes[i].name, distance);
        if (apart < distance) {
            distance = apart;
            best = attributes[i].name;
        }
    }
    static const char *const sizes[] = {"numthreads", "workgroup_size", "local_size", "threads"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (strcmp(sizes[i], name) == 0) {
            best = "workgroup";
        }
    }
    Diag *d = diag_report(c->diags, a->name.span, D(UNKNOWN_ATTRIBUTE), name);
    if (best != NULL) {
        diag_help(d, a->name.span, "did you mean `%s`?", best);
    }
}

static void check_allow(Checker *c, const Attribute *a) {
    if (a->args == NULL) {
        diag_report(c->diags, a->span, D(BAD_ATTRIBUTE), "allow", "takes names of warnings");
    }
    for (const Expr *arg = a->args; arg != NULL; arg = arg->next) {
        Warning warning;
        if (arg->kind != EXPR_NAME) {
            diag_report(c->diags, arg->span, D(BAD_ATTRIBUTE), "allow", "takes names of warnings");
        } else if (!warning_find(arg->name->text, &warning)) {
            diag_report(c->diags, arg->span, D(BAD_ATTRIBUTE), "allow",
                        arena_printf(c->arena, "knows no warning `%s`", arg->name->text));
        }
    }
}

/* Checks the attribute's name, place and arguments; gives its row, or -1. `list` is where it stands. */
static int find_attribute(Checker *c, const Attribute *list, const Attribute *a, unsigned place,
                          const char *thing) {
    const char *name = a->name.name->text;
    int row = 0, count = sizeof attributes / sizeof *attributes;
    while (row < count && strcmp(attributes[row].name, name) != 0) {
        row++;
    }
    if (row == count) {
        report_unknown_attribute(c, a);
        return -1;
    }
    if ((attributes[row].places & place) == 0) {
        diag_report(c->diags, a->span, D(BAD_ATTRIBUTE), name,
                    arena_printf(c->arena, "does not apply to %s", thing));
        return -1;
    }
    if (!attributes[row].has_arguments && a->args != NULL) {
        diag_report(c->diags, a->args->span, D(BAD_ATTRIBUTE), name, "takes no arguments");
        return -1;
    }
    if (strcmp(name, "allow") == 0) {
        check_allow(c, a);
        return row;
    }
    for (const Attribute *first = list; first != a; first = first->next) {
        if (first->name.name == a->name.name) {
            Diag *d = diag_report(c->diags, a->span, D(BAD_ATTRIBUTE), name, "stands here twice");
            diag_note(d, first->span, "the first one is here");
            return -1;
        }
    }
    return row;
}

/* Vulkan's required limits (maxComputeWorkGroupSize 128, 128, 64; maxComputeWorkGroupInvocations 128) are lower
 * than any device's in use; WebGPU's defaults (256, 256, 64; 256) neither. What a device cannot run is refused
 * when the kernel is created; here only what no device runs: 1024 invocations is the most of the APIs' devices. */
enum { LARGEST_SIDE = 1024, LARGEST_Z = 64, LARGEST_GROUP = 1024, LARGEST_SUBGROUP = 128 };

static void check_workgroup(Checker *c, const Attribute *a, FunctionAttributes *result) {
    unsigned count = 0;
    Wide sides[3] = {1, 1, 1};
    Symbol *specs[3] = {NULL};
    for (Expr *arg = a->args; arg != NULL; arg = arg->next, count++) {
        if (count == 3) {
            diag_report(c->diags, a->span, D(BAD_ATTRIBUTE), "workgroup",
                        "takes one to three sizes");
            return;
        }
        if (!check_constant_or_spec(c, arg) || !concrete(c, arg)) {
            return;
        }
        if (!ir_is_int(arg->type) || ir_is_vector(arg->type)) {
            diag_report(
                c->diags, arg->span, D(BAD_ATTRIBUTE), "workgroup",
                arena_printf(c->arena, "takes integers, found %s", shown_type(c, arg->type)));
            return;
        }
        const ConstValue *value = arg->constant;
        if (value == NULL) { /* a specialization constant */
            if (!check_spec_u32(c, arg)) {
                return;
            }
            specs[count] = (Symbol *)arg->symbol;
            value = arg->symbol->constant;
        }
        sides[count] = integer_of_bits(arg->type->scalar, value->bits[0]);
    }
    if (count == 0) {
        diag_report(c->diags, a->span, D(BAD_ATTRIBUTE), "workgroup", "takes one to three sizes");
        return;
    }
    const char *wrong = NULL;
    if (sides[0] < 1 || sides[1] < 1 || sides[2] < 1) {
        wrong = "empty: every size is at least 1";
    } else if (sides[0] > LARGEST_SIDE || sides[1] > LARGEST_SIDE || sides[2] > LARGEST_Z ||
               sides[0] * sides[1] * sides[2] > LARGEST_GROUP) {
        wrong = "too large: at most 1024 × 1024 × 64, and 1024 in all";
    }
    if (wrong != NULL) {
        const char *text[3];
        for (int i = 0; i < 3; i++) {
            text[i] =
                const_text(c->arena, &(ConstValue){.type = &abstract_int, .integer = sides[i]});
        }
        diag_report(c->diags, a->span, D(WORKGROUP_SIZE), text[0], text[1], text[2], wrong);
        return;
    }
    for (int i = 0; i < 3; i++) {
        result->workgroup[i] = (uint32_t)sides[i];
        result->workgroup_spec[i] = specs[i];
    }
}

/* One constant integer in a range; 0: reported. */
static uint32_t check_number(Checker *c, const Attribute *a, uint32_t most, const char *wants) {
    Expr *arg = a->args;
    if (arg == NULL || arg->next != NULL) {
        diag_report(c->diags, a->span, D(BAD_ATTRIBUTE), a->name.name->text, wants);
        return 0;
    }
    if (!check_constant(c, arg, NULL) || !concrete(c, arg)) {
        return 0;
    }
    Wide number = 0;
    if (ir_is_int(arg->type) && !ir_is_vector(arg->type)) {
        number = integer_of_bits(arg->type->scalar, arg->constant->bits[0]);
    }
    if (number < 1 || number > most) {
        diag_report(c->diags, arg->span, D(BAD_ATTRIBUTE), a->name.name->text, wants);
        return 0;
    }
    return (uint32_t)number;
}

static uint32_t check_subgroup_size(Checker *c, const Attribute *a) {
    static const char wants[] = "takes one power of two, from 1 to 128";
    uint32_t size = check_number(c, a, LARGEST_SUBGROUP, wants);
    if ((size & (size - 1)) != 0) {
        diag_report(c->diags, a->args->span, D(BAD_ATTRIBUTE), "subgroup_size", wants);
        return 0;
    }
    return size;
}

FunctionAttributes check_function_attributes(Checker *c, Decl *decl) {
    /* 64 × 1 × 1 unless it is said: LANGUAGE.md section 3 */
    FunctionAttributes result = {.workgroup = {64, 1, 1}};
    bool kernel = decl->kind == DECL_KERNEL;
    for (const Attribute *a = decl->attributes; a != NULL; a = a->next) {
        int row = find_attribute(c, decl->attributes, a, kernel ? ON_KERNEL : ON_PROC,
                                 kernel ? "a kernel" : "a proc");
        if (row < 0) {
            continue;
        }
        const char *name = attributes[row].name;
        if (strcmp(name, "workgroup") == 0) {
            check_workgroup(c, a, &result);
        } else if (strcmp(name, "precise") == 0) {
            result.float_flags = IR_PRECISE;
        } else if (strcmp(name, "fast") == 0) {
            result.float_flags = IR_FAST;
        } else if (strcmp(name, "noinline") == 0) {
            result.noinline = true;
        } else if (strcmp(name, "subgroup_size") == 0) {
            result.subgroup_size = check_subgroup_size(c, a);
        }
    }
    return result;
}

void check_const_attributes(Checker *c, const Decl *decl) {
    for (const Attribute *a = decl->attributes; a != NULL; a = a->next) {
        find_attribute(c, decl->attributes, a, ON_CONST, "a constant");
    }
}

/* #[unroll], #[unroll(n)]: a wish, whose number need only make sense. */
static void check_unroll(Checker *c, const Attribute *a, Stmt *loop) {
    Expr *count = a->args;
    loop->unroll = IR_UNROLL_ALL;
    if (count == NULL || !check_value(c, count)) {
        return;
    }
    Wide most = IR_UNROLL_ALL - 1, rounds = 0;
    bool is_number = count->next == NULL && ir_is_int(count->type) && !ir_is_vector(count->type);
    if (is_number && count->constant == NULL) {
        diag_report(c->diags, count->span, D(NOT_CONSTANT));
        return;
    }
    if (is_number) {
        rounds = integer_of_bits(count->type->scalar, count->constant->bits[0]);
    }
    if (rounds < 1 || rounds > most) {
        diag_report(c->diags, a->span, D(BAD_ATTRIBUTE), "unroll",
                    "takes nothing, or one number of rounds, 1 or more");
        return;
    }
    loop->unroll = (uint32_t)rounds;
}

void check_stmt_attributes(Checker *c, Stmt *stmt) {
    bool loop = stmt->kind == STMT_WHILE || stmt->kind == STMT_LOOP || stmt->kind == STMT_FOR;
    unsigned place = loop ? ON_LOOP : stmt->kind == STMT_SHARED ? ON_SHARED : ON_OTHER;
    for (const Attribute *a = stmt->attributes; a != NULL; a = a->next) {
        int row = find_attribute(c, stmt->attributes, a, place, "this statement");
        if (row >= 0 && strcmp(attributes[row].name, "unroll") == 0) {
            check_unroll(c, a, stmt);
        }
    }
}

void allow_warnings(Checker *c, const Attribute *list, bool saved[WARN_COUNT]) {
    memcpy(saved, c->diags->off, sizeof c->diags->off);
    for (const Attribute *a = list; a != NULL; a = a->next) {
        if (strcmp(a->name.name->text, "allow") != 0) {
            continue;
        }
        for (const Expr *arg = a->args; arg != NULL; arg = arg->next) {
            Warning warning;
            if (arg->kind == EXPR_NAME && warning_find(arg->name->text, &warning)) {
                c->diags->off[warning] = true;
            }
        }
    }
}

void restore_warnings(Checker *c, const bool saved[WARN_COUNT]) {
    memcpy(c->diags->off, saved, sizeof c->diags->off);
}
