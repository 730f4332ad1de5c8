/* What a dispatch had to say: the texts of `print` and of asserts that did not hold.
 *
 * The interpreter adds them as it runs; what a device wrote (lower_print) is added when it is read back. So both are
 * bounded and printed alike.
 */
#ifndef IR_MESSAGES_H
#define IR_MESSAGES_H

#include "ir/ir.h"

typedef struct {
    const char *text; /* as in the instruction */
    bool is_assert;
    Pos pos;
    uint32_t invocation[3]; /* its global index */
    uint32_t operand_count;
    const IrType **types; /* of the operands: scalars and vectors */
    uint64_t (*words)[IR_MAX_LANES];
    uint32_t order; /* in which they came */
} IrMessage;

/* Words of 32 bits that messages may take: IR_MESSAGE_HEAD for each, and its operands, 64-bit scalars twice. */
enum { IR_MESSAGE_HEAD = 4, IR_MESSAGES_WORDS = 1 << 18 };

typedef struct {
    Arena *arena;
    VEC(IrMessage) shown;
    uint32_t used; /* words */
    uint64_t lost; /* messages for which there was no room */
} IrMessages;

/* ---- what a device writes ---- */

/* A `print` or `assert` of the source. */
typedef struct {
    const char *text;
    bool is_assert;
    Pos pos;
    uint32_t operand_count;
    const IrType **types;
} IrMessageKind;

struct IrMessageTable {
    IrMessageKind *items;
    uint32_t count, capacity;
};

/* Words of the buffer (lower_print.c) before the first message, and all that it should have. */
enum { IR_MESSAGES_START = 2, IR_MESSAGES_BUFFER_WORDS = IR_MESSAGES_START + IR_MESSAGES_WORDS };

/* Adds what is in a buffer of so many words; whatever they are. */
void ir_messages_read(IrMessages *messages, const IrMessageTable *table, const uint32_t *words,
                      uint32_t count);

/* ---- what happens with it ---- */

/* A new message with room for its operands, whose types and words the caller fills in; `words` is what they take.
 * NULL: it is lost. */
IrMessage *ir_messages_add(IrMessages *messages, const char *text, bool is_assert, Pos pos,
                           const uint32_t invocation[3], uint32_t operand_count, uint32_t words);

/* 32-bit words that a value takes. */
uint32_t ir_message_words(const IrType *type);

/* By invocation, z first; those of one invocation as they came. */
void ir_messages_sort(IrMessages *messages);

/* The text with its operands, without a line end. */
void ir_message_print(Text *out, const IrMessage *message);

#endif
