package pipeline

import (
	"fmt"
	"io"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/zipfile"
)

// sevenZip compares a 7z archive with the zip that took its place: the same
// files and directories, and no others.
func (m *members) sevenZip(z *archive.SevenZip, y run, path string) error {
	g, err := zipfile.Read(y.r, y.size, m.lim)
	if err != nil {
		return err
	}
	left := map[string]zipfile.Entry{}
	for e := range g.All() {
		left[e.Name] = e
	}
	take := func(name string) (run, error) {
		e, ok := left[name]
		if !ok {
			return run{}, fmt.Errorf("the member %s is not in the result", name)
		}
		delete(left, name)
		r, size, err := g.Open(e)
		return run{r, size}, err
	}
	for _, name := range z.Empty {
		if r, err := take(name); err != nil || r.size > 0 {
			return cmpErr(err, fmt.Errorf("the member %s is empty no more", name))
		}
	}
	for i := range z.Folders {
		if err := m.folder(z, &z.Folders[i], take, path); err != nil {
			return err
		}
	}
	for name := range left {
		return fmt.Errorf("the result has a member %s that the source has not", name)
	}
	return nil
}

func (m *members) folder(z *archive.SevenZip, f *archive.Folder, take func(string) (run, error), path string) error {
	in, packed, err := z.Open(f)
	if err != nil {
		return err
	}
	for _, file := range f.Files {
		if m.gone(audit.Below(path, file.Name), false) {
			if _, err := io.CopyN(io.Discard, in, file.Size); err != nil {
				return err
			}
			continue
		}
		s, err := m.budget.Spool(m.ctx, io.LimitReader(in, file.Size), packed)
		if err == nil {
			var to run
			if to, err = take(file.Name); err == nil {
				err = m.pair(run{s, s.Size()}, to, audit.Below(path, file.Name))
			}
		}
		if err = cmpErr(err, s.Close()); err != nil {
			return err
		}
	}
	return nil
}
