/* Reads the command line by the table options.def: finds the row of each argument, hands it to the row's kind. */
#include "driver/options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "driver/options_table.h"
#include "driver/profile.h"

/* clang-format off */
const OptionRow option_rows[] = {
#define C (1u << COMMAND_COMPILE)
#define K (1u << COMMAND_CHECK)
#define R (1u << COMMAND_RUN)
#define I (1u << COMMAND_INSPECT)
#define F (1u << COMMAND_FMT)
#define ALL (~0u)
#define GROUP(title) {KIND_GROUP, title, NULL, 0, 0, NULL},
#define OPTION(KIND, name, argument, field, commands, help) \
    {KIND_##KIND, name, argument, offsetof(Options, field), commands, help},
#include "driver/options.def"
#undef C
#undef K
#undef R
#undef I
#undef F
#undef ALL
#undef GROUP
#undef OPTION
    {KIND_GROUP, NULL, NULL, 0, 0, NULL},
};

const CommandRow command_rows[COMMAND_COUNT] = {
#define COMMAND(ID, name, arguments, what) {#name, arguments, what},
#include "driver/commands.def"
#undef COMMAND
};
/* clang-format on */

const char *command_name(Command command) {
    return command_rows[command].name;
}

const char *nearest_word(const char *word, const char *const *words) {
    size_t length = strlen(word);
    unsigned limit = length < 6 ? 1 : length < 12 ? 2 : 3;
    const char *best = NULL;
    for (; length > 1 && *words != NULL; words++) {
        unsigned distance = name_distance(word, *words, limit);
        if (distance <= limit) {
            best = *words;
            limit = distance - (distance > 0); /* the first of those that are equally near */
        }
    }
    return best;
}

/* ---- what each kind does with its argument ---- */

typedef struct {
    Options *options;
    Arena *arena;
    Text *error;
} Parser;

static bool say_nearest(Parser *p, const char *word, const char *const *words) {
    const char *nearest = nearest_word(word, words);
    if (nearest != NULL) {
        text_printf(p->error, "; did you mean `%s`?", nearest);
    }
    return nearest != NULL;
}

static bool set_flag(Parser *p, const OptionRow *row, void *field, const char *argument) {
    (void)p, (void)row, (void)argument;
    *(bool *)field = true;
    return true;
}

static bool set_text(Parser *p, const OptionRow *row, void *field, const char *argument) {
    if (argument[0] == '\0') {
        text_printf(p->error, "`%s` needs a %s that is not empty", row->name, row->argument);
        return false;
    }
    *(const char **)field = argument;
    return true;
}

static bool add_text(Parser *p, const OptionRow *row, void *field, const char *argument) {
    const char *text;
    if (!set_text(p, row, &text, argument)) {
        return false;
    }
    VEC_PUSH(p->arena, (OptionList *)field, text);
    return true;
}

static bool set_choice(Parser *p, const OptionRow *row, void *field, const char *argument) {
    unsigned index = 0;
    size_t length = strlen(argument);
    for (const char *word = row->argument; word != NULL; index++) {
        const char *end = strchr(word, '|');
        size_t size = end != NULL ? (size_t)(end - word) : strlen(word);
        if (size == length && memcmp(word, argument, size) == 0) {
            *(unsigned *)field = index;
            return true;
        }
        word = end != NULL ? end + 1 : NULL;
    }
    text_printf(p->error, "`%s` is one of %s, not `%s`", row->name, row->argument, argument);
    return false;
}

static bool set_count(Parser *p, const OptionRow *row, void *field, const char *argument) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0 || value > INT_MAX) {
        text_printf(p->error, "`%s` needs a number, not `%s`", row->name, argument);
        return false;
    }
    *(unsigned *)field = (unsigned)value;
    return true;
}

/* "frontend" stands for the IR before any pass, "all" for every pass. */
static const char *const *pass_words(Parser *p, const OptionRow *row) {
    OptionList names = {0};
    for (const IrPass *const *pass = ir_all_passes; *pass != NULL; pass++) {
        VEC_PUSH(p->arena, &names, (*pass)->name);
    }
    if (row->kind == KIND_PASS) {
        VEC_PUSH(p->arena, &names, SESSION_FRONTEND);
        if (strcmp(row->name, "--dump-after") == 0) {
            VEC_PUSH(p->arena, &names, "all");
        }
    }
    VEC_PUSH(p->arena, &names, NULL);
    return names.items;
}

static bool known_pass(Parser *p, const OptionRow *row, const char *name) {
    const char *const *words = pass_words(p, row);
    for (const char *const *word = words; *word != NULL; word++) {
        if (strcmp(*word, name) == 0) {
            return true;
        }
    }
    text_printf(p->error, "there is no pass `%s` (--print-passes lists them)", name);
    say_nearest(p, name, words);
    return false;
}

