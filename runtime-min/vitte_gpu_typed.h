/* vitte_gpu_typed.h: vitte_gpu.h with the types of kernels: vectors, matrices, and buffers that know what they hold. The
 * headers that `vittec-gpu app.vt -o app.h` writes are made of these.
 *
 *     f32        float, and i8 … u64 int8_t … uint64_t, f64 double; f16 VtgF16, its bits
 *     f32x3      VtgF32x3, 12 bytes as everywhere; as an element of an array or buffer, VtgF32x3Padded, 16 bytes
 *     f32x4x3    VtgF32x4x3: 4 columns of 3 rows
 *     Buffer<T>  VtgBufferF32, VtgBufferF32x3, …
 */
#ifndef VITTE_GPU_TYPED_H
#define VITTE_GPU_TYPED_H

#include <string.h>

#include "vitte_gpu.h"

/* The headers are written for one version of this one. */
#define VTG_TYPED_VERSION 1

#ifdef __cplusplus
#define VTG_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define VTG_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* ---- What the functions below share ---------------------------------------------------------- */

static inline VtgStatus vtg_typed_create_(VtgDevice *device, uint64_t count, uint64_t element_bytes,
                                          VtgBuffer **buffer) {
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    *buffer = NULL;
    if (count > UINT64_MAX / element_bytes) {
        return VTG_ERROR_LIMIT;
    }
    desc.size_bytes = count * element_bytes;
    return vtg_buffer_create(device, &desc, buffer);
}

/* Elements first … of a part that begins at part_first, as bytes of its buffer. */
static inline VtgStatus vtg_typed_range_(uint64_t part_first, uint64_t part_count, uint64_t first,
                                         uint64_t count, uint64_t element_bytes, uint64_t *offset,
                                         uint64_t *size) {
    const uint64_t most = UINT64_MAX / element_bytes;
    if ((part_count != 0 && (first > part_count || count > part_count - first)) ||
        part_first > most || first > most - part_first || count > most) {
        return VTG_ERROR_OUT_OF_RANGE;
    }
    *offset = (part_first + first) * element_bytes;
    *size = count * element_bytes;
    return VTG_OK;
}

static inline VtgArg vtg_typed_arg_(VtgBuffer *buffer, uint64_t first, uint64_t count,
                                    uint64_t element_bytes) {
    const uint64_t most = UINT64_MAX / element_bytes; /* what is beyond is outside of any buffer */
    VtgArg arg = vtg_arg_buffer(buffer);
    arg.offset = first > most ? most * element_bytes : first * element_bytes;
    arg.size = count > most ? most * element_bytes : count * element_bytes;
    arg.element_bytes = element_bytes;
    return arg;
}

/* ---- Buffers of one type --------------------------------------------------------------------- */

/* VTG_TYPED_BUFFER(VtgBufferF32, vtg_buffer_f32, float) makes the type of a buffer with elements T, and functions that
 * count elements where those of vitte_gpu.h count bytes. Their rules and errors are the same.
 *
 *     VtgStatus vtg_buffer_f32_create(VtgDevice *device, uint64_t count, VtgBufferF32 *result);
 *     void vtg_buffer_f32_destroy(VtgBufferF32 target);
 *     VtgStatus vtg_buffer_f32_write(VtgBufferF32 target, uint64_t first, const float *data, uint64_t count);
 *     VtgStatus vtg_buffer_f32_read(VtgBufferF32 source, uint64_t first, float *data, uint64_t count);
 *     VtgBufferF32 vtg_buffer_f32_of(VtgBuffer *buffer);                       any buffer, as one of these
 *     VtgArg vtg_buffer_f32_arg(VtgBufferF32 buffer);                          for vtg_dispatch()
 *
 * `first` and `count` of the type are the part of the buffer that a kernel is given, and that these functions count from;
 * count 0: up to the end. A kernel's part begins at a multiple of limits.buffer_offset_alignment bytes. */
#define VTG_TYPED_BUFFER(Type, name, T)                                                            \
    typedef struct Type {                                                                          \
        VtgBuffer *buffer;                                                                         \
        uint64_t first, count;                                                                     \
    } Type;                                                                                        \
                                                                                                   \
    static inline Type name##_of(VtgBuffer *buffer) {                                              \
        Type result = {buffer, 0, 0};                                                              \
        return result;                                                                             \
    }                                                                                              \
    static inline VtgStatus name##_create(VtgDevice *device, uint64_t count, Type *result) {       \
        *result = name##_of(NULL);                                                                 \
        return vtg_typed_create_(device, count, sizeof(T), &result->buffer);                       \
    }                                                                                              \
    static inline void name##_destroy(Type target) {                                               \
        vtg_buffer_destroy(target.buffer);                                                         \
    }                                                                                              \
    static inline VtgStatus name##_write(Type target, uint64_t first, const T *data,               \
                                         uint64_t count) {                                         \
        uint64_t offset, size;                                                                     \
        VtgStatus status =                                                                         \
            vtg_typed_range_(target.first, target.count, first, count, sizeof(T), &offset, &size); \
        return status == VTG_OK ? vtg_buffer_write(target.buffer, offset, data, size) : status;    \
    }                                                                                              \
    static inline VtgStatus name##_read(Type source, uint64_t first, T *data, uint64_t count) {    \
        uint64_t offset, size;                                                                     \
        VtgStatus status =                                                                         \
            vtg_typed_range_(source.first, source.count, first, count, sizeof(T), &offset, &size); \
        return status == VTG_OK ? vtg_buffer_read(source.buffer, offset, data, size) : status;     \
    }                                                                                              \
    static inline VtgArg name##_arg(Type buffer) {                                                 \
        return vtg_typed_arg_(buffer.buffer, buffer.first, buffer.count, sizeof(T));               \
    }                                                                                              \
    VTG_STATIC_ASSERT(sizeof(T) > 0, "elements have a size")

