/* What the two files of a session share. */
#ifndef DRIVER_SESSION_PARTS_H
#define DRIVER_SESSION_PARTS_H

#include "driver/session.h"

uint64_t session_now(void); /* nanoseconds */

/* Ends the phase that began at *start, begins the next. */
void session_add_phase(Session *session, const char *name, uint64_t *start);

/* Runs the passes as the session's options say. False: an option stopped it. */
bool session_run_pipeline(Session *session, const IrPass *const *pipeline);

#endif
