/* fake_metal.h: what a test sees of fake_metal.so, an Objective-C runtime and a Metal that run nothing and record every
 * call. The test opens the library itself and finds the symbol `fake_metal`; the runtime opens the same one through
 * VTG_METAL_LIBRARY. */
#ifndef VITTE_FAKE_METAL_H
#define VITTE_FAKE_METAL_H

#include <stddef.h>

typedef struct FakeMetal {
    char calls[1 << 16]; /* a line each: "Class selector arguments" */
    size_t used;
    long live;          /* objects that are not released */
    int mistakes;       /* uses that Metal forbids: methods nobody knows, encoders left open ... */
    const char *refuse; /* a selector that gives NULL, and an error where it can; NULL: none */
    int status;      /* of command buffers that were committed: 4 completed, 5 failed, 3 at work */
    int is_discrete; /* 1: memory is not unified */
    int buffers; /* command buffers made: the n-th, from 0, begins at 12.5 + n / 4 s and takes 1/8 s */
} FakeMetal;

extern FakeMetal fake_metal;

#endif
