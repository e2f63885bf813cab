/*
 * test_command.c - programs that end well, badly or not at all: what they wrote is heard, how they
 * ended is told, and nothing that they started is left.
 */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/command.h"

#define LONG_NS (60 * CSW_NS_PER_S)

/* Runs a line of the shell. */
static int run(struct csw_outcome *ret_outcome, const char *line, bool foreign, uint64_t timeout_ns,
               struct csw_err *err)
{
    char *arguments[] = {(char *)"sh", (char *)"-c", (char *)line, NULL};
    const struct csw_command command = {.program = "sh",
                                        .arguments = arguments,
                                        .name = "the line",
                                        .foreign = foreign,
                                        .timeout_ns = timeout_ns};

    return csw_command_run(ret_outcome, &command, err);
}

/* One that nobody waits for ends as a zombie of whoever adopts it: that has no address space. */
static bool is_alive(pid_t pid)
{
    char path[64], state = 'X';

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "r");
    const bool found = in && fscanf(in, "%*d (%*[^)]) %c", &state) == 1;

    if (in)
        fclose(in);
    return found && state != 'Z' && state != 'X';
}

static void both_kinds_are_heard_on_all_their_streams(void)
{
    for (int foreign = 0; foreign < 2; foreign++) {
        struct csw_outcome outcome = {0};
        const int code = run(&outcome,
                             foreign ? "echo out; echo err >&2; echo answer >&3; exit 7"
                                     : "echo out; echo err >&2; exit 7",
                             foreign, LONG_NS, NULL);

        CU_ASSERT_EQUAL_FATAL(code, 0);
        CU_ASSERT_STRING_EQUAL(outcome.stream[CSW_STREAM_OUT].text, "out\n");
        CU_ASSERT_STRING_EQUAL(outcome.stream[CSW_STREAM_ERR].text, "err\n");
        if (foreign)
            CU_ASSERT_STRING_EQUAL(outcome.stream[CSW_STREAM_ANSWER].text, "answer\n");
        CU_ASSERT(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 7);
        CU_ASSERT(outcome.start_ns < outcome.end_ns);
        csw_outcome_release(&outcome);
    }
}

/* Who runs the tests may have left a file open under that number: here it is one for sure. */
static void only_a_foreign_program_has_a_third_stream(void)
{
    struct csw_outcome outcome = {0};
    const int null = open("/dev/null", O_WRONLY);

    CU_ASSERT_FATAL(null >= 0 && dup2(null, CSW_ANSWER_FD) == CSW_ANSWER_FD);
    CU_ASSERT_EQUAL_FATAL(run(&outcome, "echo answer >&3", false, LONG_NS, NULL), 0);
    CU_ASSERT_EQUAL(outcome.status, 0);
    CU_ASSERT_PTR_NULL(outcome.stream[CSW_STREAM_ANSWER].text);
    csw_outcome_release(&outcome);
    if (null != CSW_ANSWER_FD)
        close(null);
    close(CSW_ANSWER_FD);
}

static void more_than_a_pipe_holds_is_heard_whole(void)
{
    struct csw_outcome outcome = {0};

    CU_ASSERT_EQUAL_FATAL(run(&outcome, "seq 1 100000", true, LONG_NS, NULL), 0);
    CU_ASSERT_EQUAL(outcome.stream[CSW_STREAM_OUT].length, 588895);
    CU_ASSERT_EQUAL(strlen(outcome.stream[CSW_STREAM_OUT].text), 588895);
    csw_outcome_release(&outcome);
}

static void a_program_that_is_none_is_named(void)
{
    char *arguments[] = {(char *)"x", NULL};
    struct csw_command command = {.arguments = arguments, .name = "it", .timeout_ns = LONG_NS};
    static const struct {
        const char *program;
        int code;
    } table[] = {{"/nowhere/python", -ENOENT}, {"/etc/passwd", -EACCES}, {"no-such-one", -ENOENT}};

    for (size_t i = 0; i < 2 * COUNT(table); i++) {
        struct csw_outcome outcome = {.status = 77};
        struct csw_err err = {0};

        command.program = table[i / 2].program;
        command.foreign = i % 2;
        CHECK(command.program, csw_command_run(&outcome, &command, &err) == table[i / 2].code);
        must_say(err.text, "cannot start '");
        must_say(err.text, command.program);
        CU_ASSERT_EQUAL(outcome.status, 77);
    }
}

static void the_signal_that_killed_it_is_told(void)
{
    const struct csw_command command = {.name = "the line"};

    for (int foreign = 0; foreign < 2; foreign++) {
        struct csw_outcome outcome = {0};
        struct csw_err err = {0};

        CU_ASSERT_EQUAL_FATAL(run(&outcome, "kill -9 $$", foreign, LONG_NS, NULL), 0);
        CU_ASSERT_EQUAL(csw_outcome_check_signal(&outcome, &command, &err), -ECHILD);
        must_say(err.text, "the line was killed by signal 9 (Killed)");
        csw_outcome_release(&outcome);
        CU_ASSERT_EQUAL_FATAL(run(&outcome, "exit 9", foreign, LONG_NS, NULL), 0);
        CU_ASSERT_EQUAL(csw_outcome_check_signal(&outcome, &command, &err), 0);
        csw_outcome_release(&outcome);
    }
}

