/* Functions and statements to IR. See lower.h. */
#include "frontend/lower.h"

#include "ir/base/fatal.h"

LowerSaved lower_enter(Lower *l, IrRegion *region) {
    LowerSaved saved = {l->b, l->open};
    uint8_t flags = l->b.float_flags;
    Pos pos = l->b.pos;
    region->function = l->function;
    l->b = ir_at_end(l->module, region);
    l->b.float_flags = flags;
    l->b.pos = pos;
    l->open = true;
    return saved;
}

void lower_leave(Lower *l, LowerSaved saved) {
    l->b = saved.b;
    l->open = saved.open;
}

void lower_end(Lower *l, IrOp terminator, uint32_t count, IrValue *const *operands) {
    if (l->open) {
        ir_end(&l->b, terminator, count, operands);
        l->open = false;
    }
}

/* After a construct that control may never leave. */
static void close_if_never_left(Lower *l, bool left) {
    if (!left) {
        lower_end(l, OP_UNREACHABLE, 0, NULL);
    }
}

static void lower_let(Lower *l, const Stmt *stmt) {
    IrValue *value = lower_expr(l, stmt->let.value);
    Symbol *symbol = stmt->symbol;
    if (symbol->is_mut) {
        l->b.pos = stmt->span.start;
        symbol->value = ir_var(&l->b, symbol->type, symbol->name);
        ir_store(&l->b, value, symbol->value, 0, NULL);
        return;
    }
    symbol->value = value;
    if (value->name == NULL && !ir_is_const(value)) {
        value->name = symbol->name;
    }
}

static bool has_attribute(const Stmt *stmt, const char *name) {
    const Attribute *a = stmt->attributes;
    while (a != NULL && strcmp(a->name.name->text, name) != 0) {
        a = a->next;
    }
    return a != NULL;
}

static void lower_shared(Lower *l, const Stmt *stmt) {
    Symbol *symbol = stmt->symbol;
    bool uninitialized = has_attribute(stmt, "uninitialized");
    IrValue *length = symbol->has_spec_length ? lower_expr(l, stmt->let.type->length) : NULL;
    l->b.pos = stmt->span.start;
    symbol->value = ir_shared(&l->b, symbol->type, symbol->name, uninitialized, length);
}

static void lower_assign(Lower *l, const Stmt *stmt) {
    const Expr *place_expr = stmt->assign.place;
    LowerPlace place = lower_place(l, place_expr);
    IrValue *value = lower_expr(l, stmt->assign.value);
    l->b.pos = stmt->span.start;
    if (stmt->assign.op == BINARY_AND || stmt->assign.op == BINARY_OR) {
        /* `and=` evaluates its right side always: it was evaluated before the place was read */
        IrOp op = stmt->assign.op == BINARY_AND ? OP_AND : OP_OR;
        value = ir_binary(&l->b, op, lower_place_load(l, &place), value);
    } else if (stmt->assign.op != BINARY_NONE) {
        value = lower_binary(l, stmt->assign.op, place.type, lower_place_load(l, &place), value);
    }
    l->b.pos = stmt->span.start;
    lower_place_store(l, &place, value);
}

static void lower_stmt(Lower *l, const Stmt *stmt);

static void lower_if(Lower *l, const Stmt *stmt) {
    IrValue *condition = lower_expr(l, stmt->if_else.condition);
    l->b.pos = stmt->span.start;
    IrInst *inst = ir_if(&l->b, condition, 0, NULL);
    bool left = false;
    for (int arm = 0; arm < 2; arm++) {
        LowerSaved saved = lower_enter(l, &inst->regions[arm]);
        if (arm == IR_IF_TRUE) {
            lower_block(l, stmt->if_else.a);
        } else if (stmt->if_else.b != NULL) {
            lower_stmt(l, stmt->if_else.b);
        }
        left |= l->open;
        lower_end(l, OP_YIELD, 0, NULL);
        lower_leave(l, saved);
    }
    close_if_never_left(l, left);
}

