/* See device.h. */
#include "driver/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/device_code.h"
#include "driver/report.h"

/* The kinds of device that DEV names. */
static const struct {
    const char *name, *title;
    const char *api; /* of the runtime; NULL: whatever it finds */
    const char *library;
    enum { BUILT, INTERPRETER, LATER } state;
} kinds[] = {
    {"auto", "device", NULL, "", BUILT},
    {"vulkan", "Vulkan device", "vulkan", "libvulkan.so.1", BUILT},
    {"opencl", "OpenCL device", "opencl", "libOpenCL.so.1", BUILT},
    {"webgpu", "WebGPU device", "webgpu", "its library", BUILT},
    {"metal", "Metal device", "metal", "", LATER},
    {"interp", "interpreter", NULL, "", INTERPRETER},
};
enum { KINDS_OF_DEVICE = sizeof kinds / sizeof kinds[0] };

/* The library calls this in the thread that called it; `run` has one thread. */
static void hear(void *user, VtgLogLevel level, const char *message) {
    Device *device = user;
    if (device->log == NULL || level <= device->log_level) {
        free(device->log);
        device->log = strdup(message);
        device->log_level = level;
    }
    if (device->validate && level != VTG_LOG_INFO) {
        note("%s", message);
    }
}

/* How a failure of the runtime ends the program. What is not here is a mistake of this program: STATUS_BUG. */
static const struct {
    VtgStatus status;
    Status exit;
} exits[] = {
    {VTG_ERROR_OUT_OF_MEMORY, STATUS_DEVICE}, {VTG_ERROR_OUT_OF_DEVICE_MEMORY, STATUS_DEVICE},
    {VTG_ERROR_NO_DRIVER, STATUS_DEVICE},     {VTG_ERROR_NO_DEVICE, STATUS_DEVICE},
    {VTG_ERROR_UNSUPPORTED, STATUS_DEVICE},   {VTG_ERROR_LIMIT, STATUS_DEVICE},
    {VTG_ERROR_DEVICE_LOST, STATUS_DEVICE},   {VTG_ERROR_DRIVER, STATUS_DEVICE},
};

Status device_failed(const Device *device, const char *what, VtgStatus status) {
    bool told = device->log != NULL && device->log_level == VTG_LOG_ERROR;
    note("%s: %s%s%s", what, vtg_status_text(status), told ? ": " : "", told ? device->log : "");
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
        if (exits[i].status == status) {
            return exits[i].exit;
        }
    }
    return STATUS_BUG;
}

static Status no_such_kind(const char *spec) {
    const char *words[KINDS_OF_DEVICE + 1] = {NULL};
    for (int i = 0; i < KINDS_OF_DEVICE; i++) {
        words[i] = kinds[i].name;
    }
    const char *nearest = nearest_word(spec, words);
    return fail(STATUS_USAGE, "there is no kind of device `%s`; %s%s%s", spec,
                nearest != NULL ? "did you mean `"
                                : "there are auto, vulkan[:N], opencl[:N], webgpu[:N] and interp",
                nearest != NULL ? nearest : "", nearest != NULL ? "`?" : "");
}

/* Splits KIND:N; *index stays as it was without N. */
static Status read_spec(const char *spec, int *kind, long *index) {
    size_t length = strcspn(spec, ":");
    for (*kind = 0; *kind < KINDS_OF_DEVICE; ++*kind) {
        if (strlen(kinds[*kind].name) == length && memcmp(kinds[*kind].name, spec, length) == 0) {
            break;
        }
    }
    if (*kind == KINDS_OF_DEVICE) {
        return no_such_kind(spec);
    }
    if (spec[length] == ':') {
        char *end;
        *index = strtol(spec + length + 1, &end, 10);
        bool digits = spec[length + 1] >= '0' && spec[length + 1] <= '9';
        if (!digits || *end != '\0' || strlen(spec + length + 1) > 6 || kinds[*kind].api == NULL) {
            return fail(
                STATUS_USAGE,
                "`%s` is no device: expected auto, vulkan[:N], opencl[:N], webgpu[:N] or interp",
                spec);
        }
    }
    if (kinds[*kind].state == LATER) {
        return fail(
            STATUS_USAGE,
            "%ss are not built yet; available: auto, vulkan[:N], opencl[:N], webgpu[:N], interp",
            kinds[*kind].title);
    }
    return STATUS_FINE;
}

static Status open_instance(Device *device, int kind) {
    VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
    desc.api = kinds[kind].api;
    desc.validation = device->validate;
    desc.log = hear;
    desc.log_user = device;
    VtgStatus status = vtg_instance_create(&desc, &device->instance);
    if (status == VTG_ERROR_NO_DRIVER) {
        return fail(STATUS_DEVICE, "no %s: looked for %s%s%s", kinds[kind].title,
                    kinds[kind].library, device->log != NULL ? "; " : "",
                    device->log != NULL ? device->log : "");
    }
    return status == VTG_OK ? STATUS_FINE : device_failed(device, "opening the drivers", status);
}

static VtgStatus open_number(Device *device, uint32_t index) {
    VtgDeviceDesc desc = VTG_DEVICE_DESC_INIT;
    desc.index = index;
    return vtg_device_create(device->instance, &desc, &device->device);
}

/* The first that opens; without any, the interpreter. */
static Status open_auto(Device *device) {
    uint32_t count = vtg_device_count(device->instance);
    for (uint32_t i = 0; i < count; i++) {
        if (!device_code_exists(vtg_device_info(device->instance, i)->api)) {
            continue;
        }
        VtgStatus status = open_number(device, i);
        if (status == VTG_OK) {
            return STATUS_FINE;
        }
        device_failed(device, vtg_device_info(device->instance, i)->name, status);
    }
    note("no GPU driver was found: running on the reference interpreter, which is slow");
    return STATUS_FINE;
}

static Status open_named(Device *device, int kind, uint32_t index) {
    uint32_t count = vtg_device_count(device->instance);
    if (index >= count) {
        note("there is no %s %u; %u %s found%s", kinds[kind].title, index, count,
             count == 1 ? "was" : "were", count > 0 ? ":" : "");
        for (uint32_t i = 0; i < count; i++) {
            fprintf(stderr, "  %s:%u  %s\n", kinds[kind].name, i,
                    vtg_device_info(device->instance, i)->name);
        }
        return STATUS_DEVICE;
    }
    VtgStatus status = open_number(device, index);
    if (status != VTG_OK) {
        return device_failed(device, vtg_device_info(device->instance, index)->name, status);
    }
    return STATUS_FINE;
}

Status device_open(Device *device, const char *spec, bool validate) {
    int kind;
    long index = -1;
    *device = (Device){.validate = validate};
    Status status = read_spec(spec != NULL ? spec : "auto", &kind, &index);
    if (status != STATUS_FINE || kinds[kind].state == INTERPRETER) {
        return status;
    }
    status = open_instance(device, kind);
    if (status != STATUS_FINE) {
        return status;
    }
    if (validate && !vtg_instance_has_validation(device->instance)) {
        return fail(STATUS_DEVICE, "--validate: there is no validation layer");
    }
    return kinds[kind].api == NULL ? open_auto(device)
                                   : open_named(device, kind, index < 0 ? 0 : (uint32_t)index);
}

void device_close(Device *device) {
    vtg_device_destroy(device->device);
    vtg_instance_destroy(device->instance);
    free(device->log);
    *device = (Device){0};
}
