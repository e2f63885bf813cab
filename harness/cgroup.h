/* cgroup.h - how much CPU time and memory the control groups allow. */
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

#endif
