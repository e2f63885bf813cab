/* show.h - the figures as tables for people, and as JSON with every sample. */
#ifndef BENCH_SHOW_H
#define BENCH_SHOW_H

#include <stdio.h>

#include <coresweep/place.h>

#include "goals.h"

/* 0, -ENOMEM, or -EIO where writing to standard output failed. */
int bench_show(const struct bench_campaign *, struct csw_err *);

/* Writes to the stream. 0, -ENOMEM or -EIO. */
int bench_write_json(const struct bench_campaign *, const struct csw_topo *, FILE *out,
                     struct csw_err *);

#endif
