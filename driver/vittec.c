/* The program: reads the command line, does what --help and its like ask for, or calls the subcommand. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/commands.h"
#include "driver/file.h"
#include "driver/profile.h"
#include "driver/report.h"
#include "driver/targets.h"
#include "driver/version.h"
#include "ir/base/fatal.h"

static Status (*const commands[COMMAND_COUNT])(const Options *options) = {
#define COMMAND(ID, name, arguments, what) command_##name,
#include "driver/commands.def"
#undef COMMAND
};

/* ---- options that print something instead ---- */

static void print_version(Text *out, const Options *options) {
    (void)options;
    text_add(out, "vittec-gpu " VITTEC_VERSION "\n");
}

static void print_targets(Text *out, const Options *options) {
    (void)options;
    targets_print(out);
}

static void print_profiles(Text *out, const Options *options) {
    (void)options;
    for (unsigned i = 0; i < PROFILE_COUNT; i++) {
        text_printf(out, "%-20s %s\n", profile_name(i), profile_text(i));
    }
}

static void print_pipeline(Text *out, const char *level, const IrPass *const *pipeline) {
    text_add(out, level);
    for (; *pipeline != NULL; pipeline++) {
        text_printf(out, " %s", (*pipeline)->name);
    }
    text_char(out, '\n');
}

static void print_passes(Text *out, const Options *options) {
    (void)options;
    for (const IrPass *const *pass = ir_all_passes; *pass != NULL; pass++) {
        text_printf(out, "%-16s %s\n", (*pass)->name, (*pass)->what);
    }
    text_add(out, "\nPasses in parentheses run when the one before them changed something.\n");
    print_pipeline(out, "-O0:", ir_pipeline_O0);
    print_pipeline(out, "-O1:", ir_pipeline_O1);
    print_pipeline(out, "-O2 and above:", ir_pipeline_O2);
}

static const struct {
    const char *option;
    void (*print)(Text *out, const Options *options);
} actions[] = {
    {"--help", options_help},           {"--version", print_version},
    {"--print-targets", print_targets}, {"--print-profiles", print_profiles},
    {"--print-passes", print_passes},
};

static Status do_action(const Options *options, Arena *arena) {
    Text out = {.arena = arena};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].option, options->action) == 0) {
            actions[i].print(&out, options);
        }
    }
    return print_text(&out);
}

/* ---- the program ---- */

typedef struct {
    Arena arena;
    Options options;
    Status status;
} Program;

static void run_program(void *arg) {
    Program *program = arg;
    Options *options = &program->options;
    Text error = {.arena = &program->arena};
    Status status = options_parse(options, &program->arena, options->argc, options->argv, &error);
    if (status != STATUS_FINE) {
        program->status = fail(status, "%s", text_get(&error));
    } else if (options->action != NULL) {
        program->status = do_action(options, &program->arena);
    } else {
        program->status = commands[options->command](options);
    }
}

/* Where 0, 1 or 2 is closed, the next file opened would get its number, and messages would end up in it. Opened the wrong
 * way round, writing fails as it should. */
static void hold_standard_files(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            int opened = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
            (void)opened; /* without /dev/null there is nothing better to be done */
        }
    }
}

int vittec_main(int argc, char *const *argv) {
    hold_standard_files();
    signal(SIGPIPE, SIG_IGN); /* a reader that left is a failed write, exit 3 */
    file_catch_signals();
    Program program = {.options = {.argc = argc, .argv = argv}};
    const char *message;
    switch (guard_run(run_program, &program, &message)) {
    case FATAL_NONE:
        break;
    case FATAL_MEMORY:
        program.status = fail(STATUS_FILE, "out of memory");
        break;
    case FATAL_BUG:
        program.status = report_bug(&program.options, message, "");
        break;
    }
    if ((fflush(stdout) != 0 || ferror(stdout)) && program.status == STATUS_FINE) {
        program.status = fail(STATUS_FILE, "cannot write standard output: %s", strerror(errno));
    }
    arena_release(&program.arena);
    return (int)program.status;
}
