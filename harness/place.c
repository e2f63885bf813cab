/* place.c - see place.h. The only file that includes hwloc. */
#include <coresweep/place.h>

#include <ctype.h>
#include <errno.h>
#include <hwloc.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "files.h"

struct csw_topo {
    hwloc_topology_t hwloc;
    hwloc_const_cpuset_t usable; /* the topology's own, restricted to what may be used */
};

/* ---- topology ------------------------------------------------------------------------------- */

/* The first variable that makes hwloc show another machine than this one; NULL: none is set. */
static const char *foreign_topology(void)
{
    static const char *const names[] = {"HWLOC_SYNTHETIC", "HWLOC_XMLFILE", "HWLOC_FSROOT",
                                        "HWLOC_CPUID_PATH"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]))
            return names[i];
    return NULL;
}

/* Without these flags hwloc looks past taskset and past a container's hidden cpuset. */
#define AS_FAR_AS_USABLE                                                                           \
    (HWLOC_TOPOLOGY_FLAG_RESTRICT_TO_CPUBINDING | HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM)

/* Where the description comes from; `flags` are for this machine, which is no source. */
static int set_source(hwloc_topology_t hwloc, const char *source, unsigned long flags,
                      struct csw_err *err)
{
    if (!source && foreign_topology())
        return csw_fail(err, -EINVAL,
                        "%s makes hwloc describe another machine than this one; unset it",
                        foreign_topology());
    if (!source) {
        hwloc_topology_set_flags(hwloc, flags);
        return 0;
    }
    if (access(source, F_OK) == 0) {
        if (hwloc_topology_set_xml(hwloc, source) != 0)
            return csw_fail(err, -EINVAL, "'%.200s' is no topology that %s reads (XML of lstopo)",
                            source, csw_topo_library());
        return 0;
    }
    if (hwloc_topology_set_synthetic(hwloc, source) != 0)
        return csw_fail(err, -EINVAL,
                        "'%.200s' is neither a file nor a synthetic topology such as "
                        "\"pack:2 core:4 pu:2\"",
                        source);
    return 0;
}

static int load_topology(struct csw_topo **ret_topo, const char *source, unsigned long flags,
                         struct csw_err *err)
{
    struct csw_topo *topo = calloc(1, sizeof *topo);

    if (!topo || hwloc_topology_init(&topo->hwloc) != 0) {
        free(topo);
        return csw_fail(err, -ENOMEM, "no memory for a topology");
    }
    int code = set_source(topo->hwloc, source, flags, err);

    if (code == 0 && hwloc_topology_load(topo->hwloc) != 0)
        code = csw_fail(err, -EINVAL, "hwloc cannot load the topology of %s",
                        source ? source : "this machine");
    if (code < 0) {
        csw_topo_close(topo);
        return code;
    }
    topo->usable = hwloc_topology_get_allowed_cpuset(topo->hwloc);
    *ret_topo = topo;
    return 0;
}

int csw_topo_open(struct csw_topo **ret_topo, const char *source, struct csw_err *err)
{
    return load_topology(ret_topo, source, AS_FAR_AS_USABLE, err);
}

int csw_topo_open_on(struct csw_topo **ret_topo, const int *cpus, size_t count, struct csw_err *err)
{
    struct csw_topo *topo = NULL;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    int code = set ? load_topology(&topo, NULL, HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM, err)
                   : csw_fail(err, -ENOMEM, "no memory for a set of CPUs");

    for (size_t i = 0; code == 0 && i < count; i++)
        if (hwloc_bitmap_set(set, (unsigned)cpus[i]) != 0)
            code = csw_fail(err, -ENOMEM, "no memory for a set of CPUs");
    if (code == 0 && hwloc_topology_restrict(topo->hwloc, set, 0) != 0)
        code = csw_fail(err, -errno, "cannot restrict the topology to %zu CPUs: %s", count,
                        strerror(errno));
    hwloc_bitmap_free(set);
    if (code < 0) {
        csw_topo_close(topo);
        return code;
    }
    topo->usable = hwloc_topology_get_allowed_cpuset(topo->hwloc);
    *ret_topo = topo;
    return 0;
}

