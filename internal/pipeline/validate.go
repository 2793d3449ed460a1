package pipeline

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tensor"
)

// ValidateOptions says how two files are compared.
type ValidateOptions struct {
	// Samples is how many elements of each differing tensor are measured; 0
	// means all. Whether tensors differ at all is always decided by every byte.
	Samples   int
	Tolerance float64 // largest absolute difference that passes
	Seed      int64   // of the choice of samples
	// Converted is how the converted file was made: with which names, and
	// whether it was to hold all.
	Converted converters.Options
}

// A Validation is the comparison of an original with a converted file.
type Validation struct {
	Tensors       int
	BytesCompared int64
	Equal         int     // tensors whose bytes are equal
	MaxDiff       float64 // over the measured elements of the others
	MeanDiff      float64
	Worst         string   // the tensor with the largest difference
	LeftOut       int      // tensors that the conversion was told to leave out
	Problems      []string // what does not agree, in words; empty means valid
	Rescan        audit.Verdict
	SizeBefore    int64
	SizeAfter     int64
}

// Valid reports whether the converted file holds what the original holds.
func (v *Validation) Valid() bool { return len(v.Problems) == 0 }

// Validate compares every tensor of two files by name, dtype, shape and bytes.
// Both are audited; a converted file that is not clean is not valid.
func Validate(ctx context.Context, orig, conv *Audited, opt ValidateOptions) (*Validation, error) {
	v := &Validation{SizeBefore: orig.Source.Size, SizeAfter: conv.Source.Size, Rescan: conv.Artifact.Verdict}
	if conv.Artifact.Verdict != audit.VerdictClean {
		v.Problems = append(v.Problems, "the converted file is not clean: "+cmp.Or(firstFault(&conv.Artifact), "it is not recognised"))
	}
	defer orig.Close()
	defer conv.Close()
	m := &measure{opt: opt, out: v, rng: rand.New(rand.NewPCG(uint64(opt.Seed), 1))}
	after, err := m.tensors(conv, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", conv.Source.Path, err)
	}
	before, err := m.tensors(orig, after)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", orig.Source.Path, err)
	}
	for _, name := range union(before, after) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := m.pair(name, before[name], after[name]); err != nil {
			return nil, err
		}
	}
	if err := cmpErr(orig.reads.failed(), conv.reads.failed()); err != nil {
		return nil, err
	}
	if m.measured > 0 {
		v.MeanDiff = m.sum / float64(m.measured)
	}
	return v, nil
}

// tensors reads the tensors of a file by name. A checkpoint is read the way it
// would be converted; of its parts the one that has the names in like counts.
// A tensor that cannot be read is a problem.
func (m *measure) tensors(a *Audited, like map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if slices.Contains(a.Artifact.Formats, audit.FormatSafetensors) {
		f, err := scan.ReadSafetensors(a.Source.R, a.Source.Size, a.lim)
		if err != nil {
			return nil, err
		}
		return withAliases(byName(f.Source(a.Source.R)), f.Metadata), nil
	}
	opt := m.opt.Converted
	opt.Partial, opt.TiedAlias = true, false
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

// A measure gathers the differences of pairs of tensors.
type measure struct {
	opt      ValidateOptions
	out      *Validation
	rng      *rand.Rand
	sum      float64
	measured int64
}

func (m *measure) problem(format string, args ...any) {
	if len(m.out.Problems) < 100 {
		m.out.Problems = append(m.out.Problems, fmt.Sprintf(format, args...))
	}
}

func (m *measure) pair(name string, a, b *tensor.Tensor) error {
	switch {
	case a == nil:
		m.problem("%q is in the converted file only", name)
		return nil
	case b == nil:
		m.problem("%q is missing from the converted file", name)
		return nil
	case !slices.Equal(a.Shape, b.Shape) && !rawForm(a, b):
		m.problem("%q has shape %v, the original %v", name, b.Shape, a.Shape)
		return nil
	case a.DType != b.DType && !rawForm(a, b):
		m.problem("%q has dtype %s, the original %s", name, b.DType, a.DType)
		return nil
	}
	if err := a.Check(); err != nil {
		return err
	}
	if err := b.Check(); err != nil {
		return err
	}
	m.out.Tensors++
	m.out.BytesCompared += a.Bytes()
	return m.bytes(name, a, b)
}

// rawForm reports whether b is how safetensors holds a dtype that it lacks:
// bytes, with the item size as last dimension.
func rawForm(a, b *tensor.Tensor) bool {
	info, _ := a.DType.Info()
	return !info.Safetensors && b.DType == tensor.U8 && len(b.Shape) == len(a.Shape)+1 &&
		slices.Equal(a.Shape, b.Shape[:len(a.Shape)]) && b.Shape[len(a.Shape)] == info.Size
}

// value reads one element as a number; ok is false for a type without one.
func value(d tensor.DType, e []byte) (float64, bool) {
	switch d {
	case tensor.F64:
		return math.Float64frombits(binary.LittleEndian.Uint64(e)), true
	case tensor.F32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(e))), true
	case tensor.BF16:
		return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(e)) << 16)), true
	case tensor.F16:
		return half(binary.LittleEndian.Uint16(e)), true
	case tensor.I64:
		return float64(int64(binary.LittleEndian.Uint64(e))), true
	case tensor.U64:
		return float64(binary.LittleEndian.Uint64(e)), true
	case tensor.I32:
		return float64(int32(binary.LittleEndian.Uint32(e))), true
	case tensor.U32:
		return float64(binary.LittleEndian.Uint32(e)), true
	case tensor.U16:
		return float64(binary.LittleEndian.Uint16(e)), true
	case tensor.I16:
		return float64(int16(binary.LittleEndian.Uint16(e))), true
	case tensor.I8:
		return float64(int8(e[0])), true
	case tensor.U8, tensor.Bool:
		return float64(e[0]), true
	}
	return 0, false
}

// half converts an IEEE 754 binary16 value.
func half(h uint16) float64 {
	sign, exp, frac := 1.0, int(h>>10&0x1f), float64(h&0x3ff)
	if h&0x8000 != 0 {
		sign = -1
	}
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1+frac/1024, exp-15)
}
