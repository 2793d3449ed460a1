package scan

import (
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/detect"
	"github.com/modelaudit/action/internal/zipfile"
)

// A bundle is an archive whose meaning is more than that of its members: its
// loader takes code or instructions from members that are no pickles.
type bundle struct {
	format audit.Format
	// any and all are members that show it, if any or all of these are there.
	any, all []string
	// member, unless "", must have says near its beginning: its name alone is
	// one that any archive may have.
	member, says string
}

// bundles lists the archives that their members give away.
//
// Sources: torch/csrc/export/pt2_archive_constants.h; the model archiver of
// TorchServe; torch/csrc/jit/serialization/export_module.cpp; the SavedModel
// format; keras/src/saving/saving_lib.py; skops/io/_persist.py.
func bundles() []bundle {
	return []bundle{
		{format: audit.FormatTorchServe, any: []string{"mar-inf/", "war-inf/"}},
		{format: audit.FormatTorchExport, any: []string{"archive_format", "serialized_exported_program.json"}},
		{format: audit.FormatTorchScript, all: []string{"constants.pkl", "code/"}},
		{format: audit.FormatSavedModel, any: []string{"saved_model.pb", "saved_model.pbtxt", "saved_model.cpb"}},
		{format: audit.FormatKeras, any: []string{"model.weights.h5", "model.weights.npz", "model.weights.json"}},
		{format: audit.FormatKeras, any: []string{"config.json"}, member: "metadata.json", says: `"keras_version"`},
		{format: audit.FormatSkops, member: "schema.json", says: `"__loader__"`},
		{format: audit.FormatMLflow, member: "mlmodel", says: "flavors:"},
		{format: audit.FormatNeMo, any: []string{nemoConfig}},
		{format: audit.FormatLlamafile, any: []string{".gguf"}},
	}
}

// memberNames holds which of the names that bundles asks for members of an archive
// have, in lower case: by their last parts, their extensions, and the directories
// code/, mar-inf/ and war-inf/.
type memberNames map[string]bool

func namesOf(f *zipfile.File, list []bundle) memberNames {
	n := memberNames{"code/": false, "mar-inf/": false, "war-inf/": false}
	for _, b := range list {
		for _, name := range slices.Concat(b.any, b.all, []string{b.member}) {
			n[name] = false
		}
	}
	found := func(name string) {
		if _, asked := n[name]; asked {
			n[name] = true
		}
	}
	for e := range f.All() {
		name := strings.ToLower(e.Name)
		found(path.Base(name))
		found(path.Ext(name))
		n["code/"] = n["code/"] || strings.HasPrefix(name, "code/") || strings.Contains(name, "/code/")
		n["mar-inf/"] = n["mar-inf/"] || strings.HasPrefix(name, "mar-inf/")
		n["war-inf/"] = n["war-inf/"] || strings.HasPrefix(name, "war-inf/")
	}
	return n
}

// bundleOf names what an archive is beyond its members, "" if nothing shows it.
func bundleOf(f *zipfile.File) audit.Format {
	list := bundles()
	n := namesOf(f, list)
	there := func(name string) bool { return n[name] }
	missing := func(name string) bool { return !n[name] }
	for _, b := range list {
		if (b.any == nil || slices.ContainsFunc(b.any, there)) && !slices.ContainsFunc(b.all, missing) &&
			(b.member == "" || n[b.member] && says(f, b.member, b.says)) {
			return b.format
		}
	}
	return ""
}

// says reports whether a member of that name has a text in its first bytes. A
// member that cannot be opened is taken to.
func says(f *zipfile.File, name, text string) bool {
	for e := range f.All() {
		if path.Base(strings.ToLower(e.Name)) != name {
			continue
		}
		r, size, err := f.Open(e)
		if err != nil {
			return true
		}
		head := make([]byte, min(size, 1<<20))
		n, _ := r.ReadAt(head, 0)
		if strings.Contains(string(head[:n]), text) {
			return true
		}
	}
	return false
}

// bundle audits what an archive is beyond its members; one that is only
// recognised is unread, and its members are audited all the same. It reports whether
// it knows what the members are for, so that plain data among them is just that.
func (w *walk) bundle(p part, f *zipfile.File, claimed, done *zipfile.Marks) bool {
	kind := bundleOf(f)
	if strings.HasSuffix(strings.ToLower(p.name), ".keras") && kind != audit.FormatKeras {
		w.kerasZip(p, f, done) // Keras goes by the name, whatever else is in the archive
		if kind == "" {
			return w.kerasNamed(p)
		}
	}
	switch {
	case kind == "" || kind == audit.FormatTorchScript && scripted(f):
		return false // torchScript
	case kind == audit.FormatTorchExport:
		w.export(p, f, claimed, done)
		return true
	case kind == audit.FormatTorchServe:
		w.archived(p, f)
		return true
	case kind == audit.FormatNeMo:
		w.configurations(p, f)
		return true
	case kind == audit.FormatKeras:
		w.kerasZip(p, f, done)
		return w.kerasNamed(p)
	case kind == audit.FormatLlamafile && !w.executable(p):
		return false // models in a zip
	}
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatZip, kind)
	}
	w.unread(p.member, 0, p.size, string(kind)+" is recognised but not supported yet")
	return false
}

// configurations audits the configuration of NeMo in a zip archive.
func (w *walk) configurations(p part, f *zipfile.File) {
	for e := range f.All() {
		if path.Base(e.Name) != nemoConfig {
			continue
		}
		if r, size, err := f.Open(e); err == nil { // else the member is unread
			w.nemo(part{r: r, size: size, name: nemoConfig, member: p.below(e.Name), depth: p.depth + 1})
		}
	}
}

// executable reports whether a part begins as a program, which is a finding in
// an archive of models: whoever starts it runs it.
func (w *walk) executable(p part) bool {
	head := make([]byte, min(p.size, 8))
	if n, _ := p.r.ReadAt(head, 0); n < len(head) || !detect.Executable(head) {
		return false
	}
	w.finding("MA401", p.member, 0, p.size, "the archive is a program: it runs when it is started")
	return true
}
