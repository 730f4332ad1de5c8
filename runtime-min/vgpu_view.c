/* See vgpu_view.h. Every number of the file is compared with what there is before it is used; sums are made where they
 * cannot wrap. */
#include "vgpu_view.h"

#include <stdbool.h>
#include <string.h>

/* ---- ranges, tables, strings ---- */

static bool fits(uint64_t size, uint64_t offset, uint64_t length) {
    return offset <= size && length <= size - offset;
}

/* A block that is being checked. Its tables and strings do not overlap, so together they are no longer than it is:
 * `left` goes down with each, and checking takes no longer than reading the block. */
typedef struct {
    VgpuBlock block;
    uint64_t left;
} Check;

static bool spend(Check *check, uint64_t bytes) {
    bool fine = bytes <= check->left;
    check->left -= fine ? bytes : 0;
    return fine;
}

static VgpuTable table_at(VgpuBlock block, const unsigned char *field, uint32_t stride) {
    return (VgpuTable){block.bytes + vgpu_u32(field), vgpu_u32(field + 4), stride};
}

static bool read_table(Check *check, const unsigned char *field, uint32_t stride,
                       VgpuTable *table) {
    uint32_t offset = vgpu_u32(field);
    uint64_t bytes = (uint64_t)vgpu_u32(field + 4) * stride;
    if (offset % VGPU_ALIGN != 0 || !fits(check->block.size, offset, bytes) ||
        !spend(check, bytes)) {
        return false;
    }
    *table = table_at(check->block, field, stride);
    return true;
}

/* How many bytes a character takes that is well-formed UTF-8 (RFC 3629) and no control character; 0: it is not.
 * There is a '\0' behind the text, which ends a sequence that is cut short. */
