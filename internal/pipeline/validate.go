package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tensor"
)

// ValidateOptions says how two files are compared.
type ValidateOptions struct {
	// Samples is how many elements of each differing tensor the means and units
	// of the last place are taken of; 0 means all. Whether tensors differ, and
	// by how much at most, is always decided by every element.
	Samples   int
	Tolerance float64 // largest absolute difference that passes
	Seed      int64   // of the choice of samples
	// Converted is how the converted file was made: with which names, and
	// whether it was to hold all. What the file itself says counts too.
	Converted converters.Options
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
	m := &comparison{opt: opt, out: v}
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
	for _, name := range union(before, after) {
		if err := m.pair(ctx, name, before[name], after[name]); err != nil {
			return nil, err
		}
	}
	m.values(orig, conv)
	if err := cmpErr(ctx.Err(), orig.reads.failed(), conv.reads.failed()); err != nil {
		return nil, err
	}
	m.close()
	return v, nil
}

// tensors reads the tensors of a file by name. A checkpoint is read the way it
// would be converted; of its parts the one that has the names in like counts.
// A tensor that cannot be read is a problem.
func (m *comparison) tensors(a *Audited, like map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if slices.Contains(a.Artifact.Formats, audit.FormatSafetensors) {
		raw, err := m.safetensors(a, like == nil)
		if err != nil {
			return nil, err
		}
		if restored := m.restored(a, like); like != nil && !sameNames(raw, like) && restored != nil {
			return restored, nil
		}
		return raw, nil
	}
	opt := m.opt.Converted
	opt.To, opt.Partial, opt.TiedAlias = safetensors.Target, true, false
	plan, err := Plan(a, opt)
	if err != nil {
		return nil, err
	}
	for _, r := range plan.Tree.Refused {
		if m.opt.Converted.Partial {
			m.out.LeftOut++
			continue
		}
		m.problem("%s: %q cannot be read: %s", a.Source.Path, r.Path, r.Reason)
	}
	for i := range plan.Parts {
		m.out.LeftOut += len(plan.Parts[i].Left)
	}
	for i := range plan.Parts {
		if part := byName(plan.Parts[i].Tensors); sameNames(part, like) {
			return part, nil
		}
	}
	opt.SingleFile, opt.WeightsOnly = true, false
	if single, err := Plan(a, opt); err == nil {
		if all := byName(single.Tensors()); sameNames(all, like) {
			return all, nil
		}
	}
	return byName(plan.Tensors()), nil
}

// safetensors reads the tensors of a file, or of shards that an index lists. The
// converted one says how it was made.
func (m *comparison) safetensors(a *Audited, converted bool) (map[string]*tensor.Tensor, error) {
	all := map[string]*tensor.Tensor{}
	one := func(r io.ReaderAt, size int64) error {
		f, err := scan.ReadSafetensors(r, size, a.lim)
		if err != nil {
			return err
		}
		if changes := f.Metadata["modelaudit.changes"]; converted && changes != "" {
			if err := safetensors.ReadChanges(changes, &m.opt.Converted); err != nil {
				return err
			}
		}
		maps.Copy(all, withAliases(byName(f.Source(r)), f.Metadata))
		return nil
	}
	if a.Source.Files == nil {
		return all, one(a.Source.R, a.Source.Size)
	}
	for _, f := range a.Source.Files[1:] { // behind the index
		if err := one(io.NewSectionReader(a.Source.R, f.Start, f.Size), f.Size); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return all, nil
}

// restored are the tensors of what a safetensors file was made from, by the
// names that a conversion of that gives; nil if they are not those in like.
func (m *comparison) restored(a *Audited, like map[string]*tensor.Tensor) map[string]*tensor.Tensor {
	if a.Model == nil {
		return nil
	}
	for _, single := range []bool{false, true} {
		opt := m.opt.Converted
		opt.To, opt.SingleFile, opt.Partial = safetensors.Target, single, true
		plan, err := converters.Plan(a.Model, opt)
		if err != nil {
			return nil
		}
		if all := byName(plan.Tensors()); sameNames(all, like) {
			return all
		}
	}
	return nil
}

// withAliases adds the tensors that the metadata says are another one
// (dropped -> kept, as Hugging Face writes them).
func withAliases(list map[string]*tensor.Tensor, metadata map[string]string) map[string]*tensor.Tensor {
	aliases := map[string]*tensor.Tensor{}
	for dropped, kept := range metadata {
		if dropped != "format" && !strings.HasPrefix(dropped, "modelaudit.") && list[dropped] == nil && list[kept] != nil {
			aliases[dropped] = list[kept]
		}
	}
	maps.Copy(list, aliases)
	return list
}

func byName(list []tensor.Tensor) map[string]*tensor.Tensor {
	out := make(map[string]*tensor.Tensor, len(list))
	for i := range list {
		out[list[i].Name] = &list[i]
	}
	return out
}

func sameNames(a, b map[string]*tensor.Tensor) bool {
	if len(a) != len(b) {
		return false
	}
	for name := range a {
		if b[name] == nil {
			return false
		}
	}
	return true
}

func union(a, b map[string]*tensor.Tensor) []string {
	var names []string
	for n := range a {
		names = append(names, n)
	}
	for n := range b {
		if a[n] == nil {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// A comparison gathers the differences of pairs of tensors.
type comparison struct {
	opt      ValidateOptions
	out      *Validation
	sum      tally
	problems int
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
	if n := m.problems - len(v.Problems); n > 0 {
		v.Problems = append(v.Problems, fmt.Sprintf("and %d more", n))
	}
	v.Valid = len(v.Problems) == 0
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
	m.out.BytesCompared += a.Bytes()
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
	case cast && !c.wrong:
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
	return !info.Safetensors && b.DType == tensor.U8 && len(b.Shape) == len(a.Shape)+1 &&
		slices.Equal(a.Shape, b.Shape[:len(a.Shape)]) && b.Shape[len(a.Shape)] == info.Size
}
