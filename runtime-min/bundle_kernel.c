/* bundle_kernel.c: kernels of a bundle: which of a kernel's targets fits a device, its code (decoded if it is
 * compressed), and the descriptor for vtg_kernel_create() from its record, with the caller's constants. */
#include "rt_bundle.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* A bundle's kernel on its way to be created. */
typedef struct {
    const VtgBundle *bundle;
    const char *name;
    VgpuKernel record;
    uint32_t target;
    VgpuBlock code;
    void *decoded; /* of code.size bytes; NULL: the code is as it is stored */
    VtgKernelDesc desc;
    VtgParam *params;
    VtgSpecConstant *specs;
} Making;

static VtgStatus find_record(Making *m, const char *name, const char *variant) {
    const VgpuView *view = &m->bundle->view;
    const char *wanted = variant ? variant : "";
    m->name = name;
    uint32_t index = vgpu_view_find(view, name, wanted);
    if (index == view->kernel_count) {
        return rt_fail(m->bundle->instance, VTG_ERROR_NOT_FOUND,
                       "bundle `%s` has no kernel `%s`%s%s%s", m->bundle->name, name,
                       wanted[0] ? " of variant `" : "", wanted, wanted[0] ? "`" : "");
    }
    const char *wrong = vgpu_view_kernel(view, index, &m->record);
    return wrong ? rt_bundle_bad(m->bundle, name, wrong) : VTG_OK;
}

/* ---- the target ---- */

/* Where code of a format runs. */
static const char *const api_of_format[VGPU_CODE_COUNT] = {
    [VGPU_CODE_SPIRV] = "vulkan",        [VGPU_CODE_OPENCL_C] = "opencl",
    [VGPU_CODE_SPIRV_OPENCL] = "opencl", [VGPU_CODE_WGSL] = "webgpu",
    [VGPU_CODE_MSL] = "metal",
};
_Static_assert((int)VTG_CODE_SPIRV == VGPU_CODE_SPIRV &&
                   (int)VTG_CODE_OPENCL_C == VGPU_CODE_OPENCL_C &&
                   (int)VTG_CODE_SPIRV_OPENCL == VGPU_CODE_SPIRV_OPENCL &&
                   (int)VTG_CODE_WGSL == VGPU_CODE_WGSL && (int)VTG_CODE_MSL == VGPU_CODE_MSL,
               "the formats of code have the numbers that they have in files");

/* "1.3.230" as a target says versions. */
static uint32_t version_number(const char *text) {
    char *end;
    unsigned long major = strtoul(text, &end, 10), minor = 0;
    if (*end == '.') {
        minor = strtoul(end + 1, NULL, 10);
    }
    return (uint32_t)((major & 0xffff) << 16 | (minor & 0xffff));
}

/* The null device takes the code of every API. */
static bool is_for(const VtgDeviceInfo *info, uint32_t format) {
    return format < VGPU_CODE_COUNT &&
           (strcmp(info->api, api_of_format[format]) == 0 || strcmp(info->api, "null") == 0);
}

/* OpenCL's version says nothing of SPIR-V: the device lists what it takes. A target for OpenCL 2.1 is of SPIR-V 1.0, one
 * for 2.2 of 1.2, one for 3.0 of 1.4. */
static bool takes_code(const VtgDeviceInfo *info, uint32_t format, uint32_t version) {
    const char *il = version < (2u << 16 | 2) ? "SPIR-V_1.0"
                     : version < 3u << 16     ? "SPIR-V_1.2"
                                              : "SPIR-V_1.4";
    return format != VGPU_CODE_SPIRV_OPENCL ||
           (info->il_versions != NULL && strstr(info->il_versions, il) != NULL);
}

static bool fits_device(const Making *m, const VtgDeviceInfo *info, uint32_t target) {
    const VgpuTable *targets = &m->record.targets;
    bool is_null = strcmp(info->api, "null") == 0;
    uint32_t version = vgpu_get(targets, target, VGPU_TARGET_API);
    return (vgpu_get64(targets, target, VGPU_TARGET_FEATURES) & ~info->features) == 0 &&
           (is_null || (version <= version_number(info->api_version) &&
                        takes_code(info, vgpu_get(targets, target, VGPU_TARGET_FORMAT), version)));
}

static const char *target_name(const Making *m, uint32_t target) {
    return vgpu_text(m->record.record, vgpu_row(&m->record.targets, target) + VGPU_TARGET_NAME);
}

