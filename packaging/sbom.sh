#!/bin/sh
# Writes what is in the program $1 to $2, read from the program itself: a CycloneDX bill
# of materials. Its time is $3 (RFC 3339), that of the commit, in place of the clock's, so
# that the same program gives the same bytes.
set -eu
go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.9.0 bin -json -noserial -output "$2.clock" "$1"
sed "s/\"timestamp\": \"[^\"]*\"/\"timestamp\": \"$3\"/" "$2.clock" >"$2"
rm "$2.clock"
