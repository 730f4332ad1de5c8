/* test_runtime.c: the runtime on the null device and on every Vulkan device that is there, with the
 * validation layer and with an allocator that counts. Exit 0: fine, 1: not, 77: fine as far as it goes
 * without a Vulkan device.
 *
 * The kernels are SPIR-V assembly that follows the compiler's binding contract. */
#include "runtime-min/vitte_gpu.h"

#include <spirv-tools/libspirv.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
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

static bool check(bool condition, const char *file, int line, const char *text) {
    if (!condition) {
        printf("%s:%d: %s\n", file, line, text);
        atomic_fetch_add(&failures, 1);
    }
    return condition;
}

static bool check_status(VtgStatus got, VtgStatus expected, const char *file, int line,
                         const char *text) {
    if (got != expected) {
        printf("%s:%d: %s gives `%s`, expected `%s`\n", file, line, text, vtg_status_text(got),
               vtg_status_text(expected));
        atomic_fetch_add(&failures, 1);
    }
    return got == expected;
}

/* ---- Host: an allocator that counts and can fail, a log that is kept ---- */

typedef struct Host {
    atomic_llong live; /* bytes allocated and not freed */
    atomic_int calls;  /* allocations so far */
    int fail_at;       /* the allocation that fails, counted from 1; 0: none */
    bool print;
    char last[1024]; /* the last line at VTG_LOG_ERROR */
} Host;

static void *host_reallocate(void *user, void *ptr, size_t old_size, size_t new_size) {
    Host *host = user;
    if (new_size != 0 && atomic_fetch_add(&host->calls, 1) + 1 == host->fail_at) {
        return NULL;
    }
    void *result = NULL;
    if (new_size == 0) {
        free(ptr);
    } else {
        result = realloc(ptr, new_size);
        if (!result) {
            return NULL;
        }
    }
    atomic_fetch_add(&host->live, (long long)new_size - (long long)old_size);
    return result;
}

static void host_log(void *user, VtgLogLevel level, const char *message) {
    Host *host = user;
    if (level == VTG_LOG_ERROR) {
        snprintf(host->last, sizeof host->last, "%s", message);
    }
    if (host->print) {
        printf("  log %d: %s\n", (int)level, message);
    }
}

/* The layer's checks of synchronisation leak in the version of Debian 12. */
#if defined(__SANITIZE_ADDRESS__)
enum { VALIDATION = 1 };
#else
enum { VALIDATION = 2 };
#endif

static VtgInstanceDesc host_desc(Host *host, const char *api) {
    VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
    desc.api = api;
    desc.validation = VALIDATION;
    desc.allocator.reallocate = host_reallocate;
    desc.allocator.user = host;
    desc.log = host_log;
    desc.log_user = host;
    return desc;
}

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

static VtgBuffer *make_buffer(VtgDevice *device, const char *label, uint64_t size,
                              const void *data) {
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    desc.size_bytes = size;
    desc.label = label;
    VtgBuffer *buffer = NULL;
    CHECK_OK(vtg_buffer_create(device, &desc, &buffer));
    if (buffer && data) {
        CHECK_OK(vtg_buffer_write(buffer, 0, data, size));
    }
    return buffer;
}

static uint32_t word_at(VtgBuffer *buffer, uint64_t index) {
    uint32_t word = 0xdeadbeef;
    CHECK_OK(vtg_buffer_read(buffer, index * 4, &word, 4));
    return word;
}

static VtgStatus run(VtgDevice *device, VtgKernel *kernel, uint32_t n, const VtgArg *args,
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

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))

typedef struct Test {
    Host *host;
    VtgInstance *instance;
    VtgDevice *device;
    Kernels kernels;
} Test;

/* Whether the last error in the log mentions `text`. */
static bool said(const Test *t, const char *text) {
    if (!strstr(t->host->last, text)) {
        printf("  the log says: %s\n", t->host->last);
        return false;
    }
    return true;
}

/* ---- Tests of a device ---- */

static void test_buffers(Test *t) {
    static const uint64_t sizes[] = {1, 2, 3, 4, 5, 7, 63, 64, 4097, 3 * 1024 * 1024 + 1};
    for (size_t s = 0; s < COUNT(sizes); s++) {
        size_t size = (size_t)sizes[s];
        unsigned char *in = malloc(size), *out = calloc(size, 1);
        for (size_t i = 0; i < size; i++) {
            in[i] = (unsigned char)(i * 31 + s);
        }
        VtgBuffer *buffer = make_buffer(t->device, "odd", size, in);
        CHECK(vtg_buffer_size(buffer) == size);
        CHECK_OK(vtg_buffer_read(buffer, 0, out, size));
        CHECK(memcmp(in, out, size) == 0);
        /* a part that begins and ends anywhere, and nothing beside it */
        size_t from = size / 3, length = size / 2;
        memset(in + from, 0xa5, length);
        CHECK_OK(vtg_buffer_write(buffer, from, in + from, length));
        CHECK_OK(vtg_buffer_read(buffer, 0, out, size));
        CHECK(memcmp(in, out, size) == 0);
        CHECK_STATUS(vtg_buffer_write(buffer, 1, in, size), VTG_ERROR_OUT_OF_RANGE);
        CHECK(said(t, "odd"));
        CHECK_STATUS(vtg_buffer_read(buffer, UINT64_MAX, out, 2), VTG_ERROR_OUT_OF_RANGE);
        CHECK_OK(vtg_buffer_read(buffer, size, out, 0));
        /* fills: words, and the last bytes of an odd buffer */
        size_t half = size / 8 * 4;
        CHECK_OK(vtg_buffer_clear(buffer));
        CHECK_OK(vtg_buffer_fill(buffer, half, size - half, 0x04030201));
        CHECK_OK(vtg_buffer_read(buffer, 0, out, size));
        bool right = true;
        for (size_t i = 0; i < size; i++) {
            right &= out[i] == (i < half ? 0 : (i - half) % 4 + 1);
        }
        CHECK(right);
        if (size > 8) {
            CHECK_STATUS(vtg_buffer_fill(buffer, 2, 4, 0), VTG_ERROR_INVALID_ARGUMENT);
            CHECK_STATUS(vtg_buffer_fill(buffer, 0, 3, 0), VTG_ERROR_INVALID_ARGUMENT);
        }
        vtg_buffer_destroy(buffer);
        free(in);
        free(out);
    }
    VtgBuffer *empty = make_buffer(t->device, "empty", 0, NULL);
    CHECK(vtg_buffer_size(empty) == 0);
    CHECK_OK(vtg_buffer_write(empty, 0, NULL, 0));
    CHECK_OK(vtg_buffer_read(empty, 0, NULL, 0));
    CHECK_OK(vtg_buffer_clear(empty));
    CHECK_STATUS(vtg_buffer_read(empty, 0, &(char){0}, 1), VTG_ERROR_OUT_OF_RANGE);
    vtg_buffer_destroy(empty);
    VtgBufferDesc huge = VTG_BUFFER_DESC_INIT;
    huge.size_bytes = vtg_device_get_info(t->device)->limits.max_buffer_bytes + 1;
    VtgBuffer *none = (VtgBuffer *)&huge;
    CHECK_STATUS(vtg_buffer_create(t->device, &huge, &none), VTG_ERROR_LIMIT);
    CHECK(none == NULL);
}

