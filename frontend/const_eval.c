/* Constant expressions that are more than operators on literals: calls of procs, `if` with statements, matrices.
 *
 * They mean in a constant what they mean at run time, because it is the same code that runs: the expression becomes a
 * kernel that stores its value, the procs that it calls are lowered beside it, and the interpreter of the IR runs it.
 * What the checker folds itself (constant.c) is exact, and an error where it does not fit; a proc computes in the types that
 * its declaration says, and wraps. A constant must not depend on the invocation: ConstPlace knows of names outside
 * the expression, and the ops of the procs tell the rest.
 */
#include "frontend/lower.h"
#include "ir/base/fatal.h"
#include "ir/interp/interp.h"
#include "ir/interp/memory.h"

/* What one constant, and all of a program, may cost; and what one may hold, in words. */
enum { MOST_STEPS = 1000000, MOST_STEPS_IN_ALL = 16000000, MOST_WORDS = 1 << 20 };

static bool all_constant(const Expr *list) {
    for (; list != NULL; list = list->next) {
        if (list->constant == NULL) {
            return false;
        }
    }
    return true;
}

/* ---- what the expression needs ---- */

typedef struct {
    Symbol *symbol;
    uint32_t next_call;
} Frame;

typedef struct {
    Checker *c;
    VEC(Frame) stack;       /* whose calls are being followed */
    SymbolList procs;       /* that are called, directly or not */
    const Symbol *run_time; /* one that depends on specialization constants; NULL: none */
} Closure;

/* False: it was reported, or will be, why the proc cannot run. */
static bool push_proc(Closure *closure, const Expr *call) {
    Checker *c = closure->c;
    Symbol *symbol = (Symbol *)call->symbol;
    c->steps++;
    if (symbol->visit == c->visit) { /* it is on the stack: it calls itself */
        return false;
    }
    if (symbol->visit == c->visit + 1) { /* was followed */
        return true;
    }
    check_body(c, symbol, call->span);
    if (symbol->body != CHECKED || symbol->is_wrong || symbol->decl->proc.body == NULL ||
        may_be_wrong(c, symbol->decl->span)) {
        return false;
    }
    if (symbol->uses_spec) {
        closure->run_time = symbol;
        return false;
    }
    symbol->visit = c->visit;
    VEC_PUSH(c->arena, &closure->stack, (Frame){symbol, 0});
    VEC_PUSH(c->arena, &closure->procs, symbol);
    return true;
}

static bool follow_calls(Closure *closure, const Expr *call) {
    bool good = push_proc(closure, call);
    while (good && closure->stack.count > 0) {
        Frame *top = &closure->stack.items[closure->stack.count - 1];
        if (top->next_call < top->symbol->calls.count) {
            good = push_proc(closure, top->symbol->calls.items[top->next_call++]);
        } else {
            top->symbol->visit = closure->c->visit + 1;
            closure->stack.count--;
        }
    }
    return good;
}

static bool find_procs(Closure *closure, const Expr *e) {
    const ConstPlace *place = closure->c->constant;
    bool good = true;
    if (e->kind == EXPR_CALL && all_constant(e->call.args)) {
        bool proc = e->symbol != NULL && e->symbol->kind == SYMBOL_PROC;
        return !proc || follow_calls(closure, e);
    }
    for (uint32_t i = 0; i < place->calls.count && good; i++) {
        good = follow_calls(closure, place->calls.items[i]);
    }
    return good;
}

/* ---- ops ---- */

typedef struct {
    bool constant;
    uint64_t words;         /* of all values together */
    const Symbol *run_time; /* the proc in which it is not; NULL: in none, or none is not */
} Survey;

static void survey_op(IrInst *inst, void *data) {
    Survey *survey = data;
    bool here = inst->op == OP_BUILTIN || inst->op == OP_SPEC || inst->op == OP_LEN;
    bool local = inst->op == OP_VAR || inst->op == OP_LOAD || inst->op == OP_STORE ||
                 inst->op == OP_CALL || inst->op == OP_PRINT || inst->op == OP_ASSERT ||
                 ir_has(inst->op, IR_CONTROL | IR_TERM);
    survey->constant &= !here && (local || ir_has(inst->op, IR_PURE));
    for (uint32_t i = 0; i < inst->result_count; i++) {
        const IrType *type = inst->results[i]->type;
        survey->words += inst->op == OP_VAR ? type->element->words : type->words;
    }
}

/* ---- the kernel ---- */

/* What a buffer can hold is stored as it is. With bools in it, every scalar is, as 64 bits, in the order of the words
 * of a constant. */
