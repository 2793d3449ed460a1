package pipeline

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// Bytes that a tree has no place for become an array, and nothing is left out.
func TestLongBytes(t *testing.T) {
	long := bytes.Repeat([]byte("modelaudit!"), 800_000)
	program := []byte("\x80\x04}(\x8c\x01aB")
	program = append(append(binary.LittleEndian.AppendUint32(program, uint32(len(long))), long...), "\x8c\x01bC\x03xyzu."...)
	files, conv, err := convertTo(t.Context(), t.TempDir(), audited(t, "x.pkl", program), ConvertOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || !bytes.Contains(files[0], long) || len(conv.Omitted) > 0 {
		t.Errorf("%d files, left out: %v", len(files), conv.Omitted)
	}
	head := string(files[0][:1000])
	for _, want := range []string{`"a":{"dtype":"U8","shape":[8800000]`, `{\"array\":\"a\",\"class\":\"builtins.bytes\"}`, `{\"bytes\":\"eHl6\"}`} {
		if !strings.Contains(head, want) {
			t.Errorf("no %s in %s", want, head)
		}
	}
	if got := conv.Candidates[0].Proof.SecondDecoder; got != "agrees on the tensors; long bytes are decoded once" {
		t.Errorf("second decoder: %s", got)
	}
}