static void test_dispatch(Test *t) {
    enum { N = 1000 };
    uint32_t a[N], b[N], out[N];
    for (uint32_t i = 0; i < N; i++) {
        a[i] = i * i;
        b[i] = 7 - i;
    }
    VtgBuffer *ba = make_buffer(t->device, "A", sizeof a, a);
    VtgBuffer *bb = make_buffer(t->device, "B", sizeof b, b);
    VtgBuffer *bo = make_buffer(t->device, "C", sizeof out, NULL);
    uint32_t k = 3;
    VtgArg args[] = {vtg_arg_buffer(ba), vtg_arg_buffer(bb), vtg_arg_buffer(bo),
                     vtg_arg_value(&k, sizeof k)};
    CHECK_OK(vtg_buffer_clear(bo));
    CHECK_OK(run(t->device, t->kernels.add, N, args, COUNT(args)));
    CHECK_OK(vtg_buffer_read(bo, 0, out, sizeof out));
    bool right = true;
    for (uint32_t i = 0; i < N; i++) {
        right &= out[i] == a[i] * k + b[i];
    }
    CHECK(right);

    /* both sources may be one buffer; a grid of 100 runs 128; a grid with a 0 runs nothing */
    args[1] = args[0];
    CHECK_OK(vtg_buffer_clear(bo));
    CHECK_OK(run(t->device, t->kernels.add, 100, args, COUNT(args)));
    CHECK(word_at(bo, 127) == a[127] * 4 && word_at(bo, 128) == 0);
    CHECK_OK(vtg_buffer_clear(bo));
    VtgGrid zero = {N, 0, 1};
    CHECK_OK(vtg_dispatch(t->device, t->kernels.add, zero, args, COUNT(args), NULL));
    CHECK(word_at(bo, 0) == 0);

    /* parts of buffers, also two parts of one of which one is written; an empty part at the end */
    uint32_t step = vtg_device_get_info(t->device)->limits.buffer_offset_alignment;
    VtgBuffer *big = make_buffer(t->device, "big", 3 * step + 400, NULL);
    CHECK_OK(vtg_buffer_fill(big, 0, 3 * step + 400, 5));
    VtgArg parts[] = {vtg_arg_buffer(big), vtg_arg_buffer(big)};
    parts[0].size = step;
    parts[1].offset = 2 * step;
    parts[1].size = 8;
    CHECK_OK(vtg_buffer_fill(big, 0, step, 9));
    CHECK_OK(run(t->device, t->kernels.copy, 64, parts, 2));
    CHECK(word_at(big, step / 2 - 1) == 5 && word_at(big, step / 2) == 9);
    CHECK(word_at(big, step / 2 + 1) == (step > 4 ? 9 : 0) && word_at(big, step / 2 + 2) == 5);
    parts[0].size = 2 * step + 4;
    CHECK_STATUS(run(t->device, t->kernels.copy, 64, parts, 2), VTG_ERROR_OVERLAP);
    CHECK(said(t, "`x`") && said(t, "`y` is written") && said(t, "big"));
    parts[1].offset = 1;
    parts[0].size = 4;
    CHECK_STATUS(run(t->device, t->kernels.copy, 64, parts, 2), VTG_ERROR_INVALID_ARGUMENT);
    parts[1].offset = 3 * step + 500;
    CHECK_STATUS(run(t->device, t->kernels.copy, 64, parts, 2), VTG_ERROR_OUT_OF_RANGE);
    vtg_buffer_destroy(big);

    vtg_buffer_destroy(ba);
    vtg_buffer_destroy(bb);
    vtg_buffer_destroy(bo);
}

static void test_arguments(Test *t) {
    VtgBuffer *x = make_buffer(t->device, "X", 64, NULL);
    VtgBuffer *y = make_buffer(t->device, "Y", 64, NULL);
    VtgBuffer *z = make_buffer(t->device, "Z", 64, NULL);
    uint32_t k = 1;
    const VtgArg good[] = {vtg_arg_buffer(x), vtg_arg_buffer(y), vtg_arg_buffer(z),
                           vtg_arg_value(&k, 4)};
    VtgArg args[4];
    VtgGrid grid = {16, 1, 1};
    VtgKernel *add = t->kernels.add;
#define WITH(index, arg) (memcpy(args, good, sizeof args), args[index] = (arg), args)
    CHECK_OK(run(t->device, add, 16, good, 4));
    CHECK_STATUS(run(t->device, add, 16, good, 3), VTG_ERROR_ARGUMENT_COUNT);
    CHECK(said(t, "`add` takes 4 arguments; 3 were given"));
    CHECK_STATUS(run(t->device, add, 16, WITH(2, vtg_arg_value(&k, 4)), 4),
                 VTG_ERROR_ARGUMENT_KIND);
    CHECK(said(t, "`out`"));
    CHECK_STATUS(run(t->device, add, 16, WITH(3, vtg_arg_buffer(z)), 4), VTG_ERROR_ARGUMENT_KIND);
    CHECK(said(t, "`k`"));
    CHECK_STATUS(run(t->device, add, 16, WITH(1, vtg_arg_buffer(NULL)), 4),
                 VTG_ERROR_ARGUMENT_KIND);
    CHECK_STATUS(run(t->device, add, 16, WITH(3, vtg_arg_value(&k, 8)), 4),
                 VTG_ERROR_ARGUMENT_SIZE);
    CHECK(said(t, "`k` has 4 bytes; 8 were given"));
    CHECK_STATUS(run(t->device, add, 16, WITH(2, vtg_arg_buffer(y)), 4), VTG_ERROR_OVERLAP);
    CHECK(said(t, "`b` and `out`") && said(t, "`out` is written") && said(t, "buffer `Y`"));
#undef WITH
    CHECK_STATUS(vtg_dispatch(t->device, add, grid, NULL, 4, NULL), VTG_ERROR_INVALID_ARGUMENT);
    CHECK_STATUS(vtg_dispatch(t->device, NULL, grid, good, 4, NULL), VTG_ERROR_INVALID_ARGUMENT);
    const VtgLimits *limits = &vtg_device_get_info(t->device)->limits;
    if (limits->max_workgroup_count[1] < UINT32_MAX) {
        grid.y = limits->max_workgroup_count[1] + 1;
        CHECK_STATUS(vtg_dispatch(t->device, add, grid, good, 4, NULL), VTG_ERROR_LIMIT);
        CHECK(said(t, "along y"));
    }
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
    vtg_buffer_destroy(z);
}

