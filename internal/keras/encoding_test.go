package keras

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"
)

// TestEncodings: json.loads takes bytes in each of these.
func TestEncodings(t *testing.T) {
	const text = `{"class_name": "Lambda😀"}`
	in := func(order binary.AppendByteOrder, wide bool, mark string) string {
		b := []byte(mark)
		if wide {
			for _, r := range text {
				b = order.AppendUint32(b, uint32(r))
			}
			return string(b)
		}
		for _, u := range utf16.Encode([]rune(text)) {
			b = order.AppendUint16(b, u)
		}
		return string(b)
	}
	little, big := binary.LittleEndian, binary.BigEndian
	for name, b := range map[string]string{
		"utf-8":              text,
		"utf-8 with a mark":  "\xef\xbb\xbf" + text,
		"utf-16-le":          in(little, false, ""),
		"utf-16-le and mark": in(little, false, "\xff\xfe"),
		"utf-16-be":          in(big, false, ""),
		"utf-16-be and mark": in(big, false, "\xfe\xff"),
		"utf-32-le":          in(little, true, ""),
		"utf-32-le and mark": in(little, true, "\xff\xfe\x00\x00"),
		"utf-32-be":          in(big, true, ""),
		"utf-32-be and mark": in(big, true, "\x00\x00\xfe\xff"),
	} {
		v, _, err := ParseBytes([]byte(b))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c := v.Get("class_name")
		if c.String() != "Lambda😀" || c.End > len(b) {
			t.Errorf("%s: %q, which ends at %d of %d", name, c, c.End, len(b))
		}
	}
}

// TestHalvesOfPairs: Python keeps them, as texts and as bytes.
func TestHalvesOfPairs(t *testing.T) {
	for name, b := range map[string]string{
		"utf-8":          "[\"a\xed\xa0\x80b\"]",
		"utf-16-le":      "[\x00\"\x00a\x00\x00\xd8b\x00\"\x00]\x00",
		"an odd end":     "[\x00\"\x00a\x00\x00\xd8b\x00\"\x00]\x00\x01",
		"nothing but it": "\x00\xd8",
	} {
		v, _, err := ParseBytes([]byte(b))
		switch name {
		case "utf-8", "utf-16-le":
			if err != nil || v.Items[0].String() != "a\ufffdb" {
				t.Errorf("%s: %v %v", name, v, err)
			}
		default:
			if err == nil {
				t.Errorf("%s is read", name)
			}
		}
	}
}
