/* cgroup.h - how much CPU time and memory the control groups allow, and what they held back. */
#ifndef CSW_CGROUP_H
#define CSW_CGROUP_H

/*
 * The tightest CPU quota over this process's cgroup and all its ancestors, of version 1 and 2, in
 * CPUs (quota / period); NAN where none is set. `ret_source` gets the file that sets it, on the
 * heap, or NULL. `root` comes before /proc and /sys: "" for this machine.
 */
double csw_cgroup_quota(const char *root, char **ret_source);

/* The same for memory, in bytes: memory.limit_in_bytes of version 1, memory.max of version 2. */
double csw_cgroup_memory(const char *root, char **ret_source);

/* Counters since the groups exist; NAN: no group with the CPU controller shows them. */
struct csw_throttling {
    double times; /* periods in which a quota was used up */
    double ns;    /* for how long CPUs were held back then, summed over the CPUs */
};

/* Those of this process's cgroup and all its ancestors together, of version 1 and 2 (cpu.stat). */
struct csw_throttling csw_cgroup_throttling(const char *root);

/*
 * For how long in all somebody that could run had to wait for a CPU ("some" of PSI), in ns: in this
 * process's cgroup of version 2, or else the nearest above that tells, or else on the whole
 * machine; NAN where nothing tells.
 */
double csw_cgroup_pressure_ns(const char *root);

#endif