void csw_topo_close(struct csw_topo *topo)
{
    if (!topo)
        return;
    hwloc_topology_destroy(topo->hwloc);
    free(topo);
}

const char *csw_topo_library(void)
{
    static char text[32];
    const unsigned version = hwloc_get_api_version();

    snprintf(text, sizeof text, "hwloc API %u.%u.%u", version >> 16, version >> 8 & 0xff,
             version & 0xff);
    return text;
}

static unsigned count_of(const struct csw_topo *topo, hwloc_obj_type_t type)
{
    const int count = hwloc_get_nbobjs_by_type(topo->hwloc, type);

    return count > 0 ? (unsigned)count : 0;
}

unsigned csw_topo_pus(const struct csw_topo *topo)
{
    return count_of(topo, HWLOC_OBJ_PU);
}

unsigned csw_topo_cores(const struct csw_topo *topo)
{
    const unsigned cores = count_of(topo, HWLOC_OBJ_CORE);

    return cores > 0 ? cores : csw_topo_pus(topo);
}

unsigned csw_topo_numa_nodes(const struct csw_topo *topo)
{
    return count_of(topo, HWLOC_OBJ_NUMANODE);
}

bool csw_topo_is_here(const struct csw_topo *topo)
{
    return hwloc_topology_is_thissystem(topo->hwloc) == 1;
}

/* In CPUs; infinite where there is none, as on a machine that is only described. */
static double quota_of(const struct csw_topo *topo)
{
    char *source = NULL;
    const double quota = csw_topo_is_here(topo) ? csw_cgroup_quota("", &source) : NAN;

    free(source);
    return isnan(quota) ? INFINITY : quota;
}

unsigned csw_topo_workers(const struct csw_topo *topo)
{
    const double quota = ceil(quota_of(topo));
    const unsigned usable = csw_topo_pus(topo);

    return quota < 1 ? 1 : quota < usable ? (unsigned)quota : usable;
}

static void print_count(FILE *out, unsigned count, const char *noun)
{
    fprintf(out, "%s%u %s%s", ftell(out) > 0 ? ", " : "", count, noun, count == 1 ? "" : "s");
}

static void print_last_cache(FILE *out, const struct csw_topo *topo)
{
    static const hwloc_obj_type_t levels[] = {HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L3CACHE,
                                              HWLOC_OBJ_L2CACHE};

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        const unsigned count = count_of(topo, levels[i]);
        const hwloc_obj_t cache = hwloc_get_obj_by_type(topo->hwloc, levels[i], 0);

        if (count == 0 || !cache)
            continue;
        fprintf(out, ", ");
        if (count > 1)
            fprintf(out, "%u x ", count);
        fprintf(out, "L%u %.4g MiB", cache->attr->cache.depth,
                (double)cache->attr->cache.size / (1 << 20));
        return;
    }
}

char *csw_topo_summary(const struct csw_topo *topo)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    if (count_of(topo, HWLOC_OBJ_PACKAGE) > 0)
        print_count(out, count_of(topo, HWLOC_OBJ_PACKAGE), "package");
    print_count(out, csw_topo_numa_nodes(topo), "NUMA node");
    print_count(out, csw_topo_cores(topo), "core");
    print_count(out, csw_topo_pus(topo), "PU");
    print_last_cache(out, topo);
    return csw_stream_text(out, &text);
}

char *csw_topo_usable(const struct csw_topo *topo)
{
    char *text = NULL;

    return hwloc_bitmap_list_asprintf(&text, topo->usable) >= 0 ? text : NULL;
}

/* Of the kinds of cores that hwloc tells apart, how many are faster than that of the PU. */
static unsigned faster_kinds(const struct csw_topo *topo, hwloc_const_cpuset_t pu)
{
    const int kind = hwloc_cpukinds_get_by_cpuset(topo->hwloc, pu, 0);
    const int kinds = hwloc_cpukinds_get_nr(topo->hwloc, 0);
    int efficiency = -1;

    /* Kinds stand in order, the slowest first, but only where their efficiencies are known. */
    if (kind < 0 ||
        hwloc_cpukinds_get_info(topo->hwloc, (unsigned)kind, NULL, &efficiency, NULL, NULL, 0) != 0)
        return 0;
    return efficiency < 0 ? 0 : (unsigned)(kinds - 1 - kind);
}

