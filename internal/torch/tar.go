package torch

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/safeio"
)

// A TarMember is one of the members of torch's first format that hold pickles,
// and what was read of it. Between its pickles are elements or geometries.
type TarMember struct {
	Streams []*sym.Trace
	// End is behind the last byte that torch reads; Opaque counts bytes between
	// the pickles.
	End, Opaque int64
	// Err says why the member could not be read to its end, nil if it could.
	Err error
}

// A Tar is what torch reads of the archives that it wrote before 0.1.10
// (torch/serialization.py, _legacy_load, legacy_load): storages first, then
// tensors, then the object, whose persistent ids are keys of either.
type Tar struct {
	keys map[string]bool
	opt  sym.Options
	// views has what each key stands for: a storage as all of its elements, a tensor.
	views map[string]View
	// Bad says why it is not clear what the keys stand for, nil if it is.
	Bad error
}

// NewTar returns a reader; its methods are to be called in torch's order.
func NewTar(opt sym.Options) *Tar {
	if opt.MaxBytes == 0 {
		opt.MaxBytes = sym.DefaultBytes
	}
	return &Tar{keys: map[string]bool{}, opt: opt, views: map[string]View{}}
}

// Known reports whether a persistent id is a key of the archive.
func (t *Tar) Known(n *sym.Node) bool {
	key, ok := tarKey(n.Of())
	return ok && t.keys[key]
}

// tarKey spells a key as persistent_load does, which makes a number of it.
func tarKey(n *sym.Node) (string, bool) {
	switch {
	case n.Kind == sym.Int && n.Big() != nil:
		return n.Big().String(), true
	case n.Kind == sym.Int:
		return strconv.FormatInt(n.Int, 10), true
	case n.Kind == sym.String && !n.Lazy:
		return n.Text, true
	}
	return "", false
}

// maxTarItems bounds storages and tensors; each takes some dozen bytes.
const maxTarItems = 1_000_000

// Storages reads the member of that name: their number; for each a pickle of
// key, location and class, and elements; then the views.
func (t *Tar) Storages(r io.ReaderAt, size int64) *TarMember {
	m := &TarMember{}
	t.items(m, r, size, func(tr *sym.Trace) (int64, error) {
		items := tr.Root.Items()
		if len(items) != 3 {
			return 0, fmt.Errorf("a storage that is not described by three values")
		}
		var class id
		if err := class.setClass(items[2]); err != nil {
			return 0, err
		}
		key := t.key(items[0])
		head, err := safeio.ReadRange(r, size, m.End, 8, 8)
		if err != nil {
			return 0, fmt.Errorf("the storage's element count is missing")
		}
		count := int64(binary.LittleEndian.Uint64(head))
		if count < 0 || count > (size-m.End-8)/class.class.size {
			return 0, fmt.Errorf("a storage claims %d elements, which the member does not have", count)
		}
		t.storage(key, class, r, m.End+8, count)
		return 8 + count*class.class.size, nil
	})
	if m.Err == nil {
		if views := t.run(m, r, size); m.Err == nil {
			for _, v := range views.Root.Items() {
				if len(v.Items()) > 0 {
					t.part(t.key(v.Items()[0]), v.Items()[1:])
				}
			}
		}
	}
	return t.quiet(m)
}

// Tensors reads the member of that name: their number; for each a pickle of
// key, storage and class, and its geometry.
func (t *Tar) Tensors(r io.ReaderAt, size int64) *TarMember {
	m := &TarMember{}
	t.items(m, r, size, func(tr *sym.Trace) (int64, error) {
		if len(tr.Root.Items()) != 3 {
			return 0, fmt.Errorf("a tensor that is not described by three values")
		}
		key := t.key(tr.Root.Items()[0])
		head, err := safeio.ReadRange(r, size, m.End, 4, 4)
		if err != nil {
			return 0, fmt.Errorf("the tensor's number of dimensions is missing")
		}
		dims := int64(int32(binary.LittleEndian.Uint32(head)))
		if dims < 0 || dims > (size-m.End)/16 {
			return 0, fmt.Errorf("a tensor claims %d dimensions", dims)
		}
		geometry, err := safeio.ReadRange(r, size, m.End, 8+16*dims+8, 1<<20)
		if err != nil {
			return 0, fmt.Errorf("the tensor's geometry is missing")
		}
		t.tensor(key, tr.Root.Items()[1], dims, geometry[8:])
		return 8 + 16*dims + 8, nil
	})
	return t.quiet(m)
}

// Object reads the member "pickle", of which torch reads one stream.
func (t *Tar) Object(r io.ReaderAt, size int64) *TarMember {
	m := &TarMember{}
	t.run(m, r, size)
	return m
}

func (t *Tar) key(n *sym.Node) string {
	key, ok := tarKey(n)
	switch {
	case !ok:
		t.bad("a key that is neither a number nor a text")
	case t.keys[key]:
		t.bad("the key %q stands for two values", key)
	default:
		t.keys[key] = true
	}
	return key
}

// run reads the pickle at a member's End. All are kept, and together take what one may.
func (t *Tar) run(m *TarMember, r io.ReaderAt, size int64) *sym.Trace {
	tr := sym.Run(r, m.End, size, t.opt)
	t.opt.MaxBytes = max(t.opt.MaxBytes-tr.Bytes, 1)
	m.Streams = append(m.Streams, tr)
	m.End = tr.End
	if tr.Failure != nil {
		m.Err = &FormatError{Offset: tr.Failure.Pos, Msg: tr.Failure.Msg}
	}
	return tr
}

// items reads a pickled number and as many pickles, each followed by as many
// bytes as raw says, which may not be more than the member has.
func (t *Tar) items(m *TarMember, r io.ReaderAt, size int64, raw func(*sym.Trace) (int64, error)) {
	tr := t.run(m, r, size)
	if m.Err != nil {
		return
	}
	n := tr.Root
	if n.Kind != sym.Int && n.Kind != sym.Bool || n.Big() != nil || n.Int > maxTarItems {
		m.Err = &FormatError{Offset: tr.Start, Msg: "the number of items is none"}
		return
	}
	for range n.Int {
		if tr = t.run(m, r, size); m.Err != nil {
			return
		}
		skip, err := raw(tr)
		if err != nil || skip > size-m.End {
			m.Err = &FormatError{Offset: m.End, Msg: "the member ends early"}
			if err != nil {
				m.Err = &FormatError{Offset: m.End, Msg: err.Error()}
			}
			return
		}
		m.End += skip
		m.Opaque += skip
	}
}
