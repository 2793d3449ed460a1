package scan

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// What real libraries wrote is clean; two files were made to be no such thing.
func TestPrograms(t *testing.T) {
	files, err := filepath.Glob("testdata/programs/*/*")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	more, _ := filepath.Glob("testdata/programs/*/.metadata")
	formats := map[string]audit.Format{"torchscript": audit.FormatTorchScript, "export": audit.FormatTorchExport, "mar": audit.FormatTorchServe, "distributed": audit.FormatTorchDCP}
	for _, f := range append(files, more...) {
		r := scanFile(t, f)
		folder, _, _ := strings.Cut(filepath.Base(filepath.Dir(f)), "-")
		if want := formats[folder]; !slices.Contains(r.Artifact.Formats, want) && filepath.Base(f) != ".metadata" {
			t.Errorf("%s: %v", f, r.Artifact.Formats)
		}
		want := map[string][]string{"saves.pt": {"MA402 aten::save", "MA402 aten::from_file"}, "custom.mar": {"MA403", "MA403"}}[filepath.Base(f)]
		if !slices.Equal(found(r), want) || len(r.Artifact.Coverage.Unread) > 0 {
			t.Errorf("%s: %q, unread %v", f, found(r), r.Artifact.Coverage.Unread)
		}
	}
}

// rewritten is an archive with some members' content changed.
func rewritten(t testing.TB, file string, change func(name, content string) string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var members []member
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, member{f.Name, []byte(change(f.Name, string(content)))})
	}
	return archive(t, zip.Store, members...)
}

// Every spelling that torch 2.15 takes for aten::save, and what cannot be told.
// The first six were run with torch, and wrote the file.
func TestTorchScriptSpellings(t *testing.T) {
	for _, body := range []string{
		`t = torch; t.save(x, path)`, `f = torch.save; f(x, path)`, `getattr(torch, "save")(x, path)`, `getattr(torch, "sa" "ve")(x, path)`,
		`ops.aten.save(x, path)`, `o = ops.aten; o.save(x, path)`, `(torch).save(x, path)`, `torch.autograd.save(x, path)`, `torch . save(x, path)`,
		"y = (torch\n   .save(x, path))", "torch. # comment\n  save(x, path)", `getattr((torch), "save")(x, path)`, `torch.autograd.autograd.save(x, path)`,
		`x.save(path)`, `(x)(path)`, `y[0](path)`, `"x"(path)`, `ops.acme.anything(x)`, `^Function()(x)`, `x.unheard_of(path)`, `y = x.from_file`,
		`__torch__.torch.classes.acme.Thing(x)`, `torch.unheard_of(x)`, `1..save(path)`, `1.e5.save(path)`, "'''a'''.save(path)", `'\''.save(path)`, `f('a\'').save(path)`,
	} {
		data := rewritten(t, "testdata/programs/torchscript-2.15/saves.pt", func(name, content string) string {
			if at := strings.Index(content, "    torch.save"); strings.HasSuffix(name, ".py") && at > 0 {
				return content[:at] + "    " + strings.ReplaceAll(body, "; ", "\n    ") + "\n    return x\n"
			}
			return content
		})
		r := scanBytes(t, "m.pt", data)
		if !slices.ContainsFunc(found(r), func(s string) bool { return strings.HasPrefix(s, "MA402") }) {
			t.Errorf("%s: %q", body, found(r))
		}
	}
	for _, body := range []string{`y = "torch.save(x)"`, "y = 1 # torch.save(x, path)", `y = 'it\'s torch.save(x)'`, `y = torch.relu(x)`, `y = getattr(self, "0")`, `y = (self).forward(x, path)`, `y = 1.5e3`} {
		data := rewritten(t, "testdata/programs/torchscript-2.15/saves.pt", func(name, content string) string {
			if at := strings.Index(content, "    torch.save"); strings.HasSuffix(name, ".py") && at > 0 {
				return content[:at] + "    " + body + "\n    return x\n"
			}
			return content
		})
		expect(t, scanBytes(t, "m.pt", data), "clean")
	}
}