/* Where none fits, the last of the device's API is taken, which asks least: creating it says what is missing. */
static VtgStatus choose_target(Making *m, const VtgDeviceInfo *info, const char *wanted) {
    const VgpuTable *targets = &m->record.targets;
    uint32_t found = targets->count;
    for (uint32_t i = 0; i < targets->count; i++) {
        bool matches = is_for(info, vgpu_get(targets, i, VGPU_TARGET_FORMAT)) &&
                       (!wanted || strcmp(wanted, target_name(m, i)) == 0);
        if (matches) {
            found = i;
            if (fits_device(m, info, i)) {
                break;
            }
        }
    }
    m->target = found;
    if (found == targets->count) {
        return rt_fail(m->bundle->instance, wanted ? VTG_ERROR_NOT_FOUND : VTG_ERROR_UNSUPPORTED,
                       "bundle `%s` has no code of kernel `%s` for %s%s%s", m->bundle->name,
                       m->name, info->api, wanted ? " as target " : "", wanted ? wanted : "");
    }
    uint32_t version = vgpu_get(targets, found, VGPU_TARGET_API);
    if (strcmp(info->api, "null") != 0 && version > version_number(info->api_version)) {
        return rt_fail(m->bundle->instance, VTG_ERROR_UNSUPPORTED,
                       "kernel `%s` needs %s %u.%u, device `%s` has %s", m->name, info->api,
                       version >> 16, version & 0xffff, info->name, info->api_version);
    }
    return VTG_OK;
}

/* ---- the code ---- */

static VtgStatus decode(Making *m, uint64_t size) {
    const VtgInstance *instance = m->bundle->instance;
    if (size == 0 || size > VGPU_MAX_DECODED) {
        return rt_bundle_bad(m->bundle, m->name, "compressed code of no sensible size");
    }
    void *library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
    size_t (*decompress)(void *, size_t, const void *, size_t) = NULL;
    if (library) {
        *(void **)&decompress = dlsym(library, "ZSTD_decompress");
    }
    if (!decompress) {
        if (library) {
            dlclose(library);
        }
        return rt_fail(instance, VTG_ERROR_UNSUPPORTED,
                       "bundle `%s`: the code of `%s` is compressed, and there is no libzstd.so.1 "
                       "to read it",
                       m->bundle->name, m->name);
    }
    m->decoded = rt_alloc(instance, (size_t)size);
    VtgStatus status = m->decoded ? VTG_OK : rt_no_memory(instance, "code");
    if (status == VTG_OK &&
        decompress(m->decoded, (size_t)size, m->code.bytes, (size_t)m->code.size) != size) {
        status = rt_bundle_bad(m->bundle, m->name, "the compressed code is damaged");
    }
    dlclose(library);
    m->code = (VgpuBlock){m->decoded, size};
    return status;
}

static VtgStatus find_code(Making *m) {
    const char *wrong = vgpu_view_blob(&m->bundle->view, &m->record, m->target, &m->code);
    if (wrong) {
        return rt_bundle_bad(m->bundle, m->name, wrong);
    }
    switch (vgpu_get(&m->record.targets, m->target, VGPU_TARGET_ENCODING)) {
    case VGPU_RAW:
        return VTG_OK;
    case VGPU_ZSTD:
        return decode(m, vgpu_get64(&m->record.targets, m->target, VGPU_TARGET_SIZE));
    default:
        return rt_fail(m->bundle->instance, VTG_ERROR_UNSUPPORTED,
                       "bundle `%s`: the code of `%s` is encoded in a way that this library does "
                       "not know",
                       m->bundle->name, m->name);
    }
}

/* ---- parameters and constants ---- */

static VtgStatus fill_params(Making *m) {
    static const VtgAccess accesses[] = {
        [0] = VTG_ACCESS_READ,
        [VGPU_READ] = VTG_ACCESS_READ,
        [VGPU_WRITE] = VTG_ACCESS_WRITE,
        [VGPU_READ | VGPU_WRITE] = VTG_ACCESS_READ_WRITE,
    };
    VgpuTable bindings = vgpu_target_bindings(&m->record, m->target);
    m->desc.param_count = bindings.count;
    if (bindings.count == 0) {
        return VTG_OK;
    }
    m->params = rt_alloc_array(m->bundle->instance, bindings.count, sizeof *m->params);
    if (!m->params) {
        return rt_no_memory(m->bundle->instance, "kernel parameters");
    }
    for (uint32_t i = 0; i < bindings.count; i++) {
        uint32_t param = vgpu_get(&bindings, i, VGPU_BINDING_PARAM);
        VtgParam *to = &m->params[i];
        to->name =
            vgpu_text(m->record.record, vgpu_row(&m->record.params, param) + VGPU_PARAM_NAME);
        switch (vgpu_get(&bindings, i, VGPU_BINDING_KIND)) {
        case VGPU_BUFFER:
            to->kind = VTG_PARAM_BUFFER;
            to->access = accesses[vgpu_get(&bindings, i, VGPU_BINDING_ACCESS)];
            to->stride = vgpu_get(&bindings, i, VGPU_BINDING_STRIDE);
            break;
        case VGPU_VALUE:
            to->kind = VTG_PARAM_VALUE;
            to->size = vgpu_get(&bindings, i, VGPU_BINDING_SIZE);
            to->offset = vgpu_get(&bindings, i, VGPU_BINDING_OFFSET);
            break;
        default:
            to->kind = VTG_PARAM_LENGTH;
            to->offset = vgpu_get(&bindings, i, VGPU_BINDING_OFFSET);
            to->of_param = param;
            break;
        }
    }
    m->desc.params = m->params;
    return VTG_OK;
}

