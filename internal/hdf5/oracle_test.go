package hdf5

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/safeio"
)

// What h5py finds in a file; testdata/h5py_files.py writes it.
type (
	oracleCase struct {
		Name    string         `json:"name"`
		Objects []oracleObject `json:"objects"`
	}
	oracleObject struct {
		Path       string            `json:"path"`
		Kind       int               `json:"kind"`
		Type       string            `json:"type"`
		Space      oracleSpace       `json:"space"`
		Layout     int               `json:"layout"`
		External   []string          `json:"external"`
		Filters    []int             `json:"filters"`
		SHA256     string            `json:"sha256"`
		Attributes []oracleAttribute `json:"attributes"`
		Links      []oracleLink      `json:"links"`
	}
	oracleSpace struct {
		Kind int     `json:"kind"`
		Dims []int64 `json:"dims"`
	}
	oracleAttribute struct {
		Name    string      `json:"name"`
		Type    string      `json:"type"`
		Space   oracleSpace `json:"space"`
		SHA256  string      `json:"sha256"`
		Strings []string    `json:"strings"`
	}
	oracleLink struct {
		Name   string `json:"name"`
		Kind   int    `json:"kind"`
		Target string `json:"target"`
		File   string `json:"file"`
		Object string `json:"object"`
	}
)

// TestFiles reads the files of testdata, and finds what h5py found.
func TestFiles(t *testing.T) {
	oracles, err := filepath.Glob("testdata/*/oracle.json")
	if err != nil || len(oracles) < 2 {
		t.Fatalf("%q, %v", oracles, err)
	}
	for _, oracle := range oracles {
		b, err := os.ReadFile(oracle)
		if err != nil {
			t.Fatal(err)
		}
		var cases []oracleCase
		if err := json.Unmarshal(b, &cases); err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			path := filepath.Join(filepath.Dir(oracle), c.Name)
			t.Run(filepath.ToSlash(path), func(t *testing.T) { checkOracle(t, path, c.Objects) })
		}
	}
}

func checkOracle(t *testing.T, path string, want []oracleObject) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(b), int64(len(b)), safeio.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Problems {
		if !strings.HasSuffix(p.Reason, `("scaleoffset") is not read`) {
			t.Errorf("%s at %#x: %s", p.Path, p.Start, p.Reason)
		}
	}
	checkRegions(t, f, int64(len(b)))
	got := map[string]oracleObject{}
	for _, o := range f.Objects {
		got[o.Path] = describe(t, f, o)
	}
	wanted := map[string]oracleObject{}
	for _, o := range want {
		wanted[o.Path] = o
	}
	if d := cmp.Diff(wanted, got); d != "" {
		t.Errorf("(-h5py +here):\n%.4000s", d)
	}
}

func describe(t *testing.T, f *File, o *Object) oracleObject {
	t.Helper()
	out := oracleObject{Path: o.Path, Kind: int(o.Kind), Attributes: []oracleAttribute{}}
	for i := range o.Attributes {
		out.Attributes = append(out.Attributes, describeAttribute(t, f, &o.Attributes[i]))
	}
	switch o.Kind {
	case Group:
		out.Links = []oracleLink{}
		for _, l := range o.Links {
			x := oracleLink{Name: l.Name, Kind: int(l.Kind), Target: l.Target, File: l.File}
			if l.Object != nil {
				x.Object = l.Object.Path
			}
			out.Links = append(out.Links, x)
		}
	case NamedType:
		out.Type = typeText(o.Type)
	case Dataset:
		describeData(t, f, o, &out)
	}
	return out
}

func describeData(t *testing.T, f *File, o *Object, out *oracleObject) {
	t.Helper()
	out.Type, out.Space, out.Layout = typeText(o.Type), oracleSpaceOf(o.Space), int(o.Layout.Kind)
	out.External, out.Filters = []string{}, []int{}
	for _, e := range o.Layout.External {
		out.External = append(out.External, e.Name)
	}
	for _, x := range o.Layout.Filters {
		out.Filters = append(out.Filters, x.ID)
	}
	if o.Space.Kind == Null || !plainType(o.Type) || len(o.Layout.External) > 0 || o.Layout.Kind == Virtual || o.Layout.known() != nil {
		return
	}
	r, err := f.Data(o)
	if err != nil {
		t.Fatalf("%s: %v", o.Path, err)
	}
	size, _ := o.Bytes()
	h := sha256.New()
	if n, err := io.Copy(h, io.NewSectionReader(r, 0, size)); n != size || err != nil {
		t.Errorf("%s: %d bytes of %d, %v", o.Path, n, size, err)
	}
	out.SHA256 = hex.EncodeToString(h.Sum(nil))
}

// typeText leaves out what h5py does not tell: sizes in compounds with pointers.
func typeText(t *Type) string {
	if plainType(t) {
		return t.String()
	}
	return regexp.MustCompile("@[0-9]+|;[0-9]+").ReplaceAllString(t.String(), "")
}

func plainType(t *Type) bool {
	s := t.String()
	return !strings.Contains(s, "vlen<") && !strings.Contains(s, "str") && !strings.Contains(s, "ref")
}

func oracleSpaceOf(s Space) oracleSpace {
	return oracleSpace{int(s.Kind), append([]int64{}, s.Dims...)}
}

func describeAttribute(t *testing.T, f *File, a *Attribute) oracleAttribute {
	t.Helper()
	out := oracleAttribute{Name: a.Name, Type: typeText(a.Type), Space: oracleSpaceOf(a.Space)}
	if a.Space.Kind == Null {
		return out
	}
	raw, err := f.Raw(a)
	if err != nil {
		t.Fatal(err)
	}
	if plainType(a.Type) {
		out.SHA256 = fmt.Sprintf("%x", sha256.Sum256(raw))
	}
	if a.Type.Class != String && !(a.Type.Class == VarLen && a.Type.Text) {
		return out
	}
	list, err := f.Strings(a)
	if err != nil {
		t.Fatal(err)
	}
	out.Strings = []string{}
	for _, s := range list {
		out.Strings = append(out.Strings, hex.EncodeToString([]byte(s.Value)))
	}
	return out
}
