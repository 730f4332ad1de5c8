/* fake_objects.h: what the fake drivers share: which call fails, and objects that know who made them. */
#ifndef VITTE_FAKE_OBJECTS_H
#define VITTE_FAKE_OBJECTS_H

#include "fake_driver.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

FakeDriver fake_driver;

/* Whether this call of `name` fails; the result is in fake_driver.error then. */
static inline bool fails(const char *name) {
    int call = fake_driver.calls++;
    if (call < (int)(sizeof fake_driver.called / sizeof fake_driver.called[0])) {
        fake_driver.called[call] = name;
    }
    return call + 1 == fake_driver.fail_at ||
           (fake_driver.fail_function && strcmp(fake_driver.fail_function, name) == 0);
}

typedef struct Object {
    const char *made_by;
    struct Object *parent; /* what it is part of */
    void *bytes;           /* memory */
    unsigned long long size;
    atomic_ullong
        value; /* Vulkan: of timelines, what has been reached; of fences, whether signalled; OpenCL: of events, how they ended */
} Object;

static inline Object *object_new(const char *name) {
    Object *object = calloc(1, sizeof *object);
    object->made_by = name;
    fake_driver.live++;
    return object;
}

static inline void destroy(const char *made_by, void *handle) {
    Object *object = handle;
    if (!object) {
        return;
    }
    if (strcmp(object->made_by, made_by) != 0) {
        fake_driver.mistakes++;
    }
    free(object->bytes);
    free(object);
    fake_driver.live--;
}

#endif
