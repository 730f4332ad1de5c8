/* wgsl_small_values: value parameters with integers of 8 and 16 bits come as words of 32 bits, for WGSL has no smaller ones
 * in memory.
 *
 *     kernel @k(%a: u8, %b: i16, %c: f32)
 * becomes
 *     kernel @k(%word_0: u32, %c: f32)
 *     %a: u8 = convert %word_0
 *     %s: u32 = shr.raw %word_0, 16u32
 *     %b: i16 = convert %s
 *
 * The host's layout stays: whatever has a part in a word that holds a small integer comes out of words, an f16 beside an i8,
 * too. Words of scalars and vectors alone are parameters of their own; where an array or form is among them, an array.
 *
 * Before: a module lowered as all targets want it. After: small integers in values as if no lowering had seen them, so
 * lower_small_ints has to run again.
 */
#include "backend-wgsl/wgsl_passes.h"
#include "ir/reflect.h"
#include "ir/rewrite.h"

enum { WORD = 4, WORD_BITS = 32 };

typedef struct {
    IrModule *module;
    IrFunction *kernel;
    const ReflectKernel *reflected;
    bool *is_packed;  /* by parameter: it comes out of words */
    IrValue **words;  /* by word of the block: a parameter, or what was extracted; NULL: none */
    uint32_t *starts; /* by word: where its array starts; and the array's parameter: */
    IrValue **arrays;
    VEC(IrValue *) params;
    VEC(const char *) docs;
} Packing;

/* ---- what comes out of words ---- */

static bool is_small(const IrType *type) {
    return ir_is_int(type) && ir_bits(type) < WORD_BITS;
}

static bool has(const IrType *type, bool (*test)(const IrType *)) {
    if (type->kind == IR_TYPE_ARRAY) {
        return has(type->element, test);
    }
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count; i++) {
        if (has(type->fields[i].type, test)) {
            return true;
        }
    }
    return ir_is_value(type) && test(type);
}

static bool is_wide(const IrType *type) {
    return ir_bits(type) > WORD_BITS;
}

static uint32_t first_word(const ReflectParam *param) {
    return param->offset / WORD;
}

static uint32_t words_end(const ReflectParam *param) {
    return (param->offset + param->size + WORD - 1) / WORD;
}

/* What shares a word with what is packed is packed, too. Parameters share none but with those beside them. */
static bool mark_packed(Packing *p) {
    bool any = false;
    for (uint32_t i = 0; i < p->kernel->param_count; i++) {
        const ReflectParam *param = &p->reflected->params[i];
        /* what WGSL has nothing for anyway is left to be reported */
        p->is_packed[i] =
            !param->is_buffer && has(param->type, is_small) && !has(param->type, is_wide);
        any |= p->is_packed[i];
    }
    for (bool more = any; more;) {
        more = false;
        const ReflectParam *before = NULL;
        for (uint32_t i = 0, last = 0; i < p->kernel->param_count; i++) {
            const ReflectParam *param = &p->reflected->params[i];
            if (param->is_buffer) {
                continue;
            }
            if (before != NULL && words_end(before) > first_word(param) &&
                p->is_packed[last] != p->is_packed[i]) {
                p->is_packed[last] = p->is_packed[i] = more = true;
            }
            before = param;
            last = i;
        }
    }
    return any;
}

/* ---- the words ---- */

static void add_param(Packing *p, const char *name, const IrType *type, const char *doc) {
    IrValue *param = ir_function_more(p->module, p->kernel, name_of(p->module->names, name), type);
    VEC_PUSH(p->module->arena, &p->params, param);
    VEC_PUSH(p->module->arena, &p->docs, doc);
}

/* The words from the end of what is before to the end of the last parameter of a row of packed ones. */
static void add_words(Packing *p, uint32_t from, uint32_t end, bool is_array) {
    Arena *arena = p->module->arena;
    if (is_array) {
        const IrType *type = ir_array_type(p->module, ir_scalar(IR_U32), end - from);
        add_param(p, arena_printf(arena, "words_%u", from * WORD), type, NULL);
    }
    for (uint32_t word = from; word < end; word++) {
        if (!is_array) {
            add_param(p, arena_printf(arena, "word_%u", word * WORD), ir_scalar(IR_U32), NULL);
        }
        p->arrays[word] = p->params.items[p->params.count - 1];
        p->starts[word] = from;
        p->words[word] = is_array ? NULL : p->arrays[word];
    }
}

