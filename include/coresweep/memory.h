/*
 * memory.h - where the data of kernels lie: on which NUMA nodes, on pages of which size.
 *
 * The policy that is in use holds for all that csw_data_map (kernel.h) maps. "Cannot here" is found
 * out once, by csw_memory_probe, and kept as a sentence; after that a policy that cannot be kept is
 * an error.
 */
#ifndef CORESWEEP_MEMORY_H
#define CORESWEEP_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include <coresweep/err.h>
#include <coresweep/place.h>

enum csw_memory_policy {
    CSW_MEMORY_FIRST_TOUCH, /* a page lies where the worker runs that fills it */
    CSW_MEMORY_INTERLEAVE,  /* pages lie on all usable NUMA nodes in turn */
    CSW_MEMORY_NODE,        /* all pages lie on one node */
};

/* Zero is what nobody asked for: first touch, pages as the system gives them. */
struct csw_memory {
    const struct csw_topo *topo; /* borrowed; not needed for first touch */
    enum csw_memory_policy policy;
    unsigned node;          /* of CSW_MEMORY_NODE: the system's number */
    bool huge_pages;        /* ask for transparent huge pages */
    char cannot_place[160]; /* why pages lie by first touch although it was asked for; or "" */
    char cannot_huge[200];  /* why there are no huge pages although it was asked for; or "" */
};

/*
 * Reads "first-touch", "interleave" or "node:N". Returns 0, or -EINVAL for another word or a node
 * whose memory may not be used, naming those that may.
 */
int csw_memory_init(struct csw_memory *ret_memory, const struct csw_topo *, const char *text,
                    bool huge_pages, struct csw_err *);

#define CSW_MEMORY_TEXT_SIZE 24

/* Writes the text that csw_memory_init reads: what was asked for. */
void csw_memory_text(const struct csw_memory *, char ret_text[CSW_MEMORY_TEXT_SIZE]);

/*
 * Tries the policy on a page of its own, and reads below `root` ("" for this machine) whether
 * shared memory may have huge pages. What this system cannot do is left out from here on, and
 * `cannot_...` say why. Returns 0, or a negative errno where placing works but this one fails.
 */
int csw_memory_probe(struct csw_memory *, const char *root, struct csw_err *);

/* Applies the policy to pages that were not touched yet. 0 or a negative errno. */
int csw_memory_apply(const struct csw_memory *, void *start, size_t bytes, struct csw_err *);

/*
 * Puts a policy in use for this process, whose kernels are opened by one thread; it must outlive
 * its use. NULL: the zero policy. Mappings keep the policy that they were made under.
 */
void csw_memory_use(const struct csw_memory *);

#endif
