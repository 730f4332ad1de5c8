/* What a bundle says of a kernel, between the compiler and the bytes: texts, numbers, tables, and the code of each target.
 * A part holds what runtime-min/vgpu_format.h says of the field of its name. Texts may be NULL. */
#ifndef DRIVER_BUNDLE_PARTS_H
#define DRIVER_BUNDLE_PARTS_H

#include "driver/device_code.h"

typedef struct {
    const char *name, *doc;
    uint32_t kind, type, access, size, align, offset, binding;
} BundleParam;

typedef struct {
    const char *name, *doc;
    uint32_t kind, scalar, element, count, size, align, stride, field;
} BundleType;

typedef struct {
    const char *name, *doc;
    uint32_t type, offset;
} BundleField;

typedef struct {
    const char *name, *doc;
    uint32_t id, scalar, size, kind;
    uint64_t value;
} BundleSpec;

typedef struct {
    const char *name;
    uint32_t align, spec;
    uint64_t element, count;
} BundleShared;

typedef struct {
    const char *name, *doc;
    uint32_t workgroup[3], subgroup_size, workgroup_spec[3];
    uint32_t values_bytes, source;
    uint64_t shared_bytes;
    VEC(BundleParam) params;
    VEC(BundleType) types;
    VEC(BundleField) fields;
    VEC(BundleSpec) specs;
    VEC(BundleShared) shared;
} BundleKernel;

typedef struct {
    uint32_t kind, access, stride, size, offset, param, number;
} BundleBinding;

typedef struct {
    const char *name, *entry;
    uint32_t format, api, block, block_size, block_binding, sizes_binding, fixed;
    uint64_t features;
    VEC(BundleBinding) bindings;
    const void *code;
    size_t size;
} BundleCode;

/* The type that the source gives a specialization constant; passes may widen it. */
typedef struct {
    uint32_t id;
    const IrType *type;
} BundleSpecType;
typedef VEC(BundleSpecType) BundleSpecTypes;

/* Those of a module as the front end made it. */
void bundle_note_specs(Arena *arena, const IrModule *module, BundleSpecTypes *types);

/* Whether a kernel of a lowered module uses a constant, or a proc that is left does. */
bool bundle_uses_spec(const IrModule *module, const IrFunction *kernel, const IrSpec *spec);

/* What is true of a kernel whatever the target, from its lowered module. All that it points to is in `arena`, which may
 * outlive the session. */
void bundle_describe(Arena *arena, const IrModule *module, const IrFunction *kernel,
                     const BundleSpecTypes *types, BundleKernel *out);

/* The code for a target, copied likewise. */
void bundle_describe_code(Arena *arena, const char *target, const DeviceCode *code,
                          BundleCode *out);

#endif
