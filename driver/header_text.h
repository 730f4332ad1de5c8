/* Text of a generated header: comments, and lines that are not too long. */
#ifndef DRIVER_HEADER_TEXT_H
#define DRIVER_HEADER_TEXT_H

#include "ir/base/text.h"

/* A comment of its own lines: text of the source, in which nothing ends or begins a comment. "": nothing. */
void header_comment(Text *out, int indent, const char *text);

/* Adds whole lines, those that are too long broken. */
void header_lines(Text *out, const Text *body);

#endif
