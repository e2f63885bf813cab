/* python.c - see python.h; python/coresweep_driver.py is the other side of the talk. */
#include "python.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/interpreter.h>
#include <coresweep/processes.h>
#include <coresweep/script.h>

#include "keeper.h"

#define SCRIPT "coresweep_driver.py"

/* How long an interpreter may take until it greets, and until it ends when it is told to. */
#define GREETING_MS 10000
#define END_MS 2000

/* How often the first run, which is not timed, is looked at. */
#define LOOK_MS 10

/* Python keeps a tuple for each unit: more would be a strain on its memory. */
#define MAX_UNITS (UINT64_C(1) << 20)

struct csw_team {
    const struct csw_python_mode *mode;
    const struct csw_job *job;
    const struct csw_placement *placement;
    char *python, *start_method, *calls; /* the settings; start_method NULL: it has none */
    struct csw_kept kept;
    pid_t pid; /* of the interpreter */
    bool has_run;
    struct csw_told told;
    struct csw_interpreter interpreter; /* asked after the first run */
    char runtime[CSW_INTERPRETER_TEXT_SIZE + 64];
};

/* ---- settings ------------------------------------------------------------------------------- */

static int resolve_python(char **ret_value, const char *value, struct csw_err *err)
{
    struct csw_interpreter interpreter;
    const int code = csw_interpreter_ask(&interpreter, value, err);

    if (code < 0)
        return code;
    if (strpbrk(interpreter.file, " \t\n,"))
        return csw_fail(err, -EINVAL,
                        "the interpreter '%.300s' has a blank or a comma in its path, which result "
                        "files cannot hold; name it by a link",
                        interpreter.file);
    *ret_value = strdup(interpreter.file);
    return *ret_value ? 0 : csw_fail(err, -ENOMEM, "no memory for the options of a driver");
}

/* One of the NULL-ended list; `what` names the kind of them in the sentence. */
static int resolve_word(char **ret_value, const char *value, const char *const *words,
                        const char *what, struct csw_err *err)
{
    char list[80] = "";

    for (; *words; words++) {
        const size_t used = strlen(list);

        if (strcmp(value, *words) == 0) {
            *ret_value = strdup(value);
            return *ret_value ? 0 : csw_fail(err, -ENOMEM, "no memory for the options of a driver");
        }
        snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "", *words);
    }
    return csw_fail(err, -EINVAL, "unknown %s '%.40s'; there are: %s", what, value, list);
}

static int resolve_start_method(char **ret_value, const char *value, struct csw_err *err)
{
    static const char *const methods[] = {"fork", "spawn", "forkserver", NULL};

    return resolve_word(ret_value, value, methods, "start method", err);
}

static int resolve_calls(char **ret_value, const char *value, struct csw_err *err)
{
    static const char *const ways[] = {"python", "cdll", "pydll", NULL};

    return resolve_word(ret_value, value, ways, "way of calls", err);
}

#define PYTHON_SETTING                                                                             \
    {                                                                                              \
        .name = "python", .argument = "FILE",                                                      \
        .help = "The interpreter, a path or a name on the PATH (default: python3)",                \
        .fallback = "python3", .resolve = resolve_python                                           \
    }

#define CALLS_SETTING                                                                              \
    {                                                                                              \
        .name = "calls", .argument = "WAY",                                                        \
        .help = "What workers run: python, the kernel's twin; cdll, the C kernel through ctypes, " \
                "without the GIL; pydll, the same with the GIL (default: python)",                 \
        .fallback = "python", .resolve = resolve_calls                                             \
    }

const struct csw_setting csw_python_settings[] = {PYTHON_SETTING, CALLS_SETTING, {0}};

const struct csw_setting csw_python_process_settings[] = {
    PYTHON_SETTING,
    {.name = "start-method",
     .argument = "NAME",
     .help = "How its processes start: fork, spawn or forkserver (default: fork)",
     .fallback = "fork",
     .resolve = resolve_start_method},
    CALLS_SETTING,
    {0}};

/* ---- what it runs --------------------------------------------------------------------------- */

/* Those of TWINS in coresweep_kernels.py. */
static const char *const twins[] = {"trial", "sqrt", "roots", "sleep", "mixed"};

int csw_python_accepts(const struct csw_kernel *kernel, struct csw_err *err)
{
    char names[120] = "";

    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
        const size_t used = strlen(names);

        if (strcmp(twins[i], kernel->name) == 0)
            return 0;
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", twins[i]);
    }
    return csw_fail(err, -EINVAL,
                    "kernel '%s' has no twin in Python, which the drivers cpython-* need; there "
                    "are: %s",
                    kernel->name, names);
}

