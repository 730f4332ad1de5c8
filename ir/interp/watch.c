/* See watch.h. */
#include "ir/interp/watch.h"

typedef struct {
    uint64_t group;
    uint32_t local, step; /* invocation within the workgroup; step + 1, 0: nobody */
} Visitor;

/* Who read, or who wrote, a location. */
typedef struct {
    Visitor first;
    Visitor in_epoch, in_phase[2]; /* if `epoch` and `phase` are those that run */
    uint32_t epoch, phase;
} Visitors;

typedef struct {
    Visitors *by[2]; /* readers, writers; NULL: none */
} Cell;

/* Locations are numbered in scalars: words of a `shared`, the smallest scalars of a buffer's elements. */
enum { PAGE = 256 };
struct Shadow {
    Cell **pages; /* NULL: nobody was there */
    uint64_t page_count;
    uint32_t unit; /* bytes of a location */
};

/* ---- places as the source has them ---- */

static void print_part(Text *out, const IrType *type, uint64_t index) {
    if (type->kind == IR_TYPE_FORM) {
        text_printf(out, ".%s", type->fields[index].name->text);
    } else if (ir_is_vector(type) && index < type->lanes) {
        text_printf(out, ".%c", "xyzw"[index]);
    } else {
        text_printf(out, "[%llu]", (unsigned long long)index);
    }
}

/* What is `offset` bytes or words from the start of something of a type; array elements beyond its length, too. */
static void print_path(Text *out, const IrType *type, uint64_t offset, bool bytes) {
    uint32_t parts;
    while ((parts = ir_part_count(type)) > 0) {
        uint64_t index = 0, at = 0;
        if (type->kind == IR_TYPE_FORM) {
            for (uint32_t i = 0; i < parts; i++) {
                uint64_t start = bytes ? ir_part_offset(type, i) : ir_part_word(type, i);
                if (start <= offset) {
                    index = i;
                    at = start;
                }
            }
        } else {
            const IrType *part = ir_part_type(type, 0);
            uint64_t size = !bytes               ? part->words
                            : ir_is_vector(type) ? ir_size(part)
                                                 : ir_stride(part);
            index = offset / size;
            at = index * size;
        }
        print_part(out, type, index);
        offset -= at;
        type = ir_part_type(type, type->kind == IR_TYPE_FORM ? (uint32_t)index : 0);
    }
}

static const char *value_name(const IrValue *value) {
    return value->name != NULL ? value->name->text : "…";
}

static const char *spot_text(const Watch *watch, const Spot *spot, uint64_t offset) {
    Text out = {.arena = watch->findings->arena};
    if (spot->memory == SPOT_BUFFER) {
        const IrValue *root = watch->kernel->params[spot->root];
        uint64_t stride = ir_stride(root->type->element);
        text_printf(&out, "%s[%llu]", value_name(root), (unsigned long long)(offset / stride));
        print_path(&out, root->type->element, offset % stride, true);
    } else {
        const IrValue *root = watch->memory->shared[spot->root].inst->results[0];
        text_add(&out, value_name(root));
        print_path(&out, root->type->element, offset, false);
    }
    return text_get(&out);
}

/* ---- findings ---- */

static InterpTouch touch_of(const Watch *watch, Visitor visitor, bool writes) {
    const uint32_t *size = watch->group_size, *groups = watch->groups;
    const uint32_t local[3] = {visitor.local % size[0], visitor.local / size[0] % size[1],
                               visitor.local / size[0] / size[1]};
    const uint64_t group[3] = {visitor.group % groups[0], visitor.group / groups[0] % groups[1],
                               visitor.group / groups[0] / groups[1]};
    const IrInst *inst = watch->memory->program->steps.items[visitor.step - 1].inst;
    InterpTouch touch = {.pos = inst->pos, .inst = inst, .writes = writes};
    for (int axis = 0; axis < 3; axis++) {
        touch.group[axis] = (uint32_t)group[axis];
        touch.invocation[axis] = (uint32_t)group[axis] * size[axis] + local[axis];
    }
    return touch;
}

/* Whether two are at one place of the source. */
static bool same_place(const InterpTouch *a, const InterpTouch *b) {
    return a->pos != 0 || b->pos != 0 ? a->pos == b->pos : a->inst == b->inst;
}

static bool same_finding(const InterpFinding *a, const InterpFinding *b) {
    const InterpTouch *x = a->at, *y = b->at;
    return a->kind == b->kind && ((same_place(&x[0], &y[0]) && same_place(&x[1], &y[1])) ||
                                  (same_place(&x[0], &y[1]) && same_place(&x[1], &y[0])));
}

/* A new finding, to be described; NULL: it is known, or there are too many. */
static InterpFinding *add_finding(InterpFindings *findings, const InterpFinding *finding) {
    for (uint32_t i = 0; i < findings->list.count; i++) {
        if (same_finding(&findings->list.items[i], finding)) {
            findings->list.items[i].count++;
            return NULL;
        }
    }
    if (findings->list.count == INTERP_MOST_FINDINGS) {
        findings->more = true;
        return NULL;
    }
    VEC_PUSH(findings->arena, &findings->list, *finding);
    return &findings->list.items[findings->list.count - 1];
}

