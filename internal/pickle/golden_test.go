package pickle

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A reading is what an unpickler made of a pickle: the value as oracle.py
// writes it, and the offset behind the pickle.
type reading struct {
	Value []string `json:"value"`
	End   int64    `json:"end"`
}

// An oracleCase is the answer of testdata/oracle.py to one pickle; nil means
// that the unpickler refused.
type oracleCase struct {
	Hex    string   `json:"hex"`
	C      *reading `json:"c"`
	Python *reading `json:"python"`
}

type oracleAnswer struct {
	Version string       `json:"version"`
	Cases   []oracleCase `json:"cases"`
}

// A recordedStream is a harmless pickle and how pickletools.genops reads it.
type recordedStream struct {
	Name string  `json:"name"`
	Hex  string  `json:"hex"`
	Ops  [][]any `json:"ops"` // name, offset, value
}

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decodeAll decodes data to its end and returns the decoder for its anomalies.
func decodeAll(data []byte, opt Options) ([]Op, *Decoder, error) {
	d := NewDecoder(bytes.NewReader(data), 0, int64(len(data)), opt)
	var ops []Op
	for {
		op, err := d.Next()
		if err == io.EOF {
			return ops, d, nil
		}
		if err != nil {
			return ops, d, err
		}
		ops = append(ops, op)
	}
}

// plain is op's value as oracle.py writes it.
func plain(op Op) []string {
	info, _ := op.Code.Info()
	words, quoted := info.Arg.syntax()
	text := func(s string) string { return hex.EncodeToString([]byte(s)) }
	switch {
	case words == 2:
		return []string{"global", text(op.Text), text(op.Name)}
	case op.Code == OpPersID:
		return []string{"persid", text(op.Text)}
	case quoted:
		return []string{"text", text(op.Text)}
	case op.Code == OpFloat || op.Code == OpBinFloat:
		return []string{"float", fmt.Sprintf("%016x", math.Float64bits(op.Float))}
	case op.Bool:
		return []string{"bool", fmt.Sprint(op.Int)}
	}
	return []string{"int", op.integer().Text(16)}
}

// decodeValue reads one pickle as far as STOP; its value is what the
// instruction before STOP pushes.
func decodeValue(data []byte) (r *reading, odd bool) {
	d := NewDecoder(bytes.NewReader(data), 0, int64(len(data)), Options{})
	for {
		op, err := d.Next()
		odd = len(d.Anomalies()) > 0
		if err == nil && op.Code != OpStop {
			r = &reading{Value: plain(op), End: op.End}
			continue
		}
		if err != nil && err != io.EOF {
			return nil, odd
		}
		if r != nil && err == nil {
			r.End = op.End
		}
		return r, odd
	}
}

// TestValues compares the decoder with what CPython 3.11 made of each pickle.
func TestValues(t *testing.T) {
	var golden oracleAnswer
	readJSON(t, "testdata/values.json", &golden)
	recorded := map[string]bool{}
	for _, c := range golden.Cases {
		data := unhex(t, c.Hex)
		recorded[string(data)] = true
		t.Run(fmt.Sprintf("%.40q", data), func(t *testing.T) {
			got, _ := decodeValue(data)
			if c.C != nil && !cmp.Equal(got, c.C) {
				t.Errorf("C unpickler: %s", cmp.Diff(c.C, got))
			}
			checkReading(t, c)
		})
	}
	for _, in := range valueInputs() {
		if !recorded[in] {
			t.Errorf("%q is not recorded: run the interop test with -update", in)
		}
	}
}

// checkReading holds the promise about every version of CPython: what any
// unpickler accepts is decoded; what is decoded without an anomaly, all of them
// accept with the same value.
func checkReading(t *testing.T, c oracleCase) {
	t.Helper()
	got, odd := decodeValue(unhex(t, c.Hex))
	for name, want := range map[string]*reading{"C": c.C, "Python": c.Python} {
		if want != nil && got == nil {
			t.Errorf("%s: the %s unpickler reads %v, the decoder refuses", c.Hex, name, want.Value)
		}
		if !odd && !cmp.Equal(got, want) {
			t.Errorf("%s: no anomaly, but the %s unpickler differs: %s", c.Hex, name, cmp.Diff(want, got))
		}
	}
}

