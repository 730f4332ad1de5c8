/* The command line as data. The table of options is options.def. */
#ifndef DRIVER_OPTIONS_H
#define DRIVER_OPTIONS_H

#include "driver/session.h"
#include "driver/status.h"

typedef enum {
#define COMMAND(ID, name, arguments, what) COMMAND_##ID,
#include "driver/commands.def"
#undef COMMAND
    COMMAND_COUNT
} Command;

typedef VEC(const char *) OptionList;

enum { DIAGNOSTICS_TEXT, DIAGNOSTICS_JSON };
enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum { EMIT_TOKENS, EMIT_AST, EMIT_IR, EMIT_SPVASM, EMIT_LAYOUT, EMIT_NONE }; /* NONE: not given */

typedef struct {
    Command command;
    bool command_given;
    OptionList operands;
    const char *action; /* "--help", "--version", …: the one to do instead; NULL: none */
    SessionOptions session;

    const char *output, *target; /* NULL: not given */
    const char *targets, *require;
    OptionList variants;
    bool compress, embed, reflect, json;
    unsigned jobs; /* 0: not given */
    OptionList entries, folders;
    unsigned emit;
    bool depend;
    const char *depend_file;
    OptionList depend_targets;

    const char *kernel, *device, *grid;
    OptionList outs, prints, specs;
    unsigned repeat; /* 0: not given */
    const char *profile_out;
    bool validate;
    bool check_races;

    unsigned diagnostics, color, max_errors;
    char later; /* stands for the fields of options that are not built yet */

    int argc;
    char *const *argv; /* for the report of a bug */
} Options;

/* Reads a command line. When it gives STATUS_USAGE, `error` says why. Lists and texts live in the arena or are argv's. */
Status options_parse(Options *options, Arena *arena, int argc, char *const *argv, Text *error);

/* --help: of everything, or of the subcommand that was named. */
void options_help(Text *out, const Options *options);

const char *command_name(Command command);

/* The word of `words` (ended by NULL) that is nearest to `word`; NULL: none is near. */
const char *nearest_word(const char *word, const char *const *words);

#endif
