/* options.c - see options.h */
#include "options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "names.h"

/* ---- of kernels ----------------------------------------------------------------------------- */

size_t csw_options_count(const struct csw_kernel *kernel)
{
    size_t count = 0;

    while (kernel->options && count < CSW_MAX_OPTIONS && kernel->options[count].name)
        count++;
    return count;
}

const struct csw_option *csw_option_of(const struct csw_kernel *kernel, const char *name)
{
    for (size_t k = 0; k < csw_options_count(kernel); k++)
        if (strcmp(kernel->options[k].name, name) == 0)
            return &kernel->options[k];
    return NULL;
}

/* Whether one of the first `count` kernels has an option of that name. */
static bool is_known(const char *name, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (csw_option_of(csw_kernel_at(i), name))
            return true;
    return false;
}

const struct csw_option *csw_option_at(size_t index)
{
    const struct csw_kernel *kernel;

    for (size_t i = 0; (kernel = csw_kernel_at(i)); i++)
        for (size_t k = 0; k < csw_options_count(kernel); k++)
            if (!is_known(kernel->options[k].name, i) && index-- == 0)
                return &kernel->options[k];
    return NULL;
}

int csw_option_refuse(const char *name, const char *not_here, struct csw_err *err)
{
    const char *names[32];
    const struct csw_kernel *kernel;
    size_t count = 0;
    char list[200];

    for (size_t i = 0; count < sizeof names / sizeof *names && (kernel = csw_kernel_at(i)); i++)
        if (csw_option_of(kernel, name))
            names[count++] = kernel->name;
    if (count == 0)
        return csw_fail(err, -EINVAL, "no kernel has an option '%.40s'", name);
    csw_names_text(names, count, list, sizeof list);
    return csw_fail(err, -EINVAL, "--%s is an option of %s, %s", name, list, not_here);
}

/* ---- as text -------------------------------------------------------------------------------- */

int csw_for_each_option(const char *text,
                        int (*each)(const char *, const char *, void *, struct csw_err *),
                        void *context, struct csw_err *err)
{
    char *copy = strdup(text), *rest = copy;
    int code = copy ? 0 : csw_fail(err, -ENOMEM, "no memory for options");

    while (code == 0 && rest && *rest) {
        char *value = strsep(&rest, " ");
        const char *name = strsep(&value, "=");

        code = value ? each(name, value, context, err)
                     : csw_fail(err, -EINVAL, "'%.40s' in '%.200s' is not an option's name=value",
                                name, text);
    }
    free(copy);
    return code;
}

/* What csw_for_each_option carries while a word is put among the others. */
struct merging {
    FILE *out;
    const char *name, *value, *blank;
    bool placed;
};

static void print_word(struct merging *merging, const char *name, const char *value)
{
    fprintf(merging->out, "%s%s=%s", merging->blank, name, value);
    merging->blank = " ";
}

static int merge_word(const char *name, const char *value, void *context, struct csw_err *err)
{
    struct merging *merging = context;
    const int order = strcmp(merging->name, name);

    (void)err;
    if (order <= 0 && !merging->placed) {
        print_word(merging, merging->name, merging->value);
        merging->placed = true;
    }
    if (order != 0)
        print_word(merging, name, value);
    return 0;
}

int csw_options_set(char **text, const char *name, const char *value, struct csw_err *err)
{
    char *merged = NULL;
    size_t size = 0;

    if (strchr(value, ' '))
        return csw_fail(err, -EINVAL, "--%s '%.40s' has a blank in it; values have commas between",
                        name, value);
    struct merging merging = {
        .out = open_memstream(&merged, &size), .name = name, .value = value, .blank = ""};

    if (!merging.out)
        return csw_fail(err, -ENOMEM, "no memory for options");
    const int code = csw_for_each_option(*text ? *text : "", merge_word, &merging, err);

    if (code == 0 && !merging.placed)
        print_word(&merging, name, value);
    merged = csw_stream_text(merging.out, &merged);
    if (code < 0 || !merged) {
        free(merged);
        return code < 0 ? code : csw_fail(err, -ENOMEM, "no memory for options");
    }
    free(*text);
    *text = merged;
    return 0;
}

