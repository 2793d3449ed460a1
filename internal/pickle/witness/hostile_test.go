package witness

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/internal/safeio"
)

func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

func global1(module, name string) string { return "c" + module + "\n" + name + "\n" }

func pid(key string) string {
	return "(" + text("storage") + global1("torch", "FloatStorage") + text(key) + text("cpu") + "K\x18tQ"
}

const hooks = "\x89" + "ccollections\nOrderedDict\n)R" // requires_grad, hooks

// rebuild is a call of _rebuild_tensor_v2 with offset 0, size as given, stride (1,).
func rebuild(key, size string) string {
	return global1("torch._utils", "_rebuild_tensor_v2") + "(" + pid(key) + "K\x00" + size + "K\x01\x85" + hooks + "tR"
}

// aModule is an object of acme.Net with those items in its mappings and state.
func aModule(parameters, buffers, modules, more string) string {
	return global1("acme", "Net") + ")\x81}(" + text("_parameters") + "}(" + parameters + "u" + text("_buffers") + "}(" + buffers + "u" + text("_modules") + "}(" + modules + "u" + more + "ub"
}

func tensorNamed(key string) string { return rebuild(key, "K\x02\x85") }

func decode(s string) Result {
	return Decode(strings.NewReader(s), 0, int64(len(s)), safeio.Limits{})
}

