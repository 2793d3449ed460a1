package scan

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/distributed"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/zipfile"
)

// checkpointPlaces audits what the metadata of a distributed checkpoint make
// torch.load read: the bytes at each place that they name, of whatever file
// (torch/distributed/checkpoint/filesystem.py, FileSystemReader.read_data). The
// files' own audit finds archives, and not what somebody points at inside of one.
func (w *walk) checkpointPlaces(p part, tr *sym.Trace) {
	if !distributed.IsMetadata(path.Base(p.name)) && !distributed.Describes(tr.Root) {
		return
	}
	if tr.Plain || tr.Root == nil {
		return // no object, so that torch stops, or reported
	}
	list, err := distributed.Places(tr.Root)
	switch {
	case tr.Folded:
		w.unread(p.member, 0, p.size, "it names more places in other files than are checked")
	case err != nil:
		w.unread(p.member, 0, p.size, "what torch would read of other files is not known: "+err.Error())
	case w.opt.Beside == nil && p.member == "":
		w.sharedPlaces(p, list)
	case p.member != "" && len(list) > 0:
		w.unread(p.member, 0, p.size, "the places that it names in other files are not checked inside of another file")
	case !w.sharedPlaces(p, list):
		w.readPlaces(p, list)
	}
}

// sharedPlaces reports places that have bytes in common, which torch writes for no
// two values, and whether there are any.
func (w *walk) sharedPlaces(p part, list []distributed.Place) bool {
	shared := false
	for i := 1; i < len(list); i++ {
		a, b := list[i-1], list[i]
		if a.File == b.File && b.Offset-a.Offset < a.Length {
			shared = true
			w.finding("MA206", p.member, 0, p.size, fmt.Sprintf("%.100q and %.100q are both read from the bytes at %#x of %.100s", a.Name, b.Name, b.Offset, b.File))
		}
	}
	return shared
}

// readPlaces audits places that have no bytes in common, in order of file.
func (w *walk) readPlaces(p part, list []distributed.Place) {
	for len(list) > 0 {
		file := list[0].File
		n := slices.IndexFunc(list, func(l distributed.Place) bool { return l.File != file })
		if n < 0 {
			n = len(list)
		}
		if err := w.placesOf(p, file, list[:n]); err != nil {
			w.unread(p.below(file), 0, 0, "the metadata name it, and it cannot be read: "+err.Error())
		}
		list = list[n:]
	}
}

// placesOf audits the places of one file that are no archives of which the file
// consists: those are audited with it.
func (w *walk) placesOf(p part, file string, list []distributed.Place) error {
	r, size, err := w.beside(file)
	if err != nil {
		return err
	}
	archives, err := zipfile.Concatenated(r, size)
	if err != nil {
		return err
	}
	if !strings.HasSuffix(file, distributed.ShardSuffix) {
		archives = nil // which is not audited as such
	}
	known := map[zipfile.Range]bool{}
	for _, a := range archives {
		known[a] = true
	}
	for _, l := range list {
		name := p.below(fmt.Sprintf("%s%sbytes at %#x", file, audit.Inside, l.Offset))
		if l.Offset > size || l.Length > size-l.Offset {
			w.unread(name, 0, 0, fmt.Sprintf("the metadata name %d bytes there, the file has %d", l.Length, size))
			continue
		}
		content := io.NewSectionReader(r, l.Offset, l.Length)
		if known[zipfile.Range{Start: l.Offset, End: l.Offset + l.Length}] && startsArchive(content) {
			continue
		}
		w.apart(name, content, l.Length)
	}
	return nil
}

// startsArchive reports whether torch.load takes the bytes for an archive
// (torch/serialization.py, _is_zipfile).
func startsArchive(r io.ReaderAt) bool {
	head := make([]byte, 4)
	n, _ := r.ReadAt(head, 0)
	return n == 4 && string(head) == "PK\x03\x04"
}

// apart audits bytes of another file, as torch.load would get them. Their
// account is their own.
func (w *walk) apart(member string, r io.ReaderAt, size int64) {
	part := Scan(w.ctx, r, size, "tensor.pt", Options{Limits: w.opt.Limits, Trusted: w.opt.Trusted, Large: w.opt.Large})
	defer part.Close()
	for _, f := range part.Artifact.Findings {
		f.Location.Member = inFile(member, f.Location.Member)
		w.add([]audit.Finding{f})
	}
	for _, u := range part.Artifact.Coverage.Unread {
		w.unread(inFile(member, u.Member), 0, 0, u.Reason)
	}
	w.out.TrustUsed = append(w.out.TrustUsed, part.TrustUsed...)
}