static VtgSpecConstant spec_at(const VgpuTable *specs, uint32_t index) {
    return (VtgSpecConstant){
        .id = vgpu_get(specs, index, VGPU_SPEC_ID),
        .size = vgpu_get(specs, index, VGPU_SPEC_SIZE),
        .value = vgpu_get64(specs, index, VGPU_SPEC_VALUE),
        .kind = (VtgSpecKind)vgpu_get(specs, index, VGPU_SPEC_KIND),
    };
}

static VtgStatus fill_specs(Making *m, const VtgBundleKernelDesc *given) {
    const VgpuTable *specs = &m->record.specs;
    if (given->spec_count == 0) {
        return VTG_OK;
    }
    m->specs = rt_alloc_array(m->bundle->instance, given->spec_count, sizeof *m->specs);
    if (!m->specs) {
        return rt_no_memory(m->bundle->instance, "specialisation constants");
    }
    m->desc.spec_count = given->spec_count;
    m->desc.specs = m->specs;
    for (uint32_t i = 0; i < given->spec_count; i++) {
        uint32_t at = 0;
        while (at < specs->count && vgpu_get(specs, at, VGPU_SPEC_ID) != given->specs[i].id) {
            at++;
        }
        if (at == specs->count) {
            return rt_fail(m->bundle->instance, VTG_ERROR_INVALID_ARGUMENT,
                           "kernel `%s` has no specialisation constant with the id %u", m->name,
                           given->specs[i].id);
        }
        m->specs[i] = spec_at(specs, at);
        uint32_t fixed = vgpu_get(&m->record.targets, m->target, VGPU_TARGET_FIXED);
        if ((fixed >> (at < 31 ? at : 31) & 1) != 0 && given->specs[i].value != m->specs[i].value) {
            return rt_fail(m->bundle->instance, VTG_ERROR_UNSUPPORTED,
                           "kernel `%s`: in its code for %s the specialisation constant %u has "
                           "its default; a variant of the bundle can have another",
                           m->name, target_name(m, m->target), given->specs[i].id);
        }
        m->specs[i].value = given->specs[i].value;
    }
    return VTG_OK;
}

/* The value of constant `number` - 1, as the caller has it. */
static uint64_t spec_value(const Making *m, uint32_t number) {
    VtgSpecConstant spec = spec_at(&m->record.specs, number - 1);
    for (uint32_t i = 0; i < m->desc.spec_count; i++) {
        spec.value = m->specs[i].id == spec.id ? m->specs[i].value : spec.value;
    }
    return spec.size == 8 ? spec.value : (uint32_t)spec.value;
}

/* a + b * c, and UINT64_MAX where that is too much. */
static uint64_t add_product(uint64_t a, uint64_t b, uint64_t c) {
    return b != 0 && c > (UINT64_MAX - a) / b ? UINT64_MAX : a + b * c;
}

