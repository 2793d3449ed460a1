package scan

import (
	"fmt"
	"path"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/jsonwalk"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/zipfile"
)

// archived audits an archive of TorchServe: its server imports the handler and
// what that imports, and installs the requirements. The serialized model is a
// member like any other (model-archiver, model_packaging_utils.py; ts/model_loader.py).
func (w *walk) archived(p part, f *zipfile.File) {
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatZip, audit.FormatTorchServe)
	}
	role := map[string]string{}
	for e := range f.All() {
		if !strings.EqualFold(e.Name, "MAR-INF/MANIFEST.json") {
			continue
		}
		w.exportRecord(p, f, e, func(v *jsonwalk.Value) {
			switch v.Key() {
			case "handler", "modelFile", "requirementsFile":
				file, _, _ := strings.Cut(v.Text, ":")
				role[path.Base(file)] = v.Key()
			}
		})
	}
	for e := range f.All() {
		base := path.Base(e.Name)
		what := ""
		switch ext := strings.ToLower(path.Ext(base)); {
		case role[base] == "requirementsFile", base == "requirements.txt":
			what = "installs what %s lists"
		case role[base] != "":
			what = "runs %s, its " + role[base]
		case ext == ".py" || ext == ".pyc":
			what = "has %s where its handler can import it"
		default:
			continue
		}
		text, _ := w.source(f, e) // what cannot be read is unread as any member is
		w.add([]audit.Finding{rules.SourceFinding("MA403", audit.Location{Member: p.below(e.Name), End: e.Size},
			fmt.Sprintf("the server that loads this archive "+what, base), string(text))})
	}
}
