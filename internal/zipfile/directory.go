package zipfile

import (
	"bufio"
	"cmp"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// Bounds of one central directory: 1,000,000 members with names of 40 bytes and
// what else stands in their records.
const (
	maxDirectory = 128 << 20
	maxNames     = 40 << 20 // bytes of all names
)

// A listing is a central directory that was walked to its end.
type listing struct {
	entries *table
	used    int64        // bytes of the walked records
	torch   *FormatError // an entry for which torch refuses the archive
	python  *FormatError // likewise Python
}

// readDirectories walks the directory of each reader, fills f.entries with
// the union and f.torch with what torch sees.
func (f *File) readDirectories(e *ends, log *anomalyLog) error {
	same := e.torch.err == nil && e.python.err == nil &&
		e.torch.start == e.python.start && e.torch.size == e.python.size
	torch, python := listing{entries: &table{}}, listing{entries: &table{}}
	var err error
	if e.torch.err == nil {
		if torch, err = f.walk(e.torch, log); err != nil {
			return err
		}
	}
	if same {
		python = torch
	} else if e.python.err == nil {
		if python, err = f.walk(e.python, log); err != nil {
			return err
		}
	}
	e.torch.used, e.python.used = torch.used, python.used
	torchErr, pythonErr := e.torch.refusal(torch), e.python.refusal(python)
	f.entries = torch.entries
	if !same {
		f.merge(python.entries)
	}
	if torchErr != nil && pythonErr != nil && f.Len() == 0 {
		return &FormatError{Offset: torchErr.Offset, Msg: fmt.Sprintf("no reader can list the archive: torch: %s; Python: %s", torchErr.Msg, pythonErr.Msg)}
	}
	f.torch.err = torchErr
	if torchErr == nil {
		f.torch.count = int(e.torch.count)
	}
	// Which entries make torch refuse depends on its version, so that TorchLookup
	// goes on without regard to them.
	reportDisagreement(*e, same, torch, cmp.Or(torchErr, torch.torch), cmp.Or(pythonErr, python.python), log)
	return nil
}

// refusal says why the reader that located d as it is cannot list it, or nil.
func (d directory) refusal(l listing) *FormatError {
	switch n := int64(l.entries.len()); {
	case d.err != nil:
		return d.err
	case d.count >= 0 && n < d.count:
		return &FormatError{Offset: d.start + l.used, Msg: fmt.Sprintf("the directory has %d entries instead of %d", n, d.count)}
	case d.count < 0 && l.used != d.size:
		return &FormatError{Offset: d.start + l.used, Msg: fmt.Sprintf("%d bytes of the directory are no entries", d.size-l.used)}
	}
	return nil
}

func reportDisagreement(e ends, same bool, torch listing, torchErr, pythonErr *FormatError, log *anomalyLog) {
	if torchErr != nil {
		log.add(DirectoryDisagreement, "", torchErr.Offset, torchErr.Offset, "torch cannot list the archive: %s", torchErr.Msg)
	}
	if pythonErr != nil {
		log.add(DirectoryDisagreement, "", pythonErr.Offset, pythonErr.Offset, "Python cannot list the archive: %s", pythonErr.Msg)
	}
	if torchErr != nil || pythonErr != nil {
		return
	}
	if !same {
		log.add(DirectoryDisagreement, "", min(e.torch.start, e.python.start), max(e.torch.start+e.torch.size, e.python.start+e.python.size),
			"torch reads the directory at %d, Python the one at %d", e.torch.start, e.python.start)
	} else if n := int64(torch.entries.len()); n != e.torch.count {
		log.add(DirectoryDisagreement, "", e.torch.start, e.torch.start+e.torch.size,
			"torch sees the first %d entries, Python all %d", e.torch.count, n)
	}
}

// merge appends the entries that torch's directory does not hold.
func (f *File) merge(more *table) {
	type key struct {
		name   string
		offset int64
		method uint16
		size   int64
	}
	keyOf := func(e *Entry) key { return key{e.Name, e.HeaderOffset, e.Method, e.CompressedSize} }
	have := make(map[key]bool, f.Len())
	for e := range f.All() {
		have[keyOf(&e)] = true
	}
	for i := range more.len() {
		if e := more.at(i); !have[keyOf(&e)] {
			f.entries.append(&e)
		}
	}
}

// walk reads the records of d until one is not there. Python takes the last
// record even if the directory ends inside it; torch does not.
func (f *File) walk(d directory, log *anomalyLog) (listing, error) {
	l := listing{entries: &table{}}
	if d.size > maxDirectory {
		return l, &FormatError{Offset: d.start, Msg: fmt.Sprintf("a directory of %d bytes", d.size), Err: safeio.ErrLimit}
	}
	l.entries.list = make([]packedEntry, 0, max(min(d.count, d.size/centralLen, int64(f.lim.MaxZipped)), 0))
	br := bufio.NewReaderSize(io.NewSectionReader(f.r, d.start, d.size), int(min(d.size, 256<<10)))
	rec := record{size: f.size, log: log}
	for d.size-l.used >= centralLen {
		if _, err := io.ReadFull(br, rec.head[:]); err != nil {
			return l, err
		}
		if string(rec.head[:4]) != sigCentral {
			return l, nil
		}
		if l.entries.len() >= f.lim.MaxZipped {
			return l, &FormatError{Offset: d.start + l.used, Msg: fmt.Sprintf("more than %d members", f.lim.MaxZipped), Err: safeio.ErrLimit}
		}
		if l.entries.names.Len() > maxNames {
			return l, &FormatError{Offset: d.start + l.used, Msg: fmt.Sprintf("names of more than %d bytes", maxNames), Err: safeio.ErrLimit}
		}
		if err := rec.read(br, d.size-l.used-centralLen); err != nil {
			return l, err
		}
		rec.at = d.start + l.used
		rec.end = rec.at + centralLen + int64(len(rec.rest))
		rec.inTorch = int64(l.entries.len()) < d.count
		rec.resolve(&l)
		rec.entry.HeaderOffset += d.base
		l.entries.append(&rec.entry)
		l.used = rec.end - d.start
	}
	return l, nil
}
