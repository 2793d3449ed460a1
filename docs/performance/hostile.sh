#!/bin/sh
# Scans and converts the files of hostile.py and prints seconds, MiB and exit
# code of each: no more than 10 s and 256 MiB, and never 0 for what was not read.
#
#   sh docs/performance/hostile.sh DIR
#
# DIR is an empty directory with 4 GiB free. Needs go, python3 and GNU time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1" && dir=$(pwd)
(cd "$here/../.." && go build -o "$dir/" ./cmd/modelaudit)
mkdir -p files && python3 "$here/hostile.py" files
once() {
	env time -f '%e %M %x' -o time.txt "$@" >out.txt 2>&1 || true
	tail -n 1 time.txt | awk '{printf "%6.2f s %4.0f MiB exit %d", $1, $2 / 1024, $3}'
}
for f in files/*; do
	rm -f result*
	scan=$(once ./modelaudit scan "$f")
	printf '%-30s scan %s   convert %s\n' "${f#files/}" "$scan" "$(once ./modelaudit convert "$f" --to safetensors -o result.safetensors)"
done