static bool set_pass(Parser *p, const OptionRow *row, void *field, const char *argument) {
    *(const char **)field = argument;
    return known_pass(p, row, argument);
}

static bool set_pipeline(Parser *p, const OptionRow *row, void *field, const char *argument) {
    VEC(const IrPass *) passes = {0};
    for (const char *at = argument; at != NULL;) {
        const char *end = strchr(at, ',');
        size_t length = end != NULL ? (size_t)(end - at) : strlen(at);
        const char *name = arena_copy_text(p->arena, at, length);
        const IrPass *mark = ir_pipeline_mark(name);
        if (mark == NULL && !known_pass(p, row, name)) {
            return false;
        }
        VEC_PUSH(p->arena, &passes, mark != NULL ? mark : ir_pass_named(name));
        at = end != NULL ? end + 1 : NULL;
    }
    VEC_PUSH(p->arena, &passes, NULL);
    *(const IrPass *const **)field = passes.items;
    return true;
}

static bool add_define(Parser *p, const OptionRow *row, void *field, const char *argument) {
    const char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument || equals[1] == '\0') {
        text_printf(p->error, "`%s` needs NAME=VALUE, not `%s`", row->name, argument);
        return false;
    }
    FrontendDefine *define = NEW(p->arena, FrontendDefine);
    define->name = arena_copy_text(p->arena, argument, (size_t)(equals - argument));
    define->value = equals + 1;
    const FrontendDefine **link = &((FrontendOptions *)field)->defines;
    while (*link != NULL) {
        link = (const FrontendDefine **)&(*link)->next;
    }
    *link = define;
    return true;
}

static bool set_warning(Parser *p, const OptionRow *row, void *field, const char *argument) {
    WarningChoice *choices = field;
    Warning warning = WARN_NONE;
    if (argument == NULL) { /* -Werror: all */
        for (int i = WARN_NONE + 1; i < WARN_COUNT; i++) {
            choices[i].is_error = true;
        }
        return true;
    }
    if (!warning_find(argument, &warning)) {
        const char *words[WARN_COUNT] = {NULL};
        for (int i = WARN_NONE + 1; i < WARN_COUNT; i++) {
            words[i - 1] = warning_name((Warning)i);
        }
        text_printf(p->error, "there is no warning `%s`", argument);
        say_nearest(p, argument, words);
        return false;
    }
    if (row->kind == KIND_WARN_ERROR) {
        choices[warning].is_error = true;
    }
    choices[warning].state = row->kind == KIND_WARN_OFF ? WARNING_OFF : WARNING_ON;
    return true;
}

static bool set_profile(Parser *p, const OptionRow *row, void *field, const char *argument) {
    const char *words[PROFILE_COUNT + 1] = {NULL};
    for (unsigned i = 0; i < PROFILE_COUNT; i++) {
        words[i] = profile_name(i);
        if (strcmp(words[i], argument) == 0) {
            *(unsigned *)field |= 1u << i;
            return true;
        }
    }
    text_printf(p->error, "`%s`: there is no profile `%s` (--print-profiles lists them)", row->name,
                argument);
    say_nearest(p, argument, words);
    return false;
}

static bool set_action(Parser *p, const OptionRow *row, void *field, const char *argument) {
    (void)p, (void)argument;
    *(const char **)field = row->name;
    return true;
}

static bool refuse_later(Parser *p, const OptionRow *row, void *field, const char *argument) {
    (void)field, (void)argument;
    text_printf(p->error, "the option `%s` is not built yet", row->name);
    return false;
}

typedef bool SetOption(Parser *p, const OptionRow *row, void *field, const char *argument);

static SetOption *const setters[KINDS] = {
    [KIND_FLAG] = set_flag,         [KIND_TEXT] = set_text,          [KIND_LIST] = add_text,
    [KIND_CHOICE] = set_choice,     [KIND_COUNT] = set_count,        [KIND_PASS] = set_pass,
    [KIND_PIPELINE] = set_pipeline, [KIND_DEFINE] = add_define,      [KIND_WARN_ON] = set_warning,
    [KIND_WARN_OFF] = set_warning,  [KIND_WARN_ERROR] = set_warning, [KIND_ACTION] = set_action,
    [KIND_LATER] = refuse_later,    [KIND_PROFILE] = set_profile,
};

/* ---- finding the row ---- */

/* The row that `text` spells, with what follows the name (`=value`, or a value joined to a short name) in `value`; the
 * longest name counts, so -Wno-race is no `-W`. */
