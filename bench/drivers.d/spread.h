/* spread.h - a start without luck: where workers begin. */
#ifndef BENCH_SPREAD_H
#define BENCH_SPREAD_H

/*
 * Moves the threads of this process and of its children to CPUs of their own, in turn, and lets
 * them go again: they stay bound to none. On a machine with nothing else to do the system starts
 * new threads like this; beside other programs it starts some on their creator's CPU, and may leave
 * them there for longer than a visit takes. What cannot be moved stays where it is.
 */
void bench_spread(void);

#endif
