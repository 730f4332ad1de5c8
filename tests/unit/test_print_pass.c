/* lower_print and drop_print: what a kernel prints comes out of the buffer as the interpreter says it directly, through
 * every pipeline; too small buffers; and buffers that no kernel could have written.
 */
#include "ir/interp/interp.h"
#include "ir/pass.h"
#include "tests/unit/ir_unit.h"

static Unit *open_text(const char *text) {
    Unit *unit = open_unit(text, strlen(text), false);
    CHECK(unit->module != NULL, "%s\n%s", first_error(unit), text);
    if (unit->module == NULL) {
        exit(1);
    }
    return unit;
}

static const char *printed_now(Unit *unit) {
    Text out = {.arena = &unit->arena};
    ir_print(&out, unit->module, NULL);
    return text_get(&out);
}

static bool has_messages(Unit *unit) {
    const char *text = printed_now(unit);
    return strstr(text, " print ") != NULL || strstr(text, " assert ") != NULL;
}

static const char TEXT[] =
    "proc @twice(%x: f64, %n: u32) -> f64 noinline {\n%y: f64 = add %x, %x\n"
    "print \"twice {} is {} ({})\", %x, %y, %n\n%c: bool = lt %n, 2u32\n"
    "if %c {\nret %x\n} else {\nyield\n}\nassert \"small\", %c\nret %y\n}\n"
    "proc @silent(%x: u32) -> u32 noinline {\n%y: u32 = add %x, 1u32\nret %y\n}\n"
    "kernel @k(%out: buffer<f64>) workgroup(3, 2, 1) {\n%id: u32x3 = builtin global_id\n"
    "%i: u32 = extract %id, 0\n%h: f16 = convert %i\n%h2: f16x2 = construct %h, 0.5f16\n"
    "%b: i8 = convert %i\n%m: i8 = sub %b, 2i8\n%w: u64 = convert %i\n%v: u64 = sub %w, 2u64\n"
    "%odd: u32 = and %i, 1u32\n%t: bool = ne %odd, 0u32\n%t2: boolx2 = construct %t, true\n"
    "print \"{} {} {} {} \\{\\}\", %id, %h2, %m, %v\n"
    "loop (%n: u32 = 0u32) {\n%end: bool = ge %n, 4u32\nif %end {\nbreak\n} else {\nyield\n}\n"
    "%x: f64 = convert %n\n%y: f64 = call @twice(%x, %n)\nstore %out[%n], %y\nassert \"even\", %t\n"
    "continue %n\n} continuing (%p: u32) {\n%q: u32 = call @silent(%p)\nnext %q\n}\n"
    "print \"{}\", %t2\nret\n}\n";

static const uint32_t GROUPS[3] = {2, 1, 2};
enum { INVOCATIONS = 24, MESSAGES = 24 * (2 + 4 + 2) + 12 * 4, ROOM = 4096 };
/* each prints 2 + 4, two of four times `small` does not hold; for half of them `even` never does */

static const IrFunction *kernel_of(const Unit *unit) {
    const IrFunction *kernel = unit->module->functions;
    while (!kernel->is_kernel) {
        kernel = kernel->next;
    }
    return kernel;
}

static void run_kernel(Unit *unit, const InterpArg *args, IrMessages *messages) {
    InterpOptions options = {.messages = messages};
    Text why = {.arena = &unit->arena};
    InterpStatus status = ir_interpret(unit->module, kernel_of(unit), args, GROUPS, &options, &why);
    CHECK(status == INTERP_OK, "%s", text_get(&why));
}

static const char *text_of(Unit *unit, IrMessages *messages) {
    Text text = {.arena = &unit->arena};
    ir_messages_sort(messages);
    for (uint32_t i = 0; i < messages->shown.count; i++) {
        const IrMessage *message = &messages->shown.items[i];
        const uint32_t *id = message->invocation;
        text_printf(&text, "(%u, %u, %u)%s ", id[0], id[1], id[2], message->is_assert ? "!" : "");
        ir_message_print(&text, message);
        text_char(&text, '\n');
    }
    return text_get(&text);
}

/* Lowered, run with a buffer of so many words, and read back. The caller closes the unit. */
static Unit *run_lowered(const IrPass *const *pipeline, uint32_t *words, uint32_t count,
                         IrMessages *messages) {
    Unit *unit = open_text(TEXT);
    IrPassOptions options = {.verify = true, .prints = PRINTS_LOWERED};
    CHECK(ir_run_passes(unit->module, pipeline, &options), "%s", first_error(unit));
    CHECK(!has_messages(unit), "%s", printed_now(unit));
    const IrFunction *kernel = kernel_of(unit);
    CHECK(kernel->messages != NULL && kernel->param_count == 2, "%u", kernel->param_count);
    double out[4] = {0};
    InterpArg args[] = {{out, sizeof out}, {words, count * sizeof *words}};
    run_kernel(unit, args, NULL);
    CHECK(out[0] == 0 && out[1] == 1 && out[2] == 4 && out[3] == 6, "%g", out[3]);
    *messages = (IrMessages){.arena = &unit->arena};
    ir_messages_read(messages, kernel->messages, words, count);
    return unit;
}

