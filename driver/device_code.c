/* See device_code.h. */
#include "driver/device_code.h"

#include <string.h>

#include "backend-opencl/opencl.h"

typedef Status Make(Session *session, const VtgDeviceInfo *device, const IrFunction *kernel,
                    DeviceCode *code);

/* The features by whose names `needs` finds that the code needs them. */
#define FEATURES_OF(needs, subject)                                                                \
    for (int feature = 0; feature < VTG_FEATURE_COUNT; feature++) {                                \
        const char *name = vtg_feature_name((VtgFeature)feature);                                  \
        if (name != NULL && needs(subject, name)) {                                                \
            code->features |= VTG_FEATURE_BIT(feature);                                            \
        }                                                                                          \
    }

static Status make_vulkan(Session *session, const VtgDeviceInfo *device, const IrFunction *kernel,
                          DeviceCode *code) {
    SpirvBinary binary;
    session->options.reconvergence =
        (device->features & VTG_FEATURE_BIT(VTG_FEATURE_MAXIMAL_RECONVERGENCE)) != 0;
    Status status = session_spirv(session, SPIRV_VULKAN_1_1, &binary);
    if (status != STATUS_FINE) {
        return status;
    }
    *code = (DeviceCode){.format = VTG_CODE_SPIRV,
                         .bytes = binary.words,
                         .size = binary.count * sizeof *binary.words,
                         .entry = kernel->name->text,
                         .kernel = ir_reflect(&session->arena, kernel)};
    code->value_block =
        code->kernel->values_in_buffer ? VTG_VALUES_STORAGE_BUFFER : VTG_VALUES_PUSH_CONSTANTS;
    FEATURES_OF(spirv_needs, binary)
    return STATUS_FINE;
}

static Status make_opencl(Session *session, const VtgDeviceInfo *device, const IrFunction *kernel,
                          DeviceCode *code) {
    (void)device;
    Text text = {.arena = &session->arena};
    ReflectKernel *reflected = ir_reflect(&session->arena, kernel);
    ir_reflect_all_lengths(reflected); /* OpenCL C has no length of a buffer: each is an argument */
    Status status = session_opencl(session, OPENCL_C_1_2, &text);
    if (status != STATUS_FINE) {
        return status;
    }
    *code = (DeviceCode){.format = VTG_CODE_OPENCL_C,
                         .bytes = text_get(&text),
                         .size = text.length,
                         .entry = opencl_kernel_name(&session->arena, session->module, kernel),
                         .kernel = reflected,
                         .value_block = VTG_VALUES_PUSH_CONSTANTS};
    FEATURES_OF(opencl_needs, session->module)
    return STATUS_FINE;
}

/* Every length is handed over, so that buffers may be empty. */
static Status make_webgpu(Session *session, const VtgDeviceInfo *device, const IrFunction *kernel,
                          DeviceCode *code) {
    (void)device;
    Text text = {.arena = &session->arena};
    WgslFacts facts;
    session->options.value_lengths = true;
    ReflectKernel *reflected = ir_reflect(&session->arena, kernel); /* as the source has it */
    Status status = session_wgsl(session, &text, &facts);
    if (status != STATUS_FINE) {
        return status;
    }
    ir_reflect_all_lengths(reflected);
    for (uint32_t i = 0; i < reflected->param_count; i++) { /* `read` has no atomics */
        reflected->params[i].access |=
            reflected->params[i].type->has_atomic ? REFLECT_READ | REFLECT_WRITE : 0;
    }
    *code = (DeviceCode){.format = VTG_CODE_WGSL,
                         .bytes = text_get(&text),
                         .size = text.length,
                         .entry = facts.entry,
                         .kernel = reflected,
                         .value_block = wgsl_fits_uniform(reflected) ? VTG_VALUES_UNIFORM_BUFFER
                                                                     : VTG_VALUES_STORAGE_BUFFER};
    code->features = (facts.f16 ? VTG_FEATURE_BIT(VTG_FEATURE_FLOAT16) : 0) |
                     (facts.subgroups ? VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_BASIC) : 0);
    return STATUS_FINE;
}

static const struct {
    const char *api;
    Make *make;
    const IrPass *const *leave_out; /* of the pipeline that all targets share; NULL: nothing */
} apis[] = {
    {"vulkan", make_vulkan, NULL},
    {"opencl", make_opencl, NULL},
    {"webgpu", make_webgpu, wgsl_leave_out},
};

bool device_code_exists(const char *api) {
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++) {
        if (strcmp(apis[i].api, api) == 0) {
            return true;
        }
    }
    return false;
}

static size_t row_of(const VtgDeviceInfo *device) {
    size_t i = 0;
    while (strcmp(apis[i].api, device->api) != 0) {
        i++;
    }
    return i;
}

/* What is left out does what such a device does by itself. Vulkan has subgroups, and the text of OpenCL C chooses itself. */
void device_code_prepare(Session *session, const VtgDeviceInfo *device) {
    bool zeroes = (device->features & VTG_FEATURE_BIT(VTG_FEATURE_ZERO_INIT_SHARED)) != 0;
    bool subgroups = (device->features & VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_BASIC)) != 0;
    session->options.leave_out = zeroes ? apis[row_of(device)].leave_out : NULL;
    session->options.no_subgroups = apis[row_of(device)].make == make_webgpu && !subgroups;
}

Status device_code_make(Session *session, const VtgDeviceInfo *device, const IrFunction *kernel,
                        DeviceCode *code) {
    return apis[row_of(device)].make(session, device, kernel, code);
}
