/* Runs random programs (tests/generate.py) everywhere and compares:
 *
 *     stress [--device=vulkan|opencl|webgpu|none] [--target=T] [--levels=03] [--passes=no] FILE.vt…
 *     stress --write=FOLDER FILE.vt…      the arguments of each as FOLDER/NAME OF FILE/PARAMETER.bin, for other devices
 *     stress --compare=FOLDER FILE.vt…    what these made of the buffers, in the same files, against the judge
 *
 * The judge is the interpreter on the IR as the front end made it, before any pass; it looks for races, and W0108 must not see
 * any. Compared with it are, at -O0, -O3 and the levels asked for: the interpreter on the IR after the passes (which also proves that every
 * `.raw` op stays where it is defined), and the device's code, SPIR-V after spirv-val, on the first device of that API, of
 * that target, at those levels (none: the SPIR-V is made and validated alone). --passes=no: only the device, for programs whose
 * passes another run looks at. A program that needs what the device lacks is SKIPPED there.
 * Integers must be equal to the bit; floats equal as numbers. Exit 0 all equal, 1 something differs, 77 no device.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/run_kernel.h"
#include "driver/scalars.h"
#include "driver/session.h"
#include "driver/values.h"
#include "ir/eval.h"

enum {
    INVOCATIONS = 20,
    SLOTS = 4 * 96, /* a kernel numbers its invocations up to 96, and each has four elements */
    ATOMICS = 32 + 96,
    MAX_STEPS = 20 * 1000 * 1000,
};

static const char *code_target; /* NULL: the best that the device takes */
static bool passes = true; /* the interpreter behind them, too, and SPIR-V where no device is */

/* ---- arguments: made from the parameters' names and types ---- */

typedef struct {
    const ReflectKernel *kernel;
    RunArg *args;
} Memory;

/* Raw bits alone would rarely be in a range: every third is a small number. */
static uint64_t number(uint64_t *state, uint32_t index, IrScalar scalar) {
    uint64_t raw = splitmix64(state);
    if (ir_scalars[scalar].class == IR_CLASS_FLOAT) {
        int scale = scalar == IR_F16 ? 2 : 4, most = scale * (scalar == IR_F16 ? 8 : 128);
        int whole = (int)(raw % (uint64_t)(2 * most + 1)) - most;
        return ir_bits_of_number(scalar, (double)whole / scale);
    }
    return index % 3 == 0 ? raw % 40 : raw;
}

/* Calls `fn` for each scalar of what is at `bytes`. */
typedef bool EachScalar(void *user, IrScalar scalar, unsigned char *bytes);

static bool each_scalar(const IrType *type, unsigned char *bytes, EachScalar *fn, void *user) {
    if (ir_is_atomic(type) || type->kind == IR_TYPE_SCALAR) {
        return fn(user, type->scalar, bytes);
    }
    for (uint32_t i = 0; i < ir_part_count(type); i++) {
        if (!each_scalar(ir_part_type(type, i), bytes + ir_part_offset(type, i), fn, user)) {
            return false;
        }
    }
    return true;
}

typedef struct {
    uint64_t state;
    uint32_t index;
} Filling;

static bool fill_scalar(void *user, IrScalar scalar, unsigned char *bytes) {
    Filling *filling = user;
    scalar_store(bytes, scalar, number(&filling->state, filling->index++, scalar));
    return true;
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static void fill(Memory *memory, Arena *arena, const ReflectKernel *kernel) {
    memory->kernel = kernel;
    memory->args = NEW_ARRAY(arena, RunArg, kernel->param_count);
    for (uint32_t p = 0; p < kernel->param_count; p++) {
        const ReflectParam *param = &kernel->params[p];
        const char *name = param->name->text;
        bool zero = begins(name, "out") || begins(name, "scratch") || begins(name, "wrong");
        uint32_t count = !param->is_buffer           ? 1
                         : ir_is_atomic(param->type) ? ATOMICS
                         : zero                      ? SLOTS
                                                     : 5 + p * 11 % 13;
        uint64_t size = (uint64_t)count * param->size;
        memory->args[p] = (RunArg){arena_alloc(arena, (size_t)size + 8, 8), size};
        memset(memory->args[p].bytes, 0, (size_t)size + 8);
        Filling filling = {.state = p};
        for (uint32_t i = 0; i < count && !zero; i++) {
            each_scalar(param->type,
                        (unsigned char *)memory->args[p].bytes + (size_t)i * param->size,
                        fill_scalar, &filling);
        }
    }
}

static bool sets_specs = true;

/* What the host sets: the constants of these numbers, where the program has them. */
static IrSpecValues specs_of(Arena *arena, const IrModule *module) {
    static const IrSpecValue set[] = {{2, 0xfffffff9}, {4, 1}, {8, 12}};
    IrSpecValue *items = NEW_ARRAY(arena, IrSpecValue, sizeof set / sizeof *set);
    uint32_t count = 0;
    for (const IrSpec *spec = module->specs; spec != NULL && sets_specs; spec = spec->next) {
        for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
            if (spec->id == set[i].id) {
                items[count++] = set[i];
            }
        }
    }
    return (IrSpecValues){items, count};
}

