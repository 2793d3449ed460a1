package pipeline

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/strip"
	"github.com/modelaudit/action/internal/decompile"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/scan"
)

// StripOptions says how a file is stripped.
type StripOptions struct {
	strip.Options
	Dir    string      // where the candidate is written
	Perm   fs.FileMode // its permission bits
	Digest bool        // asks for the SHA-256 of the candidate
	// Leave lists findings whose operations stay: then the result has them, and
	// no others.
	Leave []audit.Finding
}

// RoleStripped is the role of a candidate that takes its source's place.
const RoleStripped = "stripped"

// A Stripped is a file without its dangerous parts, proven and not yet placed.
type Stripped struct {
	*Candidate
	Removed []Removed
}

// A Removed is one thing that was taken out.
type Removed struct {
	strip.Removal
	Callable string // the name of what it called or imported, "" if it did not
	Text     string // in the words of `inspect`, "" for what is no instruction
}

// A judged is one pickle of the source, for the plan and for the proof.
type judged struct {
	scan.Pickle
	places scan.Places
	dirty  bool
	leave  []audit.Finding
	texts  map[int64]string // what the instructions that must go do
	// magic: it stands where torch's older format has its magic number.
	magic bool
	// enclosed: the loader of another stream reads it from between the instructions.
	enclosed bool
	nested   []int64 // where pickles begin that the loader of this one reads from between its instructions
}

// Strip writes and proves a candidate without what the rules found. An error
// that is a *converters.Refusal says why there can be none, a *ProofError that
// there is one and it is wrong. A nil *Stripped: there is nothing to remove.
func Strip(ctx context.Context, a *Audited, opt StripOptions) (*Stripped, error) {
	var held holders
	defer held.close()
	streams, err := collect(ctx, a, opt.Leave, &held)
	if err != nil {
		return nil, err
	}
	plan, err := planStrip(ctx, a, streams, opt.Options)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	if !plan.Changes() {
		return nil, nil
	}
	f, err := safeio.Create(opt.Dir, opt.Perm)
	if err != nil {
		return nil, err
	}
	out := &Stripped{Candidate: &Candidate{Role: RoleStripped, File: f}, Removed: named(plan.Removed, streams)}
	var beside sync.WaitGroup
	defer beside.Wait()
	out.early = newEarlySync(f, &beside)
	w := bufio.NewWriterSize(&ctxWriter{ctx: ctx, w: f, done: func(n int) {
		out.Size += int64(n)
		out.early.wrote(n)
	}}, 64<<10)
	if _, err = plan.WriteTo(w); err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = proveStrip(ctx, a, streams, plan, out, opt.Leave, &held)
	}
	if err == nil && opt.Digest {
		out.SHA256, err = sum(ctx, out.Candidate)
	}
	if err = cmpErr(ctx.Err(), asRefusal(err), a.reads.failed()); err != nil {
		return nil, errors.Join(withoutPath(err), f.Discard())
	}
	return out, nil
}

// Strippable reports, as an error, why an artifact cannot be stripped. It writes
// nothing, so that a proof may still fail.
func Strippable(ctx context.Context, a *Audited) error {
	var held holders
	defer held.close()
	streams, err := collect(ctx, a, nil, &held)
	if err != nil {
		return err
	}
	plan, err := planStrip(ctx, a, streams, strip.Options{})
	if err != nil {
		return err
	}
	defer plan.Close()
	if !plan.Changes() {
		return &converters.Refusal{Msg: "there is nothing in it that can be taken out"}
	}
	return nil
}

// holders are what holds decompressed bytes as long as they are compared.
type holders []io.Closer

func (h *holders) keep(c io.Closer) { *h = append(*h, c) }

func (h *holders) close() {
	for _, c := range *h {
		c.Close() // it has no name, and nothing to lose
	}
}

// collect judges every pickle of the artifact once more.
func collect(ctx context.Context, a *Audited, leave []audit.Finding, held *holders) (out []judged, err error) {
	if a.Source.Files != nil {
		return nil, &converters.Refusal{Msg: "it is several files, which can be stripped one by one"}
	}
	again := scan.Scan(ctx, a.Source.R, a.Source.Size, a.Source.Path, scan.Options{Limits: a.lim, Trusted: a.trusted, Named: a.named, Keep: held.keep, Each: func(p scan.Pickle) {
		s := judged{Pickle: p, places: p.Places(), magic: p.Magic}
		for _, f := range leave {
			if f.Location.Member == p.Member && p.Trace.Start <= f.Location.Start && f.Location.End <= p.Trace.End {
				s.leave = append(s.leave, f)
			}
		}
		s.dirty = len(p.Judgement.Findings) > len(s.leave) || len(s.places.Untrusted) > 0 && len(s.leave) == 0
		s.texts = s.describe()
		s.Judgement.Untrusted, s.Judgement.Touched, s.Judgement.Nested = nil, nil, nil
		tr := *p.Trace
		tr.Events, tr.Root, tr.Memo = nil, nil, nil
		s.Trace = &tr // its values take much memory
		out = append(out, s)
	}})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i := range out {
		for j := range out {
			if in := out[j].Trace; i != j && out[i].Member == out[j].Member && out[i].Trace.Start < in.Start && in.End <= out[i].Trace.End {
				out[i].nested = append(out[i].nested, in.Start)
				out[j].enclosed = true
			}
		}
	}
	if len(again.Artifact.Findings) != len(a.Artifact.Findings) {
		return nil, &converters.Refusal{Msg: "the file changed while it was read"}
	}
	return out, nil
}

