/* fake_metal.c: an Objective-C runtime and a Metal in one library, for x86-64. Objects have a class and a count of
 * references; methods are found by class and selector; each call is written down. What methods give is what Apple's
 * documentation says of a device of its own making. Nothing runs.
 *
 * objc_msgSend() here takes what may lie in registers and on the stack for any of the methods: System V's ABI passes the
 * six first integers in registers and structs of 24 bytes on the stack, in order. It gives an integer and a double, which
 * lie where callers look for either. */
#include "fake_metal.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FakeMetal fake_metal = {.status = 4};

typedef struct Object {
    const char *class;
    int references;
    void *bytes;
    uintptr_t size;
    int index;              /* of a constant */
    struct Object *encoder; /* of a command buffer: the open one */
    struct Object *owner;   /* of an encoder: its command buffer */
    bool committed;
} Object;

typedef struct Size {
    unsigned long width, height, depth;
} Size;

typedef struct Result {
    uintptr_t word;
    double number;
} Result;

static void record(const char *format, ...) {
    va_list list;
    va_start(list, format);
    size_t room = sizeof fake_metal.calls - fake_metal.used;
    int length = vsnprintf(fake_metal.calls + fake_metal.used, room, format, list);
    va_end(list);
    fake_metal.used += (size_t)length < room ? (size_t)length : 0;
}

/* ---- Objects and the pool ---- */

static Object *pool[256];
static int pool_count;

static Object *make(const char *class) {
    Object *object = calloc(1, sizeof *object);
    object->class = class;
    object->references = 1;
    fake_metal.live++;
    return object;
}

static void release(Object *object) {
    if (--object->references == 0) {
        free(object->bytes);
        free(object);
        fake_metal.live--;
    }
}

static Object *autoreleased(Object *object) {
    fake_metal.mistakes += pool_count == 256;
    pool[pool_count++ & 255] = object;
    return object;
}

void *objc_autoreleasePoolPush(void);
void objc_autoreleasePoolPop(void *mark);
void *objc_getClass(const char *name);
const char *sel_registerName(const char *name);
void *MTLCopyAllDevices(void);
Result objc_msgSend(Object *self, const char *sel, uintptr_t a, uintptr_t b, uintptr_t c,
                    uintptr_t d, Size on_stack, Size then);
Size objc_msgSend_stret(Object *self, const char *sel);

void *objc_autoreleasePoolPush(void) {
    return (void *)(uintptr_t)(pool_count + 1);
}

void objc_autoreleasePoolPop(void *mark) {
    while (pool_count > (int)(uintptr_t)mark - 1) {
        release(pool[--pool_count]);
    }
}

static Object classes[] = {{.class = "NSString"},
                           {.class = "MTLCompileOptions"},
                           {.class = "MTLFunctionConstantValues"},
                           {.class = "MTLComputePipelineDescriptor"}};

void *objc_getClass(const char *name) {
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(classes[i].class, name) == 0) {
            return &classes[i];
        }
    }
    fake_metal.mistakes++;
    return NULL;
}

const char *sel_registerName(const char *name) {
    return name;
}

void *MTLCopyAllDevices(void) {
    return make("NSArray of devices");
}

/* ---- Methods ---- */

static Object *text(const char *bytes) {
    Object *object = autoreleased(make("NSString"));
    object->bytes = strdup(bytes);
    return object;
}

static uintptr_t refused(uintptr_t error) {
    if (error) {
        *(Object **)error = autoreleased(make("NSError"));
    }
    return 0;
}

static Object *encoder(Object *buffer, const char *class) {
    fake_metal.mistakes += buffer->encoder != NULL || buffer->committed;
    Object *object = autoreleased(make(class));
    object->owner = buffer;
    buffer->encoder = object;
    return object;
}

#define IS(name) (strcmp(sel, name) == 0)
#define MINE(object) (uintptr_t)(object)

/* Objects of any class; false: another method. */
static bool common(Object *self, const char *sel, const uintptr_t v[4], uintptr_t *result) {
    if (IS("alloc")) {
        *result = MINE(make(self->class));
    } else if (IS("init")) {
        *result = MINE(self);
    } else if (IS("retain")) {
        self->references++;
        *result = MINE(self);
    } else if (IS("release")) {
        release(self);
    } else if (IS("initWithBytes:length:encoding:")) {
        self->bytes = calloc(1, v[1] + 1);
        memcpy(self->bytes, (void *)v[0], v[1]);
        fake_metal.mistakes += v[2] != 4;
        *result = MINE(self);
    } else if (IS("UTF8String")) {
        *result = MINE(self->bytes);
    } else if (IS("localizedDescription")) {
        *result = MINE(text("what Metal says of it"));
    } else if (IS("count")) {
        *result = strcmp(self->class, "NSArray of devices") == 0 ? 1 : 2;
    } else if (IS("objectAtIndex:") && strcmp(self->class, "NSArray of devices") == 0) {
        *result = MINE(autoreleased(make("MTLDevice")));
    } else if (IS("objectAtIndex:")) {
        Object *constant = autoreleased(make("MTLFunctionConstant"));
        constant->index = (int)v[0] + 7;
        *result = MINE(constant);
    } else if (IS("index")) {
        *result = (uintptr_t)self->index;
    } else if (IS("type")) {
        *result = self->index == 7 ? 33 : 53; /* uint, bool */
    } else {
        return false;
    }
    return true;
}

