package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/modelaudit/action/converters"
)

// Every fixture that converts to safetensors converts to pytorch too, from
// itself and from its safetensors, and every proof stands.
func TestToPytorch(t *testing.T) {
	done := 0
	for _, file := range fixtures(t) {
		files, _ := converted(t, file, converters.Options{})
		if files == nil {
			continue
		}
		t.Run(file, func(t *testing.T) {
			for name, a := range map[string]*Audited{"direct": audited(t, file, testdata(t, file)), "back": again(t, files, "x.safetensors")} {
				dir := t.TempDir()
				conv, err := Convert(t.Context(), a, ConvertOptions{Options: converters.Options{To: "pytorch"}, Dir: dir, Perm: 0o600})
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				done++
				if out := os.Getenv("MODELAUDIT_KEEP"); out != "" {
					if _, err := conv.Place(filepath.Join(out, name+"-"+filepath.Base(filepath.Dir(file))+"-"+filepath.Base(file)), true); err != nil {
						t.Error(err)
					}
				}
				if err := errors.Join(conv.Discard()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if done < 100 {
		t.Errorf("%d conversions", done)
	}
}