/* `if condition { break }`, or its contrary. */
static void break_if(Lower *l, IrValue *condition, bool when) {
    IrInst *inst = ir_if(&l->b, condition, 0, NULL);
    for (int arm = 0; arm < 2; arm++) {
        LowerSaved saved = lower_enter(l, &inst->regions[arm]);
        lower_end(l, (arm == IR_IF_TRUE) == when ? OP_BREAK : OP_YIELD, 0, NULL);
        lower_leave(l, saved);
    }
}

/* The body of a loop, to the `continue` at its end. */
static void lower_loop_body(Lower *l, const Block *body, uint32_t carried_count,
                            IrValue **carried) {
    uint32_t outer_count = l->carried_count;
    IrValue **outer = l->carried;
    l->carried_count = carried_count;
    l->carried = carried;
    lower_block(l, body);
    lower_end(l, OP_CONTINUE, carried_count, carried);
    l->carried_count = outer_count;
    l->carried = outer;
}

static void lower_while(Lower *l, const Stmt *stmt) {
    l->b.pos = stmt->span.start;
    IrInst *loop = ir_loop(&l->b, 0, NULL, 0, NULL, 0, NULL);
    loop->unroll = stmt->unroll;
    LowerSaved saved = lower_enter(l, &loop->regions[IR_LOOP_BODY]);
    if (stmt->loop.condition != NULL) {
        break_if(l, lower_expr(l, stmt->loop.condition), false);
    }
    lower_loop_body(l, stmt->loop.body, 0, NULL);
    lower_leave(l, saved);
    saved = lower_enter(l, &loop->regions[IR_LOOP_CONTINUING]);
    lower_end(l, OP_NEXT, 0, NULL);
    lower_leave(l, saved);
    close_if_never_left(l, !stmt_gives((Stmt *)stmt));
}

/* Unsigned, of the same width. */
static const IrType *distance_type(const IrType *type) {
    for (int s = 0; s < IR_SCALAR_COUNT; s++) {
        const IrType *candidate = ir_scalar((IrScalar)s);
        if (ir_class(candidate) == IR_CLASS_UINT && ir_bits(candidate) == ir_bits(type)) {
            return candidate;
        }
    }
    REQUIRE(false);
    return NULL;
}

/* The largest number of an integer type. */
static uint64_t largest(const IrType *type) {
    return UINT64_MAX >> (64 - ir_bits(type) + ir_is_signed_int(type));
}

/* Whether k + step is a number of the type for each k < to. */
static bool never_overflows(const IrValue *to, const IrValue *step) {
    if (!ir_is_const(step)) {
        return false;
    }
    uint64_t most = largest(step->type), by = step->bits[0];
    return by == 1 || (ir_is_const(to) && by <= most && to->bits[0] <= most &&
                       to->bits[0] - (to->bits[0] > 0) <= most - by);
}

/* for k in a..b: `k < b` at the top of each round, which passes understand best. Where k + step may overflow, the
 * distance that is left says whether there is a next value; if not, k becomes b. */
static void lower_for_below(Lower *l, const Stmt *stmt, IrValue *from, IrValue *to, IrValue *step) {
    const IrType *type = from->type;
    bool positive = ir_is_const(step) && step->bits[0] > 0 && step->bits[0] <= largest(type);
    if (!positive) {
        IrValue *goes = ir_binary(&l->b, OP_GT, step, ir_const_zero(l->module, type));
        from = ir_select(&l->b, goes, from, to);
    }
    IrInst *loop = ir_loop(&l->b, 1, &from, 1, &type, 0, NULL);
    loop->unroll = stmt->unroll;
    IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];
    IrValue *counter = body->params[0];
    counter->name = stmt->symbol->name;
    stmt->symbol->value = counter;
    LowerSaved saved = lower_enter(l, body);
    break_if(l, ir_binary(&l->b, OP_LT, counter, to), false);
    lower_loop_body(l, stmt->for_in.body, 1, &counter);
    lower_leave(l, saved);
    saved = lower_enter(l, more);
    IrValue *last = more->params[0], *next = ir_binary(&l->b, OP_ADD, last, step);
    if (!never_overflows(to, step)) {
        IrValue *left = ir_binary(&l->b, OP_SUB, to, last);
        left = ir_convert(&l->b, OP_BITCAST, distance_type(type), left);
        IrValue *stride = ir_convert(&l->b, OP_BITCAST, distance_type(type), step);
        next = ir_select(&l->b, ir_binary(&l->b, OP_GT, left, stride), next, to);
    }
    lower_end(l, OP_NEXT, 1, &next);
    lower_leave(l, saved);
}

