package pipeline

import (
	"cmp"
	"errors"
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
	Globals  []Global
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

// Inspect lists what an audited artifact holds.
func Inspect(a *Audited) *Inspection {
	in := &Inspection{Artifact: &a.Artifact}
	if slices.Contains(a.Artifact.Formats, audit.FormatSafetensors) {
		in.fromSafetensors(a)
		return in
	}
	if f, err := zipfile.Read(a.Source.R, a.Source.Size, a.lim); err == nil {
		for _, e := range f.Entries {
			in.Members = append(in.Members, Member{Name: e.Name, Size: e.Size, Stored: e.Method == 0})
		}
	}
	if a.Model == nil {
		in.NoTree = notConvertible(a)
		return in
	}
	in.globals(a.Model.Trace)
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

func (in *Inspection) fromSafetensors(a *Audited) {
	f, err := scan.ReadSafetensors(a.Source.R, a.Source.Size, a.lim)
	if err != nil {
		in.NoTree = err.Error()
		return
	}
	for _, k := range f.MetadataKeys {
		in.Metadata = append(in.Metadata, [2]string{k, f.Metadata[k]})
	}
	for _, e := range f.Entries {
		in.Tensors = append(in.Tensors, TensorInfo{e.Name, string(e.DType), e.Shape, e.End - e.Begin, ""})
	}
}

func (in *Inspection) globals(tr *sym.Trace) {
	calls := map[string]int{}
	for i := range tr.Events {
		e := &tr.Events[i]
		switch {
		case e.Kind == sym.EventImport:
			calls[e.Node.FullName()] += 0
		case e.Kind == sym.EventCall && e.Node.Call().Func.Kind == sym.Global:
			calls[e.Node.Call().Func.FullName()]++
		}
	}
	for name, n := range calls {
		in.Globals = append(in.Globals, Global{name, n})
	}
	slices.SortFunc(in.Globals, func(a, b Global) int { return cmp.Compare(a.Name, b.Name) })
}

// ErrNoPickle is returned for a file without a pickle that a loader would read.
var ErrNoPickle = errors.New("there is no pickle in it to disassemble")

// Disassemble writes the opcodes of the pickle that holds the checkpoint; of a
// file that is a pickle and breaks off, those before the fault.
func Disassemble(w io.Writer, a *Audited) error {
	switch {
	case a.Model != nil:
		return pickle.Disassemble(w, a.Model.Stream, a.Model.Trace.Start, a.Model.Trace.End)
	case slices.Contains(a.Artifact.Formats, audit.FormatPickle), slices.Contains(a.Artifact.Formats, audit.FormatTorchLegacy):
		return pickle.Disassemble(w, a.Source.R, 0, a.Source.Size)
	}
	return ErrNoPickle
}

// Assemble turns opcode text into bytes; see the grammar in internal/pickle.
func Assemble(text string) ([]byte, error) { return pickle.Assemble(text) }
