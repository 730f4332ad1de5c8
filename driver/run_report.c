/* See run_report.h. */
#include "driver/run_report.h"

#include <inttypes.h>

#include "driver/report.h"

static Span span_at(Pos pos) {
    return (Span){pos, pos};
}

static const char *id_text(Arena *arena, const uint32_t id[3]) {
    return arena_printf(arena, "(%u, %u, %u)", id[0], id[1], id[2]);
}

/* ---- print and assert ---- */

/* Asserts that did not hold at one place are told once. Gives the count. */
static uint32_t take_alike(IrMessage *messages, uint32_t count, const IrMessage *first) {
    uint32_t alike = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (messages[i].is_assert && messages[i].pos == first->pos &&
            strcmp(messages[i].text, first->text) == 0) {
            messages[i].is_assert = false;
            alike++;
        }
    }
    return alike;
}

static void report_assert(Run *run, IrMessage *message) {
    Session *session = &run->session;
    Text text = {.arena = &session->arena};
    ir_message_print(&text, message);
    const char *first = id_text(&session->arena, message->invocation);
    IrMessages *messages = run->job.messages;
    const IrMessage *end = messages->shown.items + messages->shown.count;
    uint32_t count = take_alike(message, (uint32_t)(end - message), message);
    Diag *diag = diag_report(&session->diags, span_at(message->pos), D(ASSERTION), text_get(&text));
    if (count > 1) {
        diag_note(diag, (Span){0}, "in invocation %s and %u more", first, count - 1);
    } else {
        diag_note(diag, (Span){0}, "in invocation %s", first);
    }
}

static void report_messages(Run *run, Text *out) {
    IrMessages *messages = run->job.messages;
    const ReflectKernel *kernel = run->kernel;
    if (kernel->messages != NULL) { /* else the interpreter has added them */
        const Value *buffer = &run->values[kernel->param_count - 1];
        ir_messages_read(messages, kernel->messages, buffer->bytes, IR_MESSAGES_BUFFER_WORDS);
    }
    ir_messages_sort(messages);
    for (uint32_t i = 0; i < messages->shown.count; i++) {
        if (!messages->shown.items[i].is_assert) {
            ir_message_print(out, &messages->shown.items[i]);
            text_char(out, '\n');
        }
    }
    for (uint32_t i = 0; i < messages->shown.count; i++) {
        if (messages->shown.items[i].is_assert) {
            report_assert(run, &messages->shown.items[i]);
        }
    }
}

/* ---- what --check-races found ---- */

static const char *verb(const InterpTouch *touch) {
    return touch->writes ? "writes" : "reads";
}

static void note_count(Diag *diag, const InterpFinding *finding) {
    if (finding->count > 1) {
        diag_note(diag, (Span){0}, "%" PRIu64 " times in this run", finding->count);
    }
}

static void report_race(Session *session, const InterpFinding *finding) {
    const InterpTouch *later = &finding->at[0], *earlier = &finding->at[1];
    Arena *arena = &session->arena;
    bool one_group = memcmp(later->group, earlier->group, sizeof later->group) == 0;
    Diag *diag = diag_report(&session->diags, span_at(later->pos), D(RACE_SEEN), finding->what,
                             id_text(arena, later->invocation), verb(later));
    diag_note(diag, span_at(earlier->pos), "invocation %s %s it here, %s",
              id_text(arena, earlier->invocation), verb(earlier),
              one_group ? "and no barrier is between them"
                        : "in another workgroup, which nothing waits for");
    note_count(diag, finding);
}

static void report_outside(Session *session, const InterpFinding *finding) {
    const InterpTouch *touch = &finding->at[0];
    Diag *diag =
        diag_report(&session->diags, span_at(touch->pos), D(OUTSIDE), finding->what,
                    id_text(&session->arena, touch->invocation),
                    touch->inst->op == OP_REF ? "hands it out"
                    : touch->writes           ? "writes it"
                                              : "reads it",
                    finding->limit == 1 ? "is" : "are", (unsigned long long)finding->limit);
    note_count(diag, finding);
}

static void report_findings(Run *run) {
    const InterpFindings *findings = run->job.findings;
    for (uint32_t i = 0; findings != NULL && i < findings->list.count; i++) {
        const InterpFinding *finding = &findings->list.items[i];
        (finding->kind == INTERP_RACE ? report_race : report_outside)(&run->session, finding);
    }
}

/* ---- what --remarks counts ---- */

static void report_tally(Run *run) {
    const InterpTally *tally = run->job.tally;
    if (tally != NULL) {
        diag_remark(&run->session.diags, run->kernel->kernel->pos,
                    "kernel `%s`: %" PRIu64 " checks of bounds were executed for %" PRIu64
                    " accesses that may be outside",
                    run->kernel->kernel->name->text, tally->checks, tally->accesses);
    }
}

/* ---- all of it ---- */

typedef struct {
    Run *run;
    Text out;
} Report;

static void report(void *arg) {
    Report *report = arg;
    report_messages(report->run, &report->out);
    report_findings(report->run);
    report_tally(report->run);
}

Status run_report(Run *run) {
    Report all = {run, {.arena = &run->session.arena}};
    run->session.diags.errors = run->session.diags.warnings = 0; /* those before were printed */
    Status status = session_guard(&run->session, report, &all);
    if (all.out.length > 0) {
        status = worse(status, print_text(&all.out));
    }
    if (run->job.messages->lost > 0) {
        note("%" PRIu64 " more messages of the kernel are lost; there was no room for them",
             run->job.messages->lost);
    }
    if (run->job.findings != NULL && run->job.findings->more) {
        note("there is more than these %d findings", INTERP_MOST_FINDINGS);
    }
    return report_session(&run->session, run->options, status);
}
