/* dispatch.c: what the runtime adds to a dispatch: on the null device, where all time is the runtime's own, and on Vulkan
 * beside the same calls written by hand, in turn, in one run.
 *
 *     dispatch [ROUNDS]
 *
 * Prints medians. `record`: reset, record one dispatch, submit, wait. `replay`: submit a recorded list, wait. `list`: reset,
 * record 100 dispatches of one list with a barrier between any two, submit, wait. Status 1: a null dispatch takes 1 us or
 * more, or Vulkan takes more than 1.10 times what it takes by hand. */
#define VK_NO_PROTOTYPES 1
#include <vulkan/vulkan_core.h>

#include "tests/unit/runtime_unit.h"

#include <dlfcn.h>
#include <time.h>

enum { WORDS = 64, LIST = 100 };

static double now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, int count) {
    qsort(times, (size_t)count, sizeof *times, by_size);
    return times[count / 2];
}

static void must(bool fine, const char *what) {
    if (!fine) {
        fprintf(stderr, "dispatch: %s\n", what);
        exit(2);
    }
}

/* ---- By the runtime ---- */

typedef struct Ours {
    VtgDevice *device;
    VtgKernel *step;
    VtgBuffer *x;
    VtgCommands *once, *again, *list;
} Ours;

static void ours_record(VtgCommands *commands, const Ours *o, int count) {
    uint32_t n = 1;
    const VtgArg args[] = {vtg_arg_buffer(o->x), vtg_arg_value(&n, 4)};
    for (int i = 0; i < count; i++) {
        must(vtg_commands_dispatch(commands, o->step, (VtgGrid){WORDS, 1, 1}, args, 2) == VTG_OK,
             "record");
    }
}

static void ours_open(Ours *o, const char *api) {
    VtgInstanceDesc instance = VTG_INSTANCE_DESC_INIT;
    instance.api = api;
    VtgOpenDesc open = VTG_OPEN_DESC_INIT;
    open.instance = &instance;
    must(vtg_open(&open, &o->device) == VTG_OK, "no device");
    must(make_step(o->device, &o->step) == VTG_OK, "no kernel");
    o->x = make_buffer(o->device, VTG_MEMORY_DEVICE, "x", WORDS * 4);
    must(vtg_commands_create(o->device, NULL, &o->once) == VTG_OK &&
             vtg_commands_create(o->device, NULL, &o->again) == VTG_OK &&
             vtg_commands_create(o->device, NULL, &o->list) == VTG_OK,
         "no lists");
    ours_record(o->again, o, 1);
}

static void ours_close(Ours *o) {
    vtg_commands_destroy(o->once);
    vtg_commands_destroy(o->again);
    vtg_commands_destroy(o->list);
    vtg_buffer_destroy(o->x);
    vtg_kernel_destroy(o->step);
    vtg_device_destroy(o->device);
}

static void ours_run(VtgCommands *commands) {
    VtgEvent *event;
    must(vtg_submit(commands, &event) == VTG_OK && vtg_event_wait(event, VTG_FOREVER) == VTG_OK,
         "submit");
    vtg_event_destroy(event);
}

/* ---- By hand ---- */

// clang-format off
#define INSTANCE_FUNCTIONS(X)                                                                      \
    X(EnumeratePhysicalDevices) X(GetPhysicalDeviceProperties) X(GetPhysicalDeviceMemoryProperties) \
    X(CreateDevice) X(GetDeviceProcAddr) X(DestroyInstance)
#define DEVICE_FUNCTIONS(X)                                                                        \
    X(GetDeviceQueue) X(CreateBuffer) X(GetBufferMemoryRequirements) X(AllocateMemory)             \
    X(BindBufferMemory) X(CreateShaderModule) X(CreateDescriptorSetLayout) X(CreatePipelineLayout) \
    X(CreateComputePipelines) X(CreateDescriptorPool) X(AllocateDescriptorSets)                    \
    X(ResetDescriptorPool) X(UpdateDescriptorSets) X(CreateCommandPool) X(AllocateCommandBuffers)  \
    X(ResetCommandPool) X(BeginCommandBuffer) X(EndCommandBuffer) X(CmdPipelineBarrier)            \
    X(CmdBindPipeline) X(CmdBindDescriptorSets) X(CmdPushConstants) X(CmdDispatch) X(CreateFence)  \
    X(ResetFences) X(WaitForFences) X(QueueSubmit) X(DestroyDevice) X(DestroyBuffer) X(FreeMemory) \
    X(DestroyShaderModule) X(DestroyDescriptorSetLayout) X(DestroyPipelineLayout)                  \
    X(DestroyPipeline) X(DestroyDescriptorPool) X(DestroyCommandPool) X(DestroyFence)
