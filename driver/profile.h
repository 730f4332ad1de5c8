/* --profile: the budget of a kernel, as profiles.def has it. */
#ifndef DRIVER_PROFILE_H
#define DRIVER_PROFILE_H

#include "driver/session.h"

typedef enum {
#define PROFILE(ID, ...) PROFILE_##ID,
#include "driver/profiles.def"
#undef PROFILE
    PROFILE_COUNT
} ProfileId;

const char *profile_name(unsigned profile);
const char *profile_text(unsigned profile);

/* Reports (E1006) what kernels of the session's lowered module need beyond each of its profiles (SessionOptions.profiles),
 * where the source asks for it. */
void profiles_check(Session *session);

#endif
