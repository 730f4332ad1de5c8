/* fake_opencl.c: an OpenCL of one platform and two devices that makes objects, counts them, and runs no kernel; copies and
 * fills happen when somebody waits or looks. Each call that can fail is counted, and one of them fails as fake_driver.h says. */
#define CL_TARGET_OPENCL_VERSION 220
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>

#include "fake_objects.h"

#include <pthread.h>

static cl_int error_of(const char *name) {
    return fails(name) ? (cl_int)fake_driver.error : CL_SUCCESS;
}

/* NULL and the error, or an object. */
static void *make(const char *name, cl_int *error) {
    *error = error_of(name);
    return *error == CL_SUCCESS ? object_new(name) : NULL;
}

static cl_int release(const char *made_by, void *handle) {
    fake_driver.mistakes += handle == NULL;
    destroy(made_by, handle);
    return CL_SUCCESS;
}

static void expect(const void *handle, const char *made_by) {
    fake_driver.mistakes += !handle || strcmp(((const Object *)handle)->made_by, made_by) != 0;
}

/* ---- What is to be copied ---- */

enum { MOST_MOVES = 256 };
typedef struct Move {
    char *to;
    const char *from;
    size_t size;
} Move;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Move moves[MOST_MOVES]; /* under lock */
static int move_count;

static void move_later(char *to, const char *from, size_t size) {
    pthread_mutex_lock(&lock);
    fake_driver.mistakes += move_count == MOST_MOVES;
    moves[move_count++ % MOST_MOVES] = (Move){to, from, size};
    pthread_mutex_unlock(&lock);
}

/* The memory of both sides must be there still. */
static void move_now(void) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < move_count; i++) {
        memmove(moves[i].to, moves[i].from, moves[i].size);
    }
    move_count = 0;
    pthread_mutex_unlock(&lock);
}

/* ---- Platforms and devices ---- */

static char platform, devices[2]; /* their addresses are the handles */

static cl_int give(const void *value, size_t size, size_t room, void *to, size_t *got) {
    if (to && room < size) {
        return CL_INVALID_VALUE;
    }
    if (to) {
        memcpy(to, value, size);
    }
    if (got) {
        *got = size;
    }
    return CL_SUCCESS;
}

static cl_int give_text(const char *text, size_t room, void *to, size_t *got) {
    return give(text, strlen(text) + 1, room, to, got);
}

static cl_int give_long(cl_ulong value, size_t room, void *to, size_t *got) {
    return give(&value, sizeof value, room, to, got);
}

cl_int clGetPlatformIDs(cl_uint room, cl_platform_id *list, cl_uint *count) {
    fake_driver.mistakes += room == 0;
    list[0] = (cl_platform_id)(void *)&platform;
    *count = 1;
    return error_of("GetPlatformIDs");
}

cl_int clGetPlatformInfo(cl_platform_id id, cl_platform_info what, size_t room, void *to,
                         size_t *got) {
    (void)id, (void)what;
    return give_text("fake", room, to, got);
}

void *clGetExtensionFunctionAddressForPlatform(cl_platform_id id, const char *name) {
    (void)id, (void)name;
    return NULL; /* these devices need none */
}

cl_int clGetDeviceIDs(cl_platform_id id, cl_device_type type, cl_uint room, cl_device_id *list,
                      cl_uint *count) {
    fake_driver.mistakes += (void *)id != &platform || type != CL_DEVICE_TYPE_ALL || room < 2;
    list[0] = (cl_device_id)(void *)&devices[0];
    list[1] = (cl_device_id)(void *)&devices[1];
    *count = 2;
    return error_of("GetDeviceIDs");
}