/* The new parameters, in the order of the block. */
static void add_params(Packing *p, uint32_t count) {
    IrValue *const *old = p->kernel->params;
    const char *const *docs = p->kernel->param_docs;
    uint32_t end = 0,
             from = 0; /* in words: what is declared, and where a row of packed ones begins */
    bool in_row = false, is_array = false;
    for (uint32_t i = 0; i <= count; i++) {
        const ReflectParam *param = i < count ? &p->reflected->params[i] : NULL;
        if (param != NULL && param->is_buffer) {
            VEC_PUSH(p->module->arena, &p->params, old[i]);
            VEC_PUSH(p->module->arena, &p->docs, docs[i]);
            continue;
        }
        bool packed = param != NULL && p->is_packed[i];
        if (packed && !in_row) {
            from = end;
            is_array = false;
        }
        if (!packed && in_row) {
            add_words(p, from, end, is_array);
        }
        in_row = packed;
        if (packed) {
            is_array |= !ir_is_value(param->type);
        } else if (param != NULL) {
            VEC_PUSH(p->module->arena, &p->params, old[i]);
            VEC_PUSH(p->module->arena, &p->docs, docs[i]);
        }
        end = param != NULL ? words_end(param) : end;
    }
}

/* ---- the values ---- */

static IrValue *word_at(Packing *p, IrBuilder *b, uint32_t offset) {
    uint32_t word = offset / WORD;
    if (p->words[word] == NULL) {
        p->words[word] = ir_extract(b, p->arrays[word], word - p->starts[word]);
    }
    return p->words[word];
}

static IrValue *scalar_at(Packing *p, IrBuilder *b, const IrType *type, uint32_t offset) {
    IrValue *word = word_at(p, b, offset);
    uint32_t shift = offset % WORD * 8;
    if (shift != 0) {
        word = ir_made_raw(ir_binary(b, OP_SHR, word, ir_const_u32(b->module, shift))->inst);
    }
    if (is_small(type)) {
        return ir_convert(b, OP_CONVERT, type, word);
    }
    if (type->scalar == IR_F16) {
        return ir_extract(b, ir_convert(b, OP_BITCAST, ir_vector(IR_F16, 2), word), 0);
    }
    return word->type == type ? word : ir_convert(b, OP_BITCAST, type, word);
}

static IrValue *value_at(Packing *p, IrBuilder *b, const IrType *type, uint32_t offset) {
    if (type->kind == IR_TYPE_SCALAR) {
        return scalar_at(p, b, type, offset);
    }
    uint32_t count = ir_part_count(type), lane = ir_is_value(type) ? ir_bits(type) / 8 : 0;
    IrValue **parts = NEW_ARRAY(p->module->arena, IrValue *, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = offset + (lane != 0 ? i * lane : ir_part_offset(type, i));
        parts[i] = value_at(p, b, ir_part_type(type, i), at);
    }
    return ir_emit(b, OP_CONSTRUCT, type, count, parts)->results[0];
}

static void pack(Packing *p) {
    IrFunction *kernel = p->kernel;
    uint32_t count = kernel->param_count;
    IrValue *const *old = kernel->params;
    add_params(p, count);
    IrBuilder top = {.module = p->module,
                     .region = &kernel->body,
                     .before = kernel->body.first,
                     .pos = kernel->pos};
    for (uint32_t i = 0; i < count; i++) {
        if (p->is_packed[i]) {
            const ReflectParam *param = &p->reflected->params[i];
            IrValue *value = value_at(p, &top, param->type, param->offset);
            value->name = value->name == NULL ? old[i]->name : value->name;
            ir_replace(old[i], value);
        }
    }
    kernel->param_count = p->params.count;
    kernel->params = p->params.items;
    kernel->param_docs = p->docs.items;
    for (uint32_t i = 0; i < p->params.count; i++) {
        kernel->params[i]->index = i;
    }
    ir_resolve_all(kernel);
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        if (!f->is_kernel) {
            continue;
        }
        Packing p = {.module = module,
                     .kernel = f,
                     .reflected = ir_reflect(module->arena, f),
                     .is_packed = NEW_ARRAY(module->arena, bool, f->param_count)};
        if (mark_packed(&p)) {
            uint32_t words = p.reflected->value_block_size / WORD + 1;
            p.words = NEW_ARRAY(module->arena, IrValue *, words);
            p.arrays = NEW_ARRAY(module->arena, IrValue *, words);
            p.starts = NEW_ARRAY(module->arena, uint32_t, words);
            pack(&p);
            changed = true;
        }
    }
    return changed;
}

WGSL_PASS(wgsl_small_values, run);
