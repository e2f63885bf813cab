#!/bin/bash
# Every `coresweep` example of the README does what it is given as: it exits with 0 and says something.
. "$(dirname "$0")/check.bash"

cp -r "$SOURCE/results" "$SOURCE/scripts" .
ln -s "$CORESWEEP" coresweep
PATH=$work:$PATH
# Indented lines that begin with coresweep, or with seq to give it input, with the lines that a final
# | continues. Those that name a file or CPUs of the reader's machine are left to other tests.
awk '/^    +(seq [0-9 ]+\| )?coresweep / || joined {
        sub(/^ +/, "")
        printf "%s%s", joined ? " " : "", $0
        joined = /\|$/
        if (!joined) print ""
    }' "$SOURCE/README.md" | grep -vE -- '--resume|--pin 0,1|STORY' >examples
[ "$(wc -l <examples)" -ge 10 ] || fail "only $(wc -l <examples) examples were found"
sweeps=0
while read -r example; do
    # the later options hold, and keep it short
    case $example in
    "coresweep sweep "*)
        example="$example --workers 1 --rounds 1 --min-ms 1 --n 1e6 --output $((++sweeps)).jsonl"
        ;;
    "coresweep run "*) example="$example --samples 1 --oversubscribe" ;;
    esac
    bash -euo pipefail -c "$example" >out 2>err </dev/null || fail "$example: $(cat err)"
    [ -s out ] || [ -s err ] || fail "$example: said nothing"
done <examples
