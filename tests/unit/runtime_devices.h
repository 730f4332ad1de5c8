/* runtime_devices.h: what the tests of the runtime's Vulkan back-end share: small kernels, and a loop over the null device and every
 * Vulkan device that is there, with the validation layer and with an allocator that counts.
 *
 * The kernels are SPIR-V assembly that follows the compiler's binding contract. */
#ifndef VITTE_RUNTIME_DEVICES_H
#define VITTE_RUNTIME_DEVICES_H

#include "tests/unit/runtime_unit.h"

#include <inttypes.h>

/* The layer's checks of synchronisation leak in the version of Debian 12. */
#if defined(__SANITIZE_ADDRESS__)
enum { VALIDATION = 1 };
#else
enum { VALIDATION = 2 };
#endif

/* ---- Kernels ---- */

typedef struct Code {
    spv_binary binary;
} Code;

/* What all kernels share. `capabilities` and `types` are spliced in; elements of buffer 0 are of type
 * `element` with `stride`, buffers 1 and 2 hold u32; values are u32 in one block, at 0, 4, 8. */
static Code assemble(const char *capabilities, const char *types, const char *element,
                     unsigned stride, const char *body) {
    static const char format[] =
        "OpCapability Shader\n%s"
        "OpExtension \"SPV_KHR_storage_buffer_storage_class\"\n"
        "OpMemoryModel Logical GLSL450\n"
        "OpEntryPoint GLCompute %%main \"main\" %%gid\n"
        "OpExecutionMode %%main LocalSize 64 1 1\n"
        "OpDecorate %%gid BuiltIn GlobalInvocationId\n"
        "OpDecorate %%spec SpecId 7\n"
        "OpDecorate %%elems ArrayStride %u\n"
        "OpDecorate %%first Block\nOpMemberDecorate %%first 0 Offset 0\n"
        "OpDecorate %%words ArrayStride 4\n"
        "OpDecorate %%block Block\nOpMemberDecorate %%block 0 Offset 0\n"
        "OpDecorate %%values Block\nOpMemberDecorate %%values 0 Offset 0\n"
        "OpMemberDecorate %%values 1 Offset 4\nOpMemberDecorate %%values 2 Offset 8\n"
        "OpDecorate %%b0 DescriptorSet 0\nOpDecorate %%b0 Binding 0\n"
        "OpDecorate %%b1 DescriptorSet 0\nOpDecorate %%b1 Binding 1\n"
        "OpDecorate %%b2 DescriptorSet 0\nOpDecorate %%b2 Binding 2\n"
        "%%void = OpTypeVoid\n%%bool = OpTypeBool\n"
        "%%u32 = OpTypeInt 32 0\n%%u32x3 = OpTypeVector %%u32 3\n"
        "%%fn = OpTypeFunction %%void\n"
        "%%zero = OpConstant %%u32 0\n%%one = OpConstant %%u32 1\n%%two = OpConstant %%u32 2\n"
        "%%three = OpConstant %%u32 3\n"
        "%%spec = OpSpecConstant %%u32 5\n"
        "%s"
        "%%elems = OpTypeRuntimeArray %s\n%%first = OpTypeStruct %%elems\n"
        "%%words = OpTypeRuntimeArray %%u32\n%%block = OpTypeStruct %%words\n"
        "%%values = OpTypeStruct %%u32 %%u32 %%u32\n"
        "%%firstp = OpTypePointer StorageBuffer %%first\n"
        "%%blockp = OpTypePointer StorageBuffer %%block\n"
        "%%wordp = OpTypePointer StorageBuffer %%u32\n"
        "%%valuesp = OpTypePointer PushConstant %%values\n"
        "%%valuep = OpTypePointer PushConstant %%u32\n"
        "%%gidp = OpTypePointer Input %%u32x3\n"
        "%%b0 = OpVariable %%firstp StorageBuffer\n"
        "%%b1 = OpVariable %%blockp StorageBuffer\n"
        "%%b2 = OpVariable %%blockp StorageBuffer\n"
        "%%pc = OpVariable %%valuesp PushConstant\n"
        "%%gid = OpVariable %%gidp Input\n"
        "%%main = OpFunction %%void None %%fn\n%%start = OpLabel\n"
        "%%id = OpLoad %%u32x3 %%gid\n%%i = OpCompositeExtract %%u32 %%id 0\n"
        "%s"
        "OpReturn\nOpFunctionEnd\n";
    static char text[16384];
    int length = snprintf(text, sizeof text, format, capabilities, stride, types, element, body);
    Code code = {NULL};
    spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_1);
    spv_diagnostic diagnostic = NULL;
    if (spvTextToBinary(context, text, (size_t)length, &code.binary, &diagnostic) != SPV_SUCCESS) {
        spvDiagnosticPrint(diagnostic);
        CHECK(code.binary != NULL);
    }
    spvDiagnosticDestroy(diagnostic);
    spvContextDestroy(context);
    return code;
}

