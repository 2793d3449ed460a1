package pipeline

import (
	"encoding/base64"
	"testing"

	"github.com/modelaudit/action/audit"
)

// The array [0, 1, 2, 3] of bytes in an .npz, compressed by each method that Python's zipfile
// or 7-Zip reads beside DEFLATE, converts: the proof reads what the scan reads.
func TestArraysOfEveryZipMethod(t *testing.T) {
	for method, text := range map[string]string{
		"bzip2": "UEsDBC4AAAAMAAAAIVwkA95YdQAAAIQAAAAFAAAAdy5ucHlCWmg5MUFZJlNZAqlJtAAAJl+geBBA5CRQAQNCIK9F3w4IACAAVEUeUDQ0DEADT1HpCKeUxAD1DQaaBoeoKLtqo11+zBUBgQlZB4owAWa7r0bIyIXfZu06ecEKhC8AheDzE8UQBRVcDAsofi7kinChIAVSk2hQSwECLgMuAAAADAAAACFcJAPeWHUAAACEAAAABQAAAAAAAAAAAAAAgAEAAAAAdy5ucHlQSwUGAAAAAAEAAQAzAAAAmAAAAAAA",
		"lzma":  "UEsDBD8AAgAOAAAAIVwkA95YWgAAAIQAAAAFAAAAdy5ucHkJBAUAXQAAgAAASZOGpN7TgnlqWw0jODarnZ1MTe7jbcMxaWv7ETR3LF1+IDOOrSw5dy2NasUq89t3iZ4txsKzTZtGqV9QEigyMpZ055ZQLKz+45sN//dAfgBQSwECPwM/AAIADgAAACFcJAPeWFoAAACEAAAABQAAAAAAAAAAAAAAgAEAAAAAdy5ucHlQSwUGAAAAAAEAAQAzAAAAfQAAAAAA",
		"zstd":  "UEsDBD8AAABdAAAAIVwkA95YXgAAAIQAAAAFAAAAdy5ucHkotS/9BFiNAgCUBJNOVU1QWQEAdgB7J2Rlc2NyJzogJ3x1MScsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICg0LCksIH0gCgABAgMBAAQkEAXbI9iIUEsBAj8APwAAAF0AAAAhXCQD3lheAAAAhAAAAAUAAAAAAAAAAAAAAAAAAAAAAHcubnB5UEsFBgAAAAABAAEAMwAAAIEAAAAAAA==",
		"xz":    "UEsDBD8AAABfAAAAIVwkA95YjAAAAIQAAAAFAAAAdy5ucHn9N3pYWgAABObWtEYCACEBFgAAAHQv5aPgAIMAS10ASZOGpN7TgnlqWw0jODarnZ1MTe7jbcMxaWv7ETR3LF1+IDOOrSw5dy2NasUq89t3iZ4txsKzTZtGqV9QEigyMpZ055ZQLKznel3rAADL53hzQAHVFwABZ4QBAAAACJp+KrHEZ/sCAAAAAARZWlBLAQI/AD8AAABfAAAAIVwkA95YjAAAAIQAAAAFAAAAAAAAAAAAAAAAAAAAAAB3Lm5weVBLBQYAAAAAAQABADMAAACvAAAAAAA=",
	} {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		out, conv, err := convertTo(t.Context(), t.TempDir(), audited(t, "a.npz", data), ConvertOptions{})
		if err != nil {
			t.Errorf("%s: %v", method, err)
			continue
		}
		if p := conv.Candidates[0].Proof; p.Tensors != 1 || p.Rescan != audit.VerdictClean || string(out[0][len(out[0])-4:]) != "\x00\x01\x02\x03" {
			t.Errorf("%s: %+v", method, p)
		}
	}
}
