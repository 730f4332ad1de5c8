/* llvm_jit.c: a libOpenCL whose one device takes LLVM IR, as `--target=llvm-ir` writes it, and runs it natively by LLVM's JIT.
 *
 * Every command ends before the call does. The invocations of a workgroup take turns, the last one first; where the module has
 * barriers, each is a fiber. Behind each buffer, as far as 32 bytes of alignment let it be, is memory that nobody may touch.
 * What a host does that the runtime never does is not looked at.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <llvm-c/Core.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "tests/fakes/llvm_jit/jit.h"

struct _cl_platform_id {
    int unused;
};
struct _cl_device_id {
    int unused;
};
struct _cl_context {
    int unused;
};
struct _cl_command_queue {
    int unused;
};

struct _cl_event {
    cl_ulong start, end;
};

static struct _cl_platform_id platform;
static struct _cl_device_id device;
static struct _cl_context context;
static struct _cl_command_queue queue;

static cl_int give(const void *value, size_t size, size_t room, void *to, size_t *needs) {
    if (needs != NULL) {
        *needs = size;
    }
    if (to != NULL && room >= size) {
        memcpy(to, value, size);
    }
    return to != NULL && room < size ? CL_INVALID_VALUE : CL_SUCCESS;
}

static cl_int give_text(const char *text, size_t room, void *to, size_t *needs) {
    return give(text, strlen(text) + 1, room, to, needs);
}

cl_int clGetPlatformIDs(cl_uint room, cl_platform_id *platforms, cl_uint *count) {
    if (room > 0 && platforms != NULL) {
        platforms[0] = &platform;
    }
    if (count != NULL) {
        *count = 1;
    }
    return CL_SUCCESS;
}

cl_int clGetPlatformInfo(cl_platform_id of, cl_platform_info what, size_t room, void *to,
                         size_t *needs) {
    (void)of;
    (void)what;
    return give_text("llvm-jit", room, to, needs);
}

void *clGetExtensionFunctionAddressForPlatform(cl_platform_id of, const char *name) {
    (void)of;
    (void)name;
    return NULL;
}

cl_int clGetDeviceIDs(cl_platform_id of, cl_device_type type, cl_uint room, cl_device_id *devices,
                      cl_uint *count) {
    (void)of;
    (void)type;
    if (room > 0 && devices != NULL) {
        devices[0] = &device;
    }
    if (count != NULL) {
        *count = 1;
    }
    return CL_SUCCESS;
}

cl_int clGetDeviceInfo(cl_device_id of, cl_device_info what, size_t room, void *to, size_t *needs) {
    (void)of;
    static const struct {
        cl_device_info what;
        const char *text;
    } texts[] = {
        {CL_DEVICE_NAME, "LLVM's JIT"},
        {CL_DEVICE_VENDOR, "vittec-gpu"},
        {CL_DEVICE_VERSION, "OpenCL 2.2 llvm-jit"},
        {CL_DRIVER_VERSION, "1"},
        {CL_DEVICE_IL_VERSION, "LLVM-IR_for_SPIR-V"},
        {CL_DEVICE_EXTENSIONS, "cl_khr_fp16 cl_khr_fp64 cl_khr_int64_base_atomics"},
    };
    static const struct {
        cl_device_info what;
        cl_ulong number;
    } numbers[] = {
        {CL_DEVICE_TYPE, CL_DEVICE_TYPE_CPU},
        {CL_DEVICE_AVAILABLE, CL_TRUE},
        {CL_DEVICE_COMPILER_AVAILABLE, CL_TRUE},
        {CL_DEVICE_GLOBAL_MEM_SIZE, 1u << 30},
        {CL_DEVICE_MAX_MEM_ALLOC_SIZE, 1u << 30},
        {CL_DEVICE_MAX_WORK_GROUP_SIZE, JIT_INVOCATIONS},
        {CL_DEVICE_LOCAL_MEM_SIZE, 64 << 10},
        {CL_DEVICE_MAX_PARAMETER_SIZE, JIT_ARGUMENTS * sizeof(cl_mem)},
        {CL_DEVICE_MEM_BASE_ADDR_ALIGN, JIT_ALIGNMENT * 8},
    };
    if (what == CL_DEVICE_MAX_WORK_ITEM_SIZES) {
        const size_t sides[3] = {JIT_INVOCATIONS, JIT_INVOCATIONS, JIT_INVOCATIONS};
        return give(sides, sizeof sides, room, to, needs);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].what == what) {
            return give_text(texts[i].text, room, to, needs);
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i].what == what) {
            return give(&numbers[i].number, sizeof numbers[i].number, room, to, needs);
        }
    }
    return CL_INVALID_VALUE;
}

cl_context clCreateContext(const cl_context_properties *properties, cl_uint count,
                           const cl_device_id *devices,
                           void (*tell)(const char *, const void *, size_t, void *), void *data,
                           cl_int *error) {
    (void)properties, (void)count, (void)devices, (void)tell, (void)data;
    *error = CL_SUCCESS;
    return &context;
}

cl_int clReleaseContext(cl_context of) {
    (void)of;
    return CL_SUCCESS;
}

cl_command_queue clCreateCommandQueue(cl_context of, cl_device_id on,
                                      cl_command_queue_properties properties, cl_int *error) {
    (void)of, (void)on, (void)properties;
    *error = CL_SUCCESS;
    return &queue;
}

cl_int clReleaseCommandQueue(cl_command_queue of) {
    (void)of;
    return CL_SUCCESS;
}

cl_mem clCreateBuffer(cl_context of, cl_mem_flags flags, size_t size, void *host, cl_int *error) {
    (void)of, (void)flags, (void)host;
    cl_mem memory = malloc(sizeof *memory);
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (size + page - 1) / page * page;
    char *at = mmap(NULL, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == NULL || at == MAP_FAILED) {
        free(memory);
        *error = CL_MEM_OBJECT_ALLOCATION_FAILURE;
        return NULL;
    }
    mprotect(at + pages, page, PROT_NONE);
    size_t rounded = (size + JIT_ALIGNMENT - 1) / JIT_ALIGNMENT * JIT_ALIGNMENT;
    *memory = (struct _cl_mem){at + pages - rounded, at, pages + page};
    *error = CL_SUCCESS;
    return memory;
}

cl_mem clCreateSubBuffer(cl_mem whole, cl_mem_flags flags, cl_buffer_create_type type,
                         const void *region, cl_int *error) {
    (void)flags, (void)type;
    cl_mem part = malloc(sizeof *part);
    *error = part != NULL ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    if (part != NULL) {
        *part =
            (struct _cl_mem){whole->bytes + ((const cl_buffer_region *)region)->origin, NULL, 0};
    }
    return part;
}

cl_int clReleaseMemObject(cl_mem memory) {
    if (memory->pages != NULL) {
        munmap(memory->pages, memory->mapped);
    }
    free(memory);
    return CL_SUCCESS;
}

cl_program clCreateProgramWithSource(cl_context of, cl_uint count, const char **texts,
                                     const size_t *lengths, cl_int *error) {
    (void)of, (void)count, (void)texts, (void)lengths;
    *error = CL_COMPILER_NOT_AVAILABLE;
    return NULL;
}

cl_program clCreateProgramWithIL(cl_context of, const void *il, size_t size, cl_int *error) {
    (void)of;
    cl_program program = calloc(1, sizeof *program);
    *error = program != NULL ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    if (program != NULL) {
        program->text = LLVMCreateMemoryBufferWithMemoryRangeCopy(il, size, "kernel");
    }
    return program;
}

cl_int clSetProgramSpecializationConstant(cl_program program, cl_uint id, size_t size,
                                          const void *value) {
    if (program->spec_count == JIT_SPECS || size > sizeof *program->specs) {
        return CL_INVALID_VALUE;
    }
    program->spec_ids[program->spec_count] = id;
    memcpy(&program->specs[program->spec_count++], value, size);
    return CL_SUCCESS;
}

cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id *devices,
                      const char *options, void (*tell)(cl_program, void *), void *data) {
    (void)count, (void)devices, (void)options, (void)tell, (void)data;
    return jit_build(program);
}

cl_int clGetProgramBuildInfo(cl_program program, cl_device_id on, cl_program_build_info what,
                             size_t room, void *to, size_t *needs) {
    (void)on, (void)what;
    return give_text(program->log, room, to, needs);
}

cl_int clReleaseProgram(cl_program program) {
    jit_close(program);
    free(program);
    return CL_SUCCESS;
}

cl_kernel clCreateKernel(cl_program program, const char *name, cl_int *error) {
    JitEntry entry = jit_entry(program, name);
    cl_kernel kernel = entry != NULL ? calloc(1, sizeof *kernel) : NULL;
    *error = kernel != NULL ? CL_SUCCESS : CL_INVALID_KERNEL_NAME;
    if (kernel != NULL) {
        kernel->program = program;
        kernel->entry = entry;
    }
    return kernel;
}

cl_int clReleaseKernel(cl_kernel kernel) {
    for (size_t i = 0; i < JIT_ARGUMENTS; i++) {
        free(kernel->arguments[i]);
    }
    free(kernel);
    return CL_SUCCESS;
}

cl_int clSetKernelArg(cl_kernel kernel, cl_uint index, size_t size, const void *value) {
    char *copy = index < JIT_ARGUMENTS ? realloc(kernel->arguments[index], size) : NULL;
    if (copy == NULL) {
        return CL_INVALID_ARG_INDEX;
    }
    kernel->arguments[index] = memcpy(copy, value, size);
    return CL_SUCCESS;
}

static cl_ulong clock_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (cl_ulong)time.tv_sec * 1000000000u + (cl_ulong)time.tv_nsec;
}

/* What began then has ended now. */
static cl_int finish(cl_ulong start, cl_event *event) {
    if (event == NULL) {
        return CL_SUCCESS;
    }
    *event = malloc(sizeof **event);
    if (*event == NULL) {
        return CL_OUT_OF_HOST_MEMORY;
    }
    **event = (struct _cl_event){start, clock_ns()};
    return CL_SUCCESS;
}

