package torch

import (
	"errors"
	"fmt"
	"io"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/tensor"
)

// A nesting reads storages that stand in a stream as
// torch.storage._load_from_bytes(bytes): the bytes are a legacy file whose
// object is the storage itself (torch/storage.py, TypedStorage.__reduce__).
// Offsets in r count in the given zip record, or in the file itself.
type nesting struct {
	r      io.ReaderAt
	record string
	seen   map[*sym.Node]*boundStorage
	places map[[2]int64]*boundStorage // by where the bytes stand, which many calls may share
}

func nestedStorages(r io.ReaderAt, record string) func(*sym.Node) (*boundStorage, error) {
	x := &nesting{r: r, record: record, seen: map[*sym.Node]*boundStorage{}, places: map[[2]int64]*boundStorage{}}
	return x.storage
}

func (x *nesting) storage(n *sym.Node) (*boundStorage, error) {
	if b := x.seen[n]; b != nil {
		return b, nil
	}
	if n.Call() == nil || !n.Call().Func.Is("torch.storage", "_load_from_bytes") || len(n.Call().Args) != 1 {
		return nil, errors.New("a tensor without a storage of this file")
	}
	data, ok := sym.PayloadOf(x.r, n.Call().Args[0])
	if !ok {
		return nil, errors.New("a nested storage whose bytes are not in the file")
	}
	b, err := x.read(data)
	if err != nil {
		return nil, err
	}
	// Keys of nested files are addresses of the writing process; two of them
	// may be equal, so the place tells them apart.
	own := *b.storage
	own.Key = fmt.Sprintf("bytes at %#x", n.Pos)
	start, end, spelled := data.Place(own.Origin.Start, own.Size)
	own.Origin = tensor.Origin{Record: x.record, Start: start, End: end, Spelling: tensor.Spelling(spelled)}
	x.seen[n] = &boundStorage{id: b.id, storage: &own}
	return x.seen[n], nil
}

// read reads a nested file, once for each place.
func (x *nesting) read(data *sym.Payload) (*boundStorage, error) {
	start, end, spelled := data.Place(0, data.Size)
	at := [2]int64{start, end}
	if b := x.places[at]; b != nil && spelled != sym.Unknown {
		return b, nil
	}
	l := ReadLegacy(data.Data, 0, data.Size, sym.Options{MaxOps: 10_000, MaxBytes: 4 << 20})
	if l.Err != nil {
		return nil, fmt.Errorf("nested storage: %w", l.Err)
	}
	if l.Main.Undecodable != nil || l.executes() {
		return nil, errors.New("a nested file that does more than hold a storage")
	}
	b := l.Table.byNode[l.Main.Root]
	if b == nil || b.storage == nil {
		return nil, errors.New("a nested file that is no storage")
	}
	x.places[at] = b
	return b, nil
}
