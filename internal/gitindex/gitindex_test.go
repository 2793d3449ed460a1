package gitindex

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOpen(t *testing.T) {
	s := newSandbox(t)
	s.commit("sub/file", "x")
	base := filepath.Dir(s.dir)
	s.run(base, "init", "-q", "--bare", "bare")
	os.Mkdir(filepath.Join(base, "plain"), 0o755)
	index := filepath.Join(s.dir, ".git", "index")
	for _, c := range []struct {
		name, dir string
		env       []string
		index     string
		want      error
	}{
		{name: "top", dir: s.dir, index: index},
		{name: "subdirectory", dir: filepath.Join(s.dir, "sub"), index: index},
		{name: "relative index", dir: s.dir, env: []string{"GIT_INDEX_FILE=.git/other"}, index: filepath.Join(s.dir, ".git", "other")},
		{name: "absolute index", dir: s.dir, env: []string{"GIT_INDEX_FILE=" + filepath.Join(base, "next-index-9.lock")}, index: filepath.Join(base, "next-index-9.lock")},
		{name: "GIT_DIR", dir: s.dir, env: []string{"GIT_DIR=.git"}, index: index},
		{name: "bare", dir: filepath.Join(base, "bare"), want: ErrNoWorkTree},
		{name: "bare, named", dir: base, env: []string{"GIT_DIR=" + filepath.Join(base, "bare")}, want: ErrNoWorkTree},
		{name: "in the git directory", dir: filepath.Join(s.dir, ".git"), want: ErrNoWorkTree},
		{name: "no repository", dir: filepath.Join(base, "plain"), want: ErrNoRepo},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Open(t.Context(), c.dir, append(s.env[:len(s.env):len(s.env)], c.env...))
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err != nil {
				return
			}
			got := []string{r.Top, r.GitDir, r.CommonDir, r.IndexFile, r.ObjectFormat, r.Head}
			want := []string{s.dir, filepath.Join(s.dir, ".git"), filepath.Join(s.dir, ".git"), c.index, "sha1", s.git("rev-parse", "HEAD")}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if _, err := r.Staged(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("no git", func(t *testing.T) {
		t.Setenv("PATH", base)
		if _, err := Open(t.Context(), s.dir, s.env); !errors.Is(err, ErrNoGit) {
			t.Errorf("got %v", err)
		}
	})
}

func TestStaged(t *testing.T) {
	s := newSandbox(t)
	for _, path := range []string{"changed", "deleted", "mode", "moved", "same", "type"} {
		s.commit(path, "content of "+path)
	}
	s.write("changed", "new")
	s.write("added", "a")
	s.write("empty", "")
	s.write("intent", "i")
	s.git("add", "changed", "added", "empty")
	s.git("add", "-N", "intent")
	s.git("rm", "-q", "deleted")
	s.git("mv", "moved", "moved-to")
	s.git("update-index", "--chmod=+x", "mode")
	s.git("update-index", "--cacheinfo", "120000,"+s.git("rev-parse", ":type")+",type")
	s.git("update-index", "--add", "--cacheinfo", "160000,"+s.git("rev-parse", "HEAD")+",link")
	s.write("same", "only in the work tree")
	r := s.open()
	staged, err := r.Staged(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range staged {
		line := string(e.Status) + " " + e.Path
		if e.Empty {
			line += " empty"
		}
		if e.Status != 'D' && e.OID != s.git("rev-parse", ":"+e.Path) {
			t.Errorf("%s: index id %s", e.Path, e.OID)
		}
		if e.Status != 'A' && e.OldOID != s.git("rev-parse", "HEAD:"+e.Path) {
			t.Errorf("%s: HEAD's id %s", e.Path, e.OldOID)
		}
		got = append(got, line)
	}
	want := []string{"A added", "M changed", "D deleted", "A empty empty", "A link", "M mode", "D moved", "A moved-to", "T type"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestStagedUnmerged(t *testing.T) {
	s := newSandbox(t)
	s.commit("f", "first")
	s.git("checkout", "-qb", "side")
	s.commit("f", "side")
	s.git("checkout", "-q", "main")
	s.commit("f", "main")
	s.try(s.dir, "merge", "side")
	r := s.open()
	staged, err := r.Staged(t.Context())
	if err != nil || len(staged) != 1 || staged[0].Status != 'U' {
		t.Errorf("%v, %v", staged, err)
	}
	entries, err := r.Entries(t.Context(), []string{"f"})
	if err != nil || len(entries) != 3 || entries[2].Stage != 3 {
		t.Errorf("%v, %v", entries, err)
	}
	if _, _, err := r.ReadIndexFile(t.Context(), "f"); err == nil {
		t.Error("an unmerged file was read")
	}
}

func TestEntries(t *testing.T) {
	s := newSandbox(t)
	var all []string
	for _, path := range []string{"dir/a", "dir/b", "dirs", "x*"} {
		s.write(path, path)
		all = append(all, path)
	}
	s.git("--literal-pathspecs", "add", ".")
	s.env = append(s.env, "GIT_ICASE_PATHSPECS=1", "GIT_GLOB_PATHSPECS=1") // as git passes on to hooks
	r := s.open()
	many := make([]string, 0, 5000) // more than one command line takes
	for i := range cap(many) {
		many = append(many, strings.Repeat("n", i%50+1)+"/absent")
	}
	for _, c := range []struct {
		name        string
		paths, want []string
	}{
		{"all", nil, all},
		{"none", []string{}, nil},
		{"a directory", []string{"dir"}, []string{"dir/a", "dir/b"}},
		{"no pattern", []string{"d*", "x*"}, []string{"x*"}},
		{"twice", []string{"dirs", "dir/a", "dirs", "dir"}, []string{"dir/a", "dir/b", "dirs"}},
		{"many", append(many, "dirs"), []string{"dirs"}},
		{"an option", []string{"--others"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			entries, err := r.Entries(t.Context(), c.paths)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range entries {
				got = append(got, e.Path)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSmallFiles(t *testing.T) {
	s := newSandbox(t)
	s.commit(".modelaudit.yml", "committed")
	s.commit("large", noise(maxHeld+1))
	s.write(".modelaudit.yml", "staged")
	s.git("add", ".")
	s.git("update-index", "--add", "--cacheinfo", "120000,"+s.git("rev-parse", ":.modelaudit.yml")+",link.yml")
	r := s.open()
	for _, c := range []struct {
		name string
		read func() ([]byte, bool, error)
		want string // "" means absent, "error" an error
	}{
		{"index", func() ([]byte, bool, error) { return r.ReadIndexFile(t.Context(), ".modelaudit.yml") }, "staged"},
		{"index, absent", func() ([]byte, bool, error) { return r.ReadIndexFile(t.Context(), "absent") }, ""},
		{"index, a link", func() ([]byte, bool, error) { return r.ReadIndexFile(t.Context(), "link.yml") }, "error"},
		{"index, large", func() ([]byte, bool, error) { return r.ReadIndexFile(t.Context(), "large") }, "error"},
		{"revision", func() ([]byte, bool, error) { return r.HeadFile(t.Context(), "HEAD", ".modelaudit.yml") }, "committed"},
		{"revision, absent", func() ([]byte, bool, error) { return r.HeadFile(t.Context(), "HEAD^", "large") }, ""},
		{"no such revision", func() ([]byte, bool, error) { return r.HeadFile(t.Context(), "nonsense", "large") }, "error"},
		{"an option", func() ([]byte, bool, error) { return r.HeadFile(t.Context(), "--help", "large") }, "error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, ok, err := c.read()
			got := string(data)
			if err != nil {
				got = "error"
			}
			if got != c.want || ok != (c.want != "" && c.want != "error") {
				t.Errorf("%q, %v, %v", got, ok, err)
			}
		})
	}
}

func TestCheckAttrs(t *testing.T) {
	s := newSandbox(t)
	s.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n*.txt working-tree-encoding=UTF-16 ident eol=crlf\n")
	s.git("add", ".")
	s.write(".gitattributes", "") // the index counts
	got, err := s.open().CheckAttrs(t.Context(), []string{"d/a.bin", "b.txt", "c"})
	want := map[string]Attrs{"d/a.bin": {Filter: "lfs", Text: "unset"}, "b.txt": {Encoding: "UTF-16", Ident: "set", EOL: "crlf"}, "c": {}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

// The repository's own configuration must not run anything, and nothing may
// be fetched.
func TestConfigurationRunsNothing(t *testing.T) {
	s := newSandbox(t)
	s.write(".gitattributes", "* filter=evil diff=evil\n")
	s.commit("model.bin", "content")
	s.git("add", ".")
	s.git("commit", "-qm", "attributes")
	base := filepath.Dir(s.dir)
	s.git("config", "uploadpack.allowFilter", "true")
	s.run(base, "-c", "protocol.file.allow=always", "clone", "-q", "--no-local", "--filter=blob:none", "--no-checkout", s.dir, "partial")
	partial := *s
	partial.dir = filepath.Join(base, "partial")
	partial.git("reset", "-q") // an index, without the blobs
	ran := filepath.Join(base, "ran")
	evil := "touch '" + strings.ReplaceAll(ran, "'", `'\''`) + "';"
	for _, key := range []string{"core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.command", "diff.evil.textconv", "diff.external", "core.pager", "core.sshCommand"} {
		s.git("config", key, evil)
		partial.git("config", key, evil)
	}
	s.env = append(s.env, "GIT_EXTERNAL_DIFF="+evil)
	bad := s.git("rev-parse", "HEAD:model.bin")
	r := s.open()
	_, errStaged := r.Staged(t.Context())
	entries, errEntries := r.Entries(t.Context(), nil)
	_, errAttrs := r.CheckAttrs(t.Context(), []string{"model.bin"})
	_, errEqual := r.WorkTreeEquals(t.Context(), "model.bin", bad)
	oid, errWrite := r.WriteBlob(t.Context(), strings.NewReader("GOOD"), 4)
	errApply := r.Apply(t.Context(), []Edit{{"model.bin", ModeFile, oid, bad}})
	if err := errors.Join(errStaged, errEntries, errAttrs, errEqual, errWrite, errApply); err != nil || len(entries) != 2 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	if _, err := partial.open().OpenBlob(t.Context(), bad); !errors.Is(err, ErrMissing) {
		t.Errorf("a blob that was not fetched: %v", err)
	}
	if exists(ran) {
		t.Error("a program from the configuration ran")
	}
}
