package rules_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/hook"
	"github.com/modelaudit/action/internal/gitindex"
	"github.com/modelaudit/action/internal/pickle"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/scan"
)

// Every rule reports its bad example, nothing else reports it, and the good one
// is clean.
func TestExamples(t *testing.T) {
	for _, r := range rules.All() {
		t.Run(r.ID, func(t *testing.T) {
			ids := reported
			if r.Bad.Name == ".gitattributes" {
				ids = checkedOut
			}
			if got := ids(t, r.Bad); !slices.Equal(got, []string{r.ID}) {
				t.Errorf("the bad example has %q", got)
			}
			if got := ids(t, r.Good); len(got) > 0 {
				t.Errorf("the good example has %q", got)
			}
		})
	}
}

// reported lists the rules that a scan of an example reports, each once; what
// is unread is "unread", unless a finding says so.
func reported(t *testing.T, e audit.Example) (ids []string) {
	t.Helper()
	data := build(t, e.Text)
	a := scan.Scan(t.Context(), bytes.NewReader(data), int64(len(data)), e.Name, scan.Options{}).Artifact
	for _, f := range a.Findings {
		ids = append(ids, f.Rule)
	}
	if len(ids) == 0 && a.Verdict != audit.VerdictClean {
		return []string{string(a.Verdict)}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// build makes the file of an example.
func build(t *testing.T, text string) []byte {
	t.Helper()
	if !strings.HasPrefix(text, "member ") {
		return program(t, text)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range strings.Split(text, "member ")[1:] {
		name, content, _ := strings.Cut(m, "\n")
		data, method := []byte(nil), zip.Store
		if n, ok := strings.CutPrefix(content, "zeros "); ok {
			data, method = make([]byte, number(t, strings.TrimSpace(n))), zip.Deflate
		} else {
			data = program(t, content)
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func program(t *testing.T, text string) []byte {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(text) {
		if n, op, ok := strings.Cut(line, " times "); ok {
			line = strings.Repeat(op, number(t, n))
		}
		b.WriteString(line)
	}
	data, err := pickle.Assemble(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// checkedOut lists the rules that the hook reports for a model.pkl beside a
// .gitattributes of that text.
func checkedOut(t *testing.T, e audit.Example) (ids []string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, data := range map[string][]byte{e.Name: []byte(e.Text), "model.pkl": program(t, "PROTO 2\nEMPTY_DICT\nSTOP")} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git(t, "init", "-q")
	git(t, "add", e.Name)
	git(t, "update-index", "--add", "--cacheinfo", fmt.Sprintf("100644,%s,model.pkl", git(t, "hash-object", "-w", "--no-filters", "model.pkl")))
	repo, err := gitindex.Open(t.Context(), ".", os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	run, err := hook.Hook(t.Context(), repo, hook.Options{All: true, Check: true, Dir: "."})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range run.Report.Artifacts {
		for _, f := range a.Findings {
			ids = append(ids, f.Rule)
		}
	}
	return ids
}

func git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", args...).Output()
	if err != nil {
		t.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out))
}
