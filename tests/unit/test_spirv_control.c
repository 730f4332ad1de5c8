/* The Vulkan SPIR-V writer: every shape of control flow, by hand and random. */
#include "tests/unit/spirv_unit.h"

/* ---- control flow by hand ---- */

static void check_body(const char *name, const char *body, const char *const *fragments) {
    static char text[1 << 14];
    snprintf(text, sizeof text,
             "kernel @k(%%o: buffer<u32>, %%n: u32) workgroup(1, 1, 1) {\n"
             "  %%c: bool = lt %%n, 4u32\n  %%d: bool = gt %%n, 2u32\n%s}\n",
             body);
    check_text(name, SPIRV_VULKAN_1_1, text, fragments);
}

static void test_control(void) {
    check_body("if", "if %c {\n store.raw %o[0u32], %n\n yield\n} else {\n yield\n}\nret\n",
               FRAGMENTS("OpSelectionMerge"));
    check_body("else", "if %c {\n yield\n} else {\n store.raw %o[0u32], %n\n yield\n}\nret\n",
               FRAGMENTS("OpSelectionMerge"));
    check_body("if of nothing", "if %c {\n yield\n} else {\n yield\n}\nret\n",
               FRAGMENTS("!OpSelectionMerge"));
    check_body(
        "if of two yields",
        "%r: u32 = if %c {\n yield %n\n} else {\n yield 7u32\n}\nstore.raw %o[0u32], %r\nret\n",
        FRAGMENTS("OpPhi %uint"));
    check_body("if with one value",
               "%r: u32 = if %c {\n ret\n} else {\n %x: u32 = add %n, 1u32\n yield %x\n}\n"
               "store.raw %o[0u32], %r\nret\n",
               FRAGMENTS("!OpPhi"));
    check_body("if with two results",
               "%r: u32, %s: bool = if %c {\n %x: u32 = add %n, 1u32\n yield %x, %d\n} else {\n"
               " yield %n, %c\n}\n%u: u32 = select %s, %r, %n\nstore.raw %o[0u32], %u\nret\n",
               FRAGMENTS("OpPhi %bool"));
    check_body("both arms leave", "if %c {\n ret\n} else {\n ret\n}\nunreachable\n",
               FRAGMENTS("OpUnreachable"));
    check_body("dead code",
               "%r: u32 = if %c {\n ret\n} else {\n unreachable\n}\n%x: u32 = add %r, 1u32\n"
               "if %d {\n store.raw %o[0u32], %x\n yield\n} else {\n yield\n}\nret\n",
               FRAGMENTS("OpUnreachable", "!OpIAdd"));
    check_body(
        "dead all the way out",
        "%r: u32 = if %c {\n %q: u32 = if %d {\n ret\n} else {\n ret\n}\n yield %q\n} else {\n"
        " yield 1u32\n}\nstore.raw %o[0u32], %r\nret\n",
        FRAGMENTS("!OpPhi"));
    check_body(
        "counting loop",
        "%last: u32 = loop (%i: u32 = 0u32, %s: u32 = 5u32) {\n %e: bool = ge %i, %n\n"
        " if %e {\n break %s\n } else {\n yield\n }\n %t: u32 = add %s, %i\n continue %i, %t\n"
        "} continuing (%k: u32, %u: u32) {\n %j: u32 = add %k, 1u32\n next %j, %u\n}\n"
        "store.raw %o[0u32], %last\nret\n",
        FRAGMENTS("OpLoopMerge"));
    check_body("carried parameters",
               "%last: u32 = loop (%i: u32 = 0u32) {\n if %d {\n continue %i, 1u32\n } else {\n "
               "yield\n }\n"
               " %e: bool = ge %i, %n\n if %e {\n break %i\n } else {\n continue %n, %i\n }\n "
               "unreachable\n"
               "} continuing (%a: u32, %b: u32) {\n %j: u32 = add %a, %b\n next %j\n}\n"
               "store.raw %o[0u32], %last\nret\n",
               FRAGMENTS("OpPhi"));
    check_body("loop that swaps",
               "%x: u32, %y: u32 = loop (%a: u32 = 1u32, %b: u32 = %n) {\n %e: bool = gt %a, %b\n"
               " if %e {\n break %a, %b\n } else {\n yield\n }\n continue %b, %a\n"
               "} continuing (%p: u32, %q: u32) {\n next %p, %q\n}\n"
               "store.raw %o[%x], %y\nret\n",
               NO_FRAGMENTS);
    check_body(
        "loop that never ends",
        "loop {\n store.raw %o[0u32], %n\n continue\n} continuing {\n next\n}\nunreachable\n",
        FRAGMENTS("OpUnreachable"));
    check_body(
        "loop that never ends, dead code behind",
        "%r: u32 = loop {\n continue\n} continuing {\n next\n}\nstore.raw %o[0u32], %r\nret\n",
        FRAGMENTS("!OpStore"));
    check_body("loop that never continues",
               "%r: u32 = loop (%i: u32 = %n) {\n %x: u32 = add %i, 1u32\n break %x\n"
               "} continuing (%u: u32) {\n next %u\n}\nstore.raw %o[0u32], %r\nret\n",
               FRAGMENTS("OpStore"));
    check_body("loop that returns", "loop {\n ret\n} continuing {\n next\n}\nunreachable\n",
               NO_FRAGMENTS);
    check_body(
        "loop that returns or continues",
        "loop (%i: u32 = 0u32) {\n if %c {\n ret\n } else {\n continue %i\n }\n unreachable\n"
        "} continuing (%j: u32) {\n next %j\n}\nunreachable\n",
        NO_FRAGMENTS);
    check_body("loop of unreachable", "loop {\n unreachable\n} continuing {\n next\n}\nret\n",
               NO_FRAGMENTS);
    check_body(
        "loop in a loop",
        "loop (%i: u32 = 0u32) {\n"
        " %r: u32 = loop (%j: u32 = %i) {\n  %e: bool = gt %j, %n\n"
        "  if %e {\n break %j\n } else {\n yield\n }\n  continue %j\n"
        " } continuing (%k: u32) {\n %l: u32 = add %k, 1u32\n next %l\n }\n"
        " %f: bool = gt %r, 99u32\n if %f {\n break\n } else {\n continue %r\n }\n unreachable\n"
        "} continuing (%m: u32) {\n %p: u32 = add %m, 1u32\n next %p\n}\nret\n",
        NO_FRAGMENTS);
    check_body("if in a continuing part",
               "loop (%i: u32 = 0u32) {\n if %c {\n break\n } else {\n yield\n }\n continue %i\n"
               "} continuing (%m: u32) {\n %p: u32 = if %d {\n %q: u32 = add %m, 1u32\n yield %q\n"
               " } else {\n yield %m\n }\n if %c {\n store.raw %o[0u32], %p\n yield\n } else {\n"
               " unreachable\n }\n next %p\n}\nret\n",
               FRAGMENTS("!OpUnreachable"));
    check_body("a continuing part that no one leaves",
               "loop (%i: u32 = 0u32) {\n if %c {\n break\n } else {\n yield\n }\n continue\n"
               "} continuing {\n if %d {\n unreachable\n } else {\n unreachable\n }\n "
               "unreachable\n}\nret\n",
               FRAGMENTS("!OpUnreachable"));
    check_body(
        "loop in a continuing part",
        "loop (%i: u32 = 0u32) {\n if %c {\n break\n } else {\n yield\n }\n continue\n"
        "} continuing {\n %r: u32 = loop (%j: u32 = 0u32) {\n  %e: bool = gt %j, %n\n"
        "  if %e {\n break %j\n } else {\n continue %j\n }\n  unreachable\n"
        " } continuing (%k: u32) {\n %l: u32 = add %k, 1u32\n next %l\n }\n next %r\n}\nret\n",
        NO_FRAGMENTS);
    check_body("local that starts at zero again",
               "loop (%i: f32 = 1.0f32) {\n %v: var<f32> = var\n %x: f32 = load %v\n %y: f32 = add "
               "%x, %i\n"
               " store %v, %y\n %e: bool = gt %y, 9.0f32\n if %e {\n break\n } else {\n continue "
               "%y\n }\n unreachable\n"
               "} continuing (%j: f32) {\n next %j\n}\nret\n",
               FRAGMENTS(" %float_0\n"));
    check_body("local that is stored at once",
               "%v: var<f32> = var\nstore %v, 1.0f32\n%x: f32 = load %v\n%y: u32 = bitcast %x\n"
               "store.raw %o[0u32], %y\nret\n",
               FRAGMENTS("!%float_0\n"));
}