/* Prints the usable CPUs of a kind; returns 0, 1 for a kind without any, or -ENOMEM. */
static int print_kind(FILE *out, const struct csw_topo *topo, unsigned kind)
{
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    char *list = NULL;
    int code = set ? 0 : -ENOMEM;

    if (code == 0 && (hwloc_cpukinds_get_info(topo->hwloc, kind, set, NULL, NULL, NULL, 0) != 0 ||
                      hwloc_bitmap_and(set, set, topo->usable) != 0 || hwloc_bitmap_iszero(set)))
        code = 1;
    if (code == 0 && hwloc_bitmap_list_asprintf(&list, set) < 0)
        code = -ENOMEM;
    if (code == 0)
        fprintf(out, "%s%s", ftell(out) > 0 ? " " : "", list);
    hwloc_bitmap_free(set);
    free(list);
    return code;
}

char *csw_topo_kinds(const struct csw_topo *topo)
{
    const int kinds = hwloc_cpukinds_get_nr(topo->hwloc, 0);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    unsigned printed = 0;
    int code = out ? 0 : -ENOMEM;

    for (int kind = kinds - 1; code >= 0 && kind >= 0; kind--) {
        code = print_kind(out, topo, (unsigned)kind);
        printed += code == 0;
    }
    if (out && !csw_stream_text(out, &text))
        return NULL;
    if (code >= 0 && printed > 1)
        return text;
    free(text);
    return code < 0 ? NULL : strdup("");
}

char *csw_topo_nodes(const struct csw_topo *topo)
{
    char *text = NULL;

    return hwloc_bitmap_list_asprintf(&text, hwloc_topology_get_allowed_nodeset(topo->hwloc)) >= 0
               ? text
               : NULL;
}

bool csw_topo_has_node(const struct csw_topo *topo, unsigned node)
{
    return hwloc_bitmap_isset(hwloc_topology_get_allowed_nodeset(topo->hwloc), node);
}

static hwloc_obj_t package_of(const struct csw_topo *topo, hwloc_obj_t pu)
{
    return hwloc_get_ancestor_obj_by_type(topo->hwloc, HWLOC_OBJ_PACKAGE, pu);
}

static hwloc_obj_t core_of(const struct csw_topo *topo, hwloc_obj_t pu)
{
    return hwloc_get_ancestor_obj_by_type(topo->hwloc, HWLOC_OBJ_CORE, pu);
}

/* NUMA nodes hang beside the tree of cores; near several, the first counts; -1: near none. */
static int numa_of(hwloc_obj_t object)
{
    return object->nodeset ? hwloc_bitmap_first(object->nodeset) : -1;
}

static void print_part(FILE *out, const char *part, unsigned index)
{
    fprintf(out, "%s%s %u", ftell(out) > 0 ? ", " : "", part, index);
}

char *csw_topo_where(const struct csw_topo *topo, unsigned pu_number)
{
    const hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(topo->hwloc, pu_number);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    if (!pu)
        fprintf(out, "not usable");
    if (pu && package_of(topo, pu))
        print_part(out, "package", package_of(topo, pu)->logical_index);
    if (pu && numa_of(pu) >= 0)
        print_part(out, "NUMA node", (unsigned)numa_of(pu));
    if (pu && core_of(topo, pu))
        print_part(out, "core", core_of(topo, pu)->logical_index);
    return csw_stream_text(out, &text);
}

/* ---- the order in which a policy fills the PUs ---------------------------------------------- */

struct site {
    unsigned pu;      /* the system's number */
    unsigned smt;     /* how many PUs of its core come before it */
    unsigned faster;  /* how many kinds of cores are faster */
    unsigned package; /* its turn among the packages */
    int numa;         /* -1: none */
    unsigned rank;    /* scratch for spread: turn within its group */
};

static unsigned smt_rank(const struct csw_topo *topo, hwloc_obj_t pu)
{
    const hwloc_obj_t core = core_of(topo, pu);
    unsigned rank = 0;

    if (!core)
        return 0;
    for (hwloc_obj_t other = pu->prev_cousin; other; other = other->prev_cousin) {
        if (core_of(topo, other) != core)
            break;
        rank++;
    }
    return rank;
}

