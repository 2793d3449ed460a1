#!/bin/sh
# Scans and converts the files of many.py and prints medians: seconds of the
# processor, MiB and exit code.
#
#   sh docs/performance/many.sh DIR PYTHON
#
# DIR is an empty directory with 1 GiB free; PYTHON has torch, numpy and
# safetensors, and takes minutes to write the files. RUNS=n sets the number of
# runs (default 3). Needs go and GNU time.
set -eu
dir=$1 python=$2 runs=${RUNS:-3}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir" && cd "$dir" && dir=$(pwd)
(cd "$here/../.." && go build -o "$dir/" ./cmd/modelaudit)

# once LABEL COMMAND: the medians of its runs.
once() {
	label=$1
	shift
	: >rows.txt
	for _ in $(seq "$runs"); do
		rm -f result*
		env time -f '%U %S %M %x' -o time.txt "$@" >out.txt 2>&1 || true
		tail -n 1 time.txt | awk '{print $1 + $2, $3 / 1024, $4}' >>rows.txt
	done
	printf '%-36s %s\n' "$label" "$(for c in 1 2 3; do
		cut -d' ' -f$c rows.txt | sort -n | awk '{v[NR] = $1} END {printf "%s ", v[int((NR + 1) / 2)]}'
	done | awk '{printf "%6.2f s cpu %4.0f MiB exit %d", $1, $2, $3}')"
}

while read -r kind number file; do
	[ -f "$file" ] || "$python" "$here/many.py" "$kind" "$number" "$file"
	once "scan $file" ./modelaudit scan "$file"
	case $number-$kind in
	150000-* | *-own) once "convert $file" ./modelaudit convert "$file" --to safetensors -o result.safetensors ;;
	esac
done <<END
own 1000000 own-1000000.pt
views 1000000 views-1000000.pt
own 300000 own-300000.pt
own 150000 own-150000.pt
views 150000 views-150000.pt
scalars 1000000 scalars-1000000.pkl
safetensors 400000 many-400000.safetensors
END
