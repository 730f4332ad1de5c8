/* registers FILE.spv…: what a Vulkan driver says of the machine code that it makes of compute kernels, a line each:
 *
 *     FILE<TAB>VGPRs=12<TAB>Code size=340…      or      FILE<TAB>VkResult -13
 *
 * The names are the driver's (VK_KHR_pipeline_executable_properties). No kernel is run, so hardware that is not there will do, such as
 * that of RADV_FORCE_FAMILY. Bindings are taken to be storage buffers of set 0, as both vittec-gpu and bench/gpu's
 * GLSL have them, and specialization constants keep their defaults. Exit 0: fine, 1: a file cannot be read, 77: no such driver.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

enum { BINDINGS = 32, PUSH_BYTES = 128, MOST_DEVICES = 8, MOST_STATISTICS = 64, MOST_PARTS = 8 };
enum { OP_ENTRY_POINT = 15, HEADER_WORDS = 5 };

#define FUNCTIONS(X)                                                                               \
    X(vkEnumeratePhysicalDevices)                                                                  \
    X(vkGetPhysicalDeviceFeatures)                                                                 \
    X(vkCreateDevice)                                                                              \
    X(vkCreateShaderModule)                                                                        \
    X(vkDestroyShaderModule)                                                                       \
    X(vkCreateDescriptorSetLayout)                                                                 \
    X(vkCreatePipelineLayout)                                                                      \
    X(vkCreateComputePipelines)                                                                    \
    X(vkDestroyPipeline)                                                                           \
    X(vkGetPipelineExecutablePropertiesKHR)                                                        \
    X(vkGetPipelineExecutableStatisticsKHR)
#define DECLARE(name) static PFN_##name name;
FUNCTIONS(DECLARE)

static VkDevice device;
static VkPipelineLayout layout;

static void no_driver(const char *why) {
    printf("%s\n", why);
    exit(77);
}

static void open_device(void) {
    void *library = dlopen("libvulkan.so.1", RTLD_NOW);
    PFN_vkGetInstanceProcAddr get = NULL;
    if (library != NULL) {
        *(void **)&get = dlsym(library, "vkGetInstanceProcAddr");
    }
    if (get == NULL) {
        no_driver("no libvulkan.so.1");
    }
    PFN_vkCreateInstance create = (PFN_vkCreateInstance)get(NULL, "vkCreateInstance");
    VkApplicationInfo app = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                             .apiVersion = VK_API_VERSION_1_3};
    VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                 .pApplicationInfo = &app};
    VkInstance instance;
    if (create(&info, NULL, &instance) != VK_SUCCESS) {
        no_driver("no Vulkan instance");
    }
#define LOAD(name) name = (PFN_##name)get(instance, #name);
    FUNCTIONS(LOAD)
    VkPhysicalDevice devices[MOST_DEVICES];
    uint32_t count = MOST_DEVICES;
    vkEnumeratePhysicalDevices(instance, &count, devices);
    if (count == 0) {
        no_driver("no Vulkan device");
    }
    float priority = 1;
    VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                     .queueCount = 1,
                                     .pQueuePriorities = &priority};
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR tells = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
        .pipelineExecutableInfo = VK_TRUE};
    VkPhysicalDeviceFeatures features;
    vkGetPhysicalDeviceFeatures(devices[0], &features);
    const char *extension = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
    VkDeviceCreateInfo with = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                               .pNext = &tells,
                               .queueCreateInfoCount = 1,
                               .pQueueCreateInfos = &queue,
                               .enabledExtensionCount = 1,
                               .ppEnabledExtensionNames = &extension,
                               .pEnabledFeatures = &features};
    if (vkCreateDevice(devices[0], &with, NULL, &device) != VK_SUCCESS) {
        no_driver("the driver says nothing of its code");
    }
}

static void make_layout(void) {
    VkDescriptorSetLayoutBinding bindings[BINDINGS];
    for (uint32_t i = 0; i < BINDINGS; i++) {
        bindings[i] =
            (VkDescriptorSetLayoutBinding){.binding = i,
                                           .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                           .descriptorCount = 1,
                                           .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    }
    VkDescriptorSetLayoutCreateInfo of_set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = BINDINGS,
        .pBindings = bindings};
    VkDescriptorSetLayout set;
    VkPushConstantRange push = {VK_SHADER_STAGE_COMPUTE_BIT, 0, PUSH_BYTES};
    VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                       .setLayoutCount = 1,
                                       .pSetLayouts = &set,
                                       .pushConstantRangeCount = 1,
                                       .pPushConstantRanges = &push};
    if (vkCreateDescriptorSetLayout(device, &of_set, NULL, &set) != VK_SUCCESS ||
        vkCreatePipelineLayout(device, &info, NULL, &layout) != VK_SUCCESS) {
        no_driver("no pipeline layout");
    }
}

/* NULL: it has none. */
static const char *entry_point(const uint32_t *words, size_t count) {
    for (size_t at = HEADER_WORDS; at < count && words[at] >> 16 != 0; at += words[at] >> 16) {
        if ((words[at] & 0xffff) == OP_ENTRY_POINT && words[at] >> 16 > 3 && at + 3 < count) {
            return (const char *)&words[at + 3];
        }
    }
    return NULL;
}