static VtgStatus fill_sizes(Making *m) {
    const VgpuTable *shared = &m->record.shared;
    for (int axis = 0; axis < 3; axis++) {
        uint32_t spec = vgpu_head(&m->record, VGPU_KERNEL_WORKGROUP_SPEC + 4 * axis);
        uint64_t size = spec != 0 ? spec_value(m, spec)
                                  : vgpu_head(&m->record, VGPU_KERNEL_WORKGROUP + 4 * axis);
        if (size == 0) {
            return rt_fail(m->bundle->instance, VTG_ERROR_INVALID_ARGUMENT,
                           "kernel `%s`: a side of its workgroup is 0", m->name);
        }
        m->desc.workgroup_size[axis] = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
    }
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < shared->count; i++) {
        uint32_t align = vgpu_get(shared, i, VGPU_SHARED_ALIGN);
        uint32_t spec = vgpu_get(shared, i, VGPU_SHARED_SPEC);
        uint64_t count = spec != 0 ? spec_value(m, spec) : vgpu_get64(shared, i, VGPU_SHARED_COUNT);
        if (count == 0) {
            return rt_fail(m->bundle->instance, VTG_ERROR_INVALID_ARGUMENT,
                           "kernel `%s`: shared memory of length 0", m->name);
        }
        bytes = bytes > UINT32_MAX ? bytes : (bytes + align - 1) & ~(uint64_t)(align - 1);
        bytes = add_product(bytes, vgpu_get64(shared, i, VGPU_SHARED_ELEMENT), count);
    }
    m->desc.shared_bytes = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    return VTG_OK;
}

/* ---- together ---- */

static VtgStatus make(Making *m, VtgDevice *device, const VtgBundleKernelDesc *given,
                      VtgKernel **result) {
    VtgStatus status = find_record(m, given->name, given->variant);
    status =
        status == VTG_OK ? choose_target(m, vtg_device_get_info(device), given->target) : status;
    status = status == VTG_OK ? find_code(m) : status;
    status = status == VTG_OK ? fill_params(m) : status;
    status = status == VTG_OK ? fill_specs(m, given) : status;
    status = status == VTG_OK ? fill_sizes(m) : status;
    if (status != VTG_OK) {
        return status;
    }
    const unsigned char *row = vgpu_row(&m->record.targets, m->target);
    m->desc.code_format = (VtgCodeFormat)vgpu_u32(row + VGPU_TARGET_FORMAT);
    m->desc.code = m->code.bytes;
    m->desc.code_size = (size_t)m->code.size;
    m->desc.entry = vgpu_text(m->record.record, row + VGPU_TARGET_ENTRY);
    m->desc.label = given->label ? given->label : given->name;
    m->desc.value_block_bytes = vgpu_u32(row + VGPU_TARGET_BLOCK_SIZE);
    m->desc.value_block = (VtgValueBlock)vgpu_u32(row + VGPU_TARGET_BLOCK);
    m->desc.features = vgpu_u64(row + VGPU_TARGET_FEATURES);
    m->desc.subgroup_size = vgpu_head(&m->record, VGPU_KERNEL_SUBGROUP_SIZE);
    return vtg_kernel_create(device, &m->desc, result);
}

VtgStatus vtg_bundle_kernel_create(VtgDevice *device, const VtgBundle *bundle,
                                   const VtgBundleKernelDesc *given, VtgKernel **result) {
    if (!device || !bundle || !given || !result) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    *result = NULL;
    const VtgInstance *instance = bundle->instance;
    VtgBundleKernelDesc desc = {0};
    VtgStatus status = rt_desc_read(instance, &desc, sizeof desc, given, "VtgBundleKernelDesc");
    if (status != VTG_OK) {
        return status;
    }
    if (!desc.name || (desc.spec_count != 0 && !desc.specs)) {
        return rt_fail(
            instance, VTG_ERROR_INVALID_ARGUMENT,
            "VtgBundleKernelDesc: a kernel's name, and constants where there is a count");
    }
    Making m = {.bundle = bundle, .desc = VTG_KERNEL_DESC_INIT};
    status = make(&m, device, &desc, result);
    rt_free(instance, m.params, m.desc.param_count * sizeof *m.params);
    rt_free(instance, m.specs, m.desc.spec_count * sizeof *m.specs);
    rt_free(instance, m.decoded, m.decoded ? (size_t)m.code.size : 0);
    return status;
}

VtgStatus vtg_bundle_spec(const VtgBundle *bundle, const char *name, const char *variant,
                          const char *spec, VtgSpecConstant *constant) {
    if (!bundle || !name || !spec || !constant) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    Making m = {.bundle = bundle};
    VtgStatus status = find_record(&m, name, variant);
    if (status != VTG_OK) {
        return status;
    }
    const VgpuTable *specs = &m.record.specs;
    for (uint32_t i = 0; i < specs->count; i++) {
        if (strcmp(vgpu_text(m.record.record, vgpu_row(specs, i) + VGPU_SPEC_NAME), spec) == 0) {
            *constant = spec_at(specs, i);
            return VTG_OK;
        }
    }
    return rt_fail(bundle->instance, VTG_ERROR_NOT_FOUND,
                   "kernel `%s` has no specialisation constant `%s`", name, spec);
}
