/* rt_vulkan_kernel.c: SPIR-V to pipelines. The layout follows from the parameters: set 0, storage
 * buffers at 0, 1, 2 ..., then the value block, as push constants or as a uniform or storage buffer. */
#include "rt_vulkan.h"

#include <string.h>

static VtgStatus bad(const VtgKernel *kernel, const char *why) {
    return rt_fail(kernel->device->instance, VTG_ERROR_BAD_KERNEL, "kernel `%s`: %s", kernel->label,
                   why);
}

/* The newest SPIR-V that the device reads, as in a module's second word. */
static uint32_t spirv_version(const RvkAdapter *adapter) {
    if (adapter->version >= VK_API_VERSION_1_3) {
        return 0x00010600;
    }
    if (adapter->version >= VK_API_VERSION_1_2) {
        return 0x00010500;
    }
    return rvk_has(adapter, VK_KHR_SPIRV_1_4_EXTENSION_NAME) ? 0x00010400 : 0x00010300;
}

/* A driver may take anything that begins like SPIR-V on trust; look at least at that. */
static VtgStatus check_code(const VtgKernel *kernel, const VtgKernelDesc *desc) {
    enum { HEADER_BYTES = 20, MAGIC = 0x07230203 };
    if (desc->code_format != VTG_CODE_SPIRV) {
        return rt_fail(kernel->device->instance, VTG_ERROR_UNSUPPORTED,
                       "kernel `%s`: Vulkan takes SPIR-V and nothing else", kernel->label);
    }
    uint32_t head[2];
    if (desc->code_size < HEADER_BYTES || desc->code_size % 4 != 0) {
        return bad(kernel, "the code is too short, or not made of 4-byte words");
    }
    memcpy(head, desc->code, sizeof head);
    if (head[0] != MAGIC) {
        return bad(kernel, "the code is not SPIR-V in this machine's byte order");
    }
    uint32_t newest = spirv_version(rvk_adapter(kernel->device));
    if (head[1] > newest) {
        return rt_fail(kernel->device->instance, VTG_ERROR_UNSUPPORTED,
                       "kernel `%s` is SPIR-V %u.%u, device `%s` takes %u.%u", kernel->label,
                       head[1] >> 16 & 255, head[1] >> 8 & 255, kernel->device->adapter->info.name,
                       newest >> 16 & 255, newest >> 8 & 255);
    }
    return VTG_OK;
}

static VtgStatus make_layouts(RvkDevice *device, RvkKernel *kernel) {
    const VtgInstance *instance = device->base.instance;
    bool pushed = kernel->base.value_block == VTG_VALUES_PUSH_CONSTANTS;
    bool has_block = kernel->base.block_bytes != 0;
    uint32_t count = kernel->base.buffer_count + (!pushed && has_block);
    VkDescriptorSetLayoutBinding *bindings = NULL;
    if (count != 0) {
        bindings = rt_alloc_array(instance, count, sizeof *bindings);
        if (!bindings) {
            return rt_no_memory(instance, "a kernel's layout");
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        bindings[i] = (VkDescriptorSetLayoutBinding){
            .binding = i,
            .descriptorType = i < kernel->base.buffer_count ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
                                                            : rvk_block_descriptor(kernel),
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    }
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = count,
        .pBindings = bindings,
    };
    VkResult result =
        device->fn.CreateDescriptorSetLayout(device->handle, &set, NULL, &kernel->set_layout);
    rt_free(instance, bindings, count * sizeof *bindings);
    if (result != VK_SUCCESS) {
        kernel->set_layout = VK_NULL_HANDLE;
        return rvk_fail(instance, result, "vkCreateDescriptorSetLayout");
    }
    const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, kernel->base.block_bytes};
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &kernel->set_layout,
        .pushConstantRangeCount = pushed && has_block,
        .pPushConstantRanges = &range,
    };
    result = device->fn.CreatePipelineLayout(device->handle, &layout, NULL, &kernel->layout);
    if (result != VK_SUCCESS) {
        kernel->layout = VK_NULL_HANDLE;
        return rvk_fail(instance, result, "vkCreatePipelineLayout");
    }
    return VTG_OK;
}

/* `entries` has room for desc->spec_count; the values are read where they lie in desc->specs. */
static VkSpecializationInfo specialise(const VtgKernelDesc *desc,
                                       VkSpecializationMapEntry *entries) {
    for (uint32_t i = 0; i < desc->spec_count; i++) {
        size_t offset = i * sizeof *desc->specs + offsetof(VtgSpecConstant, value);
        uint32_t size = desc->specs[i].size;
        const uint16_t one = 1;
        if (*(const unsigned char *)&one == 0) { /* big-endian: the low bytes come last */
            offset += sizeof desc->specs[i].value - size;
        }
        entries[i] = (VkSpecializationMapEntry){desc->specs[i].id, (uint32_t)offset, size};
    }
    return (VkSpecializationInfo){
        .mapEntryCount = desc->spec_count,
        .pMapEntries = entries,
        .dataSize = desc->spec_count * sizeof *desc->specs,
        .pData = desc->specs,
    };
}

