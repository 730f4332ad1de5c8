/* kernel.c: kernels: the checks of a descriptor against itself and against the device, and a copy of
 * what dispatches need to know of it. */
#include "rt.h"

#include <stdio.h>
#include <string.h>

void rt_kernel_ref(VtgKernel *kernel) {
    atomic_fetch_add(&kernel->refs, 1);
}

void rt_kernel_unref(VtgKernel *kernel) {
    if (!kernel || atomic_fetch_sub(&kernel->refs, 1) != 1) {
        return;
    }
    VtgDevice *device = kernel->device;
    VtgInstance *instance = device->instance;
    device->api->kernel_close(kernel);
    for (uint32_t i = 0; i < kernel->param_count && kernel->params; i++) {
        rt_text_free(instance, (char *)(uintptr_t)kernel->params[i].name);
    }
    rt_free(instance, kernel->params, kernel->param_count * sizeof *kernel->params);
    rt_text_free(instance, kernel->label);
    rt_free(instance, kernel, device->api->kernel_size);
    rt_device_unref(device);
}

static VtgStatus copy_params(VtgKernel *kernel, const VtgKernelDesc *desc) {
    const VtgInstance *instance = kernel->device->instance;
    kernel->param_count = desc->param_count;
    if (desc->param_count == 0) {
        return VTG_OK;
    }
    kernel->params = rt_alloc_array(instance, desc->param_count, sizeof *kernel->params);
    if (!kernel->params) {
        return rt_no_memory(instance, "kernel parameters");
    }
    for (uint32_t i = 0; i < desc->param_count; i++) {
        char number[16];
        snprintf(number, sizeof number, "#%u", i);
        const VtgParam *param = &desc->params[i];
        char *name;
        VtgStatus status = rt_text_copy(instance, param->name ? param->name : number, &name);
        if (status != VTG_OK) {
            return status;
        }
        kernel->params[i] = *param;
        kernel->params[i].name = name;
        kernel->buffer_count += param->kind == VTG_PARAM_BUFFER;
        kernel->arg_count += param->kind != VTG_PARAM_LENGTH;
    }
    return VTG_OK;
}

static VtgStatus check_param(const VtgKernel *kernel, uint32_t index, uint32_t block_bytes) {
    const VtgInstance *instance = kernel->device->instance;
    const VtgParam *param = &kernel->params[index];
    const char *wrong = NULL;
    uint32_t end = block_bytes; /* of what it takes of the block */
    uint32_t size = param->kind == VTG_PARAM_LENGTH ? 4 : param->size;
    switch (param->kind) {
    case VTG_PARAM_BUFFER:
        if (param->stride == 0) {
            wrong = "has no stride";
        } else if ((unsigned)param->access > VTG_ACCESS_WRITE) {
            wrong = "has an unknown access";
        }
        break;
    case VTG_PARAM_LENGTH:
        if (param->of_param >= kernel->param_count ||
            kernel->params[param->of_param].kind != VTG_PARAM_BUFFER) {
            wrong = "is the length of something that is no buffer";
        }
        end = param->offset;
        break;
    case VTG_PARAM_VALUE:
        if (param->size == 0) {
            wrong = "has no size";
        }
        end = param->offset;
        break;
    default:
        wrong = "has an unknown kind";
        break;
    }
    if (!wrong &&
        (end > block_bytes || (param->kind != VTG_PARAM_BUFFER && size > block_bytes - end))) {
        wrong = "does not lie in the value block";
    }
    if (!wrong && (param->reserved[0] != 0 || param->reserved[1] != 0)) {
        wrong = "uses a reserved field";
    }
    return wrong ? rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT, "kernel `%s`: parameter `%s` %s",
                           kernel->label, param->name, wrong)
                 : VTG_OK;
}

static VtgStatus check_features(const VtgKernel *kernel, uint64_t needs) {
    const VtgDeviceInfo *info = &kernel->device->adapter->info;
    const VtgInstance *instance = kernel->device->instance;
    uint64_t missing = needs & ~info->features;
    for (VtgFeature f = 0; f < 64; f++) {
        if (!(missing & VTG_FEATURE_BIT(f))) {
            continue;
        }
        if (f < VTG_FEATURE_COUNT) {
            rt_fail(instance, VTG_ERROR_UNSUPPORTED,
                    "kernel `%s` needs %s (%s), which device `%s` lacks", kernel->label,
                    vtg_feature_name(f), vtg_feature_text(f), info->name);
        } else {
            rt_fail(instance, VTG_ERROR_UNSUPPORTED,
                    "kernel `%s` needs feature %u, which this library does not know", kernel->label,
                    (unsigned)f);
        }
    }
    return missing ? VTG_ERROR_UNSUPPORTED : VTG_OK;
}

static VtgStatus check_limit(const VtgKernel *kernel, const char *what, uint64_t needs,
                             uint64_t limit) {
    if (needs > limit) {
        return rt_fail(kernel->device->instance, VTG_ERROR_LIMIT,
                       "kernel `%s`: %s: %llu, device `%s` takes %llu", kernel->label, what,
                       (unsigned long long)needs, kernel->device->adapter->info.name,
                       (unsigned long long)limit);
    }
    return VTG_OK;
}

/* Values are copied for each dispatch: what is beyond this is a mistake, and sums of sizes stay far from overflow. */
#define MOST_BLOCK_BYTES (UINT64_C(16) << 20)

