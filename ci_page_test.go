package modelaudit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestCIPage compares the tables of docs/ci.md with the action and the program,
// and runs its commands.
func TestCIPage(t *testing.T) {
	page := read(t, "docs/ci.md")
	var a action
	decode(t, "action.yml", &a)
	rows := func(section string) string {
		_, rest, ok := strings.Cut(page, "\n| "+section+" |")
		if !ok {
			t.Fatalf("docs/ci.md has no table of %s", section)
		}
		table, _, _ := strings.Cut(rest, "\n\n")
		return table
	}
	inputs, outputs := rows("input"), rows("output")
	for name, in := range a.Inputs {
		want := "\n| `" + name + "` | "
		if in.Default != "" && !strings.Contains(in.Default, "${{") {
			want += "`" + in.Default + "` |"
		}
		if !strings.Contains(inputs, want) {
			t.Errorf("the table of inputs lacks %q", want)
		}
	}
	for name := range a.Outputs {
		if !strings.Contains(outputs, "`"+name+"`") {
			t.Errorf("the table of outputs lacks %s", name)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| ((?:`[a-z-]+`(?:, )?)+) \\|").FindAllStringSubmatch(inputs+outputs, -1) {
		for _, name := range strings.Split(m[1], ", ") {
			name = strings.Trim(name, "`")
			_, in := a.Inputs[name]
			if _, out := a.Outputs[name]; !in && !out {
				t.Errorf("%s is no input or output of the action", name)
			}
		}
	}
	for _, text := range blocks(t, "docs/ci.md", "yaml") {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Error(err)
		}
	}

	dir := t.TempDir()
	path := programs(t) + string(os.PathListSeparator) + os.Getenv("PATH")
	sh := func(command string) {
		cmd := exec.Command("sh", "-e", "-c", command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+path, "GITHUB_ACTIONS=", "GITLAB_CI=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "models"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "models/m.pt"), read(t, "testdata/torch/zip-2.15/state_dict.pt"))
	commit := "git add . && git -c user.name=a -c user.email=a@localhost commit -q -m a"
	sh("git init -q -b main && " + commit + " && git checkout -q -b change && touch x && " + commit)
	for _, block := range blocks(t, "docs/ci.md", "sh") {
		for line := range strings.Lines(block) {
			sh(line)
		}
	}
	formats := rows("format")
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(formats, -1) {
		sh("modelaudit ci --range all --format " + m[1] + "=out && test -s out || test " + m[1] + " = github")
	}
	help, err := exec.Command(filepath.Join(strings.Split(path, string(os.PathListSeparator))[0], "modelaudit"), "scan", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(strings.Join(strings.Fields(string(help)), " "), "as FORMAT=FILE: ")
	list, _, _ = strings.Cut(list, ";")
	for _, name := range strings.Split(strings.ReplaceAll(list, " or ", ", "), ", ") {
		if !strings.Contains(formats, "`"+name+"`") {
			t.Errorf("the table of formats lacks %q", name)
		}
	}
}