static bool of_device(const char *sel, const uintptr_t v[4], uintptr_t *result) {
    if (IS("name")) {
        *result = MINE(text("fake Metal"));
    } else if (IS("registryID")) {
        *result = 0x1234;
    } else if (IS("hasUnifiedMemory")) {
        *result = !fake_metal.is_discrete;
    } else if (IS("isLowPower")) {
        *result = 0;
    } else if (IS("recommendedMaxWorkingSetSize") || IS("maxBufferLength")) {
        *result = (uintptr_t)1 << 30;
    } else if (IS("maxThreadgroupMemoryLength")) {
        *result = 32768;
    } else if (IS("newCommandQueue")) {
        *result = MINE(make("MTLCommandQueue"));
    } else if (IS("newEvent")) {
        *result = MINE(make("MTLEvent"));
    } else if (IS("newBufferWithLength:options:")) {
        Object *buffer = make("MTLBuffer");
        record("device newBufferWithLength:%lu options:%lu\n", v[0], v[1]);
        buffer->bytes = v[1] == 0 ? calloc(1, v[0]) : NULL;
        buffer->size = v[0];
        *result = MINE(buffer);
    } else if (IS("newLibraryWithSource:options:error:")) {
        record("device newLibraryWithSource:\"%s\"\n", (char *)((Object *)v[0])->bytes);
        *result = MINE(make("MTLLibrary"));
    } else if (IS("newComputePipelineStateWithDescriptor:options:reflection:error:")) {
        record("device newComputePipelineState\n");
        *result = MINE(make("MTLComputePipelineState"));
    } else {
        return false;
    }
    return true;
}

static bool of_kernel(const char *sel, const uintptr_t v[4], uintptr_t *result) {
    if (IS("setFastMathEnabled:")) {
        record("options setFastMathEnabled:%d\n", (int)(signed char)v[0]);
    } else if (IS("newFunctionWithName:")) {
        record("library newFunctionWithName:%s\n", (char *)((Object *)v[0])->bytes);
        *result = MINE(make("MTLFunction"));
    } else if (IS("newFunctionWithName:constantValues:error:")) {
        record("library newFunctionWithName:%s constantValues:\n", (char *)((Object *)v[0])->bytes);
        *result = MINE(make("MTLFunction"));
    } else if (IS("functionConstantsDictionary")) {
        *result = MINE(autoreleased(make("NSDictionary")));
    } else if (IS("allValues")) {
        *result = MINE(autoreleased(make("NSArray of constants")));
    } else if (IS("setConstantValue:type:atIndex:")) {
        record("constants setConstantValue:%u type:%lu atIndex:%lu\n",
               v[1] == 53 ? *(uint8_t *)v[0] : *(uint32_t *)v[0], v[1], v[2]);
    } else if (IS("setMaxTotalThreadsPerThreadgroup:")) {
        record("descriptor setMaxTotalThreadsPerThreadgroup:%lu\n", v[0]);
    } else if (IS("maxTotalThreadsPerThreadgroup")) {
        *result = 512;
    } else if (!IS("setComputeFunction:") && !IS("setLabel:")) {
        return false;
    }
    return true;
}

