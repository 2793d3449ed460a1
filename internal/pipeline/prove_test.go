package pipeline

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// TestSoundness22Candidate changes what was written before it is proven.
func TestSoundness22Candidate(t *testing.T) {
	replace := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	}
	swap := func(a, b string) func([]byte) []byte {
		return func(data []byte) []byte { return []byte(strings.NewReplacer(a, b, b, a).Replace(string(data))) }
	}
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 1; return b }
	}
	tests := []struct {
		name   string
		change func([]byte) []byte
	}{
		{"last bit of the data", flip(-1)},
		{"first tensor's data", flip(-196)},
		{"names swapped", swap(`"fc.bias":{`, `"bn.bias":{`)},
		{"name changed", replace(`"fc.bias":{`, `"fc.bios":{`)},
		{"shape changed", replace(`"shape":[3,4]`, `"shape":[4,3]`)},
		{"dtype changed", replace(`"dtype":"F32"`, `"dtype":"I32"`)},
		{"a tensor's name lost", replace(`"fc.bias":{`, `"fc.weig":{`)},
		{"a metadata key twice", replace(`"modelaudit.source.format"`, `"modelaudit.source.sha256"`)},
		{"header broken", replace(`{"__metadata__"`, `["__metadata__"`)},
		{"truncated", func(b []byte) []byte { return b[:len(b)-1] }},
		{"a byte more", func(b []byte) []byte { return append(b, 0) }},
		{"empty", func([]byte) []byte { return nil }},
		{"a pickle", func([]byte) []byte { return []byte("\x80\x02cos\nsystem\nX\x01\x00\x00\x00x\x85R.") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, dir := clean(t, "torch/zip-1.13/state_dict.pt"), t.TempDir()
			plan, conv := written(t, a, dir)
			if err := prove(t.Context(), a, plan, a.ready(t.Context(), plan).wait(), conv, false); err != nil {
				t.Fatalf("before the change: %v", err)
			}
			c := conv.Candidates[0]
			data := make([]byte, c.Size)
			if _, err := c.File.ReadAt(data, 0); err != nil && err != io.EOF {
				t.Fatal(err)
			}
			changed := tt.change(slices.Clone(data))
			if bytes.Equal(changed, data) {
				t.Fatal("nothing was changed")
			}
			if err := errors.Join(c.File.Truncate(0), writeAt(c.File, changed)); err != nil {
				t.Fatal(err)
			}
			c.Size = int64(len(changed))
			var bad *ProofError
			if err := prove(t.Context(), a, plan, a.ready(t.Context(), plan).wait(), conv, false); !errors.As(err, &bad) {
				t.Errorf("got %v, want a ProofError", err)
			}
			if err := conv.Discard(); err != nil {
				t.Error(err)
			}
			isEmpty(t, dir)
		})
	}
}

func writeAt(f *safeio.File, data []byte) error {
	_, err := f.WriteAt(data, 0)
	return err
}

// written is a conversion that was written and not proven.
func written(t *testing.T, a *Audited, dir string) (*converters.Planned, *Conversion) {
	t.Helper()
	plan, err := Plan(a, converters.Options{SourceSHA256: digestPlace})
	if err != nil {
		t.Fatal(err)
	}
	conv := &Conversion{}
	if err := write(t.Context(), a.Source, plan, conv, ConvertOptions{Dir: dir, Perm: 0o600}); err != nil {
		t.Fatal(err)
	}
	return plan, conv
}

// A lying model gives another tree than the file's.
type lying struct{ t *tree.Tree }

func (l lying) Tree() (*tree.Tree, error) { return l.t, nil }

