package pickle

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// FuzzDecode checks that decoding any bytes ends in instructions that cover
// them without gaps, that can be written again byte for byte, that assembler
// and disassembler agree with, and that MaxInline bounds what is held.
func FuzzDecode(f *testing.F) {
	var streams []recordedStream
	readJSON(f, "testdata/streams.json", &streams)
	for _, s := range streams {
		f.Add(unhex(f, s.Hex), uint16(0))
		f.Add(unhex(f, s.Hex), uint16(16))
	}
	for _, in := range valueInputs() {
		f.Add([]byte(in), uint16(8))
	}
	f.Fuzz(func(t *testing.T, data []byte, inline uint16) {
		ops, d, err := decodeAll(data, Options{MaxInline: int64(inline), MaxOps: 10_000})
		if err != nil {
			if _, ok := err.(*FormatError); !ok {
				t.Fatalf("error %v is no FormatError", err)
			}
		} else if d.Pos() != int64(len(data)) {
			t.Fatalf("decoding ended at %d of %d bytes", d.Pos(), len(data))
		}
		checkRewrite(t, data, ops)
		for _, op := range ops {
			if max := int(inline); max > 0 && (len(op.Text) > 2*max || len(op.Name) > 2*max) {
				t.Fatalf("%v holds %d bytes, more than twice %d", op.Code, len(op.Text), max)
			}
		}
		var out bytes.Buffer
		if err := Disassemble(&out, bytes.NewReader(data), 0, int64(len(data)), Listing{}); err == nil && bytes.ContainsFunc(out.Bytes(), unprintable) {
			t.Errorf("the listing of %s has control characters", hex.EncodeToString(data))
		}
		checkWhole(t, data)
	})
}

// checkWhole assembles a whole listing to the bytes that it was made from.
func checkWhole(t *testing.T, data []byte) {
	t.Helper()
	var out bytes.Buffer
	failure := Disassemble(&out, bytes.NewReader(data), 0, int64(len(data)), Listing{Whole: true})
	if got, err := Assemble(out.String()); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%x, listed (%v) and assembled (%v), is %x; the listing:\n%s", data, failure, err, got, &out)
	}
}

func unprintable(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }

// FuzzAssemble checks that the assembler takes or refuses any text, and that
// what it makes of instructions decodes.
func FuzzAssemble(f *testing.F) {
	for _, tt := range instructions {
		f.Add(tt.asm)
	}
	f.Add("RAW ff \"a\\n\" # comment\nFRAME auto\nSTOP")
	f.Fuzz(func(t *testing.T, program string) {
		data, err := Assemble(program)
		if err != nil || bytes.Contains([]byte(program), []byte("RAW")) {
			return
		}
		ops, _, err := decodeAll(data, Options{MaxInline: 1 << 30})
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		checkRewrite(t, data, ops)
	})
}
