#!/bin/bash
# Includes go one way only: squares/ knows its public header alone, kernels/ and drivers/ the contract,
# probes/ the contract, clocks and medians, harness/ the contract, cli/ and run/ the contract and harness/,
# bench/squares.d/ what it needs of all but their insides, bench/drivers.d/ the contract and harness/: it
# opens drivers as everybody does. Third-party headers stay behind the one header made for them.
set -euo pipefail
cd "$SOURCE"
status=0

# may_include FOLDER PATTERN: every project header that FOLDER includes must match PATTERN.
may_include() {
    local found
    found=$(grep -HnrE --include='*.[ch]' --include='*.cpp' '^ *# *include +([<"](coresweep|squares|kernels|drivers|probes|harness|run|cli)/|")' "$1" |
        grep -vE "include +($2)" || true)
    if [ -n "$found" ]; then
        printf '%s/ may not include this:\n%s\n' "$1" "$found"
        status=1
    fi
}

# only_in HEADER_PATTERN FILE...: nobody else includes that third-party header.
only_in() {
    local header=$1 found
    shift
    found=$(grep -lE "^ *# *include +<$header" squares/* kernels/* drivers/* probes/* harness/* run/* cli/* \
        bench/squares.d/* bench/drivers.d/*.[ch]* include/coresweep/* | grep -vxF "$(printf '%s\n' "$@")" || true)
    if [ -n "$found" ]; then
        printf '<%s> is for %s alone, but is included by:\n%s\n' "$header" "$*" "$found"
        status=1
    fi
}

may_include include/coresweep '<coresweep/'
may_include squares '<coresweep/squares\.h>|"(isa\.h|isas\.def|blocks\.h|lists\.h)"'
may_include kernels '<coresweep/(kernel|err|squares)\.h>|"(squares\.h|squares/isa\.h|steps\.h|wait\.h|kernels\.def)"'
may_include drivers '<coresweep/|"(pool|child|thread|library|tbb|keeper|python)\.h"|"drivers\.def"'
may_include probes '<coresweep/|"(price|carry)\.h"|"probes\.def"|"harness/(clock|stats)\.h"'
may_include harness '<coresweep/|"[a-z_]+\.h"'
may_include run '<coresweep/|"(registry\.h|harness/)'
may_include cli '<coresweep/|"((cli|live|measuring|planned)\.h|harness/)'
may_include bench/squares.d '<coresweep/|"([a-z_0-9]+\.h|harness/|drivers/pool\.h|squares/isas\.def)'
may_include bench/drivers.d '<coresweep/|"([a-z_]+\.(h|def)"|harness/)'
only_in hwloc harness/place.c
only_in omp.h drivers/openmp.c bench/drivers.d/openmp_{runtime,kernel}.c
only_in threads.h drivers/threads.c
only_in pthread.h drivers/thread.h drivers/library.c drivers/fork.c harness/warm.c run/job.c \
    probes/{unjoined,ticker,prices,carry}.c bench/squares.d/crew.h \
    bench/drivers.d/{condvar,thread_each,measure_probe}.c
only_in tbb/ bench/drivers.d/tbb.cpp drivers/tbb.cpp
only_in pthreadpool bench/drivers.d/pthreadpool.c
only_in libsmartcols harness/table.c
only_in jansson drivers/python.c harness/record.c harness/record_json.h harness/results.c harness/report_export.c \
    harness/report_json.h harness/report_why.{c,h} harness/{story,grain,compare,selftest}_json.c \
    harness/doctor_show.c harness/machine.c bench/squares.d/json.c
only_in flint bench/squares.d/flint.c
only_in gmp bench/squares.d/gmp.c
only_in pari bench/squares.d/pari.c
exit $status
