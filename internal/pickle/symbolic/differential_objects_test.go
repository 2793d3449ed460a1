//go:build interop

package symbolic_test

import (
	"encoding/binary"
	"strings"
)

func (g *generator) name() (module, name string) {
	full := names[g.IntN(len(names))]
	at := strings.LastIndex(full, ".")
	if first := strings.Index(full, "."); g.IntN(4) == 0 {
		at = first
	}
	return full[:at], full[at+1:]
}

// global imports a name.
func (g *generator) global() {
	module, name := g.name()
	if g.IntN(3) == 0 {
		g.line('c', "%s\n%s", module, name)
		return
	}
	g.operand(module)
	g.operand(name)
	g.emit(0x93)
}

// operand writes a text for STACK_GLOBAL, by way of the memo or not.
func (g *generator) operand(s string) {
	g.text(s)
	g.gap(9)
	if g.IntN(4) == 0 {
		g.put()
	}
	if g.IntN(3) == 0 && len(g.memo) < 200 {
		at := 200 + len(g.memo)%50
		g.emit('q', byte(at))
		if !contains(g.memo, at) {
			g.memo, g.next = append(g.memo, at), g.next+1
		}
		g.emit('0')
		g.emit('h', byte(at))
	}
}

func contains(list []int, v int) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// callee writes a value that is called: mostly a global.
func (g *generator) callee(depth int) {
	if g.IntN(6) == 0 {
		g.expr(depth)
		return
	}
	g.global()
	g.put()
}

// arguments writes a value that is given to a call: mostly a tuple.
func (g *generator) arguments(depth int) {
	if g.IntN(10) == 0 {
		g.expr(depth)
		return
	}
	g.tuple(depth)
}

func (g *generator) call(depth int) {
	switch g.IntN(6) {
	case 0, 1:
		g.callee(depth)
		g.arguments(depth)
		g.emit('R')
	case 2:
		g.callee(depth)
		g.arguments(depth)
		g.emit(0x81)
	case 3:
		g.callee(depth)
		g.arguments(depth)
		g.keywords(depth)
		g.emit(0x92)
	case 4:
		g.emit('(')
		g.exprs(g.IntN(3), depth)
		module, name := g.name()
		g.line('i', "%s\n%s", module, name)
	default:
		g.emit('(')
		g.callee(depth)
		g.exprs(g.IntN(3), depth)
		g.emit('o')
	}
}

func (g *generator) keywords(depth int) {
	if g.IntN(8) == 0 {
		g.expr(depth)
		return
	}
	g.emit('}')
	if g.IntN(2) == 0 {
		g.text("k")
		g.expr(depth)
		g.emit('s')
	}
}

// change writes a value, and a change of it.
func (g *generator) change(depth int) {
	switch g.IntN(6) {
	case 0:
		g.expr(depth)
	case 1:
		g.get(depth)
	default:
		g.call(depth)
	}
	g.put()
	switch g.IntN(6) {
	case 0, 1:
		g.expr(depth)
		g.emit('b')
	case 2:
		g.expr(depth)
		g.emit('a')
	case 3:
		g.key(depth)
		g.expr(depth)
		g.emit('s')
	default:
		g.emit('(')
		g.exprs(2*g.IntN(2)+g.IntN(2), depth)
		g.emit("eu\x90"[g.IntN(3)])
	}
}

// loader writes values that the loading program makes.
func (g *generator) loader(depth int) {
	switch g.IntN(6) {
	case 0:
		g.line('P', "%s", []string{"abc", "", "a b", "\xe9"}[min(g.IntN(4), g.IntN(4))])
	case 1:
		g.expr(depth)
		g.emit('Q')
	case 2:
		g.emit(0x82, byte(g.IntN(40)))
	case 3:
		g.emit(0x83, byte(g.IntN(40)), 0)
	case 4:
		g.emit(binary.LittleEndian.AppendUint32([]byte{0x84}, uint32(g.IntN(40)-2))...)
	default:
		g.emit(0x97)
		if g.IntN(2) == 0 {
			g.emit(0x98)
		}
	}
}
