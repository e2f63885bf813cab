/* settings.c - see settings.h */
#include "settings.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "names.h"
#include "options.h"

#define MAX_DRIVERS 64

/* ---- of drivers ----------------------------------------------------------------------------- */

const struct csw_setting *csw_setting_of(const struct csw_driver *driver, const char *name)
{
    const struct csw_setting *setting = driver->settings;

    while (setting && setting->name && strcmp(setting->name, name) != 0)
        setting++;
    return setting && setting->name ? setting : NULL;
}

/* Whether one of the first `count` drivers has a setting of that name. */
static bool is_known(const char *name, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct csw_driver *driver = csw_driver_at(i)->driver;

        if (driver && csw_setting_of(driver, name))
            return true;
    }
    return false;
}

const struct csw_setting *csw_setting_at(size_t index)
{
    const struct csw_driver_entry *entry;

    for (size_t i = 0; (entry = csw_driver_at(i)); i++) {
        const struct csw_setting *setting = entry->driver ? entry->driver->settings : NULL;

        for (; setting && setting->name; setting++)
            if (!is_known(setting->name, i) && index-- == 0)
                return setting;
    }
    return NULL;
}

int csw_setting_refuse(const char *name, const char *not_here, struct csw_err *err)
{
    const char *names[MAX_DRIVERS];
    const struct csw_driver_entry *entry;
    size_t count = 0;
    char list[300];

    for (size_t i = 0; count < MAX_DRIVERS && (entry = csw_driver_at(i)); i++)
        if (entry->driver && csw_setting_of(entry->driver, name))
            names[count++] = entry->name;
    csw_names_text(names, count, list, sizeof list);
    return csw_fail(err, -EINVAL, "--%s is an option of %s, %s", name, list, not_here);
}

/* ---- chosen --------------------------------------------------------------------------------- */

/* A way through the combinations: `words` holds the settings before `setting`. */
struct choosing {
    const char *text, *words;
    const struct csw_setting *setting;
    int (*each)(const char *, void *, struct csw_err *);
    void *context;
};

static int choose_rest(const struct choosing *choosing, struct csw_err *err);

static int choose_resolved(const struct choosing *choosing, const char *value, struct csw_err *err)
{
    struct choosing next = *choosing;
    char *words;

    if (asprintf(&words, "%s%s%s=%s", choosing->words, *choosing->words ? " " : "",
                 choosing->setting->name, value) < 0)
        return csw_fail(err, -ENOMEM, "no memory for the options of a driver");
    next.words = words;
    next.setting++;
    const int code = choose_rest(&next, err);

    free(words);
    return code;
}

static int choose_value(const char *value, void *context, struct csw_err *err)
{
    const struct choosing *choosing = context;
    char *resolved = NULL;
    int code = choosing->setting->resolve(&resolved, value, err);

    if (code == 0)
        code = choose_resolved(choosing, resolved, err);
    free(resolved);
    return code;
}

static int choose_rest(const struct choosing *choosing, struct csw_err *err)
{
    const struct csw_setting *setting = choosing->setting;
    struct choosing at = *choosing;
    char *list;

    if (!setting || !setting->name)
        return choosing->each(choosing->words, choosing->context, err);
    int code = csw_option_value(choosing->text, setting->name, &list, err);

    if (code == 0)
        code = csw_for_each_word(list ? list : setting->fallback, choose_value, &at, err);
    free(list);
    return code;
}

int csw_for_each_settings(const struct csw_driver *driver, const char *text,
                          int (*each)(const char *, void *, struct csw_err *), void *context,
                          struct csw_err *err)
{
    const struct choosing choosing = {
        .text = text, .words = "", .setting = driver->settings, .each = each, .context = context};

    return choose_rest(&choosing, err);
}

static int check_single(const char *name, const char *value, void *context, struct csw_err *err)
{
    const struct csw_driver *driver = context;
    char not_here[80];

    if (!csw_setting_of(driver, name)) {
        snprintf(not_here, sizeof not_here, "not of driver '%s'", driver->name);
        return csw_setting_refuse(name, not_here, err);
    }
    if (strchr(value, ','))
        return csw_fail(err, -EINVAL, "--%s '%.200s' is a list; one point has one value", name,
                        value);
    return 0;
}

static int keep(const char *settings, void *context, struct csw_err *err)
{
    char **ret_settings = context;

    *ret_settings = strdup(settings);
    return *ret_settings ? 0 : csw_fail(err, -ENOMEM, "no memory for the options of a driver");
}

int csw_settings_choose(char **ret_settings, const struct csw_driver *driver, const char *text,
                        struct csw_err *err)
{
    const int code = csw_for_each_option(text, check_single, (void *)driver, err);

    return code < 0 ? code : csw_for_each_settings(driver, text, keep, ret_settings, err);
}

/* ---- in common ------------------------------------------------------------------------------ */

struct common {
    const struct csw_driver *driver;
    FILE *out;
    const char *blank;
};

static int print_common(const char *name, const char *value, void *context, struct csw_err *err)
{
    struct common *common = context;

    (void)err;
    if (csw_setting_of(common->driver, name)) {
        fprintf(common->out, "%s%s=%s", common->blank, name, value);
        common->blank = " ";
    }
    return 0;
}

int csw_settings_common(char **ret_settings, const char *settings, const struct csw_driver *driver,
                        struct csw_err *err)
{
    char *text = NULL;
    size_t size = 0;
    struct common common = {.driver = driver, .out = open_memstream(&text, &size), .blank = ""};

    if (!common.out)
        return csw_fail(err, -ENOMEM, "no memory for the options of a driver");
    const int code = csw_for_each_option(settings, print_common, &common, err);

    text = csw_stream_text(common.out, &text);
    if (code < 0 || !text) {
        free(text);
        return code < 0 ? code : csw_fail(err, -ENOMEM, "no memory for the options of a driver");
    }
    *ret_settings = text;
    return 0;
}

/* ---- in a job ------------------------------------------------------------------------------- */

int csw_setting_value(const struct csw_job *job, const char *name, char **ret_value,
                      struct csw_err *err)
{
    return csw_option_value(job->settings ? job->settings : "", name, ret_value, err);
}
