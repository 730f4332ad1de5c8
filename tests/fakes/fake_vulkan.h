/* fake_vulkan.h: how a test steers fake_vulkan.so, a Vulkan driver that runs nothing. The test opens the library itself
 * and finds the symbol `fake_vulkan`; the runtime opens the same one through VTG_VULKAN_LIBRARY. */
#ifndef VITTE_FAKE_VULKAN_H
#define VITTE_FAKE_VULKAN_H

#include <stdatomic.h>

typedef struct FakeVulkan {
    int fail_at; /* of the calls that can fail, the one that does, counted from 1; 0: none */
    int error;   /* the VkResult that it gives */
    const char *missing; /* a function that the driver does not have; NULL: it has all */
    atomic_int
        is_slow; /* 1: no submission ends before this is 0 again, or before a wait without end */
    atomic_int calls;         /* calls so far that could fail */
    const char *called[4096]; /* and which they were */
    atomic_long live;         /* objects made and not destroyed */
    atomic_int waits;         /* semaphores that submissions waited for */
    unsigned cache_begin;     /* bytes that the last pipeline cache began with */
    atomic_int mistakes;      /* uses that Vulkan forbids */
} FakeVulkan;

extern FakeVulkan fake_vulkan;

#endif
