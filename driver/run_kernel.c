/* See run_kernel.h. */
#include "driver/run_kernel.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint32_t runs_of(const RunJob *job) {
    return job->repeat > 0 ? job->repeat : 1;
}

static bool is_written(const ReflectParam *param) {
    return param->is_buffer && (param->access & REFLECT_WRITE) != 0;
}

/* A run must not see what the one before it wrote. What is only written ends up the same anyway. */
static bool is_restored(const ReflectParam *param) {
    return is_written(param) && (param->access & REFLECT_READ) != 0;
}

/* ---- the interpreter ---- */

static void free_copies(void **copies, uint32_t count) {
    for (uint32_t i = 0; copies != NULL && i < count; i++) {
        free(copies[i]);
    }
    free(copies);
}

/* Copies of the buffers that must be restored; NULL: no memory. */
static void **copy_restored(const RunJob *job) {
    uint32_t count = job->kernel->param_count;
    void **copies = calloc(count + 1, sizeof *copies);
    for (uint32_t i = 0; copies != NULL && i < count; i++) {
        const RunArg *arg = &job->args[i];
        if (is_restored(&job->kernel->params[i]) && arg->size > 0) {
            copies[i] = malloc((size_t)arg->size);
            if (copies[i] == NULL) {
                free_copies(copies, count);
                return NULL;
            }
            memcpy(copies[i], arg->bytes, (size_t)arg->size);
        }
    }
    return copies;
}

InterpStatus run_kernel_interp(const IrModule *module, RunJob *job, Text *why) {
    const ReflectKernel *kernel = job->kernel;
    const IrFunction *function = kernel->kernel;
    InterpOptions options = {
        .specs = job->specs,
        .messages = job->messages,
        .findings = job->findings,
        .grid = job->grid,
        .tally = job->tally,
    };
    uint32_t groups[3], sides[3];
    ir_workgroup(function, &job->specs, sides);
    for (int i = 0; i < 3; i++) {
        uint32_t side = sides[i] > 0 ? sides[i] : 1; /* what is 0 is refused below */
        groups[i] = job->grid[i] / side + (job->grid[i] % side != 0);
    }
    void **copies = NULL;
    if (runs_of(job) > 1) {
        copies = copy_restored(job);
        if (copies == NULL) {
            text_add(why, "out of memory");
            return INTERP_MISUSE;
        }
    }
    InterpStatus status = INTERP_OK;
    job->host_clock = true;
    for (uint32_t run = 0; run < runs_of(job) && status == INTERP_OK; run++) {
        for (uint32_t i = 0; run > 0 && i < kernel->param_count; i++) {
            if (copies[i] != NULL) {
                memcpy(job->args[i].bytes, copies[i], (size_t)job->args[i].size);
            }
        }
        if (job->messages != NULL) {
            *job->messages = (IrMessages){.arena = job->messages->arena};
        }
        uint64_t start = now();
        status = ir_interpret(module, function, job->args, groups, &options, why);
        if (job->nanoseconds != NULL) {
            job->nanoseconds[run] = now() - start;
        }
    }
    free_copies(copies, kernel->param_count);
    return status;
}

/* ---- a device ---- */

typedef struct {
    VtgDevice *device;
    const IrModule *module;
    RunJob *job;
    VtgKernel *kernel;
    VtgBuffer **buffers; /* by parameter; NULL for values */
    VtgArg *args;
} DeviceRun;

static VtgAccess access_of(unsigned access) {
    static const VtgAccess accesses[] = {
        [0] = VTG_ACCESS_READ, /* at most its length */
        [REFLECT_READ] = VTG_ACCESS_READ,
        [REFLECT_WRITE] = VTG_ACCESS_WRITE,
        [REFLECT_READ | REFLECT_WRITE] = VTG_ACCESS_READ_WRITE,
    };
    return accesses[access];
}

VtgSpecKind run_spec_kind(const IrType *type) {
    return ir_is_signed_int(type) ? VTG_SPEC_SIGNED
           : ir_is_float(type)    ? VTG_SPEC_FLOAT
                                  : VTG_SPEC_UNSIGNED;
}

/* Room for one each is in `specs`. */
static void fill_specs(const RunJob *job, const IrModule *module, VtgSpecConstant *specs) {
    for (uint32_t i = 0; i < job->specs.count; i++) {
        const IrSpecValue *value = &job->specs.items[i];
        const IrSpec *spec = module->specs;
        while (spec->id != value->id) {
            spec = spec->next;
        }
        uint32_t bytes = ir_is_bool(spec->type) ? 4 : ir_bits(spec->type) / 8;
        specs[i] = (VtgSpecConstant){
            .id = spec->id, .size = bytes, .value = value->bits, .kind = run_spec_kind(spec->type)};
    }
}