/* The array length that a kernel sees, for whole, partial and missing elements. */
static void test_lengths(Test *t) {
    // clang-format off
    static const struct { uint32_t stride; const char *capabilities, *types, *element; uint64_t needs; } rows[] = {
        {16, "", "%elem = OpTypeVector %u32 4\n", "%elem", 0},
        {8,  "", "%elem = OpTypeVector %u32 2\n", "%elem", 0},
        {4,  "", "", "%u32", 0},
        {2,  "OpCapability StorageBuffer16BitAccess\nOpCapability Int16\n", "%elem = OpTypeInt 16 0\n", "%elem",
         VTG_FEATURE_BIT(VTG_FEATURE_STORAGE16) | VTG_FEATURE_BIT(VTG_FEATURE_INT16)},
        {1,  "OpCapability StorageBuffer8BitAccess\nOpCapability Int8\nOpExtension \"SPV_KHR_8bit_storage\"\n",
         "%elem = OpTypeInt 8 0\n", "%elem", VTG_FEATURE_BIT(VTG_FEATURE_STORAGE8) | VTG_FEATURE_BIT(VTG_FEATURE_INT8)},
    };
    // clang-format on
    static const uint64_t sizes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 31, 33, 1000, 1001};
    VtgBuffer *out = make_buffer(t->device, "length", 8, NULL);
    uint64_t features = vtg_device_get_info(t->device)->features;
    bool exact_when_empty = (features & VTG_FEATURE_BIT(VTG_FEATURE_NULL_DESCRIPTOR)) != 0;
    for (size_t r = 0; r < COUNT(rows); r++) {
        if ((rows[r].needs & features) != rows[r].needs) {
            printf("  no elements of %u bytes here\n", rows[r].stride);
            continue;
        }
        /* word 0: OpArrayLength; word 1: the length that the runtime handed over */
        Code code =
            assemble(rows[r].capabilities, rows[r].types, rows[r].element, rows[r].stride,
                     "%len = OpArrayLength %u32 %b0 0\n" AT("p0", "1", "zero") AT("p1", "1", "one")
                         VALUE("n", "two") "OpStore %p0 %len\nOpStore %p1 %n\n");
        VtgParam params[] = {buffer_params[0],
                             buffer_params[2],
                             {.name = "n", .kind = VTG_PARAM_LENGTH, .offset = 8, .of_param = 0}};
        params[0].stride = rows[r].stride;
        VtgKernel *kernel = NULL;
        CHECK_OK(make_kernel(t->device, "length", code, params, COUNT(params), &kernel));
        spvBinaryDestroy(code.binary);
        for (size_t s = 0; s < COUNT(sizes) && kernel; s++) {
            VtgBuffer *data = make_buffer(t->device, "data", sizes[s], NULL);
            VtgArg args[] = {vtg_arg_buffer(data), vtg_arg_buffer(out)};
            CHECK_OK(vtg_buffer_fill(out, 0, 8, 0xcccccccc));
            CHECK_OK(run(t->device, kernel, 1, args, 2));
            uint32_t expected = (uint32_t)(sizes[s] / rows[r].stride);
            uint32_t seen = word_at(out, 0);
            if (expected == 0 && rows[r].stride == 1 && !exact_when_empty) {
                CHECK(seen <= 1); /* one byte is as little as can be bound */
            } else if (seen != expected) {
                printf("  %" PRIu64 " bytes of %u: length %u\n", sizes[s], rows[r].stride, seen);
                CHECK(seen == expected);
            }
            CHECK(word_at(out, 1) == expected);
            vtg_buffer_destroy(data);
        }
        vtg_kernel_destroy(kernel);
    }
    vtg_buffer_destroy(out);
}