const char *csw_python_missing(void)
{
    char path[PATH_MAX];

    return csw_interpreter_find(path, "python3", NULL) < 0 ? "no python3 on the PATH" : NULL;
}

/* ---- talk ----------------------------------------------------------------------------------- */

/* The answer in one line; the caller owns it. What the interpreter says went wrong is an error. */
static int parse(const struct csw_team *team, const char *line, json_t **ret_answer,
                 struct csw_err *err)
{
    json_error_t problem;
    json_t *answer = json_loads(line, 0, &problem);
    const char *wrong = json_string_value(json_object_get(answer, "error"));

    if (answer && !wrong) {
        *ret_answer = answer;
        return 0;
    }
    const int code =
        wrong ? csw_fail(err, -ECHILD, "%.120s: %.360s", team->python, wrong)
              : csw_fail(err, -EPROTO, "%.200s gave an answer that cannot be read: '%.80s'",
                         team->python, line);
    json_decref(answer);
    return code;
}

/* Waits for the answer as long as it takes, at most `timeout_ms` where that is not -1. */
static int receive(struct csw_team *team, json_t **ret_answer, int timeout_ms, struct csw_err *err)
{
    const char *line;
    const int code = csw_kept_receive(&team->kept, &line, timeout_ms, err);

    if (code == 0)
        return csw_fail(err, -ETIMEDOUT, "%.300s did not answer within %d s", team->python,
                        timeout_ms / 1000);
    return code < 0 ? code : parse(team, line, ret_answer, err);
}

static int send_object(struct csw_team *team, json_t *request, struct csw_err *err)
{
    char *line = json_dumps(request, JSON_COMPACT);

    json_decref(request);
    if (!line)
        return csw_fail(err, -ENOMEM, "no memory for a request to %s", team->python);
    const int code = csw_kept_send(&team->kept, line, err);

    free(line);
    return code;
}

static int greet(struct csw_team *team, struct csw_err *err)
{
    json_t *answer;
    int pid = 0, code = receive(team, &answer, GREETING_MS, err);

    if (code < 0)
        return code;
    if (json_unpack(answer, "{s:i}", "pid", &pid) < 0)
        code = csw_fail(err, -EPROTO, "%.300s does not greet as coresweep's script does",
                        team->python);
    team->pid = pid;
    json_decref(answer);
    return code;
}

/* ---- opening -------------------------------------------------------------------------------- */

static json_t *tasks_of(const struct csw_job *job)
{
    json_t *tasks = json_array();

    for (size_t i = 0; i < job->tasks; i++)
        json_array_append_new(tasks, json_pack("[I,I]", (json_int_t)job->parts[i].n,
                                               (json_int_t)job->parts[i].pieces));
    return tasks;
}

/* Python's names have no hyphens. What is chosen stands in the task, which is the state without
 * `open`. */
static json_t *options_of(const struct csw_job *job)
{
    const struct csw_option *option = job->kernel->open ? NULL : job->kernel->options;
    const struct csw_task *task = job->parts[0].state;
    json_t *options = json_object();

    for (size_t k = 0; option && option[k].name; k++) {
        char name[40];

        snprintf(name, sizeof name, "%s", option[k].name);
        for (char *hyphen = name; (hyphen = strchr(hyphen, '-'));)
            *hyphen = '_';
        json_object_set_new(options, name, json_string(option[k].values[task->choice[k]]));
    }
    return options;
}

static json_t *cpus_of(const struct csw_placement *placement)
{
    json_t *cpus = json_array();

    for (unsigned w = 0; w < placement->workers; w++)
        json_array_append_new(
            cpus, json_integer(csw_topo_is_here(placement->topo) ? placement->pu[w] : CSW_PU_ANY));
    return cpus;
}

static int send_job(struct csw_team *team, struct csw_err *err)
{
    const struct csw_job *job = team->job;
    json_t *answer,
        *request =
            json_pack("{s:s,s:s,s:o,s:s,s:b,s:o,s:o,s:i,s:b,s:s?}", "mode", team->mode->name,
                      "kernel", job->kernel->name, "options", options_of(job), "calls", team->calls,
                      "lists", job->listing.hits != NULL, "tasks", tasks_of(job), "cpus",
                      cpus_of(team->placement), "workers", (int)job->workers, "static",
                      job->schedule.handout == CSW_STATIC, "start_method", team->start_method);
    int code = request ? send_object(team, request, err)
                       : csw_fail(err, -ENOMEM, "no memory for a request to %s", team->python);

    if (code == 0)
        code = receive(team, &answer, GREETING_MS, err);
    if (code == 0)
        json_decref(answer);
    return code;
}

