#!/bin/sh
# Measures modelaudit against the figures of docs/performance.md.
#
#   sh docs/performance/measure.sh DIR [PYTHON]
#
# DIR is an empty directory with 20 GiB free, on the disk to be measured. PYTHON
# has torch and safetensors. Needs go, git and GNU time. RUNS=n sets the number
# of runs (default 5), SIZES="1024 4096" the sizes in MiB.
#
# Two commands that are compared run in turn, so that a disk that gets slower
# does so for both. Printed are the medians: seconds, MiB of the largest
# process, and of the ratios of the pairs.
set -eu
dir=$1 python=${2:-python3} runs=${RUNS:-5}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir" && cd "$dir" && dir=$(pwd)
(cd "$here/../.." && go build -o "$dir/" ./cmd/modelaudit ./cmd/modelaudit-hook)
PATH=$dir:$PATH
export GIT_CONFIG_GLOBAL="$dir/gitconfig"
git config --global user.name Measure
git config --global user.email measure@example.org
git config --global init.defaultBranch main
git config --global gc.auto 0

# once COMMAND: its seconds, the MiB of its largest process, its exit code.
once() {
	env time -f '%e %M %x' -o time.txt sh -c "$1" >out.txt 2>&1 || true
	tail -n 1 time.txt | awk '{print $1, $2 / 1024, $3}'
}

# pair LABEL A B [RESET]: runs A and B in turn, RESET before each.
pair() {
	echo "$1"
	: >rows.txt
	for _ in $(seq "$runs"); do
		sh -c "${4:-:}" && a=$(once "$2")
		sh -c "${4:-:}" && echo "$a $(once "$3")" >>rows.txt
	done
	awk 'function median(col, n,   i, j, t) {
			for (i = 1; i <= n; i++) for (j = i; j > 1 && v[j-1, col] > v[j, col]; j--) {
				t = v[j, col]; v[j, col] = v[j-1, col]; v[j-1, col] = t
			}
			return v[int((n + 1) / 2), col]
		}
		{ v[NR, 1] = $1; v[NR, 2] = $2; v[NR, 3] = $4; v[NR, 4] = $5; v[NR, 5] = $1 / ($4 ? $4 : 0.01); v[NR, 6] = $1 - $4 }
		END {
			printf "  A %.2f s %.0f MiB exit %d, B %.2f s %.0f MiB exit %d, A/B %.2f, A-B %.2f s\n",
				median(1, NR), median(2, NR), $3, median(3, NR), median(4, NR), $6, median(5, NR), median(6, NR)
		}' rows.txt
}

for mib in ${SIZES:-1024 4096}; do
	"$python" "$here/checkpoint.py" "$mib" big.pt && sync
	pair "convert $mib MiB with proof (A), cp and sync (B)" \
		'modelaudit convert big.pt --to safetensors' 'cp big.pt big.copy && sync' 'rm -f big.copy big.safetensors'
	pair "convert $mib MiB with proof (A), torch.load and save_file (B)" \
		'modelaudit convert big.pt --to safetensors' "$python $here/torch_convert.py big.pt big.safetensors" 'rm -f big.safetensors'
	rm -f big.pt big.safetensors big.copy
done

"$python" "$here/checkpoint.py" 512 half.pt && sync
pair 'scan 512 MiB (A), nothing (B)' 'modelaudit scan half.pt' ':'

# repository NAME FILES: one with so many files, and the hook.
repository() {
	git init -q "$1"
	seq "$2" | (cd "$1" && awk '{d = "d" int($1 / 1000); if (d != last) system("mkdir -p " d); last = d; f = d "/" $1; print $1 > f; close(f)}')
	(cd "$1" && git add . && git commit -q -m files && modelaudit-hook install >install.txt)
}
for files in 10 100000; do
	repository "r$files" "$files"
	pair "commit without a model, $files entries: with the hook (A), without (B)" \
		"cd r$files && git commit -q -m x" "cd r$files && git commit -q --no-verify -m x" \
		"cd r$files && date +%s%N >note.txt && git add note.txt"
done

repository rewrite 10
cd rewrite
printf 'version: 1\nrules:\n  - paths: ["**/*.pt"]\n    action: convert\n    to: safetensors\n' >.modelaudit.yml
git add .modelaudit.yml && git commit -q -m policy
cp ../half.pt model.pt && git add model.pt && cp .git/index ../index.saved
cd ..
pair 'hook that rewrites a staged checkpoint of 512 MiB (A), git hash-object -w of it (B)' \
	'cd rewrite && modelaudit-hook' 'cd store && git hash-object -w ../half.pt' \
	'rm -rf store && git init -q store && cd rewrite && rm -f model.safetensors && cp ../index.saved .git/index && cp ../half.pt model.pt && sync'
