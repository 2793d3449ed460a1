package scan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/jsonwalk"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/zipfile"
)

// servedHandlers are those of TorchServe itself (ts/torch_handler).
var servedHandlers = []string{"image_classifier", "image_segmenter", "object_detector", "text_classifier", "base_handler", ""}

// moduleFiles are the endings of what Python imports (importlib/_bootstrap_external.py).
var moduleFiles = []string{".py", ".pyc", ".so", ".pyd"}

// archived audits an archive of TorchServe: its server imports the handler and
// what that imports, and installs the requirements. The serialized model is a
// member like any other (model-archiver, model_packaging_utils.py; ts/model_loader.py).
// A workflow's archive is made the same way (workflow-archiver).
func (w *walk) archived(p part, f *zipfile.File) {
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatZip, audit.FormatTorchServe)
	}
	role := map[string]string{}
	for e := range f.All() {
		if !strings.EqualFold(e.Name, "MAR-INF/MANIFEST.json") && !strings.EqualFold(e.Name, "WAR-INF/MANIFEST.json") {
			continue
		}
		w.exportRecord(p, f, e, func(v *jsonwalk.Value) {
			switch v.Key() {
			case "handler", "modelFile", "requirementsFile":
				file, _, _ := strings.Cut(v.Text, ":")
				role[path.Base(file)] = v.Key()
				if v.Key() == "handler" && !slices.Contains(servedHandlers, file) && !holdsModule(f, path.Base(file)) {
					w.finding("MA403", p.below(e.Name), v.Start, v.End, fmt.Sprintf("the server that loads this archive runs %.100q, which is none of its files", v.Text))
				}
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
		case ext == ".so" || ext == ".pyd":
			w.native(p, f, e)
			continue
		case slices.Contains(moduleFiles, ext):
			what = "has %s where its handler can import it"
		default:
			continue
		}
		text, _ := w.source(f, e) // what cannot be read is unread as any member is
		w.add([]audit.Finding{rules.SourceFinding("MA403", audit.Location{Member: p.below(e.Name), End: e.Size},
			fmt.Sprintf("the server that loads this archive "+what, base), string(text))})
	}
}

// holdsModule reports whether an archive has a file that a handler's name stands
// for: that itself, or a module of that name.
func holdsModule(f *zipfile.File, handler string) bool {
	name := strings.TrimSuffix(handler, ".py")
	for e := range f.All() {
		base := path.Base(e.Name)
		module, ending, _ := strings.Cut(base, ".")
		if base == handler || module == name && slices.Contains(moduleFiles, path.Ext("."+ending)) {
			return true
		}
	}
	return false
}
