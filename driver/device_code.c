/* See device_code.h. */
#include "driver/device_code.h"

#include <string.h>

#include "backend-opencl/opencl.h"
#include "driver/report.h"
#include "ir/base/fatal.h"

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

/* The arguments of OpenCL C, SPIR-V and LLVM IR are the same. `kernel` is as the source has it: it is asked before the code is
 * written. */
static DeviceCode opencl_code(Session *session, const IrFunction *kernel, VtgCodeFormat format,
                              uint32_t api_version) {
    ReflectKernel *reflected = ir_reflect(&session->arena, kernel);
    ir_reflect_all_lengths(reflected); /* OpenCL has no length of a buffer: each is an argument */
    return (DeviceCode){.format = format,
                        .kernel = reflected,
                        .value_block = VTG_VALUES_PUSH_CONSTANTS,
                        .api_version = api_version};
}

/* `status` is that of writing the text. */
static Status opencl_written(Session *session, const IrFunction *kernel, Status status, Text *text,
                             DeviceCode *code) {
    if (status == STATUS_FINE) {
        code->bytes = text_get(text);
        code->size = text->length;
        code->entry = opencl_kernel_name(&session->arena, session->module, kernel);
        FEATURES_OF(opencl_needs, session->module)
    }
    return status;
}

static Status make_opencl(Session *session, unsigned version, const IrFunction *kernel,
                          DeviceCode *code) {
    static const uint32_t versions[] = {
        [OPENCL_C_1_2] = 1 << 16 | 2, [OPENCL_C_2_0] = 2 << 16, [OPENCL_C_3_0] = 3 << 16};
    Text text = {.arena = &session->arena};
    *code = opencl_code(session, kernel, VTG_CODE_OPENCL_C, versions[version]);
    Status status = session_opencl(session, (OpenclVersion)version, &text);
    return opencl_written(session, kernel, status, &text, code);
}

static const uint32_t il_versions[] = {[OPENCL_SPIRV_1_0] = 2 << 16 | 1,
                                       [OPENCL_SPIRV_1_2] = 2 << 16 | 2,
                                       [OPENCL_SPIRV_1_4] = 3 << 16};

static Status make_opencl_spirv(Session *session, unsigned version, const IrFunction *kernel,
                                DeviceCode *code) {
    Text text = {.arena = &session->arena};
    *code = opencl_code(session, kernel, VTG_CODE_SPIRV_OPENCL, il_versions[version]);
    Status status = session_opencl_spirv(session, (OpenclSpirvVersion)version, &text);
    return opencl_written(session, kernel, status, &text, code);
}

static Status make_llvm(Session *session, unsigned version, const IrFunction *kernel,
                        DeviceCode *code) {
    Text text = {.arena = &session->arena};
    *code = opencl_code(session, kernel, VTG_CODE_SPIRV_OPENCL, il_versions[version]);
    Status status = session_llvm(session, (OpenclSpirvVersion)version, &text);
    return opencl_written(session, kernel, status, &text, code);
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
    bool no_subgroups;              /* nobody knows whether the device has what it takes */
    bool narrow;                    /* one view of a buffer: no accesses of several elements */
} writers[] = {
    [WRITER_SPIRV] = {make_vulkan, NULL, false, false},
    [WRITER_OPENCL] = {make_opencl, NULL, false, false},
    [WRITER_OPENCL_SPIRV] = {make_opencl_spirv, NULL, true, false},
    [WRITER_LLVM] = {make_llvm, NULL, true, false},
    [WRITER_WGSL] = {make_webgpu, wgsl_leave_out, false, true},
    [WRITER_MSL] = {make_metal, NULL, false, true},
};

bool target_code_exists(const Target *target) {
    return target->writer < sizeof writers / sizeof *writers &&
           writers[target->writer].make != NULL;
}

void target_code_prepare(SessionOptions *options, const Target *target) {
    options->leave_out = writers[target->writer].leave_out;
    options->no_subgroups |= writers[target->writer].no_subgroups;
    options->narrow = writers[target->writer].narrow;
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

/* What a device says that it takes besides: the first that it does is the best. */
static const struct {
    const char *target, *il;
    bool by_name; /* only where it is asked for */
} il_targets[] = {
    {"opencl2.2", "SPIR-V_1.2", false},
    {"opencl2.1", "SPIR-V_1.0", false},
    {"opencl3.0", "SPIR-V_1.4", true},
    {"llvm-ir", "LLVM-IR", true},
};
enum { IL_TARGETS = sizeof il_targets / sizeof *il_targets };

static bool takes_il(const VtgDeviceInfo *device, const char *il) {
    return device->il_versions != NULL && strstr(device->il_versions, il) != NULL;
}

static const Target *best_target(const VtgDeviceInfo *device) {
    for (size_t i = 0; i < IL_TARGETS; i++) {
        if (!il_targets[i].by_name && takes_il(device, il_targets[i].il)) {
            return target_named(il_targets[i].target);
        }
    }
    const Target *target = targets;
    while (target->writer != apis[row_of(device)].writer) {
        target++;
    }
    return target;
}

static bool takes_target(const VtgDeviceInfo *device, const Target *target) {
    for (size_t i = 0; i < IL_TARGETS; i++) {
        if (strcmp(il_targets[i].target, target->name) == 0) {
            return takes_il(device, il_targets[i].il);
        }
    }
    return target->writer == apis[row_of(device)].writer;
}

static Status choose_target(SessionOptions *options, const VtgDeviceInfo *device,
                            const char *name) {
    const Target *target = name != NULL ? target_named(name) : best_target(device);
    if (target == NULL) {
        return fail(STATUS_USAGE, "there is no target `%s` (--print-targets lists them)", name);
    }
    if (!takes_target(device, target)) {
        return fail(STATUS_USAGE, "%s takes no code of the target `%s`", device->name,
                    target->name);
    }
    options->device_target = target;
    return STATUS_FINE;
}

/* What is left out does what such a device does by itself. Vulkan has subgroups, and the text of OpenCL C chooses itself. */
Status device_code_prepare(SessionOptions *options, const VtgDeviceInfo *device, const char *name) {
    Status status = choose_target(options, device, name);
    if (status != STATUS_FINE) {
        return status;
    }
    options->no_subgroups =
        options->device_target->writer == WRITER_WGSL && !has(device, VTG_FEATURE_SUBGROUP_BASIC);
    target_code_prepare(options, options->device_target);
    if (!has(device, VTG_FEATURE_ZERO_INIT_SHARED)) {
        options->leave_out = NULL;
    }
    options->reconvergence = has(device, VTG_FEATURE_MAXIMAL_RECONVERGENCE);
    return STATUS_FINE;
}

Status device_code_make(Session *session, const IrFunction *kernel, DeviceCode *code) {
    REQUIRE(session->options.device_target != NULL);
    return target_code_make(session, session->options.device_target, kernel, code);
}