// Each pickle of a TorchScript archive is judged, and only its own classes are
// no finding.
func TestTorchScriptPickles(t *testing.T) {
	evil := string(assemble(t, "PROTO 2; "+payload+"STOP"))
	file := "testdata/programs/torchscript-2.15/mobile.ptl"
	for _, name := range []string{"data.pkl", "constants.pkl", "bytecode.pkl", "mobile_debug_handles.pkl", "callstack_debug_map.pkl", ".debug_pkl"} {
		hit := false
		data := rewritten(t, file, func(member, content string) string {
			if strings.HasSuffix(member, "/"+name) || name[0] == '.' && strings.HasSuffix(member, name) {
				hit = true
				return evil
			}
			return content
		})
		if !hit {
			t.Errorf("no member %s", name)
		}
		expect(t, scanBytes(t, "m.ptl", data), "MA101 os.system")
	}
	for program, want := range map[string]string{
		`GLOBAL "__torch__" "Net"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "a"; BININT1 1; SETITEM; BUILD; STOP`:         "clean",
		`GLOBAL "__torch__" "Net"; BININT1 1; REDUCE; STOP`:                                                               "clean",
		`GLOBAL "__torch__" "Other"; EMPTY_TUPLE; NEWOBJ; STOP`:                                                           "MA110 __torch__.Other",
		`GLOBAL "os" "Net"; EMPTY_TUPLE; NEWOBJ; STOP`:                                                                    "MA101 os.Net",
		`GLOBAL "__torch__" "Net"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "__class__"; BININT1 1; SETITEM; BUILD; STOP`: "MA106 __torch__.Net",
		`GLOBAL "__torch__.torch.classes.dist_rpc" "WorkerInfo"; EMPTY_TUPLE; NEWOBJ; STOP`:                               "MA110 __torch__.torch.classes.dist_rpc.WorkerInfo",
		`GLOBAL "os" "system"; UNICODE "true"; REDUCE; STOP`:                                                              "MA103 os.system",
	} {
		source := []byte("class Net(Module):\n  pass\n")
		data := archive(t, zip.Store, member{"a/data.pkl", assemble(t, "PROTO 2; "+program)}, member{"a/constants.pkl", assemble(t, "PROTO 2; EMPTY_TUPLE; STOP")},
			member{"a/code/__torch__.py", source}, member{"a/code/os.py", source}, member{"a/version", []byte("3\n")})
		r := scanBytes(t, "m.pt", data)
		if want == "MA103 os.system" && slices.Contains(found(r), "MA101 os.system") {
			continue
		}
		expect(t, r, want)
	}
}

func tarOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.data)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNeMo(t *testing.T) {
	weights := checkpoint(t, `EMPTY_DICT; UNICODE "w"; `+aTensor+`SETITEM; STOP`)
	for _, c := range []struct{ config, want string }{
		{"target: nemo.collections.asr.models.EncDecCTCModel\nencoder:\n  _target_: nemo.collections.asr.modules.ConvASREncoder\n", "clean"},
		{"encoder: {_target_: os.system, command: 'true'}\n", "MA404 os.system"},
		{"a: &x builtins.exec\nb: {_target_: *x}\n", "MA404 builtins.exec"},
		{"a: [", "unread"},
	} {
		for _, prefix := range []string{"", "./"} {
			data := tarOf(t, member{prefix + "model_config.yaml", []byte(c.config)}, member{prefix + "model_weights.ckpt", weights}, member{prefix + "tokenizer.vocab", []byte("a\nb\n")})
			expect(t, scanBytes(t, "m.nemo", data), c.want)
			expect(t, scanBytes(t, "m.nemo", wrappings(t)[0].wrap(data)), c.want)
		}
	}
	evil := checkpoint(t, payload+`STOP`)
	expect(t, scanBytes(t, "m.nemo", tarOf(t, member{"model_config.yaml", []byte("a: 1\n")}, member{"model_weights.ckpt", evil})), "MA101 os.system")
}

// A shard is read one archive after another, and what lies between them too.
func TestShards(t *testing.T) {
	good, evil := checkpoint(t, aTensor+`STOP`), checkpoint(t, payload+`STOP`)
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	for i, c := range []struct {
		data []byte
		want string
	}{
		{join(good, good, good), "clean"},
		{join(evil, good, good), "MA101 os.system"},
		{join(good, evil, good), "MA101 os.system"},
		{join(good, good, evil), "MA101 os.system"},
		{join(good, assemble(t, "PROTO 2; "+payload+"STOP"), good, good), "MA101 os.system"},
		{join(assemble(t, "PROTO 2; "+payload+"STOP"), good, good), "MA101 os.system"},
		{join(good, []byte("\x01\x02junk that is nothing"), good), "MA201"},
		{join(good, assemble(t, "PROTO 2; EMPTY_DICT; STOP"), good), "clean"},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) { expect(t, scanBytes(t, "__0_0.distcp", c.data), c.want) })
	}
	// Under any other name two archives are one that readers disagree about.
	if r := scanBytes(t, "m.pt", join(good, good)); r.Artifact.Verdict == audit.VerdictClean {
		t.Error("clean")
	}
}
