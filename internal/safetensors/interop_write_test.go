//go:build interop

package safetensors

import (
	"bytes"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/modelaudit/action/internal/tensor"
)

// written asks for the file that the reference writer makes.
func (r *reference) written(t *testing.T, tensors []Tensor, metadata []KeyValue) []byte {
	list := [][]any{}
	for _, x := range tensors {
		var data bytes.Buffer
		if _, err := x.Data.WriteTo(&data); err != nil {
			t.Fatal(err)
		}
		info, _ := x.DType.Info()
		list = append(list, []any{x.Name, info.Torch, x.Shape, hex.EncodeToString(data.Bytes())})
	}
	var meta map[string]string
	if metadata != nil {
		meta = map[string]string{}
	}
	for _, kv := range metadata {
		meta[kv.Key] = kv.Value
	}
	var answer struct{ File string }
	r.ask(t, map[string]any{"write": list, "metadata": meta}, &answer)
	b, err := hex.DecodeString(answer.File)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pattern writes n bytes that count up from its first byte.
type pattern struct {
	from byte
	n    int64
}

func (p pattern) WriteTo(w io.Writer) (int64, error) {
	b := make([]byte, p.n)
	for i := range b {
		b[i] = p.from + byte(i)
	}
	return io.Copy(w, bytes.NewReader(b))
}

// randomText has letters of every width and what JSON escapes.
func randomText(rnd *rand.Rand) string {
	letters := []rune("\x00\x01\b\t\n\v\f\r\x1b\x1f \"'/\\<>&aZ09._\x7f\u0080é\u2028\u2029\ud7ff\ue000\ufeff\ufffd\uffff\U00010000🐍\U0010ffff")
	out := make([]rune, rnd.IntN(8))
	for i := range out {
		out[i] = letters[rnd.IntN(len(letters))]
	}
	return string(out)
}

// randomTensors draws from all types that Python can write.
func randomTensors(t *testing.T, rnd *rand.Rand) []Tensor {
	names := map[string]bool{metadataKey: true}
	var out []Tensor
	for range rnd.IntN(20) {
		x := Tensor{Name: randomText(rnd), DType: dtypes[rnd.IntN(len(dtypes))].dtype, Shape: []int64{}}
		for range rnd.IntN(4) {
			x.Shape = append(x.Shape, rnd.Int64N(5))
		}
		if x.DType == tensor.F4 {
			x.Shape = append(x.Shape, rnd.Int64N(5))
		}
		if names[x.Name] || x.DType == F6E2M3 || x.DType == F6E3M2 {
			continue
		}
		names[x.Name] = true
		e, _, err := entryOf(x)
		if err != nil {
			t.Fatal(err)
		}
		x.Data = pattern{byte(rnd.IntN(256)), e.End}
		out = append(out, x)
	}
	return out
}

func TestReferenceWritesTheSameBytes(t *testing.T) {
	ref := newReference(t)
	for seed := range uint64(1000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		tensors := randomTensors(t, rnd)
		// One key at most: the reference writes several in the random order of a hash map.
		var metadata []KeyValue
		switch rnd.IntN(4) {
		case 0:
			// For no tensors and empty metadata version 0.8.0 writes what no
			// JSON reader takes: {},"__metadata__":{}}.
			if len(tensors) > 0 {
				metadata = []KeyValue{}
			}
		case 1, 2:
			metadata = []KeyValue{{randomText(rnd), randomText(rnd)}}
		}
		p, err := Layout(tensors, metadata)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if _, err := p.WriteTo(&got); err != nil {
			t.Fatal(err)
		}
		if want := ref.written(t, tensors, metadata); !bytes.Equal(got.Bytes(), want) {
			t.Fatalf("seed %d:\n%q\nreference:\n%q", seed, got.Bytes(), want)
		}
	}
}