func TestDecodeMeaning(t *testing.T) {
	a, b := tensorNamed("a"), tensorNamed("b")
	fromType := global1("torch._tensor", "_rebuild_from_type_v2") + "(" + global1("torch._utils", "_rebuild_tensor_v2") +
		global1("torch", "Tensor") + "(" + pid("a") + "K\x00K\x02\x85K\x01\x85" + hooks + "t"
	f8 := global1("numpy", "dtype") + "(" + text("f8") + "\x89\x88tR(K\x03" + text("<") + "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
	array := func(dtype string) string {
		return global1("numpy._core.numeric", "_frombuffer") + "(C\x08........" + dtype + "K\x01\x85" + text("C") + "tR"
	}
	tests := []struct {
		name, stream string
		paths        string // of the tensors, joined, each followed by its key
		refuse       string
	}{
		{"dict", "}(" + text("x") + a + "K\x07" + b + "u.", "x a|7 b", ""},
		{"list in tuple", "](" + a + "(" + b + "Nte.", "0 a|1.0 b", ""},
		{"shared object, one entry a path", "](" + a + "q\x00h\x00e.", "0 a|1 a", ""},
		{"result of a payload is dropped", global1("builtins", "print") + "(" + text("hi") + "tR0" + a + ".", " a", ""},
		{"result of a payload is kept beside", "](" + global1("builtins", "print") + ")R" + a + "e.", "1 a", ""},
		{"payload around a tensor", global1("builtins", "id") + a + "\x85R.", "", `a tensor inside "builtins.id"`},
		{"size changed after the call", "](]q\x00K\x02a0" + rebuild("a", "h\x00") + "h\x00K\x05a0e.", "0 a", ""},
		{"size is the result of a call", rebuild("a", global1("builtins", "print")+")R") + ".", "", "odd arguments"},
		{"set_ by BUILD", a + "(K\x00tb.", "", "BUILD on a tensor"},
		{"state with data", fromType + "}" + text("data") + b + "stR.", "", "may change a tensor"},
		{"state with a tensor", fromType + "}" + text("note") + b + "stR.", "", "attributes of a tensor"},
		{"plain state", fromType + "}" + text("note") + "NstR.", " a", ""},
		{"slot state with __class__", fromType + "N}" + text("__class__") + "Ns\x86tR.", "", "may change a tensor"},
		{"keys 1 and True", "}(K\x01" + a + "\x88Nu.", "", "colliding keys"},
		{"keys 1 and 1.0", "}(K\x01" + a + "G\x3f\xf0\x00\x00\x00\x00\x00\x00Nu.", "", "colliding keys"},
		{"equal texts", "}(" + text("k") + a + text("k") + b + "u.", "", "colliding keys"},
		{"equal texts in an ordered dict: the last wins", global1("collections", "OrderedDict") + ")R(" + text("k") + a + text("k") + b + "u.", "k b", ""},
		{"colliding keys without tensors", "](}(K\x01N\x88Nu" + a + "e.", "1 a", ""},
		{"tuple as key", "}K\x01\x85" + a + "s.", "(1,) a", ""},
		{"tuple of an object as key", "}" + global1("acme", "Net") + ")\x81\x85" + a + "s.", "", "no plain value"},
		{"tensor as key", "}" + a + "Ns.", "", "a tensor as a key"},
		{"tensor in a set", "\x8f(" + a + "\x90.", "", "in a set"},
		{"tensor in an attribute", global1("collections", "OrderedDict") + ")R}" + text("x") + a + "sb.", "", "attribute of a dictionary"},
		{"tensor in a state", global1("acme", "Net") + ")\x81}" + text("x") + a + "sb.", "", `inside "acme.Net"`},
		{"a module", aModule(text("weight")+a+text("none")+"N", text("mean")+b, text("0")+aModule(text("w")+a, "", "", ""), "") + ".", "weight a|mean b|0.w a", ""},
		{"a buffer that is not persistent", aModule("", text("mean")+b+text("x")+a, "", text("_non_persistent_buffers_set")+global1("__builtin__", "set")+"]"+text("x")+"a\x85R") + ".", "mean b", ""},
		{"a parameter that is an attribute too", aModule(text("weight")+a+"q\x09", "", "", text("also")+"h\x09") + ".", "weight a", ""},
		{"a tensor that is an attribute only", aModule(text("weight")+a, "", "", text("also")+b) + ".", "", "in an attribute of a module"},
		{"a module made with arguments", strings.Replace(aModule(text("weight")+a, "", "", ""), ")\x81", "K\x01\x85\x81", 1) + ".", "", `inside "acme.Net"`},
		{"storage alone", "]" + pid("a") + "a.", "", "a storage without a tensor"},
		{"BUILD on a name", global1("acme", "Net") + "}b0" + a + ".", "", `changes "acme.Net"`},
		{"rebuild by NEWOBJ", strings.TrimSuffix(a, "R") + "\x81.", "", "a tensor inside"},
		{"container inside itself", "]q\x00h\x00a" + a + "a.", "", "inside itself"},
		{"meta tensor", global1("torch._utils", "_rebuild_meta_tensor_no_storage") + ")R.", "", "is not modelled"},
		{"old rebuild", global1("torch._utils", "_rebuild_tensor") + "(" + pid("a") + "K\x00)" + ")tR.", " a", ""},
		{"module persistent id", "](" + text("module") + global1("acme", "Net") + text("f.py") + text("src") + "tQa" + a + "a.", "1 a", ""},
		{"array", array(f8) + ".", " ", ""},
		{"dtype changed after use", "](" + array(f8+"q\x05") + "h\x05(K\x03" + text(">") + "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbe.", "", "changed after its use"},
		{"long key", "}" + text(strings.Repeat("k", 5000)) + a + "s.", "", "no plain value"},
		{"long text elsewhere", "](" + text(strings.Repeat("k", 500_000)) + a + "e.", "1 a", ""},
		{"forged mark", "](" + text(cutPrefix+"7") + a + "e.", "", "a mark of ours"},
		{"empty LONG1 and LONG4", "](\x8a\x00\x8b\x00\x00\x00\x00" + a + "e.", "2 a", ""},
		{"frame that ends inside an opcode", "\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00" + a + ".", " a", ""},
		{"instance of a class by INST", "(icollections\nOrderedDict\n" + text("k") + a + "s.", "k a", ""},
		{"bytes in a set", "](\x8f(C\x01a\x90" + a + "e.", "", "panicked"},
		{"dictionary class", "](cbuiltins\ndict\n)R" + a + "e.", "", "builtins.dict"},
		{"dictionary class by STACK_GLOBAL", "](" + text("builtins") + text("dict") + "\x93)R" + a + "e.", "", "builtins.dict"},
		{"escapes in a text", "V\\u006fs\n.", "", "escapes"},
		{"memo entry not set", "h\x05.", "", "memo entry 5"},
		{"joblib", global1("joblib.numpy_pickle", "NumpyArrayWrapper") + ")\x81.", "", "joblib"},
		{"array.array", global1("array", "_array_reconstructor") + ".", "", "array.array"},
		{"extension code", "\x82\x01.", "", "opcode 0x82 at 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := decode(tt.stream)
			if tt.refuse != "" {
				if !strings.Contains(got.NotApplicable, tt.refuse) {
					t.Fatalf("got %q, want a refusal with %q", got.NotApplicable, tt.refuse)
				}
				return
			}
			var paths []string
			for _, x := range got.Tensors {
				paths = append(paths, strings.Join(x.Path, ".")+" "+x.Key)
			}
			if s := strings.Join(paths, "|"); got.NotApplicable != "" || s != tt.paths {
				t.Fatalf("got %q, %q; want %q", s, got.NotApplicable, tt.paths)
			}
		})
	}
}