/* Dispatches, copies and fills that depend on each other, in one list and across lists. */
static void test_hazards(Test *t) {
    enum { N = 4096, ROUNDS = 40 };
    VtgBuffer *x = make_buffer(t->device, "x", N * 4, NULL);
    VtgBuffer *y = make_buffer(t->device, "y", N * 4, NULL);
    VtgBuffer *z = make_buffer(t->device, "z", N * 4, NULL);
    VtgGrid grid = {N, 1, 1};
    VtgArg on_x[] = {vtg_arg_buffer(x)};
    VtgArg xy[] = {vtg_arg_buffer(x), vtg_arg_buffer(y)};
    VtgArg zx[] = {vtg_arg_buffer(z), vtg_arg_buffer(x)};
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.label = "chain";
    VtgCommands *commands = NULL;
    CHECK_OK(vtg_commands_create(t->device, &desc, &commands));
    CHECK_OK(vtg_commands_fill(commands, x, 0, N * 4, 1));
    uint32_t expected = 1;
    for (int i = 0; i < ROUNDS; i++) { /* step x; y = x; z = y; x = z; */
        CHECK_OK(vtg_commands_dispatch(commands, t->kernels.step, grid, on_x, 1));
        CHECK_OK(vtg_commands_dispatch(commands, t->kernels.copy, grid, xy, 2));
        CHECK_OK(vtg_commands_copy(commands, y, 0, z, 0, N * 4));
        CHECK_OK(vtg_commands_fill(commands, y, 0, N * 4, 0));
        CHECK_OK(vtg_commands_fill(commands, x, 0, N * 4, 0));
        CHECK_OK(vtg_commands_dispatch(commands, t->kernels.copy, grid, zx, 2));
        expected = expected * 3 + 1;
    }
    CHECK_STATUS(vtg_commands_copy(commands, x, 0, x, 4, 8), VTG_ERROR_OVERLAP);
    CHECK_STATUS(vtg_commands_copy(commands, x, 4, y, N * 4, 1), VTG_ERROR_OUT_OF_RANGE);
    CHECK_OK(vtg_commands_copy(commands, x, 0, x, 8, 8));
    CHECK_OK(vtg_submit(commands, NULL)); /* no event: reading waits for it */
    CHECK(word_at(x, 0) == expected && word_at(x, N - 1) == expected);
    CHECK(word_at(y, 5) == 0 && word_at(z, N / 2) == expected);

    CHECK_STATUS(vtg_commands_fill(commands, x, 0, 4, 1), VTG_ERROR_BUSY);
    CHECK_OK(vtg_submit(commands, NULL)); /* again, as it is */
    CHECK_OK(vtg_device_wait_idle(t->device));
    CHECK_OK(vtg_commands_reset(commands));
    CHECK_OK(vtg_commands_dispatch(commands, t->kernels.step, grid, on_x, 1));
    VtgEvent *event = NULL;
    CHECK_OK(vtg_submit(commands, &event));
    CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
    CHECK(word_at(x, 17) == expected * 3 + 1);
    vtg_event_destroy(event);
    vtg_commands_destroy(commands);

    /* submissions that follow each other without a wait; a write that must come after them all */
    expected = word_at(x, 3);
    for (int i = 0; i < 100; i++) {
        CHECK_OK(vtg_dispatch(t->device, t->kernels.step, grid, on_x, 1, NULL));
        expected = expected * 3 + 1;
    }
    CHECK_OK(vtg_dispatch(t->device, t->kernels.copy, grid, xy, 2, NULL));
    CHECK_OK(vtg_buffer_clear(x));
    CHECK(word_at(y, 3) == expected && word_at(x, 3) == 0);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
    vtg_buffer_destroy(z);
}

/* Steps of `spin`: llvmpipe of Mesa 22 leaves every loop after 65535 rounds in all. */
enum { SPINS = 60000 };

static uint32_t spun(uint32_t x) {
    for (uint32_t i = 0; i < SPINS; i++) {
        x = x * 1664525 + 1013904223;
    }
    return x;
}

static void test_events(Test *t) {
    enum { N = 8192 };
    uint32_t n = SPINS, x = spun(1);
    VtgBuffer *buffer = make_buffer(t->device, "spin", N * 4, NULL);
    CHECK_OK(vtg_buffer_fill(buffer, 0, N * 4, 1));
    VtgArg args[] = {vtg_arg_buffer(buffer), vtg_arg_value(&n, 4)};
    VtgGrid grid = {N, 1, 1};
    VtgEvent *event = NULL;
    VtgDispatchTiming timing = {1, 1};
    CHECK_OK(vtg_dispatch(t->device, t->kernels.spin, grid, args, 2, &event));
    n = 0; /* it was copied */
    VtgStatus first = vtg_event_poll(event);
    VtgStatus second = vtg_event_wait(event, 1000);
    VtgStatus third = vtg_event_timing(event, 0, &timing);
    bool quick = first == VTG_OK; /* a driver may run it inside the submission */
    CHECK(first == VTG_NOT_READY || quick);
    CHECK(second == VTG_TIMEOUT || second == VTG_OK);
    CHECK(third == VTG_NOT_READY || second == VTG_OK);
    CHECK_OK(vtg_event_wait(event, UINT64_C(60000000000)));
    CHECK_OK(vtg_event_wait(event, 0));
    CHECK_OK(vtg_event_poll(event));
    CHECK(word_at(buffer, 0) == x && word_at(buffer, N - 1) == x);

    const VtgDeviceInfo *info = vtg_device_get_info(t->device);
    if (info->features & VTG_FEATURE_BIT(VTG_FEATURE_TIMESTAMPS)) {
        CHECK_OK(vtg_event_timing(event, 0, &timing));
        CHECK(timing.end_ns > timing.begin_ns);
        printf("  %s; the dispatch took %.3f ms\n",
               quick ? "runs inside the submission" : "runs beside the host",
               (double)(timing.end_ns - timing.begin_ns) * 1e-6);
        CHECK_STATUS(vtg_event_timing(event, 1, &timing), VTG_ERROR_OUT_OF_RANGE);
        CHECK(timing.begin_ns == 0 && timing.end_ns == 0);
    } else {
        CHECK_STATUS(vtg_event_timing(event, 0, &timing), VTG_ERROR_UNSUPPORTED);
    }
    vtg_event_destroy(event);

    /* more timed dispatches than one query pool holds, among them empty ones; then again */
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.timing = 1;
    VtgCommands *commands = NULL;
    CHECK_OK(vtg_commands_create(t->device, &desc, &commands));
    for (uint32_t i = 0; i < 150; i++) {
        VtgGrid some = {i % 3 ? 64 : 0, 1, 1};
        n = 1000;
        CHECK_OK(vtg_commands_dispatch(commands, t->kernels.spin, some, args, 2));
    }
    for (int again = 0; again < 2; again++) {
        CHECK_OK(vtg_submit(commands, &event));
        CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
        uint64_t before = 0;
        for (uint32_t i = 0; i < 150 && info->timestamp_step_ns > 0; i++) {
            CHECK_OK(vtg_event_timing(event, i, &timing));
            CHECK(timing.begin_ns >= before && timing.end_ns >= timing.begin_ns);
            before = timing.begin_ns;
        }
        vtg_event_destroy(event);
    }
    /* a list without timing */
    vtg_commands_destroy(commands);
    CHECK_OK(vtg_commands_create(t->device, NULL, &commands));
    CHECK_OK(vtg_commands_dispatch(commands, t->kernels.spin, grid, args, 2));
    CHECK_OK(vtg_submit(commands, &event));
    CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
    CHECK_STATUS(vtg_event_timing(event, 0, &timing), VTG_ERROR_UNSUPPORTED);
    vtg_event_destroy(event);
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(buffer);
}

