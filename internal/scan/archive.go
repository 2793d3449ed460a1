package scan

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/detect"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/zipfile"
)

// zip audits an archive: its own oddities, the torch checkpoint in it if it is
// one, and every member, those that only one reader sees included.
func (w *walk) zip(p part) error {
	if done, err := w.shard(p); done || err != nil {
		return err
	}
	w.largeZip(p)
	f, err := zipfile.Read(p.r, p.size, w.lim)
	if err != nil && p.around && !errors.Is(err, safeio.ErrLimit) {
		return nil // bytes of a compressed file that look like an end record
	}
	if errors.Is(err, zipfile.ErrNotZip) && p.cut && beginsZip(p) {
		return fmt.Errorf("the zip is cut off: %w", err)
	}
	if err != nil {
		return err
	}
	if onlyArrays(f) { // which only Python opens: it tells names apart by case
		f.Anomalies = slices.DeleteFunc(f.Anomalies, func(a zipfile.Anomaly) bool { return a.Kind == zipfile.CaseCollision })
	}
	for _, a := range f.Anomalies {
		if !p.around || !aroundZip(a.Kind) {
			w.anomaly(p, a)
		}
	}
	for _, u := range f.Coverage().Unread {
		if p.around {
			break
		}
		w.unread(p.member, u.Start, u.End, "bytes that belong to no member of the archive")
	}
	claimed, done, checkpoint := &zipfile.Marks{}, &zipfile.Marks{}, torch.IsArchive(f)
	known := w.bundle(p, f, claimed, done) || checkpoint
	if checkpoint {
		script := w.script(f)
		z, err := w.torchZip(p, f, script.own())
		if err != nil {
			w.fail(part{member: p.member, size: p.size}, err)
		} else {
			claimed = &z.Claimed
			done.Add(z.Main)
		}
		if script != nil {
			w.torchScript(p, f, script, claimed, done)
		}
	}
	seen := places{left: p.size + slack}
	hold := &holder{zip: true, keras: w.kerasTexts(f)}
	single := p.root && (!known || hold.keras != nil) && archiveAmbiguity(f) == ""
	for e := range f.All() {
		switch {
		case claimed.Has(e):
			w.opaque += e.CompressedSize
		case done.Has(e) || strings.HasSuffix(e.Name, "/") && e.Size == 0:
		case seen.known(e):
		case seen.left < 0:
			w.finding("MA501", p.below(e.Name), 0, e.Size, "members overlap, and together are larger than the archive")
			w.unread(p.below(e.Name), 0, e.Size, "not read: members overlap")
		case single:
			hold.member(w, e.Name, func() { w.member(p, f, e, !known && w.promised(p), true) })
		default:
			w.member(p, f, e, !known && w.promised(p), false)
		}
	}
	if single {
		w.holds(hold, p)
	}
	return nil
}

// onlyArrays reports whether every member is called as numpy.savez calls them.
func onlyArrays(f *zipfile.File) bool {
	for e := range f.All() {
		if !strings.HasSuffix(e.Name, ".npy") {
			return false
		}
	}
	return true
}

// aroundZip reports whether an oddity is what every archive shows that stands
// in another file. If that is itself an archive, its bytes are accounted for.
func aroundZip(k zipfile.AnomalyKind) bool {
	switch k {
	case zipfile.PrefixBytes, zipfile.GapBytes, zipfile.TrailingBytes, zipfile.DirectoryDisagreement:
		return true
	}
	return false
}

// torchZip audits the pickle that torch.load reads and ties storages to records.
func (w *walk) torchZip(p part, f *zipfile.File, own map[string]bool) (*torch.Zip, error) {
	z, err := torch.ReadZip(f, w.lim, sym.Options{MaxOps: w.opcodes(), MaxBytes: beside(f), Large: w.opt.Large, Enum: enums(own), Keep: w.kept(p)})
	if err != nil {
		return nil, err
	}
	w.read(z.Trace)
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatZip, audit.FormatTorchZip)
	}
	inner := part{r: z.Data, size: z.Size, name: z.Main.Name, member: p.below(z.Main.Name), depth: p.depth + 1, own: own}
	j, err := w.torchPickle(inner, f, z)
	if err != nil {
		return nil, err
	}
	if p.root && z.Trace.Root != nil && z.Broken == nil {
		c := zipCheckpoint(z, j, f, "data.pkl")
		w.out.Model = p.model(c.model(audit.FormatTorchZip, p.below(z.Main.Name)))
	}
	return z, nil
}

// maxKept is what the values of a pickle may take that is to be converted, whose
// tensors are kept in some bytes each.
const maxKept = 256 << 20

// kept is Options.Keep for the pickle of an archive, 0 unless it is the artifact.
func (w *walk) kept(p part) int64 {
	if w.opt.Whole && p.root {
		return maxKept
	}
	return 0
}

// beside is what the values of a pickle may take beside a large directory.
func beside(f *zipfile.File) int64 {
	const ordinary, least = 32 << 20, sym.DefaultBytes / 2
	return max(sym.DefaultBytes-max(f.Held()-ordinary, 0), least)
}

// zipCheckpoint is the pickle of a record of an archive.
func zipCheckpoint(z *torch.Zip, j rules.PickleJudgement, f *zipfile.File, record string) *Checkpoint {
	return &Checkpoint{Trace: z.Trace, Stream: z.Data, Record: record, Tensors: z.Resolver(), Judgement: j,
		Ambiguous: cmp.Or(ambiguity(z.Table.Bad, z.Trace), archiveAmbiguity(f)), Zip: z}
}

