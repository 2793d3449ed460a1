#!/bin/sh
# Scans the files of pickles.py and prints medians: seconds of the processor
# (all threads), seconds, MiB and exit code, beside what reads the same bytes.
#
#   sh docs/performance/scan.sh DIR [PYTHON]
#
# DIR is an empty directory with 1 GiB free. PYTHON may have numpy. Needs go and
# GNU time. RUNS=n sets the number of runs (default 5).
set -eu
dir=$1 python=${2:-python3} runs=${RUNS:-5}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir/files" && cd "$dir" && dir=$(pwd)
(cd "$here/../.." && go build -o "$dir/" ./cmd/modelaudit)
[ -d files/tree ] || "$python" "$here/pickles.py" files

# once LABEL COMMAND: the medians of its runs.
once() {
	label=$1
	shift
	: >rows.txt
	for _ in $(seq "$runs"); do
		env time -f '%U %S %e %M %x' -o time.txt "$@" >out.txt 2>&1 || true
		tail -n 1 time.txt | awk '{print $1 + $2, $3, $4 / 1024, $5}' >>rows.txt
	done
	printf '%-44s %s\n' "$label" "$(for c in 1 2 3 4; do
		cut -d' ' -f$c rows.txt | sort -n | awk '{v[NR] = $1} END {printf "%s ", v[int((NR + 1) / 2)]}'
	done | awk '{printf "%6.2f s cpu %6.2f s %4.0f MiB exit %d", $1, $2, $3, $4}')"
}

for f in files/*.pkl; do
	once "scan $(basename "$f"), $(($(wc -c <"$f") / 1000000)) MB" ./modelaudit scan "$f"
done
once 'pickle.load dicts.pkl' "$python" -c 'import pickle; pickle.load(open("files/dicts.pkl", "rb"))'
once 'pickletools.genops dicts.pkl' "$python" -c '
import pickletools
for _ in pickletools.genops(open("files/dicts.pkl", "rb")): pass'
once 'scan of 10,000 files in 20,000 directories' ./modelaudit scan files/tree
once 'find -exec sha256sum {} + of them' find files/tree -type f -exec sha256sum {} +
