/* See run_output.h. */
#include "driver/run_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/file.h"
#include "driver/report.h"
#include "driver/scalars.h"
#include "driver/targets.h"

enum { PRINT_DEFAULT = 16 };

/* Finds the buffer that NAME=… or NAME:… begins with; *rest is what follows, NULL if there is no separator. */
static Status find_buffer(Run *run, const char *option, const char *text, char separator,
                          uint32_t *index, const char **rest) {
    const char *end = strchr(text, separator);
    *rest = end != NULL ? end + 1 : NULL;
    size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
    Status status = run_find_param(run, text, length, index);
    if (status == STATUS_FINE && !run->kernel->params[*index].is_buffer) {
        return fail(STATUS_USAGE, "%s: `%.*s` is no buffer", option, (int)length, text);
    }
    return status;
}

/* ---- --out NAME=FILE ---- */

static Status write_bin(const ReflectParam *param, const Value *value, const char *path) {
    (void)param;
    return file_write(path, value->bytes, (size_t)value->size) ? STATUS_FINE : STATUS_FILE;
}

static Status write_npy(const ReflectParam *param, const Value *value, const char *path) {
    size_t size;
    char *bytes = value_to_npy(param, value, &size);
    if (bytes == NULL) {
        errno = ENOMEM;
        return STATUS_FILE;
    }
    bool fine = file_write(path, bytes, size);
    int error = errno;
    free(bytes);
    errno = error;
    return fine ? STATUS_FINE : STATUS_FILE;
}

static const struct {
    const char *ending;
    Status (*write)(const ReflectParam *param, const Value *value, const char *path);
} writers[] = {{".bin", write_bin}, {".npy", write_npy}};
enum { WRITERS = sizeof writers / sizeof writers[0] };

static unsigned writer_of(const char *path) {
    unsigned i = 0;
    while (i < WRITERS && strcmp(path_ending(path), writers[i].ending) != 0) {
        i++;
    }
    return i;
}

static Status check_out(Run *run, const char *text) {
    uint32_t index;
    const char *path;
    Status status = find_buffer(run, "--out", text, '=', &index, &path);
    if (status == STATUS_FINE && (path == NULL || writer_of(path) == WRITERS)) {
        return fail(STATUS_USAGE, "`--out` needs NAME=FILE.bin or NAME=FILE.npy, not `%s`", text);
    }
    if (status == STATUS_FINE && writers[writer_of(path)].write == write_npy &&
        !value_fits_npy(run->kernel->params[index].type)) {
        return fail(STATUS_USAGE, "`--out %s`: the arrays nest too deep for .npy; use .bin", text);
    }
    return status;
}

static Status write_out(Run *run, const char *text) {
    uint32_t index;
    const char *path;
    Status status = find_buffer(run, "--out", text, '=', &index, &path);
    if (status == STATUS_FINE) {
        status =
            writers[writer_of(path)].write(&run->kernel->params[index], &run->values[index], path);
        if (status != STATUS_FINE) {
            fail_file("cannot write", path);
        }
    }
    return status;
}

/* ---- --print NAME[:N] ---- */

static Status read_print(Run *run, const char *text, uint32_t *index, uint64_t *count) {
    const char *number;
    Status status = find_buffer(run, "--print", text, ':', index, &number);
    *count = PRINT_DEFAULT;
    if (status == STATUS_FINE && number != NULL &&
        !scalar_parse(IR_U32, number, strlen(number), count)) {
        return fail(STATUS_USAGE, "`--print` needs NAME or NAME:N, not `%s`", text);
    }
    return status;
}

static Status check_print(Run *run, const char *text) {
    uint32_t index;
    uint64_t count;
    return read_print(run, text, &index, &count);
}

/* ---- --repeat N ---- */

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void print_time(Text *out, const char *before, double nanoseconds) {
    static const struct {
        double from, scale;
        const char *unit;
    } units[] = {{1e9, 1e9, "s"}, {1e6, 1e6, "ms"}, {1e3, 1e3, "us"}, {0, 1, "ns"}};
    size_t i = 0;
    while (nanoseconds < units[i].from) {
        i++;
    }
    text_printf(out, "%s %.4g %s", before, nanoseconds / units[i].scale, units[i].unit);
}

static const char *whose_clock(const Run *run) {
    return run->job.host_clock ? " (by the host's clock)" : "";
}

/* Says for people what was done and how long it took; standard error of --diagnostics=json is for programs. */
static void note_run(Run *run) {
    Text time = {.arena = &run->session.arena};
    print_time(&time, "", (double)run->job.nanoseconds[0]);
    if (run->options->diagnostics == DIAGNOSTICS_TEXT) {
        note("ran `%s` on %s in%s%s", run->kernel->kernel->name->text, run->device_name,
             text_get(&time), whose_clock(run));
    }
}

/* Every buffer counts once for being read and once for being written, whole. */
static double moved_bytes(const Run *run) {
    double bytes = 0;
    for (uint32_t i = 0; i < run_param_count(run); i++) {
        const ReflectParam *param = &run->kernel->params[i];
        if (param->is_buffer) {
            int times =
                ((param->access & REFLECT_READ) != 0) + ((param->access & REFLECT_WRITE) != 0);
            bytes += (double)run->values[i].size * times;
        }
    }
    return bytes;
}

static void print_times(Run *run, Text *out) {
    uint32_t runs = run->options->repeat;
    uint64_t *times = run->job.nanoseconds;
    qsort(times, runs, sizeof *times, by_size);
    double median = ((double)times[(runs - 1) / 2] + (double)times[runs / 2]) / 2;
    text_printf(out, "%u run%s on %s: ", runs, runs == 1 ? "" : "s", run->device_name);
    print_time(out, "min", (double)times[0]);
    print_time(out, ", median", median);
    print_time(out, ", max", (double)times[runs - 1]);
    if (median > 0) {
        text_printf(out, ", %.4g GB/s", moved_bytes(run) / median);
    }
    text_printf(out, "%s\n", whose_clock(run));
}

/* ---- all of them ---- */

static Status for_each(Run *run, const OptionList *list, Status (*fn)(Run *run, const char *text)) {
    Status status = STATUS_FINE;
    for (uint32_t i = 0; i < list->count && status == STATUS_FINE; i++) {
        status = fn(run, list->items[i]);
    }
    return status;
}

Status run_check_outputs(Run *run) {
    Status status = for_each(run, &run->options->outs, check_out);
    return status == STATUS_FINE ? for_each(run, &run->options->prints, check_print) : status;
}

Status run_write_outputs(Run *run) {
    Status status = for_each(run, &run->options->outs, write_out);
    Text out = {.arena = &run->session.arena};
    for (uint32_t i = 0; i < run->options->prints.count && status == STATUS_FINE; i++) {
        uint32_t index;
        uint64_t count;
        status = read_print(run, run->options->prints.items[i], &index, &count);
        if (status == STATUS_FINE) {
            value_print(&out, &run->kernel->params[index], &run->values[index], count);
        }
    }
    if (status == STATUS_FINE && run->options->repeat > 0) {
        print_times(run, &out);
    } else if (status == STATUS_FINE) {
        note_run(run);
    }
    return status == STATUS_FINE && out.length > 0 ? print_text(&out) : status;
}
