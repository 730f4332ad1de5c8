/* See depfile.h. What must be escaped, and how, is what GCC does in its -MD files, which both tools read. */
#include "driver/depfile.h"

#include "driver/file.h"

static void add_name(Text *out, const char *name) {
    size_t backslashes = 0; /* right before the character */
    for (; *name != '\0'; name++) {
        switch (*name) {
        case ' ':
        case '\t': /* backslashes before white space must be doubled, elsewhere they stand for themselves */
            for (; backslashes > 0; backslashes--) {
                text_char(out, '\\');
            }
            text_char(out, '\\');
            break;
        case '#':
        case ':':
            text_char(out, '\\');
            break;
        case '$':
            text_char(out, '$');
            break;
        default:
            break;
        }
        backslashes = *name == '\\' ? backslashes + 1 : 0;
        text_char(out, *name);
    }
}

void depfile_print(Text *out, const char *const *targets, unsigned target_count,
                   const SourceMap *sources) {
    for (unsigned i = 0; i < target_count; i++) {
        text_add(out, i > 0 ? " " : "");
        add_name(out, targets[i]);
    }
    text_char(out, ':');
    const char *standard_input = file_name("-");
    for (uint32_t i = 0; i < sources->files.count; i++) {
        const SourceFile *file = sources->files.items[i];
        if (file->path != standard_input && !file->is_option) {
            text_char(out, ' ');
            add_name(out, file->path);
        }
    }
    text_char(out, '\n');
}
