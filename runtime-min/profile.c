/* profile.c: what a device did and when, for people and for tools. While a profile runs, lists note what goes into them,
 * submissions when the host made them, and whoever retires a submission turns both into spans. */
#include "rt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t rt_now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* A note that finds no memory is lost, and counted: what is behind it keeps its times by `timing`. */
void rt_profile_note(VtgCommands *commands, const VtgKernel *kernel, VtgProfileKind kind,
                     uint32_t timing, uint64_t bytes) {
    VtgDevice *device = commands->device;
    if (!atomic_load(&device->profiling)) {
        return;
    }
    if (!rt_grow(device->instance, &commands->notes, &commands->note_capacity,
                 commands->note_count + 1, sizeof *commands->notes)) {
        atomic_fetch_add(&device->profile_lost, 1);
        return;
    }
    commands->notes[commands->note_count++] = (RtNote){kernel, kind, timing, bytes};
}

static const char *name_of(const RtNote *note) {
    static const char *const names[] = {"dispatch", "copy", "fill"};
    return note->kernel ? note->kernel->label : names[note->kind];
}

static bool add_span(VtgDevice *device, const VtgEvent *event, const RtNote *note) {
    char *name;
    if (!rt_grow(device->instance, &device->spans, &device->span_capacity, device->span_count + 1,
                 sizeof *device->spans) ||
        rt_text_copy(device->instance, name_of(note), &name) != VTG_OK) {
        return false;
    }
    VtgProfileSpan *span = &device->spans[device->span_count++];
    *span = (VtgProfileSpan){.name = name,
                             .kind = note->kind,
                             .queue = (VtgQueue)event->queue,
                             .bytes = note->bytes,
                             .submission = event->profile_number,
                             .submit_ns = event->submit_ns,
                             .submitted_ns = event->submitted_ns,
                             .seen_ns = event->seen_ns};
    if (event->timing_status == VTG_OK && note->timing < event->timing_count) {
        span->begin_ns = event->timings[note->timing].begin_ns;
        span->end_ns = event->timings[note->timing].end_ns;
    }
    return true;
}

void rt_profile_take(VtgEvent *event) {
    VtgDevice *device = event->device;
    const VtgCommands *commands = event->commands;
    if (event->submit_ns == 0) {
        return; /* submitted before the profile began */
    }
    event->seen_ns = rt_now_ns();
    for (uint32_t i = 0; i < commands->note_count; i++) {
        if (!add_span(device, event, &commands->notes[i])) {
            atomic_fetch_add(&device->profile_lost, 1);
        }
    }
}

void rt_profile_free(VtgDevice *device) {
    for (uint32_t i = 0; i < device->span_count; i++) {
        rt_text_free(device->instance, (char *)(uintptr_t)device->spans[i].name);
    }
    rt_free(device->instance, device->spans, device->span_capacity * sizeof *device->spans);
}

VtgStatus vtg_profile_begin(VtgDevice *device) {
    if (!device) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    atomic_store(&device->profiling, true);
    return VTG_OK;
}

uint32_t vtg_profile_count(VtgDevice *device) {
    if (!device) {
        return 0;
    }
    rt_event_sweep(device);
    pthread_mutex_lock(&device->lock);
    uint32_t count = device->span_count;
    pthread_mutex_unlock(&device->lock);
    return count;
}

VtgStatus vtg_profile_span(VtgDevice *device, uint32_t index, VtgProfileSpan *span) {
    if (!device || !span) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    *span = (VtgProfileSpan){.name = NULL};
    pthread_mutex_lock(&device->lock);
    bool there = index < device->span_count;
    if (there) {
        *span = device->spans[index];
    }
    pthread_mutex_unlock(&device->lock);
    return there ? VTG_OK
                 : rt_fail(device->instance, VTG_ERROR_OUT_OF_RANGE, "there is no span %u", index);
}

/* ---- Trace ---- */

static void put_text(FILE *file, const char *text) {
    fputc('"', file);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(file, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(file, "\\u%04x", c);
        } else {
            fputc(c, file);
        }
    }
    fputc('"', file);
}

enum { HOST = 1, DEVICE = 2 }; /* processes of the trace */

static void put_name(FILE *file, int process, int thread, const char *what, const char *name) {
    fprintf(file,
            "{\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"name\":\"%s\",\"args\":{\"name\":", process,
            thread, what);
    put_text(file, name);
    fputs("}},\n", file);
}

static void put_event(FILE *file, int process, const VtgProfileSpan *span, const char *name,
                      uint64_t begin, uint64_t end) {
    fputs("{\"ph\":\"X\",\"name\":", file);
    put_text(file, name);
    fprintf(file,
            ",\"pid\":%d,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f,\"args\":{\"submission\":%u,"
            "\"bytes\":%llu}},\n",
            process, (int)span->queue, (double)begin * 1e-3, (double)(end - begin) * 1e-3,
            span->submission, (unsigned long long)span->bytes);
}

static bool is_timed(const VtgProfileSpan *span) {
    return span->begin_ns != 0 || span->end_ns != 0;
}

/* The device's clock has a beginning of its own. It is shifted as little as keeps every dispatch behind its submission. */
static uint64_t shift_of(const VtgProfileSpan *spans, uint32_t count) {
    uint64_t shift = 0;
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t needed = spans[i].submit_ns - spans[i].begin_ns; /* modulo 2^64 */
        if (is_timed(&spans[i]) && (!any || (int64_t)(needed - shift) > 0)) {
            shift = needed;
            any = true;
        }
    }
    return shift;
}