static Visitor visitor_now(const Watch *watch, const Step *step) {
    const Step *steps = watch->memory->program->steps.items;
    return (Visitor){watch->group, watch->local, (uint32_t)(step - steps) + 1};
}

/* ---- races ---- */

typedef struct {
    Watch *watch;
    const Spot *spot;
    Shadow *shadow;
    Visitor now;
    bool writes;
} Access;

static void race(const Access *access, Visitor earlier, bool wrote, uint64_t offset) {
    const Watch *watch = access->watch;
    InterpFinding finding = {
        .kind = INTERP_RACE,
        .at = {touch_of(watch, access->now, access->writes), touch_of(watch, earlier, wrote)},
        .in_buffer = access->spot->memory == SPOT_BUFFER,
        .count = 1,
    };
    InterpFinding *added = add_finding(watch->findings, &finding);
    if (added != NULL) {
        added->what = spot_text(watch, access->spot, offset);
    }
}

static void check(const Access *access, const Visitors *before, bool wrote, uint64_t offset) {
    const Watch *watch = access->watch;
    const Visitor *now = &access->now;
    if (before->first.group != now->group && access->spot->memory == SPOT_BUFFER) {
        race(access, before->first, wrote, offset);
    }
    const Visitor *first = &before->in_epoch;
    uint32_t lanes = watch->subgroup_size;
    bool in_phase = before->phase == watch->phase;
    if (before->epoch == watch->epoch && first->local / lanes != now->local / lanes &&
        !(in_phase && before->in_phase[0].local == first->local)) {
        race(access, *first, wrote, offset);
    }
    for (int i = 0; i < 2 && in_phase; i++) {
        const Visitor *other = &before->in_phase[i];
        if (other->step != 0 && other->local != now->local) {
            race(access, *other, wrote, offset);
        }
    }
}

static void note(const Access *access, Visitors *visitors) {
    const Watch *watch = access->watch;
    const Visitor *now = &access->now;
    if (visitors->first.step == 0) {
        visitors->first = *now;
    }
    if (visitors->epoch != watch->epoch) {
        visitors->epoch = watch->epoch;
        visitors->in_epoch = *now;
    }
    if (visitors->phase != watch->phase) {
        visitors->phase = watch->phase;
        visitors->in_phase[0] = *now;
        visitors->in_phase[1] = (Visitor){0};
    } else if (visitors->in_phase[0].local != now->local && visitors->in_phase[1].step == 0) {
        visitors->in_phase[1] = *now;
    }
}

static void touch(const Access *access, uint64_t offset) {
    Arena *arena = access->watch->arena;
    Shadow *shadow = access->shadow;
    uint64_t location = offset / shadow->unit;
    Cell **page = &shadow->pages[location / PAGE];
    if (*page == NULL) {
        *page = NEW_ARRAY(arena, Cell, PAGE);
    }
    Cell *cell = &(*page)[location % PAGE];
    for (int kind = access->writes ? 0 : 1; kind < 2; kind++) { /* two reads do no harm */
        if (cell->by[kind] != NULL) {
            check(access, cell->by[kind], kind == 1, offset);
        }
    }
    Visitors **own = &cell->by[access->writes];
    if (*own == NULL) {
        *own = NEW(arena, Visitors);
    }
    note(access, *own);
}

static void touch_parts(const Access *access, const IrType *type, uint64_t offset) {
    if (access->spot->memory != SPOT_BUFFER) {
        for (uint32_t word = 0; word < type->words; word++) {
            touch(access, offset + word);
        }
    } else if (!ir_is_composite(type)) {
        for (uint32_t lane = 0; lane < type->lanes; lane++) {
            touch(access, offset + lane * (ir_bits(type) / 8));
        }
    } else {
        for (uint32_t i = 0; i < type->count; i++) {
            touch_parts(access, ir_part_type(type, i), offset + ir_part_offset(type, i));
        }
    }
}

static void make_room(Watch *watch, Shadow *shadow, uint64_t locations) {
    uint64_t pages = locations / PAGE + 1;
    if (shadow->page_count < pages) { /* a `shared` has the same length in every workgroup */
        shadow->pages = NEW_ARRAY(watch->arena, Cell *, pages);
        shadow->page_count = pages;
    }
}

void watch_touch(Watch *watch, const Step *step, const Spot *spot, const IrType *type,
                 bool writes) {
    Shadow *shadow = &watch->buffers[spot->root];
    if (spot->memory == SPOT_SHARED) {
        shadow = &watch->shared[spot->root];
        make_room(watch, shadow, watch->memory->shared[spot->root].count);
    } else if (spot->memory != SPOT_BUFFER) {
        return; /* nobody else comes there */
    }
    Access access = {watch, spot, shadow, visitor_now(watch, step), writes};
    touch_parts(&access, type, spot->offset);
}

/* ---- outside ---- */

/* Whoever is there only because workgroups are whole may be outside. */
static bool is_asked_for(const Watch *watch) {
    const uint32_t *id = watch->invocation->builtins[IR_BUILTIN_GLOBAL_ID];
    return watch->grid == NULL ||
           (id[0] < watch->grid[0] && id[1] < watch->grid[1] && id[2] < watch->grid[2]);
}

