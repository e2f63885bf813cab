/* doctor_show.c - findings for people and for programs. See doctor.h. */
#include "doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "record_json.h"
#include "wrap.h"

#define VALUE_COLUMN 21

static void print_under(const char *before, const char *text, FILE *out)
{
    char line[400];

    if (*text == '\0')
        return;
    snprintf(line, sizeof line, "      %s%s", before, text);
    csw_print_wrapped(line, out);
}

void csw_doctor_print(const struct csw_doctor *doctor, FILE *out)
{
    for (size_t i = 0; i < doctor->count; i++) {
        const struct csw_finding *finding = &doctor->finding[i];
        char line[300];

        snprintf(line, sizeof line, "%-4s  %-*s %s", csw_grade_name(finding->grade),
                 VALUE_COLUMN - 7, finding->what, finding->value);
        csw_print_wrapped(line, out);
        print_under("", finding->means, out);
        print_under("-> ", finding->remedy, out);
    }
    fprintf(out, "\n%s\n",
            csw_doctor_fit(doctor)
                ? "fit: a sweep measures this machine's cores; the notes are for reading it."
                : "unfit: mend what is bad first, or read a sweep's numbers with that in mind.");
}

static json_t *finding_json(const struct csw_finding *finding)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:s}", "grade", csw_grade_name(finding->grade), "what",
                     finding->what, "value", csw_text_json(finding->value), "means", finding->means,
                     "remedy", finding->remedy);
}

int csw_doctor_json(const struct csw_doctor *doctor, FILE *out, struct csw_err *err)
{
    json_t *findings = json_array();

    for (size_t i = 0; i < doctor->count; i++)
        json_array_append_new(findings, finding_json(&doctor->finding[i]));
    const bool whole = json_array_size(findings) == doctor->count;
    json_t *json = json_pack("{s:b, s:o}", "fit", csw_doctor_fit(doctor), "findings", findings);
    const int dumped = json && whole ? json_dumpf(json, out, JSON_INDENT(1)) : -1;

    json_decref(json);
    if (dumped != 0 && !ferror(out))
        return csw_fail(err, -ENOMEM, "no memory for the findings");
    fprintf(out, "\n");
    return 0;
}
