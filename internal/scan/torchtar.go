package scan

import (
	"strings"

	"github.com/modelaudit/action/audit"
	arc "github.com/modelaudit/action/internal/archive"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/torch"
)

// torchTar audits the members that torch.load takes from its first format, and
// returns which members of the archive those are. Every file that is no zip is
// tried as one (torch/serialization.py, _legacy_load).
func (w *walk) torchTar(p part, t *arc.Tar) map[int]bool {
	at := torchMembers(t)
	if at["storages"] == 0 || t.Members[at["storages"]-1].Type == '5' {
		return nil
	}
	reader := torch.NewTar(w.among(sym.Options{MaxOps: w.lim.MaxOpcodes, Large: w.opt.Large}))
	read := map[int]bool{}
	for _, name := range []string{"storages", "tensors", "pickle"} {
		if at[name] == 0 {
			break // torch gets no further
		}
		m := &t.Members[at[name]-1]
		if !m.Regular() {
			w.finding("MA203", p.below(name), m.Header, m.Header, "the member is a link or a device: what torch reads is not in it")
			w.unread(p.below(name), 0, 0, "not read: a link or a device")
			continue
		}
		inner, ok := w.tarMember(p, t, m)
		if !ok {
			continue
		}
		if name == "storages" && !opens(w.run(inner, 0, nil)) {
			return nil // another file of that name
		}
		read[at[name]-1] = true
		c := w.torchTarMember(inner, reader, name)
		if name == "pickle" && c != nil && p.root && m.Plain() && onlyMember(t, torch.TarStorages) {
			c.Tensors = reader.Resolver()
			model := c.model(audit.FormatTorchTar, inner.member)
			model.Pickles, model.Once = nil, "decoded once: the tensors stand beside the pickle of the object"
			if reader.Bad != nil {
				c.Ambiguous = reader.Bad.Error()
			}
			w.out.Model = p.model(model)
		}
	}
	w.shown = true
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatTar, audit.FormatTorchTar)
	}
	return read
}

// onlyMember reports whether exactly one member has a name, and is a plain file.
func onlyMember(t *arc.Tar, name string) bool {
	n := 0
	for i := range t.Members {
		if m := &t.Members[i]; m.Name == name {
			if n++; !m.Plain() {
				return false
			}
		}
	}
	return n == 1
}

// torchMembers returns one more than the index of the member that tarfile takes
// for a name: the last one, and none behind the end of the archive.
func torchMembers(t *arc.Tar) map[string]int {
	at := map[string]int{}
	for i := range t.Members {
		if m := &t.Members[i]; !m.Beyond {
			at[strings.TrimRight(m.Name, "/")] = i + 1
		}
	}
	return at
}

// torchTarMember audits the pickles of one member and what stands behind them,
// and returns the last pickle if the member could be read.
func (w *walk) torchTarMember(p part, reader *torch.Tar, name string) *Checkpoint {
	var m *torch.TarMember
	switch name {
	case "storages":
		m = reader.Storages(p.r, p.size)
	case "tensors":
		m = reader.Tensors(p.r, p.size)
	default:
		m = reader.Object(p.r, p.size)
	}
	failed := false
	var last *Checkpoint
	w.needed = true
	for _, tr := range m.Streams {
		last = &Checkpoint{Trace: tr, Stream: p.r, Judgement: w.stream(p, tr, reader.Known), Ambiguous: ambiguity(nil, tr)}
		failed = failed || tr.Failure != nil
	}
	w.needed = false
	w.opaque += m.Opaque
	var err error
	switch {
	case m.Err != nil && !failed: // else it was reported with the stream
		w.finding("MA201", p.member, m.End, p.size, "the member ends in an error: "+m.Err.Error())
		w.unread(p.member, m.End, p.size, m.Err.Error())
		err = w.resync(p, m.End)
	case m.Err != nil:
		err = w.resync(p, m.End)
	default:
		err = w.streams(p, &sym.Trace{End: m.End})
	}
	if err != nil {
		w.fail(p, err)
	}
	if m.Err != nil || failed || err != nil || last == nil || last.Trace.Root == nil {
		return nil
	}
	return last
}
