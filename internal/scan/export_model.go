package scan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
	"github.com/modelaudit/action/internal/zipfile"
)

// decodedAsExport is what is said of the second decoder for exported programs.
const decodedAsExport = "decoded once: the tensors are raw records that a JSON text describes"

// An exportedProgram is an archive of torch.export.save.
type exportedProgram struct {
	f       *zipfile.File
	opt     Options
	lim     safeio.Limits
	root    string // "" if the members stand in no directory, as before torch 2.6
	many    bool   // there is more than one program
	pieces  []tree.Piece
	pickles []*Checkpoint
	records map[string]*tensor.Storage
	dtypes  map[string]tensor.DType // of a record
}

// exportModel is the model of an exported program: its state_dict, and its constants.
func (p part) exportModel(f *zipfile.File, opt Options) *Model {
	m := &Model{Format: audit.FormatTorchExport, Once: decodedAsExport}
	m.Build = func() (*tree.Tree, error) {
		root, _ := f.TorchRoot()
		x := &exportedProgram{f: f, opt: opt, lim: opt.Limits.WithDefaults(), root: root, records: map[string]*tensor.Storage{}, dtypes: map[string]tensor.DType{}}
		t, err := x.tree()
		m.Pickles = x.pickles
		return t, err
	}
	return p.model(m)
}

