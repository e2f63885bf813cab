/* err.c - see err.h */
#include <coresweep/err.h>

#include <stdarg.h>
#include <stdio.h>

int csw_fail(struct csw_err *err, int code, const char *format, ...)
{
    if (err) {
        va_list arguments;

        err->code = code;
        va_start(arguments, format);
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
    }
    return code;
}