/* for k in a..=b: whether there is a next value is asked before adding, by the distance that is left, since the
 * sum may overflow. The loop carries (k, whether it is over). */
static void lower_for_through(Lower *l, const Stmt *stmt, IrValue *from, IrValue *to,
                              IrValue *step) {
    const IrType *type = from->type, *boolean = ir_scalar(IR_BOOL);
    IrValue *zero = ir_const_zero(l->module, type);
    IrValue *any = ir_binary(&l->b, OP_LE, from, to);
    any = ir_binary(&l->b, OP_AND, any, ir_binary(&l->b, OP_GT, step, zero));
    IrValue *initial[] = {from, ir_unary(&l->b, OP_NOT, any)};
    IrInst *loop = ir_loop(&l->b, 2, initial, 1, &type, 0, NULL);
    loop->unroll = stmt->unroll;
    IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];
    IrValue *counter = body->params[0];
    counter->name = stmt->symbol->name;
    stmt->symbol->value = counter;
    REQUIRE(body->params[1]->type == boolean);
    LowerSaved saved = lower_enter(l, body);
    break_if(l, body->params[1], true);
    lower_loop_body(l, stmt->for_in.body, 1, &counter);
    lower_leave(l, saved);
    saved = lower_enter(l, more);
    IrValue *left = ir_binary(&l->b, OP_SUB, to, more->params[0]);
    left = ir_convert(&l->b, OP_BITCAST, distance_type(type), left);
    IrValue *stride = ir_convert(&l->b, OP_BITCAST, distance_type(type), step);
    IrValue *next[] = {
        ir_binary(&l->b, OP_ADD, more->params[0], step),
        ir_binary(&l->b, OP_LT, left, stride),
    };
    lower_end(l, OP_NEXT, 2, next);
    lower_leave(l, saved);
}

static void lower_for(Lower *l, const Stmt *stmt) {
    IrValue *from = lower_expr(l, stmt->for_in.from);
    IrValue *to = lower_expr(l, stmt->for_in.to);
    IrValue *step = stmt->for_in.step != NULL ? lower_expr(l, stmt->for_in.step)
                                              : ir_const_splat(l->module, from->type, 1);
    l->b.pos = stmt->span.start;
    if (stmt->for_in.inclusive) {
        lower_for_through(l, stmt, from, to, step);
    } else {
        lower_for_below(l, stmt, from, to, step);
    }
}

/* Whether the value is in a case: equal to one, or between two. */
static IrValue *case_condition(Lower *l, IrValue *value, const Case *item) {
    IrValue *any = NULL;
    for (const struct CaseRange *range = item->ranges; range != NULL; range = range->next) {
        IrValue *from = lower_expr(l, range->from), *here;
        if (range->to == NULL) {
            here = ir_binary(&l->b, OP_EQ, value, from);
        } else {
            IrOp last = range->inclusive ? OP_LE : OP_LT;
            here = ir_binary(&l->b, OP_AND, ir_binary(&l->b, OP_GE, value, from),
                             ir_binary(&l->b, last, value, lower_expr(l, range->to)));
        }
        any = any == NULL ? here : ir_binary(&l->b, OP_OR, any, here);
    }
    return any;
}

static void lower_case(Lower *l, IrValue *condition, const Block *body) {
    IrInst *inst = ir_if(&l->b, condition, 0, NULL);
    LowerSaved saved = lower_enter(l, &inst->regions[IR_IF_TRUE]);
    lower_block(l, body);
    lower_end(l, OP_YIELD, 0, NULL);
    lower_leave(l, saved);
    saved = lower_enter(l, &inst->regions[IR_IF_FALSE]);
    lower_end(l, OP_YIELD, 0, NULL);
    lower_leave(l, saved);
}

/* At most one case fits, so each is an `if` of its own, and `else` one for when none did: the nesting does not
 * grow with the cases. */
