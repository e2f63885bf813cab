/*
 * test_options.c - options of kernels as text, as choices and as points of a plan. The registry is
 * this file's own: kernels that have options, and some in common.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/plan.h>

#include "harness/options.h"
#include "suite.h"

/* ---- a registry of its own: the linker takes these before those of kernels/ ------------------ */

static const char *no_square(const char *value)
{
    return strcmp(value, "square") == 0 ? "needs a square CPU" : NULL;
}

static const char *const shapes[] = {"round", "oval", "square", NULL};
static const char *const sizes[] = {"big", "small", NULL};
static const char *const shades[] = {"dark", "light", "grey", NULL};

static const struct csw_option disc_options[] = {
    {.name = "size", .help = "How large", .values = sizes},
    {.name = "shape", .help = "How round", .values = shapes, .missing = no_square},
    {0},
};
static const struct csw_option ball_options[] = {
    {.name = "shade", .help = "How dark", .values = shades},
    {.name = "size", .help = "Its own size", .values = sizes},
    {0},
};
static const struct csw_option many_options[CSW_MAX_OPTIONS + 2] = {
    {.name = "a", .values = sizes}, {.name = "b", .values = sizes}, {.name = "c", .values = sizes},
    {.name = "d", .values = sizes}, {.name = "e", .values = sizes},
};

/* Counts the items. */
static struct csw_tally plain_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return (struct csw_tally){.items = lo < hi ? hi - lo : 0};
}

#define KERNEL(name_, options_)                                                                    \
    {                                                                                              \
        .abi = CSW_KERNEL_ABI, .name = name_, .unit = "items", .tasks = "10", .scan = plain_scan,  \
        .options = options_                                                                        \
    }

static const struct csw_kernel registry[] = {KERNEL("plain", NULL), KERNEL("disc", disc_options),
                                             KERNEL("ball", ball_options)};
static const struct csw_kernel *const plain = &registry[0], *const disc = &registry[1],
                                      *const ball = &registry[2];
static const struct csw_kernel many = KERNEL("many", many_options);

const struct csw_kernel *csw_kernel_at(size_t index)
{
    return index < COUNT(registry) ? &registry[index] : NULL;
}

const struct csw_kernel *csw_kernel_find(const char *name)
{
    for (size_t i = 0; i < COUNT(registry); i++)
        if (strcmp(registry[i].name, name) == 0)
            return &registry[i];
    return NULL;
}

const char *csw_kernel_missing(const struct csw_kernel *kernel)
{
    (void)kernel;
    return NULL;
}

/* ---- of kernels ----------------------------------------------------------------------------- */

static void a_kernel_knows_its_options_by_name(void)
{
    CU_ASSERT_EQUAL(csw_options_count(plain), 0);
    CU_ASSERT_EQUAL(csw_options_count(disc), 2);
    CU_ASSERT_EQUAL(csw_options_count(&many), CSW_MAX_OPTIONS);
    CU_ASSERT_PTR_EQUAL(csw_option_of(disc, "shape"), &disc_options[1]);
    CU_ASSERT_PTR_NULL(csw_option_of(disc, "shade"));
    CU_ASSERT_PTR_NULL(csw_option_of(disc, "shap"));
    CU_ASSERT_PTR_NULL(csw_option_of(plain, "shape"));
    CU_ASSERT_PTR_NULL(csw_option_of(&many, "e"));
}

static void an_option_of_several_kernels_is_one(void)
{
    CU_ASSERT_PTR_EQUAL(csw_option_at(0), &disc_options[0]);
    CU_ASSERT_PTR_EQUAL(csw_option_at(1), &disc_options[1]);
    CU_ASSERT_PTR_EQUAL(csw_option_at(2), &ball_options[0]);
    CU_ASSERT_PTR_NULL(csw_option_at(3));
    CU_ASSERT_PTR_NULL(csw_option_at(SIZE_MAX));
}

static void an_option_that_does_not_belong_names_its_kernels(void)
{
    struct csw_err err;

    CU_ASSERT_EQUAL(csw_option_refuse("size", "not of mine", &err), -EINVAL);
    CU_ASSERT_STRING_EQUAL(err.text, "--size is an option of disc and ball, not of mine");
    CU_ASSERT_EQUAL(csw_option_refuse("weight", "not of mine", &err), -EINVAL);
    CU_ASSERT_STRING_EQUAL(err.text, "no kernel has an option 'weight'");
}

