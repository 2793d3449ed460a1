package torch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// legacyMagic is the first object of a file that torch.save wrote before 1.6
// (torch/serialization.py, MAGIC_NUMBER).
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

// LegacyMagic is how every torch since 0.2 spells the magic number: PROTO 2,
// LONG1 with ten bytes, STOP. Other protocols spell it otherwise.
const LegacyMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."

// IsLegacyMagic reports whether a stream's object is the magic number.
func IsLegacyMagic(tr *sym.Trace) bool {
	return tr.Root != nil && tr.Root.Big() != nil && tr.Root.Big().Cmp(legacyMagic) == 0
}

// ComputedMagic reports whether a file begins as torch's older format does but for
// the first stream, tr, whose object is what a call gives: it may be the magic
// number, to a loader that makes the call. The second stream is the protocol
// version then (torch/serialization.py, PROTOCOL_VERSION).
func ComputedMagic(r io.ReaderAt, size int64, tr *sym.Trace) bool {
	if tr.Root == nil || tr.Root.Kind != sym.Object {
		return false
	}
	version := sym.Run(r, tr.End, size, sym.Options{MaxOps: 16})
	return version.Root != nil && version.Root.Kind == sym.Int && version.Root.Int == 1001
}

// A Legacy is a file of consecutive pickles: magic number, protocol version,
// system information, the object, the storage keys; then, for each key, an
// element count and raw little-endian elements.
type Legacy struct {
	Streams []*sym.Trace // the five pickles, or as many as could be read
	Main    *sym.Trace   // the object; nil if it could not be read
	Table   *storageTable
	// Opaque is the number of bytes that storages take; End is where they end.
	Opaque, End int64
	// Err says why the file could not be read to its end, nil if it could.
	Err  error
	data io.ReaderAt
}

// ReadLegacy reads the file that begins at start.
func ReadLegacy(r io.ReaderAt, start, size int64, opt sym.Options) *Legacy {
	l := &Legacy{data: r, End: start}
	l.Table = &storageTable{legacy: true, byNode: map[*sym.Node]*boundStorage{}, byKey: map[string]*boundStorage{}}
	opt.UTF8 = true // torch.load's default
	for i := 0; i < 5; i++ {
		tr := sym.Run(r, l.End, size, opt)
		opt = opt.Beside(tr.Bytes)
		l.Streams = append(l.Streams, tr)
		l.End = tr.End
		if i == 3 {
			l.Main = tr
		}
		if tr.Failure != nil {
			l.Err = &FormatError{Offset: tr.Failure.Pos, Msg: tr.Failure.Msg, Cut: tr.Failure.Truncated}
			break
		}
		if i == 0 && !IsLegacyMagic(tr) && !ComputedMagic(r, size, tr) {
			l.Err = &FormatError{Offset: start, Msg: "no legacy magic number"}
			break
		}
	}
	if l.Err == nil {
		l.Err = l.readStorages(size)
	}
	return l
}

// executes reports whether reading the file calls or changes anything: what
// its storages hold then is not only what its records say.
func (l *Legacy) executes() bool {
	for _, tr := range l.Streams {
		for i := range tr.Events {
			if k := tr.Events[i].Kind; k != sym.EventImport && k != sym.EventPersistent {
				return true
			}
		}
	}
	return len(l.Table.Bad) > 0
}

// A record is where one storage's elements lie.
type record struct {
	count int64
	at    int64
}

// readStorages walks the records behind the pickles. The element size comes
// from the storage's class, as in torch/serialization.py, _legacy_load.
func (l *Legacy) readStorages(size int64) error {
	classes, err := l.classes()
	if err != nil {
		return err
	}
	keys := l.Streams[4].Root
	if keys.Kind != sym.List {
		return &FormatError{Offset: l.Streams[4].Start, Msg: "the storage keys are no list"}
	}
	records := map[string]record{}
	for _, k := range keys.Items() {
		class, ok := classes[k.Text]
		if k.Kind != sym.String || k.Lazy || !ok {
			return &FormatError{Offset: l.End, Msg: "a storage key that the object does not mention"}
		}
		if _, dup := records[k.Text]; dup {
			return &FormatError{Offset: l.End, Msg: fmt.Sprintf("storage %q is there twice", k.Text)}
		}
		if records[k.Text], err = l.record(k.Text, class, size); err != nil {
			return err
		}
	}
	l.Table.open = func(i id) (*tensor.Storage, error) {
		rec, ok := records[i.key]
		if !ok {
			return nil, errors.New("it is not in the file")
		}
		n := rec.count * i.class.size
		return &tensor.Storage{Key: i.key, Data: io.NewSectionReader(l.data, rec.at, n), Size: n,
			Origin: tensor.Origin{Start: rec.at, End: rec.at + n, Spelling: tensor.SpelledRaw}}, nil
	}
	l.Table.bind(l.Main)
	return nil
}

// classes gives the class of each storage that the object mentions; the first
// mention counts.
func (l *Legacy) classes() (map[string]storageClass, error) {
	classes := map[string]storageClass{}
	for i := range l.Main.Events {
		e := &l.Main.Events[i]
		if e.Kind != sym.EventPersistent {
			continue
		}
		got, err := parseID(e.Node.Of(), true)
		if err != nil {
			continue // the rules report an id without a meaning
		}
		if got.view {
			return nil, &FormatError{Offset: e.Pos, Msg: "a storage that is a view of another is not supported"}
		}
		if _, ok := classes[got.key]; !ok {
			classes[got.key] = got.class
		}
	}
	return classes, nil
}

// record reads the head of the record at End and moves End behind it.
func (l *Legacy) record(key string, class storageClass, size int64) (record, error) {
	head, err := safeio.ReadRange(l.data, size, l.End, 8, 8)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return record{}, &FormatError{Offset: l.End, Msg: "the storage's element count is missing", Cut: true}
	case err != nil:
		return record{}, err
	}
	count := int64(binary.LittleEndian.Uint64(head))
	if count < 0 || count > (size-l.End-8)/class.size {
		return record{}, &FormatError{Offset: l.End, Msg: fmt.Sprintf("storage %q claims %d elements, which the file does not have", key, count), Cut: count >= 0}
	}
	at := l.End + 8
	l.End = at + count*class.size
	l.Opaque += count * class.size
	return record{count, at}, nil
}

// Resolver returns the resolver for the tensors of Main.
func (l *Legacy) Resolver() *Resolver {
	return &Resolver{table: l.Table, nested: nestedStorages(l.data, "")}
}

// NestedResolver returns the resolver for tensors in a plain pickle, whose
// storages are files of their own inside it.
func NestedResolver(r io.ReaderAt) *Resolver {
	return &Resolver{nested: nestedStorages(r, "")}
}
