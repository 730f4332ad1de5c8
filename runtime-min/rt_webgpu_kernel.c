/* rt_webgpu_kernel.c: WGSL to a pipeline with its layout. */
#include "rt_webgpu.h"

#include <stdio.h>
#include <string.h>

/* ---- Pipelines ---- */

/* The layout says what the code says, so that a binding which the code never touches may be given all the same. */
static bool make_layout(VtgDevice *device, const RwgpuPipelineDesc *desc, RwgpuPipeline *pipeline) {
    const VtgInstance *instance = device->instance;
    size_t size = (desc->binding_count + 1) * sizeof(WgpuLayoutEntry);
    WgpuLayoutEntry *entries = rt_alloc(instance, size);
    if (!entries) {
        return false;
    }
    for (uint32_t i = 0; i < desc->binding_count; i++) {
        entries[i].binding = i;
        entries[i].stages = WGPU_STAGE_COMPUTE;
        entries[i].buffer.type = desc->bindings[i];
    }
    const WgpuLayoutDesc layout = {
        .label = WGPU_TEXT(desc->label), .count = desc->binding_count, .items = entries};
    pipeline->layout =
        rwgpu_fn(device)->DeviceCreateBindGroupLayout(rwgpu_device(device)->handle, &layout);
    rt_free(instance, entries, size);
    return true;
}

static void make_handle(VtgDevice *device, const RwgpuPipelineDesc *desc, RwgpuPipeline *pipeline) {
    const RwgpuFunctions *fn = rwgpu_fn(device);
    WgpuHandle handle = rwgpu_device(device)->handle;
    const WgpuLayoutDesc layout_desc = {
        .label = WGPU_TEXT(desc->label), .count = 1, .items = &pipeline->layout};
    const WgpuWgsl code = {.chain = {.type = WGPU_CHAIN_WGSL}, .code = desc->code};
    const WgpuDesc module_desc = {.next = &code.chain, .label = WGPU_TEXT(desc->label)};
    WgpuHandle layout = fn->DeviceCreatePipelineLayout(handle, &layout_desc);
    WgpuHandle module = fn->DeviceCreateShaderModule(handle, &module_desc);
    const WgpuPipelineDesc pipeline_desc = {.label = WGPU_TEXT(desc->label),
                                            .layout = layout,
                                            .module = module,
                                            .entry = WGPU_TEXT(desc->entry),
                                            .constant_count = desc->constant_count,
                                            .constants = desc->constants};
    if (layout && module) {
        pipeline->handle = fn->DeviceCreateComputePipeline(handle, &pipeline_desc);
    }
    if (module) {
        fn->ShaderModuleRelease(module);
    }
    if (layout) {
        fn->PipelineLayoutRelease(layout);
    }
}

VtgStatus rwgpu_pipeline_make(VtgDevice *device, const RwgpuPipelineDesc *desc,
                              RwgpuPipeline *pipeline) {
    char what[256];
    snprintf(what, sizeof what, "kernel `%s`: the driver refused the code", desc->label);
    rwgpu_scope_begin(device);
    bool memory = make_layout(device, desc, pipeline);
    if (pipeline->layout) {
        make_handle(device, desc, pipeline);
    }
    VtgStatus status = rwgpu_scope_end(device, VTG_ERROR_BAD_KERNEL, what);
    if (!memory) {
        status = rt_no_memory(device->instance, "a kernel's layout");
    } else if (status == VTG_OK && !pipeline->handle) {
        status = rt_fail(device->instance, VTG_ERROR_DRIVER, "%s", what);
    }
    if (status != VTG_OK) { /* what is there is not valid */
        rwgpu_pipeline_close(device, pipeline);
    }
    return status;
}

void rwgpu_pipeline_close(VtgDevice *device, RwgpuPipeline *pipeline) {
    if (pipeline->handle) {
        rwgpu_fn(device)->ComputePipelineRelease(pipeline->handle);
    }
    if (pipeline->layout) {
        rwgpu_fn(device)->BindGroupLayoutRelease(pipeline->layout);
    }
    *pipeline = (RwgpuPipeline){NULL, NULL};
}

/* ---- Kernels ---- */

static double float_of_half(uint64_t bits) {
    const uint32_t exponent = (uint32_t)(bits >> 10) & 31, part = (uint32_t)bits & 1023;
    double value = exponent == 0 ? part : part + 1024.0;
    for (uint32_t i = exponent == 0 ? 1 : exponent; i < 25; i++) {
        value /= 2.0;
    }
    for (uint32_t i = 25; i < exponent; i++) {
        value *= 2.0;
    }
    return (bits >> 15) & 1 ? -value : value;
}