static size_t character(const unsigned char *p) {
    static const struct {
        unsigned char first, last, low, high; /* of the second byte */
        unsigned char bytes;
    } rows[] = {
        {0xC2, 0xC2, 0xA0, 0xBF, 2}, {0xC3, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    if (*p < 0x80) {
        return (*p >= 0x20 && *p != 0x7F) || *p == '\n' || *p == '\t';
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (*p >= rows[i].first && *p <= rows[i].last) {
            bool fine = p[1] >= rows[i].low && p[1] <= rows[i].high;
            for (size_t k = 2; fine && k < rows[i].bytes; k++) {
                fine = (p[k] & 0xC0) == 0x80;
            }
            return fine ? rows[i].bytes : 0;
        }
    }
    return 0;
}

static bool string_fits(Check *check, const unsigned char *field) {
    VgpuBlock block = check->block;
    uint32_t offset = vgpu_u32(field), length = vgpu_u32(field + 4);
    if (offset == 0) {
        return length == 0;
    }
    if (!fits(block.size, offset, (uint64_t)length + 1) || block.bytes[offset + length] != 0 ||
        !spend(check, (uint64_t)length + 1)) {
        return false;
    }
    const unsigned char *p = block.bytes + offset, *end = p + length;
    while (p < end) {
        size_t bytes = character(p);
        if (bytes == 0) {
            return false;
        }
        p += bytes;
    }
    return p == end;
}

/* A string of each entry. */
static bool strings_fit(Check *check, const VgpuTable *table, int field) {
    for (uint32_t i = 0; i < table->count; i++) {
        if (!string_fits(check, vgpu_row(table, i) + field)) {
            return false;
        }
    }
    return true;
}

/* Whether a u32 of each entry is below `limit`. */
static bool all_below(const VgpuTable *table, int field, uint32_t limit) {
    for (uint32_t i = 0; i < table->count; i++) {
        if (vgpu_get(table, i, field) >= limit) {
            return false;
        }
    }
    return true;
}

/* ---- the file ---- */

static const char *check_head(const VgpuView *view) {
    const unsigned char *head = view->file.bytes;
    uint64_t size = view->file.size;
    if (size < 8 || memcmp(head, VGPU_MAGIC, 8) != 0) {
        return "it is no .vgpu bundle";
    }
    if (size < VGPU_HEAD_BYTES) {
        return "it is cut short";
    }
    if (vgpu_u16(head + VGPU_HEAD_MAJOR) != VGPU_MAJOR) {
        return "it has another version of the format than this library reads";
    }
    uint64_t file_bytes = vgpu_u64(head + VGPU_HEAD_FILE_BYTES);
    if (file_bytes != size) {
        return file_bytes > size ? "it is cut short" : "there are bytes behind its end";
    }
    uint32_t count = vgpu_u32(head + VGPU_HEAD_SECTIONS);
    if (count > VGPU_MAX_SECTIONS ||
        !fits(size, VGPU_HEAD_BYTES, (uint64_t)count * VGPU_SECTION_BYTES)) {
        return "its table of sections does not fit";
    }
    uint64_t hash = vgpu_hash_seeded(head + VGPU_HEAD_BYTES, (uint64_t)count * VGPU_SECTION_BYTES,
                                     vgpu_hash(head, VGPU_HEAD_HASH));
    return hash == vgpu_u64(head + VGPU_HEAD_HASH) ? NULL
                                                   : "its head is damaged: the hash is wrong";
}

uint32_t vgpu_view_section_count(const VgpuView *view) {
    return vgpu_u32(view->file.bytes + VGPU_HEAD_SECTIONS);
}

VgpuBlock vgpu_view_section(const VgpuView *view, uint32_t index, const unsigned char **row) {
    *row = view->file.bytes + VGPU_HEAD_BYTES + (size_t)index * VGPU_SECTION_BYTES;
    return (VgpuBlock){view->file.bytes + vgpu_u64(*row + VGPU_SECTION_OFFSET),
                       vgpu_u64(*row + VGPU_SECTION_SIZE)};
}

static const char *find_sections(VgpuView *view) {
    const struct {
        uint32_t tag;
        VgpuBlock *block;
    } known[] = {{VGPU_TAG_INFO, &view->info},
                 {VGPU_TAG_INDEX, &view->index},
                 {VGPU_TAG_KERNELS, &view->kernels},
                 {VGPU_TAG_BLOBS, &view->blobs}};
    enum { KNOWN = sizeof known / sizeof *known };
    for (uint32_t i = 0; i < vgpu_view_section_count(view); i++) {
        const unsigned char *row =
            view->file.bytes + VGPU_HEAD_BYTES + (size_t)i * VGPU_SECTION_BYTES;
        uint64_t offset = vgpu_u64(row + VGPU_SECTION_OFFSET);
        if (offset % VGPU_ALIGN != 0 ||
            !fits(view->file.size, offset, vgpu_u64(row + VGPU_SECTION_SIZE))) {
            return "a section does not lie in the file";
        }
        size_t k = 0;
        while (k < KNOWN && known[k].tag != vgpu_u32(row + VGPU_SECTION_TAG)) {
            k++;
        }
        if (k < KNOWN && known[k].block->bytes != NULL) {
            return "a section is there twice";
        }
        if (k < KNOWN) {
            *known[k].block = vgpu_view_section(view, i, &row);
        } else if ((vgpu_u32(row + VGPU_SECTION_FLAGS) & VGPU_SECTION_NEEDED) != 0) {
            return "it needs a section that this library does not know";
        }
    }
    for (size_t k = 0; k < KNOWN; k++) {
        if (known[k].block->bytes == NULL) {
            return "a section is missing";
        }
    }
    return NULL;
}

/* The hash of a section that find_sections() found. */
static bool section_is_whole(const VgpuView *view, const VgpuBlock *block) {
    const unsigned char *row;
    for (uint32_t i = 0; i < vgpu_view_section_count(view); i++) {
        if (vgpu_view_section(view, i, &row).bytes == block->bytes &&
            vgpu_u64(row + VGPU_SECTION_SIZE) == block->size) {
            return vgpu_hash(block->bytes, block->size) == vgpu_u64(row + VGPU_SECTION_HASH);
        }
    }
    return false;
}

/* ---- the index ---- */

static const unsigned char *entry(const VgpuView *view, uint32_t index) {
    return view->index.bytes + VGPU_INDEX_BYTES + (size_t)index * VGPU_ENTRY_BYTES;
}

const char *vgpu_entry_name(const VgpuView *view, uint32_t index) {
    return vgpu_text(view->index, entry(view, index) + VGPU_ENTRY_NAME);
}

const char *vgpu_entry_variant(const VgpuView *view, uint32_t index) {
    return vgpu_text(view->index, entry(view, index) + VGPU_ENTRY_VARIANT);
}

static int compare(const VgpuView *view, uint32_t index, const char *name, const char *variant) {
    int order = strcmp(vgpu_entry_name(view, index), name);
    return order != 0 ? order : strcmp(vgpu_entry_variant(view, index), variant);
}

static const char *check_index(VgpuView *view) {
    if (view->index.size < VGPU_INDEX_BYTES || !section_is_whole(view, &view->index)) {
        return "its index is damaged: the hash is wrong";
    }
    uint32_t count = vgpu_u32(view->index.bytes + VGPU_INDEX_COUNT);
    if (!fits(view->index.size, VGPU_INDEX_BYTES, (uint64_t)count * VGPU_ENTRY_BYTES)) {
        return "its index does not fit";
    }
    Check check = {view->index, view->index.size};
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *row = entry(view, i);
        if (!string_fits(&check, row + VGPU_ENTRY_NAME) ||
            !string_fits(&check, row + VGPU_ENTRY_VARIANT)) {
            return "a name does not lie in its index";
        }
        uint64_t offset = vgpu_u64(row + VGPU_ENTRY_RECORD);
        if (offset % VGPU_ALIGN != 0 ||
            !fits(view->kernels.size, offset, vgpu_u32(row + VGPU_ENTRY_RECORD_SIZE))) {
            return "a kernel's record does not lie in its section";
        }
        if (i > 0 &&
            compare(view, i - 1, vgpu_entry_name(view, i), vgpu_entry_variant(view, i)) >= 0) {
            return "its index is not in order";
        }
    }
    view->kernel_count = count;
    return NULL;
}

const char *vgpu_view_open(VgpuView *view, const void *bytes, uint64_t size) {
    *view = (VgpuView){.file = {bytes, size}};
    const char *wrong = check_head(view);
    if (wrong == NULL) {
        view->major = vgpu_u16(view->file.bytes + VGPU_HEAD_MAJOR);
        view->minor = vgpu_u16(view->file.bytes + VGPU_HEAD_MINOR);
        wrong = find_sections(view);
    }
    return wrong == NULL ? check_index(view) : wrong;
}

uint32_t vgpu_view_find(const VgpuView *view, const char *name, const char *variant) {
    uint32_t low = 0, high = view->kernel_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare(view, middle, name, variant);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return view->kernel_count;
}

const char *vgpu_view_info(const VgpuView *view, VgpuTable *sources) {
    VgpuBlock info = view->info;
    if (!section_is_whole(view, &info)) {
        return "its INFO is damaged: the hash is wrong";
    }
    Check check = {info, info.size};
    bool fine = info.size >= VGPU_INFO_BYTES &&
                string_fits(&check, info.bytes + VGPU_INFO_COMPILER) &&
                string_fits(&check, info.bytes + VGPU_INFO_OPTIONS) &&
                read_table(&check, info.bytes + VGPU_INFO_SOURCES, VGPU_SOURCE_BYTES, sources) &&
                strings_fit(&check, sources, VGPU_SOURCE_NAME);
    return fine ? NULL : "its INFO is not valid";
}

/* ---- a kernel's record ---- */

static bool is_power_of_two(uint32_t x) {
    return x != 0 && (x & (x - 1)) == 0;
}

static bool check_types(Check *check, const VgpuKernel *kernel) {
    const VgpuTable *types = &kernel->types;
    uint32_t next_field = 0; /* the forms' fields stand in the order of the forms */
    for (uint32_t i = 0; i < types->count; i++) {
        uint32_t kind = vgpu_get(types, i, VGPU_TYPE_KIND);
        uint32_t scalar = vgpu_get(types, i, VGPU_TYPE_SCALAR);
        uint32_t count = vgpu_get(types, i, VGPU_TYPE_COUNT);
        uint32_t field = vgpu_get(types, i, VGPU_TYPE_FIELD);
        bool is_form = kind == VGPU_TYPE_IS_FORM;
        bool has_element = kind == VGPU_TYPE_IS_MATRIX || kind == VGPU_TYPE_IS_ARRAY;
        if (kind < VGPU_TYPE_IS_SCALAR || kind > VGPU_TYPE_IS_ATOMIC || count == 0 ||
            !is_power_of_two(vgpu_get(types, i, VGPU_TYPE_ALIGN)) ||
            vgpu_get(types, i, VGPU_TYPE_STRIDE) < vgpu_get(types, i, VGPU_TYPE_SIZE)) {
            return false;
        }
        if (is_form       ? !fits(kernel->fields.count, field, count) || field != next_field
            : has_element ? vgpu_get(types, i, VGPU_TYPE_ELEMENT) >= i
                          : scalar < VGPU_BOOL || scalar > VGPU_F64) {
            return false;
        }
        for (uint32_t k = 0; is_form && k < count; k++) {
            if (vgpu_get(&kernel->fields, field + k, VGPU_FIELD_TYPE) >= i) {
                return false;
            }
        }
        next_field += is_form ? count : 0;
    }
    return strings_fit(check, types, VGPU_TYPE_NAME) && strings_fit(check, types, VGPU_TYPE_DOC) &&
           strings_fit(check, &kernel->fields, VGPU_FIELD_NAME) &&
           strings_fit(check, &kernel->fields, VGPU_FIELD_DOC);
}

static bool check_params(Check *check, const VgpuKernel *kernel) {
    const VgpuTable *params = &kernel->params;
    for (uint32_t i = 0; i < params->count; i++) {
        uint32_t kind = vgpu_get(params, i, VGPU_PARAM_KIND);
        if (kind != VGPU_BUFFER && kind != VGPU_VALUE) {
            return false;
        }
    }
    return all_below(params, VGPU_PARAM_TYPE, kernel->types.count) &&
           all_below(params, VGPU_PARAM_ACCESS, 4) && strings_fit(check, params, VGPU_PARAM_NAME) &&
           strings_fit(check, params, VGPU_PARAM_DOC);
}

static bool check_specs(Check *check, const VgpuKernel *kernel) {
    const VgpuTable *specs = &kernel->specs, *shared = &kernel->shared;
    for (uint32_t i = 0; i < specs->count; i++) {
        uint32_t size = vgpu_get(specs, i, VGPU_SPEC_SIZE);
        uint32_t scalar = vgpu_get(specs, i, VGPU_SPEC_SCALAR);
        if ((size != 2 && size != 4 && size != 8) || scalar < VGPU_BOOL || scalar > VGPU_F64) {
            return false;
        }
    }
    for (uint32_t i = 0; i < shared->count; i++) {
        if (!is_power_of_two(vgpu_get(shared, i, VGPU_SHARED_ALIGN))) {
            return false;
        }
    }
    for (int axis = 0; axis < 3; axis++) {
        if (vgpu_head(kernel, VGPU_KERNEL_WORKGROUP_SPEC + 4 * axis) > specs->count) {
            return false;
        }
    }
    return all_below(specs, VGPU_SPEC_KIND, 3) &&
           all_below(shared, VGPU_SHARED_SPEC, specs->count + 1) &&
           strings_fit(check, specs, VGPU_SPEC_NAME) && strings_fit(check, specs, VGPU_SPEC_DOC) &&
           strings_fit(check, shared, VGPU_SHARED_NAME);
}

VgpuTable vgpu_target_bindings(const VgpuKernel *kernel, uint32_t target) {
    return table_at(kernel->record, vgpu_row(&kernel->targets, target) + VGPU_TARGET_BINDINGS,
                    VGPU_BINDING_BYTES);
}

/* The parameters in order, then lengths. */
static bool check_bindings(const VgpuKernel *kernel, const VgpuTable *bindings) {
    for (uint32_t i = 0; i < bindings->count; i++) {
        uint32_t kind = vgpu_get(bindings, i, VGPU_BINDING_KIND);
        uint32_t param = vgpu_get(bindings, i, VGPU_BINDING_PARAM);
        if (param >= kernel->params.count || kind < VGPU_BUFFER || kind > VGPU_LENGTH ||
            (i < kernel->params.count
                 ? param != i || kind != vgpu_get(&kernel->params, param, VGPU_PARAM_KIND)
                 : kind != VGPU_LENGTH ||
                       vgpu_get(&kernel->params, param, VGPU_PARAM_KIND) != VGPU_BUFFER)) {
            return false;
        }
    }
    return bindings->count >= kernel->params.count && all_below(bindings, VGPU_BINDING_ACCESS, 4);
}

static bool check_targets(Check *check, const VgpuView *view, const VgpuKernel *kernel) {
    const VgpuTable *targets = &kernel->targets;
    for (uint32_t i = 0; i < targets->count; i++) {
        const unsigned char *row = vgpu_row(targets, i);
        VgpuTable bindings;
        uint64_t offset = vgpu_u64(row + VGPU_TARGET_BLOB);
        uint64_t stored = vgpu_u64(row + VGPU_TARGET_STORED);
        uint32_t encoding = vgpu_u32(row + VGPU_TARGET_ENCODING);
        if (!read_table(check, row + VGPU_TARGET_BINDINGS, VGPU_BINDING_BYTES, &bindings) ||
            !check_bindings(kernel, &bindings) || offset % VGPU_ALIGN != 0 ||
            !fits(view->blobs.size, offset, stored) ||
            (encoding == VGPU_RAW && vgpu_u64(row + VGPU_TARGET_SIZE) != stored)) {
            return false;
        }
    }
    return all_below(targets, VGPU_TARGET_BLOCK, VGPU_BLOCK_STORAGE + 1) &&
           strings_fit(check, targets, VGPU_TARGET_NAME) &&
           strings_fit(check, targets, VGPU_TARGET_ENTRY);
}

const char *vgpu_view_kernel(const VgpuView *view, uint32_t index, VgpuKernel *kernel) {
    const unsigned char *row = entry(view, index);
    VgpuBlock record = {view->kernels.bytes + vgpu_u64(row + VGPU_ENTRY_RECORD),
                        vgpu_u32(row + VGPU_ENTRY_RECORD_SIZE)};
    *kernel = (VgpuKernel){.record = record};
    if (vgpu_hash(record.bytes, record.size) != vgpu_u64(row + VGPU_ENTRY_RECORD_HASH)) {
        return "the kernel's record is damaged: the hash is wrong";
    }
    const struct {
        VgpuTable *table;
        int field;
        uint32_t stride;
    } tables[] = {{&kernel->params, VGPU_KERNEL_PARAMS, VGPU_PARAM_BYTES},
                  {&kernel->types, VGPU_KERNEL_TYPES, VGPU_TYPE_BYTES},
                  {&kernel->fields, VGPU_KERNEL_FIELDS, VGPU_FIELD_BYTES},
                  {&kernel->specs, VGPU_KERNEL_SPECS, VGPU_SPEC_BYTES},
                  {&kernel->shared, VGPU_KERNEL_SHARED, VGPU_SHARED_BYTES},
                  {&kernel->targets, VGPU_KERNEL_TARGETS, VGPU_TARGET_BYTES}};
    Check check = {record, record.size};
    bool fine = record.size >= VGPU_KERNEL_BYTES;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && fine; i++) {
        fine =
            read_table(&check, record.bytes + tables[i].field, tables[i].stride, tables[i].table);
    }
    fine = fine && string_fits(&check, record.bytes + VGPU_KERNEL_NAME) &&
           string_fits(&check, record.bytes + VGPU_KERNEL_DOC) && check_types(&check, kernel) &&
           check_params(&check, kernel) && check_specs(&check, kernel) &&
           check_targets(&check, view, kernel);
    return fine ? NULL : "the kernel's record is not valid";
}

const char *vgpu_view_blob(const VgpuView *view, const VgpuKernel *kernel, uint32_t target,
                           VgpuBlock *blob) {
    const unsigned char *row = vgpu_row(&kernel->targets, target);
    *blob = (VgpuBlock){view->blobs.bytes + vgpu_u64(row + VGPU_TARGET_BLOB),
                        vgpu_u64(row + VGPU_TARGET_STORED)};
    return vgpu_hash(blob->bytes, blob->size) == vgpu_u64(row + VGPU_TARGET_HASH)
               ? NULL
               : "the code is damaged: the hash is wrong";
}
