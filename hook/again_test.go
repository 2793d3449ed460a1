package hook

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/gitindex"
)

// What the commands of stage do to one index gives the other.
func TestStageGivesTheCommittedIndex(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		was, want := map[string]string{}, map[string]string{}
		list := func(into map[string]string) (out []gitindex.Entry) {
			for i := range 6 {
				if rng.IntN(2) == 0 {
					continue
				}
				e := gitindex.Entry{Mode: gitindex.ModeFile, OID: fmt.Sprintf("%040x", rng.IntN(3)), Path: fmt.Sprintf("dir %d/f", i)}
				into[e.Path] = e.OID
				out = append(out, e)
			}
			return out
		}
		before, after := list(was), list(want)
		for _, line := range stage(before, after, nil) {
			if path, gone := strings.CutPrefix(line, "git update-index --force-remove -- "); gone {
				delete(was, strings.Trim(path, "'"))
				continue
			}
			info := strings.SplitN(strings.Trim(strings.TrimPrefix(line, "git update-index --add --cacheinfo "), "'"), ",", 3)
			was[info[2]] = info[1]
		}
		if !maps.Equal(was, want) {
			t.Fatalf("%v, want %v", was, want)
		}
	}
}
