package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

const (
	metadata   = `"torch.distributed.checkpoint.metadata" `
	size       = `GLOBAL "torch" "Size"; ` + twoByTwo + `TUPLE1; REDUCE; `
	properties = `EMPTY_TUPLE; NEWOBJ; MARK; GLOBAL "torch" "float32"; GLOBAL "torch.serialization" "_get_layout"; UNICODE "torch.strided"; TUPLE1; REDUCE; NEWFALSE; `
	encoded    = `GLOBAL ` + metadata + `"_MEM_FORMAT_ENCODING"; BININT1 0; TUPLE1; REDUCE; `
	chunk      = `GLOBAL ` + metadata + `"ChunkStorageMetadata"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "offsets"; ` + size + `SETITEM; UNICODE "sizes"; ` + size + `SETITEM; BUILD; `
)

// acceptedState has what BUILD gives to the classes of a distributed checkpoint.
var acceptedState = map[string]string{
	"Metadata":              `EMPTY_DICT; UNICODE "state_dict_metadata"; EMPTY_DICT; SETITEM; UNICODE "planner_data"; NONE; SETITEM; UNICODE "version"; UNICODE "1.0.0"; SETITEM; `,
	"TensorStorageMetadata": `EMPTY_DICT; UNICODE "properties"; GLOBAL ` + metadata + `"TensorProperties"; ` + properties + encoded + `NEWFALSE; TUPLE; BUILD; SETITEM; UNICODE "size"; ` + size + `SETITEM; UNICODE "chunks"; EMPTY_LIST; ` + chunk + `APPEND; SETITEM; `,
	"ChunkStorageMetadata":  `EMPTY_DICT; UNICODE "offsets"; ` + size + `SETITEM; `,
	"BytesStorageMetadata":  `EMPTY_DICT; `,
	"MetadataIndex":         `EMPTY_DICT; UNICODE "fqn"; UNICODE "w"; SETITEM; UNICODE "offset"; ` + size + `SETITEM; UNICODE "index"; NONE; SETITEM; `,
	"StorageMeta":           `EMPTY_DICT; UNICODE "save_id"; UNICODE "x"; SETITEM; UNICODE "modules"; EMPTY_LIST; SETITEM; `,
	"DeviceMesh":            `EMPTY_DICT; UNICODE "_dim_group_names"; EMPTY_LIST; UNICODE "0"; APPEND; SETITEM; `,
	"_MeshLayout":           `EMPTY_DICT; UNICODE "axes"; EMPTY_TUPLE; SETITEM; `,
	"_FlatLayout":           `EMPTY_DICT; UNICODE "shape"; EMPTY_TUPLE; SETITEM; `,
	"DTensorSpec":           `EMPTY_DICT; UNICODE "placements"; EMPTY_TUPLE; SETITEM; `,
	"Shard":                 `EMPTY_DICT; UNICODE "dim"; BININT1 0; SETITEM; `,
	"Replicate":             `EMPTY_DICT; `,
	"Partial":               `EMPTY_DICT; UNICODE "reduce_op"; UNICODE "sum"; SETITEM; `,
	"_StridedShard":         `EMPTY_DICT; UNICODE "split_factor"; BININT1 2; SETITEM; `,
	"_StorageInfo":          `EMPTY_DICT; UNICODE "relative_path"; UNICODE "__0_0.distcp"; SETITEM; UNICODE "offset"; BININT1 0; SETITEM; UNICODE "length"; BININT1 9; SETITEM; `,
}

