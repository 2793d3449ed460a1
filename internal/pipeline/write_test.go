package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/action/converters"
)

// TestConvertRefusesToGrow: a few bytes that claim to be terabytes, by strides
// of zero, do not fill the disk.
func TestConvertRefusesToGrow(t *testing.T) {
	name, dir := filepath.Join(t.TempDir(), "model.pt"), t.TempDir()
	stateDict(t, name, 1, 1, "I1048576\nI1048576\n", "I0\nI0\n")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	a := audited(t, "model.pt", data)
	_, err = Convert(t.Context(), a, ConvertOptions{Dir: dir, Perm: 0o600})
	var refusal *converters.Refusal
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), `100 times as many as the source: tensor "t0" repeats its 4 bytes`) {
		t.Fatalf("got %v", err)
	}
	if globs := Expanded(refusal); len(globs) != 1 || globs[0] != "t0" {
		t.Errorf("to be excluded: %q", globs)
	}
	isEmpty(t, dir)
}

// TestEarlySyncErrorIsKept: the system reports a lost write to one sync only,
// so that what an early one said must fail the conversion in the end.
func TestEarlySyncErrorIsKept(t *testing.T) {
	a, dir := clean(t, "torch/zip-1.13/state_dict.pt"), t.TempDir()
	plan, conv := written(t, a, dir)
	lost := errors.New("input/output error")
	conv.Candidates[0].early.err = lost
	if err := prove(t.Context(), a, plan, a.ready(t.Context(), plan).wait(), conv, false); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	if err := conv.Discard(); err != nil {
		t.Error(err)
	}
}
