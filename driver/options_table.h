/* The tables of options and subcommands, for the parser (options.c) and --help (help.c). */
#ifndef DRIVER_OPTIONS_TABLE_H
#define DRIVER_OPTIONS_TABLE_H

#include "driver/options.h"

typedef enum {
    KIND_GROUP, /* a heading of --help */
    KIND_FLAG,
    KIND_TEXT,
    KIND_LIST,
    KIND_CHOICE,
    KIND_COUNT,
    KIND_PASS,
    KIND_PIPELINE,
    KIND_DEFINE,
    KIND_WARN_ON,
    KIND_WARN_OFF,
    KIND_WARN_ERROR,
    KIND_PROFILE,
    KIND_ACTION,
    KIND_LATER,
    KINDS
} OptionKind;

typedef struct {
    OptionKind kind;
    const char *name, *argument;
    size_t offset;
    unsigned commands; /* a bit for each Command */
    const char *help;
} OptionRow;
extern const OptionRow option_rows[]; /* ends with a NULL name */

typedef struct {
    const char *name, *arguments, *what;
} CommandRow;
extern const CommandRow command_rows[COMMAND_COUNT];

/* Whether a value may follow the name without anything between: -DNAME=VALUE, -Wno-race, -O2. */
static inline bool option_joins(const OptionRow *row) {
    size_t length = strlen(row->name);
    return row->argument != NULL && (length == 2 || row->name[length - 1] == '-');
}

#endif