/* Packages that share a NUMA node come after the first packages of the other nodes. */
static unsigned package_turn(const struct csw_topo *topo, hwloc_obj_t package)
{
    unsigned sharing = 0;

    if (!package)
        return 0;
    for (hwloc_obj_t other = package->prev_cousin; other; other = other->prev_cousin)
        if (numa_of(package) >= 0 && numa_of(other) == numa_of(package))
            sharing++;
    return sharing * count_of(topo, HWLOC_OBJ_PACKAGE) + package->logical_index;
}

/* All usable PUs in hwloc's logical order, which follows the tree and not the numbering. */
static struct site *sites_new(const struct csw_topo *topo)
{
    const unsigned count = csw_topo_pus(topo);
    struct site *sites = calloc(count, sizeof *sites);

    for (unsigned i = 0; sites && i < count; i++) {
        const hwloc_obj_t pu = hwloc_get_obj_by_type(topo->hwloc, HWLOC_OBJ_PU, i);
        const hwloc_obj_t package = package_of(topo, pu);

        sites[i] = (struct site){.pu = pu->os_index,
                                 .smt = smt_rank(topo, pu),
                                 .faster = faster_kinds(topo, pu->cpuset),
                                 .package = package_turn(topo, package),
                                 .numa = numa_of(pu),
                                 .rank = i};
    }
    return sites;
}

typedef bool (*site_before)(const struct site *a, const struct site *b);

/* Insertion sort: sites keep their order where neither comes before the other. */
static void sort_sites(struct site *sites, unsigned count, site_before before)
{
    for (unsigned i = 1; i < count; i++) {
        const struct site site = sites[i];
        unsigned at = i;

        for (; at > 0 && before(&site, &sites[at - 1]); at--)
            sites[at] = sites[at - 1];
        sites[at] = site;
    }
}

static bool by_smt_kind(const struct site *a, const struct site *b)
{
    return a->smt != b->smt ? a->smt < b->smt : a->faster < b->faster;
}

static bool by_smt_package_numa(const struct site *a, const struct site *b)
{
    if (a->smt != b->smt)
        return a->smt < b->smt;
    return a->package != b->package ? a->package < b->package : a->numa < b->numa;
}

static bool by_smt_package_rank(const struct site *a, const struct site *b)
{
    if (a->smt != b->smt)
        return a->smt < b->smt;
    return a->package != b->package ? a->package < b->package : a->rank < b->rank;
}

static bool by_smt_rank(const struct site *a, const struct site *b)
{
    return a->smt != b->smt ? a->smt < b->smt : a->rank < b->rank;
}

/* Numbers the members of each run of equal (smt, package[, numa]): their turn in that group. */
static void rank_sites(struct site *sites, unsigned count, bool numa_too)
{
    for (unsigned i = 0; i < count; i++) {
        const struct site *last = i > 0 ? &sites[i - 1] : NULL;
        const bool same = last && last->smt == sites[i].smt && last->package == sites[i].package &&
                          (!numa_too || last->numa == sites[i].numa);

        sites[i].rank = same ? last->rank + 1 : 0;
    }
}

/* In turn over the packages, within a package in turn over its NUMA nodes; the fastest kind of
 * cores first, SMT siblings last. */
static void spread_sites(struct site *sites, unsigned count)
{
    sort_sites(sites, count, by_smt_package_numa);
    rank_sites(sites, count, true);
    sort_sites(sites, count, by_smt_package_rank);
    rank_sites(sites, count, false);
    sort_sites(sites, count, by_smt_rank);
    sort_sites(sites, count, by_smt_kind);
}

static int *fill_order(const struct csw_topo *topo, enum csw_policy policy, size_t *ret_count)
{
    const unsigned count = csw_topo_pus(topo);
    struct site *sites = sites_new(topo);
    int *order = calloc(count, sizeof *order);

    if (!sites || !order) {
        free(sites);
        free(order);
        return NULL;
    }
    if (policy == CSW_PIN_CORES)
        sort_sites(sites, count, by_smt_kind);
    else if (policy == CSW_PIN_SPREAD)
        spread_sites(sites, count);
    for (unsigned i = 0; i < count; i++)
        order[i] = policy == CSW_PIN_NONE ? CSW_PU_ANY : (int)sites[i].pu;
    free(sites);
    *ret_count = count;
    return order;
}