cl_int clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t room, void *to, size_t *got) {
    static const size_t sides[3] = {64, 64, 64};
    cl_int error = error_of("GetDeviceInfo");
    if (error != CL_SUCCESS) {
        return error;
    }
    switch (what) {
    case CL_DEVICE_NAME:
        return give_text((void *)id == &devices[0] ? "fake 0" : "fake 1", room, to, got);
    case CL_DEVICE_VERSION:
        return give_text("OpenCL 2.2 fake", room, to, got);
    case CL_DEVICE_IL_VERSION:
        return give_text("SPIR-V_1.2", room, to, got);
    case CL_DEVICE_EXTENSIONS:
        return give_text("cl_khr_fp16 cl_khr_fp64", room, to, got);
    case CL_DEVICE_VENDOR:
    case CL_DRIVER_VERSION:
        return give_text("fake", room, to, got);
    case CL_DEVICE_TYPE:
        return give_long(CL_DEVICE_TYPE_GPU, room, to, got);
    case CL_DEVICE_MAX_WORK_ITEM_SIZES:
        return give(sides, sizeof sides, room, to, got);
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
        return give_long(256, room, to, got);
    case CL_DEVICE_MAX_PARAMETER_SIZE:
        return give_long(1024, room, to, got);
    case CL_DEVICE_MEM_BASE_ADDR_ALIGN:
        return give_long(128, room, to, got); /* bits */
    case CL_DEVICE_LOCAL_MEM_SIZE:
        return give_long(16384, room, to, got);
    case CL_DEVICE_HOST_UNIFIED_MEMORY:
        return give_long(CL_FALSE, room, to, got);
    case CL_DEVICE_AVAILABLE:
    case CL_DEVICE_COMPILER_AVAILABLE:
        return give_long(CL_TRUE, room, to, got);
    case CL_DEVICE_VENDOR_ID:
        return give_long(0x10005, room, to, got);
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
    case CL_DEVICE_GLOBAL_MEM_SIZE:
        return give_long((cl_ulong)1 << 30, room, to, got);
    default:
        return CL_INVALID_VALUE;
    }
}

cl_context clCreateContext(const cl_context_properties *properties, cl_uint count,
                           const cl_device_id *list,
                           void(CL_CALLBACK *told)(const char *, const void *, size_t, void *),
                           void *user, cl_int *error) {
    (void)properties, (void)list, (void)told, (void)user;
    fake_driver.mistakes += count != 1;
    return make("CreateContext", error);
}

cl_int clReleaseContext(cl_context context) {
    return release("CreateContext", context);
}

cl_command_queue clCreateCommandQueue(cl_context context, cl_device_id device,
                                      cl_command_queue_properties properties, cl_int *error) {
    (void)device;
    expect(context, "CreateContext");
    fake_driver.mistakes += properties != CL_QUEUE_PROFILING_ENABLE;
    return make("CreateCommandQueue", error);
}

cl_int clReleaseCommandQueue(cl_command_queue queue) {
    move_now();
    return release("CreateCommandQueue", queue);
}

/* ---- Memory ---- */

cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host,
                      cl_int *error) {
    expect(context, "CreateContext");
    fake_driver.mistakes += flags != CL_MEM_READ_WRITE || size == 0 || host;
    Object *object = make("CreateBuffer", error);
    if (object) {
        object->bytes = calloc(1, size);
        object->size = size;
    }
    return (cl_mem)object;
}

cl_mem clCreateSubBuffer(cl_mem memory, cl_mem_flags flags, cl_buffer_create_type type,
                         const void *info, cl_int *error) {
    const cl_buffer_region *region = info;
    expect(memory, "CreateBuffer");
    fake_driver.mistakes += flags != CL_MEM_READ_WRITE || type != CL_BUFFER_CREATE_TYPE_REGION ||
                            region->origin % 16 != 0 || region->size == 0 ||
                            region->origin + region->size > ((Object *)(void *)memory)->size;
    return make("CreateSubBuffer", error);
}

cl_int clReleaseMemObject(cl_mem memory) {
    move_now(); /* memory stays until what uses it has ended */
    const Object *object = (void *)memory;
    return release(object && !object->bytes ? "CreateSubBuffer" : "CreateBuffer", memory);
}

/* ---- Kernels ---- */