static void its_last_words_are_one_line(void)
{
    static const struct {
        const char *line, *words;
    } table[] = {{"exit 1", "it said nothing"},
                 {"printf 'one\\ntwo\\n\\n' >&2", "two"},
                 {"echo coresweep: three >&2", "three"},
                 {"printf four >&2", "four"}};

    for (size_t i = 0; i < COUNT(table); i++) {
        struct csw_outcome outcome = {0};

        CU_ASSERT_EQUAL_FATAL(run(&outcome, table[i].line, false, LONG_NS, NULL), 0);
        CU_ASSERT_STRING_EQUAL(csw_outcome_last_words(&outcome), table[i].words);
        csw_outcome_release(&outcome);
    }
}

static void one_that_takes_too_long_is_killed(void)
{
    for (int foreign = 0; foreign < 2; foreign++) {
        struct csw_outcome outcome = {.status = 77};
        struct csw_err err = {0};

        /* exec: a shell that forks would leave its child, where the program is not foreign */
        CU_ASSERT_EQUAL(run(&outcome, "exec sleep 1000", foreign, CSW_NS_PER_S / 10, &err),
                        -ETIMEDOUT);
        must_say(err.text, "the line took longer than 0.1 s and was killed");
        CU_ASSERT_EQUAL(outcome.status, 77);
    }
}

static void the_user_can_stop_it(void)
{
    static const volatile sig_atomic_t stop = 1;
    char *arguments[] = {(char *)"sleep", (char *)"1000", NULL};
    const struct csw_command command = {.program = "sleep",
                                        .arguments = arguments,
                                        .name = "it",
                                        .foreign = true,
                                        .timeout_ns = LONG_NS,
                                        .stop = &stop};
    struct csw_outcome outcome;

    CU_ASSERT_EQUAL(csw_command_run(&outcome, &command, NULL), -EINTR);
}

/*
 * A child that left its session and, of a second one, a grandchild; both write to no stream, and
 * the program ends before them in the way given.
 */
static void check_orphans(const char *end)
{
    char line[300];
    struct csw_outcome outcome = {0};
    int pids[2] = {0};

    snprintf(line, sizeof line,
             "setsid sleep 1000 >/dev/null 2>&1 3>&- & echo $! >&3;"
             "(sleep 1000 >/dev/null 2>&1 3>&- & echo $! >&3); %s",
             end);
    CU_ASSERT_EQUAL_FATAL(run(&outcome, line, true, LONG_NS, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(
        sscanf(outcome.stream[CSW_STREAM_ANSWER].text, "%d %d", &pids[0], &pids[1]), 2);
    CHECK(end, !is_alive(pids[0]) && !is_alive(pids[1]));
    csw_outcome_release(&outcome);
}

static void what_a_foreign_program_leaves_is_killed(void)
{
    check_orphans("exit 0");
    check_orphans("exit 5");
    check_orphans("kill -9 $$");
}

/* What still writes to the streams of a program that has ended does not keep us waiting. */
static void a_foreign_program_ends_with_its_first_process(void)
{
    struct csw_outcome outcome = {0};
    const uint64_t start_ns = csw_now_ns();

    CU_ASSERT_EQUAL_FATAL(run(&outcome, "sleep 1000 & exit 4", true, LONG_NS, NULL), 0);
    CU_ASSERT_EQUAL(WEXITSTATUS(outcome.status), 4);
    CU_ASSERT(csw_now_ns() - start_ns < LONG_NS);
    csw_outcome_release(&outcome);
}

/* Its keeper outlives us by as long as it takes. */
static void a_foreign_program_dies_with_whoever_runs_it(void)
{
    int pids[2], mine[2] = {0};
    char text[64] = "";

    CU_ASSERT_EQUAL_FATAL(pipe(pids), 0);
    const pid_t runner = fork();

    if (runner == 0) {
        char line[100];
        struct csw_outcome outcome;

        snprintf(line, sizeof line, "sleep 1000 & echo $$ $! >&%d; wait", pids[1]);
        run(&outcome, line, true, LONG_NS, NULL);
        _exit(1);
    }
    CU_ASSERT_FATAL(read(pids[0], text, sizeof text - 1) > 0);
    CU_ASSERT_EQUAL_FATAL(sscanf(text, "%d %d", &mine[0], &mine[1]), 2);
    CU_ASSERT(is_alive(mine[0]));
    kill(runner, SIGKILL);
    waitpid(runner, NULL, 0);
    for (int look = 0; look < 1000 && (is_alive(mine[0]) || is_alive(mine[1])); look++)
        usleep(10000);
    CU_ASSERT(!is_alive(mine[0]) && !is_alive(mine[1]));
    close(pids[0]);
    close(pids[1]);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(both_kinds_are_heard_on_all_their_streams),
        TEST(only_a_foreign_program_has_a_third_stream),
        TEST(more_than_a_pipe_holds_is_heard_whole),
        TEST(a_program_that_is_none_is_named),
        TEST(the_signal_that_killed_it_is_told),
        TEST(its_last_words_are_one_line),
        TEST(one_that_takes_too_long_is_killed),
        TEST(the_user_can_stop_it),
        TEST(what_a_foreign_program_leaves_is_killed),
        TEST(a_foreign_program_ends_with_its_first_process),
        TEST(a_foreign_program_dies_with_whoever_runs_it),
    };

    return RUN_TESTS("command", tests);
}
