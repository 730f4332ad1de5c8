/* fake_webgpu.h: the errors of fake_webgpu.def; the first three are numbers of WebGPU. */
#ifndef VITTE_FAKE_WEBGPU_H
#define VITTE_FAKE_WEBGPU_H

enum { VALIDATION = 2, NO_MEMORY = 3, INTERNAL = 4, NOTHING = 100, LOST = 101 };

#endif
