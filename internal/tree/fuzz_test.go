package tree

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/torch"
)

// FuzzBuild holds that what a tree's JSON says is read again as it was written,
// with every tensor at the place and under the name that Build gave it.
func FuzzBuild(f *testing.F) {
	for _, pattern := range []string{"../../testdata/pickle/*/*.pkl", "../../testdata/torch/zip-*/*.pt"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, name := range files {
			f.Add(stream(f, name))
		}
	}
	const pair = "\x8c\x06\xed\xa0\x80\xed\xb0\x80" // two lone surrogates, in a text
	for _, data := range []string{pair + ".", pair + pair + "\x93.", pair + pair + "\x93)R.", "}" + pair + "K\x01s.", "\x8c\x05torch\x8c\x06device\x93" + pair + "\x85R."} {
		f.Add([]byte("\x80\x04" + data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		tr := sym.Run(r, 0, r.Size(), sym.Options{MaxBytes: 4 << 20})
		if tr.Root == nil || tr.Plain || tr.Folded {
			return
		}
		got, err := Build(Input{Size: r.Size(), Root: tr.Root, Data: r, Tensors: torch.NestedResolver(r),
			Unsafe: func(*sym.Node) bool { return false }, Carries: func(*sym.Node) bool { return false }})
		if err != nil || len(got.Refused) > 0 {
			return
		}
		text, err := got.Root.MarshalJSON()
		if err != nil {
			if strings.Contains(err.Error(), "lone surrogates") { // in the name of an attribute
				return
			}
			t.Fatal(err)
		}
		root, err := Parse(string(text))
		if err != nil {
			if strings.Contains(err.Error(), "holds itself") { // no loader could make it
				return
			}
			t.Fatalf("%v\n%s", err, text)
		}
		if again, _ := root.MarshalJSON(); string(again) != string(text) {
			t.Fatalf("wrote %s\nread  %s", text, again)
		}
		var want, have []string
		for _, n := range got.Tensors {
			want = append(want, n.Name)
		}
		if err := Places(root, func(p Place) error { have = append(have, Name(p.Path)); return nil }); err != nil {
			return // two keys that are one
		}
		slices.Sort(want)
		slices.Sort(have)
		if !slices.Equal(want, have) {
			t.Fatalf("tensors %q, places %q\n%s", want, have, text)
		}
	})
}

// stream is the pickle of a file.
func stream(f *testing.F, name string) []byte {
	f.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return data
	}
	for _, e := range z.File {
		if !strings.HasSuffix(e.Name, "/data.pkl") {
			continue
		}
		r, err := e.Open()
		if err != nil {
			f.Fatal(err)
		}
		if data, err = io.ReadAll(r); err != nil {
			f.Fatal(err)
		}
	}
	return data
}