/* ---- a list of the user's ------------------------------------------------------------------- */

struct pu_list {
    int *pu;
    size_t count;
};

static int append_pus(struct pu_list *list, const struct csw_topo *topo, unsigned long first,
                      unsigned long last, struct csw_err *err)
{
    for (unsigned long pu = first; pu <= last; pu++) {
        if (pu > INT_MAX || !hwloc_bitmap_isset(topo->usable, (unsigned)pu)) {
            char *usable = csw_topo_usable(topo);

            csw_fail(err, -EINVAL, "CPU %lu of --pin is not usable here; usable are %s", pu,
                     usable ? usable : "others");
            free(usable);
            return -EINVAL;
        }
        for (size_t i = 0; i < list->count; i++)
            if (list->pu[i] == (int)pu)
                return csw_fail(err, -EINVAL, "CPU %lu stands twice in --pin", pu);
        list->pu[list->count++] = (int)pu;
    }
    return 0;
}

static int parse_range(const char **text, unsigned long *first, unsigned long *last)
{
    char *end;

    if (!isdigit((unsigned char)**text))
        return -EINVAL;
    *first = *last = strtoul(*text, &end, 10);
    if (*end == '-' && isdigit((unsigned char)end[1]))
        *last = strtoul(end + 1, &end, 10);
    if (*last < *first || (*end != ',' && *end != '\0') || (*end == ',' && end[1] == '\0'))
        return -EINVAL;
    *text = *end == ',' ? end + 1 : end;
    return 0;
}

static int *parse_list(const struct csw_topo *topo, const char *text, size_t *ret_count, int *code,
                       struct csw_err *err)
{
    struct pu_list list = {.pu = calloc(csw_topo_pus(topo), sizeof *list.pu)};
    const char *rest = text;

    *code = list.pu ? 0 : csw_fail(err, -ENOMEM, "no memory for a list of CPUs");
    while (*code == 0 && *rest) {
        unsigned long first, last;

        *code =
            parse_range(&rest, &first, &last) == 0
                ? append_pus(&list, topo, first, last, err)
                : csw_fail(err, -EINVAL, "'%.200s' is not a list of CPUs such as 0,2,4-6", text);
    }
    if (*code < 0) {
        free(list.pu);
        return NULL;
    }
    *ret_count = list.count;
    return list.pu;
}

/* ---- placement ------------------------------------------------------------------------------ */

static const char *const policy_names[] = {
    [CSW_PIN_NONE] = "none",
    [CSW_PIN_COMPACT] = "compact",
    [CSW_PIN_CORES] = "cores",
    [CSW_PIN_SPREAD] = "spread",
};

static int find_policy(enum csw_policy *ret_policy, const char *pin, struct csw_err *err)
{
    for (int i = CSW_PIN_NONE; i <= CSW_PIN_SPREAD; i++)
        if (strcmp(policy_names[i], pin) == 0) {
            *ret_policy = (enum csw_policy)i;
            return 0;
        }
    if (isdigit((unsigned char)*pin)) {
        *ret_policy = CSW_PIN_LIST;
        return 0;
    }
    return csw_fail(
        err, -EINVAL,
        "unknown placement '%.40s'; there are none, compact, cores, spread and a list of "
        "CPUs such as 0,2,4-6",
        pin);
}

