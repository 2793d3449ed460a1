package scan

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/jsonwalk"
	"github.com/modelaudit/action/internal/zipfile"
)

// agentData is the member in which stable-baselines keeps an agent's settings, and
// agentPickle the key under which it stands that one of them is a pickle.
const agentData, agentPickle = "data", ":serialized:"

// agent audits the settings of an agent: the library unpickles each that is a pickle in
// base64, whatever else is in the archive (stable_baselines3/common/save_util.py,
// load_from_zip_file and json_to_data).
func (w *walk) agent(p part, f *zipfile.File) {
	for _, e := range f.Lookup(agentData) { // without case
		if name, _, _ := strings.Cut(e.Name, "\x00"); name != agentData || !beginsObject(f, e) {
			continue
		}
		w.record(p, packedZip(f, e), func(v *jsonwalk.Value) {
			if v.Key() != agentPickle || v.Kind != jsonwalk.String {
				return
			}
			data := fromBase64(v.Text)
			inner := part{r: bytes.NewReader(data), size: int64(len(data)), member: p.below(e.Name) + " " + v.Path[0], depth: p.depth + 1}
			if !w.tooDeep(inner) {
				w.format(inner, audit.FormatPickle)
			}
		})
	}
}

// beginsObject reports whether a member begins as an object of JSON. One that cannot be
// opened does not: it is unread as a member.
func beginsObject(f *zipfile.File, e zipfile.Entry) bool {
	r, size, err := f.Open(e)
	if err != nil {
		return false
	}
	in := bufio.NewReader(io.NewSectionReader(r, 0, size))
	for {
		c, err := in.ReadByte()
		if err != nil || !strings.ContainsRune(" \t\r\n", rune(c)) {
			return err == nil && c == '{'
		}
	}
}

// fromBase64 decodes as Python's base64.b64decode does: what is none of its letters is
// left out, and a whole padding ends the text (Modules/binascii.c, a2b_base64). Python
// refuses what ends within a group, of which this gives the bytes that are there.
func fromBase64(text string) []byte {
	letters := make([]byte, 0, len(text))
	padding := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '=' && len(letters)%4 >= 2:
			if padding++; len(letters)%4+padding >= 4 {
				return decoded(letters)
			}
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '+', c == '/':
			letters, padding = append(letters, c), 0
		}
	}
	return decoded(letters)
}

func decoded(letters []byte) []byte {
	if len(letters)%4 == 1 {
		letters = letters[:len(letters)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(letters)))
	n, _ := base64.RawStdEncoding.Decode(out, letters) // nothing but letters
	return out[:n]
}
