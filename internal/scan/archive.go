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
	"github.com/modelaudit/action/internal/keras/weights"
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
	harmlessOddities(f)
	models := w.models
	defer w.leave(p, w.live)
	m := w.zipModel(p, f)
	single := p.root && (!m.known || m.keras != nil) && archiveAmbiguity(f) == ""
	w.zipMembers(p, f, m, single)
	w.zipOddities(p, f, p.holds || m.known || w.models > models)
	return nil
}

// harmlessOddities forgets what makes no difference to who opens such an archive.
func harmlessOddities(f *zipfile.File) {
	if onlyArrays(f) { // which only Python opens: it tells names apart by case
		f.Anomalies = slices.DeleteFunc(f.Anomalies, func(a zipfile.Anomaly) bool { return a.Kind == zipfile.CaseCollision })
	}
	if zarrStore(f) {
		f.Anomalies = slices.DeleteFunc(f.Anomalies, func(a zipfile.Anomaly) bool { return a.Kind == zipfile.DuplicateName && zarrDescription(a.Entry) })
	}
	if !torch.IsArchive(f) { // so that torch does not open it
		f.Anomalies = slices.DeleteFunc(f.Anomalies, func(a zipfile.Anomaly) bool { return a.Kind == zipfile.UnusualMethod })
	}
}

// zipOddities reports what is odd about an archive, and bytes that belong to none
// of its members. What documents and programs have around an archive of theirs is odd
// only if a pickle is in it, or if there is a model among the members.
func (w *walk) zipOddities(p part, f *zipfile.File, model bool) {
	gaps := f.Coverage().Unread
	if p.around {
		gaps = nil
	}
	found := len(w.out.Artifact.Findings)
	for _, u := range gaps {
		w.searchGap(p, u.Start, u.End)
	}
	odd := !p.around && (model || len(w.out.Artifact.Findings) > found)
	for _, a := range f.Anomalies {
		if odd || !aroundZip(a.Kind) {
			w.anomaly(p, a)
		}
	}
	for _, u := range gaps {
		if odd {
			w.unread(p.member, u.Start, u.End, "bytes that belong to no member of the archive")
		} else {
			w.opaque += u.End - u.Start
		}
	}
}

// A zipModel is what an archive is as a whole.
type zipModel struct {
	known   bool           // it is of a format that says what its members are
	claimed *zipfile.Marks // members that are bytes of tensors
	done    *zipfile.Marks // members that were audited
	keras   weights.Texts  // the configs, of a .keras archive alone
}

// zipModel audits an archive as what it is as a whole.
func (w *walk) zipModel(p part, f *zipfile.File) zipModel {
	m := zipModel{claimed: &zipfile.Marks{}, done: &zipfile.Marks{}}
	m.known = w.bundle(p, f, m.claimed, m.done)
	if torch.IsArchive(f) {
		m.known = true
		script := w.script(f)
		z, err := w.torchZip(p, f, script.own())
		if err != nil {
			w.fail(part{member: p.member, size: p.size}, err)
		} else {
			m.claimed = &z.Claimed
			m.done.Add(z.Main)
		}
		if script != nil {
			w.torchScript(p, f, script, m.claimed, m.done)
		}
	}
	w.mobile(p, f)
	w.packaged(p, f, m.known || !w.promised(p))
	w.agent(p, f)
	m.keras = w.kerasTexts(f)
	return m
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
	z, err := torch.ReadZip(f, w.lim, w.among(sym.Options{MaxOps: w.opcodes(), MaxBytes: beside(f), Large: w.opt.Large, Enum: enums(own), Keep: w.kept(p)}))
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
	w.live += z.Trace.Bytes
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
	w.checkCRC(p, func() (*zipfile.Anomaly, error) { return f.CheckCRC(z.Main) })
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

// checkCRC reports what File.CheckCRC says of a member.
func (w *walk) checkCRC(p part, check func() (*zipfile.Anomaly, error)) {
	a, err := check()
	if err != nil {
		w.fail(p, err)
	} else if a != nil {
		w.anomaly(part{member: p.member}, *a)
	}
}
