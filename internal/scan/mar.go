package scan

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	arc "github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/jsonwalk"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/zipfile"
)

// servedHandlers are those of TorchServe itself (ts/torch_handler).
var servedHandlers = []string{"image_classifier", "image_segmenter", "object_detector", "text_classifier", "base_handler", ""}

// moduleFiles are the endings of what Python imports (importlib/_bootstrap_external.py).
var moduleFiles = []string{".py", ".pyc", ".so", ".pyd"}

// A packed file is a member of an archive of either kind.
type packed struct {
	name string
	size int64
	open func() (io.ReaderAt, int64, error)
}

func packedZip(f *zipfile.File, e zipfile.Entry) packed {
	return packed{e.Name, e.Size, func() (io.ReaderAt, int64, error) { return f.Open(e) }}
}

// manifested reports whether a name is that of the manifest of TorchServe; the archiver
// puts everything into one folder of a tar.
func manifested(name string) bool {
	dir, base := path.Split(path.Clean(name))
	dir = path.Base(dir)
	return strings.EqualFold(base, "MANIFEST.json") && (strings.EqualFold(dir, "MAR-INF") || strings.EqualFold(dir, "WAR-INF"))
}

// archived audits a zip archive of TorchServe.
func (w *walk) archived(p part, f *zipfile.File) {
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatZip, audit.FormatTorchServe)
	}
	var files []packed
	for e := range f.All() {
		files = append(files, packedZip(f, e))
	}
	w.served(p, files)
}

// archivedTar audits a tar archive of TorchServe, and reports whether it is one.
func (w *walk) archivedTar(p part, t *arc.Tar) bool {
	if !slices.ContainsFunc(t.Members, func(m arc.Member) bool { return manifested(m.Name) }) {
		return false
	}
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatTar, audit.FormatTorchServe)
	}
	var files []packed
	for i := range t.Members {
		if m := &t.Members[i]; m.Regular() {
			files = append(files, packed{m.Name, m.Size, func() (io.ReaderAt, int64, error) { return t.Open(m) }})
		}
	}
	w.shown = true
	w.served(p, files)
	return true
}

// served audits what TorchServe does with the files of an archive: its server imports the
// handler and what that imports, and installs the requirements. The serialized model is a
// member like any other (model-archiver, model_packaging_utils.py; ts/model_loader.py).
// A workflow's archive is made the same way (workflow-archiver).
func (w *walk) served(p part, files []packed) {
	role := map[string]string{}
	for _, e := range files {
		if !manifested(e.name) {
			continue
		}
		w.record(p, e, func(v *jsonwalk.Value) {
			switch v.Key() {
			case "handler", "modelFile", "requirementsFile":
				file, _, _ := strings.Cut(v.Text, ":")
				role[path.Base(file)] = v.Key()
				if v.Key() == "handler" && !slices.Contains(servedHandlers, file) && !holdsModule(files, path.Base(file)) {
					w.finding("MA403", p.below(e.name), v.Start, v.End, fmt.Sprintf("the server that loads this archive runs %.100q, which is none of its files", v.Text))
				}
			}
		})
	}
	for _, e := range files {
		base := path.Base(e.name)
		what := ""
		switch ext := strings.ToLower(path.Ext(base)); {
		case role[base] == "requirementsFile", base == "requirements.txt":
			what = "installs what %s lists"
		case role[base] != "":
			what = "runs %s, its " + role[base]
		case ext == ".so" || ext == ".pyd":
			w.native(p, e)
			continue
		case slices.Contains(moduleFiles, ext):
			what = "has %s where its handler can import it"
		default:
			continue
		}
		text, _ := e.source() // what cannot be read is unread as any member is
		w.add([]audit.Finding{rules.SourceFinding("MA403", audit.Location{Member: p.below(e.name), End: e.size},
			fmt.Sprintf("the server that loads this archive "+what, base), string(text))})
	}
}

// holdsModule reports whether an archive has a file that a handler's name stands
// for: that itself, or a module of that name.
func holdsModule(files []packed, handler string) bool {
	name := strings.TrimSuffix(handler, ".py")
	return slices.ContainsFunc(files, func(e packed) bool {
		base := path.Base(e.name)
		module, ending, _ := strings.Cut(base, ".")
		return base == handler || module == name && slices.Contains(moduleFiles, path.Ext("."+ending))
	})
}
