/* See bundle_write.h. Blocks (INFO, the index, a kernel's record) are built alike: the head, then the tables, then the
 * texts; nothing is in one twice. */
#include "driver/bundle_write.h"

#include <stdlib.h>
#include <string.h>

#include "driver/bundle_blobs.h"
#include "ir/base/source.h"
#include "runtime-min/vgpu_format.h"

/* ---- blocks ---- */

static void add_zeros(Text *block, size_t count) {
    static const char zeros[64];
    for (; count > sizeof zeros; count -= sizeof zeros) {
        text_bytes(block, zeros, sizeof zeros);
    }
    text_bytes(block, zeros, count);
}

static void align(Text *block) {
    add_zeros(block, (VGPU_ALIGN - block->length % VGPU_ALIGN) % VGPU_ALIGN);
}

/* Fields by their place, since the bytes move when the block grows. */
static void put32(Text *block, size_t at, uint64_t value) {
    vgpu_put_u32((unsigned char *)block->data + at, (uint32_t)value);
}

static void put64(Text *block, size_t at, uint64_t value) {
    vgpu_put_u64((unsigned char *)block->data + at, value);
}

/* Readers take UTF-8 without control characters but line ends and tabs; file names and comments may be anything. */
static void add_clean(Text *block, const char *text) {
    for (size_t left = strlen(text); left > 0;) {
        size_t size = source_character_size(text, left);
        unsigned char first = (unsigned char)text[0], second = (unsigned char)text[1];
        bool is_control = (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F ||
                          (first == 0xC2 && second < 0xA0);
        if (size == 0 || is_control) {
            text_char(block, size == 0 ? '?' : ' ');
        } else {
            text_bytes(block, text, size);
        }
        size = size == 0 ? 1 : size;
        text += size;
        left -= size;
    }
}

static void put_string(Text *block, size_t at, const char *text) {
    if (text != NULL && text[0] != '\0') {
        size_t start = block->length;
        add_clean(block, text);
        put32(block, at, start);
        put32(block, at + 4, block->length - start);
        text_bytes(block, "", 1);
    }
}

/* Room for a table, all zero; gives where it is. */
static size_t put_table(Text *block, size_t at, uint32_t count, size_t stride) {
    align(block);
    size_t start = block->length;
    put32(block, at, count > 0 ? start : 0);
    put32(block, at + 4, count);
    add_zeros(block, count * stride);
    return start;
}

/* ---- a kernel's record ---- */

typedef struct {
    Text *block;
    const BundleEntry *entry;
    Blobs *blobs;
    size_t params, types, fields, specs, shared, targets; /* where the tables are */
} Record;

static void put_params(const Record *r) {
    const BundleKernel *kernel = r->entry->kernel;
    for (uint32_t i = 0; i < kernel->params.count; i++) {
        const BundleParam *param = &kernel->params.items[i];
        size_t at = r->params + (size_t)i * VGPU_PARAM_BYTES;
        put32(r->block, at + VGPU_PARAM_KIND, param->kind);
        put32(r->block, at + VGPU_PARAM_TYPE, param->type);
        put32(r->block, at + VGPU_PARAM_ACCESS, param->access);
        put32(r->block, at + VGPU_PARAM_SIZE, param->size);
        put32(r->block, at + VGPU_PARAM_ALIGN, param->align);
        put32(r->block, at + VGPU_PARAM_OFFSET, param->offset);
        put32(r->block, at + VGPU_PARAM_BINDING, param->binding);
        put_string(r->block, at + VGPU_PARAM_NAME, param->name);
        put_string(r->block, at + VGPU_PARAM_DOC, param->doc);
    }
}

static void put_types(const Record *r) {
    const BundleKernel *kernel = r->entry->kernel;
    for (uint32_t i = 0; i < kernel->types.count; i++) {
        const BundleType *type = &kernel->types.items[i];
        size_t at = r->types + (size_t)i * VGPU_TYPE_BYTES;
        put32(r->block, at + VGPU_TYPE_KIND, type->kind);
        put32(r->block, at + VGPU_TYPE_SCALAR, type->scalar);
        put32(r->block, at + VGPU_TYPE_ELEMENT, type->element);
        put32(r->block, at + VGPU_TYPE_COUNT, type->count);
        put32(r->block, at + VGPU_TYPE_SIZE, type->size);
        put32(r->block, at + VGPU_TYPE_ALIGN, type->align);
        put32(r->block, at + VGPU_TYPE_STRIDE, type->stride);
        put32(r->block, at + VGPU_TYPE_FIELD, type->field);
        put_string(r->block, at + VGPU_TYPE_NAME, type->name);
        put_string(r->block, at + VGPU_TYPE_DOC, type->doc);
    }
    for (uint32_t i = 0; i < kernel->fields.count; i++) {
        const BundleField *field = &kernel->fields.items[i];
        size_t at = r->fields + (size_t)i * VGPU_FIELD_BYTES;
        put32(r->block, at + VGPU_FIELD_TYPE, field->type);
        put32(r->block, at + VGPU_FIELD_OFFSET, field->offset);
        put_string(r->block, at + VGPU_FIELD_NAME, field->name);
        put_string(r->block, at + VGPU_FIELD_DOC, field->doc);
    }
}

static void put_specs(const Record *r) {
    const BundleKernel *kernel = r->entry->kernel;
    for (uint32_t i = 0; i < kernel->specs.count; i++) {
        const BundleSpec *spec = &kernel->specs.items[i];
        size_t at = r->specs + (size_t)i * VGPU_SPEC_BYTES;
        put32(r->block, at + VGPU_SPEC_ID, spec->id);
        put32(r->block, at + VGPU_SPEC_SCALAR, spec->scalar);
        put32(r->block, at + VGPU_SPEC_SIZE, spec->size);
        put32(r->block, at + VGPU_SPEC_KIND, spec->kind);
        put64(r->block, at + VGPU_SPEC_VALUE, spec->value);
        put_string(r->block, at + VGPU_SPEC_NAME, spec->name);
        put_string(r->block, at + VGPU_SPEC_DOC, spec->doc);
    }
    for (uint32_t i = 0; i < kernel->shared.count; i++) {
        const BundleShared *shared = &kernel->shared.items[i];
        size_t at = r->shared + (size_t)i * VGPU_SHARED_BYTES;
        put32(r->block, at + VGPU_SHARED_ALIGN, shared->align);
        put32(r->block, at + VGPU_SHARED_SPEC, shared->spec);
        put64(r->block, at + VGPU_SHARED_ELEMENT, shared->element);
        put64(r->block, at + VGPU_SHARED_COUNT, shared->count);
        put_string(r->block, at + VGPU_SHARED_NAME, shared->name);
    }
}

static void put_bindings(const Record *r, const BundleCode *code, size_t at) {
    size_t start = put_table(r->block, at, code->bindings.count, VGPU_BINDING_BYTES);
    for (uint32_t i = 0; i < code->bindings.count; i++) {
        const BundleBinding *binding = &code->bindings.items[i];
        size_t row = start + (size_t)i * VGPU_BINDING_BYTES;
        put32(r->block, row + VGPU_BINDING_KIND, binding->kind);
        put32(r->block, row + VGPU_BINDING_ACCESS, binding->access);
        put32(r->block, row + VGPU_BINDING_STRIDE, binding->stride);
        put32(r->block, row + VGPU_BINDING_SIZE, binding->size);
        put32(r->block, row + VGPU_BINDING_OFFSET, binding->offset);
        put32(r->block, row + VGPU_BINDING_PARAM, binding->param);
        put32(r->block, row + VGPU_BINDING_NUMBER, binding->number);
    }
}

static void put_targets(const Record *r) {
    for (uint32_t i = 0; i < r->entry->code_count; i++) {
        const BundleCode *code = r->entry->codes[i];
        size_t at = r->targets + (size_t)i * VGPU_TARGET_BYTES;
        const Blob *blob = blobs_add(r->blobs, code->code, code->size);
        put32(r->block, at + VGPU_TARGET_FORMAT, code->format);
        put32(r->block, at + VGPU_TARGET_API, code->api);
        put32(r->block, at + VGPU_TARGET_BLOCK, code->block);
        put32(r->block, at + VGPU_TARGET_BLOCK_SIZE, code->block_size);
        put32(r->block, at + VGPU_TARGET_BLOCK_BINDING, code->block_binding);
        put32(r->block, at + VGPU_TARGET_ENCODING, blob->compressed ? VGPU_ZSTD : VGPU_RAW);
        put64(r->block, at + VGPU_TARGET_FEATURES, code->features);
        put64(r->block, at + VGPU_TARGET_BLOB, blob->offset);
        put64(r->block, at + VGPU_TARGET_STORED, blob->stored);
        put64(r->block, at + VGPU_TARGET_SIZE, blob->size);
        put64(r->block, at + VGPU_TARGET_HASH, blob->stored_hash);
        put32(r->block, at + VGPU_TARGET_SIZES_BINDING, code->sizes_binding);
        put32(r->block, at + VGPU_TARGET_FIXED, code->fixed);
        put_bindings(r, code, at + VGPU_TARGET_BINDINGS);
        put_string(r->block, at + VGPU_TARGET_NAME, code->name);
        put_string(r->block, at + VGPU_TARGET_ENTRY, code->entry);
    }
}

static void write_record(Text *block, const BundleEntry *entry, Blobs *blobs) {
    const BundleKernel *kernel = entry->kernel;
    Record r = {.block = block, .entry = entry, .blobs = blobs};
    add_zeros(block, VGPU_KERNEL_BYTES);
    put32(block, VGPU_KERNEL_HEAD_BYTES, VGPU_KERNEL_BYTES);
    for (int axis = 0; axis < 3; axis++) {
        size_t at = (size_t)axis * 4;
        put32(block, VGPU_KERNEL_WORKGROUP + at, kernel->workgroup[axis]);
        put32(block, VGPU_KERNEL_WORKGROUP_SPEC + at, kernel->workgroup_spec[axis]);
    }
    put32(block, VGPU_KERNEL_SUBGROUP_SIZE, kernel->subgroup_size);
    put32(block, VGPU_KERNEL_VALUES_BYTES, kernel->values_bytes);
    put64(block, VGPU_KERNEL_SHARED_BYTES, kernel->shared_bytes);
    put32(block, VGPU_KERNEL_SOURCE, kernel->source);
    r.params = put_table(block, VGPU_KERNEL_PARAMS, kernel->params.count, VGPU_PARAM_BYTES);
    r.types = put_table(block, VGPU_KERNEL_TYPES, kernel->types.count, VGPU_TYPE_BYTES);
    r.fields = put_table(block, VGPU_KERNEL_FIELDS, kernel->fields.count, VGPU_FIELD_BYTES);
    r.specs = put_table(block, VGPU_KERNEL_SPECS, kernel->specs.count, VGPU_SPEC_BYTES);
    r.shared = put_table(block, VGPU_KERNEL_SHARED, kernel->shared.count, VGPU_SHARED_BYTES);
    r.targets = put_table(block, VGPU_KERNEL_TARGETS, entry->code_count, VGPU_TARGET_BYTES);
    put_string(block, VGPU_KERNEL_NAME, kernel->name);
    put_string(block, VGPU_KERNEL_DOC, kernel->doc);
    put_params(&r);
    put_types(&r);
    put_specs(&r);
    put_targets(&r);
    align(block);
}

/* ---- the index ---- */

static int by_name(const void *a, const void *b) {
    const BundleEntry *x = a, *y = b;
    int order = strcmp(x->kernel->name, y->kernel->name);
    return order != 0 ? order : strcmp(x->variant, y->variant);
}

static void write_index(Text *block, const BundleContents *contents, Blobs *records, Blobs *code) {
    qsort(contents->entries, contents->entry_count, sizeof *contents->entries, by_name);
    add_zeros(block, VGPU_INDEX_BYTES + (size_t)contents->entry_count * VGPU_ENTRY_BYTES);
    put32(block, VGPU_INDEX_COUNT, contents->entry_count);
    for (uint32_t i = 0; i < contents->entry_count; i++) {
        const BundleEntry *entry = &contents->entries[i];
        Text record = {.arena = block->arena};
        write_record(&record, entry, code);
        const Blob *blob = blobs_add(records, record.data, record.length);
        size_t at = VGPU_INDEX_BYTES + (size_t)i * VGPU_ENTRY_BYTES;
        put64(block, at + VGPU_ENTRY_RECORD, blob->offset);
        put32(block, at + VGPU_ENTRY_RECORD_SIZE, blob->stored);
        put64(block, at + VGPU_ENTRY_RECORD_HASH, blob->stored_hash);
        put_string(block, at + VGPU_ENTRY_NAME, entry->kernel->name);
        put_string(block, at + VGPU_ENTRY_VARIANT, entry->variant);
    }
}

/* ---- the file ---- */

static void write_info(Text *block, const BundleContents *contents) {
    add_zeros(block, VGPU_INFO_BYTES);
    put32(block, VGPU_INFO_HEAD_BYTES, VGPU_INFO_BYTES);
    size_t sources = put_table(block, VGPU_INFO_SOURCES, contents->source_count, VGPU_SOURCE_BYTES);
    put_string(block, VGPU_INFO_COMPILER, contents->compiler);
    put_string(block, VGPU_INFO_OPTIONS, contents->options);
    for (uint32_t i = 0; i < contents->source_count; i++) {
        size_t at = sources + (size_t)i * VGPU_SOURCE_BYTES;
        put64(block, at + VGPU_SOURCE_SIZE, contents->sources[i].size);
        put64(block, at + VGPU_SOURCE_HASH, contents->sources[i].hash);
        put_string(block, at + VGPU_SOURCE_NAME, contents->sources[i].name);
    }
}

void bundle_write(Text *out, const BundleContents *contents) {
    Arena *arena = out->arena;
    Text info = {.arena = arena}, index = {.arena = arena};
    Blobs records = {.bytes = {.arena = arena}};
    Blobs code = {.bytes = {.arena = arena}, .compress = contents->compress};
    write_info(&info, contents);
    write_index(&index, contents, &records, &code);
    const struct {
        uint32_t tag;
        const Text *bytes;
    } sections[] = {{VGPU_TAG_INFO, &info},
                    {VGPU_TAG_INDEX, &index},
                    {VGPU_TAG_KERNELS, &records.bytes},
                    {VGPU_TAG_BLOBS, &code.bytes}};
    enum { SECTIONS = sizeof sections / sizeof *sections };
    text_bytes(out, VGPU_MAGIC, 8);
    add_zeros(out, VGPU_HEAD_BYTES - 8 + SECTIONS * VGPU_SECTION_BYTES);
    unsigned char *head = (unsigned char *)out->data;
    vgpu_put_u16(head + VGPU_HEAD_MAJOR, VGPU_MAJOR);
    vgpu_put_u16(head + VGPU_HEAD_MINOR, VGPU_MINOR);
    put32(out, VGPU_HEAD_SECTIONS, SECTIONS);
    for (size_t i = 0; i < SECTIONS; i++) {
        align(out);
        size_t at = VGPU_HEAD_BYTES + i * VGPU_SECTION_BYTES;
        const Text *bytes = sections[i].bytes;
        put32(out, at + VGPU_SECTION_TAG, sections[i].tag);
        put32(out, at + VGPU_SECTION_FLAGS, VGPU_SECTION_NEEDED);
        put64(out, at + VGPU_SECTION_OFFSET, out->length);
        put64(out, at + VGPU_SECTION_SIZE, bytes->length);
        put64(out, at + VGPU_SECTION_HASH,
              vgpu_hash((const unsigned char *)bytes->data, bytes->length));
        text_bytes(out, bytes->data, bytes->length);
    }
    align(out);
    put64(out, VGPU_HEAD_FILE_BYTES, out->length);
    head = (unsigned char *)out->data;
    put64(out, VGPU_HEAD_HASH,
          vgpu_hash_seeded(head + VGPU_HEAD_BYTES, SECTIONS * VGPU_SECTION_BYTES,
                           vgpu_hash(head, VGPU_HEAD_HASH)));
}