cl_int clEnqueueNDRangeKernel(cl_command_queue on, cl_kernel kernel, cl_uint sides,
                              const size_t *offset, const size_t *global, const size_t *local,
                              cl_uint waits, const cl_event *others, cl_event *event) {
    (void)on, (void)offset, (void)waits, (void)others;
    cl_ulong start = clock_ns();
    size_t groups[3] = {1, 1, 1}, sides_of_group[3] = {1, 1, 1};
    for (cl_uint i = 0; i < sides; i++) {
        sides_of_group[i] = local[i];
        groups[i] = global[i] / local[i];
    }
    cl_int error = jit_run(kernel, groups, sides_of_group);
    return error == CL_SUCCESS ? finish(start, event) : error;
}

cl_int clEnqueueReadBuffer(cl_command_queue on, cl_mem memory, cl_bool blocking, size_t offset,
                           size_t size, void *to, cl_uint waits, const cl_event *others,
                           cl_event *event) {
    (void)on, (void)blocking, (void)waits, (void)others;
    memcpy(to, memory->bytes + offset, size);
    return finish(clock_ns(), event);
}

cl_int clEnqueueWriteBuffer(cl_command_queue on, cl_mem memory, cl_bool blocking, size_t offset,
                            size_t size, const void *from, cl_uint waits, const cl_event *others,
                            cl_event *event) {
    (void)on, (void)blocking, (void)waits, (void)others;
    memcpy(memory->bytes + offset, from, size);
    return finish(clock_ns(), event);
}

