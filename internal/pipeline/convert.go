package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/proof"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// ConvertOptions says how a source is converted.
type ConvertOptions struct {
	converters.Options
	// Dir is where candidates are written: the directory of the output, or
	// another on the same file system.
	Dir  string
	Perm fs.FileMode // permission bits of the new files
	// Digest asks for the SHA-256 of every candidate.
	Digest bool
	// Progress is called with bytes done and bytes in all, each byte of the
	// result once when it is written and once when it is proven; nil means never.
	Progress func(done, total int64)
}

// A Candidate is a converted file that was proven and has no name yet.
type Candidate struct {
	Role string
	// Shard is the number of the file among the Shards of its role; both are 0
	// for one that is not cut.
	Shard, Shards int
	File          *safeio.File
	Size          int64
	SHA256        string // "" unless ConvertOptions.Digest asked for it
	Proof         audit.Proof
	// TreeJSON is the tree where it was too large for the header, else nil.
	TreeJSON []byte
	// IndexJSON is the index of the shards of the role, in the first of several.
	IndexJSON []byte
	// Casts lists what rounding did to the tensors that were cast.
	Casts []proof.Cast

	reread   bool // it was scanned as a stranger for the comparison
	early    *earlySync
	compared func(n int64) // counts bytes that the proof has compared
	lent     string        // as in proof.Result
}

// cast keeps the account of a tensor that was cast.
func (c *Candidate) cast(sum proof.Cast) { c.Casts = append(c.Casts, sum) }

// A Missing is a value or a tensor that a conversion leaves out.
type Missing = tree.Missing

// A Conversion is the outcome of converting one source.
type Conversion struct {
	Candidates   []*Candidate
	SourceSHA256 string
	Tensors      int
	TensorBytes  int64
	Omitted      []tree.Missing // plain values that were left out
	Left         []string       // tensors that were left out by name
	Changed      []tree.Missing // values that the result holds in another form
	Refused      []tree.Missing // with Partial: tensors that were left out
	Beside       []string       // files beside the source that tensors were read from

	beside    sync.WaitGroup // the source's digest and the early syncs
	digestErr error          // of SourceSHA256, which both are valid after beside
}

// Discard removes every candidate that was not placed.
func (c *Conversion) Discard() error {
	var errs []error
	for _, k := range c.Candidates {
		errs = append(errs, k.File.Discard())
	}
	return errors.Join(errs...)
}

// Proof sums the proofs of the candidates up.
func (c *Conversion) Proof() audit.Proof {
	p := audit.Proof{Rescan: audit.VerdictClean}
	for _, k := range c.Candidates {
		p.Tensors += k.Proof.Tensors
		p.BytesCompared += k.Proof.BytesCompared
		p.MaxDiff = max(p.MaxDiff, k.Proof.MaxDiff)
		p.SecondDecoder = k.Proof.SecondDecoder
		for _, s := range k.Casts {
			p.Casts = append(p.Casts, audit.Cast{Tensor: s.Name, From: torchName(s.From), To: torchName(s.To), MaxAbs: s.MaxAbs, MaxRel: s.MaxRel, Overflowed: s.Overflowed})
		}
	}
	return p
}

// LeftOut lists the tensors that the result lacks because that was asked for.
func (c *Conversion) LeftOut() []string {
	list := slices.Clone(c.Left)
	for _, m := range c.Refused {
		list = append(list, m.Path)
	}
	return list
}

// Changes lists the values that the result has in another form or lacks, as the
// report has them.
func (c *Conversion) Changes() (list []audit.Change) {
	for _, m := range c.Omitted {
		list = append(list, audit.Change{Path: cmp.Or(m.Path, "the object itself"), What: "left out: " + m.Reason})
	}
	for _, m := range c.Changed {
		list = append(list, audit.Change{Path: m.Path, What: m.Reason})
	}
	return list
}

func torchName(d tensor.DType) string {
	info, _ := d.Info()
	return info.Torch
}

// A ProofError says that a candidate was made and is not what it should be.
// Nothing may be replaced by it, whatever a policy says.
type ProofError struct{ Err error }

func (e *ProofError) Error() string { return "the proof failed: " + e.Err.Error() }
func (e *ProofError) Unwrap() error { return e.Err }

// digestPlace holds the place of the source's digest while it is computed.
var digestPlace = strings.Repeat("0", 2*sha256.Size)

// Convert writes and proves the candidates for an audited artifact. An error
// that is a *converters.Refusal says why there can be none; one that is a
// *ProofError that there is one, and it is wrong. On error nothing is left.
func Convert(ctx context.Context, a *Audited, opt ConvertOptions) (*Conversion, error) {
	plan, err := Plan(a, opt.Options)
	if err != nil {
		return nil, a.placed(err, opt.Dir)
	}
	return CarryOut(ctx, a, plan, opt)
}

