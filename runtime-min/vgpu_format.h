/* vgpu_format.h: the bytes of a .vgpu bundle, for who writes and who reads one. docs/bundle-format.md
 * is the text to it. It includes nothing, allocates nothing and is C and C++.
 *
 * A field is named by its offset in the structure that holds it, and is read with vgpu_u16(), vgpu_u32() or
 * vgpu_u64(), which are little-endian on every host and need no alignment. "String" is two u32: offset and length of
 * UTF-8 with a '\0' behind it, which the length does not count; offset 0: there is none. "Table" is two u32: offset and
 * count of entries. Both offsets count from the start of the block that the field is in: the INFO section, the
 * index, or one kernel's record.
 */
#ifndef VGPU_FORMAT_H
#define VGPU_FORMAT_H

/* The file's first 8 bytes: a line end, a DOS line end and an end of file show a transfer as text. */
#define VGPU_MAGIC "VGPU\r\n\x1a\n"

enum {
    VGPU_MAJOR = 1, /* another one is another format */
    VGPU_MINOR = 0, /* a larger one has more at the end of blocks' heads, or more sections */

    VGPU_ALIGN = 8, /* of sections, records, tables and blobs */

    /* The head of the file. The table of sections follows it. */
    VGPU_HEAD_MAJOR = 8,       /* u16 */
    VGPU_HEAD_MINOR = 10,      /* u16 */
    VGPU_HEAD_SECTIONS = 12,   /* u32: how many */
    VGPU_HEAD_FILE_BYTES = 16, /* u64: of the whole file */
    VGPU_HEAD_HASH = 24,       /* u64: of the table, seeded with the hash of the 24 bytes before */
    VGPU_HEAD_BYTES = 32,

    VGPU_SECTION_TAG = 0,    /* u32: VGPU_TAG_… */
    VGPU_SECTION_FLAGS = 4,  /* u32: VGPU_SECTION_NEEDED */
    VGPU_SECTION_OFFSET = 8, /* u64: in the file */
    VGPU_SECTION_SIZE = 16,  /* u64 */
    VGPU_SECTION_HASH = 24,  /* u64: of its bytes */
    VGPU_SECTION_BYTES = 32,

    VGPU_SECTION_NEEDED = 1, /* flag: who does not know the section cannot use the file */
    VGPU_MAX_SECTIONS = 64,

    VGPU_TAG_INFO = 0x4f464e49,    /* "INFO" */
    VGPU_TAG_INDEX = 0x5844494b,   /* "KIDX" */
    VGPU_TAG_KERNELS = 0x4e52454b, /* "KERN" */
    VGPU_TAG_BLOBS = 0x424f4c42,   /* "BLOB" */

    /* INFO: where the bundle comes from. */
    VGPU_INFO_HEAD_BYTES = 0, /* u32: of this head, as its writer knew it */
    VGPU_INFO_FLAGS = 4,      /* u32: 0 */
    VGPU_INFO_COMPILER = 8,   /* string: name and version */
    VGPU_INFO_OPTIONS = 16,   /* string: those that change code, as on a command line */
    VGPU_INFO_SOURCES = 24,   /* table */
    VGPU_INFO_BYTES = 32,

    VGPU_SOURCE_NAME = 0,  /* string: the file's name, without folders */
    VGPU_SOURCE_SIZE = 8,  /* u64: its bytes */
    VGPU_SOURCE_HASH = 16, /* u64: of its bytes and those of all files that it uses */
    VGPU_SOURCE_BYTES = 24,

    /* KIDX: every kernel and variant, in the order of the bytes of (name, variant). */
    VGPU_INDEX_COUNT = 0, /* u32 */
    VGPU_INDEX_BYTES = 8, /* the entries follow */

    VGPU_ENTRY_NAME = 0,    /* string */
    VGPU_ENTRY_VARIANT = 8, /* string: "NAME=VALUE,NAME=VALUE"; none: the source's own values */
    VGPU_ENTRY_RECORD = 16, /* u64: offset of the kernel's record in KERN */
    VGPU_ENTRY_RECORD_SIZE = 24, /* u32: its bytes */
    VGPU_ENTRY_RESERVED = 28,    /* u32: 0 */
    VGPU_ENTRY_RECORD_HASH = 32, /* u64: of them */
    VGPU_ENTRY_BYTES = 40,

