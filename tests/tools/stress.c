/* Runs random programs (tests/generate.py) everywhere and compares:
 *
 *     stress [--device|--no-device] FILE.vt…
 *
 * The judge is the interpreter on the IR as the front end made it, before any pass. Compared with it are, at -O0 and
 * -O1 each: the interpreter on the IR after the passes (which also proves that every `.raw` op stays where it is
 * defined), and the SPIR-V, after spirv-val, on the first Vulkan device (unless --no-device, or it lacks what the
 * program needs: SKIPPED). Integers must be equal to
 * the bit; floats equal as numbers. Exit 0 all equal, 1 something differs, 77 no device.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/run_kernel.h"
#include "driver/session.h"

enum { INVOCATIONS = 20, SLOTS = 4 * 64, MAX_STEPS = 20 * 1000 * 1000 };

/* The parameters of the random kernels, in order; those with integers of all widths have all of them. */
static const struct {
    const char *name;
    unsigned elements; /* 0: a value */
    unsigned bytes;    /* of an element or the value, padding included */
    enum { RAW, INTEGER, QUARTERS, ZERO } content;
} params[] = {
    {"a", 16, 4, RAW},        {"b", 17, 4, RAW},        {"c", 16, 4, QUARTERS},
    {"v", 9, 16, QUARTERS},   {"w", 5, 16, RAW},        {"outu", SLOTS, 4, ZERO},
    {"outi", SLOTS, 4, ZERO}, {"outf", SLOTS, 4, ZERO}, {"outv", SLOTS, 8, ZERO},
    {"s", 0, 4, RAW},         {"t", 0, 4, RAW},         {"x", 0, 4, QUARTERS},
    {"p", 0, 8, RAW},

    {"d", 17, 1, RAW},        {"e", 9, 2, RAW},         {"g", 7, 8, RAW},
    {"outd", SLOTS, 1, ZERO}, {"oute", SLOTS, 8, ZERO}, {"outg", SLOTS, 8, ZERO},
    {"y", 0, 8, RAW},         {"z", 0, 1, RAW},
};
enum { PARAMS = sizeof params / sizeof *params };

typedef struct {
    uint32_t words[PARAMS][SLOTS * 2];
    RunArg args[PARAMS];
} Memory;

static unsigned words_of(uint64_t bytes) {
    return (unsigned)(bytes + 3) / 4;
}

static void fill(Memory *memory) {
    uint32_t state = 12345;
    memset(memory, 0, sizeof *memory);
    for (unsigned p = 0; p < PARAMS; p++) {
        unsigned size = (params[p].elements > 0 ? params[p].elements : 1) * params[p].bytes;
        for (unsigned i = 0; i < words_of(size); i++) {
            state = state * 1664525u + 1013904223u; /* Numerical Recipes' generator */
            if (params[p].content == RAW) {
                /* every third a small number: raw bits alone would rarely be in a range */
                memory->words[p][i] = i % 3 == 0 ? (state >> 16) % 40 : state;
            } else if (params[p].content == QUARTERS) {
                float quarter = (float)((int)(state >> 16) % 1025 - 512) / 4;
                memcpy(&memory->words[p][i], &quarter, sizeof quarter);
            }
        }
        memory->args[p] = (RunArg){memory->words[p], size};
    }
}

static bool same_word(unsigned param, uint32_t a, uint32_t b) {
    if (a == b || strcmp(params[param].name, "outf") != 0) {
        return a == b;
    }
    float x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x == y || (isnan(x) && isnan(y)); /* -0 and 0 may stand for one another */
}

static bool compare(const char *file, const char *what, const Memory *want, const Memory *got) {
    for (unsigned p = 0; p < PARAMS; p++) {
        for (unsigned i = 0; i < words_of(want->args[p].size); i++) {
            if (!same_word(p, want->words[p][i], got->words[p][i])) {
                printf("DIFFERS %s: %s: %s word %u is 0x%08x, the judge says 0x%08x\n", file, what,
                       params[p].name, i, got->words[p][i], want->words[p][i]);
                return false;
            }
        }
    }
    return true;
}

static void report(const char *file, const char *what, Session *session) {
    printf("FAILED %s: %s: %s\n", file, what, session->failure != NULL ? session->failure : "");
    diags_print_text(&session->diags, stdout, false);
    printf("%s\n", text_get(&session->detail));
}

typedef struct {
    Session *session;
    Memory *memory;
    InterpStatus status;
    Text why;
} InterpJob;

static void interpret(void *arg) {
    InterpJob *job = arg;
    const IrFunction *kernel = session_kernel(job->session, "k");
    uint32_t groups[3] = {(INVOCATIONS + kernel->workgroup[0] - 1) / kernel->workgroup[0], 1, 1};
    InterpOptions options = {.max_steps = MAX_STEPS};
    job->status =
        ir_interpret(job->session->module, kernel, job->memory->args, groups, &options, &job->why);
}