int csw_placement_init(struct csw_placement *ret_placement, const struct csw_topo *topo,
                       const char *pin, unsigned workers, struct csw_err *err)
{
    enum csw_policy policy;
    size_t count = 0;
    int code = find_policy(&policy, pin, err);

    if (code < 0)
        return code;
    int *order = policy == CSW_PIN_LIST ? parse_list(topo, pin, &count, &code, err)
                                        : fill_order(topo, policy, &count);
    int *pu = calloc(workers, sizeof *pu);

    if (code == 0 && (!order || !pu))
        code = csw_fail(err, -ENOMEM, "no memory to place %u workers", workers);
    if (code == 0 && policy == CSW_PIN_LIST && count < workers && count < csw_topo_pus(topo))
        code = csw_fail(err, -EINVAL, "--pin '%.200s' names %zu CPUs for %u workers", pin, count,
                        workers);
    for (unsigned w = 0; code == 0 && w < workers; w++)
        pu[w] = order[w % count];
    free(order);
    if (code < 0) {
        free(pu);
        return code;
    }
    *ret_placement = (struct csw_placement){.topo = topo,
                                            .policy = policy,
                                            .workers = workers,
                                            .pu = pu,
                                            .oversubscribed = workers > csw_topo_pus(topo),
                                            .throttled = quota_of(topo) < csw_topo_pus(topo)};
    return 0;
}

void csw_placement_gather(struct csw_placement *placement)
{
    for (unsigned w = 1; w < placement->workers; w++)
        placement->pu[w] = placement->pu[0];
}

void csw_placement_release(struct csw_placement *placement)
{
    if (!placement)
        return;
    free(placement->pu);
    *placement = (struct csw_placement){0};
}

/* pid 0: the calling thread. 0 or -1 with errno. */
static int set_binding(hwloc_topology_t hwloc, pid_t pid, hwloc_const_bitmap_t set)
{
    return pid == 0 ? hwloc_set_cpubind(hwloc, set, HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT)
                    : hwloc_set_proc_cpubind(hwloc, pid, set, HWLOC_CPUBIND_STRICT);
}

static int get_binding(hwloc_topology_t hwloc, pid_t pid, hwloc_bitmap_t ret_set)
{
    return pid == 0 ? hwloc_get_cpubind(hwloc, ret_set, HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT)
                    : hwloc_get_proc_cpubind(hwloc, pid, ret_set, HWLOC_CPUBIND_STRICT);
}

static int bind_to(const struct csw_placement *placement, unsigned worker, pid_t pid,
                   hwloc_bitmap_t asked, hwloc_bitmap_t got, struct csw_err *err)
{
    hwloc_topology_t hwloc = placement->topo->hwloc;
    const int pu = placement->pu[worker];

    if (!asked || !got || hwloc_bitmap_only(asked, (unsigned)pu) != 0)
        return csw_fail(err, -ENOMEM, "no memory to bind worker %u", worker);
    if (set_binding(hwloc, pid, asked) != 0)
        return csw_fail(err, -errno, "cannot bind worker %u to CPU %d: %s", worker, pu,
                        strerror(errno));
    if (get_binding(hwloc, pid, got) != 0)
        return csw_fail(err, -errno, "cannot read back the binding of worker %u: %s", worker,
                        strerror(errno));
    if (!hwloc_bitmap_isequal(asked, got))
        return csw_fail(err, -EXDEV, "worker %u was bound to CPU %d but sits elsewhere", worker,
                        pu);
    return 0;
}

int csw_placement_bind_process(const struct csw_placement *placement, unsigned worker, pid_t pid,
                               struct csw_err *err)
{
    if (placement->pu[worker] == CSW_PU_ANY)
        return 0;
    if (!csw_topo_is_here(placement->topo))
        return csw_fail(err, -EINVAL, "worker %u cannot be bound on a described machine", worker);
    hwloc_bitmap_t asked = hwloc_bitmap_alloc(), got = hwloc_bitmap_alloc();
    const int code = bind_to(placement, worker, pid, asked, got, err);

    hwloc_bitmap_free(asked);
    hwloc_bitmap_free(got);
    return code;
}

int csw_placement_bind(const struct csw_placement *placement, unsigned worker, struct csw_err *err)
{
    return csw_placement_bind_process(placement, worker, 0, err);
}

void csw_placement_unbind(const struct csw_placement *placement)
{
    if (placement->pu[0] != CSW_PU_ANY)
        hwloc_set_cpubind(placement->topo->hwloc, placement->topo->usable, HWLOC_CPUBIND_THREAD);
}

