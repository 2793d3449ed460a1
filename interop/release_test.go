//go:build interop

package interop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// checkout clones the repository at its HEAD into a folder of its own.
func checkout(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "checkout")
	shell(t, "..", nil, "git", "clone", "-q", ".", dir)
	return dir
}

// shell runs a program that must succeed, however long it takes, and returns what it printed.
func shell(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(cleanEnv(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return string(out)
}

// released builds the programs for a system with the flags of .goreleaser.yaml.
func released(t *testing.T, dir, goos, goarch string, env ...string) string {
	t.Helper()
	var config struct {
		Builds []struct {
			Main, Binary        string
			Env, Flags, Ldflags []string
		}
	}
	text, err := os.ReadFile("../.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &config); err != nil || len(config.Builds) == 0 {
		t.Fatalf("%d builds, %v", len(config.Builds), err)
	}
	out := t.TempDir()
	for _, b := range config.Builds {
		name := filepath.Join(out, b.Binary)
		if goos == "windows" {
			name += ".exe"
		}
		args := append([]string{"build"}, b.Flags...)
		args = append(args, "-ldflags", strings.Join(b.Ldflags, " "), "-o", name, b.Main)
		shell(t, dir, append(append(env, "GOOS="+goos, "GOARCH="+goarch), b.Env...), "go", args...)
	}
	return out
}

// TestReproducible builds the programs of this system twice, in other folders and the
// second time from nothing, and compares the bytes. Those of other systems are built once.
func TestReproducible(t *testing.T) {
	t.Parallel()
	first := released(t, checkout(t), runtime.GOOS, runtime.GOARCH)
	second := released(t, checkout(t), runtime.GOOS, runtime.GOARCH, "GOCACHE="+t.TempDir())
	for _, name := range []string{"modelaudit", "modelaudit-hook"} {
		a, err := os.ReadFile(filepath.Join(first, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(second, name))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("two builds of %s differ, %v", name, err)
		}
		if bytes.Contains(a, []byte(filepath.Dir(first))) {
			t.Errorf("%s tells where it was built", name)
		}
		if out, err := exec.Command("ldd", filepath.Join(first, name)).CombinedOutput(); err == nil && !bytes.Contains(out, []byte("not a dynamic")) {
			t.Errorf("%s is not static: %s", name, out)
		}
	}
	version := shell(t, ".", nil, filepath.Join(first, "modelaudit"), "--version")
	if !regexp.MustCompile(`modelaudit version v?\d+\.\d+\.\d+`).MatchString(version) {
		t.Errorf("a build of a clean checkout calls itself %q", version)
	}
}

// TestBillOfMaterials makes that of a program twice, a second apart: the same bytes, with
// the time of the commit and the modules of the program.
func TestBillOfMaterials(t *testing.T) {
	t.Parallel()
	const day = "2026-01-02T03:04:05Z"
	program := filepath.Join(released(t, checkout(t), runtime.GOOS, runtime.GOARCH), "modelaudit")
	var made [2]string
	for i := range made {
		document := filepath.Join(t.TempDir(), "sbom.json")
		shell(t, "..", []string{"GOFLAGS=-mod=mod"}, "sh", "packaging/sbom.sh", program, document, day)
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		made[i] = string(text)
		time.Sleep(time.Second)
	}
	for _, part := range []string{`"bomFormat": "CycloneDX"`, `"timestamp": "` + day + `"`, `"pkg:golang/gopkg.in/yaml.v3@`} {
		if !strings.Contains(made[0], part) {
			t.Errorf("no %s in %s", part, made[0])
		}
	}
	if made[0] != made[1] {
		t.Error("two bills of materials of the same program differ")
	}
}

// TestGoInstall installs the programs from a module proxy that has this checkout as a version.
func TestGoInstall(t *testing.T) {
	t.Parallel()
	proxy, gopath := t.TempDir(), t.TempDir()
	versions := filepath.Join(proxy, "github.com", "modelaudit", "action", "@v")
	if err := os.MkdirAll(versions, 0o777); err != nil {
		t.Fatal(err)
	}
	dir := checkout(t)
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"list": []byte("v0.1.0\n"), "v0.1.0.info": []byte(`{"Version":"v0.1.0"}`), "v0.1.0.mod": mod} {
		if err := os.WriteFile(filepath.Join(versions, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	shell(t, dir, nil, "git", "archive", "--format=zip", "--prefix=github.com/modelaudit/action@v0.1.0/", "-o", filepath.Join(versions, "v0.1.0.zip"), "HEAD")
	upstream := strings.TrimSpace(shell(t, ".", nil, "go", "env", "GOPROXY"))
	cache := filepath.Join(strings.TrimSpace(shell(t, ".", nil, "go", "env", "GOMODCACHE")), "cache", "download")
	env := []string{"GOPATH=" + gopath, "GOBIN=" + gopath, "GOFLAGS=-modcacherw", "GONOSUMDB=github.com/modelaudit/action", "GONOSUMCHECK=1", "GOSUMDB=off",
		"GOPROXY=file://" + proxy + ",file://" + cache + "," + upstream}
	for _, name := range []string{"modelaudit", "modelaudit-hook"} {
		shell(t, gopath, env, "go", "install", "github.com/modelaudit/action/cmd/"+name+"@v0.1.0")
		if got := shell(t, gopath, nil, filepath.Join(gopath, name), "--version"); !strings.Contains(got, "0.1.0") {
			t.Errorf("%s --version prints %q", name, got)
		}
	}
}

// TestWheel packs the programs, installs the wheel where there is no Go, and lets the
// pre-commit framework do the same.
func TestWheel(t *testing.T) {
	t.Parallel()
	python := os.Getenv(hooksPython)
	if python == "" {
		t.Fatalf("%s is not set: it must name a Python interpreter with interop/requirements-hooks.txt", hooksPython)
	}
	built, wheels := binDir, t.TempDir()
	pack := func(output string) string {
		return strings.TrimSpace(shell(t, ".", nil, python, "../packaging/wheel.py", "0.1.0", runtime.GOOS, runtime.GOARCH, built, output))
	}
	wheel := pack(wheels)
	one, err := os.ReadFile(wheel)
	if err != nil {
		t.Fatal(err)
	}
	if two, err := os.ReadFile(pack(t.TempDir())); err != nil || !bytes.Equal(one, two) {
		t.Errorf("two wheels of the same programs differ, %v", err)
	}
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	bare := "PATH=" + filepath.Dir(python) + string(os.PathListSeparator) + filepath.Dir(git) + string(os.PathListSeparator) + "/bin"
	offline := []string{bare, "PIP_NO_INDEX=1", "PIP_FIND_LINKS=" + wheels, "PIP_DISABLE_PIP_VERSION_CHECK=1"}
	venv := filepath.Join(t.TempDir(), "venv")
	shell(t, ".", offline, python, "-m", "venv", venv)
	shell(t, ".", offline, filepath.Join(venv, "bin", "python"), "-m", "pip", "install", "-q", "modelaudit-gate")
	for _, name := range []string{"modelaudit", "modelaudit-hook"} {
		if got := shell(t, ".", offline, filepath.Join(venv, "bin", name), "--version"); !strings.Contains(got, "version") {
			t.Errorf("%s --version prints %q", name, got)
		}
	}

	// The framework builds an empty package of its own, for which pip fetches setuptools.
	r := startRepository(t, "", bare, "PRE_COMMIT_HOME="+t.TempDir())
	r.write(".pre-commit-config.yaml", []byte(`repos:
  - repo: local
    hooks:
      - id: modelaudit
        name: modelaudit
        entry: modelaudit-hook
        language: python
        additional_dependencies: ["`+wheel+`"]
        always_run: true
        require_serial: true
`))
	r.git("add", ".")
	r.git("commit", "-q", "-m", "config")
	shell(t, r.dir, r.env, filepath.Join(filepath.Dir(python), "pre-commit"), "install")
	r.write("call.pkl", []byte("cos\nsystem\n(S'true'\ntR."))
	r.git("add", ".")
	if got := r.commit(); got.code == 0 || !strings.Contains(got.stderr, "MA101") {
		t.Errorf("commit exits %d: %s", got.code, got.stderr)
	}
	r.git("rm", "-q", "-f", "call.pkl")
	r.write("text", []byte("text\n"))
	r.git("add", ".")
	if got := r.commit(); got.code != 0 {
		t.Errorf("commit exits %d: %s", got.code, got.stderr)
	}
}
