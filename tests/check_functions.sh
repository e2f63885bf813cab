#!/bin/bash
# Functions are short: median at most 15 lines, 9 of 10 at most 40, none over 60. The format check
# puts a function's braces at the start of a line, which is what this counts between.
set -euo pipefail
cd "$SOURCE"

functions=$(awk '
    FNR == 1 { open = 0 }
    /^\{$/ { open = FNR }
    /^\}$/ && open { print FNR - open - 1, FILENAME ":" open; open = 0 }
' squares/*.c kernels/*.c drivers/*.c probes/*.c harness/*.c run/*.c cli/*.c bench/*.d/*.c | sort -n)

# at TENTHS: the length that so many tenths of the functions do not exceed.
count=$(wc -l <<<"$functions")
at() {
    sed -n "$(((count * $1 + 9) / 10))p" <<<"$functions" | cut -d' ' -f1
}

echo "$count functions, median $(at 5) lines, 9 of 10 at most $(at 9)"
echo "longest: $(tail -n 1 <<<"$functions")"
[ "$count" -gt 100 ] && [ "$(at 5)" -le 15 ] && [ "$(at 9)" -le 40 ] && [ "$(at 10)" -le 60 ]