/* WebGPU takes a number and makes it what the constant is. */
static double number_of(const VtgSpecConstant *spec) {
    const uint32_t word = (uint32_t)spec->value;
    float wide;
    switch (spec->kind) {
    case VTG_SPEC_SIGNED:
        return (double)word - (word >> 31 ? 4294967296.0 : 0.0);
    case VTG_SPEC_FLOAT:
        memcpy(&wide, &word, sizeof wide);
        return spec->size == 2 ? float_of_half(spec->value) : (double)wide;
    default:
        return (double)word;
    }
}

enum { DIGITS = 12 };

typedef struct Scratch {
    WgpuConstant *constants;
    char (*keys)[DIGITS];
    uint32_t *bindings;
} Scratch;

static VtgStatus make(RwgpuKernel *kernel, const VtgKernelDesc *desc, const Scratch *scratch) {
    VtgDevice *device = kernel->base.device;
    for (uint32_t i = 0; i < desc->spec_count; i++) {
        if (desc->specs[i].size == 8) {
            return rt_fail(device->instance, VTG_ERROR_UNSUPPORTED,
                           "kernel `%s`: WGSL has no specialisation constants of 8 bytes",
                           kernel->base.label);
        }
        snprintf(scratch->keys[i], DIGITS, "%u", desc->specs[i].id);
        scratch->constants[i] =
            (WgpuConstant){.key = WGPU_TEXT(scratch->keys[i]), .value = number_of(&desc->specs[i])};
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < kernel->base.param_count; i++) {
        const VtgParam *param = &kernel->base.params[i];
        if (param->kind == VTG_PARAM_BUFFER) {
            scratch->bindings[count++] =
                param->access == VTG_ACCESS_READ ? WGPU_BINDING_READ_ONLY : WGPU_BINDING_STORAGE;
        }
    }
    if (kernel->base.block_bytes != 0) {
        scratch->bindings[count++] = kernel->base.value_block == VTG_VALUES_UNIFORM_BUFFER
                                         ? WGPU_BINDING_UNIFORM
                                         : WGPU_BINDING_READ_ONLY;
    }
    const RwgpuPipelineDesc pipeline = {.label = kernel->base.label,
                                        .code = {desc->code, desc->code_size},
                                        .entry = desc->entry,
                                        .constants = scratch->constants,
                                        .constant_count = desc->spec_count,
                                        .bindings = scratch->bindings,
                                        .binding_count = count};
    rwgpu_lock(device);
    VtgStatus status = rwgpu_pipeline_make(device, &pipeline, &kernel->pipeline);
    rwgpu_unlock(device);
    return status;
}

VtgStatus rwgpu_kernel_open(VtgKernel *base, const VtgKernelDesc *desc) {
    RwgpuKernel *kernel = (RwgpuKernel *)base;
    const VtgInstance *instance = base->device->instance;
    if (desc->code_format != VTG_CODE_WGSL) {
        return rt_fail(instance, VTG_ERROR_UNSUPPORTED, "kernel `%s`: WebGPU takes WGSL",
                       base->label);
    }
    if (base->block_bytes != 0 && base->value_block == VTG_VALUES_PUSH_CONSTANTS) {
        return rt_fail(instance, VTG_ERROR_UNSUPPORTED, "kernel `%s`: WebGPU has no push constants",
                       base->label);
    }
    size_t specs = desc->spec_count + (size_t)1, bindings = base->buffer_count + (size_t)1;
    Scratch scratch = {rt_alloc_array(instance, specs, sizeof *scratch.constants),
                       rt_alloc_array(instance, specs, sizeof *scratch.keys),
                       rt_alloc_array(instance, bindings, sizeof *scratch.bindings)};
    VtgStatus status = scratch.constants && scratch.keys && scratch.bindings
                           ? make(kernel, desc, &scratch)
                           : rt_no_memory(instance, "a kernel");
    rt_free(instance, scratch.constants, specs * sizeof *scratch.constants);
    rt_free(instance, scratch.keys, specs * sizeof *scratch.keys);
    rt_free(instance, scratch.bindings, bindings * sizeof *scratch.bindings);
    return status;
}

void rwgpu_kernel_close(VtgKernel *base) {
    rwgpu_lock(base->device);
    rwgpu_pipeline_close(base->device, &((RwgpuKernel *)base)->pipeline);
    rwgpu_unlock(base->device);
}
