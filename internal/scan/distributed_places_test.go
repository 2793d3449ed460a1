package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// metadataOf is the .metadata of objects at places: a file, an offset and a length each.
func metadataOf(places ...string) string {
	const meta, files = `"torch.distributed.checkpoint.metadata"`, `"torch.distributed.checkpoint.filesystem"`
	made := func(module, class, state string) string {
		return fmt.Sprintf(`GLOBAL %s %q; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; MARK; %sSETITEMS; BUILD; `, module, class, state)
	}
	var state, data string
	for i, p := range places {
		var file string
		var offset, length int
		fmt.Sscan(p, &file, &offset, &length)
		state += fmt.Sprintf(`UNICODE "v%d"; GLOBAL %s "BytesStorageMetadata"; EMPTY_TUPLE; NEWOBJ; `, i, meta)
		data += made(meta, "MetadataIndex", fmt.Sprintf(`UNICODE "fqn"; UNICODE "v%d"; UNICODE "offset"; NONE; UNICODE "index"; NONE; `, i)) +
			made(files, "_StorageInfo", fmt.Sprintf(`UNICODE "relative_path"; UNICODE %q; UNICODE "offset"; BININT %d; UNICODE "length"; BININT %d; `, file, offset, length))
	}
	return `PROTO 2; ` + made(meta, "Metadata", `UNICODE "state_dict_metadata"; EMPTY_DICT; MARK; `+state+`SETITEMS; UNICODE "planner_data"; NONE; UNICODE "storage_data"; EMPTY_DICT; MARK; `+data+`SETITEMS; `) + `STOP`
}

// TestPlaces: torch.load gets the bytes that .metadata points at, also those
// that the file's own audit takes for a tensor's or for text.
func TestPlaces(t *testing.T) {
	evil := assemble(t, payload+`STOP`)
	saved := func(key string, record []byte) []byte {
		return storedArchive(member{"a/data.pkl", assemble(t, goodCheckpoint)}, member{"a/byteorder", []byte("little")}, member{"a/data/" + key, record}, member{"a/version", []byte("3\n")})
	}
	good, hides := saved("0", make([]byte, 16)), saved("0", append(evil, make([]byte, 4)...)[:max(16, len(evil))])
	at := bytes.Index(hides, evil)
	shard := append(bytes.Clone(good), hides...)
	files := map[string][]byte{"__0_0.distcp": shard, "__1_0.distcp": good, "notes.txt": append([]byte("some text\n"), evil...)}
	place := func(file string, offset, length int) string { return fmt.Sprint(file, " ", offset, " ", length) }
	for name, tt := range map[string]struct {
		places []string
		want   string
		alone  string // without the files
	}{
		"as torch writes it":     {[]string{place("__0_0.distcp", 0, len(good)), place("__1_0.distcp", 0, len(good))}, "clean", "clean"},
		"inside of a tensor":     {[]string{place("__0_0.distcp", len(good)+at, len(evil))}, "MA101 os.system", "clean"},
		"inside of another":      {[]string{place("__0_0.distcp", len(good), len(hides)), place("__0_0.distcp", len(good)+at, len(evil))}, "MA206", "MA206"},
		"the same twice":         {[]string{place("__1_0.distcp", 0, len(good)), place("__1_0.distcp", 0, len(good))}, "MA206", "MA206"},
		"in the middle of one":   {[]string{place("__1_0.distcp", 3, len(good)-3)}, "MA203", "clean"},
		"behind the end":         {[]string{place("__1_0.distcp", 5, len(good))}, "unread", "clean"},
		"before the beginning":   {[]string{place("__1_0.distcp", 5, -1)}, "unread", "unread"},
		"a file that is missing": {[]string{place("__2_0.distcp", 0, 9)}, "unread", "clean"},
		"a text":                 {[]string{place("notes.txt", 10, len(evil))}, "MA106 torch.distributed.checkpoint.filesystem._StorageInfo", "MA106 torch.distributed.checkpoint.filesystem._StorageInfo"},
	} {
		t.Run(name, func(t *testing.T) {
			data := assemble(t, metadataOf(tt.places...))
			beside := func(name string) (io.ReaderAt, int64, error) {
				if f := files[name]; f != nil {
					return bytes.NewReader(f), int64(len(f)), nil
				}
				return nil, 0, errors.New("none")
			}
			for _, file := range []string{".metadata", "__3.metadata", "x.pkl"} {
				scan := func(o Options) *Result {
					return Scan(context.Background(), bytes.NewReader(data), int64(len(data)), file, o)
				}
				r := scan(Options{Beside: beside})
				expect(t, r, tt.want)
				if tt.want == "clean" && !r.Elsewhere {
					t.Errorf("%s: clean by its own bytes alone, which may be taken for granted then", file)
				}
				expect(t, scan(Options{}), tt.alone)
			}
			if tt.want != "clean" {
				return
			}
			expect(t, scanBytes(t, "a.zip", storedArchive(member{"c/.metadata", data})), "unread")
		})
	}
	duck := strings.ReplaceAll(metadataOf(place("__0_0.distcp", len(good)+at, len(evil))), `"torch.distributed.checkpoint.metadata" "Metadata"`, `"sklearn.linear_model._base" "LinearRegression"`)
	expect(t, scanBytes(t, ".metadata", assemble(t, duck)), "unread")
	expect(t, scanBytes(t, "x.pkl", assemble(t, duck)), "clean") // torch does not read it as metadata
}

// TestHarmfulObject: a value of a distributed checkpoint that is the result of a call and no
// tensor is left out, as in any other dict, and the tensors beside it are kept.
func TestHarmfulObject(t *testing.T) {
	saved := func(pickle string) []byte {
		return storedArchive(member{"a/data.pkl", assemble(t, pickle)}, member{"a/byteorder", []byte("little")}, member{"a/data/0", make([]byte, 16)}, member{"a/version", []byte("3\n")})
	}
	evil, good := saved(payload+`STOP`), saved(goodCheckpoint)
	meta := assemble(t, metadataOf(fmt.Sprint("__0_0.distcp 0 ", len(evil)), fmt.Sprint("__0_0.distcp ", len(evil), " ", len(good))))
	all := slices.Concat(meta, evil, good)
	files := []File{{Name: ".metadata", Size: int64(len(meta))}, {Name: "__0_0.distcp", Start: int64(len(meta)), Size: int64(len(evil) + len(good))}}
	r := Files(context.Background(), bytes.NewReader(all), int64(len(all)), files, "dist", Options{})
	expect(t, r, "MA101 os.system")
	got, err := r.Model.Tree()
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Tensors) == 0 || len(got.Refused) > 0 || len(got.Omitted) != 1 || got.Omitted[0].Path != "v0" {
		t.Errorf("%d tensors, refused %v, left out %v", len(got.Tensors), got.Refused, got.Omitted)
	}
}
