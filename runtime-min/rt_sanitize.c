/* rt_sanitize.c: for builds with AddressSanitizer, and nothing in any other. When a driver library is
 * unloaded, what its static variables hold looks like a leak, from a module without a name. So these
 * builds keep every library that is loaded once. */
#if defined(__SANITIZE_ADDRESS__)
#define RT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RT_SANITIZED 1
#endif
#endif
#if defined(RT_SANITIZED)
#define _GNU_SOURCE 1 /* dl_iterate_phdr */
#include <dlfcn.h>
#include <link.h>
#endif

#include "rt.h"

#if defined(RT_SANITIZED)
static int keep(struct dl_phdr_info *info, size_t size, void *user) {
    (void)size;
    (void)user;
    if (info->dlpi_name[0] != '\0') {
        (void)dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }
    return 0;
}
#endif

void rt_keep_libraries(void) {
#if defined(RT_SANITIZED)
    dl_iterate_phdr(keep, NULL);
#endif
}
