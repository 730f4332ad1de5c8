/* Files: read whole; written whole or not at all. `-` is standard input or output. */
#ifndef DRIVER_FILE_H
#define DRIVER_FILE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    FILE_FINE,
    FILE_FAILED,    /* errno says why */
    FILE_TOO_LARGE, /* longer than the limit */
    FILE_NO_MEMORY,
} FileStatus;

typedef struct {
    char *data; /* malloc'ed; a '\0' follows, not counted */
    size_t size;
} FileBytes;

/* Reads all of it; `bytes` is empty on failure. */
FileStatus file_read(const char *path, size_t limit, FileBytes *bytes);

/* Writes to a temporary file beside `path` and renames: whoever looks sees the old file or the new one, and after a
 * failure (false; errno says why) the old one. What is no regular file (a device, a pipe) is written directly;
 * a symbolic link stays, the file that it names is replaced. */
bool file_write(const char *path, const void *bytes, size_t size);

/* On SIGINT, SIGTERM and SIGHUP the temporary file that is being written goes. For `main`. */
void file_catch_signals(void);

const char *file_name(const char *path); /* for messages: "-" is "<stdin>" */
char *file_error(const char *what,
                 const char *path); /* "cannot read `x`: why", by errno; malloc'ed */

#endif