// others audits what a record that is read as a pickle is beside one.
func (w *walk) others(p part) {
	formats, err := detect.Formats(p.r, p.size, path.Base(p.name))
	if err != nil {
		w.unread(p.member, 0, p.size, err.Error())
	}
	for _, f := range formats {
		switch {
		case f == audit.FormatPickle:
		case p.depth >= w.lim.MaxDepth:
			w.finding("MA501", p.member, 0, p.size, "archives are nested too deeply")
			w.unread(p.member, 0, p.size, "not read: nested too deeply")
		default:
			w.format(p, f)
		}
	}
}

// torchPickle audits a pickle of an archive and what its tensors claim.
func (w *walk) torchPickle(p part, f *zipfile.File, z *torch.Zip) (rules.PickleJudgement, error) {
	j := w.stream(p, z.Trace, z.Table.Known)
	w.problems(p, z.Table.Bad)
	w.problems(p, z.Resolver().Outside(z.Trace))
	w.checkCRC(p, f, z.Main)
	if z.Broken != nil {
		w.fail(p, z.Broken)
	}
	if err := w.streams(p, z.Trace); err != nil {
		return j, err
	}
	if z.Trace.Failure != nil || z.Trace.End < p.size {
		w.others(p)
	}
	return j, nil
}

// archiveAmbiguity names an anomaly that makes it unclear which bytes a tensor
// has. A wrong checksum, which torch does not look at, does not.
func archiveAmbiguity(f *zipfile.File) string {
	for _, a := range f.Anomalies {
		switch a.Kind {
		case zipfile.CRCMismatch, zipfile.OddFlags, zipfile.TrailingBytes, zipfile.GapBytes, zipfile.HiddenMember:
		default:
			return a.Msg
		}
	}
	return ""
}

func (w *walk) anomaly(p part, a zipfile.Anomaly) {
	msg := a.Msg
	if a.Entry != "" {
		msg = fmt.Sprintf("%q: %s", a.Entry, a.Msg)
	}
	w.finding("MA203", p.member, a.Start, a.End, msg)
}

func (w *walk) checkCRC(p part, f *zipfile.File, e zipfile.Entry) {
	a, err := f.CheckCRC(e)
	if err != nil {
		w.fail(p, err)
	} else if a != nil {
		w.anomaly(part{member: p.member}, *a)
	}
}

// shadowed notes that an entry has the name of another one that the archive's
// loader reads. The result takes the note back.
func (w *walk) shadowed(p part, f *zipfile.File, e zipfile.Entry) (restore func()) {
	was := w.shadow
	if f.Shadowed(e) {
		w.shadow = true
		if !was && len(f.Lookup(e.Name)) > 1 {
			w.out.Shadowed = append(w.out.Shadowed, p.below(e.Name))
		}
	}
	return func() { w.shadow = was }
}

// member audits an entry that no storage claims. With strict, content of no
// known format is unread: under a model's name, and in no checkpoint, it may
// mean anything to the loader.
func (w *walk) member(p part, f *zipfile.File, e zipfile.Entry, strict, single bool) {
	defer w.shadowed(p, f, e)()
	name := p.below(e.Name)
	if p.depth >= w.lim.MaxDepth {
		w.finding("MA501", name, 0, e.Size, "archives are nested too deeply")
		w.unread(name, 0, e.Size, "not read: nested too deeply")
		return
	}
	if e.Method != 0 {
		if w.budget.Used += e.Size; w.budget.Used > w.lim.MaxExpand {
			w.finding("MA502", name, 0, e.Size, "the compressed members are too many to be looked at")
			w.unread(name, 0, e.Size, "not read: too much is compressed")
			return
		}
	}
	// A damaged record is read as far as it goes, as torch does, and is unread
	// all the same.
	inner := part{}
	if single {
		inner = w.lone(p, f, e)
	}
	r, size, done, err := inner.r, inner.size, func() {}, error(nil)
	if r == nil {
		inner = part{depth: p.depth + 1}
		r, size, done, err = w.openMember(f, e)
	}
	defer done()
	if errors.Is(err, safeio.ErrLimit) && r != nil && !detect.ModelName(e.Name) {
		if formats, err := detect.Formats(r, size, path.Base(e.Name)); err == nil && len(formats) == 0 {
			w.opaque += e.CompressedSize // a large file that is no model
			return
		}
	}
	if err != nil {
		if errors.Is(err, safeio.ErrLimit) {
			w.finding("MA502", name, 0, e.Size, err.Error())
		}
		w.unread(name, 0, e.Size, err.Error())
	}
	if r == nil {
		return
	}
	inner.r, inner.size, inner.name, inner.member, inner.strict = r, size, path.Base(e.Name), name, strict
	formats, err := detect.Formats(r, size, inner.hint())
	switch {
	case err != nil:
		w.unread(name, 0, size, err.Error())
	case len(formats) == 0 && strict && size > 0:
		w.unread(name, 0, size, w.nothing(inner))
		w.searchAll(inner)
	case len(formats) == 0:
		w.unknown(inner)
	default:
		if !weighty(e, formats) {
			w.checkCRC(inner, f, e)
		}
		w.detected(inner, formats)
	}
}