// acceptedProgram is a program that uses a name as it was meant.
func acceptedProgram(module, name string) (string, bool) {
	load := fmt.Sprintf("PROTO 2; GLOBAL %q %q; ", module, name)
	switch {
	case module == "torch.jit._pickle" && name == "restore_type_tag":
		return load + `EMPTY_DICT; UNICODE "Dict[str, int]"; TUPLE2; REDUCE; STOP`, true
	case module == "torch.jit._pickle" && name == "build_tensor_from_id":
		return load + `BININT1 0; TUPLE1; REDUCE; STOP`, true
	case module == "torch.jit._pickle":
		return load + `EMPTY_LIST; BININT1 1; APPEND; TUPLE1; REDUCE; STOP`, true
	case strings.HasSuffix(name, "MEM_FORMAT_ENCODING"):
		return load + `BININT1 0; TUPLE1; REDUCE; STOP`, true
	case name == "TensorProperties":
		return load + properties + encoded + `NEWFALSE; TUPLE; BUILD; STOP`, true
	case module == dtensorSpec && name == "TensorMeta":
		return load + size + `BININT1 2; BININT1 1; TUPLE2; GLOBAL "torch" "float32"; TUPLE3; NEWOBJ; STOP`, true
	case module == dtensorSpec && name == "ShardOrderEntry":
		return load + `BININT1 0; BININT1 0; TUPLE1; TUPLE2; NEWOBJ; STOP`, true
	case acceptedState[name] != "" && strings.HasPrefix(module, "torch.distributed."):
		return load + `EMPTY_TUPLE; NEWOBJ; ` + acceptedState[name] + `BUILD; STOP`, true
	}
	program, ok := accepted[strings.TrimPrefix(strings.Replace(module, "numpy._core", "numpy.core", 1), "sklearn.externals.")+"."+name]
	return program, ok
}

// A distributed tensor holds a tensor and how it is distributed, and nothing else.
func TestDistributedTensor(t *testing.T) {
	const wrapped = `PROTO 2; GLOBAL "torch._tensor" "_rebuild_from_type_v2"; MARK; GLOBAL "torch._utils" "_rebuild_wrapper_subclass"; GLOBAL "torch.distributed.tensor" "DTensor"; MARK; ` +
		`GLOBAL "torch.distributed.tensor" "DTensor"; GLOBAL "torch" "float32"; ` + twoByTwo + twoByTwo + `BININT1 0; GLOBAL "torch.serialization" "_get_layout"; UNICODE "torch.strided"; TUPLE1; REDUCE; ` +
		`GLOBAL "torch" "device"; UNICODE "cpu"; TUPLE1; REDUCE; NEWFALSE; TUPLE; NONE; EMPTY_DICT; UNICODE %q; %sSETITEM; TUPLE2; TUPLE; REDUCE; STOP`
	spec := `GLOBAL "` + dtensorSpec + `" "DTensorSpec"; EMPTY_TUPLE; NEWOBJ; ` + acceptedState["DTensorSpec"] + `BUILD; `
	for _, c := range []struct {
		key, value string
		clean      bool
	}{
		{"_spec", spec, true},
		{"_spec", `BININT1 0; `, false},
		{"__class__", spec, false},
		{"_local_tensor", evil, false},
	} {
		if got := found(judgeProgram(t, fmt.Sprintf(wrapped, c.key, c.value))); (len(got) == 0) != c.clean {
			t.Errorf("%s %s: %q", c.key, c.value, got)
		}
	}
	for _, program := range []string{
		`PROTO 2; GLOBAL "torch.distributed.device_mesh" "DeviceMesh"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "get_rank"; NONE; SETITEM; BUILD; STOP`,
		`PROTO 2; GLOBAL "torch.distributed.device_mesh" "DeviceMesh"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "_hash"; ` + evil + `SETITEM; BUILD; STOP`,
		`PROTO 2; GLOBAL "torch.distributed.device_mesh" "DeviceMesh"; UNICODE "cpu"; EMPTY_TUPLE; TUPLE2; REDUCE; STOP`,
	} {
		if got := found(judgeProgram(t, program)); len(got) == 0 {
			t.Errorf("clean: %s", program)
		}
	}
}