cl_program clCreateProgramWithSource(cl_context context, cl_uint count, const char **texts,
                                     const size_t *sizes, cl_int *error) {
    (void)texts;
    expect(context, "CreateContext");
    fake_driver.mistakes += count != 1 || sizes[0] == 0;
    *error = error_of("CreateProgramWithSource");
    return *error == CL_SUCCESS ? (cl_program)object_new("CreateProgram") : NULL;
}

cl_program clCreateProgramWithIL(cl_context context, const void *code, size_t size, cl_int *error) {
    uint32_t magic;
    memcpy(&magic, code, sizeof magic);
    expect(context, "CreateContext");
    fake_driver.mistakes += magic != 0x07230203 || size % 4 != 0;
    *error = error_of("CreateProgramWithIL");
    return *error == CL_SUCCESS ? (cl_program)object_new("CreateProgram") : NULL;
}

cl_int clSetProgramSpecializationConstant(cl_program program, cl_uint id, size_t size,
                                          const void *value) {
    expect(program, "CreateProgram");
    fake_driver.mistakes += id != 3 || size != 4 || !value;
    return error_of("SetProgramSpecializationConstant");
}

cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id *list,
                      const char *options, void(CL_CALLBACK *told)(cl_program, void *),
                      void *user) {
    (void)list, (void)told, (void)user;
    expect(program, "CreateProgram");
    fake_driver.mistakes += count != 1 || !options;
    return error_of("BuildProgram");
}

cl_int clGetProgramBuildInfo(cl_program program, cl_device_id device, cl_program_build_info what,
                             size_t room, void *to, size_t *got) {
    (void)device;
    expect(program, "CreateProgram");
    fake_driver.mistakes += what != CL_PROGRAM_BUILD_LOG;
    return give_text("what the compiler says", room, to, got);
}

cl_int clReleaseProgram(cl_program program) {
    return release("CreateProgram", program);
}

cl_kernel clCreateKernel(cl_program program, const char *name, cl_int *error) {
    expect(program, "CreateProgram");
    fake_driver.mistakes += strcmp(name, "main_") != 0;
    return make("CreateKernel", error);
}

cl_int clReleaseKernel(cl_kernel kernel) {
    return release("CreateKernel", kernel);
}

cl_int clSetKernelArg(cl_kernel kernel, cl_uint index, size_t size, const void *value) {
    expect(kernel, "CreateKernel");
    fake_driver.mistakes += index > 2 || size != (index == 0 ? sizeof(cl_mem) : 4) || !value;
    return error_of("SetKernelArg");
}

/* ---- Queues ---- */

/* What every command begins with. `event` may be NULL. */
static cl_int enqueue(const char *name, cl_command_queue queue, cl_event *event) {
    expect(queue, "CreateCommandQueue");
    cl_int error = error_of(name);
    if (error == CL_SUCCESS && event) {
        *event = (cl_event)object_new("event");
    }
    return error;
}

/* Where a range of a buffer lies. */
static char *range(cl_mem memory, size_t offset, size_t size) {
    const Object *object = (void *)memory;
    bool fine = object && object->bytes && size != 0 && offset <= object->size &&
                size <= object->size - offset;
    fake_driver.mistakes += !fine;
    return fine ? (char *)object->bytes + offset : NULL;
}

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                              const size_t *offset, const size_t *global, const size_t *local,
                              cl_uint count, const cl_event *list, cl_event *event) {
    expect(kernel, "CreateKernel");
    fake_driver.mistakes += dimensions != 3 || offset || count != 0 || list;
    for (cl_uint i = 0; i < 3; i++) {
        fake_driver.mistakes += local[i] == 0 || global[i] % local[i] != 0;
    }
    return enqueue("EnqueueNDRangeKernel", queue, event);
}

cl_int clEnqueueReadBuffer(cl_command_queue queue, cl_mem memory, cl_bool waits, size_t offset,
                           size_t size, void *to, cl_uint count, const cl_event *list,
                           cl_event *event) {
    (void)count, (void)list;
    const char *from = range(memory, offset, size);
    cl_int error = enqueue("EnqueueReadBuffer", queue, event);
    if (error == CL_SUCCESS && from) {
        move_later(to, from, size);
    }
    if (waits) {
        move_now();
    }
    return error;
}

