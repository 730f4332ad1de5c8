/* See file.h. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "driver/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_standard(const char *path) {
    return strcmp(path, "-") == 0;
}

const char *file_name(const char *path) {
    return is_standard(path) ? "<stdin>" : path;
}

char *file_error(const char *what, const char *path) {
    static const char *const formats[] = {"%s `%s`: %s", "%s %s: %s"};
    const char *why = strerror(errno), *format = formats[is_standard(path)];
    const char *name = !is_standard(path)             ? path
                       : strstr(what, "read") != NULL ? "standard input"
                                                      : "standard output";
    size_t size = strlen(what) + strlen(name) + strlen(why) + sizeof " ``: ";
    char *text = malloc(size);
    if (text != NULL) {
        snprintf(text, size, format, what, name, why);
    }
    return text;
}

/* ---- reading ---- */

/* Reads up to limit + 1 bytes, so that one too many is noticed. */
static FileStatus read_all(int fd, size_t limit, FileBytes *bytes) {
    struct stat info;
    size_t capacity = 64 * 1024;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        if ((unsigned long long)info.st_size > limit) {
            return FILE_TOO_LARGE;
        }
        capacity = (size_t)info.st_size + 1; /* the byte more finds the end without another round */
    }
    for (;;) {
        char *grown = realloc(bytes->data, capacity + 1);
        if (grown == NULL) {
            return FILE_NO_MEMORY;
        }
        bytes->data = grown;
        while (bytes->size < capacity) {
            ssize_t got = read(fd, grown + bytes->size, capacity - bytes->size);
            if (got == 0) {
                grown[bytes->size] = '\0';
                return bytes->size > limit ? FILE_TOO_LARGE : FILE_FINE;
            }
            if (got < 0 && errno != EINTR) {
                return FILE_FAILED;
            }
            bytes->size += got > 0 ? (size_t)got : 0;
        }
        if (bytes->size > limit) {
            return FILE_TOO_LARGE;
        }
        capacity *= 2;
    }
}

FileStatus file_read(const char *path, size_t limit, FileBytes *bytes) {
    *bytes = (FileBytes){0};
    int fd = is_standard(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return FILE_FAILED;
    }
    FileStatus status = read_all(fd, limit, bytes);
    int error = errno;
    if (fd != STDIN_FILENO) {
        close(fd);
    }
    if (status != FILE_FINE) {
        free(bytes->data);
        *bytes = (FileBytes){0};
    }
    errno = error;
    return status;
}

/* ---- writing ---- */

static bool write_all(int fd, const void *bytes, size_t size) {
    const char *at = bytes;
    while (size > 0) {
        ssize_t done = write(fd, at, size);
        if (done < 0 && errno != EINTR) {
            return false;
        }
        at += done > 0 ? done : 0;
        size -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

/* The temporary file that exists right now, for the signal handler. */
static char *volatile pending;

static void remove_pending(int signal_number) {
    char *path = pending;
    if (path != NULL) {
        unlink(path);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void file_catch_signals(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction old, action = {.sa_handler = remove_pending};
        sigemptyset(&action.sa_mask);
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            sigaction(signals[i], &action, NULL);
        }
    }
}

/* Opens a new file in the folder of `path`, of a short name of its own; *temporary is malloc'ed. */
static int open_beside(const char *path, mode_t mode, char **temporary) {
    const char *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
    size_t size = (size_t)folder + 64;
    char *name = malloc(size);
    for (unsigned attempt = 0; name != NULL && attempt < 1000; attempt++) {
        snprintf(name, size, "%.*s.vittec-%ld-%u.tmp", folder, path, (long)getpid(), attempt);
        pending = name; /* before it exists: a name that is never there does no harm */
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd >= 0) {
            *temporary = name;
            return fd;
        }
        pending = NULL;
        if (errno != EEXIST) {
            break;
        }
    }
    int error = errno;
    free(name);
    errno = error;
    return -1;
}

static bool replace(const char *path, const struct stat *old, const void *bytes, size_t size) {
    char *temporary;
    int fd = open_beside(path, 0666, &temporary);
    if (fd < 0) {
        return false;
    }
    bool fine = write_all(fd, bytes, size);
    if (fine && old != NULL) {
        fine = fchmod(fd, old->st_mode & 07777) == 0;
    }
    int error = errno;
    if (close(fd) != 0 && fine) {
        fine = false;
        error = errno;
    }
    if (fine && rename(temporary, path) != 0) {
        fine = false;
        error = errno;
    }
    if (!fine) {
        unlink(temporary);
    }
    pending = NULL;
    free(temporary);
    errno = error;
    return fine;
}

static bool write_directly(const char *path, const void *bytes, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return false;
    }
    bool fine = write_all(fd, bytes, size);
    int error = errno;
    if (close(fd) != 0 && fine) {
        return false;
    }
    errno = error;
    return fine;
}

static bool write_standard(const void *bytes, size_t size) {
    return fwrite(bytes, 1, size, stdout) == size && fflush(stdout) == 0;
}

/* /dev/stdout and the like are links to what is open already. */
static bool is_open_already(const char *path) {
    return strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
}

bool file_write(const char *path, const void *bytes, size_t size) {
    struct stat info;
    if (is_standard(path)) {
        return write_standard(bytes, size);
    }
    if (is_open_already(path)) {
        return write_directly(path, bytes, size);
    }
    if (lstat(path, &info) != 0) {
        return errno == ENOENT && replace(path, NULL, bytes, size);
    }
    char *target = S_ISLNK(info.st_mode) ? realpath(path, NULL) : NULL;
    if (target != NULL && stat(target, &info) != 0) {
        free(target);
        return false;
    }
    const char *real = target != NULL ? target : path;
    bool fine;
    if (!S_ISREG(info.st_mode)) { /* also a link that leads nowhere yet */
        fine = write_directly(path, bytes, size);
    } else {
        fine = access(real, W_OK) == 0 && replace(real, &info, bytes, size);
    }
    int error = errno;
    free(target);
    errno = error;
    return fine;
}
