/*
 * story.h - the story that tutorials tell of threads and processes, as a sweep: which points it
 * has, what they say when they are measured, and what follows from it.
 *
 * A story is a sweep whose points stand in blocks, each with a label, some of them in more than one
 * block. What a table or a sentence shows comes from the result file alone.
 */
#ifndef CSW_STORY_H
#define CSW_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <coresweep/err.h>
#include <coresweep/plan.h>
#include <coresweep/record.h>

#include "report.h"
#include "stats.h"

/* ---- the plan ------------------------------------------------------------------------------- */

struct csw_story_wish {
    bool quick;          /* fewer rows, smaller tasks */
    double scale;        /* of the waits: 1 makes the tutorial's seconds */
    uint64_t rounds;     /* that computing rows take part in */
    const char *pythons; /* interpreters, "FILE,FILE"; "": the one that the drivers fall back to */
};

/* What an event says of rows that a story goes without. */
#define CSW_STORY_LEFT_OUT "left out"

/* Rows that this build or machine cannot run. */
struct csw_story_gaps {
    size_t count;
    struct csw_event *event; /* owned; `what` is CSW_STORY_LEFT_OUT, `block` and `text` are set */
};

void csw_story_gaps_release(struct csw_story_gaps *);

/* The rounds of a story that was not given any: enough for intervals unless it is quick. */
uint64_t csw_story_default_rounds(bool quick);

/* The scale of the waits of a story that was not given one. */
double csw_story_default_scale(bool quick);

/* What a story's plan was made for; its interpreters are those of its points. */
struct csw_story_wish csw_story_wish_of(const struct csw_plan *);

/*
 * Fills plan->points and plan->story. Rows that cannot be run here become gaps, one for each
 * reason and block. Returns 0; what is wrong with a file that wish->pythons names; or -ENOMEM.
 * The caller releases the gaps, and the plan as any other.
 */
int csw_story_fill(struct csw_plan *, const struct csw_story_wish *, const struct csw_room *,
                   struct csw_story_gaps *ret_gaps, struct csw_err *);

/* A small experiment that is shown in a block; see `coresweep probe`. */
struct csw_story_probe {
    const char *block, *name;
    bool waits; /* for as long as the scale of the waits says */
};

/* The probes of a story, in their order; NULL past the end. */
const struct csw_story_probe *csw_story_probe_at(size_t index);

/* How many rounds the probe is run. */
uint64_t csw_story_probe_rounds(const struct csw_story_probe *, const struct csw_story_wish *);

/*
 * Calls `each` for the file of every interpreter that a point of the plan runs on, once, in their
 * order. Returns what `each` returned where that was an error, or -ENOMEM.
 */
int csw_story_each_python(const struct csw_plan *,
                          int (*each)(const char *python, void *context, struct csw_err *),
                          void *context, struct csw_err *);

/* ---- what was measured ---------------------------------------------------------------------- */

/* Whether the results are of a story. */
bool csw_is_story(const struct csw_plan *);

/* One point as the story shows it. */
struct csw_story_row {
    const struct csw_point *point;
    const struct csw_cell *cell;
    int runtime;                 /* index of the interpreter that it ran on; -1: C */
    struct csw_estimate speedup; /* over the sequential row of the same language and interpreter */
    struct csw_estimate in_cpython; /* how many times as fast as sequential CPython, each for the
                                       same work; where the work differs: for each step of it */
    double bound;                   /* of the speedup; NAN: unknown, or none */
    double cpu_share;               /* CPU time / wall time */
    double start_ns;                /* making what runs the work: before the timed part */
    double pss_bytes;
};

#define CSW_STORY_TAG_SIZE 24

/* An interpreter of the story. */
struct csw_story_runtime {
    char *python;                 /* its file; owned */
    const char *text;             /* what it says of itself; "" where nothing was measured */
    char tag[CSW_STORY_TAG_SIZE]; /* what stands in tables: "3.11.2", "3.14.0t" */
    bool gil;                     /* false where it says that the GIL is off */
};

struct csw_story {
    const struct csw_results *results; /* borrowed */
    struct csw_report report;
    size_t rows, runtimes;
    struct csw_story_row *row; /* one for each point, in the plan's order */
    struct csw_story_runtime *runtime;
};

/* Computes all rows. Returns 0 or -ENOMEM. The results must outlive the story. */
int csw_story_init(struct csw_story *ret_story, const struct csw_results *, struct csw_err *);
void csw_story_release(struct csw_story *);

/* Whether the row is shown in the block. */
bool csw_story_in_block(const struct csw_story_row *, char block);

/* The row of that label; runtime -1: C. NULL: the story has none. */
const struct csw_story_row *csw_story_find(const struct csw_story *, char block, int runtime,
                                           const char *label);

/* "C" or the tag of the interpreter. */
const char *csw_story_tag(const struct csw_story *, int runtime);

/* Whether the reading is of that interpreter; -1: of C. */
bool csw_story_is_of(const struct csw_story *, const struct csw_reading *, int runtime);

/* The median over rounds of what a probe read, with its interval; n is 0 where it read nothing. */
struct csw_estimate csw_story_reading(const struct csw_story *, const char *probe, const char *row,
                                      int runtime, const char *quantity);

/* ---- what it says --------------------------------------------------------------------------- */

/* What is compared in one table. */
struct csw_story_block {
    char letter;
    const char *title, *about;
};

/* The blocks of a story, in their order; NULL past the end. */
const struct csw_story_block *csw_story_block_at(size_t index);

/* Writes what stands below the tables of a block: what was left out, what failed. */
void csw_story_print_notes(const struct csw_story *, char block, FILE *out);

/* A claim, and how this run stands to it. */
struct csw_story_sentence {
    const char *claim, *standing; /* "holds here", "not resolved here" */
    char *numbers;                /* indented lines; owned */
    char *rows;                   /* that it rests on: "A C threads; A 3.11.2 asyncio"; owned */
};

/* How many sentences a story has. */
size_t csw_story_sentences(void);

/* Makes the sentence of that index, which the caller releases. 0 or -ENOMEM. */
int csw_story_say(struct csw_story_sentence *ret_sentence, const struct csw_story *, size_t index,
                  struct csw_err *);
void csw_story_sentence_release(struct csw_story_sentence *);

/* Writes all of it for programs; see docs/RESULTS.md. 0, or -EIO / -ENOMEM. */
int csw_story_json(const struct csw_results *, FILE *out, struct csw_err *);

/* Writes all tables and sentences. 0, or -EIO / -ENOMEM where they could not be written whole. */
int csw_story_print(const struct csw_results *, FILE *out, struct csw_err *);

/* Their two halves. */
int csw_story_print_tables(const struct csw_story *, FILE *out, struct csw_err *);
int csw_story_print_sentences(const struct csw_story *, FILE *out, struct csw_err *);

/* How two estimates stand to each other. */
enum csw_standing {
    CSW_UNMEASURED, /* one of them has no value */
    CSW_UNRESOLVED, /* one has no interval, or their intervals overlap */
    CSW_BELOW,
    CSW_ABOVE,
};

enum csw_standing csw_story_compare(const struct csw_estimate *, const struct csw_estimate *);

/* The same for a number without error. */
enum csw_standing csw_story_compare_to(const struct csw_estimate *, double number);

#endif