#define WORDS "", "", "%u32", 4

/* Runs `body` only for %i below the element count %len of buffer `n`. */
#define GUARDED(n, body)                                                                           \
    "%len = OpArrayLength %u32 %b" n " 0\n%in = OpULessThan %bool %i %len\n"                       \
    "OpSelectionMerge %end None\nOpBranchConditional %in %then %end\n%then = OpLabel\n" body       \
    "OpBranch %end\n%end = OpLabel\n"
#define AT(p, n, index) "%" p " = OpAccessChain %wordp %b" n " %zero %" index "\n"
#define LOAD(x, p) "%" x " = OpLoad %u32 %" p "\n"
#define VALUE(x, n) "%p" x " = OpAccessChain %valuep %pc %" n "\n%" x " = OpLoad %u32 %p" x "\n"

static const VtgParam buffer_params[] = {
    {.name = "a", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_READ, .stride = 4},
    {.name = "b", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_READ, .stride = 4},
    {.name = "out", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_WRITE, .stride = 4},
    {.name = "k", .kind = VTG_PARAM_VALUE, .size = 4, .offset = 0},
};

static VtgStatus make_kernel(VtgDevice *device, const char *label, Code code,
                             const VtgParam *params, uint32_t count, VtgKernel **kernel) {
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.label = label;
    desc.code = code.binary ? code.binary->code : NULL;
    desc.code_size = code.binary ? code.binary->wordCount * sizeof(uint32_t) : 0;
    desc.workgroup_size[0] = 64;
    desc.params = params;
    desc.param_count = count;
    for (uint32_t i = 0; i < count; i++) {
        desc.value_block_bytes = params[i].kind == VTG_PARAM_BUFFER ? 0 : 12;
    }
    return vtg_kernel_create(device, &desc, kernel);
}

/* The kernels of most tests. */
typedef struct Kernels {
    VtgKernel *add;  /* (a, b, out, k): out[i] = a[i] * k + b[i] */
    VtgKernel *copy; /* (x, y): y[i] = x[i] */
    VtgKernel *step; /* (x): x[i] = x[i] * 3 + 1 */
    VtgKernel *spin; /* (x, n): x[i] after n steps of a generator */
} Kernels;

static void kernels_make(VtgDevice *device, Kernels *kernels) {
    Code add = assemble(
        WORDS,
        GUARDED(
            "2",
            AT("pa", "0", "i") AT("pb", "1", "i") AT("po", "2", "i") VALUE("k", "zero") LOAD("va",
                                                                                             "pa")
                LOAD("vb",
                     "pb") "%m = OpIMul %u32 %va %k\n%s = OpIAdd %u32 %m %vb\nOpStore %po %s\n"));
    Code copy = assemble(WORDS, GUARDED("1", AT("pa", "0", "i") AT("pb", "1", "i")
                                                 LOAD("va", "pa") "OpStore %pb %va\n"));
    Code step = assemble(
        WORDS,
        GUARDED(
            "0",
            AT("pa", "0", "i") LOAD(
                "va",
                "pa") "%m = OpIMul %u32 %va %three\n%s = OpIAdd %u32 %m %one\nOpStore %pa %s\n"));
    Code spin = assemble(
        "", "%mul = OpConstant %u32 1664525\n%inc = OpConstant %u32 1013904223\n", "%u32", 4,
        AT("pa", "0", "i") VALUE("n", "zero") LOAD(
            "va",
            "pa") "OpBranch %head\n%head = OpLabel\n"
                  "%x = OpPhi %u32 %va %start %x2 %cont\n%c = OpPhi %u32 %zero %start %c2 %cont\n"
                  "OpLoopMerge %done %cont None\nOpBranch %test\n%test = OpLabel\n"
                  "%more = OpULessThan %bool %c %n\nOpBranchConditional %more %loop %done\n"
                  "%loop = OpLabel\n%xm = OpIMul %u32 %x %mul\n%x2 = OpIAdd %u32 %xm "
                  "%inc\nOpBranch %cont\n"
                  "%cont = OpLabel\n%c2 = OpIAdd %u32 %c %one\nOpBranch %head\n%done = OpLabel\n"
                  "OpStore %pa %x\n");
    VtgParam xy[] = {buffer_params[0], buffer_params[2]};
    VtgParam x[] = {buffer_params[0], buffer_params[3]};
    x[0].access = VTG_ACCESS_READ_WRITE;
    xy[0].name = "x";
    xy[1].name = "y";
    CHECK_OK(make_kernel(device, "add", add, buffer_params, 4, &kernels->add));
    CHECK_OK(make_kernel(device, "copy", copy, xy, 2, &kernels->copy));
    CHECK_OK(make_kernel(device, "step", step, x, 1, &kernels->step));
    CHECK_OK(make_kernel(device, "spin", spin, x, 2, &kernels->spin));
    spvBinaryDestroy(add.binary);
    spvBinaryDestroy(copy.binary);
    spvBinaryDestroy(step.binary);
    spvBinaryDestroy(spin.binary);
}