static void print_statistics(VkPipeline pipeline) {
    VkPipelineInfoKHR of = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = pipeline};
    VkPipelineExecutablePropertiesKHR parts[MOST_PARTS];
    VkPipelineExecutableStatisticKHR all[MOST_STATISTICS];
    uint32_t part_count = MOST_PARTS;
    for (uint32_t i = 0; i < MOST_PARTS; i++) {
        parts[i] = (VkPipelineExecutablePropertiesKHR){
            .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
    }
    vkGetPipelineExecutablePropertiesKHR(device, &of, &part_count, parts);
    for (uint32_t part = 0; part < part_count; part++) {
        VkPipelineExecutableInfoKHR which = {.sType =
                                                 VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR,
                                             .pipeline = pipeline,
                                             .executableIndex = part};
        uint32_t count = MOST_STATISTICS;
        for (uint32_t i = 0; i < MOST_STATISTICS; i++) {
            all[i] = (VkPipelineExecutableStatisticKHR){
                .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR};
        }
        vkGetPipelineExecutableStatisticsKHR(device, &which, &count, all);
        for (uint32_t i = 0; i < count; i++) {
            if (all[i].format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR) {
                printf("\t%s=%g", all[i].name, all[i].value.f64);
            } else {
                printf("\t%s=%lld", all[i].name, (long long)all[i].value.i64);
            }
        }
    }
}

static void tell(const uint32_t *words, size_t count) {
    VkShaderModuleCreateInfo code = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                     .codeSize = count * sizeof *words,
                                     .pCode = words};
    VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .pName = entry_point(words, count)},
        .layout = layout};
    VkPipeline pipeline;
    VkResult result = vkCreateShaderModule(device, &code, NULL, &info.stage.module);
    if (result == VK_SUCCESS) {
        result = vkCreateComputePipelines(device, VK_NULL_HANDLE, 1, &info, NULL, &pipeline);
        vkDestroyShaderModule(device, info.stage.module, NULL);
    }
    if (result != VK_SUCCESS) {
        printf("\tVkResult %d", (int)result);
        return;
    }
    print_statistics(pipeline);
    vkDestroyPipeline(device, pipeline, NULL);
}

int main(int argc, char **argv) {
    open_device();
    make_layout();
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        fseek(file, 0, SEEK_END);
        size_t count = (size_t)ftell(file) / sizeof(uint32_t);
        rewind(file);
        uint32_t *words = calloc(count + 1, sizeof *words); /* the last one ends a name */
        if (words == NULL || fread(words, sizeof *words, count, file) != count ||
            entry_point(words, count) == NULL) {
            fprintf(stderr, "%s: no SPIR-V with an entry point\n", argv[i]);
            return 1;
        }
        fclose(file);
        printf("%s", argv[i]);
        tell(words, count);
        printf("\n");
        fflush(stdout);
        free(words);
    }
    return 0;
}
