package strip

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/zipfile"
)

// A rezipped is a 7z archive whose files are written into a zip, in their order
// and stored, and behind them what has no content.
type rezipped struct {
	all   *safeio.Spool
	empty []string
	files []rezippedFile
}

type rezippedFile struct {
	name     string
	from, to int64 // in all
	anew     content
	gone     bool
}

func (z *rezipped) changed() bool { return true }

// isSevenZip reports whether a run is a 7z archive.
func isSevenZip(r io.ReaderAt) bool {
	head := make([]byte, len(archive.SevenZipMagic))
	n, _ := r.ReadAt(head, 0)
	return string(head[:n]) == archive.SevenZipMagic
}

// sevenZip lays out the zip that takes the place of a 7z archive.
func (b *builder) sevenZip(r io.ReaderAt, size int64, member string) (content, error) {
	refuse := func(format string, args ...any) error {
		return &Refusal{Member: member, Pos: -1, Reason: fmt.Sprintf(format, args...)}
	}
	if !b.opt.AsZip {
		return nil, refuse("it is a 7z archive, which can be read and not written")
	}
	z, err := archive.ReadSevenZip(r, size, b.src.Limits.WithDefaults())
	if err != nil {
		return nil, refuse("it cannot be read: %v", err)
	}
	out := &rezipped{all: b.spool(), empty: z.Empty}
	seen := map[string]bool{}
	for i := range z.Folders {
		if err := b.sevenFolder(out, z, &z.Folders[i]); err != nil {
			return nil, err
		}
	}
	out.order()
	for _, name := range z.Empty {
		if name == "" || seen[name] {
			return nil, refuse("two files in it are called %q", name)
		}
		seen[name] = true
	}
	for i := range out.files {
		f := &out.files[i]
		if f.name == "" || seen[f.name] {
			return nil, refuse("two files in it are called %q", f.name)
		}
		seen[f.name] = true
		inside := audit.Below(member, f.name)
		if !b.concerned(inside) {
			continue
		}
		to, err := b.inside(io.NewSectionReader(out.all, f.from, f.to-f.from), f.to-f.from, inside, b.opt.DropUnread)
		switch {
		case err != nil:
			return nil, err
		case to == nil:
			f.gone = true
		case to.changed():
			f.anew = to
		}
	}
	out.files = slices.DeleteFunc(out.files, func(f rezippedFile) bool { return f.gone })
	b.plan.AsZip = b.plan.AsZip || member == ""
	b.plan.Rezipped = append(b.plan.Rezipped, member)
	return out, nil
}

// order puts the pickle of a torch checkpoint first, whose directory is the root of
// all records (caffe2/serialize/inline_container.cc, init), and the records of its
// storages behind all else, by their number: torch can be told to work out from that
// where each one lies (torch/serialization.py, _get_offset).
func (z *rezipped) order() {
	pickled := map[string]bool{}
	for _, f := range z.files {
		if dir, name := path.Split(f.name); name == "data.pkl" {
			pickled[dir+"data/"] = true
		}
	}
	number := func(f rezippedFile) int {
		dir, name := path.Split(f.name)
		switch n, err := strconv.Atoi(name); {
		case pickled[dir+"data/"] && name == "data.pkl":
			return -2
		case !pickled[dir] || err != nil:
			return -1
		default:
			return n
		}
	}
	slices.SortStableFunc(z.files, func(a, b rezippedFile) int { return cmp.Compare(number(a), number(b)) })
}

// sevenFolder decompresses the files of a folder.
func (b *builder) sevenFolder(out *rezipped, z *archive.SevenZip, f *archive.Folder) error {
	in, packed, err := z.Open(f)
	if err != nil {
		return &Refusal{Pos: -1, Reason: "it cannot be read: " + err.Error()}
	}
	s, err := b.budget.Spool(b.src.Context, in, packed)
	if s == nil {
		return &Refusal{Pos: -1, Reason: "it cannot be read: " + err.Error()}
	}
	defer s.Close()
	at := out.all.Size()
	if err == nil {
		_, err = io.Copy(out.all, io.NewSectionReader(s, 0, s.Size()))
	}
	for _, file := range f.Files {
		out.files = append(out.files, rezippedFile{name: file.Name, from: at, to: at + file.Size})
		at += file.Size
	}
	if err == nil && at != out.all.Size() {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return &Refusal{Pos: -1, Reason: "it cannot be decompressed to its end: " + err.Error()}
	}
	return nil
}

// firstDay is the first date that a zip can have, 1 January 1980.
const firstDay = (1<<5 | 1) << 16

// WriteTo writes the zip.
func (z *rezipped) WriteTo(w io.Writer) (int64, error) {
	to := zipfile.NewWriter(w)
	add := func(name string, size int64, body io.Reader) error {
		return to.Add(zipfile.Header{Name: name, Flags: 1 << 11, DOSTime: firstDay, Size: size, Align: alignment}, body)
	}
	for i := range z.files {
		if err := z.write(&z.files[i], add); err != nil {
			return to.Written(), fmt.Errorf("%s: %w", z.files[i].name, err)
		}
	}
	for _, name := range z.empty {
		if err := add(name, 0, nothing{}); err != nil {
			return to.Written(), err
		}
	}
	err := to.Close()
	return to.Written(), err
}

func (z *rezipped) write(f *rezippedFile, add func(string, int64, io.Reader) error) error {
	if f.anew == nil {
		return add(f.name, f.to-f.from, io.NewSectionReader(z.all, f.from, f.to-f.from))
	}
	s := &safeio.Spool{}
	defer s.Close()
	if _, err := f.anew.WriteTo(s); err != nil {
		return err
	}
	return add(f.name, s.Size(), io.NewSectionReader(s, 0, s.Size()))
}

// nothing reads as an empty file.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
