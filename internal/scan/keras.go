package scan

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/bytecode"
	"github.com/modelaudit/action/internal/keras"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/zipfile"
)

// kerasZip audits what a .keras archive is beyond its members: the config. The weights,
// in HDF5 or .npz, and assets are audited as members. done gets the configs.
func (w *walk) kerasZip(p part, f *zipfile.File, done *zipfile.Marks) {
	found := false
	for e := range f.All() {
		name := path.Base(e.Name)
		if outside(e.Name) {
			w.finding("MA112", p.below(e.Name), 0, 0, "Keras unpacks the archive, and the name of the member leads out of the directory")
		}
		if name != "config.json" && name != "metadata.json" && name != "model.weights.json" {
			continue
		}
		found = found || name == "config.json"
		member := p.below(e.Name)
		r, size, release, err := w.openMember(f, e)
		if err != nil {
			continue // the walk over members says so
		}
		inner := part{r: r, size: size, name: name, member: member, depth: p.depth + 1}
		if err := w.kerasJSON(inner); err != nil {
			w.fail(inner, err)
		}
		release()
		w.checkCRC(inner, func() (*zipfile.Anomaly, error) { return f.CheckCRC(e) })
		done.Add(e)
	}
	if !found {
		w.unread(p.member, 0, p.size, "a Keras model without config.json")
	}
}

// kerasNamed has the artifact called a Keras model, and knows its members.
func (w *walk) kerasNamed(p part) bool {
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatZip, audit.FormatKeras)
	}
	return true
}

// outside reports whether a member's name is more than a path below the archive's directory.
func outside(name string) bool {
	name = strings.ReplaceAll(name, "\\", "/")
	return strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':' || slices.Contains(strings.Split(name, "/"), "..")
}

// kerasJSON audits a config that is a file or a member of its own.
func (w *walk) kerasJSON(p part) error {
	head := make([]byte, 1)
	if n, _ := p.r.ReadAt(head, 0); n == 1 && head[0] == 0x0a && path.Base(p.name) != "config.json" {
		list, err := keras.MetadataConfigs(p.r, p.size)
		return errors.Join(w.kerasConfigs(p, list), err)
	}
	text, err := safeio.ReadRange(p.r, p.size, 0, p.size, min(w.lim.MaxAlloc, keras.MaxSize))
	if err != nil {
		return err
	}
	w.kerasConfig(p, text, 0, "")
	return nil
}

// savedModel audits what a saved_model.pb has for Keras. The program is unread.
func (w *walk) savedModel(p part) error {
	list, err := keras.SavedModelConfigs(p.r, p.size)
	return errors.Join(w.kerasConfigs(p, list), err)
}

// kerasConfigs audits the configs in a file of protobuf; texts that are none are no business of Keras.
func (w *walk) kerasConfigs(p part, list []keras.Config) error {
	for _, c := range list {
		if c.Size == 0 {
			continue
		}
		text, err := safeio.ReadRange(p.r, p.size, c.Start, c.Size, min(w.lim.MaxAlloc, keras.MaxSize))
		if err != nil {
			return err
		}
		if strings.HasPrefix(strings.TrimLeft(string(text), " \t\r\n"), "{") {
			w.kerasConfig(p, text, c.Start, "")
		}
	}
	return nil
}

// kerasConfig judges what a config has Keras do; base is where the text begins in the
// part, where says what it is if that is not the part itself.
func (w *walk) kerasConfig(p part, text []byte, base int64, where string) {
	v, twice, err := keras.ParseBytes(text)
	if err != nil {
		reason := "the config cannot be read: " + err.Error()
		if where != "" {
			reason += " of " + where
		}
		w.unread(p.member, base, base+int64(len(text)), reason)
		return
	}
	for _, t := range twice {
		at := base + int64(t.Offset)
		w.finding("MA207", p.member, at, at, t.Reason)
	}
	uses := keras.Uses(v)
	coded := map[string]bool{}
	for _, u := range uses {
		if u.Kind == keras.Code {
			coded[u.Layer] = true
		}
	}
	for _, u := range uses {
		at := audit.Location{Member: p.member, Start: base + int64(u.Value.Start), End: base + int64(u.Value.End)}
		w.kerasUse(u, at, coded)
	}
}

func (w *walk) kerasUse(u keras.Use, at audit.Location, coded map[string]bool) {
	switch u.Kind {
	case keras.Code:
		w.kerasCode(u, at)
	case keras.Path:
		w.add([]audit.Finding{rules.New("MA305", at, "", "the layer "+u.Layer+" reads the file "+u.Text+" (parameter "+u.Name+")")})
	case keras.Named:
		w.kerasName(rules.KerasText(u.Text, at))
	default:
		if u.Name == "Lambda" && u.Kind == keras.Class {
			if !coded[u.Layer] {
				w.add([]audit.Finding{rules.New("MA301", at, "", "the layer "+u.Layer+" is a Lambda: it calls a function that is no part of Keras, by its name")})
			}
			return
		}
		w.kerasName(rules.Keras(rules.KerasName{Function: u.Kind == keras.Function, Module: u.Module, Name: u.Name, Registered: u.Registered, Argument: u.Argument}, at))
	}
}

// kerasName reports a name that was judged, unless it is harmless or trusted.
func (w *walk) kerasName(f audit.Finding, trusted string, ok bool) {
	switch {
	case ok:
	case trusted != "" && w.opt.Trusted[trusted]:
		w.out.TrustUsed = append(w.out.TrustUsed, trusted)
	default:
		w.add([]audit.Finding{f})
	}
}

// kerasCode reports the code of a Lambda with what it is seen to do.
func (w *walk) kerasCode(u keras.Use, at audit.Location) {
	code, err := bytecode.Read(u.Bytecode)
	if err != nil {
		f := rules.Lambda(at, u.Layer, "", nil, nil, nil, nil)
		f.Message += "; the code cannot be read: " + firstLine(err.Error())
		w.add([]audit.Finding{f})
		return
	}
	facts := code.Facts()
	text := code.Readings[0].Text
	f := rules.Lambda(at, u.Layer, text, facts.Imports, facts.Calls, facts.Names, facts.Texts)
	f.Message += "; it reads: " + shorten(text)
	if code.Ambiguous() {
		f.Message += " (to other versions of Python it is something else)"
	}
	w.add([]audit.Finding{f})
}

// shorten is the first 200 bytes of code, in one line.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 200 {
		return text[:200] + "..."
	}
	return text
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