/* ---- as text -------------------------------------------------------------------------------- */

/* Notes "name:value|"; stops at the value "stop". */
static int note_word(const char *name, const char *value, void *context, struct csw_err *err)
{
    char *noted = context;

    sprintf(noted + strlen(noted), "%s:%s|", name, value);
    return strcmp(value, "stop") == 0 ? csw_fail(err, -EIO, "told to stop") : 0;
}

static void words_are_read_in_order(void)
{
    static const struct {
        const char *text, *noted;
        int code;
    } rows[] = {
        {"", "", 0},
        {"a=b", "a:b|", 0},
        {"a=b c=d,e", "a:b|c:d,e|", 0},
        {"a=b=c d=", "a:b=c|d:|", 0},
        {"a=stop b=c", "a:stop|", -EIO},
        {"a", "", -EINVAL},
        {"a=b c", "a:b|", -EINVAL},
        {" a=b", "", -EINVAL},
        {"a=b  c=d", "a:b|", -EINVAL},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char noted[100] = "";
        struct csw_err err = {0};

        CHECK(rows[i].text,
              csw_for_each_option(rows[i].text, note_word, noted, &err) == rows[i].code);
        CHECK(rows[i].text, strcmp(noted, rows[i].noted) == 0);
        CHECK(rows[i].text, err.code == rows[i].code);
    }
}

static void options_are_set_in_any_order_and_kept_sorted(void)
{
    static const struct {
        const char *name, *value, *text;
    } rows[] = {
        {"m", "1", "m=1"},
        {"z", "2", "m=1 z=2"},
        {"a", "3,4", "a=3,4 m=1 z=2"},
        {"m", "", "a=3,4 m= z=2"},
        {"n", "5", "a=3,4 m= n=5 z=2"},
        {"a", "6", "a=6 m= n=5 z=2"},
        {"z", "7", "a=6 m= n=5 z=7"},
    };
    char *text = NULL;

    for (size_t i = 0; i < COUNT(rows); i++) {
        CU_ASSERT_EQUAL_FATAL(csw_options_set(&text, rows[i].name, rows[i].value, NULL), 0);
        CU_ASSERT_STRING_EQUAL(text, rows[i].text);
    }
    free(text);
}

static void a_value_with_a_blank_and_a_text_without_words_are_refused(void)
{
    char *text = strdup("nonsense");
    struct csw_err err;

    CU_ASSERT_EQUAL(csw_options_set(&text, "size", "big shape=oval", &err), -EINVAL);
    must_say(err.text, "--size 'big shape=oval' has a blank in it");
    CU_ASSERT_EQUAL(csw_options_set(&text, "size", "big", &err), -EINVAL);
    must_say(err.text, "'nonsense'");
    CU_ASSERT_STRING_EQUAL(text, "nonsense");
    free(text);
}

static void a_title_has_the_options_where_there_are_some(void)
{
    char title[CSW_TITLE_SIZE], long_text[2 * CSW_TITLE_SIZE];

    csw_kernel_title("plain", "", title);
    CU_ASSERT_STRING_EQUAL(title, "plain");
    csw_kernel_title("plain", NULL, title);
    CU_ASSERT_STRING_EQUAL(title, "plain");
    csw_kernel_title("disc", "size=big shape=oval", title);
    CU_ASSERT_STRING_EQUAL(title, "disc (size=big shape=oval)");
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    csw_kernel_title("disc", long_text, title);
    CU_ASSERT_EQUAL(strlen(title), CSW_TITLE_SIZE - 1);
}

/* ---- chosen --------------------------------------------------------------------------------- */

static void check_choice(const struct csw_kernel *kernel, const char *text, const char *canonical)
{
    uint8_t choice[CSW_MAX_OPTIONS] = {9, 9, 9, 9};

    CU_ASSERT_EQUAL_FATAL(csw_options_choose(choice, kernel, text, NULL), 0);
    char *chosen = csw_options_text(kernel, choice);

    CHECK(text, chosen && strcmp(chosen, canonical) == 0);
    free(chosen);
}

static void what_is_not_named_is_the_default_and_all_options_are_recorded(void)
{
    check_choice(plain, "", "");
    check_choice(disc, "", "size=big shape=round");
    check_choice(disc, "shape=oval", "size=big shape=oval");
    check_choice(disc, "shape=oval size=small", "size=small shape=oval");
    check_choice(ball, "shade=grey", "shade=grey size=big");
    check_choice(&many, "d=small", "a=big b=big c=big d=small");
}

