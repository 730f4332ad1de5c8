/* Runs command lines of the program, one after another, in one process: what a driver's start costs is paid once.
 *
 *     commands none|vulkan|opencl|webgpu
 *
 * An instance of that API is kept, so that its driver stays loaded. A line of standard input is a command line, its arguments
 * between tabs. For each comes `STATUS OUT ERR` as a line, and then so many bytes of standard output and error. A driver that
 * crashes takes the process with it, as it would the program's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/commands.h"
#include "runtime-min/vitte_gpu.h"

enum { MOST_ARGUMENTS = 512 };

/* A file without a name, from now on behind `fd`. */
static void capture(int fd) {
    FILE *file = tmpfile();
    if (file == NULL || dup2(fileno(file), fd) < 0 || fclose(file) != 0) {
        perror("commands");
        exit(1);
    }
}

/* What is in it goes to `stream`, and is gone. */
static void hand_over(int fd, off_t size, FILE *stream) {
    char bytes[1 << 16];
    for (off_t at = 0; at < size;) {
        ssize_t got = pread(fd, bytes, sizeof bytes, at);
        if (got <= 0) {
            exit(1);
        }
        fwrite(bytes, 1, (size_t)got, stream);
        at += got;
    }
    if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
        exit(1);
    }
}

static int run(char *line) {
    char *argv[MOST_ARGUMENTS + 1] = {"vittec-gpu"};
    int argc = 1;
    for (char *arg = line; arg != NULL && argc < MOST_ARGUMENTS; argc++) {
        argv[argc] = arg;
        arg = strchr(arg, '\t');
        if (arg != NULL) {
            *arg++ = '\0';
        }
    }
    return vittec_main(argc, argv);
}

int main(int argc, char **argv) {
    VtgInstance *instance = NULL;
    VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
    desc.api = argc > 1 ? argv[1] : "none";
    FILE *answers = fdopen(dup(1), "wb");
    if (answers == NULL) {
        return 1;
    }
    capture(1);
    capture(2);
    if (strcmp(desc.api, "none") != 0) { /* where there is none, the command says so */
        vtg_instance_create(&desc, &instance);
    }
    char *line = NULL;
    size_t room = 0;
    for (ssize_t length; (length = getline(&line, &room, stdin)) > 0;) {
        line[length - 1] = '\0';
        int status = run(line);
        fflush(stdout);
        fflush(stderr);
        off_t out = lseek(1, 0, SEEK_END), err = lseek(2, 0, SEEK_END);
        fprintf(answers, "%d %lld %lld\n", status, (long long)out, (long long)err);
        hand_over(1, out, answers);
        hand_over(2, err, answers);
        fflush(answers);
    }
    free(line);
    vtg_instance_destroy(instance);
    return 0;
}
