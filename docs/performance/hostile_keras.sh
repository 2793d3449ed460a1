#!/bin/sh
# Scans the files of hostile_keras.py and prints seconds of the processors, MiB and exit code
# of each: no more than 10 s and 256 MiB, and 0 only for what was read.
#
#   sh docs/performance/hostile_keras.sh DIR PYTHON
#
# DIR is an empty directory with 3 GiB free. Needs go, GNU time and a Python 3.11 with h5py.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1" && dir=$(pwd)
(cd "$here/../.." && go build -o "$dir/" ./cmd/modelaudit)
mkdir -p files && "$2" "$here/hostile_keras.py" files
for f in files/*; do
	env time -f '%U %S %M %x' -o time.txt ./modelaudit scan "$f" >out.txt 2>&1 || true
	tail -n 1 time.txt | awk -v f="${f#files/}" '{printf "%-26s %5.2f s %4.0f MiB exit %d\n", f, $1 + $2, $3 / 1024, $4}'
done
