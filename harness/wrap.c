/* wrap.c - see wrap.h */
#include "wrap.h"

#include <string.h>

#define INDENT "      "

/* Writes the words of the line up to its end. */
static void print_line(const char *line, FILE *out)
{
    const size_t length = strcspn(line, "\n");
    size_t column = 0;

    for (size_t at = 0; at < length;) {
        const size_t blanks = strspn(line + at, " "), word = strcspn(line + at + blanks, " \n");

        if (column > 0 && column + blanks + word > CSW_WRAP_COLUMNS) {
            fprintf(out, "\n" INDENT "%.*s", (int)word, line + at + blanks);
            column = strlen(INDENT) + word;
        } else {
            fprintf(out, "%.*s", (int)(blanks + word), line + at);
            column += blanks + word;
        }
        at += blanks + word;
    }
    fprintf(out, "\n");
}

void csw_print_wrapped(const char *text, FILE *out)
{
    while (*text) {
        print_line(text, out);
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
}
