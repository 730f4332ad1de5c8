/* What a run has to say of the kernel: texts of `print`, asserts that did not hold, what --check-races found. */
#ifndef DRIVER_RUN_REPORT_H
#define DRIVER_RUN_REPORT_H

#include "driver/run_output.h"

/* Prints the texts on standard output and the rest as diagnostics. STATUS_SOURCE: there were some. */
Status run_report(Run *run);

#endif