// A state of another shape is a finding: the reader of a distributed checkpoint
// unpickles the files that relative_path names.
func TestDistributedStates(t *testing.T) {
	info := `PROTO 2; GLOBAL "torch.distributed.checkpoint.filesystem" "_StorageInfo"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "relative_path"; UNICODE %q; SETITEM; BUILD; STOP`
	for path, want := range map[string]bool{"__0_0.distcp": true, "a/b": false, "..a": false, "a/x.distcp": false, "notes.txt": false, "../x.distcp": false, "../x": false, "/etc/x": false, "a/../../x": false, `..\\x`: false, `..\\x.distcp`: false, "C:x.distcp": false, "": false} {
		if got := found(judgeProgram(t, fmt.Sprintf(info, path))); (len(got) == 0) != want {
			t.Errorf("%q: %q", path, got)
		}
	}
	for _, program := range []string{
		`PROTO 2; GLOBAL ` + metadata + `"Metadata"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "__class__"; NONE; SETITEM; BUILD; STOP`,
		`PROTO 2; GLOBAL ` + metadata + `"MetadataIndex"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "__hash__"; NONE; SETITEM; BUILD; STOP`,
		`PROTO 2; GLOBAL ` + metadata + `"TensorProperties"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; BUILD; STOP`,
	} {
		if got := found(judgeProgram(t, program)); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "MA106") }) {
			t.Errorf("%s: %q", program, got)
		}
	}
}

