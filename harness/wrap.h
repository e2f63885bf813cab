/* wrap.h - text for people in lines of at most 100 columns, as wide as the tables. */
#ifndef CSW_WRAP_H
#define CSW_WRAP_H

#include <stdio.h>

#define CSW_WRAP_COLUMNS 100

/*
 * Writes the lines of the text. One that is too long goes on, at a blank, in lines that are
 * indented by six; words stay whole.
 */
void csw_print_wrapped(const char *text, FILE *out);

#endif
