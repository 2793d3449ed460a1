package zipfile

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/internal/safeio"
)

// maxDirectory bounds the bytes of one central directory: 200,000 members with
// names of 200 bytes.
const maxDirectory = 48 << 20

// A listing is a central directory that was walked to its end.
type listing struct {
	entries []Entry
	used    int64        // bytes of the walked records
	torch   *FormatError // an entry for which torch refuses the archive
	python  *FormatError // likewise Python
}

// readDirectories walks the directory of each reader, fills f.Entries with
// the union and f.torch with what torch sees.
func (f *File) readDirectories(e *ends, log *anomalyLog) error {
	same := e.torch.err == nil && e.python.err == nil &&
		e.torch.start == e.python.start && e.torch.size == e.python.size
	var torch, python listing
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
	f.Entries = torch.entries
	if !same {
		f.merge(python.entries)
	}
	if torchErr != nil && pythonErr != nil && len(f.Entries) == 0 {
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
	switch n := int64(len(l.entries)); {
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
	} else if n := int64(len(torch.entries)); n != e.torch.count {
		log.add(DirectoryDisagreement, "", e.torch.start, e.torch.start+e.torch.size,
			"torch sees the first %d entries, Python all %d", e.torch.count, n)
	}
}

// merge appends the entries that torch's directory does not hold.
func (f *File) merge(more []Entry) {
	type key struct {
		name   string
		offset int64
		method uint16
		size   int64
	}
	keyOf := func(e Entry) key { return key{e.Name, e.HeaderOffset, e.Method, e.CompressedSize} }
	have := make(map[key]bool, len(f.Entries))
	for _, e := range f.Entries {
		have[keyOf(e)] = true
	}
	f.Entries = slices.Clip(f.Entries)
	for _, e := range more {
		if !have[keyOf(e)] {
			f.Entries = append(f.Entries, e)
		}
	}
}

// walk reads the records of d until one is not there. Python takes the last
// record even if the directory ends inside it; torch does not.
func (f *File) walk(d directory, log *anomalyLog) (listing, error) {
	var l listing
	if d.size > maxDirectory {
		return l, &FormatError{Offset: d.start, Msg: fmt.Sprintf("a directory of %d bytes", d.size), Err: safeio.ErrLimit}
	}
	br := bufio.NewReaderSize(io.NewSectionReader(f.r, d.start, d.size), int(min(d.size, 256<<10)))
	rec := record{size: f.size, log: log}
	for d.size-l.used >= centralLen {
		if _, err := io.ReadFull(br, rec.head[:]); err != nil {
			return l, err
		}
		if string(rec.head[:4]) != sigCentral {
			return l, nil
		}
		if len(l.entries) >= f.lim.MaxMembers {
			return l, &FormatError{Offset: d.start + l.used, Msg: fmt.Sprintf("more than %d members", f.lim.MaxMembers), Err: safeio.ErrLimit}
		}
		if err := rec.read(br, d.size-l.used-centralLen); err != nil {
			return l, err
		}
		rec.at = d.start + l.used
		rec.end = rec.at + centralLen + int64(len(rec.rest))
		rec.inTorch = int64(len(l.entries)) < d.count
		rec.resolve(&l)
		rec.entry.HeaderOffset += d.base
		l.entries = append(l.entries, rec.entry)
		l.used = rec.end - d.start
	}
	return l, nil
}
