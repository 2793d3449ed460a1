package pipeline

import (
	"path"
	"strings"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/scan"
	"github.com/modelaudit/action/internal/tree"
)

// PartOfAnother reports whether a source is the state of a conversion whose
// weights stand beside it: those are converted with it.
func PartOfAnother(src Source) bool {
	stem, ok := strings.CutSuffix(path.Base(src.Path), ".state.safetensors")
	if !ok || src.Beside == nil {
		return false
	}
	f, err := scan.ReadSafetensors(src.R, src.Size, safeio.Limits{})
	if err != nil || f.Metadata["modelaudit.part"] != tree.PartState {
		return false
	}
	_, _, err = src.Beside(stem + ".safetensors")
	return err == nil
}
