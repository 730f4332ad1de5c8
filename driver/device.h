/* Which device `run` uses: DEV of the command line, looked up through the runtime. */
#ifndef DRIVER_DEVICE_H
#define DRIVER_DEVICE_H

#include <stdbool.h>

#include "driver/status.h"
#include "runtime-min/vitte_gpu.h"

typedef struct {
    VtgInstance *instance;
    VtgDevice *device;     /* NULL: the reference interpreter */
    char *log;             /* the last of the worst that the runtime told; malloc'ed */
    VtgLogLevel log_level; /* of that */
    bool validate;         /* print warnings, too */
} Device;

/* `spec`: auto, vulkan[:N], …, interp; NULL: auto. What is wrong was printed: STATUS_USAGE for what is no device or not
 * built yet, STATUS_DEVICE for one that is not there. The Device must stay where it is until device_close. */
Status device_open(Device *device, const char *spec, bool validate);
void device_close(Device *device);

/* Prints why a call of the runtime failed, with what its log said. */
Status device_failed(const Device *device, const char *what, VtgStatus status);

#endif
