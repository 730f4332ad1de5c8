/* rt_metal_kernel.c: MSL to pipelines, with fast math off, as the language wants it. */
#include "rt_metal.h"

#include <string.h>

static VtgStatus bad(const VtgKernel *kernel, const char *what, Id error) {
    const RmtlContext *context = rmtl_context(kernel->device);
    return rt_fail(kernel->device->instance, VTG_ERROR_BAD_KERNEL, "kernel `%s`: %s: %s",
                   kernel->label, what, rmtl_error_text(context, error));
}

/* The MTLDataType of function constant `id`, from what the function says of itself; 0: it has none. */
static NsUint constant_type(const RmtlContext *context, Id function, uint32_t id) {
    Id all = RMTL0(context, Id, function, functionConstantsDictionary);
    Id list = all ? RMTL0(context, Id, all, allValues) : NULL;
    NsUint count = list ? RMTL0(context, NsUint, list, count) : 0;
    for (NsUint i = 0; i < count; i++) {
        Id constant = RMTL(context, Id, (NsUint), list, objectAtIndex, (NsUint)i);
        if (RMTL0(context, NsUint, constant, index) == id) {
            return RMTL0(context, NsUint, constant, type);
        }
    }
    return 0;
}

/* The function with its constants set; one that the code does not have is no error. */
static VtgStatus make_function(const VtgKernel *kernel, const VtgKernelDesc *desc, Id library,
                               Id name, Id *function) {
    const RmtlContext *context = rmtl_context(kernel->device);
    *function = RMTL(context, Id, (Id), library, newFunction, name);
    if (!*function) {
        return bad(kernel, "the code has no such kernel", NULL);
    }
    if (desc->spec_count == 0) {
        return VTG_OK;
    }
    Id values = rmtl_make(context, "MTLFunctionConstantValues");
    for (uint32_t i = 0; i < desc->spec_count && values; i++) {
        NsUint type = constant_type(context, *function, desc->specs[i].id);
        if (type != 0) { /* little-endian, as all of Apple's machines are */
            RMTL(context, void, (const void *, NsUint, NsUint), values, setConstantValue,
                 (const void *)&desc->specs[i].value, type, (NsUint)desc->specs[i].id);
        }
    }
    rmtl_release(context, *function);
    Id error = NULL;
    *function =
        RMTL(context, Id, (Id, Id, Id *), library, newFunctionWithConstants, name, values, &error);
    rmtl_release(context, values);
    return *function ? VTG_OK : bad(kernel, "its constants were refused", error);
}

static VtgStatus make_pipeline(RmtlKernel *kernel, Id function) {
    const VtgKernel *base = &kernel->base;
    const RmtlContext *context = rmtl_context(base->device);
    const uint32_t *size = base->workgroup_size;
    NsUint threads = (NsUint)size[0] * size[1] * size[2];
    Id desc = rmtl_make(context, "MTLComputePipelineDescriptor");
    Id label = rmtl_text(context, base->label, strlen(base->label));
    Id error = NULL;
    if (desc) {
        RMTL(context, void, (Id), desc, setComputeFunction, function);
        RMTL(context, void, (NsUint), desc, setMaxTotalThreads, threads);
        RMTL(context, void, (Id), desc, setLabel, label);
        kernel->pipeline = RMTL(context, Id, (Id, NsUint, Id *, Id *), rmtl_id(base->device),
                                newPipeline, desc, (NsUint)0, (Id *)NULL, &error);
    }
    rmtl_release(context, label);
    rmtl_release(context, desc);
    if (!kernel->pipeline) {
        return bad(base, "no pipeline", error);
    }
    NsUint most = RMTL0(context, NsUint, kernel->pipeline, maxTotalThreads);
    return most >= threads
               ? VTG_OK
               : rt_fail(base->device->instance, VTG_ERROR_LIMIT,
                         "kernel `%s`: workgroups of %lu, device `%s` takes %lu of this kernel",
                         base->label, threads, base->device->adapter->info.name, most);
}

static VtgStatus make(RmtlKernel *kernel, const VtgKernelDesc *desc) {
    const RmtlContext *context = rmtl_context(kernel->base.device);
    Id options = rmtl_make(context, "MTLCompileOptions");
    Id source = rmtl_text(context, desc->code, desc->code_size);
    Id name = rmtl_text(context, desc->entry, strlen(desc->entry));
    Id error = NULL, library = NULL, function = NULL;
    VtgStatus status = VTG_ERROR_OUT_OF_MEMORY;
    if (options && source && name) {
        RMTL(context, void, (signed char), options, setFastMathEnabled, (signed char)0);
        library = RMTL(context, Id, (Id, Id, Id *), rmtl_id(kernel->base.device), newLibrary,
                       source, options, &error);
        status = library ? make_function(&kernel->base, desc, library, name, &function)
                         : bad(&kernel->base, "the compiler refused the code", error);
    }
    if (status == VTG_OK) {
        status = make_pipeline(kernel, function);
    }
    rmtl_release(context, function);
    rmtl_release(context, library);
    rmtl_release(context, name);
    rmtl_release(context, source);
    rmtl_release(context, options);
    return status;
}

VtgStatus rmtl_kernel_open(VtgKernel *base, const VtgKernelDesc *desc) {
    const RmtlContext *context = rmtl_context(base->device);
    if (desc->code_format != VTG_CODE_MSL) {
        return rt_fail(base->device->instance, VTG_ERROR_UNSUPPORTED,
                       "kernel `%s`: Metal takes MSL and nothing else", base->label);
    }
    void *pool = context->fn.objc_autoreleasePoolPush();
    VtgStatus status = make((RmtlKernel *)base, desc);
    context->fn.objc_autoreleasePoolPop(pool);
    return status;
}

void rmtl_kernel_close(VtgKernel *base) {
    rmtl_release(rmtl_context(base->device), ((RmtlKernel *)base)->pipeline);
}