// TestSoundness22Reader makes our reader of checkpoints wrong, so that what is
// written and what is claimed are wrong in the same way: only the second
// decoder and the proof's own reader of the bytes can tell.
func TestSoundness22Reader(t *testing.T) {
	at := func(tr *tree.Tree, name string) *tree.Named {
		i := slices.IndexFunc(tr.Tensors, func(n tree.Named) bool { return n.Name == name })
		return &tr.Tensors[i]
	}
	const state, big = "torch/zip-1.13/state_dict.pt", "torch/zip-2.15/big_endian.pt"
	tests := []struct {
		name, file string
		lie        func(*tree.Tree)
	}{
		{"wrong strides", state, func(tr *tree.Tree) { at(tr, "fc.weight").Strides = []int64{1, 3} }},
		{"wrong offset", state, func(tr *tree.Tree) { n := at(tr, "fc.weight"); n.Offset, n.Shape = 4, []int64{2, 4} }},
		{"wrong shape", state, func(tr *tree.Tree) { n := at(tr, "fc.weight"); n.Shape, n.Strides = []int64{4, 3}, []int64{3, 1} }},
		{"wrong dtype", state, func(tr *tree.Tree) { at(tr, "fc.weight").DType = tensor.I32 }},
		{"wrong storage", state, func(tr *tree.Tree) { at(tr, "fc.bias").Storage = at(tr, "bn.bias").Storage }},
		{"swapped tensors", state, func(tr *tree.Tree) {
			a, b := at(tr, "fc.bias"), at(tr, "bn.bias")
			a.Tensor, b.Tensor = b.Tensor, a.Tensor
			a.Name, b.Name, a.Path, b.Path = b.Name, a.Name, b.Path, a.Path
		}},
		{"lost tensor", state, func(tr *tree.Tree) { tr.Tensors = tr.Tensors[1:] }},
		{"conjugated", "torch/zip-2.15/lazy.pt", func(tr *tree.Tree) {
			for i := range tr.Tensors {
				tr.Tensors[i].Conj = false
			}
		}},
		{"bytes of another record", state, func(tr *tree.Tree) {
			a, b := at(tr, "fc.bias").Storage, at(tr, "bn.bias").Storage
			a.Data, b.Data = b.Data, a.Data
		}},
		{"wrong byte order", big, func(tr *tree.Tree) {
			for i := range tr.Tensors {
				tr.Tensors[i].Storage.BigEndian = false
			}
		}},
		{"wrong byte order of a little-endian file", state, func(tr *tree.Tree) {
			for i := range tr.Tensors {
				tr.Tensors[i].Storage.BigEndian = true
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, dir := clean(t, tt.file), t.TempDir()
			tr, err := a.Model.Tree()
			if err != nil {
				t.Fatal(err)
			}
			tt.lie(tr)
			plan, err := converters.Plan(lying{tr}, converters.Options{SourceFormat: string(a.Model.Format), SourceSHA256: digestPlace})
			if err != nil {
				t.Fatal(err)
			}
			conv := &Conversion{}
			if err := write(t.Context(), a.Source, plan, conv, ConvertOptions{Dir: dir, Perm: 0o600}); err != nil {
				t.Fatal(err)
			}
			var bad *ProofError
			if err := prove(t.Context(), a, plan, a.ready(t.Context(), plan).wait(), conv, false); !errors.As(err, &bad) {
				t.Errorf("got %v, want a ProofError", err)
			}
			if err := conv.Discard(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAccount makes the converter wrong: it loses, swaps or renames tensors.
func TestAccount(t *testing.T) {
	const file = "torch/zip-2.15/checkpoint_sgd.pt"
	tests := []struct {
		name string
		lie  func(*converters.Planned, tensor.Slice) tensor.Slice // of the weights
		want string                                               // "" means that all is well
	}{
		{"honest", func(_ *converters.Planned, ts tensor.Slice) tensor.Slice { return ts }, ""},
		{"lost", func(_ *converters.Planned, ts tensor.Slice) tensor.Slice { return ts[1:] }, "is in no file"},
		{"twice", func(_ *converters.Planned, ts tensor.Slice) tensor.Slice { return append(ts, ts[0]) }, "is not what the source has"},
		{"swapped names", func(_ *converters.Planned, ts tensor.Slice) tensor.Slice {
			ts[0].Name, ts[1].Name = ts[1].Name, ts[0].Name
			return ts
		}, "is not the name"},
		{"swapped paths", func(_ *converters.Planned, ts tensor.Slice) tensor.Slice {
			ts[0].Path, ts[1].Path = ts[1].Path, ts[0].Path
			return ts
		}, "is not what the source has"},
		{"another view", func(_ *converters.Planned, ts tensor.Slice) tensor.Slice {
			ts[1].Strides = []int64{1, 3}
			return ts
		}, "is not what the source has"},
		{"state lost", func(p *converters.Planned, ts tensor.Slice) tensor.Slice {
			p.Parts = p.Parts[:1]
			return ts
		}, "is in no file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := clean(t, file)
			opt := ConvertOptions{Options: converters.Options{SourceSHA256: digestPlace}, Dir: t.TempDir(), Perm: 0o600}
			plan, err := Plan(a, opt.Options)
			if err != nil {
				t.Fatal(err)
			}
			plan.Parts[0].Tensors = tt.lie(plan, listed(plan.Parts[0].Tensors))
			conv, err := CarryOut(t.Context(), a, plan, opt)
			var bad *ProofError
			switch {
			case tt.want == "":
				if err != nil {
					t.Error(err)
				}
			case !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want):
				t.Errorf("got %v, want a ProofError with %q", err, tt.want)
			}
			if conv != nil && conv.Discard() != nil {
				t.Error("a candidate cannot be discarded")
			}
			isEmpty(t, opt.Dir)
		})
	}
}

// changing is a source that another process writes to.
type changing struct {
	mu   sync.Mutex
	data []byte
}

func (c *changing) ReadAt(p []byte, off int64) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.NewReader(c.data).ReadAt(p, off)
}

// A source that changes while it is converted does not pass.
func TestSourceThatChanges(t *testing.T) {
	name := "torch/zip-1.13/state_dict.pt"
	src, dir := &changing{data: testdata(t, name)}, t.TempDir()
	a := auditedReader(t, name, src, int64(len(src.data)))
	at := bytes.Index(src.data, []byte("data/1")) // the record's content follows its header
	var once sync.Once
	_, _, err := convertTo(t.Context(), dir, a, ConvertOptions{Progress: func(int64, int64) {
		once.Do(func() { // when it is written, before it is proven
			src.mu.Lock()
			defer src.mu.Unlock()
			for i := at + 64; i < at+112; i++ {
				src.data[i] ^= 0xff
			}
		})
	}})
	var bad *ProofError
	if !errors.As(err, &bad) {
		t.Errorf("got %v, want a ProofError", err)
	}
	isEmpty(t, dir)
}
