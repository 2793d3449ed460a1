package pytorch

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/pickle"
	"github.com/modelaudit/action/internal/tree"
)

func (p *pickler) plain(v any) {
	switch v := v.(type) {
	case nil:
		p.code(pickle.OpNone)
	case bool:
		p.bool(v)
	case string:
		p.text(v)
	case int64:
		p.int(v)
	case *big.Int:
		p.op(pickle.Op{Code: pickle.OpLong1, Big: v})
	case float64:
		p.op(pickle.Op{Code: pickle.OpBinFloat, Float: v})
	default:
		p.err = fmt.Errorf("a %T cannot be written", v)
	}
}

// batch is how many items CPython writes at a time (_BATCHSIZE in Lib/pickle.py).
const batch = 1000

func (p *pickler) appends(items []*tree.Value) {
	for len(items) > 0 {
		n := min(batch, len(items))
		p.code(pickle.OpMark)
		for _, item := range items[:n] {
			p.value(item)
		}
		p.code(pickle.OpAppends)
		items = items[n:]
	}
}

// tuple writes a tuple. What pickle does for one that holds itself needs an
// opcode that torch's loader does not know.
func (p *pickler) tuple(v *tree.Value) {
	if p.open[v] && p.err == nil {
		p.err = errors.New("a tuple that holds itself, which torch.load(weights_only=True) does not take")
	}
	if len(v.Items) == 0 {
		p.code(pickle.OpEmptyTuple)
		return
	}
	p.open[v] = true
	defer delete(p.open, v)
	p.code(pickle.OpMark)
	for _, item := range v.Items {
		p.value(item)
	}
	p.code(pickle.OpTuple)
	p.keep(v)
}

func (p *pickler) mapping(v *tree.Value) {
	switch {
	case v.Tag == tree.TagOrdered:
		p.empty("collections", "OrderedDict")
	case v.Class == "collections.Counter":
		p.empty("collections", "Counter")
	default:
		p.code(pickle.OpEmptyDict)
	}
	p.keep(v)
	p.setItems(v.Pairs)
	if len(v.Attrs) > 0 {
		p.code(pickle.OpEmptyDict)
		p.setItems(v.Attrs)
		p.code(pickle.OpBuild)
	}
}

// empty calls a class without arguments.
func (p *pickler) empty(module, name string) {
	p.global(module, name)
	p.code(pickle.OpEmptyTuple, pickle.OpReduce)
}

func (p *pickler) setItems(pairs [][2]*tree.Value) {
	for len(pairs) > 0 {
		n := min(batch, len(pairs))
		p.code(pickle.OpMark)
		for _, kv := range pairs[:n] {
			p.value(kv[0])
			p.value(kv[1])
		}
		p.code(pickle.OpSetItems)
		pairs = pairs[n:]
	}
}

// bytes are written as CPython writes them below protocol 3: as text that is encoded.
func (p *pickler) bytes(v *tree.Value) {
	if v.Class == "bytearray" {
		p.global("__builtin__", "bytearray")
	}
	p.global("_codecs", "encode")
	var b strings.Builder
	for _, c := range v.Bytes {
		b.WriteRune(rune(c))
	}
	p.text(b.String())
	p.often("latin1")
	p.code(pickle.OpTuple2, pickle.OpReduce)
	if v.Class == "bytearray" {
		p.code(pickle.OpTuple1, pickle.OpReduce)
	}
	p.keep(v)
}

// named writes a dtype or a device.
func (p *pickler) named(v *tree.Value) {
	if v.Class == "torch.dtype" {
		p.global("torch", strings.TrimPrefix(v.Text, "torch."))
		return
	}
	kind, index, ok := strings.Cut(v.Text, ":")
	n, err := strconv.ParseInt(index, 10, 32)
	if ok && err != nil {
		p.err = fmt.Errorf("%.80q is no device", v.Text)
	}
	p.global("torch", "device")
	p.text(kind)
	if ok {
		p.int(n)
		p.code(pickle.OpTuple2, pickle.OpReduce)
	} else {
		p.code(pickle.OpTuple1, pickle.OpReduce)
	}
	p.keep(v)
}
