/* A bundle for people and for programs: all that is in it but the code itself. */
#ifndef DRIVER_BUNDLE_PRINT_H
#define DRIVER_BUNDLE_PRINT_H

#include "ir/base/text.h"
#include "runtime-min/vgpu_view.h"

/* Reads the whole bundle, code and all hashes too. NULL: it is as it should be; else what is wrong with it. */
const char *bundle_check(Arena *arena, const VgpuView *view);

/* Reflection, as docs/reflection.schema.json says; of a bundle that was checked. */
void bundle_print_json(Text *out, const VgpuView *view);

/* The same as lines. */
void bundle_print_text(Text *out, const VgpuView *view);

/* The four letters of a section's row in the table; `?` for what is no letter, which an unknown one may have. */
void bundle_section_name(char name[5], const unsigned char *row);

/* Words for the numbers of the format. */
const char *bundle_format_name(uint32_t format); /* "spirv"; "unknown" */
const char *bundle_block_name(uint32_t format, uint32_t block);
const char *bundle_access_name(uint32_t access);
const char *bundle_type_kind_name(uint32_t kind);
const char *bundle_encoding_name(uint32_t encoding);
const char *bundle_api_name(uint32_t format);

#endif
