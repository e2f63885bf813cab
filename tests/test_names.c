/*
 * test_names.c - a name that does not exist is answered with the nearest one and with all that
 * exist; lists of words are walked in order, and an empty element is refused.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/names.h"
#include "suite.h"

/* ---- kernels and drivers -------------------------------------------------------------------- */

static void every_kernel_is_found_by_its_name(void)
{
    for (size_t i = 0; csw_kernel_at(i); i++) {
        const struct csw_kernel *expect = csw_kernel_at(i), *kernel = NULL;
        const bool here = !csw_kernel_missing(expect);
        struct csw_err err = {0};
        const int code = csw_kernel_require(&kernel, expect->name, &err);

        CHECK(expect->name, code == (here ? 0 : -ENOTSUP));
        CHECK(expect->name, kernel == (here ? expect : NULL));
    }
}

static void every_driver_is_found_or_its_missing_library_named(void)
{
    for (size_t i = 0; csw_driver_at(i); i++) {
        const struct csw_driver_entry *entry = csw_driver_at(i);
        const struct csw_driver *driver = NULL;
        struct csw_err err = {0};
        const int code = csw_driver_require(&driver, entry->name, &err);

        CHECK(entry->name, code == (entry->driver ? 0 : -ENOTSUP));
        CHECK(entry->name, driver == entry->driver);
        CHECK(entry->name, entry->driver || strstr(err.text, entry->missing));
    }
}

