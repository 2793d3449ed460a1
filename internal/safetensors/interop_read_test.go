//go:build interop

package safetensors

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/action/internal/tensor"
)

// stricter lists why Read refuses what the reference reader accepts.
var stricter = []struct{ why, msg string }{
	{"README: duplicate keys are disallowed; serde keeps the last name or metadata key", `stands twice$`},
	{"serde ignores unknown keys of an entry; another reader may not", `unknown key`},
	{"serde reads an entry from a list of its fields", `^'\[' stands where '\{'`},
	{"serde reads a dtype from an object with one null", `^'\{' stands where '"'`},
	{"serde reads null as no metadata", `^'n' stands where '\{'`},
	{"README: the header must begin with a brace", `does not begin with a brace`},
	{"README: the padding is 0x20", `other than spaces`},
	{"sizes are int64 in every tensor library", `above 2\^63-1`},
	{"torch cannot hold half a byte, nor can the reference's own torch binding load it", `F4 is odd`},
}

// An agreement counts how two readers judged.
type agreement struct {
	accepted, refused int
	explained         map[string]int
}

// compare checks that what Read accepts the reference accepts too, with the
// same tensors, and that what the reference accepts Read refuses only for one
// of the reasons in stricter.
func (a *agreement) compare(t *testing.T, ref *reference, b []byte) {
	t.Helper()
	var theirs struct {
		Tensors map[string][]any
		Error   string
	}
	ref.ask(t, map[string]any{"read": hex.EncodeToString(b)}, &theirs)
	f, err := read(b)
	switch {
	case err == nil && theirs.Error != "":
		t.Fatalf("%q\naccepted, but the reference says: %s", b, theirs.Error)
	case err == nil:
		a.accepted++
		ours := map[string][]any{}
		for _, e := range f.Entries {
			shape := []any{}
			for _, d := range e.Shape {
				shape = append(shape, float64(d))
			}
			data := b[f.DataOffset+e.Begin : f.DataOffset+e.End]
			ours[e.Name] = []any{string(e.DType), shape, hex.EncodeToString(data)}
		}
		if d := cmp.Diff(theirs.Tensors, ours); d != "" {
			t.Fatalf("%q (-reference +read):\n%s", b, d)
		}
	case theirs.Error != "":
		a.refused++
	default:
		var fe *FormatError
		if !errors.As(err, &fe) {
			t.Fatalf("%q: %v", b, err)
		}
		for _, s := range stricter {
			if regexp.MustCompile(s.msg).MatchString(fe.Msg) {
				a.explained[s.why]++
				return
			}
		}
		t.Fatalf("%q\nrefused (%v), but the reference accepts it", b, err)
	}
}

// Each deliberate strictness, and its neighbours on which the readers agree.
func TestReferenceReadsTheOddFiles(t *testing.T) {
	ref := newReference(t)
	a := agreement{explained: map[string]int{}}
	const u8 = `"dtype":"U8","shape":[1],"data_offsets":[0,1]`
	for _, header := range []string{
		`{"t":{` + u8 + `},"t":{` + u8 + `}}`, `{"t":{` + u8 + `},"\u0074":{` + u8 + `}}`,
		`{"t":{` + u8 + `,"x":[{}]}}`, `{"t":{` + u8 + `,"dtype":"U8"}}`,
		`{"t":["U8",[1],[0,1]]}`, `{"t":{"dtype":{"U8":null},"shape":[1],"data_offsets":[0,1]}}`,
		`{"__metadata__":null,"t":{` + u8 + `}}`, `{"__metadata__":{"a":"","a":""},"t":{` + u8 + `}}`,
		` {"t":{` + u8 + `}}`, `{"t":{` + u8 + "}}\n", `{"t":{` + u8 + "}}\x00", `{"t":{` + u8 + `}} `,
		`{"t":{` + u8 + `},"z":{"dtype":"U8","shape":[0,18446744073709551615],"data_offsets":[0,0]}}`,
		`{"t":{` + u8 + `},"z":{"dtype":"U8","shape":[0,9223372036854775807],"data_offsets":[0,0]}}`,
		`{"t":{` + u8 + `},"z":{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}`,
		`{"t":{"dtype":"F4","shape":[2,1],"data_offsets":[0,1]}}`, `{"t":{"dtype":"F4","shape":[1,2],"data_offsets":[0,1]}}`,
		`{"t":{"dtype":"F4","shape":[],"data_offsets":[0,1]}}`, `{"":{` + u8 + `}}`, `{"t":{` + u8 + `},"\ud800":""}`,
		`{"\ud83d\udc0d\u0000":{` + u8 + `}}`, "{\"\x7f\":{" + u8 + `}}`, "{\"\x1f\":{" + u8 + `}}`,
	} {
		a.compare(t, ref, file(header, "a"))
	}
	for _, s := range stricter {
		if a.explained[s.why] == 0 {
			t.Errorf("no file shows: %s", s.why)
		}
	}
}

