/* test_runtime.c: the runtime's instances and devices, buffers, arguments and dispatches. See runtime_devices.h. */
#include "tests/unit/runtime_devices.h"

/* ---- Tests of a device ---- */

static void test_buffers(Test *t) {
    static const uint64_t sizes[] = {1, 2, 3, 4, 5, 7, 63, 64, 4097, 3 * 1024 * 1024 + 1};
    for (size_t s = 0; s < COUNT(sizes); s++) {
        size_t size = (size_t)sizes[s];
        unsigned char *in = malloc(size), *out = calloc(size, 1);
        for (size_t i = 0; i < size; i++) {
            in[i] = (unsigned char)(i * 31 + s);
        }
        VtgBuffer *buffer = filled_buffer(t->device, "odd", size, in);
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
    VtgBuffer *empty = filled_buffer(t->device, "empty", 0, NULL);
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
    VtgBuffer *ba = filled_buffer(t->device, "A", sizeof a, a);
    VtgBuffer *bb = filled_buffer(t->device, "B", sizeof b, b);
    VtgBuffer *bo = filled_buffer(t->device, "C", sizeof out, NULL);
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
    VtgBuffer *big = filled_buffer(t->device, "big", 3 * step + 400, NULL);
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
    VtgBuffer *x = filled_buffer(t->device, "X", 64, NULL);
    VtgBuffer *y = filled_buffer(t->device, "Y", 64, NULL);
    VtgBuffer *z = filled_buffer(t->device, "Z", 64, NULL);
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
    VtgBuffer *out = filled_buffer(t->device, "length", 8, NULL);
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
            VtgBuffer *data = filled_buffer(t->device, "data", sizes[s], NULL);
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

static void test_description(Test *t) {
    const VtgDeviceInfo *info = vtg_device_get_info(t->device);
    printf("device %u: %s, %s %s, %s %s, %s, %04x:%04x, %" PRIu64 " MiB\n", t->index, info->name,
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

/* The null device: numbers of devices, and an instance that goes before its device. */
static void test_null(void) {
    Host host = HOST_INIT;
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
    vtg_instance_destroy(instance);
    vtg_device_destroy(device);
    CHECK(atomic_load(&host.live) == 0);
}

static void test_instance_without_memory(void) {
    for (int n = 1;; n++) {
        Host poor = HOST_INIT;
        poor.fail_at = n;
        VtgInstanceDesc desc = host_desc(&poor, "null");
        VtgInstance *instance = NULL;
        VtgStatus status = vtg_instance_create(&desc, &instance);
        CHECK(status == VTG_OK || (status == VTG_ERROR_OUT_OF_MEMORY && instance == NULL));
        vtg_instance_destroy(instance);
        CHECK(atomic_load(&poor.live) == 0);
        if (status == VTG_OK) {
            break;
        }
    }
}

static void test_descriptors_of_other_versions(void) {
    Host host = HOST_INIT;
    VtgInstance *instance = NULL;
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
    VtgInstanceDesc desc = host_desc(&host, "glide");
    CHECK_STATUS(vtg_instance_create(&desc, &instance), VTG_ERROR_INVALID_ARGUMENT);
    CHECK(strstr(host.last, "glide"));
}

/* NULL is no instance, no device, nothing. */
static void test_nothing(void) {
    CHECK(vtg_device_count(NULL) == 0 && vtg_device_info(NULL, 0) == NULL);
    vtg_instance_destroy(NULL);
    vtg_device_destroy(NULL);
    vtg_buffer_destroy(NULL);
    vtg_kernel_destroy(NULL);
    vtg_commands_destroy(NULL);
    vtg_event_destroy(NULL);
}

int main(int argc, char **argv) {
    static const DeviceTest tests[] = {
        {"description", test_description, false}, {"buffers", test_buffers, true},
        {"dispatch", test_dispatch, false},       {"arguments", test_arguments, true},
        {"lengths", test_lengths, false},
    };
    test_tables();
    test_null();
    test_instance_without_memory();
    test_descriptors_of_other_versions();
    test_nothing();
    return test_devices(argc, argv, tests, COUNT(tests));
}
