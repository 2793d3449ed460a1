#!/bin/sh
# Writes what packages contain beside the programs into the folder $1: manual pages
# and completions, made by the programs themselves.
set -eu
cd "$(dirname "$0")/.."
mkdir -p "$1"
go run ./cmd/modelaudit man >"$1/modelaudit.1"
go run ./cmd/modelaudit man --hook >"$1/modelaudit-hook.1"
for shell in bash zsh fish; do
	go run ./cmd/modelaudit completion "$shell" >"$1/modelaudit.$shell"
	go run ./cmd/modelaudit completion "$shell" --hook >"$1/modelaudit-hook.$shell"
done