/* ---- Vectors and matrices -------------------------------------------------------------------- */

/* The bits of an f16 (IEEE 754 binary16). */
typedef struct VtgF16 {
    uint16_t bits;
} VtgF16;

/* The vectors of a scalar, and its buffers and theirs. */
#define VTG_VECTORS_(Name, name, T)                                                                \
    typedef struct Vtg##Name##x2 {                                                                 \
        T x, y;                                                                                    \
    } Vtg##Name##x2;                                                                               \
    typedef struct Vtg##Name##x3 {                                                                 \
        T x, y, z;                                                                                 \
    } Vtg##Name##x3;                                                                               \
    typedef struct Vtg##Name##x3Padded {                                                           \
        T x, y, z, padding;                                                                        \
    } Vtg##Name##x3Padded;                                                                         \
    typedef struct Vtg##Name##x4 {                                                                 \
        T x, y, z, w;                                                                              \
    } Vtg##Name##x4;                                                                               \
    VTG_TYPED_BUFFER(VtgBuffer##Name, vtg_buffer_##name, T);                                       \
    VTG_TYPED_BUFFER(VtgBuffer##Name##x2, vtg_buffer_##name##x2, Vtg##Name##x2);                   \
    VTG_TYPED_BUFFER(VtgBuffer##Name##x3, vtg_buffer_##name##x3, Vtg##Name##x3Padded);             \
    VTG_TYPED_BUFFER(VtgBuffer##Name##x4, vtg_buffer_##name##x4, Vtg##Name##x4)

VTG_VECTORS_(I8, i8, int8_t);
VTG_VECTORS_(I16, i16, int16_t);
VTG_VECTORS_(I32, i32, int32_t);
VTG_VECTORS_(I64, i64, int64_t);
VTG_VECTORS_(U8, u8, uint8_t);
VTG_VECTORS_(U16, u16, uint16_t);
VTG_VECTORS_(U32, u32, uint32_t);
VTG_VECTORS_(U64, u64, uint64_t);
VTG_VECTORS_(F16, f16, VtgF16);
VTG_VECTORS_(F32, f32, float);
VTG_VECTORS_(F64, f64, double);

/* A matrix of `columns` columns, each a vector of `rows`. */
#define VTG_MATRIX_(Name, name, columns, rows, Column)                                             \
    typedef struct Vtg##Name##x##columns##x##rows {                                                \
        Column column[columns];                                                                    \
    } Vtg##Name##x##columns##x##rows;                                                              \
    VTG_TYPED_BUFFER(VtgBuffer##Name##x##columns##x##rows, vtg_buffer_##name##x##columns##x##rows, \
                     Vtg##Name##x##columns##x##rows)

#define VTG_MATRICES_(Name, name)                                                                  \
    VTG_MATRIX_(Name, name, 2, 2, Vtg##Name##x2);                                                  \
    VTG_MATRIX_(Name, name, 2, 3, Vtg##Name##x3Padded);                                            \
    VTG_MATRIX_(Name, name, 2, 4, Vtg##Name##x4);                                                  \
    VTG_MATRIX_(Name, name, 3, 2, Vtg##Name##x2);                                                  \
    VTG_MATRIX_(Name, name, 3, 3, Vtg##Name##x3Padded);                                            \
    VTG_MATRIX_(Name, name, 3, 4, Vtg##Name##x4);                                                  \
    VTG_MATRIX_(Name, name, 4, 2, Vtg##Name##x2);                                                  \
    VTG_MATRIX_(Name, name, 4, 3, Vtg##Name##x3Padded);                                            \
    VTG_MATRIX_(Name, name, 4, 4, Vtg##Name##x4)

VTG_MATRICES_(F16, f16);
VTG_MATRICES_(F32, f32);
VTG_MATRICES_(F64, f64);

/* ---- Bundles --------------------------------------------------------------------------------- */

/* Of an embedded bundle: it is in the program once, however many files include its header. */
#define VTG_EMBEDDED __attribute__((weak, visibility("hidden"), aligned(8)))

static inline VtgStatus vtg_typed_open_(VtgDevice *device, const char *path, const void *data,
                                        size_t size, VtgBundle **bundle) {
    VtgBundleDesc desc = VTG_BUNDLE_DESC_INIT;
    desc.path = path;
    desc.data = data;
    desc.size = size;
    return vtg_bundle_open(vtg_device_get_instance(device), &desc, bundle);
}

static inline VtgStatus vtg_typed_kernel_(VtgDevice *device, const VtgBundle *bundle,
                                          const char *name, const char *variant,
                                          const VtgSpecConstant *specs, uint32_t spec_count,
                                          VtgKernel **kernel) {
    VtgBundleKernelDesc desc = VTG_BUNDLE_KERNEL_DESC_INIT;
    desc.name = name;
    desc.variant = variant;
    desc.specs = specs;
    desc.spec_count = spec_count;
    return vtg_bundle_kernel_create(device, bundle, &desc, kernel);
}

/* Its size and kind are the bundle's. */
static inline VtgSpecConstant vtg_typed_spec_(uint32_t id, uint64_t bits) {
    VtgSpecConstant spec = {id, 0, bits, VTG_SPEC_UNSIGNED, 0};
    return spec;
}

static inline uint64_t vtg_typed_i32_(int32_t value) {
    return (uint32_t)value;
}

static inline uint64_t vtg_typed_f32_(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline uint64_t vtg_typed_f64_(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#endif
