/* The version of the compiler; the build reads it from here. */
#ifndef DRIVER_VERSION_H
#define DRIVER_VERSION_H

#define VITTEC_VERSION "0.1.0"

#endif