static void kernels_free(Kernels *kernels) {
    vtg_kernel_destroy(kernels->add);
    vtg_kernel_destroy(kernels->copy);
    vtg_kernel_destroy(kernels->step);
    vtg_kernel_destroy(kernels->spin);
}

/* ---- Helpers ---- */

typedef struct Test {
    Host *host;
    VtgInstance *instance;
    VtgDevice *device;
    uint32_t index;   /* of the device */
    uint32_t staging; /* 1: nothing of the device's memory is mapped */
    Kernels kernels;
} Test;

/* Whether the last error in the log mentions `text`. */
static inline bool said(const Test *t, const char *text) {
    if (!strstr(t->host->last, text)) {
        printf("  the log says: %s\n", t->host->last);
        return false;
    }
    return true;
}

/* ---- Devices ---- */

typedef struct {
    const char *name;
    void (*run)(Test *);
    bool null; /* on the null device, too */
} DeviceTest;

static bool is_null(const Test *t) {
    return strcmp(vtg_device_get_info(t->device)->api, "null") == 0;
}

static void test_device(const DeviceTest *tests, uint32_t count, Test t) {
    VtgDeviceDesc desc = VTG_DEVICE_DESC_INIT;
    desc.index = t.index;
    desc.force_staging = t.staging;
    if (!CHECK_OK(vtg_device_create(t.instance, &desc, &t.device))) {
        return;
    }
    CHECK(vtg_device_get_info(t.device) == vtg_device_info(t.instance, t.index));
    kernels_make(t.device, &t.kernels);
    for (uint32_t i = 0; i < count; i++) {
        if (is_null(&t) && !tests[i].null) {
            continue;
        }
        int before = atomic_load(&failures);
        tests[i].run(&t);
        printf("%s %s device %u%s: %s\n", atomic_load(&failures) == before ? "ok  " : "FAIL",
               vtg_device_get_info(t.device)->api, t.index, t.staging ? ", staging" : "",
               tests[i].name);
    }
    kernels_free(&t.kernels);
    vtg_device_destroy(t.device);
}

/* Every test on every device of the API, with buffers that the host can map and through staging; how many devices there are. */
static uint32_t test_api(const DeviceTest *tests, uint32_t tests_count, const char *api,
                         bool print) {
    Host host = HOST_INIT;
    host.print = print;
    VtgInstanceDesc desc = host_desc(&host, api);
    desc.validation = VALIDATION;
    VtgInstance *instance = NULL;
    VtgStatus opened = vtg_instance_create(&desc, &instance);
    CHECK(opened == VTG_OK || opened == VTG_ERROR_NO_DRIVER);
    uint32_t count = vtg_device_count(instance);
    for (uint32_t i = 0; i < count * 2; i++) {
        test_device(tests, tests_count,
                    (Test){.host = &host, .instance = instance, .index = i / 2, .staging = i % 2});
    }
    if (count != 0 && strcmp(api, "vulkan") == 0) {
        printf("validation: %s, %" PRIu64 " messages\n",
               vtg_instance_has_validation(instance) ? "on" : "there is no layer",
               vtg_instance_validation_messages(instance));
        CHECK(vtg_instance_validation_messages(instance) == 0);
    }
    vtg_instance_destroy(instance);
    CHECK(atomic_load(&host.live) == 0);
    return count;
}

/* The exit status of a program of tests: 0: fine, 1: not, 77: fine as far as it goes without a Vulkan device. -v prints the log. */
static int test_devices(int argc, char **argv, const DeviceTest *tests, uint32_t count) {
    bool print = argc > 1 && strcmp(argv[1], "-v") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    CHECK(test_api(tests, count, "null", print) == 1);
    uint32_t devices = test_api(tests, count, "vulkan", print); /* their kernels are SPIR-V */
    if (atomic_load(&failures)) {
        printf("%d checks failed\n", atomic_load(&failures));
        return 1;
    }
    if (devices == 0) {
        printf("SKIP: no Vulkan device\n");
    }
    return devices == 0 ? 77 : 0;
}

#endif