cl_int clEnqueueCopyBuffer(cl_command_queue on, cl_mem from, cl_mem to, size_t from_offset,
                           size_t to_offset, size_t size, cl_uint waits, const cl_event *others,
                           cl_event *event) {
    (void)on, (void)waits, (void)others;
    memmove(to->bytes + to_offset, from->bytes + from_offset, size);
    return finish(clock_ns(), event);
}

cl_int clEnqueueFillBuffer(cl_command_queue on, cl_mem memory, const void *pattern, size_t length,
                           size_t offset, size_t size, cl_uint waits, const cl_event *others,
                           cl_event *event) {
    (void)on, (void)waits, (void)others;
    for (size_t at = 0; at < size; at += length) {
        memcpy(memory->bytes + offset + at, pattern, length);
    }
    return finish(clock_ns(), event);
}

cl_int clEnqueueMarkerWithWaitList(cl_command_queue on, cl_uint waits, const cl_event *others,
                                   cl_event *event) {
    (void)on, (void)waits, (void)others;
    return finish(clock_ns(), event);
}

cl_int clFlush(cl_command_queue of) {
    (void)of;
    return CL_SUCCESS;
}

cl_int clFinish(cl_command_queue of) {
    (void)of;
    return CL_SUCCESS;
}

cl_int clWaitForEvents(cl_uint count, const cl_event *events) {
    (void)count, (void)events;
    return CL_SUCCESS;
}

cl_int clGetEventInfo(cl_event of, cl_event_info what, size_t room, void *to, size_t *needs) {
    (void)of, (void)what;
    const cl_int complete = CL_COMPLETE;
    return give(&complete, sizeof complete, room, to, needs);
}

cl_int clGetEventProfilingInfo(cl_event event, cl_profiling_info what, size_t room, void *to,
                               size_t *needs) {
    cl_ulong time = what == CL_PROFILING_COMMAND_START ? event->start : event->end;
    return give(&time, sizeof time, room, to, needs);
}

cl_int clReleaseEvent(cl_event event) {
    free(event);
    return CL_SUCCESS;
}
