/* Renders diagnostics as text for people and as JSON for tools. See diag.h. */
#include "ir/base/diag.h"

#include <stdlib.h>

enum { LONGEST_LINE = 160 }; /* bytes of a source line that are shown */

static const char *const severity_words[] = {"error", "warning"};

static int by_place(const void *a, const void *b) {
    const Diag *x = *(Diag *const *)a, *y = *(Diag *const *)b;
    if (x->span.start != y->span.start) {
        return x->span.start < y->span.start ? -1 : 1;
    }
    if (x->id != y->id) {
        return x->id < y->id ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

static void sort(Diags *diags) {
    if (diags->list.count > 1) {
        qsort(diags->list.items, diags->list.count, sizeof diags->list.items[0], by_place);
    }
}

/* Source for a terminal: tabs are a space, control characters and broken UTF-8 a '?'. */
static void add_safe(Text *text, const char *bytes, size_t length) {
    for (size_t i = 0; i < length;) {
        const unsigned char *c = (const unsigned char *)bytes + i;
        size_t size = source_character_size(bytes + i, length - i);
        bool control = c[0] < 0x20 || c[0] == 0x7f || (c[0] == 0xc2 && size == 2 && c[1] < 0xa0);
        if (size == 0 || control) {
            text_char(text, c[0] == '\t' ? ' ' : '?');
        } else {
            text_bytes(text, bytes + i, size);
        }
        i += size > 0 ? size : 1;
    }
}

/* How many columns of a terminal a piece of source takes: East Asian characters and emoji are two wide, marks
 * that combine with the character before them none. */
static uint32_t shown_width(Arena *arena, const char *source, size_t source_length) {
    static const struct {
        uint32_t first, last, width;
    } ranges[] = {
        {0x300, 0x36f, 0},     {0x1100, 0x115f, 2},   {0x200b, 0x200f, 0},   {0x20d0, 0x20ff, 0},
        {0x2e80, 0x303e, 2},   {0x3041, 0x33ff, 2},   {0x3400, 0x4dbf, 2},   {0x4e00, 0x9fff, 2},
        {0xa000, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},
        {0xfe30, 0xfe6f, 2},   {0xff01, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1f64f, 2},
        {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
    };
    Text safe = {.arena = arena}; /* well-formed, as it is printed */
    add_safe(&safe, source, source_length);
    const char *bytes = text_get(&safe);
    uint32_t width = 0;
    for (size_t i = 0, size; i < safe.length; i += size) {
        unsigned char c = (unsigned char)bytes[i];
        size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        uint32_t value = size == 1 ? c : c & (0xffu >> (size + 1));
        for (size_t k = 1; k < size; k++) {
            value = value << 6 | ((unsigned char)bytes[i + k] & 0x3fu);
        }
        uint32_t columns = 1;
        for (size_t k = 0; k < sizeof ranges / sizeof ranges[0]; k++) {
            if (value >= ranges[k].first && value <= ranges[k].last) {
                columns = ranges[k].width;
            }
        }
        width += columns;
    }
    return width;
}

static size_t floor_character(const char *bytes, size_t at) {
    while (at > 0 && ((unsigned char)bytes[at] & 0xc0) == 0x80) {
        at--;
    }
    return at;
}

/* "file:line:col: " of a span; nothing when it has no place. */
static SourcePlace add_place(Text *text, const Diags *diags, Span span) {
    SourcePlace place = source_place(diags->sources, span.start);
    if (place.file != NULL) {
        add_safe(text, place.file->path, strlen(place.file->path));
        text_printf(text, ":%u:%u: ", place.line, place.column);
    }
    return place;
}

static void add_snippet(Text *text, const SourcePlace *place, Span span, const char *color,
                        const char *reset) {
    if (place->file == NULL) {
        return;
    }
    const char *line = place->line_text;
    size_t length = place->line_length, at = place->line_offset, from = 0;
    size_t width = span.end > span.start ? span.end - span.start : 1;
    if (width > length - at) {
        width = length - at;
    }
    if (length > LONGEST_LINE) { /* a window of the line around the place */
        from = at > LONGEST_LINE / 4 ? floor_character(line, at - LONGEST_LINE / 4) : 0;
        if (length - from > LONGEST_LINE) {
            length = floor_character(line, from + LONGEST_LINE);
        }
        if (width > length - at) {
            width = length - at;
        }
    }
    text_printf(text, "%5u | %s", place->line, from > 0 ? "…" : "");
    add_safe(text, line + from, length - from);
    text_printf(text, "%s\n      | %s", length < place->line_length ? "…" : "",
                from > 0 ? " " : "");
    for (uint32_t i = shown_width(text->arena, line + from, at - from); i > 0; i--) {
        text_char(text, ' ');
    }
    text_add(text, color);
    uint32_t carets = shown_width(text->arena, line + at, width);
    for (uint32_t i = 0; i < (carets > 0 ? carets : 1); i++) {
        text_char(text, i == 0 ? '^' : '~');
    }
    text_add(text, reset);
    text_char(text, '\n');
}

void diags_print_text(Diags *diags, FILE *out, bool color) {
    static const char *const severity_colors[] = {"\033[1;31m", "\033[1;35m"};
    const char *bold = color ? "\033[1m" : "", *cyan = color ? "\033[1;36m" : "";
    const char *reset = color ? "\033[0m" : "";
    sort(diags);
    Text text = {.arena = diags->arena};
    for (uint32_t i = 0; i < diags->list.count; i++) {
        const Diag *diag = diags->list.items[i];
        const char *tint = color ? severity_colors[diag->severity] : "";
        text_add(&text, bold);
        SourcePlace place = add_place(&text, diags, diag->span);
        text_printf(&text, "%s%s%s[%s]:%s %s", reset, tint, severity_words[diag->severity],
                    diag_rows[diag->id].code, reset, bold);
        add_safe(&text, diag->text, strlen(diag->text));
        text_printf(&text, "%s\n", reset);
        add_snippet(&text, &place, diag->span, tint, reset);
        for (uint32_t k = 0; k < diag->parts.count; k++) {
            const DiagPart *part = &diag->parts.items[k];
            SourcePlace at = {0};
            if (!part->is_help) {
                at = add_place(&text, diags, part->span);
            }
            text_printf(&text, "%s%s:%s ", cyan, part->is_help ? "help" : "note", reset);
            add_safe(&text, part->text, strlen(part->text));
            text_char(&text, '\n');
            add_snippet(&text, &at, part->span, cyan, reset);
        }
    }
    unsigned shown = 0;
    for (uint32_t i = 0; i < diags->list.count; i++) {
        shown += diags->list.items[i]->severity == SEVERITY_ERROR;
    }
    if (diags->errors > shown) {
        text_printf(&text, "and %u more error%s (--max-errors shows more)\n", diags->errors - shown,
                    diags->errors - shown == 1 ? "" : "s");
    }
    fputs(text_get(&text), out);
}

static void json_place(Text *text, const Diags *diags, Span span) {
    SourcePlace start = source_place(diags->sources, span.start);
    if (start.file == NULL) {
        text_add(text, "null");
        return;
    }
    SourcePlace end = source_place(diags->sources, span.end > span.start ? span.end : span.start);
    Text path = {.arena = text->arena};
    add_safe(&path, start.file->path, strlen(start.file->path));
    text_add(text, "{\"file\":");
    text_quoted(text, text_get(&path), path.length);
    text_printf(text, ",\"line\":%u,\"column\":%u,\"end_line\":%u,\"end_column\":%u}", start.line,
                start.column, end.line, end.column);
}

static void json_text(Text *text, const char *string) {
    Text safe = {.arena = text->arena};
    add_safe(&safe, string, strlen(string));
    text_quoted(text, text_get(&safe), safe.length);
}

void diags_print_json(Diags *diags, FILE *out) {
    sort(diags);
    Text text = {.arena = diags->arena};
    for (uint32_t i = 0; i < diags->list.count; i++) {
        const Diag *diag = diags->list.items[i];
        text_printf(&text, "{\"severity\":\"%s\",\"code\":\"%s\",", severity_words[diag->severity],
                    diag_rows[diag->id].code);
        if (diag_rows[diag->id].warning != WARN_NONE) {
            text_printf(&text, "\"warning\":\"%s\",", warning_name(diag_rows[diag->id].warning));
        }
        text_add(&text, "\"message\":");
        json_text(&text, diag->text);
        text_add(&text, ",\"place\":");
        json_place(&text, diags, diag->span);
        text_add(&text, ",\"notes\":[");
        for (uint32_t k = 0; k < diag->parts.count; k++) {
            const DiagPart *part = &diag->parts.items[k];
            text_printf(&text, "%s{\"kind\":\"%s\",\"message\":", k > 0 ? "," : "",
                        part->is_help ? "help" : "note");
            json_text(&text, part->text);
            text_add(&text, ",\"place\":");
            json_place(&text, diags, part->span);
            text_char(&text, '}');
        }
        text_add(&text, "]}\n");
    }
    fputs(text_get(&text), out);
}

/* ---- remarks ---- */

static void sort_remarks(Diags *diags) {
    for (uint32_t i = 1; i < diags->remarks.count; i++) {
        Remark remark = diags->remarks.items[i];
        uint32_t k = i;
        for (; k > 0 && diags->remarks.items[k - 1].pos > remark.pos; k--) {
            diags->remarks.items[k] = diags->remarks.items[k - 1];
        }
        diags->remarks.items[k] = remark;
    }
}

void diags_print_remarks(Diags *diags, FILE *out, bool json) {
    sort_remarks(diags);
    Text text = {.arena = diags->arena};
    for (uint32_t i = 0; i < diags->remarks.count; i++) {
        const Remark *remark = &diags->remarks.items[i];
        if (json) {
            text_add(&text, "{\"severity\":\"remark\",\"message\":");
            json_text(&text, remark->text);
            text_add(&text, ",\"place\":");
            json_place(&text, diags, (Span){remark->pos, remark->pos});
            text_add(&text, "}\n");
            continue;
        }
        SourcePlace place = source_place(diags->sources, remark->pos);
        if (place.file != NULL) {
            add_safe(&text, place.file->path, strlen(place.file->path));
            text_printf(&text, ":%u:%u: ", place.line, place.column);
        }
        text_add(&text, "remark: ");
        add_safe(&text, remark->text, strlen(remark->text));
        text_char(&text, '\n');
    }
    fputs(text_get(&text), out);
}
