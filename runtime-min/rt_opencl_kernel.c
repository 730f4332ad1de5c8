/* rt_opencl_kernel.c: OpenCL C, or SPIR-V where the device takes it, to a kernel. */
#include "rt_opencl.h"

#include <stdio.h>
#include <string.h>

/* The compiler's own words, as far as a log line should go. */
static VtgStatus build_failed(const RoclKernel *kernel, cl_int error) {
    VtgDevice *device = kernel->base.device;
    const VtgInstance *instance = device->instance;
    size_t size = 0;
    rocl_fn(device)->GetProgramBuildInfo(kernel->program, rocl_adapter(device)->device,
                                         CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    char *words = size > 1 ? rt_alloc(instance, size + 1) : NULL;
    if (words) {
        rocl_fn(device)->GetProgramBuildInfo(kernel->program, rocl_adapter(device)->device,
                                             CL_PROGRAM_BUILD_LOG, size, words, NULL);
        rt_log(instance, VTG_LOG_WARNING, "kernel `%s`: %s", kernel->base.label, words);
    }
    VtgStatus status = rocl_fail(instance, error, "clBuildProgram");
    if (words) { /* the last error is what people are shown */
        status = rt_fail(instance, status, "kernel `%s`: the driver refused the code: %s",
                         kernel->base.label, words);
    }
    rt_free(instance, words, size + 1);
    return status;
}

/* Whether SPIR-V has the constant: what a kernel does not use is not in its code, and drivers refuse what is not. Other code
 * is not looked into. */
static bool has_spec(const VtgKernelDesc *desc, uint32_t id) {
    enum { MAGIC = 0x07230203, HEADER_WORDS = 5, DECORATE = 71, SPEC_ID = 1 };
    size_t count = desc->code_size / 4, length;
    uint32_t magic = 0;
    memcpy(&magic, desc->code, count > 0 ? sizeof magic : 0);
    if (magic != MAGIC) {
        return true;
    }
    for (size_t at = HEADER_WORDS; at < count; at += length) {
        uint32_t words[4] = {0};
        size_t left = count - at < 4 ? count - at : 4;
        memcpy(words, (const char *)desc->code + at * 4, left * 4);
        length = words[0] >> 16;
        if (length == 4 && (words[0] & 0xffff) == DECORATE && words[2] == SPEC_ID &&
            words[3] == id) {
            return true;
        }
        length += length == 0;
    }
    return false;
}

/* Specialisation constants of SPIR-V are set by number, before the program is built. */
static VtgStatus set_specs(RoclKernel *kernel, const VtgKernelDesc *desc) {
    VtgDevice *device = kernel->base.device;
    const RoclFunctions *fn = rocl_fn(device);
    if (desc->spec_count > 0 && !fn->SetProgramSpecializationConstant) {
        return rt_fail(device->instance, VTG_ERROR_UNSUPPORTED,
                       "kernel `%s` has specialization constants, which need OpenCL 2.2",
                       kernel->base.label);
    }
    for (uint32_t i = 0; i < desc->spec_count; i++) {
        const VtgSpecConstant *spec = &desc->specs[i];
        if (!has_spec(desc, spec->id)) {
            continue;
        }
        cl_int error = fn->SetProgramSpecializationConstant(kernel->program, spec->id, spec->size,
                                                            &spec->value);
        if (error != CL_SUCCESS) {
            return rocl_fail(device->instance, error, "clSetProgramSpecializationConstant");
        }
    }
    return VTG_OK;
}

/* Those of OpenCL C are macros: VTG_SPEC_7 for id 7, with the value's bits. */
static VtgStatus build(RoclKernel *kernel, const VtgKernelDesc *desc) {
    enum { ROOM = 48 }; /* "-D VTG_SPEC_4294967295=0x0123456789abcdefUL " */
    VtgDevice *device = kernel->base.device;
    const VtgInstance *instance = device->instance;
    size_t size = (size_t)desc->spec_count * ROOM + 1, length = 0;
    char *options = rt_alloc(instance, size);
    if (!options) {
        return rt_no_memory(instance, "build options");
    }
    bool is_text = desc->code_format == VTG_CODE_OPENCL_C;
    for (uint32_t i = 0; is_text && i < desc->spec_count; i++) {
        const VtgSpecConstant *spec = &desc->specs[i];
        bool wide = spec->size == 8;
        uint64_t bits = wide ? spec->value : spec->value & UINT32_MAX;
        length += (size_t)snprintf(options + length, size - length, "-D VTG_SPEC_%u=0x%llx%s ",
                                   spec->id, (unsigned long long)bits, wide ? "UL" : "U");
    }
    cl_int error = rocl_fn(device)->BuildProgram(kernel->program, 1, &rocl_adapter(device)->device,
                                                 options, NULL, NULL);
    rt_free(instance, options, size);
    return error == CL_SUCCESS ? VTG_OK : build_failed(kernel, error);
}

static VtgStatus make_program(RoclKernel *kernel, const VtgKernelDesc *desc) {
    VtgDevice *device = kernel->base.device;
    const RoclFunctions *fn = rocl_fn(device);
    cl_context context = rocl_device(device)->context;
    const char *text = desc->code;
    cl_int error;
    switch (desc->code_format) {
    case VTG_CODE_OPENCL_C:
        kernel->program = fn->CreateProgramWithSource(context, 1, &text, &desc->code_size, &error);
        break;
    case VTG_CODE_SPIRV_OPENCL:
        if (!rocl_adapter(device)->create_from_il) {
            return rt_fail(device->instance, VTG_ERROR_UNSUPPORTED,
                           "kernel `%s` is SPIR-V, which device `%s` does not take",
                           kernel->base.label, device->adapter->info.name);
        }
        kernel->program =
            rocl_adapter(device)->create_from_il(context, desc->code, desc->code_size, &error);
        break;
    default:
        return rt_fail(device->instance, VTG_ERROR_UNSUPPORTED,
                       "kernel `%s`: OpenCL takes OpenCL C, and its own SPIR-V",
                       kernel->base.label);
    }
    if (error != CL_SUCCESS) {
        kernel->program = NULL;
        return rocl_fail(device->instance, error, "clCreateProgram");
    }
    return VTG_OK;
}

VtgStatus rocl_kernel_open(VtgKernel *base, const VtgKernelDesc *desc) {
    RoclKernel *kernel = (RoclKernel *)base;
    VtgStatus status = make_program(kernel, desc);
    if (status == VTG_OK && desc->code_format == VTG_CODE_SPIRV_OPENCL) {
        status = set_specs(kernel, desc);
    }
    status = status == VTG_OK ? build(kernel, desc) : status;
    if (status != VTG_OK) {
        return status;
    }
    cl_int error;
    kernel->handle = rocl_fn(base->device)->CreateKernel(kernel->program, desc->entry, &error);
    if (error != CL_SUCCESS) {
        kernel->handle = NULL;
        return rocl_fail(base->device->instance, error, "clCreateKernel");
    }
    return VTG_OK;
}

void rocl_kernel_close(VtgKernel *base) {
    RoclKernel *kernel = (RoclKernel *)base;
    const RoclFunctions *fn = rocl_fn(base->device);
    if (kernel->handle) {
        fn->ReleaseKernel(kernel->handle);
    }
    if (kernel->program) {
        fn->ReleaseProgram(kernel->program);
    }
}