cl_int clEnqueueWriteBuffer(cl_command_queue queue, cl_mem memory, cl_bool waits, size_t offset,
                            size_t size, const void *from, cl_uint count, const cl_event *list,
                            cl_event *event) {
    (void)count, (void)list;
    char *to = range(memory, offset, size);
    fake_driver.mistakes += waits != CL_FALSE;
    cl_int error = enqueue("EnqueueWriteBuffer", queue, event);
    if (error == CL_SUCCESS && to) {
        move_later(to, from, size);
    }
    return error;
}

cl_int clEnqueueCopyBuffer(cl_command_queue queue, cl_mem source, cl_mem target,
                           size_t source_offset, size_t target_offset, size_t size, cl_uint count,
                           const cl_event *list, cl_event *event) {
    (void)count, (void)list;
    const char *from = range(source, source_offset, size);
    char *to = range(target, target_offset, size);
    cl_int error = enqueue("EnqueueCopyBuffer", queue, event);
    if (error == CL_SUCCESS && from && to) {
        move_later(to, from, size);
    }
    return error;
}

cl_int clEnqueueFillBuffer(cl_command_queue queue, cl_mem memory, const void *pattern,
                           size_t pattern_size, size_t offset, size_t size, cl_uint count,
                           const cl_event *list, cl_event *event) {
    (void)count, (void)list;
    fake_driver.mistakes += pattern_size != 4 || offset % 4 != 0 || size % 4 != 0 || !pattern ||
                            !range(memory, offset, size);
    return enqueue("EnqueueFillBuffer", queue, event);
}

cl_int clEnqueueMarkerWithWaitList(cl_command_queue queue, cl_uint count, const cl_event *list,
                                   cl_event *event) {
    for (cl_uint i = 0; i < count; i++) {
        expect(list[i], "event");
        fake_driver.waits++;
    }
    return enqueue("EnqueueMarkerWithWaitList", queue, event);
}

cl_int clFlush(cl_command_queue queue) {
    return enqueue("Flush", queue, NULL);
}

cl_int clFinish(cl_command_queue queue) {
    expect(queue, "CreateCommandQueue");
    move_now();
    return CL_SUCCESS;
}

/* ---- Events ---- */

cl_int clWaitForEvents(cl_uint count, const cl_event *list) {
    fake_driver.mistakes += count != 1;
    expect(list[0], "event");
    fake_driver.is_slow = 0;
    cl_int error = error_of("WaitForEvents");
    move_now();
    return error;
}

/* How a command ended is decided once, as in a driver, however many threads ask. */
static cl_int end_of(Object *event) {
    enum { OPEN, DONE, FAILED };
    cl_int state = fake_driver.error;
    pthread_mutex_lock(&lock);
    if (event->value == OPEN) {
        state = error_of("ExecutionStatus");
        event->value = state == CL_COMPLETE ? DONE : FAILED;
    }
    bool done = event->value == DONE;
    pthread_mutex_unlock(&lock);
    return done ? CL_COMPLETE : state;
}

cl_int clGetEventInfo(cl_event event, cl_event_info what, size_t room, void *to, size_t *got) {
    expect(event, "event");
    fake_driver.mistakes += what != CL_EVENT_COMMAND_EXECUTION_STATUS;
    cl_int error = error_of("GetEventInfo");
    if (error != CL_SUCCESS) {
        return error;
    }
    cl_int state = CL_SUBMITTED;
    if (!fake_driver.is_slow) {
        move_now();
        state = end_of((void *)event);
    }
    return give(&state, sizeof state, room, to, got);
}

cl_int clGetEventProfilingInfo(cl_event event, cl_profiling_info what, size_t room, void *to,
                               size_t *got) {
    expect(event, "event");
    cl_int error = error_of("GetEventProfilingInfo");
    return error != CL_SUCCESS
               ? error
               : give_long(what == CL_PROFILING_COMMAND_START ? 1000 : 1010, room, to, got);
}

cl_int clReleaseEvent(cl_event event) {
    return release("event", event);
}
