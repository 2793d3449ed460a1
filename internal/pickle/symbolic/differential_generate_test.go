//go:build interop

package symbolic_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A generator writes pickles that stay alive for long: values, calls and
// changes by a grammar, each opcode in all its spellings, between gaps that
// leave the stack as it is, in frames that fit or do not.
type generator struct {
	*rand.Rand
	out    []byte
	bounds []int // where opcodes begin
	memo   []int // indexes that were written
	next   int   // entries, as MEMOIZE counts them
	room   int   // opcodes that may still be written
	plain  bool  // nothing is imported or called
}

// generate returns one pickle, or now and then several.
func generate(rng *rand.Rand) []byte {
	g := &generator{Rand: rng, room: 10 + rng.IntN(60), plain: rng.IntN(4) == 0}
	for {
		if g.IntN(4) > 0 {
			g.emit(0x80, byte(g.IntN(6)))
		}
		g.expr(0)
		for g.room > 0 && g.IntN(8) > 0 {
			if g.IntN(3) > 0 {
				g.emit('0')
			}
			g.expr(0)
		}
		g.emit('.')
		if g.IntN(6) > 0 || g.room <= 0 {
			break
		}
	}
	if g.IntN(3) == 0 {
		g.frames()
	}
	return g.out
}

func (g *generator) emit(b ...byte) {
	g.bounds = append(g.bounds, len(g.out))
	g.out = append(g.out, b...)
	g.room--
}

func (g *generator) line(op byte, format string, args ...any) {
	g.emit(append([]byte{op}, fmt.Sprintf(format+"\n", args...)...)...)
}

// expr writes opcodes that leave one value more on the stack.
func (g *generator) expr(depth int) {
	if depth > 5 || g.room <= 0 {
		g.scalar()
		return
	}
	d, choice := depth+1, g.IntN(16)
	if g.plain && choice > 6 {
		choice = 12
	}
	switch choice {
	case 0, 1, 2:
		g.scalar()
	case 3:
		g.list(d)
	case 4:
		g.dict(d)
	case 5:
		g.tuple(d)
	case 6:
		g.set(d)
	case 7, 8:
		g.global()
	case 9, 10, 11:
		g.call(d)
	case 12, 13:
		g.get(d)
	case 14:
		g.change(d)
	default:
		g.loader(d)
	}
	g.put()
	g.gap(d)
}

func (g *generator) exprs(n, depth int) {
	for range n {
		g.expr(depth)
	}
}

// put remembers the value on top.
func (g *generator) put() {
	if g.IntN(3) > 0 {
		return
	}
	at := []int{g.next, g.IntN(8), g.IntN(300), 255, 70_000}[min(g.IntN(5), g.IntN(5))]
	switch op := g.IntN(4); {
	case op == 0:
		g.line('p', "%d", at)
	case op == 1 && at < 256:
		g.emit('q', byte(at))
	case op == 2:
		g.emit(binary.LittleEndian.AppendUint32([]byte{'r'}, uint32(at))...)
	default:
		at = g.next
		g.emit(0x94)
	}
	if !slices.Contains(g.memo, at) {
		g.memo, g.next = append(g.memo, at), g.next+1
	}
}

// get takes a value from the memo.
func (g *generator) get(depth int) {
	if len(g.memo) == 0 {
		g.expr(depth)
		return
	}
	at := g.memo[g.IntN(len(g.memo))]
	switch op := g.IntN(3); {
	case op == 0:
		g.line('g', []string{"%d", "0%d", "+%d", " %d ", "%d\x0b"}[min(g.IntN(5), g.IntN(5), g.IntN(5))], at)
	case op == 1 && at < 256:
		g.emit('h', byte(at))
	default:
		g.emit(binary.LittleEndian.AppendUint32([]byte{'j'}, uint32(at))...)
	}
}

// gap leaves the stack as it is.
func (g *generator) gap(depth int) {
	switch g.IntN(30) {
	case 0:
		g.emit('2')
		g.emit('0')
	case 1:
		g.emit('(')
		g.emit('0')
	case 2:
		g.emit('(')
		g.exprs(g.IntN(3), depth)
		g.emit('1')
	case 3:
		g.expr(depth)
		g.emit('0')
	case 4:
		g.emit(0x80, byte(g.IntN(6)))
	}
}

// frames puts FRAME opcodes before some opcodes; their lengths reach to the
// beginning of another, or nearly, or anywhere.
func (g *generator) frames() {
	for range 1 + g.IntN(3) {
		i := g.IntN(len(g.bounds))
		from := g.bounds[i]
		to := len(g.out)
		if g.IntN(2) == 0 {
			to = g.bounds[i+g.IntN(len(g.bounds)-i)]
		}
		length := to - from
		switch g.IntN(6) {
		case 0:
			length += g.IntN(5) - 2
		case 1:
			length = g.IntN(2 * len(g.out))
		}
		frame := binary.LittleEndian.AppendUint64([]byte{0x95}, uint64(length))
		g.out = slices.Insert(g.out, from, frame...)
		for k := range g.bounds {
			if k >= i {
				g.bounds[k] += len(frame)
			}
		}
	}
}

// mutate changes a few bytes or opcodes of a pickle.
func mutate(rng *rand.Rand, data []byte) []byte {
	const ops = "().012BCFGIJKLMNPQRSTUVX]abcdeghijloptu}s\x80\x81\x82\x85\x86\x87\x88\x8a\x8c\x8f\x90\x91\x92\x93\x94\x95\x97\x98"
	s := slices.Clone(data)
	for range 1 + rng.IntN(3) {
		if len(s) == 0 {
			break
		}
		at, other := rng.IntN(len(s)), rng.IntN(len(s))
		switch rng.IntN(7) {
		case 0:
			s = slices.Delete(s, at, min(at+1+rng.IntN(3), len(s)))
		case 1:
			s = slices.Insert(s, at, s[other:min(other+rng.IntN(12), len(s))]...)
		case 2:
			s[at], s[other] = s[other], s[at]
		case 3:
			s[at] = ops[rng.IntN(len(ops))]
		case 4:
			s = slices.Insert(s, at, ops[rng.IntN(len(ops))])
		case 5:
			s[at] ^= 1 << rng.IntN(8)
		default:
			if rng.IntN(4) == 0 {
				s = s[:at]
			}
		}
	}
	return s
}

// names are modules and names that files really name, those of Python 2 and
// dotted ones among them.
var names = strings.Fields(`os.system posix.system builtins.eval __builtin__.eval __builtin__.xrange copy_reg._reconstructor copyreg._reconstructor
	collections.OrderedDict numpy.core.multiarray._reconstruct numpy.ndarray numpy.dtype torch._utils._rebuild_tensor_v2 torch.FloatStorage commands.getoutput
	urllib2.urlopen cPickle.loads _pickle.loads UserDict.UserDict exceptions.ValueError itertools.izip pathlib.os.system random._os.system acme.models.Net __main__.Net
	builtins.dict.get a.b subprocess.Popen httplib.HTTPConnection whichdb.whichdb Queue.Queue operator.sequenceIncludes types.ObjectType test.test_support.run`)