void csw_placement_leave(const struct csw_placement *placement, int cpu)
{
    const struct csw_topo *topo = placement->topo;
    hwloc_bitmap_t others = hwloc_bitmap_dup(topo->usable);

    if (others && cpu >= 0 && csw_topo_is_here(topo)) {
        hwloc_bitmap_clr(others, (unsigned)cpu);
        if (!hwloc_bitmap_iszero(others) &&
            hwloc_set_cpubind(topo->hwloc, others, HWLOC_CPUBIND_THREAD) == 0)
            hwloc_set_cpubind(topo->hwloc, topo->usable, HWLOC_CPUBIND_THREAD);
    }
    hwloc_bitmap_free(others);
}

/* ENOSYS, EXDEV: no such call on this system; EPERM: it is there, but not for us. */
static bool means_cannot(int code)
{
    return code == -ENOSYS || code == -EXDEV || code == -EPERM;
}

int csw_placement_probe(struct csw_placement *placement, struct csw_err *err)
{
    struct csw_err told = {0};
    const int code = csw_placement_bind(placement, 0, &told);

    if (code == 0) {
        csw_placement_unbind(placement);
        return 0;
    }
    if (!means_cannot(code))
        return csw_fail(err, code, "%s", told.text);
    snprintf(placement->cannot, sizeof placement->cannot, "%.150s", told.text);
    for (unsigned w = 0; w < placement->workers; w++)
        placement->pu[w] = CSW_PU_ANY;
    return 0;
}

/* ---- memory --------------------------------------------------------------------------------- */

/* Whether the page at `start` would come from these nodes in this way. 0 or a negative errno. */
static int check_memory(const struct csw_topo *topo, hwloc_const_nodeset_t nodes,
                        hwloc_membind_policy_t policy, const void *start, struct csw_err *err)
{
    hwloc_nodeset_t got = hwloc_bitmap_alloc();
    hwloc_membind_policy_t got_policy;
    int code = 0;

    if (!got)
        return csw_fail(err, -ENOMEM, "no memory to place memory");
    if (hwloc_get_area_membind(topo->hwloc, start, 1, got, &got_policy, HWLOC_MEMBIND_BYNODESET) !=
        0)
        code =
            csw_fail(err, -errno, "cannot read back where memory was placed: %s", strerror(errno));
    else if (got_policy != policy || !hwloc_bitmap_isequal(got, nodes))
        code = csw_fail(err, -EXDEV, "memory was placed on NUMA nodes but is to lie elsewhere");
    hwloc_bitmap_free(got);
    return code;
}

static int place_memory(const struct csw_topo *topo, hwloc_const_nodeset_t nodes,
                        hwloc_membind_policy_t policy, void *start, size_t bytes,
                        struct csw_err *err)
{
    /* without STRICT hwloc asks Linux to prefer the nodes, no more */
    const int flags = HWLOC_MEMBIND_BYNODESET | HWLOC_MEMBIND_STRICT;

    if (hwloc_set_area_membind(topo->hwloc, start, bytes, nodes, policy, flags) != 0)
        return csw_fail(err, -errno, "memory cannot be placed on NUMA nodes: %s", strerror(errno));
    return check_memory(topo, nodes, policy, start, err);
}

int csw_topo_place_memory(const struct csw_topo *topo, int node, void *start, size_t bytes,
                          struct csw_err *err)
{
    if (!csw_topo_is_here(topo))
        return csw_fail(err, -EINVAL, "memory cannot be placed on a described machine");
    hwloc_nodeset_t nodes = hwloc_bitmap_dup(hwloc_topology_get_allowed_nodeset(topo->hwloc));

    if (!nodes || (node != CSW_NODES_ALL && hwloc_bitmap_only(nodes, (unsigned)node) != 0)) {
        hwloc_bitmap_free(nodes);
        return csw_fail(err, -ENOMEM, "no memory to place memory");
    }
    const hwloc_membind_policy_t policy =
        node == CSW_NODES_ALL ? HWLOC_MEMBIND_INTERLEAVE : HWLOC_MEMBIND_BIND;
    const int code = place_memory(topo, nodes, policy, start, bytes, err);

    hwloc_bitmap_free(nodes);
    return means_cannot(code) ? -ENOTSUP : code;
}
