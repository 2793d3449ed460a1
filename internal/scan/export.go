package scan

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/detect"
	"github.com/modelaudit/action/internal/jsonwalk"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/zipfile"
)

// maxProgram bounds a JSON record of an exported program, in bytes.
const maxProgram = 1 << 30

// How the loader reads a record of an exported program.
type reading uint8

const (
	plainMember reading = iota
	rawTensor           // bytes of a tensor
	unpickled           // torch.load(weights_only=False) or pickle.loads
)

// export audits an archive of torch.export.save: its programs, what its
// configurations say of the payloads, and machine code. It marks the records
// that need no second look.
//
// Sources: torch/csrc/export/pt2_archive_constants.h,
// torch/export/pt2_archive/_package.py, and for the four members of before 2.6
// torch/export/__init__.py, load.
func (w *walk) export(p part, f *zipfile.File, claimed, done *zipfile.Marks) {
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatZip, audit.FormatTorchExport)
	}
	if p.root {
		w.out.Model = p.exportModel(f, w.opt)
	}
	// Before 2.6 the members stood in no directory, and Python read them.
	root, _ := f.TorchRoot()
	payloads := map[string]reading{}
	for e := range f.All() {
		record := recordName(root, e.Name)
		_, name := recordPath(root, e.Name)
		if dir, ok := payloadConfig(record); ok {
			w.payloads(p, f, e, dir, payloads)
		}
		if isProgram(record) || name == "serialized_exported_program.json" {
			w.exported(p, f, e)
		}
		if strings.HasPrefix(record, "data/aotinductor/") && !strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".so") {
			w.native(p, packedZip(f, e))
		}
	}
	for e := range f.All() {
		_, name := recordPath(root, e.Name)
		how := payloads[recordName(root, e.Name)]
		if strings.HasPrefix(name, "opaque_obj_") {
			how = unpickled
		}
		switch how {
		case rawTensor:
			claimed.Add(e)
		case unpickled:
			w.unpickled(p, f, e)
			done.Add(e)
		}
	}
}

// isProgram reports whether the loader takes a record as a program: any below
// models/, whatever its depth and suffix. A folder's own entry is none.
func isProgram(record string) bool {
	return strings.HasPrefix(record, "models/") && record != "models/"
}

// payloadConfig reports whether a record is a configuration of payloads, at the
// depth that its program's name has, and where the payloads are then.
func payloadConfig(record string) (dir string, ok bool) {
	for _, dir := range []string{"data/weights/", "data/constants/"} {
		if strings.HasPrefix(record, dir) && strings.HasSuffix(record, "_config.json") {
			return dir, true
		}
	}
	return "", false
}

// recordName is the name of a record below the archive's root, in lower case as
// torch's reader looks it up.
func recordName(root, name string) string {
	return strings.TrimPrefix(strings.ToLower(name), strings.ToLower(root)+"/")
}

// recordPath is recordName as its directory and its last part.
func recordPath(root, name string) (dir, base string) {
	dir, base = path.Split(recordName(root, name))
	return strings.TrimSuffix(dir, "/"), base
}

// record opens a JSON record.
func (w *walk) record(p part, e packed, visit func(*jsonwalk.Value)) {
	member := p.below(e.name)
	r, size, err := e.open()
	if err == nil && size > maxProgram {
		err = safeio.ErrLimit
	}
	if err == nil {
		err = jsonwalk.Walk(r, size, visit)
	}
	if err != nil {
		w.fail(part{member: member, size: e.size}, err)
	}
}

// payloads notes how each payload is read. Of two statements the worse counts.
// Only a record of a name that torch writes for a tensor may be raw: the loader
// goes by what the path begins with, and another record may be loaded otherwise.
func (w *walk) payloads(p part, f *zipfile.File, e zipfile.Entry, dir string, out map[string]reading) {
	var last, name string // the tensor whose entry this is, and its payload
	begun, raw := false, false
	flush := func() {
		if !begun {
			return
		}
		key := dir + strings.ToLower(name)
		if strings.HasPrefix(name, "/") {
			key = strings.ToLower(name) // os.path.join
		}
		switch constants := dir == "data/constants/"; {
		case !raw || constants && strings.HasPrefix(strings.ToLower(name), "opaque_obj_"):
			out[key] = unpickled
		case numbered(name, "weight_") && !constants, numbered(name, "tensor_") && constants:
			out[key] = max(out[key], rawTensor)
		}
		if !numbered(name, "weight_", "tensor_", "custom_obj_", "opaque_obj_") {
			w.unread(p.below(e.Name), 0, e.Size, fmt.Sprintf("not judged: a payload is in a record %.100q, which torch does not write", name))
		}
	}
	w.record(p, packedZip(f, e), func(v *jsonwalk.Value) {
		if len(v.Path) < 3 || v.Path[0] != "config" {
			return
		}
		if !begun || v.Path[1] != last {
			flush()
			begun, last, name, raw = true, v.Path[1], "", false
		}
		switch {
		case len(v.Path) > 3:
		case v.Path[2] == "path_name":
			name = v.Text
		case v.Path[2] == "use_pickle":
			raw = v.Kind == jsonwalk.Bool && v.Text == "false" // another value may be true to Python
		}
	})
	flush()
}

