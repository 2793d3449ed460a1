package scan

import (
	"path"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/detect"
	"github.com/modelaudit/action/internal/zipfile"
)

// A bundle is an archive whose meaning is more than that of its members: its
// loader takes code or instructions from members that are no pickles.
type bundle struct {
	format audit.Format
	shows  func(memberNames) bool
}

// bundles lists the archives that their members' names give away.
//
// Sources: torch/csrc/export/pt2_archive_constants.h; the model archiver of
// TorchServe; torch/csrc/jit/serialization/export_module.cpp; the SavedModel
// format; keras/src/saving/saving_lib.py; skops/io/_persist.py.
func bundles() []bundle {
	return []bundle{
		{audit.FormatTorchServe, func(n memberNames) bool { return n["mar-inf/manifest.json"] }},
		{audit.FormatTorchExport, func(n memberNames) bool { return n["archive_format"] || n["serialized_exported_program.json"] }},
		{audit.FormatTorchScript, func(n memberNames) bool { return n["constants.pkl"] && n["code/"] }},
		{audit.FormatSavedModel, func(n memberNames) bool { return n["saved_model.pb"] || n["saved_model.pbtxt"] || n["saved_model.cpb"] }},
		{audit.FormatKeras, func(n memberNames) bool {
			return n["config.json"] && n["metadata.json"] || n["model.weights.h5"] || n["model.weights.npz"] || n["model.weights.json"]
		}},
		{audit.FormatSkops, func(n memberNames) bool { return n["schema.json"] }},
		{audit.FormatMLflow, func(n memberNames) bool { return n["mlmodel"] }},
		{audit.FormatNeMo, func(n memberNames) bool { return n[nemoConfig] }},
		{audit.FormatLlamafile, func(n memberNames) bool { return n[".gguf"] }},
	}
}

// memberNames holds what the members of an archive are called, in lower case:
// their last parts, their extensions, and the directories code/ and mar-inf/.
type memberNames map[string]bool

// bundleOf names what an archive is beyond its members, "" if nothing shows it.
func bundleOf(f *zipfile.File) audit.Format {
	n := memberNames{}
	for i := range f.Entries {
		name := strings.ToLower(f.Entries[i].Name)
		n[path.Base(name)], n[path.Ext(name)] = true, true
		n["code/"] = n["code/"] || strings.HasPrefix(name, "code/") || strings.Contains(name, "/code/")
		n["mar-inf/"] = n["mar-inf/"] || strings.HasPrefix(name, "mar-inf/")
	}
	for _, b := range bundles() {
		if b.shows(n) {
			return b.format
		}
	}
	return ""
}

// bundle audits what an archive is beyond its members; one that is only
// recognised is unread, and its members are audited all the same. It reports whether
// it knows what the members are for, so that plain data among them is just that.
func (w *walk) bundle(p part, f *zipfile.File, claimed, done map[int64]bool) bool {
	kind := bundleOf(f)
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
	for _, e := range f.Entries {
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
