// Package tree turns the value graph of a pickle into the object tree that a
// checkpoint is: named tensors, plain values in full, and what had to be left
// out, each with its reason.
//
// The JSON form of a tree is the value of modelaudit.tree in the metadata of a
// converted file; docs/formats/tree.md describes it. It holds data and names,
// never code.
//
// # Security
//
// The graph comes from a hostile stream. A node that an untrusted call made or
// could have changed is never taken for data: it is left out, and where it is
// or holds a tensor the tree says so as a refusal. Depth and the number of
// visited nodes are bounded; shared values are written once.
package tree

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Value is one node of a tree. Exactly one of the groups below is set.
type Value struct {
	Plain any // nil, bool, string, int64, *big.Int or float64, when Tag is ""
	Tag   string
	// ID is set on a container that is referred to again, Ref on the reference.
	ID, Ref int

	Items []*Value    // list, tuple, set, frozenset, size; object: what was appended to it
	Many  *Many       // dict, ordered: very many tensors among Pairs; nil if there are not so many
	Pairs [][2]*Value // dict, ordered; object: its items as a mapping; module: what state_dict() names; sparse, ...: the parts
	Attrs [][2]*Value // attributes of an ordered dict, an object, a module or a tensor
	Bytes []byte      // bytes, scalar
	Text  string      // tensor: name; omitted: reason; dtype, device, ...: the word; module: its class; sparse, ...: the kind
	Class string      // omitted, object: the class's full name; tensor: Parameter or Buffer; scalar: numpy's dtype
	Grad  bool        // tensor: requires_grad
	DType string      // tensor: the dtype, where the file cannot hold it and has bytes instead
	Same  *Value      // tensor: the tensor that is the same object
	Cast  string      // tensor: the dtype in the source, where the file has it cast to another
	// Args, Kwargs and States are what an object was made from, beside Attrs.
	Args   []*Value
	Kwargs [][2]*Value
	States []*Value
	Shape  []int64 // sparse, quantized, meta: the sizes; nil if the parts say them
	Device string  // tensor: where it was, "" for the processor
	Part   string  // tensor: the file of the conversion that has it, "" for the one with the tree
}

// The tags of values.
const (
	TagList      = "list"
	TagTuple     = "tuple"
	TagDict      = "dict"
	TagOrdered   = "ordered"
	TagSet       = "set"
	TagFrozenSet = "frozenset"
	TagBytes     = "bytes"
	TagTensor    = "tensor"
	TagArray     = "array"
	TagScalar    = "scalar"
	TagSize      = "size"
	TagWord      = "word" // torch.float32, torch.device("cpu"): Class says what, Text which
	TagObject    = "object"
	TagModule    = "module" // a torch.nn.Module
	TagSparse    = "sparse" // a tensor of other tensors, as the following
	TagQuantized = "quantized"
	TagNested    = "nested"
	TagWrapper   = "wrapper"
	TagMeta      = "meta"  // a tensor without elements
	TagAlias     = "alias" // Same, once more: it is written as a tensor
	TagRef       = "ref"
	TagOmitted   = "omitted"
)

// MarshalJSON writes the documented form: plain values as themselves, all
// others as an object whose first key is the tag.
func (v *Value) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.Grow(v.size())
	err := v.write(&b)
	return []byte(b.String()), err
}

// size is about how long the text of a value is that has very many tensors.
func (v *Value) size() (n int) {
	if v.Many != nil {
		const each = 48 // brackets, quotes and words
		n = v.Many.Len()*(each+len(v.Many.prefix)) + 2*v.Many.kept.End(v.Many.Len()-1)
	}
	for _, p := range v.Pairs {
		n += p[1].size()
	}
	return n
}

