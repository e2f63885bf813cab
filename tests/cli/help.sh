#!/bin/bash
# Help teaches: every command has one, on stdout, with an example; the version names the build.
. "$(dirname "$0")/check.bash"

coresweep --help >help
grep -q '^Usage: coresweep COMMAND' help || fail "no usage"
for command in list topo doctor run sweep story grain report compare selftest probe filter; do
    grep -qE "^  $command +[a-z]" help || fail "--help lacks $command"
    coresweep $command --help >out 2>err || fail "$command --help failed"
    [ ! -s err ] || fail "$command --help wrote to stderr"
    grep -q "^Usage: coresweep $command" out || fail "$command --help has no usage"
    grep -qE '^Examples?:' out || fail "$command --help has no example"
    # a kernel must not bring an option that the command has already
    twice=$(grep -oE '^ +(-., )?--[a-z0-9-]+' out | grep -oE -- '--[a-z0-9-]+' | sort | uniq -d)
    [ -z "$twice" ] || fail "$command --help has $twice twice"
done
coresweep --version | grep -qE '^coresweep [0-9]+\.[0-9]+\.[0-9]+ \(.+\)$' || fail "no version"
status=0
coresweep >out || status=$?
[ $status -eq 2 ] && grep -q Usage out || fail "no command should show the help and exit with 2"