// clang-format on
#define POINTER(name) PFN_vk##name name;

typedef struct List {
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkDescriptorPool descriptors;
} List;

typedef struct Hand {
    void *library;
    VkInstance instance;
    VkDevice device;
    VkQueue queue;
    VkBuffer x;
    VkDeviceMemory memory;
    VkShaderModule module;
    VkDescriptorSetLayout set_layout;
    VkPipelineLayout layout;
    VkPipeline pipeline;
    VkFence fence;
    List once, again, list;
    INSTANCE_FUNCTIONS(POINTER)
    DEVICE_FUNCTIONS(POINTER)
} Hand;

#define OK(call) must((call) == VK_SUCCESS, #call)

static void hand_device(Hand *h, const char *name) {
    VkPhysicalDevice devices[16], found = VK_NULL_HANDLE;
    uint32_t count = 16;
    must(h->EnumeratePhysicalDevices(h->instance, &count, devices) >= 0, "no physical devices");
    for (uint32_t i = 0; i < count && !found; i++) { /* the one that the runtime took */
        VkPhysicalDeviceProperties properties;
        h->GetPhysicalDeviceProperties(devices[i], &properties);
        found = strcmp(properties.deviceName, name) == 0 ? devices[i] : VK_NULL_HANDLE;
    }
    must(found != VK_NULL_HANDLE, "the device is gone");
    const float priority = 1.0F;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue};
    OK(h->CreateDevice(found, &info, NULL, &h->device));
#define LOAD(n)                                                                                    \
    h->n = (PFN_vk##n)h->GetDeviceProcAddr(h->device, "vk" #n);                                    \
    must(h->n != NULL, "vk" #n);
    DEVICE_FUNCTIONS(LOAD)
#undef LOAD
    h->GetDeviceQueue(h->device, 0, 0, &h->queue);

    const VkBufferCreateInfo buffer = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                       .size = WORDS * 4,
                                       .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT};
    OK(h->CreateBuffer(h->device, &buffer, NULL, &h->x));
    VkMemoryRequirements needs;
    VkPhysicalDeviceMemoryProperties memory;
    h->GetBufferMemoryRequirements(h->device, h->x, &needs);
    h->GetPhysicalDeviceMemoryProperties(found, &memory);
    VkMemoryAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                     .allocationSize = needs.size};
    while (!(needs.memoryTypeBits >> allocate.memoryTypeIndex & 1) ||
           !(memory.memoryTypes[allocate.memoryTypeIndex].propertyFlags &
             VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)) {
        allocate.memoryTypeIndex++;
    }
    OK(h->AllocateMemory(h->device, &allocate, NULL, &h->memory));
    OK(h->BindBufferMemory(h->device, h->x, h->memory, 0));
}

static void hand_pipeline(Hand *h) {
    spv_binary binary = NULL;
    spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_1);
    must(spvTextToBinary(context, step_spirv, sizeof step_spirv - 1, &binary, NULL) == SPV_SUCCESS,
         "spirv-as");
    spvContextDestroy(context);
    const VkShaderModuleCreateInfo code = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                           .codeSize = binary->wordCount * 4,
                                           .pCode = binary->code};
    OK(h->CreateShaderModule(h->device, &code, NULL, &h->module));
    spvBinaryDestroy(binary);
    const VkDescriptorSetLayoutBinding binding = {0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
                                                  VK_SHADER_STAGE_COMPUTE_BIT, NULL};
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = 1,
        .pBindings = &binding};
    OK(h->CreateDescriptorSetLayout(h->device, &set, NULL, &h->set_layout));
    const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, 8};
    const VkPipelineLayoutCreateInfo layout = {.sType =
                                                   VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                               .setLayoutCount = 1,
                                               .pSetLayouts = &h->set_layout,
                                               .pushConstantRangeCount = 1,
                                               .pPushConstantRanges = &range};
    OK(h->CreatePipelineLayout(h->device, &layout, NULL, &h->layout));
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = h->module,
                  .pName = "main_"},
        .layout = h->layout};
    OK(h->CreateComputePipelines(h->device, VK_NULL_HANDLE, 1, &info, NULL, &h->pipeline));
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    OK(h->CreateFence(h->device, &fence, NULL, &h->fence));
}

