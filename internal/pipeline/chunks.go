package pipeline

import (
	"fmt"

	"github.com/modelaudit/action/internal/proof"
	"github.com/modelaudit/action/internal/tensor"
)

// claimChunks says where the source holds the chunks of a tensor.
func claimChunks(t *tensor.Tensor) (proof.Claim, error) {
	c := proof.Claim{Name: t.Name, DType: t.DType, Shape: t.Shape, Pieces: []proof.Claim{}}
	if t.Offset != 0 || !t.Plain() {
		return c, fmt.Errorf("internal error: %q is a view of chunks", t.Name)
	}
	for _, k := range t.Storage.Chunks {
		p, err := claim(k.Tensor)
		if err != nil {
			return c, err
		}
		p.Name, p.Lo = t.Name, k.Lo
		c.Pieces = append(c.Pieces, p)
	}
	return c, nil
}