func (v *Value) write(b *strings.Builder) error {
	if v.Tag == "" {
		return writePlain(b, v.Plain)
	}
	if v.Tag == TagAlias {
		again := *v.Same
		if again.Attrs = nil; again.Tag != TagOmitted {
			again.Same = v.Same
		}
		return again.write(b)
	}
	b.WriteString(`{"` + v.Tag + `":`)
	var err error
	switch v.Tag {
	case TagList, TagTuple, TagSet, TagFrozenSet, TagSize:
		err = writeItems(b, v.Items)
	case TagDict, TagOrdered:
		if v.Many != nil {
			err = v.writeMany(b)
			break
		}
		err = writePairs(b, v.Pairs)
	case TagBytes, TagScalar:
		writeText(b, base64.StdEncoding.EncodeToString(v.Bytes))
	case TagRef:
		b.WriteString(strconv.Itoa(v.Ref))
	case TagObject:
		writeText(b, v.Class)
	default:
		writeText(b, v.Text)
	}
	if err != nil {
		return err
	}
	if err := v.writeDetails(b); err != nil {
		return err
	}
	b.WriteByte('}')
	return nil
}

var errJoined = errors.New("a text in which two lone surrogates stand as one character would")

func writePlain(b *strings.Builder, p any) error {
	switch p := p.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(p))
	case string:
		if joined(p) {
			return errJoined
		}
		writeText(b, p)
	case int64:
		b.WriteString(strconv.FormatInt(p, 10))
	case *big.Int:
		b.WriteString(p.String())
	case float64:
		writeFloat(b, p)
	}
	return nil
}

// writeFloat keeps floats apart from ints by a point or an exponent, and says
// what JSON numbers cannot: {"float":"nan"}, and NaN payloads by their bits.
func writeFloat(b *strings.Builder, f float64) {
	switch {
	case math.IsInf(f, 1):
		b.WriteString(`{"float":"inf"}`)
	case math.IsInf(f, -1):
		b.WriteString(`{"float":"-inf"}`)
	case math.IsNaN(f):
		b.WriteString(`{"float":"nan:` + strconv.FormatUint(math.Float64bits(f), 16) + `"}`)
	default:
		s := strconv.FormatFloat(f, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		b.WriteString(s)
	}
}

// writeText writes a JSON string. A lone surrogate, which Go cannot encode,
// keeps its escape; the first of two that a reader would join, which names of
// classes and devices can have, is written as U+FFFD.
func writeText(b *strings.Builder, s string) {
	b.WriteByte('"')
	if plain(s) {
		b.WriteString(s)
		s = ""
	}
	for len(s) > 0 {
		cut := strings.IndexByte(s, 0xed)
		if cut < 0 {
			cut = len(s)
		}
		if cut > 0 {
			q, _ := json.Marshal(s[:cut])
			b.Write(q[1 : len(q)-1])
			s = s[cut:]
			continue
		}
		if r, ok := surrogate(s); ok {
			if joined(s[:min(6, len(s))]) {
				b.WriteRune(utf8.RuneError)
			} else {
				b.WriteString(`\u` + strconv.FormatInt(int64(r), 16))
			}
			s = s[3:]
			continue
		}
		end := min(3, len(s))
		q, _ := json.Marshal(s[:end])
		b.Write(q[1 : len(q)-1])
		s = s[end:]
	}
	b.WriteByte('"')
}

// plain reports whether a text stands in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < 0x20 || c > 0x7e, c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

// surrogate decodes a surrogate that stands alone in the text as three bytes.
func surrogate(s string) (rune, bool) {
	if len(s) < 3 || s[0] != 0xed || s[1] < 0xa0 || s[1] > 0xbf || s[2]&0xc0 != 0x80 {
		return 0, false
	}
	return rune(s[0]&0xf)<<12 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), true
}

// joined reports whether two lone surrogates stand in a text that a reader of
// JSON takes for the two halves of one character.
func joined(s string) bool {
	for at := strings.IndexByte(s, 0xed); at >= 0; {
		first, ok := surrogate(s[at:])
		second, next := surrogate(s[min(len(s), at+3):])
		if ok && next && first < 0xdc00 && second >= 0xdc00 {
			return true
		}
		i := strings.IndexByte(s[at+1:], 0xed)
		if i < 0 {
			break
		}
		at += 1 + i
	}
	return false
}

func writeItems(b *strings.Builder, items []*Value) error {
	b.WriteByte('[')
	for i, v := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := v.write(b); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

func writePairs(b *strings.Builder, pairs [][2]*Value) error {
	b.WriteByte('[')
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeItems(b, p[:]); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}
