/* A target as the command line names it, and what is said of one that is not there. */
#ifndef DRIVER_TARGET_CHOICE_H
#define DRIVER_TARGET_CHOICE_H

#include "driver/session.h"
#include "driver/targets.h"

/* TARGET+FEATURE+FEATURE…: the target, and its features set in `session`. What is wrong was printed. */
Status target_choose(Arena *arena, const char *text, const Target **target,
                     SessionOptions *session);

/* Each prints what is wrong and gives STATUS_USAGE. */
Status target_not_built(const Target *target);
Status target_unknown_ending(const char *output);

#endif
