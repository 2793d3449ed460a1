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
	"github.com/modelaudit/action/converters/keras"
	"github.com/modelaudit/action/converters/strip"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/scan"
)

// StripOptions says how a file is stripped.
type StripOptions struct {
	strip.Options
	Dir    string      // where the candidate is written
	Perm   fs.FileMode // its permission bits
	Digest bool        // asks for the SHA-256 of the candidate
	// Progress is called with bytes written and about as many in all; nil means never.
	Progress func(done, total int64)
	// Leave lists findings whose operations stay: then the result has them, and
	// no others.
	Leave []audit.Finding
	// LambdaIdentity is keras.Options.Identity: it may change what a model computes.
	LambdaIdentity bool
	// DropTraining is keras.Options.DropTraining.
	DropTraining bool
}

// RoleStripped is the role of a candidate that takes its source's place.
const RoleStripped = "stripped"

// A Stripped is a file without its dangerous parts, proven and not yet placed.
type Stripped struct {
	*Candidate
	Removed []Removed
	AsZip   bool // it is a zip, and its source a 7z archive
	// Rezipped lists the members that are that.
	Rezipped []string
	lambdas  *keras.Result
}

// A Removed is one thing that was taken out.
type Removed struct {
	strip.Removal
	Callable string // the name of what it called or imported, "" if it did not
	Text     string // in the words of `inspect`, "" for what is no instruction
}

// Strip writes and proves a candidate without what the rules found. An error
// that is a *converters.Refusal says why there can be none, a *ProofError that
// there is one and it is wrong. A nil *Stripped: there is nothing to remove.
func Strip(ctx context.Context, a *Audited, opt StripOptions) (*Stripped, error) {
	if err := unmendable(&a.Artifact); err != nil {
		return nil, err
	}
	var held holders
	defer held.close()
	streams, err := a.pickles(ctx, opt.Leave, true, &held)
	if err != nil {
		return nil, err
	}
	lambdas, err := a.lambdas(opt)
	if err != nil {
		return nil, err
	}
	plan, err := planStrip(ctx, a, streams, lambdas, opt.Options)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	if !plan.Changes() {
		return nil, nil
	}
	if err := misnamed(a, plan, opt.Leave); err != nil {
		return nil, err
	}
	f, err := safeio.Create(opt.Dir, opt.Perm)
	if err != nil {
		return nil, a.placed(err, opt.Dir)
	}
	out := &Stripped{Candidate: &Candidate{Role: RoleStripped, File: f}, Removed: named(plan.Removed, streams), AsZip: plan.AsZip, lambdas: lambdas}
	out.Rezipped = slices.DeleteFunc(plan.Rezipped, func(member string) bool { return member == "" })
	var beside sync.WaitGroup
	defer beside.Wait()
	out.early = newEarlySync(f, &beside)
	w := bufio.NewWriterSize(&ctxWriter{ctx: ctx, w: f, done: func(n int) {
		out.Size += int64(n)
		out.early.wrote(n)
		if opt.Progress != nil {
			opt.Progress(out.Size, a.Source.Size)
		}
	}}, 64<<10)
	if _, err = plan.WriteTo(w); err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = proveStrip(ctx, a, streams, plan, out, opt.Leave, &held)
	}
	if err == nil && opt.Digest {
		out.SHA256, err = sum(ctx, out.File, out.Size)
	}
	if err = cmpErr(ctx.Err(), asRefusal(err), a.reads.failed()); err != nil {
		return nil, errors.Join(a.placed(err, opt.Dir), f.Discard())
	}
	return out, nil
}

// Strippable reports, as an error, why an artifact cannot be stripped with some
// options. It writes nothing, so that a proof may still fail.
func Strippable(ctx context.Context, a *Audited, opt StripOptions) error {
	if err := unmendable(&a.Artifact); err != nil {
		return err
	}
	var held holders
	defer held.close()
	streams, err := a.pickles(ctx, opt.Leave, false, &held)
	if err != nil {
		return err
	}
	lambdas, err := a.lambdas(opt)
	if err != nil {
		return err
	}
	plan, err := planStrip(ctx, a, streams, lambdas, opt.Options)
	if err != nil {
		return err
	}
	defer plan.Close()
	if !plan.Changes() {
		return &converters.Refusal{Msg: "there is nothing in it that can be taken out"}
	}
	return misnamed(a, plan, opt.Leave)
}

// misnamed refuses what would not be clean because of the name that it keeps.
func misnamed(a *Audited, plan *strip.Plan, leave []audit.Finding) error {
	ofName := func(f audit.Finding) bool { return f.Rule == "MA204" && f.Location.Member == "" }
	if plan.AsZip || slices.ContainsFunc(leave, ofName) || !slices.ContainsFunc(a.Artifact.Findings, ofName) {
		return nil
	}
	return &converters.Refusal{Msg: "its name promises a format that cannot run code, which it is not: it needs another name first"}
}

// unmendable refuses an artifact of which no result is clean: a zip of which no byte was read
// as one, though its pickles were found, and a file of torch's older format that is cut off.
func unmendable(a *audit.Artifact) error {
	isZip, legacy := slices.Contains(a.Formats, audit.FormatZip), slices.Contains(a.Formats, audit.FormatTorchLegacy)
	for _, u := range a.Coverage.Unread {
		if u.Member == "" && u.End == a.Size && (isZip && u.Start == 0 || legacy && strings.HasPrefix(u.Reason, scan.CutOff)) {
			return &converters.Refusal{Msg: "it cannot be read as a whole, and what is left of it would not be either: " + u.Reason}
		}
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
	*h = nil
}
