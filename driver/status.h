/* What a command ends with: the exit statuses of the program (docs: the command line). */
#ifndef DRIVER_STATUS_H
#define DRIVER_STATUS_H

typedef enum {
    STATUS_FINE = 0,
    STATUS_SOURCE = 1, /* errors in the source: they are diagnostics */
    STATUS_USAGE = 2,  /* wrong use, or a part that is not built yet */
    STATUS_FILE = 3,   /* a file could not be read or written */
    STATUS_BUG = 4,    /* a bug of the compiler */
    STATUS_DEVICE = 5, /* no such device, or it lacks what the kernel needs */
} Status;

#endif
