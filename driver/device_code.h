/* What a device is given to run: the code of a session's module for its API, and how the runtime binds it. */
#ifndef DRIVER_DEVICE_CODE_H
#define DRIVER_DEVICE_CODE_H

#include "driver/session.h"
#include "driver/targets.h"
#include "ir/reflect.h"
#include "runtime-min/vitte_gpu.h"

typedef struct {
    VtgCodeFormat format;
    const void *bytes; /* as long as the session */
    size_t size;
    const char *entry;           /* the kernel's name in it */
    uint64_t features;           /* VTG_FEATURE_BIT(…) that it needs */
    const ReflectKernel *kernel; /* how its parameters are bound */
    VtgValueBlock value_block;
    uint32_t api_version; /* that a device must have: major << 16 | minor */
} DeviceCode;

/* Whether devices run the code of a target. */
bool target_code_exists(const Target *target);

/* What a session's options must say for it, before the module is lowered. */
void target_code_prepare(SessionOptions *options, const Target *target);

/* Makes it for one kernel of a lowered module that has no other. */
Status target_code_make(Session *session, const Target *target, const IrFunction *kernel,
                        DeviceCode *code);

/* Whether there is code for devices of an API ("vulkan"). */
bool device_code_exists(const char *api);

/* What a session's options must say of the device, before its module is lowered for it: the target of its code, by name
 * or (NULL) the best that it takes, and what follows from that. What the device does not take is an error that is printed. */
Status device_code_prepare(SessionOptions *options, const VtgDeviceInfo *device,
                           const char *target);

/* Makes it for one kernel of a module that was lowered so, and that has no other. */
Status device_code_make(Session *session, const IrFunction *kernel, DeviceCode *code);

#endif
