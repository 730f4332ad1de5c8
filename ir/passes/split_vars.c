/* split_vars: a local array or form becomes a local for each of its parts, so that mem2reg finds scalars and vectors.
 *
 * It is split where every access is to the whole or begins with a constant index, and at least one does; the parts
 * then likewise. An array that is indexed by a computed number stays, as does what has many parts. A whole load
 * becomes loads of the parts and a `construct`, a whole store `extract`s and stores.
 *
 * Before: anything; after inline_procs there is more to find, since a local that is handed to a call stays.
 * After: what is left of the whole values is for opt_fold and opt_dce.
 */
#include "ir/pass.h"
#include "ir/passes/places.h"
#include "ir/rewrite.h"

enum {
    MOST_PARTS = 32,   /* of what is split */
    MOST_LOCALS = 256, /* that one local becomes */
};

typedef struct {
    IrInst *inst;
    VEC(IrInst *) accesses;
    uint32_t source; /* the local of the program that it is a part of */
    uint32_t made;   /* of a source: the locals that it became */
    bool stays;
} Local;

typedef struct {
    IrModule *module;
    Arena scratch;
    VEC(Local) locals;     /* IrInst.mark of a `var` is its index */
    uint32_t instructions; /* made */
    bool changed;
} Splitter;

/* ---- which ---- */

static uint32_t add_local(Splitter *s, IrInst *inst) {
    inst->mark = s->locals.count;
    VEC_PUSH(&s->scratch, &s->locals, (Local){.inst = inst, .source = inst->mark});
    return inst->mark;
}

static void find_locals(Splitter *s, IrRegion *region) {
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        if (inst->op == OP_VAR) {
            add_local(s, inst);
        }
        bool accesses = inst->op == OP_LOAD || inst->op == OP_STORE;
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            const IrValue *root = inst->operands[i];
            if (root->kind != IR_VALUE_RESULT || root->inst->op != OP_VAR) {
                continue;
            }
            Local *local = &s->locals.items[root->inst->mark];
            if (accesses && i == ir_place_start(inst)) {
                VEC_PUSH(&s->scratch, &local->accesses, inst);
            } else {
                local->stays = true;
            }
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            find_locals(s, &inst->regions[i]);
        }
    }
}

static uint32_t index_count(const IrInst *access) {
    return access->operand_count - ir_place_start(access) - 1;
}

/* The first index; resolved, since what is dropped leaves zeros. */
static IrValue *first_index(const IrInst *access) {
    return ir_resolve(access->operands[ir_place_start(access) + 1]);
}

static bool is_split(const Splitter *s, const Local *local) {
    const IrType *type = local->inst->results[0]->type->element;
    uint64_t work = (uint64_t)local->accesses.count * type->count;
    if (local->stays || !ir_is_composite(type) || type->count > MOST_PARTS ||
        s->locals.items[local->source].made + type->count > MOST_LOCALS ||
        work > IR_MAX_INSTRUCTIONS - s->instructions) {
        return false;
    }
    bool by_parts = false;
    for (uint32_t i = 0; i < local->accesses.count; i++) {
        const IrInst *access = local->accesses.items[i];
        if (index_count(access) > 0) {
            if (!ir_is_const(first_index(access))) {
                return false;
            }
            by_parts = true;
        }
    }
    return by_parts;
}

/* ---- splitting ---- */

static Name part_name(IrModule *module, const IrType *type, Name whole, uint32_t i) {
    if (whole == NULL) {
        return NULL;
    }
    const char *text =
        type->kind == IR_TYPE_FORM
            ? arena_printf(module->arena, "%s.%s", whole->text, type->fields[i].name->text)
            : arena_printf(module->arena, "%s.%u", whole->text, i);
    return name_of(module->names, text);
}

static void add_access(Splitter *s, uint32_t part, IrInst *access) {
    VEC_PUSH(&s->scratch, &s->locals.items[part].accesses, access);
}

static void split_whole(Splitter *s, IrInst *access, const IrType *type, uint32_t first_part) {
    IrBuilder b = ir_before(s->module, access);
    IrValue *parts[MOST_PARTS];
    for (uint32_t i = 0; i < type->count; i++) {
        IrValue *root = s->locals.items[first_part + i].inst->results[0];
        if (access->op == OP_LOAD) {
            parts[i] = ir_load(&b, root, 0, NULL);
            add_access(s, first_part + i, parts[i]->inst);
        } else {
            IrValue *part = ir_extract(&b, ir_resolve(access->operands[0]), i);
            add_access(s, first_part + i, ir_store(&b, part, root, 0, NULL));
        }
    }
    s->instructions += type->count;
    if (access->op == OP_LOAD) {
        ir_take_place(access, ir_emit(&b, OP_CONSTRUCT, type, type->count, parts)->results[0]);
    } else {
        ir_remove(access);
    }
}

/* The first index goes, for the place begins at the part. */
static void move_to_part(Splitter *s, IrInst *access, uint32_t part) {
    uint32_t root = ir_place_start(access);
    access->operands[root] = s->locals.items[part].inst->results[0];
    access->operand_count--;
    for (uint32_t i = root + 1; i < access->operand_count; i++) {
        access->operands[i] = access->operands[i + 1];
    }
    if (!ir_needs_raw(access)) {
        access->flags &= (uint8_t)~IR_RAW;
    }
    add_access(s, part, access);
}

static void split(Splitter *s, uint32_t number) {
    IrInst *inst = s->locals.items[number].inst;
    uint32_t source = s->locals.items[number].source, first_part = s->locals.count;
    const IrType *type = inst->results[0]->type->element;
    IrBuilder b = ir_before(s->module, inst);
    for (uint32_t i = 0; i < type->count; i++) {
        Name name = part_name(s->module, type, inst->results[0]->name, i);
        uint32_t part = add_local(s, ir_var(&b, ir_part_type(type, i), name)->inst);
        s->locals.items[part].source = source;
    }
    s->locals.items[source].made += type->count;
    for (uint32_t i = 0; i < s->locals.items[number].accesses.count; i++) {
        IrInst *access = s->locals.items[number].accesses.items[i];
        if (index_count(access) == 0) {
            split_whole(s, access, type, first_part);
        } else if (first_index(access)->bits[0] >= type->count) {
            place_drop(s->module, access);
        } else {
            move_to_part(s, access, first_part + (uint32_t)first_index(access)->bits[0]);
        }
    }
    ir_remove(inst);
    s->changed = true;
}

static bool run(IrModule *module) {
    Splitter s = {.module = module};
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        s.locals.count = s.instructions = 0;
        find_locals(&s, &function->body);
        for (uint32_t i = 0; i < s.locals.count; i++) {
            if (is_split(&s, &s.locals.items[i])) {
                split(&s, i);
            }
        }
        ir_resolve_all(function);
    }
    arena_release(&s.scratch);
    return s.changed;
}

IR_PASS(split_vars, run);
