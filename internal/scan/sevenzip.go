package scan

import (
	"fmt"
	"io"
	"path"

	arc "github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/tensor"
)

// sevenZip audits every file of a 7z archive. A folder is one stream, so that
// its files are read one behind the other, as far as it can be decompressed.
func (w *walk) sevenZip(p part) error {
	if w.tooDeep(p) {
		return nil
	}
	z, err := arc.ReadSevenZip(p.r, p.size, w.lim)
	if err != nil {
		w.cut(p, 0, err, true)
		return nil
	}
	hold := &holder{names: map[string]int{}}
	records := map[string]bool{}
	for i := range z.Folders {
		for _, f := range z.Folders[i].Files {
			hold.names[f.Name]++
			records[path.Dir(f.Name)] = true
		}
	}
	for i := range z.Folders {
		if err := w.folder(p, z, &z.Folders[i], hold, records); err != nil {
			w.cut(p, 0, err, true)
		}
		if w.ctx.Err() != nil || w.budget.Used > w.lim.MaxExpand {
			break
		}
	}
	if p.root {
		w.holds(hold, p)
	}
	return nil
}

// folder audits the files of one stream. What could be decompressed of the file
// at which it ends is audited too. directories are those that hold files.
func (w *walk) folder(p part, z *arc.SevenZip, f *arc.Folder, hold *holder, directories map[string]bool) error {
	in, packed, err := z.Open(f)
	if err != nil {
		return err
	}
	for i := range f.Files {
		file := &f.Files[i]
		member := p.below(file.Name)
		content, err := w.budget.Spool(w.ctx, io.LimitReader(in, file.Size), packed)
		if err == nil && content.Size() < file.Size {
			err = fmt.Errorf("%s: the stream ends %d bytes early", member, file.Size-content.Size())
		}
		inner := part{r: content, size: content.Size(), name: path.Base(file.Name), member: member, depth: p.depth + 1, strict: w.promised(p)}
		inner.unpacked = inner.name == "data.pkl" && directories[path.Join(path.Dir(file.Name), "data")]
		if p.root && err == nil && hold.names[file.Name] == 1 {
			inner.root, inner.layers = true, p.through(tensor.LayerSevenZip, file.Name)
			inner.r = w.keep(inner, content, func() (io.Reader, func() int64, error) {
				in, err := arc.OpenSevenZip(p.r, p.size, file.Name, w.lim)
				return in, packed, err
			})
		}
		hold.member(w, file.Name, func() { w.inside(inner) })
		if !inner.root {
			w.release(content)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
