package verdicts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// head begins a shard; the SHA-256 of all that follows its line stands behind it.
const head = "modelaudit verdicts 1 "

// format is the file of a shard: its head, then a line for each value.
func format(h *shard) []byte {
	var body bytes.Buffer
	for _, k := range h.order {
		fmt.Fprintf(&body, "%x %s\n", k, h.values[k])
	}
	return seal(body.Bytes())
}

// seal puts the head before the lines of a shard.
func seal(body []byte) []byte {
	return append(fmt.Appendf(nil, "%s%x\n", head, sha256.Sum256(body)), body...)
}

// parse reads what format gives, and returns nil for anything else.
func parse(data []byte) *shard {
	line, body, ended := bytes.Cut(data, []byte("\n"))
	if !ended || string(line) != fmt.Sprintf("%s%x", head, sha256.Sum256(body)) {
		return nil
	}
	h := &shard{values: map[Key]string{}}
	for line := range strings.Lines(string(body)) {
		word, value, ok := strings.Cut(line, " ")
		var k Key
		n, err := hex.Decode(k[:], []byte(word[:min(len(word), 2*len(k))]))
		if !ok || err != nil || n != len(k) || len(word) != 2*len(k) || word != strings.ToLower(word) || !strings.HasSuffix(value, "\n") || len(h.order) == maxValues {
			return nil
		}
		if _, twice := h.values[k]; twice {
			return nil
		}
		h.add(k, value[:len(value)-1])
	}
	return h
}

func hexByte(b byte) string { return hex.EncodeToString([]byte{b}) }
