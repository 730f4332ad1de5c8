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
                         .entry = kernel->name->text};
    FEATURES_OF(spirv_needs, binary)
    return STATUS_FINE;
}

static Status make_opencl(Session *session, const VtgDeviceInfo *device, const IrFunction *kernel,
                          DeviceCode *code) {
    (void)device;
    Text text = {.arena = &session->arena};
    Status status = session_opencl(session, OPENCL_C_1_2, &text);
    if (status != STATUS_FINE) {
        return status;
    }
    *code = (DeviceCode){.format = VTG_CODE_OPENCL_C,
                         .bytes = text_get(&text),
                         .size = text.length,
                         .entry = opencl_kernel_name(&session->arena, session->module, kernel)};
    FEATURES_OF(opencl_needs, session->module)
    return STATUS_FINE;
}

static const struct {
    const char *api;
    Make *make;
} apis[] = {{"vulkan", make_vulkan}, {"opencl", make_opencl}};

bool device_code_exists(const char *api) {
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++) {
        if (strcmp(apis[i].api, api) == 0) {
            return true;
        }
    }
    return false;
}

Status device_code_make(Session *session, const VtgDeviceInfo *device, const IrFunction *kernel,
                        DeviceCode *code) {
    size_t i = 0;
    while (strcmp(apis[i].api, device->api) != 0) {
        i++;
    }
    return apis[i].make(session, device, kernel, code);
}
