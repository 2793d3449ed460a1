package scan

import (
	"archive/zip"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/modelaudit/action/audit"
)

// A store of zarr in a zip has each description as often as it was written.
func TestZarrInZip(t *testing.T) {
	evil := assemble(t, payload+`STOP`)
	one, two := []byte(`{"zarr_format": 3}`), []byte(`{"zarr_format": 3, "attributes": {}}`)
	for _, test := range []struct {
		name    string
		members []member
		want    string
	}{
		{"written twice", []member{{"zarr.json", one}, {"zarr.json", two}, {"X/zarr.json", one}, {"X/zarr.json", two}}, ""},
		{"of version 2", []member{{".zgroup", one}, {"X/.zarray", one}, {"X/.zarray", two}, {"X/.zattrs", two}, {"X/.zattrs", two}}, ""},
		{"values written twice", []member{{"zarr.json", one}, {"X/c/0", one}, {"X/c/0", two}}, "MA203"},
		{"no store", []member{{"a.json", one}, {"X/zarr.json", one}, {"X/zarr.json", two}}, "MA203"},
		{"one that runs", []member{{"zarr.json", one}, {"zarr.json", evil}, {"zarr.json", two}}, "MA101 os.system"},
		{"what torch opens", []member{{"a/data.pkl", assemble(t, `EMPTY_DICT; STOP`)}, {"a/version", []byte("3\n")}, {"zarr.json", one}, {"zarr.json", two}}, "MA203"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := scanBytes(t, "x.zarr.zip", archive(t, zip.Store, test.members...))
			if test.want != "" {
				expect(t, r, test.want)
			} else if r.Artifact.Verdict == audit.VerdictFindings || len(r.Artifact.Findings) > 0 {
				t.Errorf("found %q", found(r))
			}
		})
	}
}

// Behind the chunks of a shard stands where each is, and its checksum.
func TestShardOfZarr(t *testing.T) {
	chunk := append([]byte("\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00"), "hello"...)
	index := func(pairs ...uint64) []byte {
		var b []byte
		for _, v := range pairs {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
		return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	}
	n := uint64(len(chunk))
	wrong := index(0, n)
	wrong[len(wrong)-1]++
	for _, test := range []struct {
		name  string
		shard []byte
		read  bool
	}{
		{"one chunk", append(chunk, index(0, n)...), true},
		{"two, and one that is not there", append(append(chunk[:n:n], chunk...), index(0, n, n, n, 1<<64-1, 1<<64-1)...), true},
		{"another checksum", append(chunk[:n:n], wrong...), false},
		{"a chunk outside", append(chunk[:n:n], index(0, n+1)...), false},
		{"something before it", append(append(chunk[:n:n], "0123456789abcdef"...), index(0, n)...), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := scanBytes(t, "x.zarr.zip", archive(t, zip.Store, member{"zarr.json", []byte("{}")}, member{"c/0", test.shard}))
			if got := len(r.Artifact.Coverage.Unread) == 0; got != test.read || len(r.Artifact.Findings) > 0 {
				t.Errorf("unread %v, found %q", r.Artifact.Coverage.Unread, found(r))
			}
		})
	}
}
