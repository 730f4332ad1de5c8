/* Runs commands in turn and says what each run took: for bench/compile.py.
 *
 *     measure RUNS COMMAND… -- COMMAND… [-- …]
 *
 * Prints a line "INDEX WALL_NS CPU_NS PEAK_KIB STATUS" for each run; the first run of each command warms the caches and is
 * not told, unless RUNS is 1. A command that computes for a minute is ended. A process inherits the peak memory of whoever started it, so this is no job for a larger program. */
#define _DEFAULT_SOURCE /* wait4 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOT_FOUND = 127, MOST_SECONDS = 60 };

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t nanoseconds(struct timeval time) {
    return ((int64_t)time.tv_sec * 1000000 + time.tv_usec) * 1000;
}

static int run(char **command, int index, int tell) {
    struct rusage used;
    int state;
    int64_t start = now();
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        setrlimit(RLIMIT_CPU, &(struct rlimit){MOST_SECONDS, MOST_SECONDS});
        execvp(command[0], command);
        _exit(NOT_FOUND);
    }
    if (child < 0 || wait4(child, &state, 0, &used) != child) {
        perror("measure");
        return 1;
    }
    int64_t wall = now() - start;
    int status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    if (tell) {
        printf("%d %lld %lld %ld %d\n", index, (long long)wall,
               (long long)(nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime)), used.ru_maxrss,
               status);
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv) {
    char ***commands = calloc((size_t)argc, sizeof *commands);
    int count = 0, runs = argc > 2 ? atoi(argv[1]) : 0;
    for (int i = 2; i < argc && commands != NULL; i++) {
        commands[count++] = &argv[i];
        while (i < argc && strcmp(argv[i], "--") != 0) {
            i++;
        }
        argv[i] = NULL; /* argv[argc] is, too */
    }
    if (runs <= 0 || count == 0) {
        fprintf(stderr, "usage: measure RUNS COMMAND… -- COMMAND…\n");
        return 2;
    }
    for (int k = runs > 1 ? 0 : 1; k <= runs; k++) {
        for (int i = 0; i < count; i++) {
            if (run(commands[i], i, k > 0) != 0) {
                return 1;
            }
        }
    }
    free(commands);
    return 0;
}
