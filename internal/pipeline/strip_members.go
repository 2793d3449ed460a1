package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters/keras"
	"github.com/modelaudit/action/converters/strip"
	"github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/zipfile"
)

// A run is the file, or a member of it.
type run struct {
	r    io.ReaderAt
	size int64
}

// members compares source and result member by member, at any depth: one in
// which nothing was removed is the same byte for byte. The pickles in which
// something was are compared value by value elsewhere.
type members struct {
	ctx    context.Context
	lim    safeio.Limits
	dirty  func(path string) bool              // something at or below a path was removed
	gone   func(path string, shadow bool) bool // it was removed itself, because another one is read in its place or not
	budget archive.Budget

	lambdas  *keras.Result // what was replaced in the config of a Keras model, nil if nothing was
	tensors  int           // of HDF5 files, compared byte by byte
	compared int64         // bytes of them
}

func sameMembers(ctx context.Context, a *Audited, streams []judged, plan *strip.Plan, out *Stripped) error {
	m := &members{ctx: ctx, lim: a.lim.WithDefaults()}
	m.budget = archive.Budget{Limits: m.lim, Size: a.Source.Size + out.Size}
	m.dirty = func(path string) bool {
		for i := range streams {
			if s := &streams[i]; s.dirty && (s.Member == path || audit.Within(s.Member, path)) {
				return true
			}
		}
		for _, r := range plan.Removed {
			if r.Member == path || audit.Within(r.Member, path) {
				return true
			}
		}
		return false
	}
	m.gone = func(path string, shadow bool) bool {
		return slices.ContainsFunc(plan.Removed, func(r strip.Removal) bool {
			return r.How == strip.Member && r.Member == path && r.Shadow == shadow
		})
	}
	if m.lambdas = out.lambdas; m.lambdas != nil && a.Model == nil { // else the model's tensors are counted
		defer func() { out.Proof.Tensors, out.Proof.BytesCompared = m.tensors, m.compared }()
	}
	return m.same(run{a.Source.R, a.Source.Size}, run{out.File, out.Size}, "")
}

// same compares two runs of which something at or below the path was removed.
func (m *members) same(x, y run, path string) error {
	switch {
	case m.lambdas == nil || m.lambdas.Member != path:
	case path == "":
		return m.hdf5(x, y)
	default:
		return m.configMember(x, y)
	}
	if method := archive.Sniff(x.r, x.size); method != "" && m.dirty(audit.Below(path, strip.Decompressed)) {
		return m.packed(method, x, y, audit.Below(path, strip.Decompressed))
	}
	head := make([]byte, min(x.size, 4096))
	if n, _ := x.r.ReadAt(head, 0); archive.IsTar(head[:n]) {
		return m.tars(x, y, path)
	}
	if z, err := archive.ReadSevenZip(x.r, x.size, m.lim); err == nil && string(head[:min(6, len(head))]) == archive.SevenZipMagic {
		return m.sevenZip(z, y, path)
	}
	f, err := zipfile.Read(x.r, x.size, m.lim)
	if err == nil {
		return m.zips(f, y, path)
	}
	if !errors.Is(err, zipfile.ErrNotZip) {
		return err
	}
	return nil // a pickle
}

// pair compares two members.
func (m *members) pair(x, y run, path string) error {
	if m.dirty(path) {
		return m.same(x, y, path)
	}
	if m.lambdas != nil {
		m.count(x)
	}
	if err := equalRanges(m.ctx, x.r, 0, x.size, y.r, 0, y.size); err != nil {
		return fmt.Errorf("the member %s: %w", path, err)
	}
	return nil
}

func (m *members) zips(f *zipfile.File, y run, path string) error {
	g, err := zipfile.Read(y.r, y.size, m.lim)
	if err != nil {
		return err
	}
	at := 0 // the member of the result that comes next
	for e := range f.All() {
		name := audit.Below(path, e.Name)
		if shadow := f.Shadowed(e); m.gone(name, shadow) {
			continue
		}
		same := at < g.Len() && g.At(at).Name == e.Name
		if !same {
			return fmt.Errorf("the member %s is not in the result where it was", name)
		}
		p, n, err := f.Open(e)
		q, k, err2 := g.Open(g.At(at))
		if err = cmpErr(err, err2); err == nil {
			err = m.pair(run{p, n}, run{q, k}, name)
		}
		if err != nil {
			return err
		}
		at++
	}
	if at < g.Len() {
		return fmt.Errorf("the result has a member %s that the source has not", audit.Below(path, g.At(at).Name))
	}
	return nil
}

func (m *members) packed(method archive.Method, x, y run, path string) error {
	var both [2]run
	for i, r := range []run{x, y} {
		in := archive.NewReader(method, r.r, r.size)
		s, err := m.budget.Spool(m.ctx, in, in.Consumed)
		if err != nil {
			return cmpErr(err, s.Close())
		}
		defer s.Close()
		both[i] = run{s, s.Size()}
	}
	return m.pair(both[0], both[1], path)
}

func (m *members) tars(x, y run, path string) error {
	t, u := archive.ReadTar(x.r, x.size, m.lim), archive.ReadTar(y.r, y.size, m.lim)
	if err := cmpErr(t.Err, u.Err); err != nil {
		return err
	}
	t.Members = slices.DeleteFunc(t.Members, func(a archive.Member) bool { return m.gone(audit.Below(path, a.Name), false) })
	if len(t.Members) != len(u.Members) {
		return fmt.Errorf("%d members became %d", len(t.Members), len(u.Members))
	}
	for i := range t.Members {
		a, b := &t.Members[i], &u.Members[i]
		if a.Name != b.Name || a.Type != b.Type {
			return fmt.Errorf("the member %s became %s", a.Name, b.Name)
		}
		p, n, err := t.Open(a)
		q, k, err2 := u.Open(b)
		if err = cmpErr(err, err2); err == nil {
			err = m.pair(run{p, n}, run{q, k}, audit.Below(path, a.Name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
