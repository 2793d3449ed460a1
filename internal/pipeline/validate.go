package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/tensor"
)

// ValidateOptions says how two files are compared.
type ValidateOptions struct {
	// Samples is how many elements of each differing tensor the means and units
	// of the last place are taken of; 0 means all. Whether tensors differ, and
	// by how much at most, is decided by every element, unless Sparing says that
	// of large tensors the samples are all that is read.
	Samples   int
	Sparing   bool
	Tolerance float64 // largest absolute difference that passes
	Strict    bool    // Tolerance counts for tensors too that were rounded as the file says
	Seed      int64   // of the choice of samples
	// Converted is how the converted file was made: with which names, and
	// whether it was to hold all. What the file itself says counts too.
	Converted converters.Options
	// State is the file beside the converted one that has the rest of a checkpoint: the
	// state of the original is compared with it. Nil means that nobody looked for one.
	State *Audited
}

// maxListed bounds the names and problems that a Validation lists, maxWorst the
// tensors.
const (
	maxNamed = 1000
	maxWorst = 10
)

// A Validation is the comparison of an original with a converted file.
type Validation = audit.Validation

// Validate compares every tensor of two files by name, dtype, shape and bytes,
// and the plain values that both have.
// Both are audited; a converted file that is not clean is not valid.
func Validate(ctx context.Context, orig, conv *Audited, opt ValidateOptions) (*Validation, error) {
	v := &Validation{Original: orig.Source.Path, Converted: conv.Source.Path, Before: orig.Source.Size, After: conv.Source.Size, Rescan: conv.Artifact.Verdict}
	m := &comparison{opt: opt, conv: conv, out: v, state: map[string]*tensor.Tensor{}}
	if conv.Artifact.Verdict != audit.VerdictClean {
		m.problem("the converted file is not clean: %s", cmp.Or(firstFault(&conv.Artifact), "it is not recognised"))
	}
	defer orig.Close()
	defer conv.Close()
	after, err := m.tensors(conv, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", conv.Source.Path, err)
	}
	before, err := m.tensors(orig, after)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", orig.Source.Path, err)
	}
	rawNames(before, after)
	rawNames(after, before)
	m.kerasNames(orig, conv, before, after)
	if err := m.pairs(ctx, before, after); err != nil {
		return nil, err
	}
	if err := m.beside(ctx); err != nil {
		return nil, err
	}
	m.values(orig, conv)
	if err := cmpErr(ctx.Err(), orig.reads.failed(), conv.reads.failed()); err != nil {
		return nil, err
	}
	m.close()
	return v, nil
}

// A comparison gathers the differences of pairs of tensors.
type comparison struct {
	opt      ValidateOptions
	conv     *Audited
	out      *Validation
	sum      tally
	problems int
	// of tensors of which samples were read: elements
	spared, looked int64
	state          map[string]*tensor.Tensor // of the original, for ValidateOptions.State
}

func (m *comparison) problem(format string, args ...any) {
	if m.problems++; len(m.out.Problems) < maxNamed {
		m.out.Problems = append(m.out.Problems, fmt.Sprintf(format, args...))
	}
}

// close sums up.
func (m *comparison) close() {
	v, t := m.out, &m.sum
	v.Elements, v.Differing, v.MaxAbs, v.MaxRel = t.Elements, t.Differing, t.MaxAbs, t.MaxRel
	v.Sampled, v.MeanAbs, v.MeanRel = t.sampled, mean(t.sumAbs, t.sampled), mean(t.sumRel, t.finite)
	v.ULPs, v.NaN, v.Zeros = t.buckets(), t.nan, t.zeros
	if v.Sparing > 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("of %d tensors above 1 MiB %d of %d elements were compared, as --samples says; without it all are", v.Sparing, m.looked, m.looked+m.spared))
	}
	if t.over > 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("%d of the rounded numbers became infinite, which no difference above counts", t.over))
	}
	if n := m.problems - len(v.Problems); n > 0 {
		v.Problems = append(v.Problems, fmt.Sprintf("and %d more", n))
	}
	v.Valid = len(v.Problems) == 0
}

// pairs compares the tensors of two files by name.
func (m *comparison) pairs(ctx context.Context, before, after map[string]*tensor.Tensor) error {
	for _, name := range union(before, after) {
		if err := m.pair(ctx, name, before[name], after[name]); err != nil {
			return err
		}
	}
	return nil
}

func (m *comparison) pair(ctx context.Context, name string, a, b *tensor.Tensor) error {
	switch {
	case a == nil:
		m.named(&m.out.Extra, name)
		m.problem("%q is in the converted file only", name)
		return nil
	case b == nil:
		m.named(&m.out.Missing, name)
		m.problem("%q is missing from the converted file", name)
		return nil
	case !slices.Equal(a.Shape, b.Shape) && !rawForm(a, b):
		m.problem("%q has shape %v, the original %v", name, b.Shape, a.Shape)
		return nil
	case a.DType != b.DType && !rawForm(a, b) && !rounds(a.DType, b.DType):
		m.problem("%q has dtype %s, the original %s", name, b.DType, a.DType)
		return nil
	}
	if err := cmpErr(a.Check(), b.Check()); err != nil {
		return err
	}
	c, err := measure(ctx, a, b, m.opt)
	if err != nil {
		return err
	}
	c.Name = name
	m.out.Tensors++
	m.out.BytesCompared += c.read
	if c.spared > 0 {
		m.out.Sparing++
		m.spared += c.spared
		m.looked += c.Elements
	}
	m.judge(name, a, b, c)
	return nil
}

// judge says what the comparison of two tensors means.
func (m *comparison) judge(name string, a, b *tensor.Tensor, c *comparer) {
	cast := c.from != ""
	if c.Differing == 0 && !cast {
		m.out.Equal++
		return
	}
	m.sum.merge(&c.tally)
	m.out.Worst = keepWorst(m.out.Worst, c.TensorDiff, maxWorst)
	switch {
	case cast && m.opt.Converted.DType != b.DType:
		as := "and is not what rounding makes of it"
		if !c.wrong {
			as = "rounded to the nearest"
		}
		m.problem("%q has dtype %s, the original %s, %s", name, b.DType, a.DType, as)
	case cast && !c.wrong && (!m.opt.Strict || float64(c.MaxAbs) <= m.opt.Tolerance):
		m.out.Cast++
	case float64(c.MaxAbs) > m.opt.Tolerance:
		m.problem("%q differs by %g, more than %g", name, float64(c.MaxAbs), m.opt.Tolerance)
	}
}

// named lists a name, as long as there are not too many.
func (m *comparison) named(list *[]string, name string) {
	if len(*list) < maxNamed {
		*list = append(*list, name)
	}
}

// rounds reports whether one type can be rounded to the other.
func rounds(from, to tensor.DType) bool {
	floats := []tensor.DType{tensor.F64, tensor.F32, tensor.F16, tensor.BF16}
	return slices.Contains(floats, from) && (to == tensor.F16 || to == tensor.BF16)
}

// rawForm reports whether b is how safetensors holds a dtype that it lacks:
// bytes, with the item size as last dimension.
func rawForm(a, b *tensor.Tensor) bool {
	info, _ := a.DType.Info()
	return !a.DType.InSafetensors(len(a.Shape)) && b.DType == tensor.U8 && len(b.Shape) == len(a.Shape)+1 &&
		slices.Equal(a.Shape, b.Shape[:len(a.Shape)]) && b.Shape[len(a.Shape)] == info.Size
}
