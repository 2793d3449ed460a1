package pipeline

import (
	"cmp"
	"io"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tree"
	"github.com/modelaudit/action/internal/zipfile"
)

// An Inspection is what is inside a file.
type Inspection struct {
	Artifact *audit.Artifact
	Members  []Member
	Parts    []Part   // what is inside of containers, at any depth
	Globals  []Global // of every pickle in it
	Pickles  int      // streams of pickle, nested ones and those in members included
	Tensors  []TensorInfo
	Omitted  []tree.Missing // values that a conversion would leave out
	Refused  []tree.Missing // tensors that it could not have
	Metadata [][2]string    // of a safetensors file
	NoTree   string         // why there is no list of tensors, "" if there is one
}

// A Member is a record of an archive.
type Member struct {
	Name   string
	Size   int64
	Stored bool
}

// A Part is content of a known format inside a container.
type Part struct {
	Member  string // the path of members
	Size    int64
	Formats []audit.Format
}

// A Global is a name that the pickle imports.
type Global struct {
	Name  string
	Calls int
}

// A TensorInfo describes one tensor.
type TensorInfo struct {
	Name    string
	DType   string
	Shape   []int64
	Bytes   int64
	Storage string
}

// An Inspector audits an artifact and remembers what the pickles in it name.
type Inspector struct {
	globals map[string]int // calls by name
	pickles int
	parts   []Part
}

// maxGlobals is how many names, and how many parts, are listed.
const maxGlobals = 10_000

// Watch makes an auditor tell the inspector of each pickle.
func (x *Inspector) Watch(a *Auditor) {
	x.globals = map[string]int{}
	a.Each = func(p scan.Pickle) {
		x.pickles++
		x.count(p.Trace)
	}
	a.Part = func(member string, size int64, formats []audit.Format) {
		if len(x.parts) < maxGlobals && len(formats) > 0 {
			x.parts = append(x.parts, Part{member, size, formats})
		}
	}
}

// Inspect lists what an audited artifact holds.
func (x *Inspector) Inspect(a *Audited) *Inspection {
	in := &Inspection{Artifact: &a.Artifact, Pickles: x.pickles, Parts: x.parts}
	for name, n := range x.globals {
		in.Globals = append(in.Globals, Global{name, n})
	}
	slices.SortFunc(in.Globals, func(a, b Global) int { return cmp.Compare(a.Name, b.Name) })
	for _, f := range a.Source.Files {
		if !f.Missing {
			in.Members = append(in.Members, Member{Name: f.Name, Size: f.Size, Stored: true})
		}
	}
	if slices.Contains(a.Artifact.Formats, audit.FormatSafetensors) {
		in.fromSafetensors(a)
		return in
	}
	if f, err := zipfile.Read(a.Source.R, a.Source.Size, a.lim); err == nil && a.Source.Files == nil {
		for e := range f.All() {
			in.Members = append(in.Members, Member{Name: e.Name, Size: e.Size, Stored: e.Method == 0})
		}
	}
	if a.Model == nil {
		in.NoTree = notConvertible(a)
		return in
	}
	t, err := a.Model.Tree()
	if err != nil {
		in.NoTree = err.Error()
		return in
	}
	in.Omitted, in.Refused = t.Omitted, t.Refused
	for i := range t.Tensors {
		n := &t.Tensors[i]
		in.Tensors = append(in.Tensors, TensorInfo{n.Name, string(n.DType), n.Shape, n.Bytes(), n.Storage.Key})
	}
	return in
}

// fromSafetensors lists the tensors of a file, or of the shards behind an index.
func (in *Inspection) fromSafetensors(a *Audited) {
	if a.Source.Files == nil {
		in.addSafetensors(a, a.Source.R, a.Source.Size, "")
		return
	}
	for _, f := range a.Source.Files[1:] {
		if !f.Missing {
			in.addSafetensors(a, io.NewSectionReader(a.Source.R, f.Start, f.Size), f.Size, f.Name)
		}
	}
}

func (in *Inspection) addSafetensors(a *Audited, r io.ReaderAt, size int64, file string) {
	f, err := scan.ReadSafetensors(r, size, a.lim)
	if err != nil {
		in.NoTree = err.Error()
		return
	}
	for _, k := range f.MetadataKeys {
		in.Metadata = append(in.Metadata, [2]string{k, f.Metadata[k]})
	}
	for _, e := range f.Entries {
		in.Tensors = append(in.Tensors, TensorInfo{e.Name, string(e.DType), e.Shape, e.End - e.Begin, file})
	}
}

func (x *Inspector) count(tr *sym.Trace) {
	for i := range tr.Events {
		e := &tr.Events[i]
		switch {
		case e.Kind == sym.EventImport:
			x.add(e.Node.FullName(), 0)
		case e.Kind == sym.EventCall && e.Node.Call().Func.Kind == sym.Global:
			x.add(e.Node.Call().Func.FullName(), 1)
		}
	}
}

func (x *Inspector) add(name string, calls int) {
	if _, known := x.globals[name]; known || len(x.globals) < maxGlobals {
		x.globals[name] += calls
	}
}

// Assemble turns opcode text into bytes; see the grammar in internal/pickle.
func Assemble(text string) ([]byte, error) { return pickle.Assemble(text) }
