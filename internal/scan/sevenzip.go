package scan

import (
	"fmt"
	"io"
	"path"

	arc "github.com/modelaudit/action/internal/archive"
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
	for i := range z.Folders {
		if err := w.folder(p, z, &z.Folders[i]); err != nil {
			w.cut(p, 0, err, true)
		}
		if w.ctx.Err() != nil || w.budget.Used > w.lim.MaxExpand {
			break
		}
	}
	return nil
}

// folder audits the files of one stream. What could be decompressed of the file
// at which it ends is audited too.
func (w *walk) folder(p part, z *arc.SevenZip, f *arc.Folder) error {
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
		w.inside(part{r: content, size: content.Size(), name: path.Base(file.Name), member: member, depth: p.depth + 1, strict: w.promised(p)})
		w.release(content)
		if err != nil {
			return err
		}
	}
	return nil
}
