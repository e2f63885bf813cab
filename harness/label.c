/* label.c - see label.h */
#include "label.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

const char *csw_point_runtime(const struct csw_results *results, size_t point)
{
    for (size_t i = 0; i < results->samples; i++)
        if (results->sample[i].point == point && results->sample[i].runtime)
            return results->sample[i].runtime;
    return "";
}

/* What csw_for_each_option carries from word to word. */
struct labelling {
    const struct csw_results *results;
    size_t point;
    char *text; /* CSW_LABEL_SIZE */
};

static bool has_other_value(const struct csw_point *point, const char *name, const char *value)
{
    char *there = NULL;
    const bool differs =
        csw_option_value(point->settings ? point->settings : "", name, &there, NULL) == 0 &&
        there && strcmp(there, value) != 0;

    free(there);
    return differs;
}

/* Whether the setting tells points of the driver apart. */
static bool tells(const struct labelling *labelling, const char *name, const char *value)
{
    const struct csw_plan *plan = &labelling->results->plan;
    const char *driver = plan->points[labelling->point].driver;

    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->points[i].driver, driver) == 0 &&
            has_other_value(&plan->points[i], name, value))
            return true;
    return false;
}

/* The part of a runtime before its first comma, "CPython 3.11.2", or the last one of the path. */
static void append_file(const struct labelling *labelling, const char *path)
{
    const size_t used = strlen(labelling->text);
    const char *runtime = csw_point_runtime(labelling->results, labelling->point);

    if (*runtime)
        snprintf(labelling->text + used, CSW_LABEL_SIZE - used, " %.*s", (int)strcspn(runtime, ","),
                 runtime);
    else
        snprintf(labelling->text + used, CSW_LABEL_SIZE - used, " %s", strrchr(path, '/') + 1);
}

static int append(const char *name, const char *value, void *context, struct csw_err *err)
{
    const struct labelling *labelling = context;
    const size_t used = strlen(labelling->text);

    (void)err;
    if (!tells(labelling, name, value))
        return 0;
    if (strchr(value, '/'))
        append_file(labelling, value);
    else
        snprintf(labelling->text + used, CSW_LABEL_SIZE - used, " %s", value);
    return 0;
}

void csw_point_label(const struct csw_results *results, size_t point, char ret_text[CSW_LABEL_SIZE])
{
    const struct csw_point *at = &results->plan.points[point];
    struct labelling labelling = {.results = results, .point = point, .text = ret_text};

    snprintf(ret_text, CSW_LABEL_SIZE, "%s", at->driver);
    csw_for_each_option(at->settings ? at->settings : "", append, &labelling, NULL);
}
