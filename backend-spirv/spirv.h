/* Vulkan SPIR-V: the writer, and SPIRV-Tools' judgement of what it wrote. */
#ifndef BACKEND_SPIRV_H
#define BACKEND_SPIRV_H

#include "ir/ir.h"

typedef enum {
    SPIRV_VULKAN_1_1,
    SPIRV_VULKAN_1_2,
    SPIRV_VULKAN_1_3
} SpirvTarget; /* 1.3, 1.5, 1.6 */

typedef struct {
    SpirvTarget target;
    bool debug;         /* -g: OpLine and OpSource, local names */
    bool atomic_float;  /* the device adds f32 atomically, in buffers and in shared memory */
    bool reconvergence; /* the device has VK_KHR_shader_maximal_reconvergence */
    bool
        for_msl; /* for SPIRV-Cross: min and max of a number and NaN are the number, each local's name is its own */
    const SourceMap *sources; /* for `debug` */
} SpirvOptions;

/* What a module needs of a device and no capability says. */
enum {
    SPIRV_SUBGROUP_TYPES = 1, /* subgroup operations on 8, 16 and 64 bits, but f64 */
    SPIRV_BUFFER_ATOMIC_INT64 = 2,
    SPIRV_SHARED_ATOMIC_INT64 = 4,
    SPIRV_BUFFER_ATOMIC_FLOAT = 8,
    SPIRV_SHARED_ATOMIC_FLOAT = 16,
    SPIRV_RECONVERGENCE = 32,
};

typedef struct {
    const uint32_t *words; /* host order; in the module's arena */
    size_t count;
    unsigned needs; /* SPIRV_…; 0 if it is not known */
} SpirvBinary;

/* Reports (E1002) to the module's diagnostics what Vulkan SPIR-V has no form for: functions of f64 beyond arithmetic,
 * roots and rounding; before Vulkan 1.3, kernels with different workgroups of which one has a side that is a
 * specialization constant. False: there was something. */
bool spirv_check(const IrModule *module, SpirvTarget target);

/* Writes every kernel of a lowered module (ir_verify_lowered; Vulkan wants one kernel at least) as an entry point of
 * its own name, and procs that stayed as functions. What a target lacks was reported before; what is too long for SPIR-V is reported here, in the module's
 * diagnostics, and the words are of no use then. The bytes depend on module and options alone.
 * Marks of values, functions and specialization constants are overwritten, constants may join the module's table; nothing else of it changes. */
SpirvBinary spirv_write(IrModule *module, const SpirvOptions *options);

/* spirv-val for the target's environment; false: `why` has its message. */
bool spirv_validate(SpirvBinary binary, SpirvTarget target, Text *why);

/* Whether a module that spirv_write made needs a feature of the device, by the name that the runtime has for it
 * ("float64"). What every Vulkan 1.1 device has is no feature. */
bool spirv_needs(SpirvBinary binary, const char *feature);

/* For `inspect`: version, generator, capabilities, extensions, entry points with workgroup size and interface,
 * bindings with access, push constant block, instruction and byte counts; as text. Hostile input: false and `why`. */
bool spirv_describe(Text *out, const uint32_t *words, size_t count, Text *why);

/* Disassembly as spirv-dis prints it, for golden files; false: `why`. */
bool spirv_disassemble(Text *out, SpirvBinary binary, Text *why);

#endif