// planStrip lays the candidate out.
func planStrip(ctx context.Context, a *Audited, streams []judged, opt strip.Options) (*strip.Plan, error) {
	src := strip.Source{Context: ctx, R: a.Source.R, Size: a.Source.Size, Limits: a.lim}
	for i := range streams {
		s := &streams[i]
		if s.dirty && s.places.Patched != "" {
			return nil, &converters.Refusal{Msg: "a call that may not be trusted gets at " + s.places.Patched + ", so that it is not known what is loaded"}
		}
		src.Pickles = append(src.Pickles, strip.Pickle{Member: s.Member, Start: s.Trace.Start, End: s.Trace.End, Dirty: s.dirty, Raw: s.Trace.Raw,
			Cut: s.cut, Plain: s.plain, Stay: s.stays, Keep: s.keep, Changed: s.changed, Holds: s.holds(), Instead: s.instead()})
	}
	for _, u := range a.Artifact.Coverage.Unread {
		r := strip.Range{Member: u.Member, Start: u.Start, End: u.End}
		for _, f := range a.Artifact.Findings {
			l := f.Location
			r.Dangerous = r.Dangerous || l.Member == u.Member && l.Start < u.End && u.Start < l.End
		}
		src.Unread = append(src.Unread, r)
	}
	plan, err := strip.New(src, opt)
	return plan, asRefusal(err)
}

func (s *judged) cut(pos int64) bool {
	_, ok := s.places.Untrusted[pos]
	return ok && !s.stays(pos)
}

func (s *judged) plain(pos int64) bool { return s.places.Plain[pos] && !s.stays(pos) }

// stays reports whether a place belongs to a finding that the user wants to keep.
func (s *judged) stays(pos int64) bool {
	return slices.ContainsFunc(s.leave, func(f audit.Finding) bool { return f.Location.Start <= pos && pos < f.Location.End })
}

func (s *judged) changed(pos int64) bool { return s.places.Changed[pos] }

func (s *judged) keep(pos int64) string {
	if s.places.Tensors[pos] {
		return "it holds tensors, which would be lost"
	}
	return ""
}

func (s *judged) holds() string {
	if s.places.Kept {
		return "it holds tensors, which would be lost"
	}
	return ""
}

// instead is torch's magic number for a first stream that computes it.
func (s *judged) instead() []byte {
	if s.magic {
		return []byte(scan.LegacyMagic)
	}
	return nil
}

// asRefusal makes the converter's refusal one of the table.
func asRefusal(err error) error {
	var no *strip.Refusal
	if errors.As(err, &no) {
		return &converters.Refusal{Msg: "it cannot be stripped: " + no.Error()}
	}
	return err
}

// maxTexts is how many instructions of a stream are described.
const maxTexts = 1000

// describe says what the instructions that must go do.
func (s *judged) describe() map[int64]string {
	out := map[int64]string{}
	if !s.dirty {
		return out
	}
	decompile.Statements(s.Trace, s.Judgement, decompile.Options{Storage: s.Storage, Data: s.Data}, func(st decompile.Statement) bool {
		if s.cut(st.Pos) {
			out[st.Pos] = st.Text
		}
		return len(out) < maxTexts
	})
	return out
}

// named says of each removal what it was. An import that a removed call uses is
// not listed beside it.
func named(list []strip.Removal, streams []judged) []Removed {
	out := make([]Removed, 0, len(list))
	calls := map[string]bool{}
	for _, r := range list {
		x := Removed{Removal: r}
		at := slices.IndexFunc(streams, func(s judged) bool {
			return s.Member == r.Member && s.Trace.Start <= r.Start && r.End <= s.Trace.End
		})
		if at >= 0 && r.How <= strip.Stated {
			x.Callable, x.Text = streams[at].places.Untrusted[r.Start], streams[at].texts[r.Start]
		}
		if strings.HasPrefix(x.Text, "calls ") {
			calls[x.Member+below+x.Callable] = true
		}
		out = append(out, x)
	}
	return slices.DeleteFunc(out, func(x Removed) bool {
		return x.How == strip.Unused && x.Callable != "" && !strings.HasPrefix(x.Text, "calls ") && calls[x.Member+below+x.Callable]
	})
}

const below = " ! "

// stripProof is what the report says of a strip.
func stripProof(second string) audit.Proof {
	return audit.Proof{Rescan: audit.VerdictClean, SecondDecoder: second}
}