static VtgStatus create_kernel(DeviceRun *run, const DeviceCode *code) {
    const ReflectKernel *kernel = code->kernel;
    const IrFunction *function = kernel->kernel;
    uint32_t count = kernel->param_count;
    VtgParam *params = calloc(count * 2 + 1, sizeof *params); /* each may have a length besides */
    VtgSpecConstant *specs = calloc(run->job->specs.count + 1, sizeof *specs);
    if (params == NULL || specs == NULL) {
        free(params);
        free(specs);
        return VTG_ERROR_OUT_OF_MEMORY;
    }
    fill_specs(run->job, run->module, specs);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        params[i].name = param->name->text;
        params[i].kind = param->is_buffer ? VTG_PARAM_BUFFER : VTG_PARAM_VALUE;
        if (param->is_buffer) {
            params[i].access = access_of(param->access);
            params[i].stride = param->size;
        } else {
            params[i].size = param->size;
            params[i].offset = param->offset;
        }
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        if (param->length_in_block) {
            params[count++] = (VtgParam){.name = param->name->text,
                                         .kind = VTG_PARAM_LENGTH,
                                         .offset = param->length_offset,
                                         .of_param = i};
        }
    }
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.code_format = code->format;
    desc.code = code->bytes;
    desc.code_size = code->size;
    desc.entry = code->entry;
    desc.features = code->features;
    ir_workgroup(function, &run->job->specs, desc.workgroup_size);
    uint64_t shared = ir_shared_bytes(function, &run->job->specs);
    desc.shared_bytes = shared < UINT32_MAX ? (uint32_t)shared : UINT32_MAX;
    desc.subgroup_size = function->subgroup_size;
    desc.specs = specs;
    desc.spec_count = run->job->specs.count;
    desc.params = params;
    desc.param_count = count;
    desc.value_block_bytes = kernel->value_block_size;
    desc.value_block = code->value_block;
    VtgStatus status = vtg_kernel_create(run->device, &desc, &run->kernel);
    free(params);
    free(specs);
    return status;
}

static VtgStatus create_args(DeviceRun *run) {
    const ReflectKernel *kernel = run->job->kernel;
    run->buffers = calloc(kernel->param_count + 1, sizeof(VtgBuffer *));
    run->args = calloc(kernel->param_count + 1, sizeof(VtgArg));
    if (run->buffers == NULL || run->args == NULL) {
        return VTG_ERROR_OUT_OF_MEMORY;
    }
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < kernel->param_count && status == VTG_OK; i++) {
        const RunArg *arg = &run->job->args[i];
        if (!kernel->params[i].is_buffer) {
            run->args[i] = vtg_arg_value(arg->bytes, arg->size);
            continue;
        }
        VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
        desc.size_bytes = arg->size;
        desc.label = kernel->params[i].name->text;
        status = vtg_buffer_create(run->device, &desc, &run->buffers[i]);
        if (status == VTG_OK) {
            status = vtg_buffer_write(run->buffers[i], 0, arg->bytes, arg->size);
        }
        run->args[i] = vtg_arg_buffer(run->buffers[i]);
    }
    return status;
}

static VtgStatus restore(DeviceRun *run) {
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < run->job->kernel->param_count && status == VTG_OK; i++) {
        if (is_restored(&run->job->kernel->params[i])) {
            const RunArg *arg = &run->job->args[i];
            status = vtg_buffer_write(run->buffers[i], 0, arg->bytes, arg->size);
        }
    }
    return status;
}

static VtgStatus run_once(DeviceRun *run, uint64_t *nanoseconds) {
    RunJob *job = run->job;
    VtgEvent *event;
    VtgGrid grid = {job->grid[0], job->grid[1], job->grid[2]};
    uint64_t start = now();
    VtgStatus status =
        vtg_dispatch(run->device, run->kernel, grid, run->args, job->kernel->param_count, &event);
    if (status != VTG_OK) {
        return status;
    }
    status = vtg_event_wait(event, VTG_FOREVER);
    if (status == VTG_OK && nanoseconds != NULL) {
        VtgDispatchTiming timing;
        bool timed = vtg_event_timing(event, 0, &timing) == VTG_OK;
        *nanoseconds = timed ? timing.end_ns - timing.begin_ns : now() - start;
        job->host_clock |= !timed;
    }
    vtg_event_destroy(event);
    return status;
}

static VtgStatus read_back(DeviceRun *run) {
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < run->job->kernel->param_count && status == VTG_OK; i++) {
        if (is_written(&run->job->kernel->params[i])) {
            const RunArg *arg = &run->job->args[i];
            status = vtg_buffer_read(run->buffers[i], 0, arg->bytes, arg->size);
        }
    }
    return status;
}

static VtgStatus run_all(DeviceRun *run) {
    RunJob *job = run->job;
    VtgStatus status = create_args(run);
    job->host_clock = false;
    for (uint32_t i = 0; i < runs_of(job) && status == VTG_OK; i++) {
        status = i > 0 ? restore(run) : VTG_OK;
        if (status == VTG_OK) {
            status = run_once(run, job->nanoseconds != NULL ? &job->nanoseconds[i] : NULL);
        }
    }
    return status == VTG_OK ? read_back(run) : status;
}

VtgStatus run_kernel_made(VtgDevice *device, VtgKernel *kernel, RunJob *job) {
    DeviceRun run = {.device = device, .kernel = kernel, .job = job};
    VtgStatus status = job->profile_out != NULL ? vtg_profile_begin(device) : VTG_OK;
    status = status == VTG_OK ? run_all(&run) : status;
    if (job->profile_out != NULL && status == VTG_OK) {
        status = vtg_profile_write(device, VTG_PROFILE_TRACE, job->profile_out);
        status = status == VTG_OK ? vtg_profile_write(device, VTG_PROFILE_TABLE, NULL) : status;
    }
    for (uint32_t i = 0; run.buffers != NULL && i < job->kernel->param_count; i++) {
        vtg_buffer_destroy(run.buffers[i]);
    }
    free(run.buffers);
    free(run.args);
    return status;
}

VtgStatus run_kernel_device(VtgDevice *device, const IrModule *module, const DeviceCode *code,
                            RunJob *job) {
    DeviceRun run = {.device = device, .module = module, .job = job};
    VtgStatus status = create_kernel(&run, code);
    status = status == VTG_OK ? run_kernel_made(device, run.kernel, job) : status;
    vtg_kernel_destroy(run.kernel);
    return status;
}
