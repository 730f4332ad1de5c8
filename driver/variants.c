/* See variants.h. */
#include "driver/variants.h"

#include <stdlib.h>
#include <string.h>

#include "driver/report.h"

static int by_name(const void *a, const void *b) {
    return strcmp((*(const FrontendDefine *const *)a)->name,
                  (*(const FrontendDefine *const *)b)->name);
}

/* A literal each: what holds a comma or a blank is none. */
Status variant_read(Arena *arena, const char *text, Variant *variant) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    static const char literals[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.+-";
    VEC(FrontendDefine *) defines = {0};
    for (const char *at = text; at != NULL;) {
        size_t name = strspn(at, letters);
        size_t value = at[name] == '=' ? strspn(at + name + 1, literals) : 0;
        const char *end = at + name + 1 + value;
        if (name == 0 || value == 0 || (*end != ',' && *end != '\0')) {
            return fail(STATUS_USAGE, "`--variant` needs NAME=VALUE,NAME=VALUE…, not `%s`", text);
        }
        FrontendDefine *define = NEW(arena, FrontendDefine);
        define->name = arena_copy_text(arena, at, name);
        define->value = arena_copy_text(arena, at + name + 1, value);
        VEC_PUSH(arena, &defines, define);
        at = *end == ',' ? end + 1 : NULL;
    }
    qsort(defines.items, defines.count, sizeof *defines.items, by_name);
    Text name = {.arena = arena};
    for (uint32_t i = 0; i < defines.count; i++) {
        if (i > 0 && strcmp(defines.items[i - 1]->name, defines.items[i]->name) == 0) {
            return fail(STATUS_USAGE, "`--variant %s`: `%s` is there twice", text,
                        defines.items[i]->name);
        }
        defines.items[i]->next = i + 1 < defines.count ? defines.items[i + 1] : NULL;
        text_printf(&name, "%s%s=%s", i > 0 ? "," : "", defines.items[i]->name,
                    defines.items[i]->value);
    }
    *variant = (Variant){text_get(&name), defines.items[0]};
    return STATUS_FINE;
}