static const IrType *stored_type(const IrType *type) {
    return ir_has_bool(type) ? ir_scalar(IR_U64) : type;
}

static uint32_t store_words(Lower *l, IrValue *value, IrValue *out, uint32_t at) {
    const IrType *type = value->type, *wide = ir_scalar(IR_U64);
    uint32_t parts = ir_part_count(type);
    if (parts > 0) {
        for (uint32_t i = 0; i < parts; i++) {
            at = store_words(l, ir_extract(&l->b, value, i), out, at);
        }
        return at;
    }
    if (ir_is_bool(type)) {
        value = ir_select(&l->b, value, ir_const_splat(l->module, wide, 1),
                          ir_const_zero(l->module, wide));
    } else {
        static const IrScalar same_size[] = {
            [8] = IR_U8, [16] = IR_U16, [32] = IR_U32, [64] = IR_U64};
        value = ir_convert(&l->b, OP_BITCAST, ir_scalar(same_size[ir_bits(type)]), value);
        value = ir_convert(&l->b, OP_CONVERT, wide, value);
    }
    IrValue *index = ir_const_u32(l->module, at);
    ir_store(&l->b, value, out, 1, &index);
    return at + 1;
}

static IrFunction *make_kernel(Checker *c, const Expr *e) {
    IrFunction *kernel = ir_function_add(c->module, name_of(c->names, "constant"), true, 1);
    const IrType *buffer = ir_root_type(c->module, IR_TYPE_BUFFER, stored_type(e->type));
    ir_function_param(c->module, kernel, 0, name_of(c->names, "out"), buffer);
    kernel->result = &ir_void;
    kernel->workgroup[0] = kernel->workgroup[1] = kernel->workgroup[2] = 1;
    kernel->pos = e->span.start;
    Lower l = {.module = c->module, .function = kernel, .open = true};
    l.b = ir_at_end(c->module, &kernel->body);
    l.b.pos = e->span.start;
    IrValue *value = lower_expr(&l, e);
    if (ir_has_bool(e->type)) {
        store_words(&l, value, kernel->params[0], 0);
    } else {
        IrValue *first = ir_const_u32(c->module, 0);
        ir_store(&l.b, value, kernel->params[0], 1, &first);
    }
    lower_end(&l, OP_RET, 0, NULL);
    return kernel;
}

/* The module holds the kernel and the procs alone while they run. */
static IrFunction *make_module(Checker *c, const Closure *closure, const Expr *e, Survey *survey) {
    for (uint32_t i = 0; i < closure->procs.count; i++) {
        Symbol *symbol = closure->procs.items[i];
        if (symbol->function == NULL) {
            symbol->function = lower_declare(c->module, symbol);
            VEC_PUSH(c->arena, &c->evaluated, symbol);
        }
    }
    for (; c->lowered < c->evaluated.count; c->lowered++) {
        lower_function(c->module, c->evaluated.items[c->lowered], false);
    }
    c->module->functions = c->module->newest = NULL;
    IrFunction *kernel = make_kernel(c, e), *last = kernel;
    *survey = (Survey){.constant = true};
    ir_walk(&kernel->body, survey_op, survey);
    for (uint32_t i = 0; i < closure->procs.count; i++) {
        last->next = closure->procs.items[i]->function;
        last = last->next;
        last->next = NULL;
        bool constant = survey->constant;
        ir_walk(&last->body, survey_op, survey);
        if (constant && !survey->constant) {
            survey->run_time = closure->procs.items[i];
        }
    }
    return kernel;
}

/* ---- running ---- */

static bool is_number(const IrType *type, const uint64_t *words) {
    uint32_t parts = ir_is_composite(type) ? ir_part_count(type) : 0;
    for (uint32_t i = 0; i < parts; i++) {
        if (!is_number(ir_part_type(type, i), words + ir_part_word(type, i))) {
            return false;
        }
    }
    ConstValue value = {.type = type};
    if (parts == 0) {
        memcpy(value.bits, words, type->words * sizeof *words);
    }
    return parts > 0 || const_is_finite(&value);
}

static void report_steps(Checker *c, const Expr *e) {
    diag_report(c->diags, e->span, D(CONSTANT_STEPS), (int)MOST_STEPS);
    c->constant->was_reported = true;
}

