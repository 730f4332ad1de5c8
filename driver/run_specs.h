/* The specialization constants of a `run`: --spec NAME=VALUE. */
#ifndef DRIVER_RUN_SPECS_H
#define DRIVER_RUN_SPECS_H

#include "driver/run_output.h"

/* Notes the types that the source gives them; passes may widen those. Before session_lower. */
void run_note_specs(Run *run);

/* Reads the options into the job, and checks what the values make of the kernel. What is wrong was printed. */
Status run_choose_specs(Run *run);

#endif