static void bad_choices_are_refused_with_a_hint(void)
{
    static const struct {
        const char *text;
        int code;
        const char *hint;
    } rows[] = {
        {"shape=ovl", -EINVAL, "unknown shape 'ovl'; did you mean 'oval'? there are round, oval"},
        {"shape=round,oval", -EINVAL, "unknown shape 'round,oval'"},
        {"shape=", -EINVAL, "unknown shape ''; there are round, oval and square"},
        {"shade=dark", -EINVAL, "--shade is an option of ball, not of kernel 'disc'"},
        {"colour=dark", -EINVAL, "no kernel has an option 'colour'"},
        {"shape=square", -ENOTSUP,
         "--shape square of kernel 'disc' cannot be used here: needs a square CPU"},
        {"shape", -EINVAL, "'shape'"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t choice[CSW_MAX_OPTIONS] = {7, 7, 7, 7};
        struct csw_err err = {0};

        CHECK(rows[i].text, csw_options_choose(choice, disc, rows[i].text, &err) == rows[i].code);
        CHECK(rows[i].text, choice[0] == 7 && choice[1] == 7);
        must_say(err.text, rows[i].hint);
    }
}

/* Notes "size=big shape=round|". */
static int note_choice(const uint8_t choice[CSW_MAX_OPTIONS], void *context, struct csw_err *err)
{
    char *noted = context, *text = csw_options_text(disc, choice);

    (void)err;
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    sprintf(noted + strlen(noted), "%s|", text);
    free(text);
    return 0;
}

static void lists_make_every_combination_the_last_option_fastest(void)
{
    static const struct {
        const char *text, *noted;
        int code;
    } rows[] = {
        {"", "size=big shape=round|", 0},
        {"shade=grey", "size=big shape=round|", 0},
        {"shape=oval,round", "size=big shape=oval|size=big shape=round|", 0},
        {"shape=oval,round size=small,big",
         "size=small shape=oval|size=small shape=round|size=big shape=oval|size=big shape=round|",
         0},
        {"shape=oval,flat", "size=big shape=oval|", -EINVAL},
        {"shape=oval,", "size=big shape=oval|", -EINVAL},
        {"shape=square", "", -ENOTSUP},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char noted[200] = "";
        struct csw_err err = {0};

        CHECK(rows[i].text,
              csw_for_each_choice(disc, rows[i].text, note_choice, noted, &err) == rows[i].code);
        CHECK(rows[i].text, strcmp(noted, rows[i].noted) == 0);
        CHECK(rows[i].text, err.code == rows[i].code);
    }
}

static void every_task_of_a_workload_gets_the_choice(void)
{
    static const uint8_t choice[CSW_MAX_OPTIONS] = {1, 2, 0, 3};
    struct csw_workload workload;

    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&workload, "5,6,7", NULL), 0);
    for (size_t i = 0; i < workload.count; i++)
        for (size_t k = 0; k < CSW_MAX_OPTIONS; k++)
            CU_ASSERT_EQUAL(workload.tasks[i].choice[k], 0);
    csw_workload_choose(&workload, choice);
    for (size_t i = 0; i < workload.count; i++)
        CU_ASSERT_EQUAL(memcmp(workload.tasks[i].choice, choice, sizeof choice), 0);
    CU_ASSERT_EQUAL(workload.tasks[2].n, 7);
    csw_workload_release(&workload);
}

/* ---- series and points ---------------------------------------------------------------------- */

static struct csw_plan plan_with(const char *kernels, const char *options)
{
    return (struct csw_plan){.kernel = strdup(kernels),
                             .options = strdup(options),
                             .driver = strdup("serial,pthread"),
                             .workers = strdup("auto"),
                             .tasks = strdup("auto"),
                             .schedule = strdup("static,whole")};
}

