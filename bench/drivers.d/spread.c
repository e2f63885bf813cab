/* spread.c - see spread.h */
#include "spread.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "team.h"

#define MOST_CHILDREN 64

/* The usable CPUs, and the one that is next. */
struct turn {
    cpu_set_t usable;
    int cpu;
};

static int next_cpu(struct turn *turn)
{
    do
        turn->cpu = (turn->cpu + 1) % CPU_SETSIZE;
    while (!CPU_ISSET(turn->cpu, &turn->usable));
    return turn->cpu;
}

static void move(pid_t thread, struct turn *turn)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(next_cpu(turn), &one);
    sched_setaffinity(thread, sizeof one, &one);
    sched_setaffinity(thread, sizeof turn->usable, &turn->usable);
}

static void move_threads(pid_t process, struct turn *turn)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    DIR *threads = opendir(path);

    if (!threads)
        return;
    for (const struct dirent *entry; (entry = readdir(threads));)
        if (entry->d_name[0] != '.')
            move((pid_t)atoi(entry->d_name), turn);
    closedir(threads);
}

void bench_spread(void)
{
    struct turn turn = {.cpu = -1};
    pid_t children[MOST_CHILDREN];
    const size_t count = bench_children(children, MOST_CHILDREN);

    if (sched_getaffinity(0, sizeof turn.usable, &turn.usable) != 0)
        return;
    move_threads(getpid(), &turn);
    for (size_t i = 0; i < count; i++)
        move_threads(children[i], &turn);
}
