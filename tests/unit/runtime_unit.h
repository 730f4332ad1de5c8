/* runtime_unit.h: what tests of the runtime share: checks, an allocator that counts and can fail, a log that is kept,
 * and one kernel in the language of each API:
 *
 *     step(x, n): n times x[i] = x[i] * 3 + 1 */
#ifndef VITTE_RUNTIME_UNIT_H
#define VITTE_RUNTIME_UNIT_H

#include "runtime-min/vitte_gpu.h"

#include <spirv-tools/libspirv.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Checks ---- */

static atomic_int failures;

#define CHECK(condition) check((condition), __FILE__, __LINE__, #condition)
#define CHECK_STATUS(call, expected) check_status((call), (expected), __FILE__, __LINE__, #call)
#define CHECK_OK(call) CHECK_STATUS(call, VTG_OK)
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))

static inline bool check(bool condition, const char *file, int line, const char *text) {
    if (!condition) {
        printf("%s:%d: %s\n", file, line, text);
        atomic_fetch_add(&failures, 1);
    }
    return condition;
}

static inline bool check_status(VtgStatus got, VtgStatus expected, const char *file, int line,
                                const char *text) {
    if (got != expected) {
        printf("%s:%d: %s gives `%s`, expected `%s`\n", file, line, text, vtg_status_text(got),
               vtg_status_text(expected));
        atomic_fetch_add(&failures, 1);
    }
    return got == expected;
}

/* ---- Host ---- */

typedef struct Host {
    atomic_llong live; /* bytes allocated and not freed */
    atomic_int calls;  /* allocations so far */
    int fail_at;       /* the allocation that fails, counted from 1; 0: none */
    bool print;
    pthread_mutex_t lock;
    char last[1024];     /* the last line at VTG_LOG_ERROR, under lock */
    char recorded[8192]; /* what the null device recorded, a line each */
} Host;

#define HOST_INIT {.lock = PTHREAD_MUTEX_INITIALIZER}

static inline void *host_reallocate(void *user, void *ptr, size_t old_size, size_t new_size) {
    Host *host = user;
    if (new_size != 0 && atomic_fetch_add(&host->calls, 1) + 1 == host->fail_at) {
        return NULL;
    }
    void *result = NULL;
    if (new_size == 0) {
        free(ptr);
    } else if ((result = realloc(ptr, new_size)) == NULL) {
        return NULL;
    }
    atomic_fetch_add(&host->live, (long long)new_size - (long long)old_size);
    return result;
}

static inline void host_log(void *user, VtgLogLevel level, const char *message) {
    Host *host = user;
    pthread_mutex_lock(&host->lock);
    if (level == VTG_LOG_ERROR) {
        snprintf(host->last, sizeof host->last, "%s", message);
    }
    size_t used = strlen(host->recorded);
    if (strncmp(message, "null: ", 6) == 0 && used + strlen(message) < sizeof host->recorded) {
        snprintf(host->recorded + used, sizeof host->recorded - used, "%s\n", message + 6);
    }
    if (host->print) {
        printf("  log %d: %s\n", (int)level, message);
    }
    pthread_mutex_unlock(&host->lock);
}

static inline VtgInstanceDesc host_desc(Host *host, const char *api) {
    VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
    desc.api = api;
    desc.allocator.reallocate = host_reallocate;
    desc.allocator.user = host;
    desc.log = host_log;
    desc.log_user = host;
    return desc;
}

/* ---- The kernel ---- */

static const char step_cl[] =
    "kernel void main_(global uint *x, uint n, uint x_len) {\n"
    "    uint i = get_global_id(0);\n"
    "    for (uint c = 0; c < n && i < x_len; c++) { x[i] = x[i] * 3 + 1; }\n}\n";

static const char step_wgsl[] =
    "struct Values { n: u32, x_len: u32 }\n"
    "@group(0) @binding(0) var<storage, read_write> x: array<u32>;\n"
    "@group(0) @binding(1) var<storage, read> v: Values;\n"
    "@compute @workgroup_size(64) fn main_(@builtin(global_invocation_id) id: vec3<u32>) {\n"
    "    for (var c = 0u; c < v.n && id.x < v.x_len; c++) { x[id.x] = x[id.x] * 3 + 1; }\n}\n";