// CarryOut is Convert for what Plan has laid out with the same options. The plan can be
// carried out once.
func CarryOut(ctx context.Context, a *Audited, plan *converters.Planned, opt ConvertOptions) (conv *Conversion, err error) {
	sum, err := newAccount(plan)
	if err != nil {
		return nil, &ProofError{err}
	}
	release(a, plan)
	conv = &Conversion{Omitted: plan.Tree.Omitted, Refused: plan.Tree.Refused, Beside: plan.Tree.Beside}
	for i := range plan.Parts {
		conv.Left = append(conv.Left, plan.Parts[i].Left...)
		conv.Changed = append(conv.Changed, plan.Parts[i].Changed...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, conv.Discard())
			conv = nil
		}
	}()
	defer a.Close()
	working, stop := context.WithCancel(ctx)
	defer conv.beside.Wait()
	defer stop()
	ready := a.ready(working, plan)
	defer func() { stop(); ready.wait() }()
	accounted := sum.begin(opt.Options)
	defer accounted() //nolint:errcheck // where it matters it was asked before
	asTheyAre := a.reads.paged()
	err = write(working, a.Source, plan, conv, opt)
	if asTheyAre(); err != nil {
		return conv, a.placed(err, opt.Dir)
	}
	if err := accounted(); err != nil {
		return conv, &ProofError{err}
	}
	if err := prove(ctx, a, plan, ready.wait(), conv, opt.Digest); err != nil {
		return conv, a.placed(err, opt.Dir)
	}
	return conv, cmpErr(a.reads.failed(), ctx.Err())
}

// placed says of an error where it happened: in the source, whatever else seems wrong
// once a read of it failed, or in the file without a name that is to become the result,
// whose directory is what a person knows.
func (a *Audited) placed(err error, dir string) error {
	if failed := a.reads.failed(); failed != nil {
		if errors.Is(err, failed) {
			return err
		}
		return failed
	}
	var at *fs.PathError
	if !errors.As(err, &at) {
		return err
	}
	if dir == "" || dir == "." {
		return fmt.Errorf("%s the result: %w", at.Op, at.Err)
	}
	return fmt.Errorf("%s the result in %s: %w", at.Op, filepath.ToSlash(dir), at.Err)
}

// Plan lays a conversion out and writes nothing. The error is Convert's.
func Plan(a *Audited, opt converters.Options) (*converters.Planned, error) {
	if a.Model == nil {
		return nil, &converters.Refusal{Msg: notConvertible(a)}
	}
	return plan(a, a.Model, opt)
}

// PlanOutline is Plan without most plain values, which take much memory: for what is
// offered and not carried out.
func PlanOutline(a *Audited, opt converters.Options) (*converters.Planned, error) {
	if a.Model == nil {
		return nil, &converters.Refusal{Msg: notConvertible(a)}
	}
	return plan(a, outlined{a.Model}, opt)
}

// plan is Plan for a model that is a's, or its outline.
func plan(a *Audited, model converters.Model, opt converters.Options) (*converters.Planned, error) {
	opt.SourceFormat, opt.SourceSHA256 = string(a.Model.Format), cmp.Or(opt.SourceSHA256, digestPlace)
	if to := cmp.Or(opt.To, safetensors.Target); to == opt.SourceFormat && !opt.Changes() && a.Source.Files == nil {
		return nil, &converters.Refusal{Msg: "it is " + to + " already"}
	}
	planned, err := converters.Plan(model, opt)
	if err != nil {
		return nil, unreadEmpty(a, err)
	}
	if err := grown(planned, sourceSize(a.Source, planned.Tree.Beside)); err != nil {
		return nil, err
	}
	return planned, nil
}

// notConvertible says why an artifact has no model to convert.
func notConvertible(a *Audited) string {
	if n := len(a.Several); n > 1 {
		more := ""
		if n > 2 {
			more = ", ..."
		}
		return fmt.Sprintf("it holds %d models (%s%s): take them out of the archive, and convert each of them", n, strings.Join(a.Several[:2], ", "), more)
	}
	prefix := ""
	if len(a.Artifact.Formats) > 0 {
		prefix = string(a.Artifact.Formats[0]) + ": "
	}
	if list := a.Artifact.Coverage.Unread; len(list) > 0 {
		if strings.HasPrefix(list[0].Reason, strings.TrimSuffix(prefix, ": ")+" ") {
			return list[0].Reason
		}
		return prefix + list[0].Reason
	}
	if prefix == "" {
		return "nothing shows it to be a model file"
	}
	if a.Artifact.Formats[0] == audit.FormatKeras {
		return "keras: it has no weights in HDF5 (model.weights.h5), and no others are converted"
	}
	if a.Artifact.Formats[0] == audit.FormatTorchDCP {
		return "it is one file of a distributed checkpoint, the whole of which is the directory with its .metadata"
	}
	return string(a.Artifact.Formats[0]) + " is not a format that can be converted"
}