/* The interpreter on the session's module as it stands. */
static bool run_interp(const char *file, const char *what, Session *session, Memory *memory) {
    fill(memory);
    InterpJob job = {.session = session, .memory = memory, .why = {.arena = &session->arena}};
    if (session_guard(session, interpret, &job) != STATUS_FINE) {
        report(file, what, session);
        return false;
    }
    if (job.status != INTERP_OK) {
        printf("FAILED %s: %s: %s\n", file, what, text_get(&job.why));
        return false;
    }
    return true;
}

static bool run_device(const char *file, const char *what, Session *session, VtgDevice *device,
                       Memory *memory, bool *skipped) {
    *skipped = device == NULL;
    if (device == NULL) { /* the code alone, which is validated */
        SpirvBinary binary;
        bool good = session_spirv(session, SPIRV_VULKAN_1_1, &binary) == STATUS_FINE;
        if (!good) {
            report(file, what, session);
        }
        return good;
    }
    DeviceCode code;
    if (device_code_make(session, vtg_device_get_info(device), session_kernel(session, "k"),
                         &code) != STATUS_FINE) {
        report(file, what, session);
        return false;
    }
    fill(memory);
    ReflectKernel *kernel = ir_reflect(&session->arena, session_kernel(session, "k"));
    RunJob job = {.kernel = kernel, .args = memory->args, .grid = {INVOCATIONS, 1, 1}};
    VtgStatus status = run_kernel_device(device, session->module, &code, &job);
    *skipped = status == VTG_ERROR_UNSUPPORTED;
    if (*skipped) {
        printf("SKIPPED %s: the device lacks what it needs\n", file);
        return true;
    }
    if (status != VTG_OK) {
        printf("FAILED %s: %s: %s\n", file, what, vtg_status_text(status));
    }
    return status == VTG_OK;
}

static bool open_session(const char *file, Session *session, const SessionOptions *options) {
    session_open(session, options);
    if (session_load_file(session, file) == STATUS_FINE && session_lower(session) == STATUS_FINE) {
        return true;
    }
    report(file, options->stop_after != NULL ? "front end" : "compiling", session);
    session_close(session);
    return false;
}

static bool check(const char *file, VtgDevice *device) {
    static Memory judge, memory;
    static const char *const levels[] = {"-O0", "-O1"};
    SessionOptions options = {.verify = true, .stop_after = SESSION_FRONTEND};
    for (int w = 0; w < WARN_COUNT; w++) {
        options.warnings[w].state = WARNING_OFF;
    }
    Session session;
    if (!open_session(file, &session, &options)) {
        return false;
    }
    bool good = run_interp(file, "judge", &session, &judge);
    session_close(&session);
    options.stop_after = NULL;
    for (unsigned level = 0; good && level < 2; level++) {
        options.level = level;
        if (!open_session(file, &session, &options)) {
            return false;
        }
        char what[64];
        snprintf(what, sizeof what, "interpreter %s", levels[level]);
        good = run_interp(file, what, &session, &memory) && compare(file, what, &judge, &memory);
        snprintf(what, sizeof what, "device %s", levels[level]);
        bool skipped;
        good = good && run_device(file, what, &session, device, &memory, &skipped) &&
               (skipped || compare(file, what, &judge, &memory));
        session_close(&session);
    }
    return good;
}

static void log_line(void *user, VtgLogLevel level, const char *message) {
    (void)user;
    if (level <= VTG_LOG_WARNING) {
        printf("runtime: %s\n", message);
    }
}

int main(int argc, char **argv) {
    bool with_device = true;
    VtgInstance *instance = NULL;
    VtgDevice *device = NULL;
    unsigned done = 0, failed = 0;
    int first = 1;
    for (; first < argc && strncmp(argv[first], "--", 2) == 0; first++) {
        with_device = strcmp(argv[first], "--no-device") != 0;
    }
    if (with_device) {
        VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
        desc.log = log_line;
        if (vtg_instance_create(&desc, &instance) != VTG_OK || vtg_device_count(instance) == 0 ||
            vtg_device_create(instance, NULL, &device) != VTG_OK) {
            puts("no Vulkan device");
            vtg_instance_destroy(instance);
            return 77;
        }
        printf("device: %s\n", vtg_device_get_info(device)->name);
    }
    for (int i = first; i < argc; i++) {
        failed += !check(argv[i], device);
        done++;
        fflush(stdout);
    }
    printf("%u programs, %u failed\n", done, failed);
    vtg_device_destroy(device);
    vtg_instance_destroy(instance);
    return failed > 0;
}