static void hand_list(Hand *h, List *list) {
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
    OK(h->CreateCommandPool(h->device, &pool, NULL, &list->pool));
    const VkCommandBufferAllocateInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = list->pool,
        .commandBufferCount = 1};
    OK(h->AllocateCommandBuffers(h->device, &commands, &list->commands));
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, LIST};
    const VkDescriptorPoolCreateInfo sets = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                             .maxSets = LIST,
                                             .poolSizeCount = 1,
                                             .pPoolSizes = &size};
    OK(h->CreateDescriptorPool(h->device, &sets, NULL, &list->descriptors));
}

static void hand_barrier(Hand *h, VkCommandBuffer commands, VkPipelineStageFlags to,
                         VkAccessFlags access) {
    const VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                     .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
                                     .dstAccessMask = access};
    h->CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, to, 0, 1, &barrier, 0,
                          NULL, 0, NULL);
}

/* A descriptor set for each dispatch, and barriers before, between and after: what one writes the next one reads. */
static void hand_record(Hand *h, List *list, int count) {
    const VkAccessFlags both = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    OK(h->ResetCommandPool(h->device, list->pool, 0));
    OK(h->ResetDescriptorPool(h->device, list->descriptors, 0));
    OK(h->BeginCommandBuffer(list->commands, &begin));
    for (int i = 0; i < count; i++) {
        const uint32_t values[2] = {1, WORDS};
        hand_barrier(h, list->commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, both);
        const VkDescriptorSetAllocateInfo allocate = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
            .descriptorPool = list->descriptors,
            .descriptorSetCount = 1,
            .pSetLayouts = &h->set_layout};
        VkDescriptorSet set;
        OK(h->AllocateDescriptorSets(h->device, &allocate, &set));
        const VkDescriptorBufferInfo buffer = {h->x, 0, WORDS * 4};
        const VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                            .dstSet = set,
                                            .descriptorCount = 1,
                                            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                            .pBufferInfo = &buffer};
        h->UpdateDescriptorSets(h->device, 1, &write, 0, NULL);
        h->CmdBindPipeline(list->commands, VK_PIPELINE_BIND_POINT_COMPUTE, h->pipeline);
        h->CmdBindDescriptorSets(list->commands, VK_PIPELINE_BIND_POINT_COMPUTE, h->layout, 0, 1,
                                 &set, 0, NULL);
        h->CmdPushConstants(list->commands, h->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                            sizeof values, values);
        h->CmdDispatch(list->commands, 1, 1, 1);
    }
    hand_barrier(h, list->commands, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    OK(h->EndCommandBuffer(list->commands));
}

static void hand_run(Hand *h, const List *list) {
    const VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                               .commandBufferCount = 1,
                               .pCommandBuffers = &list->commands};
    OK(h->ResetFences(h->device, 1, &h->fence));
    OK(h->QueueSubmit(h->queue, 1, &info, h->fence));
    OK(h->WaitForFences(h->device, 1, &h->fence, VK_TRUE, UINT64_MAX));
}

static void hand_open(Hand *h, const char *name) {
    h->library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    PFN_vkGetInstanceProcAddr get;
    void *symbol = h->library ? dlsym(h->library, "vkGetInstanceProcAddr") : NULL;
    memcpy(&get, &symbol, sizeof get);
    must(get != NULL, "no Vulkan loader");
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .apiVersion = VK_API_VERSION_1_1};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pApplicationInfo = &application};
    PFN_vkCreateInstance create = (PFN_vkCreateInstance)get(VK_NULL_HANDLE, "vkCreateInstance");
    must(create && create(&info, NULL, &h->instance) == VK_SUCCESS, "no instance");
#define LOAD(n) h->n = (PFN_vk##n)get(h->instance, "vk" #n);
    INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
    hand_device(h, name);
    hand_pipeline(h);
    List *const lists[] = {&h->once, &h->again, &h->list};
    for (uint32_t i = 0; i < COUNT(lists); i++) {
        hand_list(h, lists[i]);
    }
    hand_record(h, &h->again, 1);
}

static void hand_close(Hand *h) {
    List *const lists[] = {&h->once, &h->again, &h->list};
    for (uint32_t i = 0; i < COUNT(lists); i++) {
        h->DestroyDescriptorPool(h->device, lists[i]->descriptors, NULL);
        h->DestroyCommandPool(h->device, lists[i]->pool, NULL);
    }
    h->DestroyFence(h->device, h->fence, NULL);
    h->DestroyPipeline(h->device, h->pipeline, NULL);
    h->DestroyPipelineLayout(h->device, h->layout, NULL);
    h->DestroyDescriptorSetLayout(h->device, h->set_layout, NULL);
    h->DestroyShaderModule(h->device, h->module, NULL);
    h->DestroyBuffer(h->device, h->x, NULL);
    h->FreeMemory(h->device, h->memory, NULL);
    h->DestroyDevice(h->device, NULL);
    h->DestroyInstance(h->instance, NULL);
    dlclose(h->library);
}