/* Everything is let go of while the device still works on it. */
static void test_lifetime(Test *t) {
    enum { N = 8192 };
    uint32_t n = SPINS, word = 0;
    VtgGrid grid = {N, 1, 1};
    VtgBuffer *a = make_buffer(t->device, "a", N * 4, NULL);
    VtgBuffer *b = make_buffer(t->device, "b", N * 4, NULL);
    CHECK_OK(vtg_buffer_clear(a));
    VtgArg spin[] = {vtg_arg_buffer(a), vtg_arg_value(&n, 4)};
    VtgArg copy[] = {vtg_arg_buffer(a), vtg_arg_buffer(b)};
    Kernels kernels = {0};
    kernels_make(t->device, &kernels);
    VtgCommands *commands = NULL;
    VtgEvent *event = NULL;
    CHECK_OK(vtg_commands_create(t->device, NULL, &commands));
    CHECK_OK(vtg_commands_dispatch(commands, kernels.spin, grid, spin, 2));
    CHECK_OK(vtg_commands_dispatch(commands, kernels.copy, grid, copy, 2));
    CHECK_OK(vtg_submit(commands, &event));
    VtgStatus again = vtg_submit(commands, NULL);
    CHECK(again == VTG_ERROR_BUSY || again == VTG_OK); /* unless it is done already */
    vtg_event_destroy(event);
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(a);
    kernels_free(&kernels);
    CHECK_OK(vtg_buffer_read(b, 0, &word, 4));
    CHECK(word == (again == VTG_OK ? spun(spun(0)) : spun(0)));
    vtg_buffer_destroy(b);
}

/* Value blocks as uniform or storage buffers, more than fit in one piece of memory. */
static void test_block(Test *t, VtgValueBlock kind, const char *class) {
    static const char format[] =
        "OpCapability Shader\nOpExtension \"SPV_KHR_storage_buffer_storage_class\"\n"
        "OpMemoryModel Logical GLSL450\nOpEntryPoint GLCompute %main \"main\" %gid\n"
        "OpExecutionMode %main LocalSize 64 1 1\nOpDecorate %gid BuiltIn GlobalInvocationId\n"
        "OpDecorate %words ArrayStride 4\nOpDecorate %block Block\n"
        "OpMemberDecorate %block 0 Offset 0\nOpDecorate %values Block\n"
        "OpMemberDecorate %values 0 Offset 0\nOpMemberDecorate %values 1 Offset 144\n"
        "OpDecorate %b0 DescriptorSet 0\nOpDecorate %b0 Binding 0\n"
        "OpDecorate %ub DescriptorSet 0\nOpDecorate %ub Binding 1\n"
        "%void = OpTypeVoid\n%u32 = OpTypeInt 32 0\n%u32x3 = OpTypeVector %u32 3\n"
        "%u32x4 = OpTypeVector %u32 4\n%fn = OpTypeFunction %void\n"
        "%zero = OpConstant %u32 0\n%one = OpConstant %u32 1\n%three = OpConstant %u32 3\n"
        "%words = OpTypeRuntimeArray %u32\n%block = OpTypeStruct %words\n"
        "%values = OpTypeStruct %u32x4 %u32x4\n%blockp = OpTypePointer StorageBuffer %block\n"
        "%wordp = OpTypePointer StorageBuffer %u32\n%valuesp = OpTypePointer @ %values\n"
        "%valuep = OpTypePointer @ %u32\n%gidp = OpTypePointer Input %u32x3\n"
        "%b0 = OpVariable %blockp StorageBuffer\n%ub = OpVariable %valuesp @\n"
        "%gid = OpVariable %gidp Input\n%main = OpFunction %void None %fn\n%start = OpLabel\n"
        "%px = OpAccessChain %valuep %ub %zero %zero\n%x = OpLoad %u32 %px\n"
        "%py = OpAccessChain %valuep %ub %one %three\n%y = OpLoad %u32 %py\n"
        "%po = OpAccessChain %wordp %b0 %zero %x\nOpStore %po %y\nOpReturn\nOpFunctionEnd\n";
    char text[sizeof format + 64];
    size_t length = 0;
    for (const char *at = format; *at != '\0'; at++) {
        bool is_class = *at == '@';
        length += (size_t)snprintf(text + length, sizeof text - length, "%.*s", is_class ? 16 : 1,
                                   is_class ? class : at);
    }
    Code code = {NULL};
    spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_1);
    CHECK(spvTextToBinary(context, text, length, &code.binary, NULL) == SPV_SUCCESS);
    spvContextDestroy(context);
    VtgParam params[] = {buffer_params[2],
                         {.name = "first", .kind = VTG_PARAM_VALUE, .size = 16, .offset = 0},
                         {.name = "last", .kind = VTG_PARAM_VALUE, .size = 16, .offset = 144}};
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.code = code.binary->code;
    desc.code_size = code.binary->wordCount * sizeof(uint32_t);
    desc.params = params;
    desc.param_count = COUNT(params);
    desc.workgroup_size[0] = 64;
    desc.value_block_bytes = 160;
    desc.value_block = kind;
    VtgKernel *kernel = NULL;
    CHECK_OK(vtg_kernel_create(t->device, &desc, &kernel));
    spvBinaryDestroy(code.binary);

    enum { N = 1000 };
    VtgBuffer *out = make_buffer(t->device, "out", N * 4, NULL);
    VtgCommands *commands = NULL;
    CHECK_OK(vtg_commands_create(t->device, NULL, &commands));
    for (int again = 0; again < 2; again++) {
        CHECK_OK(vtg_commands_fill(commands, out, 0, N * 4, 0));
        for (uint32_t i = 0; i < N; i++) {
            uint32_t first[4] = {i, 0, 0, 0}, last[4] = {0, 0, 0, i * i + (uint32_t)again};
            VtgArg args[] = {vtg_arg_buffer(out), vtg_arg_value(first, 16),
                             vtg_arg_value(last, 16)};
            VtgGrid one = {1, 1, 1};
            CHECK_OK(vtg_commands_dispatch(commands, kernel, one, args, 3));
        }
        CHECK_OK(vtg_submit(commands, NULL));
        uint32_t words[N];
        CHECK_OK(vtg_buffer_read(out, 0, words, sizeof words));
        bool right = true;
        for (uint32_t i = 0; i < N; i++) {
            right &= words[i] == i * i + (uint32_t)again;
        }
        CHECK(right);
        CHECK_OK(vtg_commands_reset(commands));
    }
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(out);
    vtg_kernel_destroy(kernel);
}

