package torch

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/safeio"
)

// checkOffsets compares where the storages are with where torch computes them
// to be, from the order in which the pickle names them, if it is told to trust
// the layout of the file instead of reading its headers
// (torch/serialization.py, _load, _get_offset, config.load.calculate_storage_offsets).
// Only a file with the record .format_version can be read so.
func (z *Zip) checkOffsets() error {
	version, err := z.small(".format_version")
	if err != nil || version < "1" {
		return err
	}
	text, err := z.small(".storage_alignment")
	if err != nil {
		return err
	}
	alignment := int64(64)
	if text != "" {
		// Whatever int() accepts and ParseInt does not is no alignment that torch writes.
		if alignment, err = strconv.ParseInt(strings.TrimSpace(text), 10, 32); err != nil || alignment < 1 {
			return &FormatError{Member: z.Root + "/.storage_alignment", Msg: fmt.Sprintf("an alignment of %q", text)}
		}
	}
	z.followOffsets(alignment)
	return nil
}

// small returns the content of a record of a few bytes, "" if there is none.
func (z *Zip) small(name string) (string, error) {
	e, ok := z.Archive.TorchLookup(name)
	if !ok {
		return "", nil
	}
	r, size, err := z.Archive.Open(e)
	if err != nil {
		return "", fmt.Errorf("%s: %w", e.Name, err)
	}
	b, err := safeio.ReadRange(r, size, 0, size, 64)
	if err != nil {
		return "", &FormatError{Member: e.Name, Msg: err.Error()}
	}
	return string(b), nil
}

func (z *Zip) followOffsets(alignment int64) {
	next := int64(-1) // where torch takes the next local header to be
	for e, i := range z.mentions() {
		entry, ok := z.Archive.TorchLookup("data/" + i.key)
		if !ok || next < 0 && i.key != "0" || i.bytes() < 0 {
			return // torch ends in an error, or the claim was reported
		}
		at, header := entry.DataOffset, entry.HeaderOffset
		if next >= 0 {
			header, at = next, dataOffset(next, z.Root+"/data/"+i.key, i.bytes(), alignment)
		}
		if at != entry.DataOffset && z.rewritten(alignment) {
			return
		}
		if at != entry.DataOffset {
			z.Table.problem(Misplaced, e, fmt.Sprintf("storage %q is at %#x, but where the layout of torch.save says it is %#x", i.key, entry.DataOffset, at))
			return
		}
		next = at + i.bytes()
		if i.bytes() > 0 {
			next += descriptor(header, i.bytes())
		}
	}
}

// mentions yields the first mention of each storage, in the order of the stream:
// those of the graph, and those of tensors that were packed.
func (z *Zip) mentions() iter.Seq2[*sym.Event, id] {
	return func(yield func(*sym.Event, id) bool) {
		packed := z.Table.packed
		seen := map[string]bool{}
		keys := packed.order
		before := func(pos int64) bool { // yields the packed ones before pos
			for ; len(keys) > 0 && packed.storages[keys[0]].pos < pos; keys = keys[1:] {
				i, _ := packed.id(keys[0])
				at := packed.storages[keys[0]].pos
				if !seen[i.key] && !yield(&sym.Event{Kind: sym.EventPersistent, Pos: at, End: at + 1}, i) {
					return false
				}
			}
			return true
		}
		for n := range z.Trace.Events {
			e := &z.Trace.Events[n]
			b := z.Table.byNode[e.Node]
			if e.Kind != sym.EventPersistent || b == nil || seen[b.id.key] {
				continue
			}
			if !before(e.Pos) {
				return
			}
			if packed.mentioned(b.id.key, e.Pos) {
				continue
			}
			seen[b.id.key] = true
			if !yield(e, b.id) {
				return
			}
		}
		before(math.MaxInt64)
	}
}

// rewritten reports whether another program than torch laid the archive out: a
// storage does not begin where torch's writer aligns it to. That is no fault.
// Only torch.load(mmap=True) under that configuration computes places, and what
// it then reads of such a file are other elements, never code.
func (z *Zip) rewritten(alignment int64) bool {
	for key := range z.Table.byKey {
		if e, ok := z.Archive.TorchLookup(z.storages + key); ok && e.DataOffset%alignment != 0 {
			return true
		}
	}
	for _, key := range z.Table.packed.order {
		if e, ok := z.Archive.TorchLookup(z.storages + strconv.FormatUint(uint64(key), 10)); ok && e.DataOffset%alignment != 0 {
			return true
		}
	}
	return false
}

const max32 = 0xffffffff

// descriptor is the size of the data descriptor behind a payload.
func descriptor(header, size int64) int64 {
	if header >= max32 || size >= max32 {
		return 24
	}
	return 16
}

// dataOffset is where torch's writer puts the payload of a record whose local
// header is at header: behind the name and a field that pads to the alignment
// (caffe2/serialize/inline_container.cc, getPadding).
func dataOffset(header int64, name string, size, alignment int64) int64 {
	start := header + 30 + int64(len(name)) + 4
	if size >= max32 || header >= max32 {
		start += 4
		if size >= max32 {
			start += 16
		}
		if header >= max32 {
			start += 8
		}
	}
	return (start + alignment - 1) / alignment * alignment
}
