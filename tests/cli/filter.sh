#!/bin/bash
# coresweep filter keeps exactly the squares of any stream, in its order, with every instruction set;
# what is bad is named, and nothing that came before it is lost.
. "$(dirname "$0")/check.bash"
unset CORESWEEP_ISA

# ---- what it prints

[ "$(seq 1 1000000 | coresweep filter - --count)" = 1000 ] || fail "--count"
[ "$(seq 0 20 | coresweep filter - | xargs)" = "0 1 4 9 16" ] || fail "values"
[ "$(seq 1 20 | coresweep filter --index - | xargs)" = "0 3 8 15" ] || fail "positions"
[ "$(printf '3\n\n \r\n4\r\n\n1e6' | coresweep filter - -i | xargs)" = "1 2" ] || fail "blank lines"
[ "$(printf '5_000\n  2_500\t\n1.6e1\n18446744065119617025' | coresweep filter - | xargs)" = \
    "2500 16 18446744065119617025" ] || fail "numbers as people write them"
[ -z "$(coresweep filter /dev/null)" ] || fail "no input, some output"
[ "$(coresweep filter /dev/null --count)" = 0 ] || fail "no input, no count"
printf '16\n17\n' >-
[ "$(coresweep filter ./- </dev/null)" = 16 ] || fail "a file called -"

# ---- the same as a slow program finds, with every instruction set

cat >reference.py <<'END'
import math, random, struct
random.seed(1)
values, lines = [], []
while len(values) < 60000:
    root = random.getrandbits(random.randrange(33))
    value = random.choice([root * root, root * root + 1, root * root - 1, random.getrandbits(64),
                           random.getrandbits(random.randrange(65)), root * root + 2 * root])
    if not 0 <= value < 2**64:
        continue
    text = str(value)
    if random.random() < 0.1:
        text = random.choice([f"{value:_}", f"{value:030}", f" {value}\t", f"{value}\r",
                              f"{value:#}", f"{value}.0" if value < 10**15 else text])
    if value % 1000 == 0 and value < 10**18 and random.random() < 0.5:
        text = f"{value // 1000}e3"
    if random.random() < 0.02:
        lines.append(random.choice(["", " ", "\r"]))
    values.append(value)
    lines.append(text)
hits = [(i, v) for i, v in enumerate(values) if math.isqrt(v) ** 2 == v]
pack = lambda numbers: struct.pack(f"<{len(numbers)}Q", *numbers)
open("mixed.txt", "w", newline="").write("\n".join(lines))
open("values.txt", "w").write("".join(f"{v}\n" for i, v in hits))
open("index.txt", "w").write("".join(f"{i}\n" for i, v in hits))
open("mixed.bin", "wb").write(pack(values))
open("values.bin", "wb").write(pack([v for i, v in hits]))
open("index.bin", "wb").write(pack([i for i, v in hits]))
END
python3 reference.py
count=$(wc -l <values.txt)
[ "$count" -gt 10000 ] || fail "the reference has only $count squares"

# Everything that filter can be asked about the two files.
same_as_reference() {
    coresweep filter mixed.txt "$@" | cmp - values.txt || fail "values $*"
    coresweep filter mixed.txt --index "$@" | cmp - index.txt || fail "positions $*"
    coresweep filter mixed.bin --raw "$@" | cmp - values.bin || fail "raw values $*"
    coresweep filter mixed.bin --raw --index "$@" | cmp - index.bin || fail "raw positions $*"
    [ "$(coresweep filter mixed.txt --count "$@")" = "$count" ] || fail "count $*"
    [ "$(coresweep filter mixed.bin --count --raw "$@")" = "$count" ] || fail "raw count $*"
}

same_as_reference
coresweep filter --isa '?' - 2>said && fail "an instruction set called ?"
isas=$(sed -E 's/.* there are //; s/,| and / /g' said | xargs)
[[ " $isas " == *" scalar "* ]] || fail "no scalar among '$isas'"
for isa in $isas; do
    if coresweep filter --isa "$isa" - </dev/null 2>said; then
        same_as_reference --isa "$isa"
        CORESWEEP_ISA=$isa same_as_reference
    else
        expect 2 "^coresweep: instruction set '$isa' cannot be used here: it needs .*; usable: scalar" \
            filter --isa "$isa" -
        CORESWEEP_ISA=$isa expect 2 "^coresweep: CORESWEEP_ISA '$isa' cannot be used here: it needs" \
            filter -
    fi
done
dd if=mixed.txt bs=7 status=none | coresweep filter - | cmp - values.txt || fail "short reads"
dd if=mixed.bin bs=13 status=none | coresweep filter - --raw | cmp - values.bin || fail "raw short reads"

# ---- answers come before the next wait

coproc filter { coresweep filter -; }
exec 3<&"${filter[0]}" 4>&"${filter[1]}"
for root in 3 5 7; do
    printf '%d\n2\n' $((root * root)) >&4
    read -r -t 20 answer <&3 && [ "$answer" = $((root * root)) ] || fail "no answer at $root"
done
eval "exec 4>&- ${filter[1]}>&-"
wait $!
exec 3<&-

# ---- bad options

