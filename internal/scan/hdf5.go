package scan

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/hdf5"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/zipfile"
)

// hdf5 audits an HDF5 file: what leads out of it, the configs of Keras in its
// attributes, what readers unpickle, and the account of its bytes.
func (w *walk) hdf5(p part) error {
	f, err := hdf5.Open(p.r, p.size, w.lim)
	if err != nil {
		return err
	}
	for _, problem := range f.Problems {
		where := ""
		if problem.Path != "" {
			where = " (" + problem.Path + ")"
		}
		w.unread(p.member, problem.Start, problem.End, problem.Reason+where)
	}
	for _, g := range f.Regions {
		switch {
		case g.Kind == hdf5.Data:
			w.opaque += g.End - g.Start
		case g.Kind == hdf5.Unread && len(f.Problems) == 0:
			w.unread(p.member, g.Start, g.End, "bytes that nothing in the file accounts for")
		case g.Kind == hdf5.Unread:
			w.opaque += g.End - g.Start // a problem says why
		}
	}
	keras := false
	for _, o := range f.Objects {
		w.hdf5Object(p, o)
		w.hdf5Pickles(p, f, o)
		for i := range o.Attributes {
			keras = w.hdf5Attribute(p, f, o, &o.Attributes[i]) || keras
		}
	}
	keras = keras || f.Root.Attribute("layer_names") != nil || f.Root.Attribute("keras_version") != nil
	if keras && p.member == "" {
		w.out.Artifact.Formats = append(w.out.Artifact.Formats, audit.FormatKeras)
	}
	if p.root {
		w.out.Model = p.model(hdf5Model(f, keras, p.member))
	}
	return nil
}

// hdf5Object reports what has its data or its members elsewhere.
func (w *walk) hdf5Object(p part, o *hdf5.Object) {
	at := audit.Location{Member: p.member, Start: o.Addr, End: o.Addr}
	report := func(format string, args ...any) {
		w.add([]audit.Finding{rules.New("MA306", at, "", fmt.Sprintf(format, args...))})
	}
	for _, e := range o.Layout.External {
		report("the elements of %s lie in another file, %s", o.Path, e.Name)
	}
	if o.Kind == hdf5.Dataset && o.Layout.Kind == hdf5.Virtual {
		report("the dataset %s is put together from others: %s", o.Path, sourcesOf(&o.Layout))
	}
	if size, ok := o.Bytes(); o.Kind == hdf5.Dataset && (!ok || size > bombSize && size/bombRatio > o.Layout.Stored) {
		w.finding("MA502", p.member, at.Start, at.End, fmt.Sprintf("the dataset %s has the shape %d, for which %d bytes are stored", o.Path, o.Space.Dims, o.Layout.Stored))
	}
	for _, l := range o.Links {
		at.Start, at.End = l.Start, l.End
		switch l.Kind {
		case hdf5.External:
			report("the link %s/%s leads into another file, %s", o.Path, l.Name, l.File)
		case hdf5.UserLink:
			report("the link %s/%s is of a kind that only a program that registers it can follow", o.Path, l.Name)
		}
	}
}

// A dataset is refused by Keras since 3.12.1 if it would have more bytes than bombSize and more
// than bombRatio times what is stored (safe_get_h5_dataset in keras/src/saving/saving_lib.py).
const (
	bombSize  = 4 << 30
	bombRatio = 1000
)

// sourcesOf names the first sources of a virtual dataset.
func sourcesOf(l *hdf5.Layout) string {
	var names []string
	for _, s := range l.Sources {
		name := s.Dataset + " of the file " + s.File
		if s.File == "." {
			name = s.Dataset + " of the same file"
		}
		if len(names) == 3 {
			names = append(names, fmt.Sprintf("and %d more", len(l.Sources)-3))
			break
		}
		names = append(names, name)
	}
	if names == nil {
		return "none is named"
	}
	return strings.Join(names, ", ")
}

// hdf5Attribute audits a text that is a config of Keras, and reports whether it is one.
func (w *walk) hdf5Attribute(p part, f *hdf5.File, o *hdf5.Object, a *hdf5.Attribute) bool {
	known := a.Name == "model_config" || a.Name == "training_config"
	texts, err := f.Strings(a)
	if err != nil {
		if known {
			w.unread(p.member, a.Start, a.End, fmt.Sprintf("the attribute %s cannot be read: %v", a.Name, err))
		}
		return known
	}
	for _, t := range texts {
		if !known && (!strings.HasPrefix(strings.TrimSpace(t.Value), "{") || !strings.Contains(t.Value, `"class_name"`)) {
			continue
		}
		known = true
		w.kerasConfig(p, []byte(t.Value), t.Start, o.Path+" attribute "+a.Name)
	}
	return known
}

// weighty reports a member that is nearly all elements of tensors, of which no scan
// reads more than where they are. Like the records of torch it is not summed up: what is
// read of it is read where its loader reads it, and a wrong sum at most stops that.
func weighty(e zipfile.Entry, formats []audit.Format) bool {
	return e.Method == 0 && len(formats) == 1 && formats[0] == audit.FormatHDF5
}