static void the_lists_of_a_plan_make_series_of_the_kernels_that_have_them(void)
{
    static const char *const expected[][3] = {
        {"plain", "", "static"},
        {"plain", "", "whole"},
        {"disc", "size=big shape=oval", "static"},
        {"disc", "size=big shape=oval", "whole"},
        {"disc", "size=big shape=round", "static"},
        {"disc", "size=big shape=round", "whole"},
        {"ball", "shade=grey size=big", "static"},
        {"ball", "shade=grey size=big", "whole"},
    };
    struct csw_plan plan = plan_with("plain,disc,ball,disc", "shade=grey shape=oval,round,oval");
    struct csw_series_list list = {0};

    CU_ASSERT_EQUAL_FATAL(csw_series_init(&list, &plan, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(list.count, COUNT(expected));
    for (size_t i = 0; i < list.count; i++) {
        CU_ASSERT_STRING_EQUAL(list.series[i].kernel, expected[i][0]);
        CU_ASSERT_STRING_EQUAL(list.series[i].options, expected[i][1]);
        CU_ASSERT_STRING_EQUAL(list.series[i].schedule, expected[i][2]);
    }
    csw_series_release(&list);
    csw_plan_release(&plan);
}

static void a_plan_with_options_that_do_not_fit_is_refused(void)
{
    static const struct {
        const char *kernels, *options;
        int code;
        const char *hint;
    } rows[] = {
        {"plain", "size=big", -EINVAL,
         "--size is an option of disc and ball, not of the kernels of this sweep"},
        {"plain,disc", "shade=dark", -EINVAL, "--shade is an option of ball, not of the kernels"},
        {"plain,disc", "weight=1", -EINVAL, "no kernel has an option 'weight'"},
        {"disc,ball", "size=big,smal", -EINVAL, "unknown size 'smal'; did you mean 'small'?"},
        {"disc", "shape=round,square", -ENOTSUP, "needs a square CPU"},
        {"disc", "shape=,round", -EINVAL, "empty element"},
        {"disc", "shape", -EINVAL, "'shape'"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct csw_plan plan = plan_with(rows[i].kernels, rows[i].options);
        struct csw_series_list list = {.count = 77};
        struct csw_err err = {0};

        CHECK(rows[i].options, csw_series_init(&list, &plan, &err) == rows[i].code);
        CHECK(rows[i].options, list.count == 77);
        must_say(err.text, rows[i].hint);
        csw_plan_release(&plan);
    }
}

static void every_choice_has_its_own_serial_base(void)
{
    static const char *const expected[][3] = {
        {"shade=dark size=small", "whole", "serial"},
        {"shade=dark size=small", "static", "pthread"},
        {"shade=dark size=small", "whole", "pthread"},
        {"shade=light size=small", "whole", "serial"},
        {"shade=light size=small", "static", "pthread"},
        {"shade=light size=small", "whole", "pthread"},
    };
    struct csw_plan plan = plan_with("ball", "shade=dark,light size=small");
    struct csw_series_list list = {0};

    CU_ASSERT_EQUAL_FATAL(csw_series_init(&list, &plan, NULL), 0);
    CU_ASSERT_EQUAL(csw_plan_fill(&plan, &list, &(struct csw_room){1, 1}, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(plan.count, COUNT(expected));
    for (size_t i = 0; i < plan.count; i++) {
        CU_ASSERT_STRING_EQUAL(plan.points[i].options, expected[i][0]);
        CU_ASSERT_STRING_EQUAL(plan.points[i].schedule, expected[i][1]);
        CU_ASSERT_STRING_EQUAL(plan.points[i].driver, expected[i][2]);
    }
    csw_series_release(&list);
    csw_plan_release(&plan);
}

static const struct test tests[] = {
    TEST(a_kernel_knows_its_options_by_name),
    TEST(an_option_of_several_kernels_is_one),
    TEST(an_option_that_does_not_belong_names_its_kernels),
    TEST(words_are_read_in_order),
    TEST(options_are_set_in_any_order_and_kept_sorted),
    TEST(a_value_with_a_blank_and_a_text_without_words_are_refused),
    TEST(a_title_has_the_options_where_there_are_some),
    TEST(what_is_not_named_is_the_default_and_all_options_are_recorded),
    TEST(bad_choices_are_refused_with_a_hint),
    TEST(lists_make_every_combination_the_last_option_fastest),
    TEST(every_task_of_a_workload_gets_the_choice),
    TEST(the_lists_of_a_plan_make_series_of_the_kernels_that_have_them),
    TEST(a_plan_with_options_that_do_not_fit_is_refused),
    TEST(every_choice_has_its_own_serial_base),
};

int main(void)
{
    return RUN_TESTS("options", tests);
}
