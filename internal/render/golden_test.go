package render

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/audit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// outputs lists every rendering of a report, with the extension of its golden files.
func outputs() []struct {
	ext    string
	render func(io.Writer, *audit.Report) error
} {
	return []struct {
		ext    string
		render func(io.Writer, *audit.Report) error
	}{
		{"json", JSON},
		{"sarif", func(w io.Writer, r *audit.Report) error { return SARIF(w, r, sampleRules()) }},
		{"github", GitHub},
		{"gitlab", GitLab},
		{"sast", func(w io.Writer, r *audit.Report) error { return GitLabSAST(w, r, sampleRules(), time.Time{}) }},
		{"junit", JUnit},
		{"text", func(w io.Writer, r *audit.Report) error { return Text(w, r, TextOptions{Remedy: sampleRemedy}) }},
		{"md", Markdown},
		{"summary", func(w io.Writer, r *audit.Report) error { return Summary(w, r, SummaryLimit, sampleRemedy) }},
		{"hook", func(w io.Writer, r *audit.Report) error { return HookText(w, r, TextOptions{Remedy: sampleRemedy}) }},
	}
}

func TestGolden(t *testing.T) {
	for _, s := range samples() {
		for _, o := range outputs() {
			t.Run(s.name+"/"+o.ext, func(t *testing.T) {
				var got bytes.Buffer
				if err := o.render(&got, s.report); err != nil {
					t.Fatal(err)
				}
				golden(t, s.name+"."+o.ext, got.Bytes())
			})
		}
	}
}

func TestGoldenStyles(t *testing.T) {
	var findings, unread *audit.Report
	for _, s := range samples() {
		switch s.name {
		case "findings":
			findings = s.report
		case "unread":
			unread = s.report
		}
	}
	var got bytes.Buffer
	for _, r := range []*audit.Report{findings, unread} {
		if err := Text(&got, r, TextOptions{Color: true, Emoji: true}); err != nil {
			t.Fatal(err)
		}
		if err := Text(&got, r, TextOptions{Quiet: true}); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "styles.text", got.Bytes())
}

func TestGoldenRules(t *testing.T) {
	var got bytes.Buffer
	if err := Rules(&got, sampleRules()); err != nil {
		t.Fatal(err)
	}
	for _, r := range sampleRules() {
		got.WriteByte('\n')
		if err := Rule(&got, r); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "rules.text", got.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// A failWriter takes n bytes and then fails.
type failWriter struct{ n int }

var errFull = errors.New("device full")

func (w *failWriter) Write(p []byte) (int, error) {
	if len(p) <= w.n {
		w.n -= len(p)
		return len(p), nil
	}
	n := w.n
	w.n = 0
	return n, errFull
}

func TestWriteErrors(t *testing.T) {
	if testing.Short() {
		t.Skip("a write for each byte")
	}
	report := closed(0, convertedArtifact("x.pt"), unreadArtifact("y.pt"))
	all := outputs()
	all = append(all,
		struct {
			ext    string
			render func(io.Writer, *audit.Report) error
		}{"rules", func(w io.Writer, _ *audit.Report) error { return Rules(w, sampleRules()) }},
		struct {
			ext    string
			render func(io.Writer, *audit.Report) error
		}{"rule", func(w io.Writer, _ *audit.Report) error { return Rule(w, sampleRules()[0]) }})
	for _, o := range all {
		t.Run(o.ext, func(t *testing.T) {
			var full bytes.Buffer
			if err := o.render(&full, report); err != nil {
				t.Fatal(err)
			}
			for n := range full.Len() {
				if err := o.render(&failWriter{n}, report); !errors.Is(err, errFull) {
					t.Fatalf("writer fails after %d of %d bytes: got error %v", n, full.Len(), err)
				}
			}
			if err := o.render(&failWriter{full.Len()}, report); err != nil {
				t.Errorf("writer takes all bytes: got error %v", err)
			}
		})
	}
}
