package pytorch

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/modelaudit/action/internal/pickle"
	"github.com/modelaudit/action/internal/tree"
)

func bigOf(u uint64) *big.Int { return new(big.Int).SetUint64(u) }

// A pickler writes a tree as a pickle of protocol 2, with no other opcode and no
// other name than torch's weights_only loader knows (torch/_weights_only_unpickler.py).
type pickler struct {
	out   []byte
	of    func(*tree.Value) *storageView // where a tensor's elements are
	ids   map[int]*tree.Value
	memo  map[*tree.Value]int64
	words map[string]int64 // names and texts that come often
	used  map[*tree.Value]bool
	next  int64
	open  map[*tree.Value]bool // tuples that are being written
	depth int
	err   error
}

// write pickles a tree.
func (p *pickler) write(root *tree.Value) ([]byte, error) {
	p.memo, p.words, p.ids, p.used = map[*tree.Value]int64{}, map[string]int64{}, map[int]*tree.Value{}, map[*tree.Value]bool{}
	p.open = map[*tree.Value]bool{}
	root.Each(func(v *tree.Value) {
		if v.ID != 0 {
			p.ids[v.ID] = v
		}
		if v.Same != nil {
			p.used[v.Same] = true
		}
	})
	p.op(pickle.Op{Code: pickle.OpProto, Int: 2})
	p.value(root)
	p.code(pickle.OpStop)
	return p.out, p.err
}

func (p *pickler) op(op pickle.Op) {
	b, err := pickle.Encode(op)
	if err != nil && p.err == nil {
		p.err = err
	}
	p.out = append(p.out, b...)
}

func (p *pickler) code(codes ...pickle.Opcode) {
	for _, c := range codes {
		p.out = append(p.out, byte(c))
	}
}

func (p *pickler) put() int64 {
	n := p.next
	p.next++
	code := pickle.OpBinPut
	if n > math.MaxUint8 {
		code = pickle.OpLongBinPut
	}
	p.op(pickle.Op{Code: code, Int: n})
	return n
}

func (p *pickler) get(n int64) {
	code := pickle.OpBinGet
	if n > math.MaxUint8 {
		code = pickle.OpLongBinGet
	}
	p.op(pickle.Op{Code: code, Int: n})
}

// word writes what comes often once, and takes it from the memo afterwards.
func (p *pickler) word(key string, write func()) {
	if n, ok := p.words[key]; ok {
		p.get(n)
		return
	}
	write()
	p.words[key] = p.put()
}

func (p *pickler) global(module, name string) {
	p.word("c"+module+"."+name, func() { p.op(pickle.Op{Code: pickle.OpGlobal, Text: module, Name: name}) })
}

func (p *pickler) text(s string) { p.op(pickle.Op{Code: pickle.OpBinUnicode, Text: s}) }

func (p *pickler) often(s string) { p.word("t"+s, func() { p.text(s) }) }

func (p *pickler) int(n int64) {
	switch {
	case n >= 0 && n <= math.MaxUint8:
		p.op(pickle.Op{Code: pickle.OpBinInt1, Int: n})
	case n >= 0 && n <= math.MaxUint16:
		p.op(pickle.Op{Code: pickle.OpBinInt2, Int: n})
	case n == int64(int32(n)):
		p.op(pickle.Op{Code: pickle.OpBinInt, Int: n})
	default:
		p.op(pickle.Op{Code: pickle.OpLong1, Int: n})
	}
}

func (p *pickler) bool(b bool) {
	p.code(map[bool]pickle.Opcode{true: pickle.OpNewTrue, false: pickle.OpNewFalse}[b])
}

// value writes a value. What is referred to is written where it is needed first.
func (p *pickler) value(v *tree.Value) {
	if p.depth++; p.depth > 4*maxDepth && p.err == nil {
		p.err = fmt.Errorf("nested too deeply")
	}
	defer func() { p.depth-- }()
	if p.err != nil {
		return
	}
	switch v.Tag {
	case tree.TagRef:
		v = p.ids[v.Ref]
	case tree.TagAlias:
		v = v.Same
	}
	if v == nil {
		p.err = errors.New("a reference to a value that is not written")
		return
	}
	if v.Same != nil {
		v = v.Same
	}
	if n, ok := p.memo[v]; ok {
		p.get(n)
		return
	}
	p.fresh(v)
}

// keep notes the object on top of the stack if it is needed again.
func (p *pickler) keep(v *tree.Value) {
	if _, ok := p.memo[v]; !ok && (v.ID != 0 || p.used[v]) {
		p.memo[v] = p.put()
	}
}

func (p *pickler) fresh(v *tree.Value) {
	switch v.Tag {
	case "":
		p.plain(v.Plain)
	case tree.TagList:
		p.code(pickle.OpEmptyList)
		p.keep(v)
		p.appends(v.Items)
	case tree.TagTuple:
		p.tuple(v)
	case tree.TagDict, tree.TagOrdered:
		p.mapping(v)
	case tree.TagSet:
		p.global("__builtin__", "set")
		p.code(pickle.OpEmptyList)
		p.appends(v.Items)
		p.code(pickle.OpTuple1, pickle.OpReduce)
		p.keep(v)
	case tree.TagBytes:
		p.bytes(v)
	case tree.TagSize:
		p.global("torch", "Size")
		p.code(pickle.OpMark)
		for _, item := range v.Items {
			p.value(item)
		}
		p.code(pickle.OpTuple, pickle.OpTuple1, pickle.OpReduce)
		p.keep(v)
	case tree.TagWord:
		p.named(v)
	case tree.TagObject: // a complex number
		p.global("__builtin__", "complex")
		p.plain(v.Args[0].Plain)
		p.plain(v.Args[1].Plain)
		p.code(pickle.OpTuple2, pickle.OpReduce)
		p.keep(v)
	case tree.TagTensor:
		p.tensor(v)
	case tree.TagSparse, tree.TagQuantized, tree.TagMeta:
		p.composite(v)
	default:
		p.err = fmt.Errorf("a %s cannot be written", v.Tag)
	}
}