/* ---- random control flow ---- */

/* Where a region being made up stands. */
typedef struct {
    const IrInst *arm;  /* the `if` it is an arm of; NULL: none */
    const IrInst *loop; /* whose body it is in; NULL: none that may be left */
    const IrInst *next; /* whose continuing part it is */
    bool may_return;
    int depth;
} Place;

typedef struct {
    IrModule *module;
    VEC(IrValue *) visible;
    IrValue *buffer, *count;
    int budget; /* of instructions */
} Maker;

static const IrType *random_type(void) {
    static const IrScalar scalars[] = {IR_U32, IR_U32, IR_I32, IR_F32, IR_BOOL};
    return ir_vector(scalars[random_below(5)], random_below(5) == 0 ? 2 + random_below(3) : 1);
}

static void show(Maker *m, IrValue *value) {
    VEC_PUSH(m->module->arena, &m->visible, value);
}

static IrValue *pick(Maker *m, const IrType *type) {
    for (int tries = 0; tries < 8 && m->visible.count > 0; tries++) {
        IrValue *value = m->visible.items[random_below(m->visible.count)];
        if (value->type == type) {
            return value;
        }
    }
    return ir_const_number(m->module, type, ir_is_bool(type) ? random_below(2) : random_below(9));
}

static void end_with(Maker *m, IrBuilder *b, IrOp op, uint32_t count, IrValue *const *values) {
    IrValue *operands[4];
    for (uint32_t i = 0; i < count; i++) {
        operands[i] = pick(m, values[i]->type);
    }
    ir_end(b, op, count, operands);
}