static int start(struct csw_team *team, struct csw_err *err)
{
    char script[PATH_MAX], fd[12];
    int code = csw_script_find(script, SCRIPT, err);

    if (code < 0)
        return code;
    snprintf(fd, sizeof fd, "%d", CSW_KEPT_FD);
    char *const argv[] = {team->python, "-E", "-B", script, fd, NULL};

    code = csw_kept_start(&team->kept, team->python, argv, err);
    if (code == 0)
        code = greet(team, err);
    return code == 0 ? send_job(team, err) : code;
}

static int read_settings(struct csw_team *team, struct csw_err *err)
{
    int code = csw_setting_value(team->job, "python", &team->python, err);

    if (code == 0)
        code = csw_setting_value(team->job, "start-method", &team->start_method, err);
    if (code == 0)
        code = csw_setting_value(team->job, "calls", &team->calls, err);
    if (code == 0 && !team->python)
        code = resolve_python(&team->python, "python3", err);
    if (code == 0 && !team->start_method && team->mode->makes_processes)
        code = resolve_start_method(&team->start_method, "fork", err);
    if (code == 0 && !team->calls)
        code = resolve_calls(&team->calls, "python", err);
    return code;
}

/* The library's flat interface (run.h) has no options of kernels. */
static int check_calls(const struct csw_team *team, struct csw_err *err)
{
    const struct csw_kernel *kernel = team->job->kernel;

    if (!kernel->options || strcmp(team->calls, "python") == 0)
        return 0;
    return csw_fail(err, -EINVAL,
                    "--calls %s takes kernels without options; kernel '%s' has some: use --calls "
                    "python",
                    team->calls, kernel->name);
}

int csw_python_open(struct csw_team **ret_team, const struct csw_python_mode *mode,
                    const struct csw_job *job, const struct csw_placement *placement,
                    struct csw_err *err)
{
    if (job->units > MAX_UNITS)
        return csw_fail(err, -EINVAL,
                        "the drivers cpython-* hand out at most %" PRIu64 " units, not %" PRIu64
                        "; use a larger chunk",
                        MAX_UNITS, job->units);
    struct csw_team *team = calloc(1, sizeof *team);

    if (!team)
        return csw_fail(err, -ENOMEM, "no memory for a team of Python's");
    team->mode = mode;
    team->job = job;
    team->placement = placement;
    int code = read_settings(team, err);