// numbered reports whether a name is one of the prefixes and a number.
func numbered(name string, prefixes ...string) bool {
	for _, p := range prefixes {
		if n, ok := strings.CutPrefix(name, p); ok && n != "" && strings.Trim(n, "0123456789") == "" {
			return true
		}
	}
	return false
}

// exported judges the texts of a program that its loader evaluates or looks up.
func (w *walk) exported(p part, f *zipfile.File, e zipfile.Entry) {
	w.record(p, packedZip(f, e), func(v *jsonwalk.Value) {
		if v.Kind != jsonwalk.String {
			return
		}
		rule, msg := "", ""
		switch v.Key() {
		case "target", "as_operator":
			if !rules.ListedTarget(v.Text) {
				at := audit.Location{Member: p.below(e.Name), Start: v.Start, End: v.End}
				w.add([]audit.Finding{rules.Called("MA402", at, v.Text, fmt.Sprintf("a node calls %q", v.Text))})
			}
		case "expr_str":
			if !rules.PlainExpression(v.Text) {
				w.evaluated(p.below(e.Name), v, "a size")
			}
		case "guards_code":
			if !rules.PlainGuard(v.Text) {
				w.evaluated(p.below(e.Name), v, "a guard")
			}
		case "in_spec", "out_spec":
			what, err := specImports(v.Text)
			if err != nil {
				w.unread(p.below(e.Name), v.Start, v.End, fmt.Sprintf("a tree of inputs or outputs cannot be judged: %v", err))
			}
			if what != "" {
				rule, msg = "MA404", "a tree of inputs or outputs has its loader import "+what
			}
		}
		if rule != "" {
			w.finding(rule, p.below(e.Name), v.Start, v.End, msg)
		}
	})
}

func (w *walk) evaluated(member string, v *jsonwalk.Value, what string) {
	at := audit.Location{Member: member, Start: v.Start, End: v.End}
	w.add([]audit.Finding{rules.Evaluated(at, fmt.Sprintf("%s is the text %q, which is evaluated", what, v.Text), v.Text)})
}

// native reports machine code, or source that is compiled to it, by content or
// by name.
func (w *walk) native(p part, e packed) {
	r, size, err := e.open()
	if err != nil {
		return // the member is looked at again, and is unread
	}
	head := make([]byte, min(size, 8))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return
	}
	switch path.Ext(strings.ToLower(e.name)) {
	case ".so", ".dll", ".dylib", ".pyd", ".o", ".a", ".cubin", ".fatbin", ".ptx", ".hsaco", ".spv", ".metallib", ".cpp", ".cu", ".c", ".cc", ".h", ".py", ".ll", ".bc":
	default:
		if !detect.Executable(head) {
			return
		}
	}
	w.finding("MA401", p.below(e.name), 0, size, "the archive carries code that its loader loads or compiles")
}

// unpickled audits a record that its loader unpickles whatever it looks like.
func (w *walk) unpickled(p part, f *zipfile.File, e zipfile.Entry) {
	name := p.below(e.Name)
	r, size, err := f.Open(e)
	if err != nil {
		w.unread(name, 0, e.Size, err.Error())
	}
	if r == nil {
		return
	}
	w.loaded(part{r: r, size: size, name: path.Base(e.Name), member: name, depth: p.depth + 1})
}

// loaded audits bytes that a loader unpickles whatever they look like.
func (w *walk) loaded(inner part) {
	if inner.depth > w.lim.MaxDepth {
		w.finding("MA501", inner.member, 0, inner.size, "pickles are nested too deeply")
		w.unread(inner.member, 0, inner.size, "not read: nested too deeply")
		return
	}
	formats, err := detect.Formats(inner.r, inner.size, inner.name)
	switch {
	case err != nil:
		w.unread(inner.member, 0, inner.size, err.Error())
	case len(formats) == 0:
		w.format(inner, audit.FormatPickle)
	default:
		w.detected(inner, formats)
	}
}
