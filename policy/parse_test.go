package policy

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/modelaudit/action/audit"
)

// read returns the files of a folder below testdata by base name.
func read(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", filepath.FromSlash(pattern)))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no file matches testdata/%s (%v)", pattern, err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = data
	}
	return files
}

// Each policy in testdata/errors has beside it exactly what Parse says about it.
// UPDATE_GOLDEN=1 rewrites those files.
func TestParseErrors(t *testing.T) {
	for name, data := range read(t, "errors/*.yml") {
		t.Run(name, func(t *testing.T) {
			p, err := Parse(name, data)
			if err == nil || p != nil {
				t.Fatalf("Parse = %v, %v; want no policy and an error", p, err)
			}
			var first *Error
			if !errors.As(err, &first) || first.Line < 1 || first.Column < 1 || first.File != name {
				t.Errorf("no place in %v", err)
			}
			golden := filepath.Join("testdata", "errors", strings.TrimSuffix(name, ".yml")+".golden")
			got := err.Error() + "\n"
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseAccepts(t *testing.T) {
	for name, data := range read(t, "ok/*.yml") {
		if _, err := Parse(name, data); err != nil {
			t.Error(err)
		}
	}
}

func TestParseContractExample(t *testing.T) {
	data := read(t, "ok/contract.yml")["contract.yml"]
	p, err := Parse(".modelaudit.yml", data)
	if err != nil {
		t.Fatal(err)
	}
	if p.Source != ".modelaudit.yml" || p.SHA256 != digest(data) || p.AfterRewrite != AfterRewriteStop {
		t.Errorf("source %q, sha256 %q, after_rewrite %q", p.Source, p.SHA256, p.AfterRewrite)
	}
	if want := (Limits{MaxFileSize: 20 << 30, Timeout: 10 * time.Minute}); p.Limits != want {
		t.Errorf("limits %+v, want %+v", p.Limits, want)
	}
	if diff := cmp.Diff(map[string]string{"acme.models.Net": "our own class, reviewed"}, p.Trusted()); diff != "" {
		t.Error(diff)
	}
	if !p.NeedsDigest() {
		t.Error("a policy with allow entries needs digests")
	}
	var clauses []string
	for _, r := range p.rules {
		clauses = append(clauses, r.clause)
	}
	if diff := cmp.Diff([]string{"rules[0]", "rules[1]", "standard:rules[0]"}, clauses); diff != "" {
		t.Errorf("own rules come first, then the template's: %s", diff)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "7B": 7, "500MB": 500_000_000, "1KiB": 1024, "20GiB": 20 << 30, "2TB": 2_000_000_000_000,
		"8191TiB": 8191 << 40, "999999999999999999": 999_999_999_999_999_999, "999999TiB": 999_999 << 40,
	} {
		p, err := Parse("p", []byte("version: 1\nlimits: {max_file_size: "+text+"}"))
		if err != nil || p.Limits.MaxFileSize != want {
			t.Errorf("%s: %+v, %v; want %d", text, p, err, want)
		}
	}
	for _, text := range []string{"9223372036854775808", "8388608TiB", "9223372036854775807KB", "1.5GiB", "20 GiB", "20gib", "0", "-1", "1e3", "0x10", "KiB"} {
		if p, err := Parse("p", []byte("version: 1\nlimits: {max_file_size: "+text+"}")); err == nil {
			t.Errorf("%s is taken as %d", text, p.Limits.MaxFileSize)
		}
	}
}

func TestParseBounds(t *testing.T) {
	head := "version: 1\n"
	if _, err := Parse("p", []byte(head+strings.Repeat("#", MaxSize-len(head)))); err != nil {
		t.Errorf("a policy of the greatest size: %v", err)
	}
	if _, err := Parse("p", []byte(head+strings.Repeat("#", MaxSize-len(head)+1))); err == nil {
		t.Error("a policy above the greatest size is accepted")
	}
	_, err := Parse("p", []byte(head+strings.Repeat("x: 1\n", 1000)))
	var all Errors
	if !errors.As(err, &all) || len(all) != maxErrors {
		t.Errorf("%d errors, want %d", len(all), maxErrors)
	}
	if _, err := Parse("p", []byte("version: 1\nrules: "+strings.Repeat("[", 50_000))); err == nil {
		t.Error("50,000 open brackets are accepted")
	}
}

func TestBuiltInIsTheSmallestPolicy(t *testing.T) {
	p, err := Parse("built-in", []byte("version: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, BuiltIn(), cmp.AllowUnexported(Policy{})); diff != "" {
		t.Error(diff)
	}
}

// commentedOut is the comment sign before a line of YAML, as opposed to a sentence.
var commentedOut = regexp.MustCompile(`(?m)^# (  |trust:$|allow:$)`)

func TestTemplates(t *testing.T) {
	for _, name := range Templates() {
		text, ok := Template(name)
		if !ok {
			t.Fatalf("no template %s", name)
		}
		p, err := Parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.rules) == 0 || p.Trusted() == nil || p.NeedsDigest() {
			t.Errorf("%s: want rules, and neither trust nor allow", name)
		}
		// The examples that are commented out must work once the comment signs are gone.
		if _, err := Parse(name, commentedOut.ReplaceAll(text, []byte("$1"))); err != nil {
			t.Errorf("%s without comment signs: %v", name, err)
		}
	}
	if _, ok := Template("lenient"); ok {
		t.Error("there is a template lenient")
	}
}

func TestFileBeatsTemplate(t *testing.T) {
	p, err := Parse("p", []byte("version: 1\nextends: standard\nafter_rewrite: continue\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p.AfterRewrite != AfterRewriteContinue {
		t.Error("the template's after_rewrite wins over the file's")
	}
}

// A rule may name every format that detection knows.
func TestFormatsAreComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "audit", "formats.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []audit.Format
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Format" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared = append(declared, audit.Format(value))
		}
		return true
	})
	less := func(a, b audit.Format) bool { return a < b }
	if diff := cmp.Diff(declared, formats(), cmpopts.SortSlices(less)); diff != "" || len(declared) == 0 {
		t.Errorf("audit's formats against the policy's: %s", diff)
	}
}

func TestRefusedGlobals(t *testing.T) {
	for _, global := range []string{
		"os.path.join", "nt.system", "sys.modules", "runpy.run_path", "_pickle.loads", "cPickle.loads", "importlib.import_module",
		"ctypes.CDLL", "socket.socket", "shutil.rmtree", "operator.attrgetter", "types.FunctionType", "marshal.loads", "code.interact",
		"pty.spawn", "webbrowser.open", "builtins.__import__", "commands.getoutput", "numpy.testing._private.utils.runstring",
		"torch.serialization.load", "torch.jit", "joblib.load", "test.support.script_helper.assert_python_ok", "pip.main",
	} {
		if refused(global) == "" {
			t.Errorf("%s may be trusted", global)
		}
	}
	for _, global := range []string{"acme.models.Net", "__main__.Net", "models.yolo.Model", "argparse.Namespace", "osmodel.Net", "torch.loader.X", "torch.nn.Linear"} {
		if by := refused(global); by != "" {
			t.Errorf("%s is refused by %s", global, by)
		}
	}
}

// FuzzParse: whatever the bytes, Parse returns a policy that can be used, or
// errors that all have a place.
func FuzzParse(f *testing.F) {
	for _, folder := range []string{"ok/*.yml", "errors/*.yml"} {
		for _, data := range read(f, folder) {
			f.Add(data)
		}
	}
	f.Add([]byte("---"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("p.yml", data)
		if err == nil {
			p.Explain(Input{Path: "models/x.pt"})
			p.Matches("models/x.pt")
			bad := &audit.Artifact{Verdict: audit.VerdictIncomplete}
			if out := p.Decide(Input{Path: "models/x.pt", Artifact: bad}); out.Actions[len(out.Actions)-1] != audit.ActionBlock {
				t.Errorf("an unread artifact ends in %v", out.Actions)
			}
			return
		}
		var all Errors
		if p != nil || !errors.As(err, &all) || len(all) == 0 {
			t.Fatalf("Parse = %v, %T", p, err)
		}
		lines := 1
		for _, c := range string(data) {
			if strings.ContainsRune("\n\r\u0085\u2028\u2029", c) {
				lines++
			}
		}
		for _, e := range all {
			if e.Line < 1 || e.Line > lines || e.Column < 1 || e.Msg == "" || strings.ContainsFunc(e.Msg, unicode.IsControl) {
				t.Errorf("error without a place in the file, or with control characters: %q", e)
			}
		}
	})
}

// What Trustable says is what Parse does.
func TestTrustable(t *testing.T) {
	for _, global := range []string{"acme.models.Net", "__main__.Net", "os.system", "logging.Logger", "torch.hub.load", "torch.hubris.Net", "acme", "acme.*", "acme.models.Net\n", ""} {
		doc := fmt.Sprintf("version: 1\ntrust: [{global: %q, reason: x}]\n", global)
		if _, err := Parse("p", []byte(doc)); (err == nil) != Trustable(global) {
			t.Errorf("%q: Trustable is %v, Parse says %v", global, Trustable(global), err)
		}
	}
}