    /* The head of a kernel's record. Kernels and variants that are alike have one record together. */
    VGPU_KERNEL_HEAD_BYTES = 0,     /* u32: of this head, as its writer knew it */
    VGPU_KERNEL_FLAGS = 4,          /* u32: 0 */
    VGPU_KERNEL_NAME = 8,           /* string */
    VGPU_KERNEL_DOC = 16,           /* string */
    VGPU_KERNEL_WORKGROUP = 24,     /* u32[3]: its sides, constants at their defaults */
    VGPU_KERNEL_SUBGROUP_SIZE = 36, /* u32: that it asks for; 0: any */
    VGPU_KERNEL_WORKGROUP_SPEC =
        40, /* u32[3]: 1 + index of the constant that is that side; 0: none */
    VGPU_KERNEL_VALUES_BYTES = 52, /* u32: end of the last value in the block of values */
    VGPU_KERNEL_SHARED_BYTES = 56, /* u64: shared memory, constants at their defaults */
    VGPU_KERNEL_SOURCE = 64,       /* u32: index of its file in INFO's sources */
    VGPU_KERNEL_RESERVED = 68,     /* u32: 0 */
    VGPU_KERNEL_PARAMS = 72,       /* table */
    VGPU_KERNEL_TYPES = 80,        /* table: an entry's parts are before it */
    VGPU_KERNEL_FIELDS = 88,       /* table: of all forms */
    VGPU_KERNEL_SPECS = 96,        /* table */
    VGPU_KERNEL_SHARED = 104,      /* table */
    VGPU_KERNEL_TARGETS = 112,     /* table */
    VGPU_KERNEL_BYTES = 120,

    VGPU_PARAM_NAME = 0,     /* string */
    VGPU_PARAM_DOC = 8,      /* string */
    VGPU_PARAM_KIND = 16,    /* u32: VGPU_BUFFER, VGPU_VALUE */
    VGPU_PARAM_TYPE = 20,    /* u32: index; of a buffer, its element's */
    VGPU_PARAM_ACCESS = 24,  /* u32: VGPU_READ | VGPU_WRITE; 0: at most its length */
    VGPU_PARAM_SIZE = 28,    /* u32: from one element of a buffer to the next; bytes of a value */
    VGPU_PARAM_ALIGN = 32,   /* u32 */
    VGPU_PARAM_OFFSET = 36,  /* u32: of a value, in the block of values */
    VGPU_PARAM_BINDING = 40, /* u32: of a buffer: 0, 1, … in order */
    VGPU_PARAM_FLAGS = 44,   /* u32: 0 */
    VGPU_PARAM_BYTES = 48,

    VGPU_BUFFER = 1,
    VGPU_VALUE = 2,
    VGPU_LENGTH = 3, /* in bindings alone: the u32 count of a buffer's elements */
    VGPU_READ = 1,
    VGPU_WRITE = 2,

    VGPU_TYPE_KIND = 0,   /* u32: VGPU_TYPE_IS_… */
    VGPU_TYPE_SCALAR = 4, /* u32: VGPU_BOOL, …, of scalars, vectors, atomics; else 0 */
    VGPU_TYPE_NAME = 8,   /* string: as the source spells it */
    VGPU_TYPE_DOC = 16,   /* string: of a form */
    VGPU_TYPE_ELEMENT =
        24, /* u32: index, of arrays and matrices (a matrix's is its column); else 0 */
    VGPU_TYPE_COUNT = 28,  /* u32: lanes, elements, columns, fields; 1 of a scalar or atomic */
    VGPU_TYPE_SIZE = 32,   /* u32: bytes */
    VGPU_TYPE_ALIGN = 36,  /* u32 */
    VGPU_TYPE_STRIDE = 40, /* u32: from one to the next in an array or buffer */
    VGPU_TYPE_FIELD = 44,  /* u32: index of the first field, of forms; else 0 */
    VGPU_TYPE_BYTES = 48,

    VGPU_TYPE_IS_SCALAR = 1,
    VGPU_TYPE_IS_VECTOR = 2,
    VGPU_TYPE_IS_MATRIX = 3,
    VGPU_TYPE_IS_ARRAY = 4,
    VGPU_TYPE_IS_FORM = 5,
    VGPU_TYPE_IS_ATOMIC = 6,

    VGPU_BOOL = 1,
    VGPU_I8 = 2,
    VGPU_I16 = 3,
    VGPU_I32 = 4,
    VGPU_I64 = 5,
    VGPU_U8 = 6,
    VGPU_U16 = 7,
    VGPU_U32 = 8,
    VGPU_U64 = 9,
    VGPU_F16 = 10,
    VGPU_F32 = 11,
    VGPU_F64 = 12,

    VGPU_FIELD_NAME = 0,    /* string */
    VGPU_FIELD_DOC = 8,     /* string */
    VGPU_FIELD_TYPE = 16,   /* u32: index */
    VGPU_FIELD_OFFSET = 20, /* u32: bytes, in its form */
    VGPU_FIELD_BYTES = 24,