static void run(Checker *c, Expr *e, const IrFunction *kernel) {
    uint32_t count = e->type->words, groups[3] = {1, 1, 1};
    uint64_t *words = NEW_ARRAY(c->arena, uint64_t, count);
    uint64_t left = MOST_STEPS_IN_ALL - c->steps, taken = 0;
    const IrType *stored = stored_type(e->type);
    uint64_t size = ir_has_bool(e->type) ? count * sizeof *words : ir_stride(stored);
    InterpArg arg = {arena_alloc(c->arena, size, sizeof *words), size};
    InterpOptions options = {.max_steps = left < MOST_STEPS ? left : MOST_STEPS, .taken = &taken};
    Text why = {.arena = c->arena};
    InterpStatus status = ir_interpret(c->module, kernel, &arg, groups, &options, &why);
    c->steps += taken;
    if (status == INTERP_UNDEFINED) {
        BUG("a constant is not defined: %s", text_get(&why));
    }
    if (status != INTERP_OK) {
        report_steps(c, e);
        return;
    }
    if (ir_has_bool(e->type)) {
        memcpy(words, arg.bytes, size);
    } else {
        memory_read(arg.bytes, stored, words);
    }
    if (!is_number(e->type, words)) {
        return;
    }
    ConstValue *value = NEW(c->arena, ConstValue);
    value->type = e->type;
    if (ir_is_composite(e->type)) {
        value->words = words;
    } else {
        memcpy(value->bits, words, count * sizeof *words);
    }
    e->constant = value;
}

/* Sets e->constant, unless it is none or something was reported. */
static void evaluate(Checker *c, Expr *e) {
    Closure closure = {.c = c};
    c->visit += 2;
    if (c->constant->at_run_time || may_be_wrong(c, e->span)) {
        return;
    }
    if (c->is_broken) {
        c->constant->was_reported = true; /* what the grammar did not understand cannot run */
        return;
    }
    if (!find_procs(&closure, e)) {
        c->constant->run_time_proc = closure.run_time;
        c->constant->was_reported = closure.run_time == NULL;
        return;
    }
    Survey survey;
    const IrFunction *kernel = make_module(c, &closure, e, &survey);
    c->steps += 4 * survey.words; /* preparing them is work, too */
    if (survey.constant && (survey.words > MOST_WORDS || c->steps >= MOST_STEPS_IN_ALL)) {
        report_steps(c, e);
    } else if (survey.constant) {
        run(c, e, kernel);
    } else {
        c->constant->run_time_proc = survey.run_time;
    }
    c->module->functions = c->module->newest = NULL;
}

static bool has_value(const Expr *e) {
    return e->type != NULL && ir_is_data(e->type) && !e->type->has_atomic &&
           !is_abstract(e->type) && !is_open_array(e->type);
}

void const_fold_part(Checker *c, Expr *e) {
    bool ready =
        (e->kind == EXPR_CALL && all_constant(e->call.args)) ||
        (e->kind == EXPR_UNARY && e->unary.a->constant != NULL) ||
        (e->kind == EXPR_BINARY && e->binary.a->constant != NULL && e->binary.b->constant != NULL);
    if (ready && has_value(e)) {
        evaluate(c, e);
    }
}

/* ---- where a constant is wanted ---- */

static void enter(Checker *c, ConstPlace *place) {
    *place = (ConstPlace){
        .around = c->constant, .scopes = c->scopes.scopes.count, .loop_depth = c->loop_depth};
    c->constant = place;
    c->loop_depth = 0;
}

static void leave(Checker *c, const ConstPlace *place) {
    c->constant = place->around;
    c->loop_depth = place->loop_depth;
}

static void report(Checker *c, const Expr *e, const ConstPlace *place) {
    const Symbol *proc = place->run_time_proc;
    if ((place->was_reported && c->diags->errors > 0) || may_be_wrong(c, e->span)) {
        return;
    }
    if (proc == NULL) {
        report_not_constant(c, e);
        return;
    }
    Diag *d = diag_report(c->diags, e->span, D(NOT_CONSTANT));
    diag_note(d, proc->span, "`%s` does what can only be done at run time", proc->name->text);
}

static bool check_here(Checker *c, Expr *e, const IrType *type, bool may_be_spec) {
    ConstPlace place;
    enter(c, &place);
    c->wanted = type;
    bool good = check_operand(c, e);
    if (good && type != NULL) {
        good = coerce(c, e, type);
    } else if (good && (e->constant == NULL || is_open_array(e->type))) {
        good = concrete(c, e); /* only scalars keep the literal's freedom */
    }
    if (good && e->constant == NULL && !(may_be_spec && spec_of(e) != NULL)) {
        evaluate(c, e);
        good = e->constant != NULL;
        if (!good) {
            report(c, e, &place);
        }
    }
    leave(c, &place);
    return good;
}

bool check_constant(Checker *c, Expr *e, const IrType *type) {
    return check_here(c, e, type, false);
}

bool check_constant_or_spec(Checker *c, Expr *e) {
    return check_here(c, e, NULL, true);
}