static void lower_match(Lower *l, const Stmt *stmt) {
    IrValue *value = lower_expr(l, stmt->match.value), *any = ir_const_bool(l->module, false);
    l->b.pos = stmt->span.start;
    for (const Case *item = stmt->match.cases; item != NULL; item = item->next) {
        IrValue *here = case_condition(l, value, item);
        any = ir_binary(&l->b, OP_OR, any, here);
        lower_case(l, here, item->body);
    }
    if (stmt->match.otherwise != NULL) {
        lower_case(l, ir_unary(&l->b, OP_NOT, any), stmt->match.otherwise);
    }
    close_if_never_left(l, !stmt_gives((Stmt *)stmt));
}

/* Warnings of #[allow(…)], as IrFunction has them. */
static uint32_t allowed_by(const Attribute *list) {
    uint32_t allowed = 0;
    for (const Attribute *a = list; a != NULL; a = a->next) {
        for (const Expr *arg = a->args; arg != NULL && strcmp(a->name.name->text, "allow") == 0;
             arg = arg->next) {
            Warning warning;
            if (arg->kind == EXPR_NAME && warning_find(arg->name->text, &warning)) {
                allowed |= UINT32_C(1) << warning;
            }
        }
    }
    return allowed;
}

static void lower_stmt(Lower *l, const Stmt *stmt) {
    l->b.pos = stmt->span.start;
    l->function->allowed |= allowed_by(stmt->attributes);
    switch (stmt->kind) {
    case STMT_LET:
        lower_let(l, stmt);
        break;
    case STMT_CONST:
        break;
    case STMT_ASSIGN:
        lower_assign(l, stmt);
        break;
    case STMT_IF:
        lower_if(l, stmt);
        break;
    case STMT_WHILE:
    case STMT_LOOP:
        lower_while(l, stmt);
        break;
    case STMT_FOR:
        lower_for(l, stmt);
        break;
    case STMT_BREAK:
        lower_end(l, OP_BREAK, 0, NULL);
        break;
    case STMT_CONTINUE:
        lower_end(l, OP_CONTINUE, l->carried_count, l->carried);
        break;
    case STMT_GIVE:
        if (stmt->value != NULL) {
            IrValue *value = lower_expr(l, stmt->value);
            l->b.pos = stmt->span.start;
            lower_end(l, OP_RET, value != NULL, &value);
        } else {
            lower_end(l, OP_RET, 0, NULL);
        }
        break;
    case STMT_BLOCK:
        lower_block(l, stmt->block);
        break;
    case STMT_EXPR:
        lower_expr(l, stmt->value);
        break;
    case STMT_MATCH:
        lower_match(l, stmt);
        break;
    case STMT_SHARED:
        lower_shared(l, stmt);
        break;
    case STMT_ERROR:
        BUG("statement %d passed the checker", (int)stmt->kind);
    }
}

void lower_block(Lower *l, const Block *block) {
    for (const Stmt *stmt = block->stmts; stmt != NULL && l->open; stmt = stmt->next) {
        lower_stmt(l, stmt);
    }
}

void lower_function(IrModule *module, Symbol *symbol, bool debug) {
    Lower l = {.module = module, .function = symbol->function, .debug = debug};
    l.b = ir_at_end(module, &symbol->function->body);
    l.b.float_flags = symbol->attributes.float_flags;
    l.b.pos = symbol->span.start;
    l.open = true;
    lower_block(&l, symbol->decl->proc.body);
    l.b.pos = symbol->span.start;
    /* past the end of a proc with a result only control that never comes */
    lower_end(&l, symbol->type == &ir_void ? OP_RET : OP_UNREACHABLE, 0, NULL);
}

