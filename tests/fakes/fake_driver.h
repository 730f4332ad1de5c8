/* fake_driver.h: how a test steers a fake driver (fake_vulkan.so, fake_opencl.so, fake_webgpu.so) that makes objects and
 * counts them. The test opens the library itself and finds the symbol `fake_driver`; the runtime opens the same one
 * through VTG_VULKAN_LIBRARY, VTG_OPENCL_LIBRARY or VTG_WEBGPU_LIBRARY. */
#ifndef VITTE_FAKE_DRIVER_H
#define VITTE_FAKE_DRIVER_H

#include <stdatomic.h>

typedef struct FakeDriver {
    int fail_at; /* of the calls that can fail, the one that does, counted from 1; 0: none */
    const char *fail_function; /* or: every call of this one; NULL: none */
    int error;                 /* what it gives: the API's own number */
    const char *missing; /* Vulkan: a function that the driver does not have; NULL: it has all */
    atomic_int
        is_slow; /* 1: no submission ends before this is 0 again, or before a wait without end */
    atomic_int calls;         /* calls so far that could fail */
    const char *called[4096]; /* and which they were */
    atomic_long live;         /* objects made and not destroyed */
    atomic_int waits;         /* of submissions for those of another queue */
    unsigned cache_begin;     /* bytes that the last pipeline cache began with */
    atomic_int mistakes;      /* uses that the API forbids */
} FakeDriver;

extern FakeDriver fake_driver;

#endif
