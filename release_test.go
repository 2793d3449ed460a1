package modelaudit_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/internal/notices"
)

// A releaser is what .goreleaser.yaml says, as far as it is held here.
type releaser struct {
	Version int
	Project string `yaml:"project_name"`
	Before  struct{ Hooks []string }
	Builds  []struct {
		ID, Main, Binary string

		Env, Goos, Goarch, Flags, Ldflags []string
		Modified                          string `yaml:"mod_timestamp"`
	}
	Archives []struct {
		ID        string
		Formats   []string
		Name      string `yaml:"name_template"`
		Files     []map[string]any
		Overrides []map[string]any `yaml:"format_overrides"`
		Info      map[string]any   `yaml:"builds_info"`
	}
	Checksum map[string]string
	Sboms    []struct {
		ID, Artifacts, Cmd string
		Args, Env          []string
		Documents          []string
	}
	Snapshot  map[string]string
	Changelog map[string]any
	Release   map[string]any
}

// TestReleaser holds what a release is: both programs, static, for six systems,
// from sources alone.
func TestReleaser(t *testing.T) {
	var r releaser
	decode(t, ".goreleaser.yaml", &r)
	var names []string
	for _, b := range r.Builds {
		names = append(names, b.Binary)
		if _, err := os.Stat(filepath.Join(b.Main, "main.go")); err != nil {
			t.Errorf("%s is built from %s, which is no program", b.Binary, b.Main)
		}
		for what, got := range map[string][]string{
			"[CGO_ENABLED=0]":                          b.Env,
			"[linux darwin windows]":                   b.Goos,
			"[amd64 arm64]":                            b.Goarch,
			"[-trimpath -mod=readonly -buildvcs=true]": b.Flags,
			"[-s -w -buildid=]":                        b.Ldflags,
		} {
			if fmt.Sprint(got) != what {
				t.Errorf("%s: %v, want %s", b.Binary, got, what)
			}
		}
		if b.Modified != "{{ .CommitTimestamp }}" {
			t.Errorf("%s has the time %q", b.Binary, b.Modified)
		}
	}
	if diff := cmp.Diff([]string{"modelaudit", "modelaudit-hook"}, names); diff != "" {
		t.Error(diff)
	}
	if len(r.Sboms) == 0 || r.Checksum["algorithm"] != "sha256" {
		t.Error("a release needs a bill of materials and checksums")
	}
	for _, s := range r.Sboms { // made in the folder dist, with the time of the commit
		script, ok := strings.CutPrefix(s.Args[0], "../")
		if _, err := os.Stat(script); err != nil || !ok || s.Args[len(s.Args)-1] != "{{ .CommitDate }}" {
			t.Errorf("%s is made by %v, %v", s.ID, s.Args, err)
		}
	}
}

// TestContainerImage reads the lines of the Dockerfile: built from pinned images and
// the checkout alone, not run as root, with git for the hook.
func TestContainerImage(t *testing.T) {
	lines := strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " ")
	words := map[string][]string{}
	for line := range strings.Lines(lines) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		if !slices.Contains([]string{"ARG", "FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "LABEL", "ENV"}, name) {
			t.Errorf("unknown instruction %s", name)
		}
		words[name] = append(words[name], strings.TrimSpace(rest))
	}
	for _, from := range words["FROM"] {
		if !regexp.MustCompile(`^[a-z/]+:[0-9][0-9a-z.-]*( AS [a-z]+)?$`).MatchString(from) {
			t.Errorf("FROM %s has no exact version", from)
		}
	}
	goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))[1]
	switch {
	case len(words["FROM"]) != 2 || !strings.HasPrefix(words["FROM"][0], "golang:"+goVersion):
		t.Errorf("FROM %q, want golang:%s and one for the result", words["FROM"], goVersion)
	case len(words["USER"]) != 1 || strings.HasPrefix(words["USER"][0], "0") || words["USER"][0] == "root":
		t.Errorf("USER %q", words["USER"])
	case !strings.Contains(strings.Join(words["RUN"], "\n"), "CGO_ENABLED=0 go build -trimpath -mod=readonly -buildvcs=true"):
		t.Error("the programs are not built as the release's are")
	case !strings.Contains(strings.Join(words["RUN"], "\n"), "apk add --no-cache git"):
		t.Error("the hook needs git")
	case len(words["ENTRYPOINT"]) != 1 || words["ENTRYPOINT"][0] != `["modelaudit"]`:
		t.Errorf("ENTRYPOINT %q", words["ENTRYPOINT"])
	}
}

// TestNotices compares the licences in the programs with the modules that they link
// on every system. `go test . -update` writes them.
func TestNotices(t *testing.T) {
	modules := map[string]string{} // "path version" -> folder
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/modelaudit", "./cmd/modelaudit-hook")
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			if name, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				modules[name] = dir
			}
		}
	}
	var names []string
	for name := range modules {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) < 10 {
		t.Fatalf("only %d modules", len(names))
	}
	if *update {
		write(t, "internal/notices/notices.txt", noticesText(t, names, modules))
		return
	}
	listed := regexp.MustCompile(`(?m)^=== (\S+ v\S+)$`).FindAllStringSubmatch(notices.Text(), -1)
	var got []string
	for _, m := range listed {
		got = append(got, m[1])
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("internal/notices/notices.txt, which `go test . -update` writes (-linked +listed):\n%s", diff)
	}
	if !strings.Contains(notices.Text(), read(t, "LICENSE")) {
		t.Error("the project's own licence is missing")
	}
}

func noticesText(t *testing.T, names []string, dirs map[string]string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "modelaudit is licensed as follows. Behind it stand the licences of Go and of every module\nthat its programs are built from.\n\n%s", read(t, "LICENSE"))
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "\n=== Go\n\n%s", read(t, filepath.Join(strings.TrimSpace(string(root)), "LICENSE")))
	for _, name := range names {
		found, err := filepath.Glob(filepath.Join(dirs[name], "[LNC][IO][CPT]*")) // LICENSE, LICENCE, NOTICE, COPYING
		if err != nil || len(found) == 0 {
			t.Fatalf("%s has no licence (%v)", name, err)
		}
		fmt.Fprintf(&b, "\n=== %s\n", name)
		for _, f := range found {
			fmt.Fprintf(&b, "\n%s", strings.TrimRight(strings.ReplaceAll(read(t, f), "\r\n", "\n"), "\n")+"\n")
		}
	}
	return b.String()
}