// TestStreams compares the decoder with pickletools.genops on harmless pickles
// of each protocol, and writes them again.
func TestStreams(t *testing.T) {
	var streams []recordedStream
	readJSON(t, "testdata/streams.json", &streams)
	for _, s := range streams {
		t.Run(s.Name, func(t *testing.T) {
			data := unhex(t, s.Hex)
			ops, d, err := decodeAll(data, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Name != "every opcode" && len(d.Anomalies()) > 0 {
				t.Errorf("anomalies: %v", d.Anomalies())
			}
			if len(ops) != len(s.Ops) {
				t.Fatalf("%d instructions, want %d", len(ops), len(s.Ops))
			}
			for i, op := range ops {
				compareGenops(t, op, s.Ops[i])
			}
			checkRewrite(t, data, ops)
		})
	}
}

// compareGenops compares op with one record [name, offset, value] of genops,
// which joins the names of GLOBAL by a space and reads PERSID undecoded.
func compareGenops(t *testing.T, op Op, want []any) {
	t.Helper()
	if op.Code.String() != want[0] || float64(op.Pos) != want[1] {
		t.Fatalf("%v at %d, want %v at %v", op.Code, op.Pos, want[0], want[1])
	}
	var value []string
	for _, v := range want[2].([]any) {
		value = append(value, v.(string))
	}
	got := plain(op)
	switch {
	case value == nil:
		return
	case got[0] == "global":
		got = []string{"text", hex.EncodeToString([]byte(op.Text + " " + op.Name))}
	case got[0] == "persid":
		got[0] = "text"
	}
	if diff := cmp.Diff(value, got); diff != "" {
		t.Errorf("%v at %d: %s", op.Code, op.Pos, diff)
	}
}

// checkRewrite checks that ops cover data without gaps, that Copy gives their
// bytes back, that Encode gives bytes that mean the same, the same bytes where
// an opcode has one spelling, and that the assembler agrees.
func checkRewrite(t testing.TB, data []byte, ops []Op) {
	t.Helper()
	var copied bytes.Buffer
	var pos int64
	for _, op := range ops {
		if op.Pos != pos || op.End <= pos {
			t.Fatalf("%v covers [%d, %d), want a start at %d", op.Code, op.Pos, op.End, pos)
		}
		pos = op.End
		if err := Copy(&copied, bytes.NewReader(data), op); err != nil {
			t.Fatal(err)
		}
		if !op.Lazy {
			checkEncode(t, data[op.Pos:op.End], op)
		}
	}
	if !bytes.Equal(copied.Bytes(), data[:pos]) {
		t.Error("copied instructions differ from the input")
	}
}

func checkEncode(t testing.TB, raw []byte, op Op) {
	t.Helper()
	encoded, err := Encode(op)
	if err != nil {
		t.Fatalf("%x: %v", raw, err)
	}
	if !hasSpellings(op) && !bytes.Equal(encoded, raw) {
		t.Errorf("%x is encoded as %x", raw, encoded)
	}
	again, _, err := decodeAll(encoded, Options{MaxInline: 1 << 30})
	if err != nil || len(again) != 1 {
		t.Fatalf("%x is encoded as %x, which decodes to %v, %v", raw, encoded, again, err)
	}
	if op.Code != OpFloat || op.Float == op.Float { // the text of a NaN has no payload
		if diff := cmp.Diff(plain(op), plain(again[0])); diff != "" {
			t.Errorf("%x is encoded as %x: %s", raw, encoded, diff)
		}
	}
	assembled, err := Assemble(formatOp(op, -1))
	if err != nil || !bytes.Equal(assembled, encoded) {
		t.Errorf("%s is assembled to %x, %v; want %x", formatOp(op, -1), assembled, err, encoded)
	}
}

// hasSpellings says that several byte strings decode to op. Unterminated lines
// are among them.
func hasSpellings(op Op) bool {
	switch op.Code {
	case OpInt, OpLong, OpFloat, OpString, OpUnicode, OpGet, OpPut, OpLong1, OpLong4, OpGlobal, OpInst, OpPersID:
		return true
	}
	return false
}
