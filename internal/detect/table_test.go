package detect

import (
	"encoding/binary"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// samples has the beginning of a file of each format that is recognised and
// not read, as its library writes it.
func samples() map[audit.Format][]string {
	proto := func(fields ...string) string { return strings.Join(fields, "") }
	counted := func(tag byte, content string) string {
		return string(binary.AppendUvarint([]byte{tag}, uint64(len(content)))) + content
	}
	node := counted(0x0a, counted(0x0a, "x")+counted(0x12, "Placeholder")+counted(0x2a, "\x0a\x05dtype\x12\x020\x01"))
	zeros := strings.Repeat("\x00", 64)
	return map[audit.Format][]string{
		audit.FormatKerasConfig:  {`{"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": []}}`},
		audit.FormatHDF5:         {"\x89HDF\r\n\x1a\n" + zeros},
		audit.FormatGGUF:         {"GGUF\x03\x00\x00\x00"},
		audit.FormatGGML:         {"lmgg" + zeros, "tjgg\x03\x00\x00\x00"},
		audit.FormatTFLite:       {"\x1c\x00\x00\x00TFL3" + zeros},
		audit.FormatExecuTorch:   {"\x1c\x00\x00\x00ET12" + zeros},
		audit.FormatTorchMobile:  {"\x30\x00\x00\x00PTMF" + zeros},
		audit.FormatSavedModel:   {proto("\x08\x01", counted(0x12, counted(0x0a, "\x22\x05serve")+counted(0x12, node))), "saved_model_schema_version: 1\nmeta_graphs {\n"},
		audit.FormatGraphDef:     {node + node + counted(0x22, "\x08\x01"), "node {\n  name: \"x\"\n  op: \"Placeholder\"\n}\n"},
		audit.FormatTFCheckpoint: {"\x00\x00\x08\x08\x01\x1a\x02\x08\x01" + zeros + "\x57\xfb\x80\x8b\x24\x75\x47\xdb"},
		audit.FormatONNX:         {proto("\x08\x08", counted(0x12, "pytorch"), counted(0x3a, counted(0x0a, "\x0a\x01x")+"main_graph"), counted(0x42, "\x0a\x00\x10\x11"))},
		audit.FormatCoreML:       {proto("\x08\x05", counted(0x12, "\x0a\x00"), "\xa2\x1f\x04abcd")},
		audit.FormatPaddle:       {proto(counted(0x0a, "\x08\x00\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"+zeros)), zeros[:16] + "\x06\x00\x00\x00\x08\x05\x10\x02\x10\x02" + zeros},
		audit.FormatPMML:         {"<?xml version=\"1.0\"?>\n<!-- c -->\n<PMML xmlns=\"http://www.dmg.org/PMML-4_4\">"},
		audit.FormatOpenVINO:     {"<?xml version=\"1.0\"?>\n<net name=\"m\" version=\"11\">\n\t<layers>"},
		audit.FormatMLflow:       {"artifact_path: model\nflavors:\n  python_function:\n    env: conda.yaml\n    loader_module: mlflow.sklearn\n"},
		audit.FormatXGBoost:      {"binf\x00\x00", `{"learner":{"attributes":{}`, "{L\x00\x00\x00\x00\x00\x00\x00\x07learner{L\x00\x00\x00\x00"},
		audit.FormatLightGBM:     {"tree\nversion=v4\nnum_class=1\n"},
		audit.FormatCatBoost:     {"CBM1\x00\x00"},
		audit.FormatR:            {"X\n\x00\x00\x00\x03\x00\x04\x03\x01\x00\x03\x05\x00\x00\x00", "RDX3\nX\n\x00\x00\x00\x03", "A\n3\n263168\n197888\n5\nUTF-8\n"},
		audit.FormatTensorRT:     {"ptrt\x00\x00", "ftrt\x00\x00"},
		audit.FormatMXNet:        {"\x12\x01" + zeros, `{"nodes": [{"op": "null", "name": "data", "inputs": []}], "arg_nodes": [0], "heads": [[0, 0, 0]]}`},
		audit.FormatTorch7:       {"\x04\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00V 1\x0d\x00\x00\x00nn.Sequential", "4\n1\n3\nV 1\n13\nnn.Sequential\n"},
		audit.FormatFlax:         {"\x81\xa6params\x81\xa6kernel\xc7\x1a\x01\x93\x92\x02\x02\xa7float32\xc4\x10" + zeros},
		audit.FormatLFSPointer:   {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"},
		audit.FormatPointer:      {"# xet version 0\nfilesize = 5\nhash = 'a'\n", "/annex/objects/SHA256E-s5--0.bin\n", "../../blobs/" + strings.Repeat("0a", 20), "../../../blobs/" + strings.Repeat("f0", 32) + "\n"},
	}
}

// Each format is recognised whatever the file is called, and cut off by one
// byte at the front it is not.
func TestRecognised(t *testing.T) {
	for want, list := range samples() {
		for _, data := range list {
			for _, name := range []string{"x", "x.txt", "model.pkl", "a.json"} {
				if got := formats(t, data, name); !slices.Contains(got, want) {
					t.Errorf("%s named %s: %v", want, name, got)
				}
			}
			if got := formats(t, data[1:], "x"); slices.Contains(got, want) && want != audit.FormatPMML && want != audit.FormatMLflow {
				t.Errorf("%s without its first byte: %v", want, got)
			}
		}
	}
}

// Every line of the table has a sample, but for what is read.
func TestTableHasSamples(t *testing.T) {
	have := samples()
	for _, l := range table() {
		switch l.format {
		case audit.FormatZip, audit.FormatNumpy, audit.Format7z:
		default:
			if have[l.format] == nil {
				t.Errorf("%s: no sample", l.format)
			}
		}
	}
}

// The first byte of a msgpack map of two to four names is an opcode that looks up an extension
// code: an ordinary file of Flax is no pickle, unless it goes on as one.
func TestFlaxIsNoPickle(t *testing.T) {
	array := "\xc7\x1a\x01\x93\x92\x02\x02\xa7float32\xc4\x10" + strings.Repeat("\x00", 16)
	for n, head := range map[int]string{1: "\x81", 2: "\x82", 3: "\x83", 4: "\x84", 5: "\x85"} {
		for _, key := range []string{"\xa6params", "\xa1a", "\xa7encoder", "\xa4step"} {
			data := head + key + "\x81\xa6kernel" + array + strings.Repeat("\xa1b"+array, n-1)
			if got := formats(t, data, "m.msgpack"); !slices.Equal(got, []audit.Format{audit.FormatFlax}) {
				t.Errorf("%d names, the first %q: %v", n, key, got)
			}
		}
	}
	if got := formats(t, "\x82\xa1)Rcos\nsystem\n(Vtrue\ntR."+"\xa1b"+array, "m.msgpack"); !slices.Contains(got, audit.FormatPickle) {
		t.Errorf("what calls something: %v", got)
	}
}

// Neighbours that are no models.
func TestNoModels(t *testing.T) {
	for name, data := range map[string]string{
		"a map of msgpack": "\x81\xa6params\xa5value", "XML": "<net><a/></net>", "an XML comment of PMML": "<a><!-- <PMML > --></a>", "a tree": "tree\nversion 1\n",
		"YAML": "flavors: [vanilla]\n", "a protobuf": "\x08\x01\x12\x03abc", "a protobuf of two texts": "\x0a\x05hello\x12\x05world", "R in text": "A\nB\n", "version": "version 1\n",
		"JSON nodes": `{"nodes": [], "edges": []}`, "learner": `{"learners": 1}`, "an annex": "annex/objects", "empty": "",
	} {
		if got := formats(t, data, "x"); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What lies about on a machine is no model.
func TestOrdinaryTrees(t *testing.T) {
	if testing.Short() {
		t.Skip("reads many files")
	}
	recognised := samples()
	files := 0
	for _, root := range []string{filepath.Join(build.Default.GOROOT, "src"), "/usr/share/doc", "/usr/share/misc", "/usr/lib/python3", "/etc"} {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || files > 30_000 {
				return nil
			}
			f, err := os.Open(path)
			if err != nil {
				return nil
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				return nil
			}
			files++
			got, err := Formats(f, info.Size(), path)
			if err != nil {
				return nil // it cannot be read
			}
			for _, g := range got {
				if recognised[g] != nil && !ModelName(path) {
					t.Errorf("%s: %s", path, g)
				}
			}
			return nil
		})
	}
	if files < 1000 {
		t.Skipf("only %d files", files)
	}
}

// A header of 376 bytes begins as a stream of zlib does.
func TestSafetensorsIsNoZlib(t *testing.T) {
	data := "\x78\x01\x00\x00\x00\x00\x00\x00{}" + strings.Repeat(" ", 374)
	for _, name := range []string{"x.safetensors", "x.pkl"} {
		if got := formats(t, data, name); !slices.Equal(got, []audit.Format{audit.FormatSafetensors}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