static void a_near_name_is_suggested(void)
{
    static const struct {
        const char *typed, *meant;
    } rows[] = {
        {"tril", "trial"},   {"trail", "trial"},      {"trial ", "trial"}, {"trials", "trial"},
        {"sqr", "sqrt"},     {"root", "roots"},       {"cuont", "count"},  {"opnmp", "openmp"},
        {"openm", "openmp"}, {"pthreads", "pthread"}, {"frok", "fork"},    {"seral", "serial"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct csw_kernel *kernel = NULL;
        const struct csw_driver *driver = NULL;
        struct csw_err err = {0};
        char suggestion[80];
        const int code = csw_kernel_find(rows[i].meant)
                             ? csw_kernel_require(&kernel, rows[i].typed, &err)
                             : csw_driver_require(&driver, rows[i].typed, &err);

        snprintf(suggestion, sizeof suggestion, "did you mean '%s'?", rows[i].meant);
        CHECK(rows[i].typed, code == -EINVAL && err.code == -EINVAL);
        CHECK(rows[i].typed, strstr(err.text, suggestion) != NULL);
        CHECK(rows[i].typed, !kernel && !driver);
    }
}

static void a_far_name_gets_no_suggestion_but_all_names(void)
{
    static const char *const far[] = {"", "x", "zzzzz", "mandelbrot",
                                      "a-name-of-more-than-forty-characters-in-one-piece"};

    for (size_t i = 0; i < COUNT(far); i++) {
        const struct csw_kernel *kernel = NULL;
        struct csw_err err = {0};

        CHECK(far[i], csw_kernel_require(&kernel, far[i], &err) == -EINVAL);
        CHECK(far[i], strstr(err.text, "did you mean") == NULL);
        for (size_t k = 0; csw_kernel_at(k); k++)
            CHECK(far[i], strstr(err.text, csw_kernel_at(k)->name) != NULL);
    }
}

static void the_sentence_names_the_kind_the_word_and_the_choice(void)
{
    static const char *const known[] = {"red", "green", "blue"};
    static const struct {
        const char *typed;
        size_t count;
        const char *sentence;
    } rows[] = {
        {"gren", 3, "unknown colour 'gren'; did you mean 'green'? there are red, green and blue"},
        {"zzeen", 3, "unknown colour 'zzeen'; did you mean 'green'? there are red, green and blue"},
        {"zzzen", 3, "unknown colour 'zzzen'; there are red, green and blue"},
        {"violet", 3, "unknown colour 'violet'; there are red, green and blue"},
        {"violet", 2, "unknown colour 'violet'; there are red and green"},
        {"violet", 1, "unknown colour 'violet'; there are red"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct csw_err err = {0};

        CHECK(rows[i].sentence,
              csw_unknown(&err, "colour", rows[i].typed, known, rows[i].count) == -EINVAL);
        CHECK(rows[i].sentence, strcmp(err.text, rows[i].sentence) == 0);
        CHECK(rows[i].sentence, csw_unknown(NULL, "colour", rows[i].typed, known, 3) == -EINVAL);
    }
}

/* The nearest of several near ones, however long the names are. */
static void the_nearest_of_several_names_is_suggested(void)
{
    static const char *const known[] = {
        "dynamic",
        "dynamo",
        "static",
        "a-name-of-more-than-forty-characters-in-one-piece",
    };
    static const struct {
        const char *typed, *meant;
    } rows[] = {
        {"dynam", "'dynamo'"},
        {"dynamik", "'dynamic'"},
        {"sttic", "'static'"},
        {"a-name-of-more-then-forty-characters-in-one-piece", "'a-name-of-more-than-forty-"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct csw_err err = {0};

        CHECK(rows[i].typed,
              csw_unknown(&err, "name", rows[i].typed, known, COUNT(known)) == -EINVAL);
        const char *suggestion = strstr(err.text, "did you mean ");

        CHECK(rows[i].typed, suggestion && strstr(suggestion, rows[i].meant));
    }
}

static void more_names_than_the_sentence_holds_are_cut_off(void)
{
    const char *known[64];
    struct csw_err err = {0};

    for (size_t i = 0; i < COUNT(known); i++)
        known[i] = "a-rather-long-name";
    CU_ASSERT_EQUAL(csw_unknown(&err, "name", "x", known, COUNT(known)), -EINVAL);
    CU_ASSERT_TRUE(strlen(err.text) < sizeof err.text - 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "unknown name 'x'; there are a-rather-long-name,"));
}

static void names_are_joined_as_a_sentence_does(void)
{
    static const char *const names[] = {"a", "b", "c"};
    static const char *const joined[] = {"", "a", "a and b", "a, b and c"};
    char text[20], cut[5];

    for (size_t i = 0; i < COUNT(joined); i++) {
        csw_names_text(names, i, text, sizeof text);
        CHECK(joined[i], strcmp(text, joined[i]) == 0);
    }
    csw_names_text(names, COUNT(names), cut, sizeof cut);
    CU_ASSERT_STRING_EQUAL(cut, "a, b");
}

/* ---- lists of words ------------------------------------------------------------------------- */

/* Joins the words that it is called with, and fails at the word "stop". */
static int join(const char *word, void *context, struct csw_err *err)
{
    char *joined = context;

    strcat(strcat(joined, "|"), word);
    return strcmp(word, "stop") == 0 ? csw_fail(err, -EIO, "told to stop") : 0;
}

static void words_come_in_order_until_the_first_error(void)
{
    static const struct {
        const char *list, *joined;
        int code;
    } rows[] = {
        {"a", "|a", 0},           {"a,b,a", "|a|b|a", 0},
        {" a,b ", "| a|b ", 0},   {"a,stop,b", "|a|stop", -EIO},
        {"stop,", "|stop", -EIO}, {"", "", -EINVAL},
        {",", "", -EINVAL},       {",a", "", -EINVAL},
        {"a,", "|a", -EINVAL},    {"a,,b", "|a", -EINVAL},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char joined[100] = "";
        struct csw_err err = {0};

        CHECK(rows[i].list, csw_for_each_word(rows[i].list, join, joined, &err) == rows[i].code);
        CHECK(rows[i].list, strcmp(joined, rows[i].joined) == 0);
        CHECK(rows[i].list, err.code == rows[i].code);
    }
}

static void an_empty_element_is_told_with_its_list(void)
{
    char joined[100] = "";
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(csw_for_each_word("a,,b", join, joined, &err), -EINVAL);
    CU_ASSERT_STRING_EQUAL(err.text, "the list 'a,,b' has an empty element");
}

static const struct test tests[] = {
    TEST(every_kernel_is_found_by_its_name),
    TEST(every_driver_is_found_or_its_missing_library_named),
    TEST(a_near_name_is_suggested),
    TEST(a_far_name_gets_no_suggestion_but_all_names),
    TEST(the_sentence_names_the_kind_the_word_and_the_choice),
    TEST(the_nearest_of_several_names_is_suggested),
    TEST(more_names_than_the_sentence_holds_are_cut_off),
    TEST(names_are_joined_as_a_sentence_does),
    TEST(words_come_in_order_until_the_first_error),
    TEST(an_empty_element_is_told_with_its_list),
};

int main(void)
{
    return RUN_TESTS("names", tests);
}
