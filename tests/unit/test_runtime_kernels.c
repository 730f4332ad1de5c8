/* test_runtime_kernels.c: making kernels: where their values are, specialization constants, subgroups, what is refused. See
 * runtime_devices.h. */
#include "tests/unit/runtime_devices.h"

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
    VtgBuffer *out = filled_buffer(t->device, "out", N * 4, NULL);
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
    VtgBuffer *out = filled_buffer(t->device, "out", 4, NULL);
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

int main(int argc, char **argv) {
    static const DeviceTest tests[] = {
        {"blocks", test_blocks, false},
        {"kernels", test_kernels, true},
    };
    return test_devices(argc, argv, tests, COUNT(tests));
}