int csw_option_value(const char *text, const char *name, char **ret_value, struct csw_err *err)
{
    const size_t length = strlen(name);
    const char *word = text;

    while (*word && (strncmp(word, name, length) != 0 || word[length] != '=')) {
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    *ret_value = NULL;
    if (!*word)
        return 0;
    word += length + 1;
    *ret_value = strndup(word, strcspn(word, " "));
    return *ret_value ? 0 : csw_fail(err, -ENOMEM, "no memory for options");
}

/* ---- chosen --------------------------------------------------------------------------------- */

/* Sets the choice of one option, a value of which is typed by the user. */
static int choose(uint8_t choice[CSW_MAX_OPTIONS], const struct csw_kernel *kernel,
                  const struct csw_option *option, const char *value, struct csw_err *err)
{
    size_t index = 0, count = 0;

    while (option->values[count])
        count++;
    while (index < count && strcmp(option->values[index], value) != 0)
        index++;
    if (index == count)
        return csw_unknown(err, option->name, value, option->values, count);
    const char *missing = option->missing ? option->missing(value) : NULL;

    if (missing)
        return csw_fail(err, -ENOTSUP, "--%s %s of kernel '%s' cannot be used here: %s",
                        option->name, value, kernel->name, missing);
    choice[option - kernel->options] = (uint8_t)index;
    return 0;
}

/* A way through the combinations: the options before `level` are chosen. */
struct choosing {
    const struct csw_kernel *kernel;
    const char *text;
    uint8_t choice[CSW_MAX_OPTIONS];
    size_t level;
    int (*each)(const uint8_t *, void *, struct csw_err *);
    void *context;
};

static int choose_rest(struct choosing *choosing, struct csw_err *err);

static int choose_value(const char *value, void *context, struct csw_err *err)
{
    struct choosing *choosing = context;
    const struct csw_kernel *kernel = choosing->kernel;
    int code = choose(choosing->choice, kernel, &kernel->options[choosing->level], value, err);

    if (code < 0)
        return code;
    choosing->level++;
    code = choose_rest(choosing, err);
    choosing->level--;
    return code;
}

static int choose_rest(struct choosing *choosing, struct csw_err *err)
{
    const struct csw_kernel *kernel = choosing->kernel;

    if (choosing->level == csw_options_count(kernel))
        return choosing->each(choosing->choice, choosing->context, err);
    const struct csw_option *option = &kernel->options[choosing->level];
    char *list;
    int code = csw_option_value(choosing->text, option->name, &list, err);

    if (code == 0)
        code = csw_for_each_word(list ? list : option->values[0], choose_value, choosing, err);
    free(list);
    return code;
}

int csw_for_each_choice(const struct csw_kernel *kernel, const char *text,
                        int (*each)(const uint8_t *, void *, struct csw_err *), void *context,
                        struct csw_err *err)
{
    struct choosing choosing = {.kernel = kernel, .text = text, .each = each, .context = context};

    return choose_rest(&choosing, err);
}

/* What csw_options_choose carries from word to word. */
struct chosen {
    const struct csw_kernel *kernel;
    uint8_t choice[CSW_MAX_OPTIONS];
};

static int choose_word(const char *name, const char *value, void *context, struct csw_err *err)
{
    struct chosen *chosen = context;
    const struct csw_option *option = csw_option_of(chosen->kernel, name);
    char not_here[80];

    if (option)
        return choose(chosen->choice, chosen->kernel, option, value, err);
    snprintf(not_here, sizeof not_here, "not of kernel '%s'", chosen->kernel->name);
    return csw_option_refuse(name, not_here, err);
}

int csw_options_choose(uint8_t ret_choice[CSW_MAX_OPTIONS], const struct csw_kernel *kernel,
                       const char *text, struct csw_err *err)
{
    struct chosen chosen = {.kernel = kernel};
    const int code = csw_for_each_option(text, choose_word, &chosen, err);

    if (code == 0)
        memcpy(ret_choice, chosen.choice, sizeof chosen.choice);
    return code;
}

char *csw_options_text(const struct csw_kernel *kernel, const uint8_t choice[CSW_MAX_OPTIONS])
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t k = 0; k < csw_options_count(kernel); k++)
        fprintf(out, "%s%s=%s", k > 0 ? " " : "", kernel->options[k].name,
                kernel->options[k].values[choice[k]]);
    return csw_stream_text(out, &text);
}

void csw_workload_choose(struct csw_workload *workload, const uint8_t choice[CSW_MAX_OPTIONS])
{
    for (size_t i = 0; i < workload->count; i++)
        memcpy(workload->tasks[i].choice, choice, sizeof workload->tasks[i].choice);
}

/* ---- shown ---------------------------------------------------------------------------------- */

void csw_kernel_title(const char *kernel, const char *options, char ret_text[CSW_TITLE_SIZE])
{
    if (options && *options)
        snprintf(ret_text, CSW_TITLE_SIZE, "%s (%s)", kernel, options);
    else
        snprintf(ret_text, CSW_TITLE_SIZE, "%s", kernel);
}