/* ---- Both ---- */

typedef enum Way { RECORD, REPLAY, MANY, WAYS } Way;

static void ours_way(Ours *o, Way way) {
    VtgCommands *commands = way == RECORD ? o->once : way == REPLAY ? o->again : o->list;
    if (way != REPLAY) {
        must(vtg_commands_reset(commands) == VTG_OK, "reset");
        ours_record(commands, o, way == RECORD ? 1 : LIST);
    }
    ours_run(commands);
}

static void hand_way(Hand *h, Way way) {
    List *list = way == RECORD ? &h->once : way == REPLAY ? &h->again : &h->list;
    if (way != REPLAY) {
        hand_record(h, list, way == RECORD ? 1 : LIST);
    }
    hand_run(h, list);
}

static bool bench_null(int rounds) {
    enum { BATCH = 1000 };
    Ours o = {0};
    ours_open(&o, "null");
    double *whole = calloc((size_t)rounds, sizeof *whole),
           *listed = calloc((size_t)rounds, sizeof *listed);
    uint32_t n = 1;
    const VtgArg args[] = {vtg_arg_buffer(o.x), vtg_arg_value(&n, 4)};
    for (int r = 0; r < rounds; r++) {
        double start = now_us();
        for (int i = 0; i < BATCH; i++) {
            VtgEvent *event;
            must(vtg_dispatch(o.device, o.step, (VtgGrid){WORDS, 1, 1}, args, 2, &event) == VTG_OK,
                 "dispatch");
            vtg_event_wait(event, VTG_FOREVER);
            vtg_event_destroy(event);
        }
        whole[r] = (now_us() - start) / BATCH;
        must(vtg_commands_reset(o.list) == VTG_OK, "reset");
        start = now_us();
        ours_record(o.list, &o, BATCH);
        listed[r] = (now_us() - start) / BATCH;
    }
    double one = median(whole, rounds), many = median(listed, rounds);
    printf("null    one dispatch, submitted and waited for   %7.3f us\n", one);
    printf("null    one more dispatch in a list              %7.3f us\n", many);
    free(whole);
    free(listed);
    ours_close(&o);
    return one < 1.0 && many < 1.0;
}

static bool bench_vulkan(int rounds) {
    static const char *const names[WAYS] = {"record", "replay", "list"};
    Ours o = {0};
    Hand h = {0};
    VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
    VtgInstance *instance = NULL;
    desc.api = "vulkan";
    bool there = vtg_instance_create(&desc, &instance) == VTG_OK && vtg_device_count(instance) != 0;
    vtg_instance_destroy(instance);
    if (!there) {
        printf("vulkan  no device: not measured\n");
        return true;
    }
    ours_open(&o, "vulkan");
    hand_open(&h, vtg_device_get_info(o.device)->name);
    printf("vulkan  %s\n", vtg_device_get_info(o.device)->name);
    double *ours = calloc((size_t)rounds, sizeof *ours),
           *hand = calloc((size_t)rounds, sizeof *hand);
    bool fine = true;
    for (Way way = RECORD; way < WAYS; way++) {
        for (int r = -rounds / 10; r < rounds; r++) { /* in turn; the first ones are not told */
            double start = now_us();
            hand_way(&h, way);
            double middle = now_us();
            ours_way(&o, way);
            double end = now_us();
            if (r >= 0) {
                hand[r] = middle - start;
                ours[r] = end - middle;
            }
        }
        double a = median(ours, rounds), b = median(hand, rounds);
        printf("vulkan  %-8s runtime %9.2f us   by hand %9.2f us   %.3f\n", names[way], a, b,
               a / b);
        fine = fine && a <= 1.10 * b;
    }
    free(ours);
    free(hand);
    hand_close(&h);
    ours_close(&o);
    return fine;
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    must(rounds > 0, "usage: dispatch [ROUNDS]");
    bool fine = bench_null(rounds < 200 ? rounds : 200);
    fine = bench_vulkan(rounds) && fine;
    return fine && atomic_load(&failures) == 0 ? 0 : 1;
}