/* ---- comparing ---- */

typedef struct {
    const unsigned char *want, *base; /* where `base` is the other memory's beginning */
    unsigned long long at;
    uint64_t wanted, got;
} Comparison;

static bool same_scalar(void *user, IrScalar scalar, unsigned char *bytes) {
    Comparison *c = user;
    c->at = (unsigned long long)(bytes - c->base);
    c->wanted = scalar_load(c->want + c->at, scalar);
    c->got = scalar_load(bytes, scalar);
    if (c->wanted == c->got || ir_scalars[scalar].class != IR_CLASS_FLOAT) {
        return c->wanted == c->got;
    }
    double x = ir_number_of_bits(scalar, c->wanted), y = ir_number_of_bits(scalar, c->got);
    return x == y || (isnan(x) && isnan(y)); /* -0 and 0 may stand for one another */
}

static bool compare(const char *file, const char *what, const Memory *want, const Memory *got) {
    for (uint32_t p = 0; p < want->kernel->param_count; p++) {
        const ReflectParam *param = &want->kernel->params[p];
        unsigned char *bytes = got->args[p].bytes;
        Comparison c = {.want = want->args[p].bytes, .base = bytes};
        for (uint64_t at = 0; at < want->args[p].size && param->is_buffer; at += param->size) {
            if (!each_scalar(param->type, bytes + at, same_scalar, &c)) {
                printf("DIFFERS %s: %s: %s, element %llu, byte %llu is 0x%llx, the judge says "
                       "0x%llx\n",
                       file, what, param->name->text, (unsigned long long)(at / param->size), c.at,
                       (unsigned long long)c.got, (unsigned long long)c.wanted);
                return false;
            }
        }
    }
    return true;
}

/* The program's own checks. */
static bool is_right(const char *file, const Memory *memory) {
    for (uint32_t p = 0; p < memory->kernel->param_count; p++) {
        uint32_t count;
        memcpy(&count, memory->args[p].bytes, sizeof count);
        if (begins(memory->kernel->params[p].name->text, "wrong") && count != 0) {
            printf("FAILED %s: judge: `wrong` is %u\n", file, count);
            return false;
        }
    }
    return true;
}

/* ---- running ---- */

static void report(const char *file, const char *what, Session *session) {
    printf("FAILED %s: %s: %s\n", file, what, session->failure != NULL ? session->failure : "");
    diags_print_text(&session->diags, stdout, false);
    printf("%s\n", text_get(&session->detail));
}

typedef struct {
    Session *session;
    Memory *memory;
    InterpFindings *findings; /* NULL: do not look for them */
    uint32_t subgroup_size;
    InterpStatus status;
    Text why;
} InterpJob;

static void interpret(void *arg) {
    InterpJob *job = arg;
    Arena *arena = &job->session->arena;
    const IrFunction *kernel = session_kernel(job->session, "run");
    fill(job->memory, arena, ir_reflect(arena, kernel));
    InterpOptions options = {.max_steps = MAX_STEPS,
                             .specs = specs_of(arena, job->session->module),
                             .subgroup_size = job->subgroup_size,
                             .findings = job->findings};
    uint32_t sides[3];
    ir_workgroup(kernel, &options.specs, sides);
    uint32_t groups[3] = {(INVOCATIONS + sides[0] - 1) / sides[0], 1, 1};
    job->status =
        ir_interpret(job->session->module, kernel, job->memory->args, groups, &options, &job->why);
}

