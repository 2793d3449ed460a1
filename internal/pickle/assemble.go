package pickle

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Assemble turns a program into a pickle. A line holds a mnemonic and its
// arguments, or nothing; "#" outside quotes begins a comment. The offset that
// Disassemble begins a line with says nothing:
//
//	PROTO 4
//	FRAME auto                      # up to the next FRAME or the end
//	SHORT_BINUNICODE "posix"
//	GLOBAL "collections" "OrderedDict"
//	INT true                        # I01; or an integer
//	BINFLOAT bits:7ff8000000000001  # or 1.5, inf, -inf, nan
//	RAW 00ff "I0x1\n"               # bytes as they are: hexadecimal or quoted
//	STOP
//
// Integers (also of LONG*, GET, PUT, EXT*) and strings are written as in Go.
// A string is the decoded text: the bytes of bytes and Python 2 str, UTF-8 of
// str, where "\xed\xa0\x80" is the lone surrogate U+D800. Each instruction is
// spelled as by Encode; RAW writes every other spelling. The error names the line.
func Assemble(text string) ([]byte, error) {
	a := assembler{frame: -1}
	for i, line := range strings.Split(text, "\n") {
		if err := a.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	a.closeFrame()
	return a.out, nil
}

type assembler struct {
	out   []byte
	frame int // offset of the length of the open "FRAME auto", or -1
}

// A token is a word, or a string in quotes.
type token struct {
	text   string
	quoted bool
}

func (a *assembler) line(line string) error {
	tokens, err := tokenize(line)
	if err != nil || len(tokens) == 0 {
		return err
	}
	if !tokens[0].quoted && strings.HasPrefix(tokens[0].text, "0x") {
		if tokens = tokens[1:]; len(tokens) == 0 {
			return nil
		}
	}
	name, args := tokens[0], tokens[1:]
	if name.text == "RAW" {
		return a.raw(args)
	}
	info, ok := lookup(name.text)
	if !ok || name.quoted {
		return fmt.Errorf("unknown mnemonic %q", name.text)
	}
	if info.Code == OpFrame {
		a.closeFrame()
		if len(args) == 1 && args[0].text == "auto" {
			a.frame = len(a.out) + 1
			args[0].text = "0"
		}
	}
	op, err := parseOp(info, args)
	if err != nil {
		return fmt.Errorf("%s: %w", info.Name, err)
	}
	a.out, err = appendOp(a.out, op)
	if err != nil {
		return fmt.Errorf("%s: %w", info.Name, err)
	}
	return nil
}

// closeFrame fills in the length of an open "FRAME auto".
func (a *assembler) closeFrame() {
	if a.frame < 0 {
		return
	}
	n := uint64(len(a.out) - a.frame - 8)
	for i := range 8 {
		a.out[a.frame+i] = byte(n >> (8 * i))
	}
	a.frame = -1
}

func (a *assembler) raw(args []token) error {
	for _, t := range args {
		b := []byte(t.text)
		if !t.quoted {
			var err error
			if b, err = hex.DecodeString(t.text); err != nil {
				return fmt.Errorf("RAW: %w", err)
			}
		}
		a.out = append(a.out, b...)
	}
	return nil
}

func lookup(name string) (Info, bool) {
	for _, info := range table {
		if info.Name == name && name != "" {
			return info, true
		}
	}
	return Info{}, false
}

// tokenize splits a line into words and strings, without its comment.
func tokenize(line string) ([]token, error) {
	var tokens []token
	for {
		line = strings.TrimLeft(line, " \t\r")
		if line == "" || line[0] == '#' {
			return tokens, nil
		}
		if line[0] == '"' || line[0] == '`' {
			q, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("string without end: %s", line)
			}
			text, err := strconv.Unquote(q)
			if err != nil {
				return nil, fmt.Errorf("string %s: %w", q, err)
			}
			tokens, line = append(tokens, token{text, true}), line[len(q):]
			continue
		}
		n := strings.IndexAny(line, " \t\r#\"`")
		if n < 0 {
			n = len(line)
		}
		tokens, line = append(tokens, token{line[:n], false}), line[n:]
	}
}

// parseOp makes the instruction that Encode turns into bytes.
func parseOp(info Info, args []token) (Op, error) {
	op := Op{Code: info.Code}
	words, quoted := info.Arg.syntax()
	if len(args) != words {
		return op, fmt.Errorf("%d arguments, want %d", len(args), words)
	}
	for _, t := range args {
		if t.quoted != quoted {
			return op, fmt.Errorf("argument %q: quotes around strings, and only there", t.text)
		}
	}
	switch {
	case words == 0:
		return op, nil
	case quoted:
		op.Text = args[0].text
		if words == 2 {
			op.Name = args[1].text
		}
		return op, nil
	case info.Arg == ArgFloat8 || info.Arg == ArgFloatLine:
		return op, op.assembleFloat(args[0].text)
	}
	return op, op.assembleInt(info.Arg, args[0].text)
}

// syntax returns how many arguments the assembler wants, and whether quoted.
func (k ArgKind) syntax() (words int, quoted bool) {
	switch k {
	case ArgNone:
		return 0, false
	case ArgGlobalLines, ArgInstLines:
		return 2, true
	case ArgString1, ArgString4, ArgBytes1, ArgBytes4, ArgBytes8, ArgUnicode1, ArgUnicode4, ArgUnicode8,
		ArgStringLine, ArgUnicodeLine, ArgPersIDLine:
		return 1, true
	}
	return 1, false
}

func (op *Op) assembleInt(kind ArgKind, s string) error {
	if kind == ArgIntLine && (s == "true" || s == "false") {
		op.Bool = true
		if s == "true" {
			op.Int = 1
		}
		return nil
	}
	v, ok := new(big.Int).SetString(s, 0)
	if !ok {
		return fmt.Errorf("%q is no integer", s)
	}
	op.setInteger(v)
	if kind == ArgIndexLine && op.Big != nil {
		return errors.New("memo index out of range")
	}
	return nil
}

func (op *Op) assembleFloat(s string) error {
	if h, ok := strings.CutPrefix(s, "bits:"); ok {
		v, err := strconv.ParseUint(h, 16, 64)
		op.Float = math.Float64frombits(v)
		return err
	}
	f, err := strconv.ParseFloat(s, 64)
	op.Float = f
	return err
}
