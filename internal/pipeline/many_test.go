package pipeline

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/modelaudit/action/audit"
)

// manyViews is a checkpoint of so many tensors of one storage, each of two elements,
// as torch.save writes them.
func manyViews(t *testing.T, n int) []byte {
	t.Helper()
	var p bytes.Buffer
	text := func(s string) []byte {
		return append(binary.LittleEndian.AppendUint32([]byte("X"), uint32(len(s))), s...)
	}
	number := func(op byte, v int) []byte { return binary.LittleEndian.AppendUint32([]byte{op}, uint32(v)) }
	memo := 0
	put := func() { p.Write(number('r', memo)); memo++ }
	add := func(parts ...any) {
		for _, part := range parts {
			fmt.Fprintf(&p, "%s", part)
		}
	}
	add("\x80\x02}(", text("w0"), "ctorch._utils\n_rebuild_tensor_v2\n")
	put() // 0
	add("((", text("storage"))
	put()
	add("ctorch\nFloatStorage\n")
	put()
	add(text("0"))
	put()
	add(text("cpu"))
	put()
	add(number('J', 2*n), "tQ", number('J', 0), "K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n")
	put() // 5
	add(")RtR")
	for i := 1; i < n; i++ {
		if i%1000 == 0 {
			add("u(")
		}
		add(text(fmt.Sprintf("w%d", i)), "h\x00((h\x01h\x02h\x03h\x04", number('J', 2*n), "t")
		put()
		add("Q", number('J', 2*i), "K\x02\x85")
		put()
		add("K\x01\x85")
		put()
		add("\x89h\x05)R")
		put()
		add("t")
		put()
		add("R")
		put()
	}
	add("u.")
	storage := make([]byte, 8*n)
	for i := range 2 * n {
		binary.LittleEndian.PutUint32(storage[4*i:], uint32(i))
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i, data := range [][]byte{p.Bytes(), storage} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: []string{"m/data.pkl", "m/data/0"}[i]})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A checkpoint of very many tensors converts: with 25,000 what the plan was made
// from is given up before the proof, with 120,000 the tensors are packed besides.
func TestConvertManyTensors(t *testing.T) {
	for _, n := range []int{25_000, 120_000} {
		if testing.Short() && n > 100_000 {
			continue
		}
		data := manyViews(t, n)
		a := audited(t, "m.pt", data)
		if a.Artifact.Verdict != audit.VerdictClean {
			t.Fatalf("%d tensors: %s, %+v", n, a.Artifact.Verdict, a.Artifact.Findings)
		}
		if packed := a.Model.Pickles[0].Trace.Packed; packed != (n > 100_000) {
			t.Errorf("%d tensors: packed %v", n, packed)
		}
		conv, err := Convert(t.Context(), a, ConvertOptions{Dir: t.TempDir(), Perm: 0o600})
		if err != nil {
			t.Fatal(err)
		}
		c := conv.Candidates[0]
		if conv.Tensors != n || c.Proof.Tensors != n || c.Proof.BytesCompared != int64(8*n) || c.Proof.Rescan != audit.VerdictClean {
			t.Errorf("%d tensors: proof %+v", n, c.Proof)
		}
		if n < 100_000 && c.Proof.SecondDecoder != "agrees" {
			t.Errorf("second decoder: %s", c.Proof.SecondDecoder)
		}
		if _, err := a.Model.Tree(); err == nil {
			t.Error("the model still has its tree")
		}
		if err := conv.Discard(); err != nil {
			t.Error(err)
		}
	}
}
