/* test_script.c - where scripts are looked for. */
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coresweep/script.h>

static char folder[PATH_MAX];

/* An empty folder that CORESWEEP_PYTHON_DIR names. */
static void open_folder(void)
{
    strcpy(folder, "/tmp/csw-script-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    setenv("CORESWEEP_PYTHON_DIR", folder, 1);
}

static void close_folder(void)
{
    unsetenv("CORESWEEP_PYTHON_DIR");
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static void the_folder_of_the_environment_comes_first(void)
{
    char wanted[PATH_MAX + 16], path[PATH_MAX] = "";
    struct csw_err err;

    open_folder();
    snprintf(wanted, sizeof wanted, "%s/first.py", folder);
    FILE *out = fopen(wanted, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    fclose(out);
    CU_ASSERT_EQUAL(csw_script_find(path, "first.py", &err), 0);
    CU_ASSERT_STRING_EQUAL(path, wanted);
    unlink(wanted);
    close_folder();
}

static void a_script_that_is_nowhere_is_told_with_all_places(void)
{
    char path[PATH_MAX] = "as before";
    struct csw_err err = {0};

    open_folder();
    CU_ASSERT_EQUAL(csw_script_find(path, "nowhere.py", &err), -ENOENT);
    CU_ASSERT_STRING_EQUAL(path, "as before");
    must_say(err.text, "nowhere.py");
    must_say(err.text, folder);
    must_say(err.text, "/share/coresweep/python");
    must_say(err.text, "/python; CORESWEEP_PYTHON_DIR"); /* the source tree, the last of them */
    close_folder();
}

static void a_folder_is_no_script(void)
{
    char inside[PATH_MAX + 16], path[PATH_MAX];

    open_folder();
    snprintf(inside, sizeof inside, "%s/folder.py", folder);
    CU_ASSERT_EQUAL(mkdir(inside, 0700), 0);
    CU_ASSERT_EQUAL(csw_script_find(path, "folder.py", NULL), -ENOENT);
    rmdir(inside);
    close_folder();
}

int main(void)
{
    static const struct test tests[] = {
        TEST(the_folder_of_the_environment_comes_first),
        TEST(a_script_that_is_nowhere_is_told_with_all_places),
        TEST(a_folder_is_no_script),
    };

    return RUN_TESTS("script", tests);
}
