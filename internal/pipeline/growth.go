package pipeline

import (
	"fmt"
	"strings"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/tensor"
)

// maxGrowth is how many times as large as its source, decompressed, a result of more than
// 1 GiB may be. Expanded views repeat elements: a few bytes can claim any size.
const maxGrowth = 100

// grown refuses a conversion whose result would be so much larger than its source, and
// names the tensors that are.
func grown(planned *converters.Planned, source int64) error {
	for i := range planned.Parts {
		p := &planned.Parts[i]
		if n := p.Size; n <= 1<<30 || n/maxGrowth <= source || n/maxGrowth <= stored(p.Tensors) {
			continue
		}
		r := &converters.Refusal{Msg: fmt.Sprintf("the result would have %d bytes, more than %d times as many as the source", p.Size, maxGrowth)}
		var first tensor.Tensor
		if r.Expanded, first = expanded(p.Tensors); len(r.Expanded) > 0 {
			r.Msg += fmt.Sprintf(": tensor %q repeats its %d bytes as a view of %d; save what it repeats, and expand it when it is loaded", first.Name, first.Storage.Size, first.Bytes())
		}
		return r
	}
	return nil
}

// maxExpanded is how many tensors are named of those that repeat their elements.
const maxExpanded = 20

// expanded names the tensors that repeat the bytes of their storage more often than a
// result may, and gives the first. Where there are too many it names none.
func expanded(list tensor.List) (names []string, first tensor.Tensor) {
	for i := range list.Len() {
		t := list.At(i)
		if t.Storage == nil || t.Bytes()/maxGrowth <= t.Storage.Size {
			continue
		}
		if len(names) == 0 {
			first = t
		}
		if names = append(names, t.Name); len(names) > maxExpanded {
			return nil, first
		}
	}
	return names, first
}

// Expanded are the globs that leave out the tensors for which a conversion was refused, as
// they repeat their elements too often; nil if there are none, or names that are no globs.
func Expanded(r *converters.Refusal) (globs []string) {
	for _, name := range r.Expanded {
		if name == "" || strings.ContainsAny(name, `*?[]{}\`) {
			return nil
		}
		globs = append(globs, name)
	}
	return globs
}

// stored is how many bytes the storages of tensors have, each counted once: more than their
// file where that is compressed.
func stored(list tensor.List) (n int64) {
	seen := map[*tensor.Storage]bool{}
	for i := range list.Len() {
		if t := list.At(i); t.Storage != nil && !seen[t.Storage] {
			seen[t.Storage] = true
			n += t.Storage.Size
		}
	}
	return n
}
