package scan

import (
	"path"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/zipfile"
)

// packaged judges the modules in an archive of torch.package, which its importer runs
// (torch/package/package_importer.py, _add_file and _load_module). They are unread
// besides, as nothing here knows what they do; plain says that they would pass for plain data.
func (w *walk) packaged(p part, f *zipfile.File, plain bool) {
	if _, ok := f.TorchLookup(".data/extern_modules"); !ok {
		return
	}
	for e := range f.All() {
		name := path.Base(e.Name)
		if !strings.EqualFold(path.Ext(name), ".py") {
			continue
		}
		if plain {
			w.unread(p.below(e.Name), 0, e.Size, "code that whoever unpacks the package imports")
		}
		text, _ := packedZip(f, e).source() // what cannot be read is unread as any member is
		if f, ok := rules.PackagedSource(audit.Location{Member: p.below(e.Name), End: e.Size}, name, string(text)); ok {
			w.add([]audit.Finding{f})
		}
	}
}