// tree gathers what the loaders of all versions take from the archive
// (torch/export/pt2_archive/_package.py, _load_state_dict, _load_constants;
// before 2.6 torch/export/__init__.py, load).
func (x *exportedProgram) tree() (*tree.Tree, error) {
	if text := archiveAmbiguity(x.f); text != "" {
		return nil, fmt.Errorf("readers disagree about this file: %s", text)
	}
	programs := 0
	for e := range x.f.All() {
		record := recordName(x.root, e.Name)
		dir, name := recordPath(x.root, e.Name)
		config, ok := payloadConfig(record)
		if isProgram(record) && (dir != "models" || !strings.HasSuffix(name, ".json")) || ok && config != dir+"/" {
			return nil, fmt.Errorf("%s: torch does not write this there", e.Name)
		}
		if isProgram(record) {
			programs++
		}
	}
	x.many = programs > 1
	omitted := []tree.Missing{{Path: "code", Reason: "the program itself: the result has what it computes with, and not what it does"}}
	for e := range x.f.All() {
		dir, name := recordPath(x.root, e.Name)
		var err error
		switch {
		case dir == "data/weights" && strings.HasSuffix(name, "_weights_config.json"):
			err = x.configured(e, dir, "state_dict", strings.TrimSuffix(name, "_weights_config.json"))
		case dir == "data/constants" && strings.HasSuffix(name, "_constants_config.json"):
			err = x.configured(e, dir, "constants", strings.TrimSuffix(name, "_constants_config.json"))
		case dir == "data/weights" && strings.HasSuffix(name, ".pt"):
			err = x.blob(e, x.place("state_dict", strings.TrimSuffix(name, ".pt")))
		case dir == "data/constants" && strings.HasSuffix(name, ".pt"):
			err = x.blob(e, x.place("constants", strings.TrimSuffix(name, ".pt")))
		case name == "serialized_state_dict.pt", name == "serialized_state_dict.json": // torch 2.1 and 2.2 call it so
			err = x.blob(e, x.place("state_dict", ""))
		case name == "serialized_constants.pt", name == "serialized_constants.json":
			err = x.blob(e, x.place("constants", ""))
		case dir == "data/sample_inputs", name == "serialized_example_inputs.pt":
			omitted = append(omitted, tree.Missing{Path: e.Name, Reason: "example inputs, which are no part of the model"})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	t, err := tree.Assemble(x.pieces)
	if err != nil {
		return nil, err
	}
	t.Omitted = append(t.Omitted, omitted...)
	return t, nil
}

// place is where in the tree a part of a program stands.
func (x *exportedProgram) place(part, program string) []tensor.Key {
	if x.many {
		return []tensor.Key{{Text: program}, {Text: part}}
	}
	return []tensor.Key{{Text: part}}
}

// blob reads a member that torch.save wrote. An empty state may be no bytes.
func (x *exportedProgram) blob(e zipfile.Entry, at []tensor.Key) error {
	if e.Size == 0 {
		return nil
	}
	t, err := x.saved(e)
	if err != nil {
		return err
	}
	x.pieces = append(x.pieces, tree.Piece{Path: at, Tree: t})
	x.pickles[len(x.pickles)-1].At = at
	return nil
}

func (x *exportedProgram) saved(e zipfile.Entry) (*tree.Tree, error) {
	r, size, err := x.f.Open(e)
	if err != nil {
		return nil, err
	}
	t, c, err := savedZip(r, size, e.Name+audit.Inside, []tensor.Layer{{Kind: tensor.LayerZip, Name: e.Name}}, false, x.opt)
	if err == nil {
		x.pickles = append(x.pickles, c)
	}
	return t, err
}

// configured reads the tensors that a configuration lists.
func (x *exportedProgram) configured(e zipfile.Entry, dir, part, program string) error {
	r, size, err := x.f.Open(e)
	if err == nil && size > maxProgram {
		err = safeio.ErrLimit
	}
	if err != nil {
		return err
	}
	list, err := readPayloads(r, size)
	if err != nil {
		return err
	}
	for i := range list {
		p := &list[i]
		t, err := x.payload(p, dir)
		if err != nil {
			return fmt.Errorf("%q: %w", p.name, err)
		}
		if t != nil {
			at := append(x.place(part, program), tensor.Key{Text: p.name})
			x.pieces = append(x.pieces, tree.Piece{Path: at, Tree: t})
			if p.pickled {
				x.pickles[len(x.pickles)-1].At = at
			}
		}
	}
	return nil
}

// payload reads one tensor, as a view of the bytes of its record
// (_build_file_map). Nil means that it is an object of another kind.
func (x *exportedProgram) payload(p *exportedTensor, dir string) (*tree.Tree, error) {
	record := dir + "/" + p.path
	e, ok := x.entry(record)
	switch {
	case !ok:
		return nil, fmt.Errorf("there is no record %q", record)
	case p.pickled && p.tensor:
		return x.saved(e)
	case p.pickled || !p.tensor:
		v := &tree.Value{Tag: tree.TagOmitted, Text: "an object that is no tensor"}
		return &tree.Tree{Root: v, Omitted: []tree.Missing{{Reason: v.Text}}}, nil
	case p.err != nil:
		return nil, p.err
	case x.dtypes[record] != "" && x.dtypes[record] != p.dtype:
		return nil, errors.New("its record is read as two types")
	}
	x.dtypes[record] = p.dtype
	s, err := x.storage(e, record)
	if err != nil {
		return nil, err
	}
	v := &tree.Value{Tag: tree.TagTensor, Grad: p.grad}
	n := tree.Named{Value: v}
	n.Class, n.RequiresGrad = "Tensor", p.grad
	if p.param {
		n.Class, v.Class = "Parameter", "Parameter"
	}
	if !p.dtype.InSafetensors(len(p.sizes)) {
		v.DType = string(p.dtype)
	}
	n.Tensor = tensor.Tensor{DType: p.dtype, Shape: p.sizes, Strides: p.strides, Offset: p.offset, Storage: s}
	if err := n.Check(); err != nil {
		return nil, err
	}
	return &tree.Tree{Root: v, Tensors: []tree.Named{n}}, nil
}

// entry finds a record as torch does, or in an archive without a directory by
// its name.
func (x *exportedProgram) entry(record string) (zipfile.Entry, bool) {
	if x.root != "" {
		return x.f.TorchLookup(record)
	}
	list := x.f.Lookup(record)
	if len(list) != 1 {
		return zipfile.Entry{}, false
	}
	return list[0], true
}

func (x *exportedProgram) storage(e zipfile.Entry, record string) (*tensor.Storage, error) {
	if s := x.records[record]; s != nil {
		return s, nil
	}
	r, size, err := x.f.Open(e)
	if err != nil {
		return nil, err
	}
	if e, ok := x.entry("byteorder"); ok {
		order, n, err := x.f.Open(e)
		if err != nil {
			return nil, err
		}
		if text, err := safeio.ReadRange(order, n, 0, n, 16); err != nil || string(text) != "little" {
			return nil, fmt.Errorf("the byte order of the archive is %q", text)
		}
	}
	s := &tensor.Storage{Key: record, Data: r, Size: size, Origin: tensor.Origin{Record: record, Spelling: tensor.SpelledRaw}}
	if x.root == "" {
		s.Origin = tensor.Origin{Layers: []tensor.Layer{{Kind: tensor.LayerZip, Name: e.Name}}, End: size, Spelling: tensor.SpelledRaw}
	}
	x.records[record] = s
	return s, nil
}
