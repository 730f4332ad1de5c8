/* See device_code.h. */
#include "driver/device_code.h"

#include <string.h>

#include "backend-opencl/opencl.h"

typedef Status Make(Session *session, unsigned version, const IrFunction *kernel, DeviceCode *code);

/* The features by whose names `needs` finds that the code needs them. */
#define FEATURES_OF(needs, subject)                                                                \
    for (int feature = 0; feature < VTG_FEATURE_COUNT; feature++) {                                \
        const char *name = vtg_feature_name((VtgFeature)feature);                                  \
        if (name != NULL && needs(subject, name)) {                                                \
            code->features |= VTG_FEATURE_BIT(feature);                                            \
        }                                                                                          \
    }

static Status make_vulkan(Session *session, unsigned version, const IrFunction *kernel,
                          DeviceCode *code) {
    SpirvBinary binary;
    Status status = session_spirv(session, (SpirvTarget)version, &binary);
    if (status != STATUS_FINE) {
        return status;
    }
    *code = (DeviceCode){.format = VTG_CODE_SPIRV,
                         .bytes = binary.words,
                         .size = binary.count * sizeof *binary.words,
                         .entry = kernel->name->text,
                         .kernel = ir_reflect(&session->arena, kernel),
                         .api_version = 1u << 16 | (1 + version)};
    code->value_block =
        code->kernel->values_in_buffer ? VTG_VALUES_STORAGE_BUFFER : VTG_VALUES_PUSH_CONSTANTS;
    FEATURES_OF(spirv_needs, binary)
    return STATUS_FINE;
}

static Status make_opencl(Session *session, unsigned version, const IrFunction *kernel,
                          DeviceCode *code) {
    static const uint32_t versions[] = {
        [OPENCL_C_1_2] = 1 << 16 | 2, [OPENCL_C_2_0] = 2 << 16, [OPENCL_C_3_0] = 3 << 16};
    Text text = {.arena = &session->arena};
    ReflectKernel *reflected = ir_reflect(&session->arena, kernel);
    ir_reflect_all_lengths(reflected); /* OpenCL C has no length of a buffer: each is an argument */
    Status status = session_opencl(session, (OpenclVersion)version, &text);
    if (status != STATUS_FINE) {
        return status;
    }
    *code = (DeviceCode){.format = VTG_CODE_OPENCL_C,
                         .bytes = text_get(&text),
                         .size = text.length,
                         .entry = opencl_kernel_name(&session->arena, session->module, kernel),
                         .kernel = reflected,
                         .value_block = VTG_VALUES_PUSH_CONSTANTS,
                         .api_version = versions[version]};
    FEATURES_OF(opencl_needs, session->module)
    return STATUS_FINE;
}

/* Every length is handed over, so that buffers may be empty. */
static Status make_webgpu(Session *session, unsigned version, const IrFunction *kernel,
                          DeviceCode *code) {
    (void)version;
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

/* Metal asks for no features: every device that the runtime would take has what MSL can say. */
static Status make_metal(Session *session, unsigned version, const IrFunction *kernel,
                         DeviceCode *code) {
    static const uint32_t versions[] = {
        [MSL_2_4] = 2 << 16 | 4, [MSL_3_0] = 3 << 16, [MSL_3_1] = 3 << 16 | 1};
    Text text = {.arena = &session->arena};
    Status status = session_msl(session, (MslVersion)version, &text);
    if (status != STATUS_FINE) {
        return status;
    }
    ReflectKernel *reflected = ir_reflect(&session->arena, kernel);
    *code = (DeviceCode){.format = VTG_CODE_MSL,
                         .bytes = text_get(&text),
                         .size = text.length,
                         .entry = msl_kernel_name(&session->arena, kernel),
                         .kernel = reflected,
                         .value_block = reflected->values_in_buffer ? VTG_VALUES_STORAGE_BUFFER
                                                                    : VTG_VALUES_UNIFORM_BUFFER,
                         .api_version = versions[version]};
    return STATUS_FINE;
}

static const struct {
    Make *make;
    const IrPass *const *leave_out; /* of the pipeline that all targets share; NULL: nothing */
} writers[] = {
    [WRITER_SPIRV] = {make_vulkan, NULL},
    [WRITER_OPENCL] = {make_opencl, NULL},
    [WRITER_WGSL] = {make_webgpu, wgsl_leave_out},
    [WRITER_MSL] = {make_metal, NULL},
};

bool target_code_exists(const Target *target) {
    return target->writer < sizeof writers / sizeof *writers &&
           writers[target->writer].make != NULL;
}

void target_code_prepare(SessionOptions *options, const Target *target) {
    options->leave_out = writers[target->writer].leave_out;
}

Status target_code_make(Session *session, const Target *target, const IrFunction *kernel,
                        DeviceCode *code) {
    return writers[target->writer].make(session, target->version, kernel, code);
}

/* ---- for a device ---- */

/* What the devices of an API run: the first target of the writer. */
static const struct {
    const char *api;
    Writer writer;
} apis[] = {
    {"vulkan", WRITER_SPIRV},
    {"opencl", WRITER_OPENCL},
    {"webgpu", WRITER_WGSL},
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

static bool has(const VtgDeviceInfo *device, VtgFeature feature) {
    return (device->features & VTG_FEATURE_BIT(feature)) != 0;
}

/* What is left out does what such a device does by itself. Vulkan has subgroups, and the text of OpenCL C chooses itself. */
void device_code_prepare(Session *session, const VtgDeviceInfo *device) {
    Writer writer = apis[row_of(device)].writer;
    session->options.leave_out =
        has(device, VTG_FEATURE_ZERO_INIT_SHARED) ? writers[writer].leave_out : NULL;
    session->options.no_subgroups =
        writer == WRITER_WGSL && !has(device, VTG_FEATURE_SUBGROUP_BASIC);
}

Status device_code_make(Session *session, const VtgDeviceInfo *device, const IrFunction *kernel,
                        DeviceCode *code) {
    const Target *target = targets;
    while (target->writer != apis[row_of(device)].writer) {
        target++;
    }
    session->options.reconvergence = has(device, VTG_FEATURE_MAXIMAL_RECONVERGENCE);
    return target_code_make(session, target, kernel, code);
}