    /* A specialization constant that the kernel uses. */
    VGPU_SPEC_NAME = 0,    /* string */
    VGPU_SPEC_DOC = 8,     /* string */
    VGPU_SPEC_ID = 16,     /* u32: what targets call it */
    VGPU_SPEC_SCALAR = 20, /* u32: its type in the source: VGPU_BOOL, … */
    VGPU_SPEC_SIZE = 24,   /* u32: bytes that are handed over: 2, 4 or 8 */
    VGPU_SPEC_KIND = 28,   /* u32: as what: 0 unsigned or bool, 1 signed, 2 float */
    VGPU_SPEC_VALUE = 32,  /* u64: the bits of its default; above its bytes 0 */
    VGPU_SPEC_BYTES = 40,

    /* A variable in shared memory. They lie one behind the other, each aligned. */
    VGPU_SHARED_NAME = 0,     /* string */
    VGPU_SHARED_ALIGN = 8,    /* u32 */
    VGPU_SHARED_SPEC = 12,    /* u32: 1 + index of the constant that is its count; 0: none */
    VGPU_SHARED_ELEMENT = 16, /* u64: bytes of one */
    VGPU_SHARED_COUNT = 24,   /* u64: how many; a constant at its default */
    VGPU_SHARED_BYTES = 32,

    /* The code for one target. The first that fits a device is the best. */
    VGPU_TARGET_NAME = 0,    /* string: "vulkan1.1" */
    VGPU_TARGET_ENTRY = 8,   /* string: the kernel's name in the code */
    VGPU_TARGET_FORMAT = 16, /* u32: VGPU_CODE_… */
    VGPU_TARGET_API = 20,    /* u32: the version that the device must have: major << 16 | minor */
    VGPU_TARGET_BLOCK = 24,  /* u32: VGPU_BLOCK_…: what the block of values is */
    VGPU_TARGET_BLOCK_SIZE = 28,    /* u32: its bytes, lengths included */
    VGPU_TARGET_BLOCK_BINDING = 32, /* u32: where it is bound, unless it is push constants */
    VGPU_TARGET_ENCODING = 36,      /* u32: VGPU_RAW, VGPU_ZSTD */
    VGPU_TARGET_FEATURES = 40,      /* u64: VTG_FEATURE_BIT(…) of each that the code needs */
    VGPU_TARGET_BINDINGS = 48,      /* table */
    VGPU_TARGET_BLOB = 56,          /* u64: offset of the code in BLOB */
    VGPU_TARGET_STORED = 64,        /* u64: its bytes there */
    VGPU_TARGET_SIZE = 72,          /* u64: its bytes, decoded */
    VGPU_TARGET_HASH = 80,          /* u64: of the bytes as they are stored */
    VGPU_TARGET_SIZES_BINDING = 88, /* u32: MSL: where the sizes of the buffers are bound; else 0 */
    VGPU_TARGET_FIXED =
        92, /* u32: bit n: constant n has its default in the code; 31: those from 31 on */
    VGPU_TARGET_BYTES = 96,

    VGPU_CODE_SPIRV = 0,        /* for Vulkan, little-endian */
    VGPU_CODE_OPENCL_C = 1,     /* text */
    VGPU_CODE_SPIRV_OPENCL = 2, /* for OpenCL, little-endian */
    VGPU_CODE_WGSL = 3,         /* text */
    VGPU_CODE_MSL = 4,          /* text */
    VGPU_CODE_COUNT =
        5, /* numbers from here on: a reader that does not know them skips the target */

    VGPU_BLOCK_PUSH = 0, /* push constants; arguments of their own for OpenCL */
    VGPU_BLOCK_UNIFORM = 1,
    VGPU_BLOCK_STORAGE = 2,

    VGPU_RAW = 0,
    VGPU_ZSTD = 1,              /* one frame (RFC 8878) */
    VGPU_MAX_DECODED = 1 << 28, /* bytes of code that was compressed */

    /* A parameter as the target has it, in order of declaration; then the lengths. */
    VGPU_BINDING_KIND = 0,    /* u32: VGPU_BUFFER, VGPU_VALUE, VGPU_LENGTH */
    VGPU_BINDING_ACCESS = 4,  /* u32: of a buffer: VGPU_READ | VGPU_WRITE */
    VGPU_BINDING_STRIDE = 8,  /* u32: of a buffer: from one element to the next */
    VGPU_BINDING_SIZE = 12,   /* u32: of a value or length: its bytes */
    VGPU_BINDING_OFFSET = 16, /* u32: of a value or length: in the block of values */
    VGPU_BINDING_PARAM = 20,  /* u32: index of the parameter; of a length, of its buffer */
    VGPU_BINDING_NUMBER =
        24, /* u32: binding, argument, or buffer index; of what is in the block 0 */
    VGPU_BINDING_FLAGS = 28, /* u32: 0 */
    VGPU_BINDING_BYTES = 32,
};

