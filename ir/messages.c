/* See messages.h. */
#include "ir/messages.h"

#include <math.h>
#include <stdlib.h>

#include "ir/eval.h"
#include "ir/literal.h"

uint32_t ir_message_words(const IrType *type) {
    return type->lanes * (ir_bits(type) > 32 ? 2 : 1);
}

IrMessage *ir_messages_add(IrMessages *messages, const char *text, bool is_assert, Pos pos,
                           const uint32_t invocation[3], uint32_t operand_count, uint32_t words) {
    if (words + IR_MESSAGE_HEAD > IR_MESSAGES_WORDS - messages->used) {
        messages->lost++;
        return NULL;
    }
    IrMessage message = {text, is_assert, pos, {0}, operand_count, .order = messages->shown.count};
    memcpy(message.invocation, invocation, sizeof message.invocation);
    message.types = NEW_ARRAY(messages->arena, const IrType *, operand_count);
    message.words = (uint64_t (*)[IR_MAX_LANES])NEW_ARRAY(messages->arena, uint64_t,
                                                          (size_t)operand_count *IR_MAX_LANES);
    messages->used += words + IR_MESSAGE_HEAD;
    VEC_PUSH(messages->arena, &messages->shown, message);
    return &messages->shown.items[messages->shown.count - 1];
}

static uint64_t read_scalar(IrScalar scalar, const uint32_t *words) {
    unsigned bits = ir_scalars[scalar].bits;
    if (bits == 64) {
        return words[0] | (uint64_t)words[1] << 32;
    }
    return scalar == IR_F16 ? ir_bits_of_number(IR_F16, ir_number_of_bits(IR_F32, words[0]))
                            : words[0] & UINT32_MAX >> (32 - bits);
}

/* The operands of a message; they are all there. */
static void read_operands(IrMessage *message, const IrMessageKind *kind, const uint32_t *words) {
    for (uint32_t i = 0; i < kind->operand_count; i++) {
        const IrType *type = message->types[i] = kind->types[i];
        uint32_t step = ir_bits(type) > 32 ? 2 : 1;
        for (uint32_t lane = 0; lane < type->lanes; lane++, words += step) {
            message->words[i][lane] = read_scalar(type->scalar, words);
        }
    }
}

static uint32_t words_of(const IrMessageKind *kind) {
    uint32_t words = 0;
    for (uint32_t i = 0; i < kind->operand_count; i++) {
        words += ir_message_words(kind->types[i]);
    }
    return words;
}

void ir_messages_read(IrMessages *messages, const IrMessageTable *table, const uint32_t *words,
                      uint32_t count) {
    if (count < IR_MESSAGES_START) {
        return;
    }
    uint32_t at = IR_MESSAGES_START, room = count - IR_MESSAGES_START;
    uint32_t end = at + (words[0] < room ? words[0] : room);
    messages->lost += words[1];
    while (end - at >= IR_MESSAGE_HEAD && words[at] - 1 < table->count) {
        const IrMessageKind *kind = &table->items[words[at] - 1];
        uint32_t operands = words_of(kind);
        if (operands > end - at - IR_MESSAGE_HEAD) {
            break;
        }
        IrMessage *message = ir_messages_add(messages, kind->text, kind->is_assert, kind->pos,
                                             &words[at + 1], kind->operand_count, operands);
        if (message != NULL) {
            read_operands(message, kind, &words[at + IR_MESSAGE_HEAD]);
        }
        at += IR_MESSAGE_HEAD + operands;
    }
}

static int compare(const void *left, const void *right) {
    const IrMessage *a = left, *b = right;
    for (int axis = 2; axis >= 0; axis--) {
        if (a->invocation[axis] != b->invocation[axis]) {
            return a->invocation[axis] < b->invocation[axis] ? -1 : 1;
        }
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

void ir_messages_sort(IrMessages *messages) {
    if (messages->shown.count > 0) {
        qsort(messages->shown.items, messages->shown.count, sizeof *messages->shown.items, compare);
    }
}

/* ---- texts ---- */

static void print_lane(Text *out, IrScalar scalar, uint64_t bits) {
    double number =
        ir_scalars[scalar].class == IR_CLASS_FLOAT ? ir_number_of_bits(scalar, bits) : 0;
    if (isnan(number)) {
        text_add(out, "nan");
    } else if (isinf(number)) {
        text_add(out, number < 0 ? "-inf" : "inf");
    } else {
        ir_literal_print(out, scalar, bits);
    }
}

static void print_value(Text *out, const IrType *type, const uint64_t *words) {
    for (uint32_t lane = 0; lane < type->lanes; lane++) {
        text_add(out, lane > 0 ? ", " : type->lanes > 1 ? "(" : "");
        print_lane(out, type->scalar, words[lane]);
    }
    text_add(out, type->lanes > 1 ? ")" : "");
}

void ir_message_print(Text *out, const IrMessage *message) {
    uint32_t operand = 0;
    for (const char *at = message->text; *at != '\0'; at++) {
        if (at[0] == '{' && at[1] == '}' && operand < message->operand_count) {
            print_value(out, message->types[operand], message->words[operand]);
            operand++;
            at++;
        } else {
            text_char(out, *at == IR_OPEN_BRACE ? '{' : *at == IR_CLOSE_BRACE ? '}' : *at);
        }
    }
}