    if (code == 0)
        code = check_calls(team, err);
    if (code == 0)
        code = start(team, err);
    if (code < 0) {
        csw_python_close(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

/* ---- a run ---------------------------------------------------------------------------------- */

static int read_share(const json_t *row, struct csw_share *ret_share)
{
    json_int_t items, work, hits, digest, chunks, start_ns, end_ns, cpu_ns, preempted;
    int cpu, pid;

    if (json_unpack((json_t *)row, "[I,I,I,I,I,I,I,I,I,i,i]", &items, &work, &hits, &digest,
                    &chunks, &start_ns, &end_ns, &cpu_ns, &preempted, &cpu, &pid) < 0)
        return -EPROTO;
    *ret_share = (struct csw_share){
        .tally = {(uint64_t)items, (uint64_t)work, (uint64_t)hits, (uint64_t)digest},
        .chunks = (uint64_t)chunks,
        .start_ns = (uint64_t)start_ns,
        .end_ns = (uint64_t)end_ns,
        .cpu_ns = (uint64_t)cpu_ns,
        .preempted = (uint64_t)preempted,
        .cpu = cpu,
        .pid = (pid_t)pid};
    return 0;
}

static int read_shares(const struct csw_team *team, const json_t *answer,
                       struct csw_share *ret_shares)
{
    const json_t *rows = json_object_get(answer, "workers");
    int code = json_array_size(rows) == team->job->workers ? 0 : -EPROTO;

    for (unsigned w = 0; code == 0 && w < team->job->workers; w++)
        code = read_share(json_array_get(rows, w), &ret_shares[w]);
    return code;
}

/*
 * Writes what every unit found to its place, as units are listed (harness/work.c): where a unit has
 * another number of hits than was counted there is a step of work, which no right listing has.
 */
static int write_lists(const struct csw_job *job, const json_t *answer, struct csw_share *shares)
{
    const json_t *lists = json_object_get(answer, "lists");
    const struct csw_listing *listing = &job->listing;

    if (json_array_size(lists) != job->units)
        return -EPROTO;
    for (unsigned w = 0; w < job->workers; w++)
        shares[w].tally.work = 0;
    for (uint64_t unit = 0; unit < job->units; unit++) {
        const json_t *hits = json_array_get(lists, unit);
        const uint64_t room = listing->unit_start[unit + 1] - listing->unit_start[unit];

        shares[0].tally.work += json_array_size(hits) != room;
        for (uint64_t i = 0; i < room && i < json_array_size(hits); i++)
            listing->hits[listing->unit_start[unit] + i] =
                (uint64_t)json_integer_value(json_array_get(hits, i));
    }
    return 0;
}

static int read_answer(struct csw_team *team, const json_t *answer, struct csw_share *ret_shares,
                       struct csw_err *err)
{
    json_int_t wall_ns, cpu_ns, switched;
    int gil, code = json_unpack((json_t *)answer, "{s:I,s:I,s:I,s:b}", "wall_ns", &wall_ns,
                                "cpu_ns", &cpu_ns, "switched", &switched, "gil", &gil) < 0
                        ? -EPROTO
                        : read_shares(team, answer, ret_shares);

    if (code == 0 && team->job->listing.hits)
        code = write_lists(team->job, answer, ret_shares);
    if (code < 0)
        return csw_fail(err, code, "%.300s gave an answer that lacks something", team->python);
    team->told.wall_ns = (uint64_t)wall_ns;
    team->told.cpu_ns = (uint64_t)cpu_ns;
    team->told.switched = (uint64_t)switched;
    snprintf(team->interpreter.gil, sizeof team->interpreter.gil, "GIL %s", gil ? "on" : "off");
    return 0;
}

/* Notes the most processes, and the most memory that they have together. */
static int look(struct csw_team *team, struct csw_err *err)
{
    struct csw_processes family;
    const int code = csw_processes_init(&family, "", team->pid, err);

    if (code < 0)
        return code;
    const double bytes = csw_processes_pss(&family, "");

    if (family.count > team->told.processes)
        team->told.processes = family.count;
    if (!(bytes <= team->told.pss_bytes))
        team->told.pss_bytes = bytes;
    csw_processes_release(&family);
    return 0;
}

/* The first run is looked at all the while; what runs it is asked of another process, after it. */
static int receive_first(struct csw_team *team, json_t **ret_answer, struct csw_err *err)
{
    const char *line;
    int code;

    do {
        code = look(team, err);
        if (code == 0)
            code = csw_kept_receive(&team->kept, &line, LOOK_MS, err);
    } while (code == 0);
    if (code > 0)
        code = parse(team, line, ret_answer, err);
    if (code == 0)
        code = look(team, err);
    return code;
}

static int receive_run(struct csw_team *team, json_t **ret_answer, struct csw_err *err)
{
    return team->has_run ? receive(team, ret_answer, -1, err)
                         : receive_first(team, ret_answer, err);
}

static int describe(struct csw_team *team, struct csw_err *err)
{
    struct csw_interpreter asked;
    const int code = csw_interpreter_ask(&asked, team->python, err);

    if (code < 0)
        return code;
    strcpy(team->interpreter.build, asked.build);
    return 0;
}

int csw_python_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    json_t *answer = NULL;
    int code = send_object(team, json_object(), err);

    if (code == 0)
        code = receive_run(team, &answer, err);
    if (code == 0)
        code = read_answer(team, answer, ret_shares, err);
    if (code == 0 && !team->has_run)
        code = describe(team, err);
    team->has_run = true;
    json_decref(answer);
    return code;
}

/* Its runtime is "CPython 3.11.2, PGO+LTO, GIL on, fork". */
void csw_python_told(struct csw_team *team, struct csw_told *ret_told)
{
    const char *method = team->start_method;

    snprintf(team->runtime, sizeof team->runtime, "%s, %s%s%s", team->interpreter.build,
             team->interpreter.gil, method ? ", " : "", method ? method : "");
    *ret_told = team->told;
    ret_told->runtime = team->runtime;
}

void csw_python_close(struct csw_team *team)
{
    if (!team)
        return;
    if (team->pid > 0) {
        csw_kept_dismiss(&team->kept);
        csw_kept_wait(&team->kept, END_MS, NULL);
    }
    csw_kept_end(&team->kept);
    free(team->python);
    free(team->start_method);
    free(team->calls);
    free(team);
}