static bool of_encoder(Object *self, const char *sel, const uintptr_t v[4], Size s, Size t) {
    if (IS("endEncoding")) {
        record("endEncoding\n");
        fake_metal.mistakes += self->owner->encoder != self;
        self->owner->encoder = NULL;
    } else if (IS("setComputePipelineState:")) {
        record("setComputePipelineState\n");
    } else if (IS("setBuffer:offset:atIndex:")) {
        record("setBuffer of %lu offset:%lu atIndex:%lu\n", ((Object *)v[0])->size, v[1], v[2]);
    } else if (IS("setBytes:length:atIndex:")) {
        record("setBytes:");
        for (uintptr_t i = 0; i < v[1] / 4; i++) {
            record("%u ", ((uint32_t *)v[0])[i]);
        }
        record("atIndex:%lu\n", v[2]);
    } else if (IS("memoryBarrierWithScope:")) {
        record("memoryBarrierWithScope:%lu\n", v[0]);
    } else if (IS("dispatchThreadgroups:threadsPerThreadgroup:")) {
        record("dispatchThreadgroups:%lu,%lu,%lu threads:%lu,%lu,%lu\n", s.width, s.height, s.depth,
               t.width, t.height, t.depth);
    } else if (IS("dispatchThreadgroupsWithIndirectBuffer:indirectBufferOffset:"
                  "threadsPerThreadgroup:")) {
        record("dispatchThreadgroupsWithIndirectBuffer of %lu offset:%lu threads:%lu,%lu,%lu\n",
               ((Object *)v[0])->size, v[1], s.width, s.height, s.depth);
    } else if (IS("copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:")) {
        record("copyFromBuffer of %lu at %lu to %lu at %lu size:%lu\n", ((Object *)v[0])->size,
               v[1], ((Object *)v[2])->size, v[3], s.width);
    } else if (IS("fillBuffer:range:value:")) {
        record("fillBuffer of %lu range:%lu,%lu value:%u\n", ((Object *)v[0])->size, v[1], v[2],
               (unsigned)(uint8_t)v[3]);
    } else {
        return false;
    }
    return true;
}

static bool of_buffer(Object *self, const char *sel, const uintptr_t v[4], uintptr_t *result) {
    if (IS("contents")) {
        *result = MINE(self->bytes);
    } else if (IS("commandBuffer")) {
        record("queue commandBuffer\n");
        Object *buffer = autoreleased(make("MTLCommandBuffer"));
        buffer->index = fake_metal.buffers++;
        *result = MINE(buffer);
    } else if (IS("computeCommandEncoderWithDispatchType:")) {
        record("computeCommandEncoderWithDispatchType:%lu\n", v[0]);
        *result = MINE(encoder(self, "MTLComputeCommandEncoder"));
    } else if (IS("blitCommandEncoder")) {
        record("blitCommandEncoder\n");
        *result = MINE(encoder(self, "MTLBlitCommandEncoder"));
    } else if (IS("encodeWaitForEvent:value:") || IS("encodeSignalEvent:value:")) {
        record("%s %lu\n", sel, v[1]);
        fake_metal.mistakes += self->encoder != NULL;
    } else if (IS("commit")) {
        record("commit\n");
        fake_metal.mistakes += self->encoder != NULL || self->committed;
        self->committed = true;
    } else if (IS("waitUntilCompleted")) {
        fake_metal.mistakes += !self->committed;
        fake_metal.status = fake_metal.status == 3 ? 4 : fake_metal.status;
    } else if (IS("status")) {
        *result = (uintptr_t)fake_metal.status;
    } else if (IS("error")) {
        *result = MINE(autoreleased(make("NSError")));
    } else {
        return false;
    }
    return true;
}

Result objc_msgSend(Object *self, const char *sel, uintptr_t a, uintptr_t b, uintptr_t c,
                    uintptr_t d, Size on_stack, Size then) {
    const uintptr_t v[4] = {a, b, c, d};
    uintptr_t result = 0;
    if (!self) { /* a message to nil does nothing */
        return (Result){0, 0.0};
    }
    if (IS("GPUStartTime") || IS("GPUEndTime")) { /* in seconds: one buffer after the other */
        fake_metal.mistakes += !self->committed;
        return (Result){0, 12.5 + self->index * 0.25 + (IS("GPUEndTime") ? 0.125 : 0.0)};
    }
    if (fake_metal.refuse && IS(fake_metal.refuse)) {
        bool third = IS("newLibraryWithSource:options:error:") ||
                     IS("newFunctionWithName:constantValues:error:");
        if (IS("initWithBytes:length:encoding:")) {
            release(self); /* as initialisers do that fail */
        }
        bool fourth = IS("newComputePipelineStateWithDescriptor:options:reflection:error:");
        return (Result){refused(third ? c : fourth ? d : 0), 0.0};
    }
    if (!common(self, sel, v, &result) && !of_device(sel, v, &result) &&
        !of_kernel(sel, v, &result) && !of_encoder(self, sel, v, on_stack, then) &&
        !of_buffer(self, sel, v, &result)) {
        fprintf(stderr, "fake Metal: %s has no method %s\n", self->class, sel);
        fake_metal.mistakes++;
    }
    return (Result){result, 0.0};
}

Size objc_msgSend_stret(Object *self, const char *sel) {
    fake_metal.mistakes += !self || strcmp(sel, "maxThreadsPerThreadgroup") != 0;
    return (Size){1024, 1024, 1024};
}