static const OptionRow *find_row(const char *text, const char **value) {
    const OptionRow *best = NULL;
    size_t best_length = 0;
    for (const OptionRow *row = option_rows; row->name != NULL; row++) {
        size_t length = strlen(row->name);
        if (row->kind == KIND_GROUP || length < best_length ||
            strncmp(text, row->name, length) != 0) {
            continue;
        }
        const char *rest = text + length;
        bool joins = option_joins(row);
        if (*rest == '\0' ? row->name[length - 1] != '-' : *rest == '=' || joins) {
            best = row;
            best_length = length;
            *value = *rest == '\0' ? NULL : *rest == '=' && !joins ? rest + 1 : rest;
        }
    }
    return best;
}

static Status unknown_option(Parser *p, const char *text) {
    OptionList words = {0};
    for (const OptionRow *row = option_rows; row->name != NULL; row++) {
        if (row->kind != KIND_GROUP) {
            VEC_PUSH(p->arena, &words, row->name);
        }
    }
    VEC_PUSH(p->arena, &words, NULL);
    size_t length = strcspn(text, "=");
    text_printf(p->error, "there is no option `%.*s`", (int)length, text);
    const char *name = arena_copy_text(p->arena, text, length);
    if (length == 2 || !say_nearest(p, name, words.items)) {
        text_add(p->error, " (--help lists them)");
    }
    return STATUS_USAGE;
}

/* Takes the option at argv[*at] and moves *at behind it. */
static Status take_option(Parser *p, int *at) {
    Options *options = p->options;
    const char *text = options->argv[(*at)++], *value = NULL;
    const OptionRow *row = find_row(text, &value);
    if (row == NULL) {
        return unknown_option(p, text);
    }
    if ((row->commands & 1u << options->command) == 0) {
        text_printf(p->error, "`%s` is no option of `%s`; it is one of", row->name,
                    command_name(options->command));
        const char *separator = " ";
        for (unsigned i = 0; i < COMMAND_COUNT; i++) {
            if ((row->commands & 1u << i) != 0) {
                text_printf(p->error, "%s`%s`", separator, command_rows[i].name);
                separator = ", ";
            }
        }
        return STATUS_USAGE;
    }
    if (row->argument == NULL && value != NULL) {
        text_printf(p->error, "`%s` takes no value", row->name);
        return STATUS_USAGE;
    }
    if (row->argument != NULL && value == NULL && row->kind != KIND_WARN_ERROR) {
        if (*at >= options->argc) {
            text_printf(p->error, "`%s` needs a value: %s", row->name, row->argument);
            return STATUS_USAGE;
        }
        value = options->argv[(*at)++];
    }
    return setters[row->kind](p, row, (char *)options + row->offset, value) ? STATUS_FINE
                                                                            : STATUS_USAGE;
}

static bool take_command(Options *options, const char *word) {
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(command_rows[i].name, word) == 0) {
            options->command = (Command)i;
            options->command_given = true;
            return true;
        }
    }
    return false;
}

/* A bare word that is no file: perhaps a subcommand, misspelt or in the wrong place. */
static Status check_operand(Parser *p, const char *word) {
    const char *words[COMMAND_COUNT + 1] = {NULL};
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        words[i] = command_rows[i].name;
    }
    if (p->options->command_given || strpbrk(word, "./") != NULL) {
        return STATUS_FINE;
    }
    const char *nearest = nearest_word(word, words);
    if (nearest == NULL || strlen(word) < 3) {
        return STATUS_FINE;
    }
    text_printf(p->error,
                strcmp(nearest, word) == 0 ? "the subcommand `%s` comes first"
                                           : "there is no subcommand `%s`; did you mean `%s`?",
                word, nearest);
    return STATUS_USAGE;
}

Status options_parse(Options *options, Arena *arena, int argc, char *const *argv, Text *error) {
    *options = (Options){
        .emit = EMIT_NONE,
        .max_errors = DIAG_DEFAULT_MAX,
        .session = {.level = 2},
        .argc = argc,
        .argv = argv,
    };
    Parser parser = {options, arena, error};
    int at = argc > 1 && take_command(options, argv[1]) ? 2 : 1;
    bool only_operands = false;
    while (at < argc && options->action == NULL) {
        const char *text = argv[at];
        Status status = STATUS_FINE;
        if (!only_operands && strcmp(text, "--") == 0) {
            only_operands = true;
            at++;
        } else if (!only_operands && text[0] == '-' && text[1] != '\0') {
            status = take_option(&parser, &at);
        } else {
            status = only_operands ? STATUS_FINE : check_operand(&parser, text);
            VEC_PUSH(arena, &options->operands, text);
            at++;
        }
        if (status != STATUS_FINE) {
            return status;
        }
    }
    options->session.max_errors = options->max_errors != 0 ? options->max_errors : UINT_MAX;
    options->session.folders = options->folders.items;
    options->session.folder_count = options->folders.count;
    options->session.frontend.entries = options->entries.items;
    options->session.frontend.entry_count = options->entries.count;
    return STATUS_FINE;
}
