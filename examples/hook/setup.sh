#!/bin/sh
# Sets a repository up: a policy, the hook, and a first look at what is there.
# Needs modelaudit on PATH. Running it again changes nothing.
set -eu
cd "$(git rev-parse --show-toplevel)"

if [ ! -e .modelaudit.yml ]; then
	modelaudit policy init --template standard
fi
modelaudit policy check
git add .modelaudit.yml
modelaudit hook install

# Every file that is staged or committed; nothing is changed.
if modelaudit hook --check --all; then
	echo "the models in this repository are clean, or there are none"
else
	echo "see above: what the hook will say when these files are committed again"
fi
