/*
 * doctor.h - what of a machine bears on a sweep: each finding with its value, what it means and
 * what to do. Nothing is changed; commands that need root are only named.
 */
#ifndef CSW_DOCTOR_H
#define CSW_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <coresweep/err.h>
#include <coresweep/place.h>
#include <coresweep/record.h>

enum csw_grade {
    CSW_OK,
    CSW_NOTE, /* know it when you read the results */
    CSW_BAD,  /* the results would be of something else than this machine's cores */
};

struct csw_finding {
    enum csw_grade grade;
    const char *what;
    char value[200];
    const char *means, *remedy; /* "": nothing to say */
};

#define CSW_MAX_FINDINGS 24

struct csw_doctor {
    size_t count;
    struct csw_finding finding[CSW_MAX_FINDINGS];
};

/*
 * Examines what /proc and /sys below `root` show ("" for this machine) and what the host record of
 * that root says. Things that are not shown are left out, or said to be hidden.
 */
void csw_doctor_examine(struct csw_doctor *ret_doctor, const char *root, const struct csw_host *);

/*
 * Adds what a loop that computes notices on each usable CPU of this machine in turn, which takes
 * 100 ms each, and 2 s in all at most; where that leaves less for each, up to 20 CPUs that seem
 * taken are looked at for 100 ms again. Returns 0; -ENOMEM; or what the binding returned.
 */
int csw_doctor_probe(struct csw_doctor *, const struct csw_topo *, struct csw_err *);

/* "ok", "note" or "bad". */
const char *csw_grade_name(enum csw_grade);

/* Whether no finding is bad. */
bool csw_doctor_fit(const struct csw_doctor *);

/* Prints the findings for people. */
void csw_doctor_print(const struct csw_doctor *, FILE *out);

/* Prints {"fit": true, "findings": [{"grade", "what", "value", "means", "remedy"}, ...]}. 0 or
 * -ENOMEM. */
int csw_doctor_json(const struct csw_doctor *, FILE *out, struct csw_err *);

#endif