static void test_blocks(Test *t) {
    test_block(t, VTG_VALUES_UNIFORM_BUFFER, "Uniform");
    test_block(t, VTG_VALUES_STORAGE_BUFFER, "StorageBuffer");
}

static void test_kernels(Test *t) {
    const VtgDeviceInfo *info = vtg_device_get_info(t->device);
    Code code = assemble(WORDS, AT("p0", "0", "zero") "OpStore %p0 %spec\n");
    VtgParam param = {.name = "out", .kind = VTG_PARAM_BUFFER, .stride = 4};
    VtgSpecConstant spec = {.id = 7, .size = 4, .value = 1234};
    /* code need not be aligned */
    size_t bytes = code.binary->wordCount * sizeof(uint32_t);
    char *moved = malloc(bytes + 1);
    memcpy(moved + 1, code.binary->code, bytes);
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.code = moved + 1;
    desc.code_size = bytes;
    desc.workgroup_size[0] = 64;
    desc.params = &param;
    desc.param_count = 1;
    desc.label = "spec";
    VtgBuffer *out = make_buffer(t->device, "out", 4, NULL);
    VtgArg arg = vtg_arg_buffer(out);
    VtgKernel *kernel = NULL;
    for (uint32_t set = 0; set < 2; set++) {
        desc.specs = &spec;
        desc.spec_count = set;
        CHECK_OK(vtg_kernel_create(t->device, &desc, &kernel));
        CHECK_OK(run(t->device, kernel, 1, &arg, 1));
        CHECK(word_at(out, 0) == (set ? 1234 : 5) || strcmp(info->api, "null") == 0);
        vtg_kernel_destroy(kernel);
    }

    /* subgroups of any size that the device has; with code that is the same in all */
    uint32_t chosen = info->limits.min_subgroup_size;
    for (; chosen != 0 && chosen <= info->limits.max_subgroup_size; chosen *= 2) {
        desc.subgroup_size = chosen;
        CHECK_OK(vtg_kernel_create(t->device, &desc, &kernel));
        CHECK_OK(run(t->device, kernel, 1, &arg, 1));
        vtg_kernel_destroy(kernel);
    }
    desc.subgroup_size = 0;

    /* what cannot be */
    VtgKernelDesc wrong = desc;
#define REFUSED(change, status)                                                                    \
    (wrong = desc, (change), CHECK_STATUS(vtg_kernel_create(t->device, &wrong, &kernel), status),  \
     CHECK(kernel == NULL))
    uint64_t missing = ~info->features & (VTG_FEATURE_BIT(VTG_FEATURE_COUNT) - 1);
    if (missing) {
        REFUSED(wrong.features = missing, VTG_ERROR_UNSUPPORTED);
        int last = 0;
        for (int f = 0; f < VTG_FEATURE_COUNT; f++) {
            last = missing & VTG_FEATURE_BIT(f) ? f : last;
        }
        CHECK(said(t, vtg_feature_name((VtgFeature)last)) && said(t, "spec"));
    }
    REFUSED(wrong.features = UINT64_C(1) << 63, VTG_ERROR_UNSUPPORTED);
    REFUSED(wrong.workgroup_size[2] = info->limits.max_workgroup_size[2] + 1, VTG_ERROR_LIMIT);
    CHECK(said(t, "along z"));
    REFUSED((wrong.workgroup_size[0] = info->limits.max_workgroup_size[0],
             wrong.workgroup_size[1] = info->limits.max_workgroup_size[1]),
            VTG_ERROR_LIMIT);
    REFUSED(wrong.shared_bytes = info->limits.max_shared_bytes + 1, VTG_ERROR_LIMIT);
    REFUSED(wrong.subgroup_size = info->limits.max_subgroup_size * 2, VTG_ERROR_UNSUPPORTED);
    CHECK(said(t, "needs subgroups of"));
    REFUSED(wrong.subgroup_size = 3, VTG_ERROR_UNSUPPORTED);
    REFUSED(wrong.value_block_bytes = info->limits.max_push_constant_bytes + 1, VTG_ERROR_LIMIT);
    REFUSED(wrong.value_block_bytes = UINT32_MAX, VTG_ERROR_LIMIT);
    REFUSED(wrong.struct_size = 0, VTG_ERROR_INVALID_ARGUMENT);
    REFUSED(wrong.code = NULL, VTG_ERROR_INVALID_ARGUMENT);
    REFUSED(wrong.params = NULL, VTG_ERROR_INVALID_ARGUMENT);
    if (strcmp(info->api, "vulkan") == 0) {
        uint32_t newer[5] = {0x07230203, 0x00020000, 0, 1, 0}, swapped[5] = {0x03022307};
        REFUSED(wrong.code_size = 7, VTG_ERROR_BAD_KERNEL);
        REFUSED((wrong.code = newer, wrong.code_size = 20), VTG_ERROR_UNSUPPORTED);
        CHECK(said(t, "SPIR-V 2.0"));
        REFUSED((wrong.code = swapped, wrong.code_size = 20), VTG_ERROR_BAD_KERNEL);
        REFUSED(wrong.code_format = (VtgCodeFormat)99, VTG_ERROR_UNSUPPORTED);
    }
    VtgParam bad[] = {param, {.name = "v", .kind = VTG_PARAM_VALUE, .size = 8, .offset = 8}};
    wrong = desc;
    wrong.params = bad;
    wrong.param_count = 2;
    wrong.value_block_bytes = 12;
    CHECK_STATUS(vtg_kernel_create(t->device, &wrong, &kernel), VTG_ERROR_INVALID_ARGUMENT);
    CHECK(said(t, "`v` does not lie in the value block"));
    bad[1] = (VtgParam){.kind = VTG_PARAM_LENGTH, .of_param = 1};
    CHECK_STATUS(vtg_kernel_create(t->device, &wrong, &kernel), VTG_ERROR_INVALID_ARGUMENT);
    CHECK(said(t, "`#1` is the length of"));
    bad[0].stride = 0;
    CHECK_STATUS(vtg_kernel_create(t->device, &wrong, &kernel), VTG_ERROR_INVALID_ARGUMENT);
    bad[0].kind = (VtgParamKind)0;
    CHECK_STATUS(vtg_kernel_create(t->device, &wrong, &kernel), VTG_ERROR_INVALID_ARGUMENT);
#undef REFUSED
    vtg_buffer_destroy(out);
    spvBinaryDestroy(code.binary);
    free(moved);
}

