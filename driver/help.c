/* --help, out of the tables. */
#include <string.h>

#include "driver/options_table.h"
#include "driver/version.h"

enum { HELP_COLUMN = 30, HELP_WIDTH = 100 };

/* As the user types it: `--name=ARG`, `-o OUT`, `-O0|1|2|3|s`, `-Werror[=NAME]`. */
static const char *spelling(Arena *arena, const OptionRow *row) {
    if (row->argument == NULL) {
        return row->name;
    }
    bool is_long = row->name[1] == '-', touches = row->name[strlen(row->name) - 1] == '-';
    if (row->kind == KIND_WARN_ERROR) {
        return arena_printf(arena, "%s[=%s]", row->name, row->argument);
    }
    const char *between = is_long ? "=" : touches || row->kind == KIND_CHOICE ? "" : " ";
    return arena_printf(arena, "%s%s%s", row->name, between, row->argument);
}

/* Text in lines from HELP_COLUMN on, broken at spaces; ASCII is enough for the widths. */
static void add_wrapped(Text *out, size_t column, const char *text) {
    if (column >= HELP_COLUMN) {
        text_char(out, '\n');
        column = 0;
    }
    for (const char *word = text; *word != '\0';) {
        size_t length = strcspn(word, " ");
        if (column + length + 1 > HELP_WIDTH) {
            text_char(out, '\n');
            column = 0;
        }
        if (column < HELP_COLUMN) {
            text_printf(out, "%*s", (int)(HELP_COLUMN - column), "");
            column = HELP_COLUMN;
        } else {
            text_char(out, ' ');
            column++;
        }
        text_bytes(out, word, length);
        column += length;
        word += length + (word[length] == ' ');
    }
    text_char(out, '\n');
}

static void add_options(Text *out, unsigned commands) {
    const char *heading = NULL;
    for (const OptionRow *row = option_rows; row->name != NULL; row++) {
        if (row->kind == KIND_GROUP) {
            heading = row->name;
            continue;
        }
        if ((row->commands & commands) == 0) {
            continue;
        }
        if (heading != NULL) {
            text_printf(out, "\n%s\n", heading);
            heading = NULL;
        }
        const char *name = spelling(out->arena, row);
        text_printf(out, "  %s", name);
        const char *help = row->kind == KIND_LATER
                               ? arena_printf(out->arena, "%s (not built yet)", row->help)
                               : row->help;
        add_wrapped(out, strlen(name) + 2, help);
    }
}

static const char value_help[] = "\n"
                                 "A VALUE of `run` is a number `3`, a list `1,2,3` (of vectors: "
                                 "their lanes in order), a file `@FILE.bin` (as the\n"
                                 "kernel sees it in memory) or `@FILE.npy`, or, for a buffer of N "
                                 "elements, `zeros:N`, `iota:N` (0, 1, 2 …, over all\n"
                                 "lanes), `fill:N:V`, `random:N[:SEED]` (SplitMix64; floats in [0, "
                                 "1), integers over their whole range; SEED is the\n"
                                 "parameter's number, counted from 0, where it is not given). "
                                 "Forms, matrices and arrays come from files;\n"
                                 "`--emit=layout` says how they lie there.\n";

static const char status_help[] =
    "\n"
    "Exit status: 0 fine, 1 errors in the source, 2 wrong use, 3 a file could not be read or "
    "written, 4 a bug of the\n"
    "compiler, 5 no such device, or it lacks what the kernel needs.\n";

void options_help(Text *out, const Options *options) {
    unsigned commands = options->command_given ? 1u << options->command : ~0u;
    text_printf(out, "vittec-gpu %s: compiles compute kernels for GPUs and runs them\n\n",
                VITTEC_VERSION);
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        const CommandRow *row = &command_rows[i];
        if ((commands & 1u << i) != 0) {
            const char *name = i == COMMAND_COMPILE ? "[compile]" : row->name;
            const char *space = *row->arguments != '\0' ? " " : "";
            text_printf(out, "  vittec-gpu %s%s%s\n", name, space, row->arguments);
            text_printf(out, "      %s\n", row->what);
        }
    }
    add_options(out, commands);
    text_add(out, (commands & 1u << COMMAND_RUN) != 0 ? value_help : "");
    text_add(out, status_help);
}
