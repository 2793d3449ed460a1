package scan

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/torchscript"
	"github.com/modelaudit/action/internal/zipfile"
)

// maxSource bounds a source of a TorchScript archive, in bytes; a network of a
// thousand layers has less than one MiB.
const maxSource = 16 << 20

// A program is the TorchScript in an archive of torch.
type program struct {
	sources []zipfile.Entry
	defined torchscript.Definitions
}

// scripted reports whether torch.load takes an archive for TorchScript and
// hands it to torch.jit.load: this one record is all that it asks for
// (torch/serialization.py, _is_torchscript_zip).
func scripted(f *zipfile.File) bool {
	_, ok := f.TorchLookup("constants.pkl")
	return ok && torch.IsArchive(f)
}

// script reads the sources of a TorchScript archive for the names that they
// define. It returns nil for another archive.
func (w *walk) script(f *zipfile.File) *program {
	root, err := f.TorchRoot()
	if err != nil || !scripted(f) {
		return nil
	}
	s := &program{}
	for e := range f.All() {
		// torch looks records up without case, so a source may be spelled in any.
		if len(e.Name) <= len(root) || !strings.EqualFold(e.Name[:len(root)+1], root+"/") {
			continue
		}
		record := e.Name[len(root)+1:]
		if len(record) < 5 || torchscript.Module("code/"+record[5:]) == "" || !strings.EqualFold(record[:5], "code/") {
			continue
		}
		s.sources = append(s.sources, e)
		if src, err := packedZip(f, e).source(); err == nil {
			s.defined.Define(torchscript.Module("code/"+record[5:]), src)
		}
	}
	return s
}

// source is a text that code is read from, as far as may be read.
func (e packed) source() ([]byte, error) {
	r, size, err := e.open()
	if err != nil {
		return nil, err
	}
	return safeio.ReadRange(r, size, 0, size, maxSource)
}

// own is the set of classes that pickles of the archive may make.
func (s *program) own() map[string]bool {
	if s == nil {
		return nil
	}
	return s.defined.Classes
}

// enums says which names torch's unpickler may make an enum of
// (torch/csrc/jit/serialization/unpickler.cpp, readGlobal).
func enums(own map[string]bool) func(*sym.Node) bool {
	return func(fn *sym.Node) bool { return fn.Kind == sym.Global && own[fn.FullName()] }
}

// torchScript audits the sources and the pickles beside data.pkl. Storages
// that they claim are added to claimed; done gets the records that need no
// second look.
func (w *walk) torchScript(p part, f *zipfile.File, s *program, claimed, done *zipfile.Marks) {
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatTorchZip, audit.FormatTorchScript)
	}
	for _, e := range s.sources {
		w.operators(p.below(e.Name), f, e, s)
	}
	var constants *Checkpoint
	defer func() {
		// The first pickle is that of data.pkl, which torchZip has read.
		if m := w.out.Model; p.root && m != nil && len(m.Pickles) == 1 {
			w.out.Model = p.scriptModel(m.Pickles[0], constants, s)
		}
	}()
	// torch/csrc/jit/serialization/import.cpp; torch/csrc/jit/mobile/import.cpp.
	for _, k := range [][2]string{{"constants.pkl", "constants/"}, {"bytecode.pkl", "constants/"}, {"traced_inputs.pkl", "traced_inputs/"}} {
		if _, ok := f.TorchLookup(k[0]); !ok {
			continue
		}
		z, err := torch.ReadPickle(f, k[0], k[1], w.lim, w.among(sym.Options{MaxOps: w.lim.MaxOpcodes, Enum: enums(s.own())}))
		if err != nil {
			w.fail(part{member: p.below(k[0]), size: p.size}, err)
			continue
		}
		inner := part{r: z.Data, size: z.Size, name: z.Main.Name, member: p.below(z.Main.Name), depth: p.depth + 1, own: s.own()}
		j, err := w.torchPickle(inner, f, z)
		if err != nil {
			w.fail(inner, err)
		}
		if err == nil && k[0] == "constants.pkl" {
			constants = zipCheckpoint(z, j, f, k[0])
			w.live += z.Trace.Bytes
		}
		done.Add(z.Main)
		claimed.Join(&z.Claimed)
	}
}

// operators judges what one source names.
func (w *walk) operators(member string, f *zipfile.File, e zipfile.Entry, s *program) {
	src, err := packedZip(f, e).source()
	if err != nil {
		w.unread(member, 0, e.Size, err.Error())
		return
	}
	torchscript.Walk(src, func(r torchscript.Reference) {
		if msg, callable := s.judge(r); msg != "" {
			w.add([]audit.Finding{rules.New("MA402", audit.Location{Member: member, Start: r.Start, End: r.End}, callable, msg)})
		}
	})
}

// judge returns what is to be said against a reference, "" if nothing is.
func (s *program) judge(r torchscript.Reference) (msg, callable string) {
	switch r.Kind {
	case torchscript.Operator:
		if !rules.ListedOperator(r.Name) {
			return "uses the operator " + r.Name, r.Name
		}
	case torchscript.Member:
		if r.Name == "" {
			return "gets at an attribute whose name is put together", ""
		}
		if rules.HarmfulMember(r.Name) {
			return fmt.Sprintf("uses .%s, which is an operator of any value", r.Name), "aten::" + r.Name
		}
	case torchscript.Method:
		known := s.defined.Defs[r.Name] || rules.ListedOperator("aten::"+r.Name) || rules.ListedOperator("prim::"+r.Name) || rules.ListedNativeMethod(r.Name) || r.Name == "__new__" || r.Name == "__init__"
		if !known || rules.HarmfulMember(r.Name) {
			return fmt.Sprintf("calls .%s, which no source in the archive defines", r.Name), "aten::" + r.Name
		}
	case torchscript.NativeClass:
		if !rules.ListedNativeClass(r.Name) {
			return "uses the native class " + r.Name, r.Name
		}
	case torchscript.PythonOp:
		return "calls the Python function " + r.Name, r.Name
	case torchscript.Call:
		return "calls a value that the source does not show", ""
	case torchscript.Namespace:
		return "uses the namespace " + r.Name + " as a value", ""
	}
	return "", ""
}