static void make_end(Maker *m, IrBuilder *b, Place at) {
    uint32_t dice = random_below(12);
    const IrRegion *body = at.loop != NULL ? &at.loop->regions[IR_LOOP_BODY] : NULL;
    if (dice == 0) {
        ir_end(b, OP_UNREACHABLE, 0, NULL);
    } else if (dice == 1 && at.may_return) {
        ir_end(b, OP_RET, 0, NULL);
    } else if (at.loop != NULL && (dice < 4 || (at.arm == NULL && dice < 5))) {
        end_with(m, b, OP_BREAK, at.loop->result_count, at.loop->results);
    } else if (at.loop != NULL && (dice < 6 || at.arm == NULL)) {
        end_with(m, b, OP_CONTINUE, body[1].param_count, body[1].params);
    } else if (at.arm != NULL) {
        end_with(m, b, OP_YIELD, at.arm->result_count, at.arm->results);
    } else if (at.next != NULL) {
        const IrRegion *to = &at.next->regions[IR_LOOP_BODY];
        end_with(m, b, OP_NEXT, to->param_count, to->params);
    } else {
        ir_end(b, OP_RET, 0, NULL);
    }
}

static void make_region(Maker *m, IrRegion *region, Place at);

static uint32_t random_types(const IrType **types) {
    uint32_t count = random_below(4);
    for (uint32_t i = 0; i < count; i++) {
        types[i] = random_type();
    }
    return count;
}

