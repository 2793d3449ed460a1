package scan

import (
	"encoding/binary"
	"strings"
	"testing"
)

// The length of a header and the text behind it can be a whole pickle: X, a text of 45
// bytes, STOP. What is behind is accounted for as safetensors, and still searched.
func TestSafetensorsThatIsAPickle(t *testing.T) {
	file := func(note string) []byte {
		head := `{"__metadata__":{"format":"pt","modelaudit.tree":"` + note
		tail := `"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
		const length = 'X' | 0x2d<<8
		b := binary.LittleEndian.AppendUint64(nil, length)
		return append(b, head+strings.Repeat(" ", length-len(head)-len(tail))+tail+"abcd"...)
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"a text", file("x"), "clean"},
		{"one byte of a tensor is missing", file("x")[:8+'X'+0x2d<<8+3], "unread"},
		{"a pickle in the text", file(`cos\nsystem\n(S'x'\ntR.`), "clean"}, // escaped: no line ends there
		{"a pickle in the tensor's place", append(file("x")[:8+'X'+0x2d<<8], "cos\nsystem\n(S'id'\ntR."...), "MA101 os.system"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, "m.safetensors", c.data), c.want) })
	}
}
