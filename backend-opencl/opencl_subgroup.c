/* Subgroups, by the rows of opencl_subgroups.def. See opencl_writer.h.
 *
 * They are an extension. Where the driver's compiler has it, and all others that the file needs, a subgroup is the
 * device's; where not, every invocation is one of its own. The macros, printed in front of all for what is used, decide it.
 */
#include "backend-opencl/opencl_writer.h"
#include "ir/base/fatal.h"

typedef struct {
    const char *macro, *extension, *hardware, *alone;
} Row;

static const Row rows[] = {
#define SUBGROUP(macro, extension, hardware, alone) {macro, extension, hardware, alone},
#include "backend-opencl/opencl_subgroups.def"
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };
_Static_assert(ROW_COUNT <= 32, "the rows that are used are bits of a word");

/* Such a kernel is not for subgroups of one. */
static const char size_extension[] = "cl_intel_required_subgroup_size";

const char *opencl_subgroup_macro(OpenclWriter *w, const char *name) {
    size_t length = strlen(name), row = 0;
    while (strncmp(rows[row].macro, name, length) != 0 || rows[row].macro[length] != '(') {
        row++;
        REQUIRE(row < ROW_COUNT);
    }
    w->subgroup_rows |= 1u << row;
    return name;
}

static bool is_used(const OpenclWriter *w, size_t row) {
    return (w->subgroup_rows >> row & 1) != 0;
}

static void add_condition(const OpenclWriter *w, Text *out) {
    text_add(out, "#if (defined(cl_khr_subgroups) || defined(__opencl_c_subgroups))");
    if (w->sizes_subgroups) {
        text_printf(out, " && \\\n    defined(%s)", size_extension);
    }
    for (size_t row = 0; row < ROW_COUNT; row++) {
        bool is_new = is_used(w, row) && *rows[row].extension != '\0';
        for (size_t before = 0; before < row && is_new; before++) {
            is_new =
                !is_used(w, before) || strcmp(rows[before].extension, rows[row].extension) != 0;
        }
        if (is_new) {
            text_printf(out, " && \\\n    defined(%s)", rows[row].extension);
        }
    }
    text_add(out, "\n");
}

void opencl_subgroup_macros(const OpenclWriter *w, Text *out) {
    if (w->subgroup_rows == 0 && !w->sizes_subgroups) {
        return;
    }
    add_condition(w, out);
    text_add(out, "#ifdef cl_khr_subgroups\n#pragma OPENCL EXTENSION cl_khr_subgroups : enable\n"
                  "#endif\n");
    for (size_t row = 0; row < ROW_COUNT; row++) {
        if (is_used(w, row)) {
            text_printf(out, "#define %s %s\n", rows[row].macro, rows[row].hardware);
        }
    }
    text_add(out, "#else\n");
    if (w->sizes_subgroups) {
        text_printf(out, "#error \"subgroups of a given size need %s\"\n", size_extension);
    }
    for (size_t row = 0; row < ROW_COUNT && !w->sizes_subgroups; row++) {
        if (is_used(w, row)) {
            text_printf(out, "#define %s %s\n", rows[row].macro, rows[row].alone);
        }
    }
    text_add(out, "#endif\n\n");
}

/* On scalars: opencl_lanes took vectors apart. What all do together stands as a statement. */
void opencl_in_subgroup(TextPrinter *p, IrInst *inst) {
    Text text = {.arena = p->arena};
    text_printf(&text, "%s(", opencl_subgroup_macro(opencl_of(p), ir_ops[inst->op].text));
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        text_printf(&text, "%s%s", i > 0 ? ", " : "", text_use(p, inst->operands[i]).text);
    }
    text_char(&text, ')');
    text_define_let(p, inst->results[0], text_expr(p, TEXT_PRIMARY, "%s", text_get(&text)), NULL);
}