static void make_if(Maker *m, IrBuilder *b, Place at) {
    const IrType *types[4];
    uint32_t count = random_types(types);
    IrInst *inst = ir_if(b, pick(m, ir_scalar(IR_BOOL)), count, types);
    at.arm = inst;
    at.depth++;
    make_region(m, &inst->regions[IR_IF_TRUE], at);
    make_region(m, &inst->regions[IR_IF_FALSE], at);
    for (uint32_t i = 0; i < count; i++) {
        show(m, inst->results[i]);
    }
}

static void make_loop(Maker *m, IrBuilder *b, Place at) {
    const IrType *types[4], *carried[4];
    IrValue *initial[4];
    uint32_t count = random_types(types);
    for (uint32_t i = 0; i < count; i++) {
        initial[i] = pick(m, types[i]);
    }
    uint32_t carried_count = random_types(carried), result_count = random_types(types);
    IrInst *inst = ir_loop(b, count, initial, carried_count, carried, result_count, types);
    Place body = {.loop = inst, .may_return = at.may_return, .depth = at.depth + 1};
    Place continuing = {.next = inst, .depth = at.depth + 1};
    make_region(m, &inst->regions[IR_LOOP_BODY], body);
    make_region(m, &inst->regions[IR_LOOP_CONTINUING], continuing);
    for (uint32_t i = 0; i < result_count; i++) {
        show(m, inst->results[i]);
    }
}

static void make_inst(Maker *m, IrBuilder *b, Place at) {
    enum { DEEPEST = 7 };
    const IrType *type = random_type();
    IrValue *index = pick(m, ir_scalar(IR_U32));
    switch (random_below(at.depth < DEEPEST && m->budget > 0 ? 10 : 5)) {
    case 0:
        show(m, emit_raw(b, OP_LOAD, ir_scalar(IR_U32), 2, (IrValue *[]){m->buffer, index}));
        break;
    case 1: {
        IrValue *value = pick(m, ir_scalar(IR_U32));
        emit_raw(b, OP_STORE, NULL, 3, (IrValue *[]){value, m->buffer, index});
        break;
    }
    case 2: {
        IrValue *left = pick(m, type), *right = pick(m, type);
        show(m, ir_binary(b, OP_EQ, left, right));
        break;
    }
    case 3: {
        IrValue *left = pick(m, type), *right = pick(m, type);
        show(m, ir_binary(b, ir_is_bool(type) ? OP_XOR : OP_ADD, left, right));
        break;
    }
    case 4: {
        IrValue *root = ir_var(b, type, NULL);
        if (random_below(2) == 0) {
            ir_store(b, pick(m, type), root, 0, NULL);
        }
        show(m, ir_load(b, root, 0, NULL));
        break;
    }
    case 5:
    case 6:
    case 7:
        make_if(m, b, at);
        break;
    default:
        make_loop(m, b, at);
        break;
    }
}

static void make_region(Maker *m, IrRegion *region, Place at) {
    uint32_t visible = m->visible.count;
    for (uint32_t i = 0; i < region->param_count; i++) {
        show(m, region->params[i]);
    }
    IrBuilder b = ir_at_end(m->module, region);
    for (uint32_t left = random_below(5); left > 0; left--) {
        m->budget--;
        make_inst(m, &b, at);
    }
    make_end(m, &b, at);
    m->visible.count = visible;
}

static void test_random(void) {
    enum { MODULES = 400 };
    for (uint32_t seed = 1; seed <= MODULES && failures == 0; seed++) {
        Unit unit;
        open_unit(&unit);
        what = arena_printf(&unit.arena, "random module %u", seed);
        random_state = seed * 0x9e3779b97f4a7c15u;
        IrBuilder top;
        Bench t = bench(&unit, "random");
        top = t.b;
        Maker m = {.module = unit.module, .buffer = t.out, .budget = 120};
        while (top.region->last == NULL) {
            make_region(&m, top.region, (Place){.may_return = true});
        }
        check_valid(&unit);
        close_unit(&unit);
    }
}

int main(void) {
    test_control();
    test_random();
    return report_failures("test_spirv_control");
}
