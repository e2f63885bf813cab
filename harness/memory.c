/* memory.c - see memory.h. Huge pages: the kernel's admin-guide/mm/transhuge.rst. */
#include <coresweep/memory.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coresweep/job.h>

#include "files.h"
#include "names.h"

/* ---- as text -------------------------------------------------------------------------------- */

#define NODE "node:"

static int parse_node(struct csw_memory *memory, const char *text, struct csw_err *err)
{
    uint64_t node;

    if (csw_number_parse(&node, text + strlen(NODE), NULL) == 0 && node <= INT32_MAX &&
        csw_topo_has_node(memory->topo, (unsigned)node)) {
        memory->policy = CSW_MEMORY_NODE;
        memory->node = (unsigned)node;
        return 0;
    }
    char *nodes = csw_topo_nodes(memory->topo);

    csw_fail(err, -EINVAL,
             "'%.40s' of --memory is no NUMA node whose memory may be used here; usable are %s",
             text, nodes ? nodes : "others");
    free(nodes);
    return -EINVAL;
}

int csw_memory_init(struct csw_memory *ret_memory, const struct csw_topo *topo, const char *text,
                    bool huge_pages, struct csw_err *err)
{
    static const char *const known[] = {"first-touch", "interleave", NODE "N"};
    struct csw_memory memory = {.topo = topo, .huge_pages = huge_pages};
    int code = 0;

    if (strcmp(text, "interleave") == 0)
        memory.policy = CSW_MEMORY_INTERLEAVE;
    else if (strncmp(text, NODE, strlen(NODE)) == 0)
        code = parse_node(&memory, text, err);
    else if (strcmp(text, "first-touch") != 0)
        code = csw_unknown(err, "memory policy", text, known, sizeof known / sizeof *known);
    if (code == 0)
        *ret_memory = memory;
    return code;
}

void csw_memory_text(const struct csw_memory *memory, char ret_text[CSW_MEMORY_TEXT_SIZE])
{
    switch (memory->policy) {
    case CSW_MEMORY_FIRST_TOUCH:
        snprintf(ret_text, CSW_MEMORY_TEXT_SIZE, "first-touch");
        break;
    case CSW_MEMORY_INTERLEAVE:
        snprintf(ret_text, CSW_MEMORY_TEXT_SIZE, "interleave");
        break;
    case CSW_MEMORY_NODE:
        snprintf(ret_text, CSW_MEMORY_TEXT_SIZE, NODE "%u", memory->node);
        break;
    }
}

/* ---- applied -------------------------------------------------------------------------------- */

int csw_memory_apply(const struct csw_memory *memory, void *start, size_t bytes,
                     struct csw_err *err)
{
    const int node = memory->policy == CSW_MEMORY_NODE ? (int)memory->node : CSW_NODES_ALL;
    int code = 0;

    if (memory->policy != CSW_MEMORY_FIRST_TOUCH && *memory->cannot_place == '\0')
        code = csw_topo_place_memory(memory->topo, node, start, bytes, err);
    if (code < 0 || !memory->huge_pages || *memory->cannot_huge)
        return code;
    if (madvise(start, bytes, MADV_HUGEPAGE) != 0)
        return csw_fail(err, -errno, "cannot ask for huge pages: %s", strerror(errno));
    return 0;
}

/* ---- what cannot be ------------------------------------------------------------------------- */

static int probe_place(struct csw_memory *memory, struct csw_err *err)
{
    const struct csw_memory placed = {
        .topo = memory->topo, .policy = memory->policy, .node = memory->node};
    const size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct csw_err told = {0};

    if (page == MAP_FAILED)
        return csw_fail(err, -ENOMEM, "no memory for a page");
    const int code = csw_memory_apply(&placed, page, bytes, &told);

    munmap(page, bytes);
    if (code == -ENOTSUP) {
        snprintf(memory->cannot_place, sizeof memory->cannot_place, "%.150s", told.text);
        return 0;
    }
    return code < 0 ? csw_fail(err, code, "%s", told.text) : 0;
}

#define THP "/sys/kernel/mm/transparent_hugepage/"

/* The word in brackets of a file "always [advise] never"; "" where there is none. */
static void read_setting(const char *root, const char *path, char ret_word[16])
{
    char *line = csw_file_line(root, path);
    const char *open = line ? strchr(line, '[') : NULL;

    if (!open || sscanf(open, "[%15[a-z_]]", ret_word) != 1)
        *ret_word = '\0';
    free(line);
}

/*
 * Since Linux 6.10 the size of a huge page has a setting of its own beside that of all sizes, which
 * holds where the former says "inherit", or itself says "deny".
 */
static void find_setting(const char *root, char ret_path[100], char ret_word[16])
{
    char *size = csw_file_line(root, THP "hpage_pmd_size");
    const uint64_t bytes = size ? strtoull(size, NULL, 10) : 0;
    char own_path[100], own_word[16];

    free(size);
    snprintf(ret_path, 100, THP "shmem_enabled");
    read_setting(root, ret_path, ret_word);
    snprintf(own_path, sizeof own_path, THP "hugepages-%" PRIu64 "kB/shmem_enabled", bytes / 1024);
    read_setting(root, own_path, own_word);
    if (*own_word == '\0' || strcmp(own_word, "inherit") == 0 || strcmp(ret_word, "deny") == 0)
        return;
    memcpy(ret_path, own_path, sizeof own_path);
    memcpy(ret_word, own_word, sizeof own_word);
}

static void probe_huge(struct csw_memory *memory, const char *root)
{
    char path[100], word[16];

    find_setting(root, path, word);
    if (*word == '\0')
        snprintf(memory->cannot_huge, sizeof memory->cannot_huge,
                 "this system shows no huge pages for shared memory (%s)", path);
    else if (strcmp(word, "never") == 0 || strcmp(word, "deny") == 0)
        snprintf(memory->cannot_huge, sizeof memory->cannot_huge,
                 "huge pages are off for shared memory: %s says %s; have root write advise there",
                 path, word);
}

int csw_memory_probe(struct csw_memory *memory, const char *root, struct csw_err *err)
{
    if (memory->huge_pages)
        probe_huge(memory, root);
    return memory->policy == CSW_MEMORY_FIRST_TOUCH ? 0 : probe_place(memory, err);
}
