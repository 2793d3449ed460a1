package pipeline

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// TestStripTooMany: what is known of pickles that are to be changed takes memory, so
// that there is a bound, and none is offered.
func TestStripTooMany(t *testing.T) {
	for _, n := range []int{maxDirty, maxDirty + 1} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range n {
			w, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i), Method: zip.Store})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = w.Write(append(harmful(t), "}."...))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		a := audited(t, "m.zip", b.Bytes())
		offered := slices.Contains(a.Artifact.Findings[0].Remedies, audit.RemedyStrip)
		err := Strippable(t.Context(), a, StripOptions{})
		if few := n <= maxDirty; len(a.Artifact.Findings) != n || offered != few || (err == nil) != few {
			t.Errorf("%d pickles: %d findings, offered %t, %v", n, len(a.Artifact.Findings), offered, err)
		}
	}
}

// TestStripTooManyFindings: nor is one offered for more findings than a report lists.
func TestStripTooManyFindings(t *testing.T) {
	for n, want := range map[int]bool{maxFound: true, maxFound + 1: false} {
		a := audited(t, "m.pkl", []byte("\x80\x02}X\x01\x00\x00\x00x]("+strings.Repeat("ca\nb\n", n)+"es."))
		if offered := slices.Contains(a.Artifact.Findings[0].Remedies, audit.RemedyStrip); offered != want || a.found != n {
			t.Errorf("%d findings: %d, offered %t", n, a.found, offered)
		}
	}
}

// TestStripTooManyPickles: nor is one for a file of so many pickles, clean ones among them,
// of which each would be kept until all is proven.
func TestStripTooManyPickles(t *testing.T) {
	for n, want := range map[int]bool{5: true, maxPickles/5000 + 1: false} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range n {
			w, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i, ".pkl"), Method: zip.Store})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = w.Write(append(bytes.Repeat([]byte("\x80\x02N."), 5000), harmful(t)...))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		a := audited(t, "m.zip", b.Bytes())
		if offered := slices.Contains(a.Artifact.Findings[0].Remedies, audit.RemedyStrip); offered != want || len(a.streams) > maxPickles {
			t.Errorf("%d files of 5,000 pickles: offered %t, %d kept", n, offered, len(a.streams))
		}
	}
}