/* Whether subgroups are of a size that the kernel chooses; the device has just one else, or any will do. */
static bool chooses_size(const RvkDevice *device, const VtgKernelDesc *desc) {
    const VtgLimits *limits = &device->base.adapter->info.limits;
    return desc->subgroup_size != 0 && limits->min_subgroup_size != limits->max_subgroup_size;
}

static VtgStatus make_pipeline(RvkDevice *device, RvkKernel *kernel, const VtgKernelDesc *desc,
                               const uint32_t *words, VkSpecializationMapEntry *entries) {
    const VtgInstance *instance = device->base.instance;
    const VkShaderModuleCreateInfo code = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = desc->code_size,
        .pCode = words,
    };
    VkShaderModule module;
    VkResult result = device->fn.CreateShaderModule(device->handle, &code, NULL, &module);
    if (result != VK_SUCCESS) {
        VtgStatus status = rvk_fail(instance, result, "vkCreateShaderModule");
        return status == VTG_ERROR_DRIVER ? bad(&kernel->base, "the driver refused the code")
                                          : status;
    }
    const VkSpecializationInfo specs = specialise(desc, entries);
    const bool chooses = chooses_size(device, desc);
    const bool fills = chooses && kernel->base.workgroup_size[0] % desc->subgroup_size == 0;
    const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo size = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO,
        .requiredSubgroupSize = desc->subgroup_size,
    };
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .pNext = chooses ? &size : NULL,
                  .flags = fills ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT : 0,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = desc->entry,
                  .pSpecializationInfo = desc->spec_count ? &specs : NULL},
        .layout = kernel->layout,
    };
    result = device->fn.CreateComputePipelines(device->handle, rvk_cache(device), 1, &info, NULL,
                                               &kernel->pipeline);
    device->fn.DestroyShaderModule(device->handle, module, NULL);
    if (result != VK_SUCCESS) {
        kernel->pipeline = VK_NULL_HANDLE;
        VtgStatus status = rvk_fail(instance, result, "vkCreateComputePipelines");
        return status == VTG_ERROR_DRIVER ? bad(&kernel->base, "the driver refused the code")
                                          : status;
    }
    return VTG_OK;
}

VtgStatus rvk_kernel_open(VtgKernel *base, const VtgKernelDesc *desc) {
    RvkDevice *device = rvk_device(base->device);
    RvkKernel *kernel = (RvkKernel *)base;
    const VtgInstance *instance = device->base.instance;
    VtgStatus status = check_code(base, desc);
    status = status == VTG_OK ? make_layouts(device, kernel) : status;
    if (status != VTG_OK) {
        return status;
    }
    uint32_t *aligned = NULL; /* embedded code may begin anywhere */
    VkSpecializationMapEntry *entries = NULL;
    if ((uintptr_t)desc->code % sizeof *aligned != 0) {
        aligned = rt_alloc(instance, desc->code_size);
        status = aligned ? VTG_OK : rt_no_memory(instance, "a kernel's code");
    }
    if (desc->spec_count != 0 && status == VTG_OK) {
        entries = rt_alloc_array(instance, desc->spec_count, sizeof *entries);
        status = entries ? VTG_OK : rt_no_memory(instance, "specialisation constants");
    }
    if (status == VTG_OK) {
        if (aligned) {
            memcpy(aligned, desc->code, desc->code_size);
        }
        status = make_pipeline(device, kernel, desc, aligned ? aligned : desc->code, entries);
    }
    rt_free(instance, entries, desc->spec_count * sizeof *entries);
    rt_free(instance, aligned, desc->code_size);
    return status;
}

void rvk_kernel_close(VtgKernel *base) {
    RvkDevice *device = rvk_device(base->device);
    RvkKernel *kernel = (RvkKernel *)base;
    if (kernel->pipeline) {
        device->fn.DestroyPipeline(device->handle, kernel->pipeline, NULL);
    }
    if (kernel->layout) {
        device->fn.DestroyPipelineLayout(device->handle, kernel->layout, NULL);
    }
    if (kernel->set_layout) {
        device->fn.DestroyDescriptorSetLayout(device->handle, kernel->set_layout, NULL);
    }
}