/* The interpreter on the session's module as it stands; every time with subgroups of another size. */
static bool run_interp(const char *file, const char *what, Session *session, Memory *memory,
                       InterpFindings *findings, uint32_t subgroup_size) {
    InterpJob job = {.session = session,
                     .memory = memory,
                     .findings = findings,
                     .subgroup_size = subgroup_size,
                     .why = {.arena = &session->arena}};
    if (session_guard(session, interpret, &job) != STATUS_FINE) {
        report(file, what, session);
        return false;
    }
    if (job.status != INTERP_OK) {
        printf("FAILED %s: %s: %s\n", file, what, text_get(&job.why));
        return false;
    }
    for (uint32_t i = 0; findings != NULL && i < findings->list.count; i++) {
        const InterpFinding *found = &findings->list.items[i];
        if (found->kind != INTERP_OUTSIDE) {
            printf("FAILED %s: %s: a race at %s\n", file, what,
                   found->what != NULL ? found->what : "");
            return false;
        }
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
    if (device_code_make(session, session_kernel(session, "run"), &code) != STATUS_FINE) {
        report(file, what, session);
        return false;
    }
    ReflectKernel *kernel = ir_reflect(&session->arena, session_kernel(session, "run"));
    fill(memory, &session->arena, kernel);
    RunJob job = {.kernel = kernel,
                  .args = memory->args,
                  .grid = {INVOCATIONS, 1, 1},
                  .specs = specs_of(&session->arena, session->module)};
    VtgStatus status = run_kernel_device(device, session->module, &code, &job);
    *skipped = status == VTG_ERROR_UNSUPPORTED || status == VTG_ERROR_LIMIT;
    if (*skipped) {
        printf("SKIPPED %s: %s: the device lacks what it needs\n", file, what);
        return true;
    }
    if (status != VTG_OK) {
        printf("FAILED %s: %s: %s\n", file, what, vtg_status_text(status));
    }
    return status == VTG_OK;
}

/* Warnings are no failure, but for a race that is none. */
static bool is_quiet(const char *file, Session *session) {
    if (session->diags.list.count == 0) {
        return true;
    }
    report(file, "a warning", session);
    return false;
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

/* At one level, against the judge. */
static bool check_level(const char *file, unsigned level, const SessionOptions *options,
                        VtgDevice *device, bool validate, const Memory *judge) {
    SessionOptions own = *options;
    own.level = level;
    Session session;
    if (!open_session(file, &session, &own)) {
        return false;
    }
    char what[64];
    bool skipped = true;
    Memory memory;
    snprintf(what, sizeof what, "interpreter -O%u", level);
    bool good = !passes || (run_interp(file, what, &session, &memory, NULL, level == 0 ? 1 : 32) &&
                            compare(file, what, judge, &memory));
    if (good && (device != NULL || validate)) {
        snprintf(what, sizeof what, "device -O%u", level);
        good = run_device(file, what, &session, device, &memory, &skipped) &&
               (skipped || compare(file, what, judge, &memory));
    }
    session_close(&session);
    return good;
}

static bool check(const char *file, VtgDevice *device, const char *levels) {
    SessionOptions options = {.verify = true, .stop_after = SESSION_FRONTEND};
    for (int w = 0; w < WARN_COUNT; w++) {
        options.warnings[w].state = w == WARN_RACE ? WARNING_ON : WARNING_OFF;
    }
    if (device != NULL) {
        uint64_t features = vtg_device_get_info(device)->features;
        if (device_code_prepare(&options, vtg_device_get_info(device), code_target) !=
            STATUS_FINE) {
            return false;
        }
        options.atomic_float =
            (features & VTG_FEATURE_BIT(VTG_FEATURE_BUFFER_ATOMIC_ADD_F32)) != 0 &&
            (features & VTG_FEATURE_BIT(VTG_FEATURE_SHARED_ATOMIC_ADD_F32)) != 0;
    }
    Session session;
    if (!open_session(file, &session, &options)) {
        return false;
    }
    Memory judge;
    InterpFindings findings = {.arena = &session.arena};
    bool good = is_quiet(file, &session) &&
                run_interp(file, "judge", &session, &judge, &findings, 4) && is_right(file, &judge);
    options.stop_after = NULL;
    options.warnings[WARN_RACE].state = WARNING_OFF;
    for (unsigned level = 0; good && level <= 3; level++) {
        bool on_device = strchr(levels, (int)('0' + level)) != NULL;
        if (!on_device && (!passes || level % 3 != 0)) {
            continue;
        }
        SessionOptions own = options;
        if (!on_device) { /* then it becomes SPIR-V, which does nothing by itself */
            own.leave_out = NULL;
        }
        good = check_level(file, level, &own, on_device ? device : NULL,
                           device == NULL || !on_device, &judge);
    }
    session_close(&session);
    return good;
}

/* ---- files, for devices that something else drives ---- */

typedef enum { RUN, WRITE, COMPARE } Mode;

static FILE *open_argument(const char *folder, const char *file, const char *param,
                           const char *how) {
    const char *name = strrchr(file, '/') != NULL ? strrchr(file, '/') + 1 : file;
    char path[4096];
    snprintf(path, sizeof path, "%s/%.*s/%s.bin", folder, (int)strcspn(name, "."), name, param);
    FILE *stream = fopen(path, how);
    if (stream == NULL) {
        printf("FAILED %s: %s cannot be opened\n", file, path);
    }
    return stream;
}

static bool move_arguments(const char *file, const char *folder, Mode mode, Memory *memory) {
    bool good = true;
    for (uint32_t p = 0; p < memory->kernel->param_count && good; p++) {
        const ReflectParam *param = &memory->kernel->params[p];
        if (mode == COMPARE && !param->is_buffer) {
            continue;
        }
        size_t size = (size_t)memory->args[p].size, moved = 0;
        FILE *stream = open_argument(folder, file, param->name->text, mode == WRITE ? "wb" : "rb");
        if (stream != NULL) {
            moved = mode == WRITE ? fwrite(memory->args[p].bytes, 1, size, stream)
                                  : fread(memory->args[p].bytes, 1, size, stream);
            good = fclose(stream) == 0;
        }
        good = good && moved == size;
    }
    return good;
}

static bool move_files(const char *file, const char *folder, Mode mode) {
    SessionOptions options = {.stop_after = SESSION_FRONTEND};
    Session session;
    if (!open_session(file, &session, &options)) {
        return false;
    }
    Memory memory, judge;
    fill(&memory, &session.arena, ir_reflect(&session.arena, session_kernel(&session, "run")));
    bool good = move_arguments(file, folder, mode, &memory);
    if (good && mode == COMPARE) {
        good = run_interp(file, "judge", &session, &judge, NULL, 4) &&
               compare(file, "files", &judge, &memory);
    }
    session_close(&session);
    return good;
}

/* ---- */

static void log_line(void *user, VtgLogLevel level, const char *message) {
    (void)user;
    if (level <= VTG_LOG_WARNING) {
        printf("runtime: %s\n", message);
    }
}

int main(int argc, char **argv) {
    const char *api = "vulkan", *levels = "03", *folder = "";
    Mode mode = RUN;
    VtgInstance *instance = NULL;
    VtgDevice *device = NULL;
    unsigned done = 0, failed = 0;
    int first = 1;
    for (; first < argc && begins(argv[first], "--"); first++) {
        const char *value = strchr(argv[first], '=');
        value = value != NULL ? value + 1 : "";
        if (begins(argv[first], "--write") || begins(argv[first], "--compare")) {
            mode = begins(argv[first], "--write") ? WRITE : COMPARE;
            folder = value;
            sets_specs = false;
        } else if (begins(argv[first], "--target")) {
            code_target = value;
        } else if (begins(argv[first], "--passes")) {
            passes = strcmp(value, "no") != 0;
        } else {
            *(begins(argv[first], "--levels") ? &levels : &api) = value;
        }
    }
    if (mode == RUN && strcmp(api, "none") != 0) {
        VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
        desc.api = api;
        desc.log = log_line;
        if (vtg_instance_create(&desc, &instance) != VTG_OK || vtg_device_count(instance) == 0 ||
            vtg_device_create(instance, NULL, &device) != VTG_OK) {
            printf("no device for %s\n", api);
            vtg_instance_destroy(instance);
            return 77;
        }
        printf("device: %s\n", vtg_device_get_info(device)->name);
    }
    for (int i = first; i < argc; i++) {
        printf("PROGRAM %s\n", argv[i]); /* the last one of these is it, where a driver crashes */
        fflush(stdout);
        failed +=
            mode == RUN ? !check(argv[i], device, levels) : !move_files(argv[i], folder, mode);
        done++;
    }
    printf("%u programs, %u failed\n", done, failed);
    vtg_device_destroy(device);
    vtg_instance_destroy(instance);
    return failed > 0;
}