static const char step_spirv[] =
    "OpCapability Shader\nOpExtension \"SPV_KHR_storage_buffer_storage_class\"\n"
    "OpMemoryModel Logical GLSL450\n"
    "OpEntryPoint GLCompute %main \"main_\" %gid\nOpExecutionMode %main LocalSize 64 1 1\n"
    "OpDecorate %gid BuiltIn GlobalInvocationId\nOpDecorate %words ArrayStride 4\n"
    "OpDecorate %block Block\nOpMemberDecorate %block 0 Offset 0\n"
    "OpDecorate %values Block\nOpMemberDecorate %values 0 Offset 0\n"
    "OpMemberDecorate %values 1 Offset 4\n"
    "OpDecorate %x DescriptorSet 0\nOpDecorate %x Binding 0\n"
    "%void = OpTypeVoid\n%bool = OpTypeBool\n%u32 = OpTypeInt 32 0\n"
    "%u32x3 = OpTypeVector %u32 3\n%fn = OpTypeFunction %void\n"
    "%zero = OpConstant %u32 0\n%one = OpConstant %u32 1\n%three = OpConstant %u32 3\n"
    "%words = OpTypeRuntimeArray %u32\n%block = OpTypeStruct %words\n"
    "%values = OpTypeStruct %u32 %u32\n"
    "%blockp = OpTypePointer StorageBuffer %block\n%wordp = OpTypePointer StorageBuffer %u32\n"
    "%valuesp = OpTypePointer PushConstant %values\n%valuep = OpTypePointer PushConstant %u32\n"
    "%gidp = OpTypePointer Input %u32x3\n"
    "%x = OpVariable %blockp StorageBuffer\n%pc = OpVariable %valuesp PushConstant\n"
    "%gid = OpVariable %gidp Input\n"
    "%main = OpFunction %void None %fn\n%start = OpLabel\n"
    "%id = OpLoad %u32x3 %gid\n%i = OpCompositeExtract %u32 %id 0\n"
    "%pn = OpAccessChain %valuep %pc %zero\n%n = OpLoad %u32 %pn\n"
    "%pl = OpAccessChain %valuep %pc %one\n%len = OpLoad %u32 %pl\n"
    "%in = OpULessThan %bool %i %len\nOpSelectionMerge %end None\n"
    "OpBranchConditional %in %then %end\n%then = OpLabel\n"
    "%p = OpAccessChain %wordp %x %zero %i\n%v0 = OpLoad %u32 %p\nOpBranch %head\n"
    "%head = OpLabel\n"
    "%c = OpPhi %u32 %zero %then %c1 %next\n%v = OpPhi %u32 %v0 %then %v1 %next\n"
    "%more = OpULessThan %bool %c %n\nOpLoopMerge %out %next None\n"
    "OpBranchConditional %more %body %out\n%body = OpLabel\n"
    "%m = OpIMul %u32 %v %three\n%v1 = OpIAdd %u32 %m %one\nOpBranch %next\n"
    "%next = OpLabel\n%c1 = OpIAdd %u32 %c %one\nOpBranch %head\n"
    "%out = OpLabel\nOpStore %p %v\nOpBranch %end\n"
    "%end = OpLabel\nOpReturn\nOpFunctionEnd\n";

static const VtgParam step_params[] = {
    {.name = "x", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_READ_WRITE, .stride = 4},
    {.name = "n", .kind = VTG_PARAM_VALUE, .size = 4, .offset = 0},
    {.kind = VTG_PARAM_LENGTH, .offset = 4, .of_param = 0},
};

static inline VtgStatus make_step(VtgDevice *device, VtgKernel **kernel) {
    const char *api = vtg_device_get_info(device)->api;
    spv_binary binary = NULL;
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.label = "step";
    desc.entry = "main_";
    desc.workgroup_size[0] = 64;
    desc.params = step_params;
    desc.param_count = COUNT(step_params);
    desc.value_block_bytes = 8;
    if (strcmp(api, "opencl") == 0) {
        desc.code_format = VTG_CODE_OPENCL_C;
        desc.code = step_cl;
        desc.code_size = sizeof step_cl - 1;
    } else if (strcmp(api, "webgpu") == 0) {
        desc.code_format = VTG_CODE_WGSL;
        desc.code = step_wgsl;
        desc.code_size = sizeof step_wgsl - 1;
        desc.value_block = VTG_VALUES_STORAGE_BUFFER;
    } else {
        spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_1);
        CHECK(spvTextToBinary(context, step_spirv, sizeof step_spirv - 1, &binary, NULL) ==
              SPV_SUCCESS);
        spvContextDestroy(context);
        desc.code = binary ? binary->code : NULL;
        desc.code_size = binary ? binary->wordCount * sizeof(uint32_t) : 0;
    }
    VtgStatus status = vtg_kernel_create(device, &desc, kernel);
    spvBinaryDestroy(binary);
    return status;
}

static inline uint32_t stepped(uint32_t x, uint32_t times) {
    for (uint32_t i = 0; i < times; i++) {
        x = x * 3 + 1;
    }
    return x;
}

/* ---- Buffers ---- */

static inline VtgBuffer *make_buffer(VtgDevice *device, VtgMemory memory, const char *label,
                                     uint64_t size) {
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    desc.memory = memory;
    desc.size_bytes = size;
    desc.label = label;
    VtgBuffer *buffer = NULL;
    CHECK_OK(vtg_buffer_create(device, &desc, &buffer));
    return buffer;
}

/* In the device's memory; `data` NULL: nothing is written into it. */
static inline VtgBuffer *filled_buffer(VtgDevice *device, const char *label, uint64_t size,
                                       const void *data) {
    VtgBuffer *buffer = make_buffer(device, VTG_MEMORY_DEVICE, label, size);
    if (buffer && data) {
        CHECK_OK(vtg_buffer_write(buffer, 0, data, size));
    }
    return buffer;
}

static inline uint32_t word_at(VtgBuffer *buffer, uint64_t index) {
    uint32_t word = 0xdeadbeef;
    CHECK_OK(vtg_buffer_read(buffer, index * 4, &word, 4));
    return word;
}

/* ---- Dispatches; numbers at random ---- */

static inline VtgStatus run(VtgDevice *device, VtgKernel *kernel, uint32_t n, const VtgArg *args,
                            uint32_t count) {
    VtgGrid grid = {n, 1, 1};
    VtgEvent *event = NULL;
    VtgStatus status = vtg_dispatch(device, kernel, grid, args, count, &event);
    if (status == VTG_OK) {
        status = vtg_event_wait(event, VTG_FOREVER);
    }
    vtg_event_destroy(event);
    return status;
}

static inline uint32_t next(uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

#endif
