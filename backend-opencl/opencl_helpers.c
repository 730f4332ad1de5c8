/* Functions that OpenCL C lacks, printed before what needs them: one for each name and type. */
#include "backend-opencl/opencl_writer.h"
#include "ir/base/fatal.h"

/* In the bodies, T is the type of the value; parameters are as the op has them. Of 32 bits and unsigned: the passes
 * see to that. */
static const struct {
    const char *name, *params, *body;
} helpers[] = {
    {"ctz", "T x", "    return popcount((x & -x) - 1u);\n"},
    {"reverse_bits", "T x",
     "    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;\n"
     "    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;\n"
     "    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;\n"
     "    x = (x >> 8 & 0x00ff00ffu) | (x & 0x00ff00ffu) << 8;\n"
     "    return x >> 16 | x << 16;\n"},
    {"extract_bits", "T x, uint offset, uint count",
     "    return count == 0 ? (T)0 : x << (32 - count - offset) >> (32 - count);\n"},
    {"insert_bits", "T x, T new, uint offset, uint count",
     "    uint mask = count == 0 ? 0 : 0xffffffffu >> (32 - count) << offset;\n"
     "    return (x & ~mask) | (new << (offset & 31) & mask);\n"},
};

/* `text` with the type for each `T` that is a word. */
static const char *with_type(Arena *arena, const char *text, const char *type) {
    Text out = {.arena = arena};
    for (const char *at = text; *at != '\0'; at++) {
        bool inside = at > text && (at[-1] == '_' || (at[-1] >= 'a' && at[-1] <= 'z'));
        if (*at == 'T' && !inside) {
            text_add(&out, type);
        } else {
            text_char(&out, *at);
        }
    }
    return text_get(&out);
}

const char *opencl_helper(OpenclWriter *w, const char *name, const IrType *type) {
    const char *value = opencl_type(w, type);
    for (uint32_t i = 0; i < w->helpers.count; i++) {
        if (strcmp(w->helpers.items[i].what, name) == 0 && w->helpers.items[i].type == type) {
            return w->helpers.items[i].name;
        }
    }
    const char *full = namer_outer_name(&w->namer, arena_printf(w->arena, "%s_%s", name, value));
    size_t row = 0;
    while (strcmp(helpers[row].name, name) != 0) {
        row++;
        REQUIRE(row < sizeof helpers / sizeof *helpers);
    }
    text_printf(&w->declarations, "static %s %s(%s) {\n%s}\n\n", value, full,
                with_type(w->arena, helpers[row].params, value),
                with_type(w->arena, helpers[row].body, value));
    VEC_PUSH(w->arena, &w->helpers, ((OpenclHelper){name, type, full}));
    return full;
}
