package bytecode

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"github.com/modelaudit/action/internal/marshal"
)

// Version is a minor version of Python 3: 6 for 3.6.
type Version int

// The versions that are read.
const (
	Oldest Version = 6
	Newest Version = 14
)

func (v Version) String() string { return fmt.Sprintf("3.%d", int(v)) }

// layout is how the version writes code objects.
func (v Version) layout() marshal.Layout {
	switch {
	case v < 8:
		return marshal.Layout36
	case v < 11:
		return marshal.Layout38
	}
	return marshal.Layout311
}

// unit is by how many bytes a jump's argument counts: 3.10 began to count instructions.
func (v Version) unit() int {
	if v < 10 {
		return 1
	}
	return 2
}

// opcode is an instruction's name and how many words of cache follow it.
type opcode struct {
	name   string
	caches int
}

//go:embed opcodes/*.txt
var tables embed.FS

// opcodes returns a version's table, by number; an entry without a name is no
// instruction of it.
var opcodes = sync.OnceValue(func() map[Version]*[256]opcode {
	all := map[Version]*[256]opcode{}
	for v := Oldest; v <= Newest; v++ {
		text, err := tables.ReadFile(fmt.Sprintf("opcodes/%s.txt", v))
		if err != nil {
			panic(err) // embedded
		}
		table := &[256]opcode{}
		for line := range strings.Lines(string(text)) {
			var number int
			var op opcode
			if n, _ := fmt.Sscan(line, &number, &op.name, &op.caches); n == 3 {
				table[number] = op
			}
		}
		all[v] = table
	}
	return all
})