func TestListedTarget(t *testing.T) {
	for name, want := range map[string]bool{
		"torch.ops.aten.add.Tensor": true, "torch.ops.aten.linear.default": true, "torch.ops.higher_order.cond": true, "_operator.mul": true,
		"math.ceil": true, "torch.sym_max": true, "torch._sym_sqrt": true, "torch.ops.torchvision.nms.default": true,
		"torch.os.system": false, "torchx.os.system": false, "torch.load": false, "torch.ops.load_library": false, "torch.ops.aten.save.default": false,
		"torch.ops.aten.add.Tensor.__class__": false, "torch.ops.aten.add.__init__": false, "_operator.attrgetter": false, "_operator.methodcaller": false,
		"math.__loader__": false, "torch.ops.higher_order.triton_kernel_wrapper_mutation": false, "torch.ops.acme.op.default": false, "torch.sym_a.b": false, "": false,
	} {
		if got := ListedTarget(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPlainExpression(t *testing.T) {
	for text, want := range map[string]bool{
		"s0": true, "2*s0 + 1": true, "s0//2 <= 4": true, "-u4 < 0": true, "Symbol('s77', positive=True, integer=True)": true, "Mul(Integer(2), Symbol('s6'))": true,
		"Float('0.5', precision=53)": true, "FloorDiv(s0, 2)": true, "1.5": true, "1e-5": true, "": true,
		"__import__('os').system('true')": false, "exec('x')": false, "Symbol('s').__class__": false, "s0.x": false, "1..__class__": false, "S('x')": false, "sympify('x')": false,
		"(exec)((chr)(95))": false, "(open)('zzzfile','w')": false, "exec": false, "Max(exec, 1)": false, "(Symbol)('s0')": false, "Symbol ('s0')": true, "Symbol('s0')('x')": false,
		"Symbol('s0', exec=1)": false, "Max(Integer, 1)('x')": false, "1('x')": false, "1..real": false, "1.real": false, "1 .real": false, "s0 (1)": false, "1.5.real": false, "Max('exec', 1)": false,
		"Symbol('s0', integer=exec)": false, "u0 <= int_oo": true, "(2*s0)*(s1 + 1)": true, "And(s0 > 1, zuf3 < 2)": true, "Piecewise((1, s0 > 2), (2, True))": true, "'s0'": false, "s0 + lambda": false,
		"Float('1.0000000000000001e-9', precision=53)": true, "Rational(1, 2)": true, "Max(3, -oo)": true, "ＥＸＥＣ": false, "ITE(s0 > 1, ~(s1 != 2), true)": true,
		"Symbol('a b')": false, "'a'('b')": false, "[x for x in y]": false, "x['a']": false, "lambda: 0": false, "Symbol(\"__x\")": false, "a;b": false, "Symbol('x": false,
	} {
		if got := PlainExpression(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// TestExpressionsEnd has texts that would keep the loader busy, and their
// neighbours.
func TestExpressionsEnd(t *testing.T) {
	for text, want := range map[string]bool{
		"s0**2 + 1048576": true, "9223372036854775807": true, "2**63 - 1": true, "(64**64)**64": true, "Pow(Symbol('s0'), Integer(-1))": true, "2**s0": true,
		"PowByNatural(2, s0)": true, "FloatPow(s0, 0.5)": true, "s0**-2": true, "1 << 10": true, "exp(s0/2)": true, "exp(10)": true, "Float('1e-320', precision=53)": true,
		"9**9**9**9": false, "Pow(9, Pow(9, Pow(9, 9)))": false, "9**(9**9)": false, "((9**99)**999)**999": false, "1 << 9999999999": false, "LShift(1, 9999999999)": false,
		"PowByNatural(9, 9999999999)": false, "Integer(9)**Integer('999999999')": false, "1e999999999": false, "Float('1e999999999')": false, "1e-999999999": false,
		"Float('1', precision=999999999)": false, "Float('1', 999999999)": false, "s0**999999999": false, "exp(exp(exp(3)))": false, "exp(2**9999)": false, "Max(1, 9**9**9)": false, "1 + (2*9**9**9)": false,
		"2**s0**s0": false, "s0**-999999999": false, "s0**(s1*2)": false, strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200): false, strings.Repeat("9", 5000): false, "Max(*s0)": false, "1 +": false,
	} {
		if got := PlainExpression(text); got != want {
			t.Errorf("%.60s: %v", text, got)
		}
	}
	for text, want := range map[string]bool{
		"L['x'].size()[0]**2 % 4 == 0": true, "L['x'].size()[0] << 3 == 8": true, "9**9**9 == 1": false, "(9**999999999) == 1": false, "9**(9**9) == 1": false,
		"(((9**64)**64)**64)**64 == 1": false, "1 << 9999999999 == 1": false, "1e999999999 == 1": false,
	} {
		if got := PlainGuard(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestPlainGuard(t *testing.T) {
	for text, want := range map[string]bool{
		"L['x'].size()[0] == 2*L['y'].size()[1]": true, "torch.sym_max(1, L['x'].size()[0]) != 0": true, "L['d']['a.b'].stride()[0] >= 1": true,
		"L['x'].size()[0] == __import__('os').system('true')": false, "L['x'].save()": false, "torch.load('x')": false, "L[\"a' + x + 'b\"] == 1": false,
		"(exec)('x')": false, "(L)(1)": false, "L['x'](1)": false, "L['x'].size()(1)": false, "L['x'].size()[0](1)": false, "(max)(1)": false, "(torch).load(1)": false, "1..real()": false, "1 .dim()": false,
		"L['x'].dim ( )": true, "not (L['x'].size()[0] == 2 and (1 < 2))": true, "''(1)": false, "x": false, "L['x'] = 1": false, "max(1, L['x'].size()[0]) <= 4": true,
		"True\n": false, "L['x'].size == 1": false, "exec('x')": false, "torch == 1": true, "L(1)": false, "math.floor(L['x'].size()[0]/2) == 2": true,
	} {
		if got := PlainGuard(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestListedConfigTarget(t *testing.T) {
	for name, want := range map[string]bool{
		"nemo.collections.asr.modules.ConvASREncoder": true, "torch.nn.Linear": true, "torch.optim.AdamW": true, "transformers.BertConfig": true,
		"os.system": false, "torch.load": false, "torch.hub.load": false, "torch.nn._Os": false, "nemo.collections.x.load": false, "torch.nn.os.system": false, "${x}": false, "": false, "transformers.AutoModel.from_pretrained": false,
	} {
		if got := ListedConfigTarget(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestCalled: a name that a loader looks up to call it is critical where the call of it in
// a pickle is, however it is reached; an operator or a name that nobody knows is not.
func TestCalled(t *testing.T) {
	for name, want := range map[string]audit.Severity{
		"os.system": audit.Critical, "torch.os.system": audit.Critical, "torch._dynamo.external_utils.os.system": audit.Critical, "torch.hub.load": audit.Critical,
		"acme.models.Net": audit.High, "torch.ops.acme.run": audit.High, "torch._C.other": audit.High, "system": audit.High,
	} {
		if f := Called("MA402", audit.Location{}, name, "it is called"); f.Severity != want || f.Callable != name {
			t.Errorf("%s: %s, want %s", name, f.Severity, want)
		}
	}
}