static InterpFinding *outside(Watch *watch, const Step *step, bool writes, uint64_t index,
                              uint64_t limit) {
    Visitor now = visitor_now(watch, step);
    InterpFinding finding = {.kind = INTERP_OUTSIDE, .index = index, .limit = limit, .count = 1};
    finding.at[0] = finding.at[1] = touch_of(watch, now, writes);
    return is_asked_for(watch) ? add_finding(watch->findings, &finding) : NULL;
}

static uint64_t value_of(const IrValue *value, const uint64_t *frame) {
    return ir_is_const(value) ? value->bits[0] : frame[value->mark];
}

/* How many there are to choose from with the first index of a root. */
static uint64_t first_limit(const Memory *memory, const IrValue *root, const uint64_t *frame) {
    uint64_t length = SPOT_AS_TYPED;
    switch (root->type->kind) {
    case IR_TYPE_BUFFER:
        return memory->buffers[frame[root->mark]].length;
    case IR_TYPE_SHARED:
        length = memory->shared[frame[root->mark]].length;
        break;
    case IR_TYPE_REF:
        length = frame[root->mark + REF_LENGTH];
        break;
    default:
        break;
    }
    return length != SPOT_AS_TYPED ? length : ir_part_count(root->type->element);
}

void watch_outside(Watch *watch, const Step *step, const uint64_t *frame) {
    const IrInst *inst = step->inst;
    uint32_t start = ir_place_start(inst);
    const IrValue *root = inst->operands[start];
    bool in_buffer = root->type->kind == IR_TYPE_BUFFER;
    const IrType *type = in_buffer ? NULL : root->type->element;
    Text what = {.arena = watch->arena};
    text_add(&what, value_name(root));
    for (uint32_t i = start + 1; i < inst->operand_count; i++) {
        uint64_t index = value_of(inst->operands[i], frame);
        uint64_t limit =
            i == start + 1 ? first_limit(watch->memory, root, frame) : ir_part_count(type);
        if (index >= limit) {
            InterpFinding *added = outside(watch, step, ir_has(inst->op, IR_WRITE), index, limit);
            if (added != NULL) {
                added->what = arena_printf(watch->findings->arena, "%s[%llu]", text_get(&what),
                                           (unsigned long long)index);
            }
            return;
        }
        if (type == NULL) {
            text_printf(&what, "[%llu]", (unsigned long long)index);
            type = root->type->element;
        } else {
            print_part(&what, type, index);
            type = ir_part_type(type, type->kind == IR_TYPE_FORM ? (uint32_t)index : 0);
        }
    }
}

void watch_lane(Watch *watch, const Step *step, const uint64_t *frame) {
    const IrInst *inst = step->inst;
    bool puts = inst->op == OP_INSERT_AT;
    uint64_t index = frame[step->operands[puts ? 2 : 1]];
    const IrValue *vector = inst->operands[0];
    if (index >= vector->type->lanes) {
        InterpFinding *added = outside(watch, step, puts, index, vector->type->lanes);
        if (added != NULL) {
            const char *name = value_name(vector);
            added->what =
                arena_printf(watch->findings->arena, "%s[%llu]", name, (unsigned long long)index);
        }
    }
}

/* ---- what runs ---- */

static uint32_t smallest_scalar(const IrType *type) {
    if (!ir_is_composite(type)) {
        return ir_bits(type) / 8;
    }
    uint32_t smallest = 8;
    for (uint32_t i = 0; i < (type->kind == IR_TYPE_FORM ? type->count : 1); i++) {
        uint32_t size = smallest_scalar(ir_part_type(type, i));
        smallest = size < smallest ? size : smallest;
    }
    return smallest;
}

void watch_open(Watch *watch) {
    const IrFunction *kernel = watch->kernel;
    uint32_t shared_count = watch->memory->program->shared_count;
    watch->buffers = NEW_ARRAY(watch->arena, Shadow, kernel->param_count);
    watch->shared = NEW_ARRAY(watch->arena, Shadow, shared_count);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const IrType *type = kernel->params[i]->type;
        if (type->kind == IR_TYPE_BUFFER) {
            Shadow *shadow = &watch->buffers[i];
            shadow->unit = smallest_scalar(type->element);
            make_room(watch, shadow,
                      watch->memory->buffers[i].length * (ir_stride(type->element) / shadow->unit));
        }
    }
    for (uint32_t i = 0; i < shared_count; i++) {
        watch->shared[i].unit = 1;
    }
}

void watch_begin_group(Watch *watch, uint64_t group) {
    watch->group = group;
    watch_barrier(watch);
}

void watch_run(Watch *watch, const Invocation *invocation) {
    watch->invocation = invocation;
    watch->local = invocation->builtins[IR_BUILTIN_LOCAL_INDEX][0];
}

void watch_barrier(Watch *watch) {
    watch->epoch++;
    watch_phase(watch);
}

void watch_phase(Watch *watch) {
    watch->phase++;
}
