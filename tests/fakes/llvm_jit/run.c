/* run.c: the invocations of a workgroup, what they call, and the workgroups one after another. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "tests/fakes/llvm_jit/jit.h"

enum { STACK_BYTES = 256 << 10 };

/* ---- what a kernel calls ---- */

static struct {
    size_t local[3], groups[3], group[3], here[3];
} now;
static cl_program running;

static uint64_t global_id(uint32_t side) {
    return now.group[side] * now.local[side] + now.here[side];
}
static uint64_t local_id(uint32_t side) {
    return now.here[side];
}
static uint64_t group_id(uint32_t side) {
    return now.group[side];
}
static uint64_t group_count(uint32_t side) {
    return now.groups[side];
}
static uint64_t local_size(uint32_t side) {
    return now.local[side];
}

static uint64_t spec_value(uint32_t id, uint64_t unless_set) {
    for (uint32_t i = 0; i < running->spec_count; i++) {
        if (running->spec_ids[i] == id) {
            return running->specs[i];
        }
    }
    return unless_set;
}
static uint16_t spec16(uint32_t id, uint16_t unless_set) {
    return (uint16_t)spec_value(id, unless_set);
}
static uint32_t spec32(uint32_t id, uint32_t unless_set) {
    return (uint32_t)spec_value(id, unless_set);
}

/* ---- the invocations of a workgroup ---- */

typedef struct Fiber {
    ucontext_t context;
    bool done;
    size_t here[3];
} Fiber;

static Fiber fibers[JIT_INVOCATIONS];
static Fiber *current;
static ucontext_t scheduler;
static char *stacks;
static cl_kernel started;

static void barrier(uint32_t flags) {
    (void)flags;
    swapcontext(&current->context, &scheduler);
}

static void fiber_main(void) {
    started->entry(started->arguments);
    current->done = true;
    swapcontext(&current->context, &scheduler);
}

static void place(size_t index, size_t here[3]) {
    here[0] = index % now.local[0];
    here[1] = index / now.local[0] % now.local[1];
    here[2] = index / now.local[0] / now.local[1];
}

/* No error that a device may have: the tests would take it for one. */
static _Noreturn void out_of_step(void) {
    fprintf(stderr, "llvm-jit: not every invocation comes to a barrier\n");
    abort();
}

/* By itself: compilers take getcontext() for a setjmp(), which no local that changes outlives. */
static void start(Fiber *fiber, char *stack) {
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = stack;
    fiber->context.uc_stack.ss_size = STACK_BYTES;
    makecontext(&fiber->context, fiber_main, 0);
}

/* All come to a barrier or all to the end, time after time. */
static cl_int run_together(size_t count) {
    for (size_t i = 0; i < count; i++) {
        fibers[i].done = false;
        place(i, fibers[i].here);
        start(&fibers[i], stacks + i * STACK_BYTES);
    }
    for (size_t done = 0; done == 0;) {
        for (size_t i = count; i-- > 0;) {
            current = &fibers[i];
            memcpy(now.here, current->here, sizeof now.here);
            swapcontext(&scheduler, &current->context);
            done += current->done;
        }
        if (done != 0 && done != count) {
            out_of_step();
        }
    }
    return CL_SUCCESS;
}

static cl_int run_group(cl_kernel kernel, size_t count) {
    if (kernel->program->together) {
        return run_together(count);
    }
    for (size_t i = count; i-- > 0;) {
        place(i, now.here);
        kernel->entry(kernel->arguments);
    }
    return CL_SUCCESS;
}

cl_int jit_run(cl_kernel kernel, const size_t in_grid[3], const size_t local[3]) {
    memcpy(now.groups, in_grid, sizeof now.groups);
    memcpy(now.local, local, sizeof now.local);
    size_t count = now.local[0] * now.local[1] * now.local[2];
    size_t groups = now.groups[0] * now.groups[1] * now.groups[2];
    if (stacks == NULL) {
        stacks = mmap(NULL, (size_t)JIT_INVOCATIONS * STACK_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    if (count > JIT_INVOCATIONS || stacks == MAP_FAILED) {
        return CL_INVALID_WORK_GROUP_SIZE;
    }
    started = kernel;
    running = kernel->program;
    cl_int error = CL_SUCCESS;
    for (size_t i = 0; i < groups && error == CL_SUCCESS; i++) {
        now.group[0] = i % now.groups[0];
        now.group[1] = i / now.groups[0] % now.groups[1];
        now.group[2] = i / now.groups[0] / now.groups[1];
        error = run_group(kernel, count);
    }
    return error;
}

const JitFunction jit_functions[] = {
    {"_Z13get_global_idj", (uintptr_t)global_id},
    {"_Z12get_local_idj", (uintptr_t)local_id},
    {"_Z12get_group_idj", (uintptr_t)group_id},
    {"_Z14get_num_groupsj", (uintptr_t)group_count},
    {"_Z14get_local_sizej", (uintptr_t)local_size},
    {"_Z7barrierj", (uintptr_t)barrier},
    {"_Z20__spirv_SpecConstantit", (uintptr_t)spec16},
    {"_Z20__spirv_SpecConstantij", (uintptr_t)spec32},
    {"_Z20__spirv_SpecConstantim", (uintptr_t)spec_value},
    {NULL, 0},
};