func TestSizeIsThatOfTheCall(t *testing.T) {
	got := decode("](]q\x00K\x02a0" + rebuild("a", "h\x00") + "h\x00K\x05a0e.")
	if len(got.Tensors) != 1 || !cmp.Equal(got.Tensors[0].Size, []int64{2}) {
		t.Errorf("got %+v", got)
	}
}

func u64(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }

// TestDecodeIsBounded holds streams that gopickle alone dies of.
func TestDecodeIsBounded(t *testing.T) {
	long := strings.Repeat
	cycle := "]q\x00h\x00a" // a list inside itself
	tests := []struct {
		name, stream string
		most         uint64 // bytes allocated
	}{
		{"unknown opcode", "\xff", 1 << 20},
		{"odd SETITEMS", "}(K\x01u.", 1 << 20},
		{"odd DICT", "(K\x01d.", 1 << 20},
		{"bytes as ordered dict key", "ccollections\nOrderedDict\n)RC\x01aNs.", 1 << 20},
		{"frozenset of bytes", "(C\x01a\x91.", 1 << 20},
		{"BINBYTES8 of 2^63-1", "\x8e" + u64(1<<63-1) + ".", 1 << 20},
		{"BINBYTES8 of 2^64-1", "\x8e" + u64(1<<64-1) + ".", 1 << 20},
		{"BINBYTES8 of 2^35", "\x8e" + u64(1<<35) + ".", 1 << 20},
		{"BINUNICODE8 of 2^33", "\x8d" + u64(1<<33) + ".", 1 << 20},
		{"BYTEARRAY8 of 2^33", "\x96" + u64(1<<33) + ".", 1 << 20},
		{"FRAME of 2^63", "\x95" + u64(1<<63) + "N.", 1 << 20},
		{"FRAME in a frame", "\x95" + u64(90) + "\x95" + u64(90) + "N.", 1 << 20},
		{"BINBYTES of 3.8 GB", "\x42\x68\xc0\xe0\xe4", 1 << 20},
		{"negative BINSTRING", "T\xff\xff\xff\xff.", 1 << 20},
		{"negative LONG4", "\x8b\xff\xff\xff\xff.", 1 << 20},
		{"long LONG4", "\x8b\x00\x00\x10\x00" + long("\x01", 1<<20) + ".", 1 << 20},
		{"long INT line", "I" + long("1", 1<<20) + "\n.", 1 << 20},
		{"giant memo index", "Nr\xff\xff\xff\xff0j\xff\xff\xff\xff.", 1 << 20},
		{"call of a cycle", cycle + ")R.", 1 << 20},
		{"BUILD on a cycle", cycle + "}" + "K\x01Nsb.", 1 << 20},
		{"NEWOBJ of a cycle", cycle + ")\x81.", 1 << 20},
		{"call of big bytes", "B\x00\x00\x40\x00" + long("a", 4<<20) + ")R.", 1 << 20},
		{"ordered dict of big bytes", "ccollections\nOrderedDict\n(B\x00\x00\x40\x00" + long("a", 4<<20) + "tR.", 1 << 20},
		{"many marks", long("(", 5_000_000), 600 << 20},
		{"marks just under the limit", long("(", 830_000) + "N.", 600 << 20},
		{"sets just under the limit", long("\x8f", 890_000) + ".", 600 << 20},
		{"many duplicates", "N" + long("2", 10_000_000) + ".", 600 << 20},
		{"many memo entries", "N" + long("\x94", 10_000_000) + ".", 600 << 20},
		{"many sets", long("\x8f", 5_000_000) + ".", 600 << 20},
		{"many states of one object", "cx\ny\n)R" + long("Nb", 1_000_000) + ".", 600 << 20},
		{"deep list", long("]", 500_000) + long("a", 499_999) + ".", 600 << 20},
		{"deep list with a tensor", long("]", 50_000) + tensorNamed("a") + long("a", 50_000) + ".", 64 << 20},
		{"tuple bomb", "N" + long("2\x86", 200) + ".", 1 << 20},
		{"tuple bomb with a tensor", tensorNamed("a") + long("2\x86", 60) + ".", 600 << 20},
		{"list that grows itself", "]" + long("2(NNNNe", 100) + ".", 1 << 20},
		{"empty", "", 1 << 20},
		{"STOP alone", ".", 1 << 20},
		{"POP at a mark", "(0.", 1 << 20},
		{"NaN key", "}(G\x7f\xf8\x00\x00\x00\x00\x00\x00" + tensorNamed("a") + "u.", 1 << 20},
		{"infinite key", "}(G\x7f\xf0\x00\x00\x00\x00\x00\x00N" + text("k") + tensorNamed("a") + "u.", 1 << 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := decode(tt.stream)
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > tt.most {
				t.Errorf("%d bytes allocated, want at most %d", n, tt.most)
			} else {
				t.Logf("%d bytes, %q, %d tensors", n, got.NotApplicable, len(got.Tensors))
			}
			if got.NotApplicable != "" && got.Tensors != nil {
				t.Error("tensors beside a refusal")
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for name, e := range entries(f) {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[e.Start:])
	}
	f.Add([]byte("}(K\x01" + tensorNamed("a") + "\x88Nu."))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := Decode(bytes.NewReader(data), 0, int64(len(data)), safeio.Limits{})
		if got.NotApplicable != "" && got.Tensors != nil {
			t.Error("tensors beside a refusal")
		}
		if strings.ContainsFunc(got.NotApplicable, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("control characters in %q", got.NotApplicable)
		}
		for _, x := range got.Tensors {
			if len(x.Size) != len(x.Stride) && x.Data.Len > 0 {
				t.Errorf("%d sizes, %d strides", len(x.Size), len(x.Stride))
			}
			if x.Data.Off < 0 || x.Data.Len < 0 || x.Data.Off > int64(len(data))-x.Data.Len {
				t.Errorf("bytes at %+v of %d", x.Data, len(data))
			}
		}
		// The frames and what follows STOP mean nothing.
		again := Decode(bytes.NewReader(append(data[:len(data):len(data)], "junk"...)), 0, int64(len(data))+4, safeio.Limits{})
		if got.NotApplicable == "" && !cmp.Equal(got, again) {
			t.Error("bytes behind STOP change the result")
		}
	})
}
