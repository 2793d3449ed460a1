package keras

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/keras"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/zipfile"
)

// Member is the member of a .keras archive that has the config.
const Member = "config.json"

// A Result is what a file becomes: other bytes of the file itself, or of a member.
type Result struct {
	io.WriterTo
	Member string // "" is the file itself
	Size   int64  // of what is written
	Texts  []Text // in which layers were replaced
}

// A Text is one config, and where it begins in the file or member.
type Text struct {
	Attribute string // of the root of an HDF5 file, "" in an archive
	Base      int64
	Old       string
	New       string // it may be padded with spaces to the old length
	Layers    []Layer
}

// Open reads a .keras archive or an HDF5 file. It returns nil if there is no Lambda
// layer in it, or what is no model of Keras. The error is a *Refusal or says what cannot be read.
func Open(r io.ReaderAt, size int64, lim safeio.Limits, opt Options) (*Result, error) {
	at, err := hdf5.Find(r, size)
	if err == nil && at == 0 {
		return openHDF5(r, size, lim, opt)
	}
	f, err := zipfile.Read(r, size, lim)
	if err != nil {
		if at > 0 { // and not the weights of an archive, which may lie where HDF5 looks
			return openHDF5(r, size, lim, opt)
		}
		return nil, err
	}
	return openArchive(f, lim, opt)
}

func openArchive(f *zipfile.File, lim safeio.Limits, opt Options) (*Result, error) {
	text, err := member(f, Member, lim)
	if text == nil || err != nil {
		return nil, err
	}
	metadata, err := member(f, "metadata.json", lim)
	if err != nil {
		return nil, err
	}
	var m struct {
		Version string `json:"keras_version"`
	}
	if err := json.Unmarshal(metadata, &m); err != nil && metadata != nil {
		return nil, &Refusal{Reason: "metadata.json cannot be read: " + err.Error()}
	}
	t, err := replaced(string(text), m.Version, Form{Archive: true}, 0, opt)
	if t == nil || err != nil {
		return nil, err
	}
	return &Result{WriterTo: strings.NewReader(t.New), Member: Member, Size: int64(len(t.New)), Texts: []Text{*t}}, nil
}

// member is what the only member of a name holds, nil if there is none.
func member(f *zipfile.File, name string, lim safeio.Limits) ([]byte, error) {
	var found []zipfile.Entry
	for _, e := range f.Lookup(name) {
		if e.Name == name {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
	default:
		return nil, &Refusal{Reason: fmt.Sprintf("the archive has %d members %s", len(found), name)}
	}
	r, size, err := f.Open(found[0])
	if err != nil {
		return nil, err
	}
	return safeio.ReadRange(r, size, 0, size, keras.MaxSize)
}

func openHDF5(r io.ReaderAt, size int64, lim safeio.Limits, opt Options) (*Result, error) {
	f, err := hdf5.Open(r, size, lim)
	if err != nil {
		return nil, err
	}
	version := ""
	if a := f.Root.Attribute("keras_version"); a != nil {
		if texts, err := f.Strings(a); err == nil && len(texts) == 1 {
			version = texts[0].Value
		}
	}
	out := &Result{}
	var changes []hdf5.Change
	for _, name := range []string{"model_config", "training_config"} {
		a := f.Root.Attribute(name)
		if a == nil {
			continue
		}
		texts, err := f.Strings(a)
		if err != nil {
			return nil, fmt.Errorf("the attribute %s: %w", name, err)
		}
		if len(texts) != 1 {
			return nil, &Refusal{Reason: fmt.Sprintf("the attribute %s has %d texts", name, len(texts))}
		}
		t, err := replaced(texts[0].Value, version, Form{}, texts[0].Start, opt)
		if err != nil {
			return nil, err
		}
		if t != nil {
			t.Attribute = name
			out.Texts = append(out.Texts, *t)
			changes = append(changes, hdf5.Change{Attribute: a, Value: t.New})
		}
	}
	if changes == nil {
		return nil, nil
	}
	e, err := f.Edit(changes)
	if err != nil {
		return nil, &Refusal{Reason: err.Error()}
	}
	out.WriterTo, out.Size = e, e.Size()
	return out, nil
}

// replaced is a config with its Lambdas replaced, nil if there are none. It keeps its
// length where that is possible: then everything else of the file stays where it is.
func replaced(text, version string, form Form, base int64, opt Options) (*Text, error) {
	major, _, _ := strings.Cut(version, ".")
	form.Version, _ = strconv.Atoi(major)
	if leave := opt.Leave; leave != nil {
		opt.Leave = func(start, end int) bool { return leave(start+int(base), end+int(base)) }
	}
	if found := opt.Found; found != nil {
		opt.Found = func(start, end int) bool { return found(start+int(base), end+int(base)) }
	}
	layers, err := Replace([]byte(text), form, opt)
	if len(layers) == 0 || err != nil {
		return nil, err
	}
	if form.Version != 2 && form.Version != 3 {
		return nil, &Refusal{Reason: fmt.Sprintf("the file does not say which Keras wrote it, or it is not 2 or 3 (%q)", version)}
	}
	var b strings.Builder
	at := 0
	for _, l := range layers {
		b.WriteString(text[at:l.Start] + l.Text)
		at = l.End
	}
	b.WriteString(text[at:])
	if short := len(text) - b.Len(); short > 0 && !form.Archive {
		b.WriteString(strings.Repeat(" ", short))
	}
	return &Text{Base: base, Old: text, New: b.String(), Layers: layers}, nil
}
