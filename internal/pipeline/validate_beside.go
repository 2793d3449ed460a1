package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters/safetensors"
)

// StateBeside are the names that the rest of a checkpoint has whose weights are in a file of
// the given name, or in the shards of that index: a file, or the index of shards. There are
// none for another kind of name.
func StateBeside(weights string) []string {
	out := strings.TrimSuffix(filepath.ToSlash(weights), ".index.json")
	if !strings.HasSuffix(out, ".safetensors") || strings.HasSuffix(out, ".state.safetensors") {
		return nil
	}
	return []string{RoleName(out, safetensors.RoleState), IndexName(out, safetensors.RoleState)}
}

// beside compares the state of the original with the file beside the converted one.
func (m *comparison) beside(ctx context.Context) error {
	s := m.opt.State
	if s == nil || len(m.state) == 0 {
		return nil
	}
	name := filepath.ToSlash(s.Source.Path)
	if s.Artifact.Verdict != audit.VerdictClean {
		m.problem("%s is not clean: %s", name, cmp.Or(firstFault(&s.Artifact), "it is not recognised"))
	}
	defer s.Close()
	after, err := m.safetensors(s, false)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Source.Path, err)
	}
	if err := m.pairs(ctx, m.state, after); err != nil {
		return err
	}
	m.out.Notes = append(m.out.Notes, fmt.Sprintf("the state of the original, %d of its tensors, was compared with %s", len(m.state), name))
	return s.reads.failed()
}