expect 2 "name the FILE to read, or give - for standard input" filter
expect 2 "one FILE at a time, not 'b' as well" filter a b
expect 2 "--count and --index are two questions: give one of them" filter - --count --index
expect 2 "^coresweep: unknown instruction set 'avx3'; did you mean 'avx2'\? there are scalar, " \
    filter - --isa avx3
for value in avx3 AVX2 ' scalar'; do
    CORESWEEP_ISA=$value expect 2 "^coresweep: unknown CORESWEEP_ISA '$value'; .*there are scalar, " \
        filter -
    [ "$(echo 16 | CORESWEEP_ISA=$value coresweep filter --isa scalar -)" = 16 ] ||
        fail "CORESWEEP_ISA=$value is not needed beside --isa"
done
[ "$(echo 16 | CORESWEEP_ISA='' coresweep filter -)" = 16 ] || fail "an empty CORESWEEP_ISA is none"
[ "$(echo 16 | coresweep filter --isa auto -)" = 16 ] || fail "--isa auto is the best one"
expect 2 "^coresweep: cannot open 'nowhere': No such file or directory$" filter nowhere
expect 2 "^coresweep: cannot read '\.': Is a directory$" filter .

# ---- bad input: what came before it is printed, and the line named

# refuses STATUS SENTENCE OUTPUT ARGS...: stdin is bad; all of OUTPUT was printed.
refuses() {
    local status=$1 sentence=$2 output=$3 got=0
    shift 3
    coresweep filter "$@" >out 2>err || got=$?
    [ $got -eq "$status" ] || fail "$*: exit $got"
    [ "$(cat err)" = "coresweep: $sentence" ] || fail "$*: said '$(cat err)'"
    [ "$(xargs <out)" = "$output" ] || fail "$*: printed '$(xargs <out)'"
}
allowed='is not a whole number from 0 to 18446744073709551615 (5000, 5_000_000 and 1e9 are)'
for bad in -5 1.5 abc 18446744073709551616 '1 2' 0x10; do
    printf '1\n\n4\n5\n%s\n9\n' "$bad" >bad.txt
    refuses 2 "standard input:5: '$bad' $allowed" "1 4" - <bad.txt
    refuses 2 "bad.txt:5: '$bad' $allowed" "0 1" --index bad.txt
    refuses 2 "bad.txt:5: '$bad' $allowed" 2 --count bad.txt
done
{ seq 1 300000 && echo nonsense; } | refuses 2 "standard input:300001: 'nonsense' $allowed" 547 - -c
printf '4\n\0\001\n' | refuses 2 "standard input:2: '\\x00\\x01' $allowed" 4 -
{ tr '\0' 1 </dev/zero || true; } | refuses 2 "standard input:1: '$(printf '1%.0s' {1..40})'... \
${allowed/is not/is a line of more than 4096 bytes, not}" "" -
head -c 27 values.bin >tail.bin
refuses 2 "tail.bin: 3 bytes are left over at offset 24; raw input is numbers of 8 bytes each" 3 \
    --raw --count tail.bin
coresweep filter --raw tail.bin >out 2>err && fail "3 bytes are no number"
cmp out <(head -c 24 values.bin) || fail "numbers before a tail"

# ---- bad output

cp values.txt own.txt
coresweep filter own.txt >>own.txt 2>err && fail "appends to its own input"
grep -q 'the input is the output file too' err || fail "said: $(cat err)"
cmp own.txt values.txt
if [ -w /dev/full ]; then
    for options in "" --count --index --raw; do
        status=0
        coresweep filter ${options:+"$options"} mixed.bin --raw >/dev/full 2>err || status=$?
        [ $status -eq 1 ] || fail "full device: exit $status"
        [ "$(cat err)" = "coresweep: cannot write the output: No space left on device" ] ||
            fail "full device: $(cat err)"
    done
fi
status=0
coresweep filter values.txt >&- 2>err || status=$?
[ $status -eq 1 ] && grep -q 'cannot write the output: ' err || fail "closed output: $status"

# whoever stops reading ends it, quietly
for options in "" --index; do
    [ "$(yes 16 | timeout 20 "$CORESWEEP" filter - $options 2>err | head -n 1 || true)" = \
        "$([ "$options" ] && echo 0 || echo 16)" ] || fail "head"
    [ ! -s err ] || fail "a closed pipe was told: $(cat err)"
done
(
    trap '' PIPE
    { yes 16 2>/dev/null || true; } | { timeout 20 "$CORESWEEP" filter - 2>err || echo $? >status; } | head -n 1
) >/dev/null
[ "$(cat status)" = 1 ] && [ ! -s err ] || fail "an ignored SIGPIPE: $(cat status err)"

# ---- the same memory for any input

# Sanitizers reserve more than any limit allows.
limited() {
    (ulimit -v 40000 && exec "$CORESWEEP" "$@")
}
if limited --version >/dev/null 2>&1; then
    [ "$(head -c 400000000 /dev/zero | limited filter - --raw --count)" = 50000000 ] || fail "memory, raw"
    [ "$(yes 1 | head -n 20000000 | limited filter - | wc -l)" = 20000000 ] || fail "memory, text"
    [ "$(yes '' | head -n 5000000 | limited filter - -c)" = 0 ] || fail "memory, blank lines"
fi