/* ---- reading and writing numbers ---- */

static inline unsigned vgpu_u16(const unsigned char *p) {
    return (unsigned)p[0] | (unsigned)p[1] << 8;
}

static inline unsigned vgpu_u32(const unsigned char *p) {
    return (unsigned)p[0] | (unsigned)p[1] << 8 | (unsigned)p[2] << 16 | (unsigned)p[3] << 24;
}

static inline unsigned long long vgpu_u64(const unsigned char *p) {
    return (unsigned long long)vgpu_u32(p) | (unsigned long long)vgpu_u32(p + 4) << 32;
}

static inline void vgpu_put_u16(unsigned char *p, unsigned value) {
    p[0] = (unsigned char)(value & 0xff);
    p[1] = (unsigned char)(value >> 8 & 0xff);
}

static inline void vgpu_put_u32(unsigned char *p, unsigned value) {
    vgpu_put_u16(p, value & 0xffff);
    vgpu_put_u16(p + 2, value >> 16);
}

static inline void vgpu_put_u64(unsigned char *p, unsigned long long value) {
    vgpu_put_u32(p, (unsigned)(value & 0xffffffffu));
    vgpu_put_u32(p + 4, (unsigned)(value >> 32));
}

/* ---- the hash: XXH64 (Yann Collet; the specification is doc/xxhash_spec.md of xxHash) ---- */

static inline unsigned long long vgpu_rotate_(unsigned long long x, int by) {
    return x << by | x >> (64 - by);
}

static inline unsigned long long vgpu_round_(unsigned long long sum, unsigned long long input) {
    sum += input * 0xC2B2AE3D27D4EB4Full;
    return vgpu_rotate_(sum, 31) * 0x9E3779B185EBCA87ull;
}

static inline unsigned long long vgpu_merge_(unsigned long long sum, unsigned long long lane) {
    sum ^= vgpu_round_(0, lane);
    return sum * 0x9E3779B185EBCA87ull + 0x85EBCA77C2B2AE63ull;
}

static inline unsigned long long vgpu_hash_seeded(const unsigned char *p, unsigned long long size,
                                                  unsigned long long seed) {
    const unsigned long long p1 = 0x9E3779B185EBCA87ull, p2 = 0xC2B2AE3D27D4EB4Full;
    const unsigned long long p3 = 0x165667B19E3779F9ull, p4 = 0x85EBCA77C2B2AE63ull;
    const unsigned long long p5 = 0x27D4EB2F165667C5ull;
    unsigned long long left = size, sum;
    if (size >= 32) {
        unsigned long long a = seed + p1 + p2, b = seed + p2, c = seed, d = seed - p1;
        for (; left >= 32; left -= 32, p += 32) {
            a = vgpu_round_(a, vgpu_u64(p));
            b = vgpu_round_(b, vgpu_u64(p + 8));
            c = vgpu_round_(c, vgpu_u64(p + 16));
            d = vgpu_round_(d, vgpu_u64(p + 24));
        }
        sum = vgpu_rotate_(a, 1) + vgpu_rotate_(b, 7) + vgpu_rotate_(c, 12) + vgpu_rotate_(d, 18);
        sum = vgpu_merge_(vgpu_merge_(vgpu_merge_(vgpu_merge_(sum, a), b), c), d);
    } else {
        sum = seed + p5;
    }
    sum += size;
    for (; left >= 8; left -= 8, p += 8) {
        sum = vgpu_rotate_(sum ^ vgpu_round_(0, vgpu_u64(p)), 27) * p1 + p4;
    }
    if (left >= 4) {
        sum = vgpu_rotate_(sum ^ vgpu_u32(p) * p1, 23) * p2 + p3;
        left -= 4;
        p += 4;
    }
    for (; left > 0; left--, p++) {
        sum = vgpu_rotate_(sum ^ *p * p5, 11) * p1;
    }
    sum = (sum ^ sum >> 33) * p2;
    sum = (sum ^ sum >> 29) * p3;
    return sum ^ sum >> 32;
}

static inline unsigned long long vgpu_hash(const unsigned char *p, unsigned long long size) {
    return vgpu_hash_seeded(p, size, 0);
}

#endif
