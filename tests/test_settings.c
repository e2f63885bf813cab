/* test_settings.c - what a driver leaves to its user, as text and in combinations. */
#include "harness/settings.h"

#include <CUnit/CUnit.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/options.h"
#include "suite.h"

/* Allows what begins with a letter; in records it stands in lower case. */
static int lower(char **ret_value, const char *value, struct csw_err *err)
{
    if (!isalpha((unsigned char)*value))
        return csw_fail(err, -EINVAL, "'%s' does not begin with a letter", value);
    *ret_value = strdup(value);
    for (char *at = *ret_value; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return 0;
}

static const struct csw_setting settings[] = {
    {.name = "calls", .argument = "WAY", .help = "How", .fallback = "plain", .resolve = lower},
    {.name = "file", .argument = "FILE", .help = "Which", .fallback = "a", .resolve = lower},
    {.name = NULL}};

static const struct csw_driver both = {.name = "both", .settings = settings};
static const struct csw_driver second = {.name = "second", .settings = settings + 1};
static const struct csw_driver none = {.name = "none"};

static int join(const char *words, void *context, struct csw_err *err)
{
    char *text = context;

    (void)err;
    strcat(text, "[");
    strcat(text, words);
    strcat(text, "]");
    return 0;
}

static void must_combine(const struct csw_driver *driver, const char *text, const char *expected)
{
    char got[400] = "";

    CU_ASSERT_EQUAL(csw_for_each_settings(driver, text, join, got, NULL), 0);
    CU_ASSERT_STRING_EQUAL(got, expected);
}

static void a_driver_without_settings_has_one_empty_combination(void)
{
    must_combine(&none, "", "[]");
    must_combine(&none, "file=x", "[]");
}

static void what_the_user_leaves_out_has_its_fallback(void)
{
    must_combine(&both, "", "[calls=plain file=a]");
    must_combine(&both, "file=X", "[calls=plain file=x]");
}

static void lists_make_every_combination_with_the_last_setting_changing_fastest(void)
{
    must_combine(&both, "calls=c,d file=x,y",
                 "[calls=c file=x][calls=c file=y][calls=d file=x][calls=d file=y]");
    must_combine(&second, "calls=c,d file=x,y", "[file=x][file=y]");
}

static void a_bad_value_ends_the_combinations_with_its_sentence(void)
{
    char got[400] = "";
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(csw_for_each_settings(&both, "file=x,7", join, got, &err), -EINVAL);
    must_say(err.text, "'7' does not begin with a letter");
    CU_ASSERT_STRING_EQUAL(got, "[calls=plain file=x]");
}

static void one_point_takes_one_value_of_its_own_drivers_settings(void)
{
    char *text = NULL;
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(csw_settings_choose(&text, &both, "file=B", &err), 0);
    CU_ASSERT_STRING_EQUAL(text, "calls=plain file=b");
    free(text);
    CU_ASSERT_EQUAL(csw_settings_choose(&text, &both, "file=a,b", &err), -EINVAL);
    must_say(err.text, "--file 'a,b' is a list; one point has one value");
    CU_ASSERT_EQUAL(csw_settings_choose(&text, &second, "calls=c", &err), -EINVAL);
    must_say(err.text, "not of driver 'second'");
}

static void a_base_keeps_the_words_that_it_has_in_common(void)
{
    char *text = NULL;

    CU_ASSERT_EQUAL(csw_settings_common(&text, "calls=c file=x", &second, NULL), 0);
    CU_ASSERT_STRING_EQUAL(text, "file=x");
    free(text);
    CU_ASSERT_EQUAL(csw_settings_common(&text, "calls=c file=x", &none, NULL), 0);
    CU_ASSERT_STRING_EQUAL(text, "");
    free(text);
}

static void a_job_tells_its_driver_what_was_chosen(void)
{
    const struct csw_job job = {.settings = "calls=c file=x"}, nothing = {0};
    char *value = NULL;

    CU_ASSERT_EQUAL(csw_setting_value(&job, "file", &value, NULL), 0);
    CU_ASSERT_STRING_EQUAL(value, "x");
    free(value);
    CU_ASSERT_EQUAL(csw_setting_value(&job, "fil", &value, NULL), 0);
    CU_ASSERT_PTR_NULL(value);
    CU_ASSERT_EQUAL(csw_setting_value(&nothing, "file", &value, NULL), 0);
    CU_ASSERT_PTR_NULL(value);
}

/* Over the registry: names are words, no two with the same one, every fallback can be resolved. */
static void every_registered_setting_is_named_once_and_not_like_an_option_of_a_kernel(void)
{
    const struct csw_setting *setting;

    for (size_t i = 0; (setting = csw_setting_at(i)); i++) {
        CHECK(setting->name, setting->argument && setting->help && setting->fallback);
        CHECK(setting->name, setting->resolve != NULL);
        CHECK(setting->name, strspn(setting->name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
                                 strlen(setting->name));
        for (size_t j = 0; j < i; j++)
            CHECK(setting->name, strcmp(csw_setting_at(j)->name, setting->name) != 0);
        for (size_t k = 0; csw_option_at(k); k++)
            CHECK(setting->name, strcmp(csw_option_at(k)->name, setting->name) != 0);
    }
}

static const struct test tests[] = {
    TEST(a_driver_without_settings_has_one_empty_combination),
    TEST(what_the_user_leaves_out_has_its_fallback),
    TEST(lists_make_every_combination_with_the_last_setting_changing_fastest),
    TEST(a_bad_value_ends_the_combinations_with_its_sentence),
    TEST(one_point_takes_one_value_of_its_own_drivers_settings),
    TEST(a_base_keeps_the_words_that_it_has_in_common),
    TEST(a_job_tells_its_driver_what_was_chosen),
    TEST(every_registered_setting_is_named_once_and_not_like_an_option_of_a_kernel),
};

int main(void)
{
    return RUN_TESTS("settings", tests);
}