/* Times are in microseconds from the first submission. */
static void put_trace(FILE *file, const VtgDevice *device, const VtgProfileSpan *spans,
                      uint32_t count) {
    static const char *const queues[RT_QUEUES] = {"compute", "transfer"};
    uint64_t start = count ? spans[0].submit_ns : 0, shift = shift_of(spans, count);
    for (uint32_t i = 0; i < count; i++) {
        start = spans[i].submit_ns < start ? spans[i].submit_ns : start;
    }
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", file);
    put_name(file, HOST, 0, "process_name", "host: submissions until they were seen to end");
    put_name(file, DEVICE, 0, "process_name", device->adapter->info.name);
    for (int q = 0; q < RT_QUEUES; q++) {
        put_name(file, HOST, q, "thread_name", queues[q]);
        put_name(file, DEVICE, q, "thread_name", queues[q]);
    }
    for (uint32_t i = 0; i < count; i++) {
        const VtgProfileSpan *span = &spans[i];
        if (i == 0 || span->submission != spans[i - 1].submission) {
            put_event(file, HOST, span, "submit", span->submit_ns - start,
                      span->submitted_ns - start);
        }
        put_event(file, HOST, span, span->name, span->submitted_ns - start, span->seen_ns - start);
        if (is_timed(span)) {
            put_event(file, DEVICE, span, span->name, span->begin_ns + shift - start,
                      span->end_ns + shift - start);
        }
    }
    fprintf(file,
            "{\"ph\":\"M\",\"pid\":%d,\"name\":\"process_sort_index\",\"args\":{\"sort_index\":1}}"
            "\n]}\n",
            DEVICE);
}

/* ---- Table ---- */

typedef struct Row {
    const VtgProfileSpan *first;
    uint32_t count, timed;
    uint64_t bytes, total, least, most;
} Row;

static int longest_first(const void *left, const void *right) {
    const Row *a = left, *b = right;
    int order = (a->total < b->total) - (a->total > b->total);
    return order ? order : strcmp(a->first->name, b->first->name);
}

static uint32_t collect(const VtgProfileSpan *spans, uint32_t count, Row *rows) {
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t r = 0;
        while (r < used && (rows[r].first->kind != spans[i].kind ||
                            strcmp(rows[r].first->name, spans[i].name) != 0)) {
            r++;
        }
        if (r == used) {
            rows[used++] = (Row){.first = &spans[i], .least = UINT64_MAX};
        }
        Row *row = &rows[r];
        row->count++;
        row->bytes += spans[i].bytes;
        if (is_timed(&spans[i])) {
            uint64_t length = spans[i].end_ns - spans[i].begin_ns;
            row->timed++;
            row->total += length;
            row->least = length < row->least ? length : row->least;
            row->most = length > row->most ? length : row->most;
        }
    }
    qsort(rows, used, sizeof *rows, longest_first);
    return used;
}

static void put_table(FILE *file, const Row *rows, uint32_t count) {
    fprintf(file, "%-24s %6s %12s %12s %12s %12s %12s %9s\n", "what", "times", "total us",
            "mean us", "least us", "most us", "bytes", "GB/s");
    for (uint32_t i = 0; i < count; i++) {
        const Row *row = &rows[i];
        fprintf(file, "%-24s %6u ", row->first->name, row->count);
        if (row->timed != 0) {
            double total = (double)row->total;
            fprintf(file, "%12.3f %12.3f %12.3f %12.3f %12llu %9.2f\n", total * 1e-3,
                    total * 1e-3 / row->timed, (double)row->least * 1e-3, (double)row->most * 1e-3,
                    (unsigned long long)row->bytes, total > 0 ? (double)row->bytes / total : 0.0);
        } else {
            fprintf(file, "%12s %12s %12s %12s %12llu %9s\n", "-", "-", "-", "-",
                    (unsigned long long)row->bytes, "-");
        }
    }
}

/* ---- Both ---- */

/* Under the lock: spans do not move then. */
static VtgStatus put(VtgDevice *device, VtgProfileFormat format, FILE *file) {
    if (format == VTG_PROFILE_TRACE) {
        put_trace(file, device, device->spans, device->span_count);
        return VTG_OK;
    }
    Row *rows = rt_alloc_array(device->instance, device->span_count + 1, sizeof *rows);
    if (!rows) {
        return rt_no_memory(device->instance, "a table");
    }
    put_table(file, rows, collect(device->spans, device->span_count, rows));
    rt_free(device->instance, rows, (device->span_count + (size_t)1) * sizeof *rows);
    return VTG_OK;
}

VtgStatus vtg_profile_write(VtgDevice *device, VtgProfileFormat format, const char *path) {
    if (!device || (unsigned)format > VTG_PROFILE_TABLE) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = vtg_device_wait_idle(device);
    if (status != VTG_OK) {
        return status;
    }
    FILE *file = path ? fopen(path, "wb") : stdout;
    if (!file) {
        return rt_fail(device->instance, VTG_ERROR_FILE, "%s: cannot be written", path);
    }
    pthread_mutex_lock(&device->lock);
    status = put(device, format, file);
    pthread_mutex_unlock(&device->lock);
    uint32_t lost = atomic_load(&device->profile_lost);
    if (lost != 0) {
        rt_log(device->instance, VTG_LOG_WARNING, "profile: %u operations found no memory", lost);
    }
    bool whole = !ferror(file);
    whole = (path ? fclose(file) : fflush(file)) == 0 && whole;
    return status != VTG_OK || whole
               ? status
               : rt_fail(device->instance, VTG_ERROR_FILE, "%s: cannot be written whole",
                         path ? path : "standard output");
}
