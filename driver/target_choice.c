/* See target_choice.h. */
#include "driver/target_choice.h"

#include <string.h>

#include "driver/options.h"
#include "driver/report.h"

Status target_not_built(const Target *target) {
    Arena arena = {0};
    Text built = {.arena = &arena};
    targets_list_built(&built);
    fail(STATUS_USAGE, "the target `%s` is not built yet; available: %s", target->name,
         text_get(&built));
    arena_release(&arena);
    return STATUS_USAGE;
}

static Status unknown_target(const char *name) {
    OptionList names = {0};
    Arena arena = {0};
    for (const Target *target = targets; target->name != NULL; target++) {
        VEC_PUSH(&arena, &names, target->name);
        VEC_PUSH(&arena, &names, target->alias);
    }
    VEC_PUSH(&arena, &names, NULL);
    const char *nearest = nearest_word(name, names.items);
    fail(STATUS_USAGE, "there is no target `%s`%s%s%s", name,
         nearest != NULL ? "; did you mean `" : " (--print-targets lists them)",
         nearest != NULL ? nearest : "", nearest != NULL ? "`?" : "");
    arena_release(&arena);
    return STATUS_USAGE;
}

Status target_unknown_ending(const char *output) {
    Arena arena = {0};
    Text endings = {.arena = &arena};
    targets_list_endings(&endings);
    fail(STATUS_USAGE, "`%s`: no target has the ending `%s`; say --target, or use one of %s",
         output, path_ending(output), text_get(&endings));
    arena_release(&arena);
    return STATUS_USAGE;
}

static Status unknown_feature(const Target *target, const char *name) {
    const char *words[TARGET_FEATURE_COUNT + 1] = {NULL};
    for (int i = 0, count = 0; i < TARGET_FEATURE_COUNT; i++) {
        if (target_features[i].writer == target->writer) {
            words[count++] = target_features[i].name;
        }
    }
    const char *nearest = nearest_word(name, words);
    return fail(STATUS_USAGE, "the target `%s` has no `+%s`%s%s%s", target->name, name,
                nearest != NULL ? "; did you mean `+" : " (--print-targets lists what there is)",
                nearest != NULL ? nearest : "", nearest != NULL ? "`?" : "");
}

static Status take_feature(const Target *target, SessionOptions *session, const char *name) {
    bool *const fields[TARGET_FEATURE_COUNT] = {
        [TARGET_ATOMIC_FLOAT] = &session->atomic_float,
        [TARGET_NO_SUBGROUPS] = &session->no_subgroups,
        [TARGET_VALUE_LENGTHS] = &session->value_lengths,
        [TARGET_MAXIMAL_RECONVERGENCE] = &session->reconvergence,
    };
    for (int i = 0; i < TARGET_FEATURE_COUNT; i++) {
        if (strcmp(target_features[i].name, name) == 0 &&
            target_features[i].writer == target->writer) {
            *fields[i] = true;
            return STATUS_FINE;
        }
    }
    return unknown_feature(target, name);
}

/* TARGET+FEATURE+FEATURE… */
Status target_choose(Arena *arena, const char *text, const Target **target,
                     SessionOptions *session) {
    size_t length = strcspn(text, "+");
    const char *name = arena_copy_text(arena, text, length);
    *target = target_named(name);
    if (*target == NULL) {
        return unknown_target(name);
    }
    Status status = STATUS_FINE;
    while (status == STATUS_FINE && text[length] == '+') {
        text += length + 1;
        length = strcspn(text, "+");
        status = take_feature(*target, session, arena_copy_text(arena, text, length));
    }
    return status;
}