IrFunction *lower_declare(IrModule *module, Symbol *symbol) {
    const Decl *decl = symbol->decl;
    uint32_t count = 0;
    for (const Param *param = decl->proc.params; param != NULL; param = param->next) {
        count++;
    }
    IrFunction *function =
        ir_function_add(module, symbol->ir_name, symbol->kind == SYMBOL_KERNEL, count);
    function->doc = decl->doc;
    function->pos = symbol->span.start;
    function->result = symbol->type;
    if (function->is_kernel) {
        memcpy(function->workgroup, symbol->attributes.workgroup, sizeof function->workgroup);
        for (int i = 0; i < 3; i++) {
            const Symbol *spec = symbol->attributes.workgroup_spec[i];
            function->workgroup_spec[i] = spec != NULL ? spec->spec : NULL;
        }
    }
    function->subgroup_size = symbol->attributes.subgroup_size;
    function->noinline = symbol->attributes.noinline;
    function->allowed = allowed_by(decl->attributes);
    uint32_t index = 0;
    for (const Param *param = decl->proc.params; param != NULL; param = param->next, index++) {
        ir_function_param(module, function, index, param->name.name, param->symbol->type);
        function->param_docs[index] = param->doc;
        param->symbol->value = function->params[index];
    }
    return function;
}

static void declare_specs(IrModule *module, const Unit *unit) {
    for (uint32_t i = 0; i < unit->symbols.count; i++) {
        Symbol *symbol = unit->symbols.items[i];
        if (symbol->kind == SYMBOL_CONST && symbol->is_spec) {
            symbol->spec = ir_spec_add(module, symbol->ir_name, symbol->spec_id, symbol->type,
                                       symbol->constant->bits[0]);
            symbol->spec->doc = symbol->decl->doc;
            symbol->spec->pos = symbol->span.start;
        }
    }
}

/* Whether --entry leaves this kernel in. */
static bool is_wanted(const FrontendOptions *options, const Symbol *symbol) {
    if (options->entry_count == 0) {
        return true;
    }
    for (unsigned i = 0; i < options->entry_count; i++) {
        if (strcmp(options->entries[i], symbol->name->text) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_entries(Checker *c) {
    bool good = true;
    for (unsigned i = 0; i < c->options->entry_count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < c->root->symbols.count; k++) {
            const Symbol *symbol = c->root->symbols.items[k];
            found |= symbol->kind == SYMBOL_KERNEL &&
                     strcmp(symbol->name->text, c->options->entries[i]) == 0;
        }
        if (!found) {
            diag_report(c->diags, (Span){0, 0}, D(UNKNOWN_ENTRY), c->options->entries[i]);
            good = false;
        }
    }
    return good;
}

static void declare_wanted(IrModule *module, SymbolList *wanted, Symbol *symbol) {
    if (symbol->function == NULL) {
        symbol->function = lower_declare(module, symbol);
        VEC_PUSH(module->arena, wanted, symbol);
    }
}

/* Of modules and generics only what is called: copies come after the file's own procs. */
static void declare_called(IrModule *module, SymbolList *wanted, Symbol *symbol) {
    for (uint32_t i = 0; i < symbol->calls.count; i++) {
        declare_wanted(module, wanted, (Symbol *)symbol->calls.items[i]->symbol);
    }
}

IrModule *frontend_lower(Arena *arena, Names *names, Diags *diags, AstModule *ast,
                         const FrontendOptions *options) {
    fatal_context("checker");
    IrModule *module = ir_module_new(arena, names, diags);
    Checker c = {.arena = arena,
                 .names = names,
                 .diags = diags,
                 .module = module,
                 .options = options,
                 .builtins = {.arena = arena}};
    unsigned errors = diags->errors;
    bool good = check_module(&c, ast) && check_entries(&c);
    if (!good || ast->had_errors || diags->errors != errors) {
        return NULL;
    }
    fatal_context("lowering");
    for (uint32_t i = 0; i < c.units.count; i++) {
        declare_specs(module, c.units.items[i]);
    }
    SymbolList wanted = {0};
    for (uint32_t i = 0; i < c.root->symbols.count; i++) {
        Symbol *symbol = c.root->symbols.items[i];
        bool proc = symbol->kind == SYMBOL_PROC && symbol->generics == NULL;
        if (proc || (symbol->kind == SYMBOL_KERNEL && is_wanted(options, symbol))) {
            declare_wanted(module, &wanted, symbol);
        }
    }
    for (uint32_t i = 0; i < wanted.count; i++) {
        declare_called(module, &wanted, wanted.items[i]);
    }
    for (uint32_t i = 0; i < wanted.count; i++) {
        lower_function(module, wanted.items[i], options->debug);
    }
    return module;
}