static void test_same(void) {
    static const IrPass *const alone[] = {&pass_drop_print, NULL};
    static const IrPass *const *const pipelines[] = {alone, ir_pipeline_O0, ir_pipeline_O1};
    Unit *unit = open_text(TEXT);
    double out[4];
    InterpArg args[] = {{out, sizeof out}};
    IrMessages messages = {.arena = &unit->arena};
    run_kernel(unit, args, &messages);
    const char *want = text_of(unit, &messages);
    CHECK(messages.shown.count == MESSAGES, "%u", messages.shown.count);
    static const char first[] = "(0, 0, 0) (0, 0, 0) (0, 0.5) -2 18446744073709551614 {}\n"
                                "(0, 0, 0) twice 0 is 0 (0)\n(0, 0, 0)! even\n";
    CHECK(strncmp(want, first, sizeof first - 1) == 0, "%s", want);
    for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++) {
        uint32_t words[ROOM] = {0};
        IrMessages lowered;
        Unit *other = run_lowered(pipelines[i], words, ROOM, &lowered);
        const char *got = text_of(other, &lowered);
        CHECK(strcmp(got, want) == 0 && lowered.lost == 0, "%zu: %s", i, got);
        close_unit(other);
    }
    close_unit(unit);
}

/* Every size from none at all: what fits is there, what does not is counted, nothing is written behind. */
static void test_small(void) {
    for (uint32_t count = 0; count < 100; count += 1 + count / 20) {
        uint32_t words[128] = {0};
        words[count] = 0x12345678;
        IrMessages messages;
        Unit *unit = run_lowered(ir_pipeline_O0, words, count, &messages);
        CHECK(words[count] == 0x12345678, "written behind %u words", count);
        CHECK(count < 2 || messages.shown.count + messages.lost == MESSAGES, "%u words: %u and %u",
              count, messages.shown.count, (unsigned)messages.lost);
        /* the longest has a head, 3 + 2 + 1 + 2 words; some are 5 words */
        CHECK(count < 14 || messages.shown.count > 0, "%u words hold nothing", count);
        close_unit(unit);
    }
}

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Words that nobody wrote: no message has more than there is, and none is of a kind that is not there. */
static void test_noise(void) {
    const IrType *types[] = {ir_scalar(IR_F64), ir_vector(IR_F16, 4)};
    IrMessageKind kinds[] = {{.text = "none"},
                             {.text = "{}{}", .operand_count = 2, .types = types}};
    IrMessageTable table = {kinds, 2, 2};
    uint32_t state = 1;
    for (int round = 0; round < 2000; round++) {
        uint32_t count = next_random(&state) % 40;
        uint32_t *words = malloc(count * sizeof *words + 1); /* of its own size, for a sanitizer */
        for (uint32_t i = 0; i < count; i++) {
            words[i] = next_random(&state) % (round % 3 == 0 ? 4 : 1u << 24);
        }
        Arena arena = {0};
        IrMessages messages = {.arena = &arena};
        ir_messages_read(&messages, &table, words, count);
        CHECK(messages.shown.count <= count / IR_MESSAGE_HEAD, "%u", messages.shown.count);
        Text text = {.arena = &arena};
        for (uint32_t i = 0; i < messages.shown.count; i++) {
            ir_message_print(&text, &messages.shown.items[i]);
        }
        arena_release(&arena);
        free(words);
    }
}

static void test_dropped(void) {
    Unit *unit = open_text(TEXT);
    IrPassOptions options = {.verify = true};
    CHECK(ir_run_passes(unit->module, ir_pipeline_O1, &options), "%s", first_error(unit));
    CHECK(!has_messages(unit), "%s", printed_now(unit));
    CHECK(kernel_of(unit)->messages == NULL && kernel_of(unit)->param_count == 1, "a buffer");
    CHECK(!pass_drop_print.run(unit->module) && !pass_lower_print.run(unit->module), "again");
    close_unit(unit);
    unit = open_text(TEXT);
    options.prints = PRINTS_KEPT;
    CHECK(ir_run_passes(unit->module, ir_pipeline_O1, &options), "%s", first_error(unit));
    CHECK(has_messages(unit), "%s", printed_now(unit));
    close_unit(unit);
}

int main(void) {
    test_same();
    test_small();
    test_noise();
    test_dropped();
    return report_failures();
}