// mutate changes a header at a few places: a token is dropped, doubled,
// swapped with its neighbour or replaced by one that some reader may take,
// white space is added, a letter is escaped, a member repeated.
func mutate(rnd *rand.Rand, header string) string {
	tokens := regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[0-9]+|.`).FindAllString(header, -1)
	others := []string{`"dtype"`, `"shape"`, `"data_offsets"`, `"__metadata__"`, `"U8"`, `"I16"`, `"F4"`, `"F6_E3M2"`, `"F99"`, `""`, `"\u0061"`,
		`"a"`, `"\ud800"`, `"\ud83d\udc0d"`, "\"\x7f\"", "\"\t\"", `"\x"`, `"\/"`, "0", "1", "2", "3", "4", "8", "-0", "00", "1.0", "1e0", "-1", "9223372036854775807",
		"18446744073709551615", "18446744073709551616", "4294967296", "null", "true", "{", "}", "[", "]", "{}", "[]", ":", ",", " ", "\n", "\t", "\v", "\u00a0", "\x00",
		`"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},`, `,"x":[1,{"y":null}]`, `"k":"v",`}
	for range 1 + rnd.IntN(2) {
		if len(tokens) < 2 {
			break
		}
		i, other := rnd.IntN(len(tokens)-1), others[rnd.IntN(len(others))]
		switch rnd.IntN(8) {
		case 0:
			tokens = slices.Delete(tokens, i, i+1)
		case 1:
			tokens = slices.Insert(tokens, i, tokens[i])
		case 2:
			tokens[i], tokens[i+1] = tokens[i+1], tokens[i]
		case 3:
			tokens[i] = other
		case 4:
			tokens = slices.Insert(tokens, i, other)
		case 5:
			tokens = slices.Insert(tokens, i, []string{" ", "\n", "\t", "\r"}[rnd.IntN(4)])
		case 6:
			if x := tokens[i]; len(x) > 2 && x[0] == '"' && x[1] != '\\' {
				tokens[i] = fmt.Sprintf(`"\u%04x%s`, x[1], x[2:])
			}
		case 7:
			// A member again, or a part of one.
			if end := slices.Index(tokens[i:], ","); end >= 0 {
				tokens = slices.Insert(tokens, i, tokens[i:i+end+1]...)
			}
		}
	}
	return strings.Join(tokens, "")
}

func TestReferenceReadsMutatedHeadersAlike(t *testing.T) {
	ref := newReference(t)
	a := agreement{explained: map[string]int{}}
	for seed := range uint64(30000) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		var header strings.Builder
		data := int64(0)
		for i := range 1 + rnd.IntN(3) {
			e, _, err := entryOf(Tensor{fmt.Sprint(i), tensor.U8, []int64{rnd.Int64N(3), 1 + rnd.Int64N(2)}, nil})
			if err != nil {
				t.Fatal(err)
			}
			e.Begin, e.End = data, data+e.End
			data = e.End
			header.WriteString(",")
			header.Write(appendEntry(nil, &e))
		}
		text := "{" + header.String()[1:] + "}"
		if rnd.IntN(2) == 0 {
			text = `{"__metadata__":{"a":"b"}` + header.String() + "}"
		}
		a.compare(t, ref, file(mutate(rnd, text), strings.Repeat("d", int(data))))
	}
	t.Logf("accepted %d, refused %d, stricter %v", a.accepted, a.refused, a.explained)
	if a.accepted == 0 || a.refused == 0 || len(a.explained) == 0 {
		t.Error("the mutations do not reach every outcome")
	}
}
