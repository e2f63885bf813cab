# setup.sh - sourced by scripts/sweep and scripts/test: installs what is missing, and builds.
# Debian and its relatives only, through apt-get; elsewhere it says what is needed.

build_packages=(gcc libc6-dev cmake ninja-build pkg-config
    libhwloc-dev libjansson-dev libsmartcols-dev libcunit1-dev)
runtime_packages=(g++ libtbb-dev python3) # of tbb, which is left out without them, and of cpython-*
plot_packages=(python3 python3-matplotlib)
page_packages=(chromium) # of the tests that open the pages of a report and of a story
peer_packages=(libflint-dev libgmp-dev libpari-dev) # of bench/squares
rival_packages=(libpthreadpool-dev clang libomp-dev python3) # of bench/drivers, besides

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_dir=$source_dir/build/release

say() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "this needs root: run it as root or install sudo: $*"
        return 1
    fi
}

# Names the packages that are missing, then installs them; does nothing when all are there.
install_packages() {
    local package missing=()

    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "this is no Debian: make sure that you have what these Debian packages hold: $*"
        return 0
    fi
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing through apt-get: ${missing[*]}"
    as_root apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# build_preset PRESET [TARGET...]: configures on the first call, then builds only what has changed.
build_preset() {
    local preset=$1 folder=$source_dir/build/$1 log
    shift
    log=$folder/build.log

    mkdir -p "$folder"
    say "building in ${folder#"$source_dir"/}"
    if ! (cd "$source_dir" && cmake --preset "$preset" && cmake --build --preset "$preset" \
        ${1:+--target "$@"}) >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        say "the build failed; all of it is in $log"
        return 1
    fi
}

build() {
    build_preset release "$@"
}

# The python3 that has matplotlib: the distribution's own before any other on the PATH.
find_python() {
    local python

    for python in /usr/bin/python3 $(type -ap python3); do
        if "$python" -c 'import matplotlib' 2>/dev/null; then
            printf '%s\n' "$python"
            return 0
        fi
    done
    say "no python3 here has matplotlib: no plots (Debian: apt-get install ${plot_packages[*]})"
    return 1
}
