/* What the parts of the race check's execution share: races.c control, races_lanes.c values, races_memory.c places. */
#ifndef IR_RACES_RUN_H
#define IR_RACES_RUN_H

#include "ir/races_access.h"

typedef struct {
    const IrInst *shared; /* NULL: another place */
    uint32_t local;       /* number + 1; 0: none */
    bool is_part;
    Scalar word;           /* of a `shared`: where it starts */
    const uint8_t *inside; /* by invocation; NULL: all */
    uint32_t guard;        /* a condition: symbols in its indices are such that it is inside */
    const IrType *type;    /* of what is there */
} Place;

typedef struct {
    Lanes holds;
    Mask made; /* who made it */
} Local;

typedef struct Loop Loop;
struct Loop {
    Loop *outer;
    const IrInst *inst;
    Mask left, again; /* in this turn */
    Lanes *results, *carried;
    Mask left_before; /* in earlier turns */
    bool differs;     /* its end, between invocations */
};

typedef struct Frame Frame;
struct Frame {
    Mask returned;
    Lanes result;
};

typedef struct {
    IrModule *module;
    Accesses accesses;
    Values v;
    Lanes *values; /* by mark */
    Place *places; /* of roots, by mark */
    VEC(Local) locals;
    Loop *loop;
    Frame *frame;
    uint32_t nesting;
} Races;

static const Mask nobody = {NULL, ALWAYS};

static inline bool is_same_mask(Mask a, Mask b) {
    return a.lane == b.lane && a.guard == b.guard;
}

/* races_lanes.c */

/* Those for whom the condition holds. */
Mask lanes_narrow(Races *r, Mask mask, uint32_t condition);
/* Both; `all`, if that is what they are. */
Mask lanes_unite(Races *r, Mask a, Mask b, Mask all);
/* `a` for those of the mask, `b` for the others of those that `base` has. */
Lanes lanes_merge(Races *r, const IrType *type, Mask mask, Mask base, const Lanes *a,
                  const Lanes *b);

static inline unsigned lanes_count(const IrType *type) {
    return ir_is_value(type) ? type->lanes : 1;
}
Lanes lanes_get(Races *r, const IrValue *value);
static inline Scalar lanes_get_scalar(Races *r, const IrValue *value) {
    return lanes_get(r, value).lanes[0];
}
Lanes lanes_unknown(const IrType *type);
Lanes lanes_symbols(Races *r, const IrType *type);
void lanes_eval(Races *r, const IrInst *inst); /* a pure op */

/* races_memory.c */
Place race_place(Races *r, const IrInst *inst);
void race_load(Races *r, const IrInst *inst, Mask mask);
void race_store(Races *r, const IrInst *inst, Mask mask);
void race_make_local(Races *r, IrInst *inst, Mask mask);
/* What locals hold that are stored in a region is forgotten. `differs`: it is not the same in all invocations. */
void race_forget(Races *r, const IrRegion *region, bool differs);

#endif
