package plain

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

// dicts is what pickle.dumps(..., 4) makes of n records {"id", "name", "score"},
// frames aside.
func dicts(n int) []byte {
	b := []byte("\x80\x04]\x94(")
	for i := range n {
		b = append(b, "}\x94("...)
		for k, name := range []string{"id", "name", "score"} {
			if i == 0 {
				b = append(append(b, 0x8c, byte(len(name))), name...)
				b = append(b, 0x94)
			} else {
				b = append(b, 'h', []byte{2, 3, 5}[k])
			}
			switch k {
			case 0:
				b = binary.LittleEndian.AppendUint32(append(b, 'J'), uint32(i))
			case 1:
				text := fmt.Sprintf("item%d", i)
				b = append(append(append(b, 0x8c, byte(len(text))), text...), 0x94)
			case 2:
				b = binary.BigEndian.AppendUint64(append(b, 'G'), math.Float64bits(float64(i)/2))
			}
		}
		b = append(b, 'u')
		if i%1000 == 999 {
			b = append(b, "e("...)
		}
	}
	return append(b, "e."...)
}

func BenchmarkDicts(b *testing.B) {
	data := dicts(300_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if s, ok := Read(bytes.NewReader(data), 0, int64(len(data)), Options{}); !ok || s.End != int64(len(data)) {
			b.Fatalf("%+v, %t", s, ok)
		}
	}
}