typedef struct Worker {
    Test *test;
    uint32_t id;
    bool right;
} Worker;

static void *work(void *user) {
    enum { N = 512 };
    Worker *worker = user;
    Test *t = worker->test;
    VtgBuffer *x = make_buffer(t->device, "worker", N * 4, NULL);
    VtgArg arg = vtg_arg_buffer(x);
    uint32_t expected = worker->id;
    VtgStatus status = vtg_buffer_fill(x, 0, N * 4, expected);
    worker->right = true;
    for (int i = 0; i < 30 && status == VTG_OK; i++) {
        status = run(t->device, t->kernels.step, N, &arg, 1);
        expected = expected * 3 + 1;
        worker->right &= word_at(x, N - 1) == expected;
    }
    worker->right &= status == VTG_OK;
    vtg_buffer_destroy(x);
    return NULL;
}

static void test_threads(Test *t) {
    pthread_t threads[4];
    Worker workers[4];
    for (uint32_t i = 0; i < COUNT(threads); i++) {
        workers[i] = (Worker){t, i, false};
        CHECK(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (uint32_t i = 0; i < COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        CHECK(workers[i].right);
    }
}

/* One of everything, as an application uses it; gives the first error. */
static VtgStatus scenario(VtgInstance *instance, Code code) {
    VtgDevice *device = NULL;
    VtgBuffer *x = NULL, *y = NULL;
    VtgKernel *kernel = NULL;
    VtgCommands *commands = NULL;
    VtgEvent *event = NULL;
    uint32_t words[16] = {3, 1, 4};
    VtgParam params[] = {buffer_params[0], buffer_params[2]};
    VtgDeviceDesc device_desc = VTG_DEVICE_DESC_INIT;
    device_desc.force_staging = 1;
    VtgBufferDesc buffer_desc = VTG_BUFFER_DESC_INIT;
    buffer_desc.size_bytes = sizeof words;
    buffer_desc.label = "x";
    VtgCommandsDesc commands_desc = VTG_COMMANDS_DESC_INIT;
    commands_desc.timing = 1;
    VtgGrid grid = {16, 1, 1};
    VtgStatus status = vtg_device_create(instance, &device_desc, &device);
#define THEN(call) status = status == VTG_OK ? (call) : status
    THEN(vtg_buffer_create(device, &buffer_desc, &x));
    THEN(vtg_buffer_create(device, &buffer_desc, &y));
    THEN(vtg_buffer_write(x, 0, words, sizeof words));
    THEN(make_kernel(device, "copy", code, params, 2, &kernel));
    THEN(vtg_commands_create(device, &commands_desc, &commands));
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_buffer(y)};
    THEN(vtg_commands_dispatch(commands, kernel, grid, args, 2));
    THEN(vtg_submit(commands, &event));
    /* the device goes first: what is left of it waits for its children */
    uint32_t back[16] = {0};
    THEN(vtg_buffer_read(y, 0, back, sizeof back));
    if (status == VTG_OK && device && strcmp(vtg_device_get_info(device)->api, "null") != 0) {
        CHECK(memcmp(words, back, sizeof back) == 0);
    }
    vtg_device_destroy(device);
    THEN(vtg_event_poll(event));
    vtg_event_destroy(event);
    vtg_kernel_destroy(kernel);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
    vtg_commands_destroy(commands);
    return status;
}

/* The n-th allocation fails, for every n: a clean error and nothing left behind. */
static void test_out_of_memory(Host *host, VtgInstance *instance) {
    Code code = assemble(WORDS, GUARDED("1", AT("pa", "0", "i") AT("pb", "1", "i")
                                                 LOAD("va", "pa") "OpStore %pb %va\n"));
    int n = 0;
    VtgStatus status;
    do {
        long long before = atomic_load(&host->live);
        atomic_store(&host->calls, 0);
        host->fail_at = ++n;
        status = scenario(instance, code);
        host->fail_at = 0;
        CHECK(status == VTG_OK || status == VTG_ERROR_OUT_OF_MEMORY ||
              status == VTG_ERROR_OUT_OF_DEVICE_MEMORY);
        CHECK(atomic_load(&host->live) == before);
    } while (status != VTG_OK && n < 1000);
    CHECK_OK(status);
    printf("  %d allocations, each failed once\n", n - 1);
    spvBinaryDestroy(code.binary);
}

/* ---- Tests without a device ---- */

static void test_tables(void) {
    CHECK(strcmp(vtg_status_text(VTG_OK), "ok") == 0);
    CHECK(strcmp(vtg_status_text((VtgStatus)1000), "unknown status") == 0);
    for (int f = 0; f < VTG_FEATURE_COUNT; f++) {
        CHECK(vtg_feature_name((VtgFeature)f) && vtg_feature_text((VtgFeature)f));
    }
    CHECK(vtg_feature_name(VTG_FEATURE_COUNT) == NULL);
    CHECK(strcmp(vtg_feature_name(VTG_FEATURE_INT64), "int64") == 0);
}

static void test_null(void) {
    Host host = {0};
    VtgInstanceDesc desc = host_desc(&host, "null");
    VtgInstance *instance = NULL;
    CHECK_OK(vtg_instance_create(&desc, &instance));
    CHECK(vtg_device_count(instance) == 1 && vtg_device_info(instance, 1) == NULL);
    CHECK(strcmp(vtg_device_info(instance, 0)->api, "null") == 0);
    VtgDeviceDesc device_desc = VTG_DEVICE_DESC_INIT;
    device_desc.index = 1;
    VtgDevice *device = NULL;
    CHECK_STATUS(vtg_device_create(instance, &device_desc, &device), VTG_ERROR_NO_DEVICE);
    CHECK_OK(vtg_device_create(instance, NULL, &device));
    Test t = {&host, instance, device, {0}};
    kernels_make(device, &t.kernels);
    test_buffers(&t);
    test_arguments(&t);
    test_kernels(&t);
    VtgGrid grid = {1, 1, 1};
    VtgBuffer *x = make_buffer(device, NULL, 4, NULL);
    VtgArg arg = vtg_arg_buffer(x);
    VtgEvent *event = NULL;
    VtgDispatchTiming timing;
    CHECK_OK(vtg_dispatch(device, t.kernels.step, grid, &arg, 1, &event));
    CHECK_OK(vtg_event_poll(event));
    CHECK_OK(vtg_event_timing(event, 0, &timing));
    vtg_event_destroy(event);
    vtg_buffer_destroy(x);
    kernels_free(&t.kernels);
    test_out_of_memory(&host, instance);
    vtg_instance_destroy(instance); /* before its device */
    vtg_device_destroy(device);
    CHECK(atomic_load(&host.live) == 0);

    /* an instance under memory pressure */
    VtgStatus status;
    for (int n = 1;; n++) {
        Host poor = {.fail_at = n};
        desc = host_desc(&poor, "null");
        status = vtg_instance_create(&desc, &instance);
        CHECK(status == VTG_OK || (status == VTG_ERROR_OUT_OF_MEMORY && instance == NULL));
        vtg_instance_destroy(instance);
        CHECK(atomic_load(&poor.live) == 0);
        if (status == VTG_OK) {
            break;
        }
    }

    /* descriptors of other versions */
    struct {
        VtgInstanceDesc desc;
        uint64_t newer;
    } future = {host_desc(&host, "null"), 0};
    future.desc.struct_size = sizeof future;
    CHECK_OK(vtg_instance_create(&future.desc, &instance));
    vtg_instance_destroy(instance);
    future.newer = 1;
    CHECK_STATUS(vtg_instance_create(&future.desc, &instance), VTG_ERROR_INVALID_ARGUMENT);
    CHECK(instance == NULL);
    desc = host_desc(&host, "glide");
    CHECK_STATUS(vtg_instance_create(&desc, &instance), VTG_ERROR_INVALID_ARGUMENT);
    CHECK(strstr(host.last, "glide"));
    CHECK(vtg_device_count(NULL) == 0 && vtg_device_info(NULL, 0) == NULL);
    vtg_instance_destroy(NULL);
    vtg_device_destroy(NULL);
    vtg_buffer_destroy(NULL);
    vtg_kernel_destroy(NULL);
    vtg_commands_destroy(NULL);
    vtg_event_destroy(NULL);
}

/* ---- All devices ---- */

static void print_device(const VtgDeviceInfo *info, uint32_t index) {
    printf("device %u: %s, %s %s, %s %s, %s, %04x:%04x, %" PRIu64 " MiB\n", index, info->name,
           info->api, info->api_version, info->driver, info->driver_version,
           vtg_device_type_text(info->type), info->vendor_id, info->device_id,
           info->memory_bytes >> 20);
    const VtgLimits *l = &info->limits;
    printf("  workgroup %ux%ux%u up to %u, groups %ux%ux%u, shared %u, buffers %u, push %u, "
           "uniform %u, offset %u, subgroup %u (%u to %u), buffer %" PRIu64 ", binding %" PRIu64
           "\n ",
           l->max_workgroup_size[0], l->max_workgroup_size[1], l->max_workgroup_size[2],
           l->max_workgroup_invocations, l->max_workgroup_count[0], l->max_workgroup_count[1],
           l->max_workgroup_count[2], l->max_shared_bytes, l->max_kernel_buffers,
           l->max_push_constant_bytes, l->max_uniform_bytes, l->buffer_offset_alignment,
           l->subgroup_size, l->min_subgroup_size, l->max_subgroup_size, l->max_buffer_bytes,
           l->max_binding_bytes);
    for (int f = 0; f < VTG_FEATURE_COUNT; f++) {
        if (info->features & VTG_FEATURE_BIT(f)) {
            printf(" %s", vtg_feature_name((VtgFeature)f));
        }
    }
    printf("\n");
    CHECK(info->struct_size == sizeof *info && info->name[0] && info->driver[0]);
    CHECK(l->max_workgroup_invocations >= 128 && l->max_push_constant_bytes >= 128);
}

static void test_device(Host *host, VtgInstance *instance, uint32_t index, uint32_t staging) {
    static const struct {
        const char *name;
        void (*run)(Test *);
    } tests[] = {
        {"buffers", test_buffers},   {"dispatch", test_dispatch}, {"arguments", test_arguments},
        {"lengths", test_lengths},   {"hazards", test_hazards},   {"events", test_events},
        {"lifetime", test_lifetime}, {"blocks", test_blocks},     {"kernels", test_kernels},
        {"threads", test_threads},
    };
    VtgDeviceDesc desc = VTG_DEVICE_DESC_INIT;
    desc.index = index;
    desc.force_staging = staging;
    VtgDevice *device = NULL;
    if (!CHECK_OK(vtg_device_create(instance, &desc, &device))) {
        return;
    }
    CHECK(vtg_device_get_info(device) == vtg_device_info(instance, index));
    Test t = {host, instance, device, {0}};
    kernels_make(device, &t.kernels);
    for (size_t i = 0; i < COUNT(tests); i++) {
        int before = atomic_load(&failures);
        tests[i].run(&t);
        printf("%s device %u%s: %s\n", atomic_load(&failures) == before ? "ok  " : "FAIL", index,
               staging ? ", staging" : "", tests[i].name);
    }
    kernels_free(&t.kernels);
    vtg_device_destroy(device);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_tables();
    test_null();
    printf("%s tables, null device\n", atomic_load(&failures) ? "FAIL" : "ok  ");

    Host host = {.print = argc > 1 && strcmp(argv[1], "-v") == 0};
    VtgInstanceDesc desc = host_desc(&host, "vulkan"); /* its kernels are SPIR-V */
    VtgInstance *instance = NULL;
    VtgStatus opened = vtg_instance_create(&desc, &instance);
    CHECK(opened == VTG_OK || opened == VTG_ERROR_NO_DRIVER);
    uint32_t count = vtg_device_count(instance);
    for (uint32_t i = 0; i < count; i++) {
        print_device(vtg_device_info(instance, i), i);
        test_device(&host, instance, i, 0);
        test_device(&host, instance, i, 1);
    }
    if (count != 0) {
        test_out_of_memory(&host, instance);
        printf("validation: %s, %" PRIu64 " messages\n",
               vtg_instance_has_validation(instance) ? "on" : "there is no layer",
               vtg_instance_validation_messages(instance));
        CHECK(vtg_instance_validation_messages(instance) == 0);
    }
    vtg_instance_destroy(instance);
    CHECK(atomic_load(&host.live) == 0);
    if (atomic_load(&failures)) {
        printf("%d checks failed\n", atomic_load(&failures));
        return 1;
    }
    if (count == 0) {
        printf("SKIP: no Vulkan device\n");
    }
    return count == 0 ? 77 : 0;
}