static VtgStatus check_limits(const VtgKernel *kernel, const VtgKernelDesc *desc) {
    const VtgLimits *limits = &kernel->device->adapter->info.limits;
    const uint32_t *size = kernel->workgroup_size;
    const VtgValueBlock kind = desc->value_block;
    bool storage = kind == VTG_VALUES_STORAGE_BUFFER && kernel->block_bytes != 0;
    const struct {
        const char *what;
        uint64_t limit;
    } blocks[] = {
        [VTG_VALUES_PUSH_CONSTANTS] = {"bytes of values in push constants",
                                       limits->max_push_constant_bytes},
        [VTG_VALUES_UNIFORM_BUFFER] = {"bytes of values in a uniform buffer",
                                       limits->max_uniform_bytes},
        [VTG_VALUES_STORAGE_BUFFER] = {"bytes of values in a storage buffer",
                                       limits->max_binding_bytes},
    };
    const struct {
        const char *what;
        uint64_t needs, limit;
    } rows[] = {
        {"workgroup size along x", size[0], limits->max_workgroup_size[0]},
        {"workgroup size along y", size[1], limits->max_workgroup_size[1]},
        {"workgroup size along z", size[2], limits->max_workgroup_size[2]},
        {"invocations of a workgroup", (uint64_t)size[0] * size[1] * size[2],
         limits->max_workgroup_invocations},
        {"bytes of shared memory", desc->shared_bytes, limits->max_shared_bytes},
        {storage ? "buffer parameters and the values' buffer" : "buffer parameters",
         (uint64_t)kernel->buffer_count + storage, limits->max_kernel_buffers},
        {blocks[kind].what, kernel->block_bytes, blocks[kind].limit},
        {blocks[kind].what, kernel->block_bytes, MOST_BLOCK_BYTES},
    };
    VtgStatus status = VTG_OK;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && status == VTG_OK; i++) {
        status = check_limit(kernel, rows[i].what, rows[i].needs, rows[i].limit);
    }
    return status;
}

/* A device with one size has that one without any feature. */
static VtgStatus check_subgroup_size(const VtgKernel *kernel, uint32_t size) {
    const VtgDeviceInfo *info = &kernel->device->adapter->info;
    const VtgLimits *limits = &info->limits;
    bool is_only = size == limits->min_subgroup_size && size == limits->max_subgroup_size;
    if (size == 0 || is_only) {
        return VTG_OK;
    }
    if ((size & (size - 1)) != 0 || size < limits->min_subgroup_size ||
        size > limits->max_subgroup_size) {
        return rt_fail(kernel->device->instance, VTG_ERROR_UNSUPPORTED,
                       "kernel `%s` needs subgroups of %u, device `%s` has them of %u to %u",
                       kernel->label, size, info->name, limits->min_subgroup_size,
                       limits->max_subgroup_size);
    }
    return check_features(kernel, VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_SIZE_CONTROL));
}

static VtgStatus check(VtgKernel *kernel, const VtgKernelDesc *desc) {
    const VtgInstance *instance = kernel->device->instance;
    if (!desc->code || desc->code_size == 0) {
        return rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT, "kernel `%s`: no code", kernel->label);
    }
    if ((unsigned)desc->value_block > VTG_VALUES_STORAGE_BUFFER) {
        return rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT,
                       "kernel `%s`: unknown kind of value block", kernel->label);
    }
    for (uint32_t i = 0; i < desc->spec_count; i++) {
        uint32_t size = desc->specs[i].size;
        if (size != 2 && size != 4 && size != 8) {
            return rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT,
                           "kernel `%s`: specialisation constant %u has %u bytes, not 2, 4 or 8",
                           kernel->label, desc->specs[i].id, size);
        }
    }
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < kernel->param_count && status == VTG_OK; i++) {
        status = check_param(kernel, i, desc->value_block_bytes);
    }
    status = status == VTG_OK ? check_features(kernel, desc->features) : status;
    status = status == VTG_OK ? check_subgroup_size(kernel, desc->subgroup_size) : status;
    return status == VTG_OK ? check_limits(kernel, desc) : status;
}

VtgStatus vtg_kernel_create(VtgDevice *device, const VtgKernelDesc *given, VtgKernel **result) {
    if (!device || !given || !result) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    *result = NULL;
    VtgInstance *instance = device->instance;
    VtgKernelDesc desc = {0};
    VtgStatus status = rt_desc_read(instance, &desc, sizeof desc, given, "VtgKernelDesc");
    if (status != VTG_OK) {
        return status;
    }
    if ((desc.param_count != 0 && !desc.params) || (desc.spec_count != 0 && !desc.specs)) {
        return rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT,
                       "VtgKernelDesc: a count without an array");
    }
    desc.entry = desc.entry ? desc.entry : "main";
    VtgKernel *kernel = rt_alloc(instance, device->api->kernel_size);
    if (!kernel) {
        return rt_no_memory(instance, "a kernel");
    }
    atomic_init(&kernel->refs, 1);
    kernel->device = device;
    rt_device_ref(device);
    for (int i = 0; i < 3; i++) {
        kernel->workgroup_size[i] = desc.workgroup_size[i] ? desc.workgroup_size[i] : 1;
    }
    kernel->value_block = desc.value_block;
    kernel->block_bytes = desc.value_block_bytes; /* rounded once the limits have seen it */
    status = rt_text_copy(instance, desc.label ? desc.label : desc.entry, &kernel->label);
    status = status == VTG_OK ? copy_params(kernel, &desc) : status;
    status = status == VTG_OK ? check(kernel, &desc) : status;
    if (status == VTG_OK) {
        kernel->block_bytes = (kernel->block_bytes + 3) & ~(uint32_t)3;
        status = device->api->kernel_open(kernel, &desc);
    }
    if (status != VTG_OK) {
        rt_kernel_unref(kernel);
        return status;
    }
    *result = kernel;
    return VTG_OK;
}

void vtg_kernel_destroy(VtgKernel *kernel) {
    rt_kernel_unref(kernel);
}
