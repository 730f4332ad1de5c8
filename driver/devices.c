/* `vittec-gpu devices`: every device found, its driver, limits and features. */
#include <inttypes.h>
#include <string.h>

#include "driver/commands.h"
#include "driver/report.h"
#include "runtime-min/vitte_gpu.h"

typedef struct {
    Text missing; /* what the runtime says of drivers that are not there */
} Search;

static void hear(void *user, VtgLogLevel level, const char *message) {
    (void)level;
    Search *search = user;
    text_printf(&search->missing, "  %s\n", message);
}

static void print_bytes(Text *out, uint64_t bytes) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes;
    int unit = 0;
    for (; size >= 1024.0 && unit < 4; unit++) {
        size /= 1024.0;
    }
    text_printf(out, "%.4g %s", size, units[unit]);
}

static void print_features(Text *out, uint64_t features) {
    text_add(out, "    features    ");
    size_t column = 0;
    for (int feature = 0; feature < VTG_FEATURE_COUNT; feature++) {
        const char *name = vtg_feature_name((VtgFeature)feature);
        if ((features & VTG_FEATURE_BIT(feature)) == 0 || name == NULL) {
            continue;
        }
        if (column + strlen(name) > 80) {
            text_add(out, "\n                ");
            column = 0;
        }
        text_printf(out, "%s%s", column > 0 ? " " : "", name);
        column += strlen(name) + 1;
    }
    text_add(out, features == 0 ? "none\n" : "\n");
}

static void print_limits(Text *out, const VtgLimits *limits) {
    text_printf(out, "    workgroup   %u x %u x %u, at most %u invocations, ",
                limits->max_workgroup_size[0], limits->max_workgroup_size[1],
                limits->max_workgroup_size[2], limits->max_workgroup_invocations);
    print_bytes(out, limits->max_shared_bytes);
    text_printf(out, " shared\n    dispatch    %u x %u x %u workgroups\n",
                limits->max_workgroup_count[0], limits->max_workgroup_count[1],
                limits->max_workgroup_count[2]);
    text_add(out, "    buffers     ");
    print_bytes(out, limits->max_buffer_bytes);
    text_add(out, " each, ");
    print_bytes(out, limits->max_binding_bytes);
    text_printf(out, " seen by a kernel, %u to a kernel\n", limits->max_kernel_buffers);
    text_printf(out, "    values      %u bytes as push constants, ",
                limits->max_push_constant_bytes);
    print_bytes(out, limits->max_uniform_bytes);
    text_add(out, " as a uniform buffer\n    subgroup    ");
    if (limits->subgroup_size == 0) {
        text_add(out, "none\n");
    } else if (limits->min_subgroup_size == limits->max_subgroup_size) {
        text_printf(out, "%u\n", limits->subgroup_size);
    } else {
        text_printf(out, "%u (from %u to %u)\n", limits->subgroup_size, limits->min_subgroup_size,
                    limits->max_subgroup_size);
    }
}

static void print_device(Text *out, const VtgDeviceInfo *info, uint32_t number) {
    text_printf(out, "%s:%u  %s\n", info->api, number, info->name);
    text_printf(out, "    type        %s, ", vtg_device_type_text(info->type));
    print_bytes(out, info->memory_bytes);
    text_printf(out, "\n    driver      %s %s, %s %s\n", info->driver, info->driver_version,
                info->api, info->api_version);
    if (info->il_versions != NULL && *info->il_versions != '\0') {
        text_printf(out, "    takes       OpenCL C, %s\n", info->il_versions);
    }
    print_limits(out, &info->limits);
    if (info->timestamp_step_ns > 0.0) {
        text_printf(out, "    timestamps  every %g ns\n", info->timestamp_step_ns);
    }
    print_features(out, info->features);
}

Status command_devices(const Options *options) {
    if (options->operands.count > 0) {
        return fail(STATUS_USAGE, "`devices` takes no argument, found `%s`",
                    options->operands.items[0]);
    }
    Arena arena = {0};
    Search search = {.missing = {.arena = &arena}};
    Text out = {.arena = &arena};
    VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
    desc.log = hear;
    desc.log_user = &search;
    VtgInstance *instance;
    VtgStatus status = vtg_instance_create(&desc, &instance);
    uint32_t count = status == VTG_OK ? vtg_device_count(instance) : 0;
    uint32_t number = 0;
    for (uint32_t i = 0; i < count; i++) {
        const VtgDeviceInfo *info = vtg_device_info(instance, i);
        for (uint32_t k = number = 0; k < i;
             k++) { /* N of vulkan:N counts the devices of one API */
            number += strcmp(vtg_device_info(instance, k)->api, info->api) == 0;
        }
        print_device(&out, info, number);
    }
    text_add(&out, "interp  the reference interpreter, always there\n");
    if (count == 0) {
        note("no GPU driver was found");
        note("%s%s", status != VTG_OK ? vtg_status_text(status) : "the runtime says:\n",
             text_get(&search.missing));
    }
    vtg_instance_destroy(instance);
    Status printed = print_text(&out);
    arena_release(&arena);
    return printed;
}
