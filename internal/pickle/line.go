package pickle

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// line reads up to the next "\n", which it drops, and moves op.End behind it.
// If the input ends first, whole is false and the line lacks its last byte, as
// load_global of Lib/pickle.py has it; an empty rest is an error.
func (d *Decoder) line(op *Op) (text string, whole bool, err error) {
	if err := d.dropLine(op); err != nil {
		return "", false, err
	}
	limit := min(d.in.end, saturated(op.End, saturated(d.opt.MaxInline, 1)))
	at, err := d.in.newline(op.End, limit)
	if err != nil {
		return "", false, err
	}
	if at < 0 && limit < d.in.end {
		return "", true, d.longLine(op)
	}
	if at < 0 && op.End == d.in.end {
		return "", false, op.unterminated()
	}
	whole = at >= 0
	if !whole {
		at = d.in.end - 1
	}
	b, err := d.take(op, at+1-op.End)
	if err != nil {
		return "", false, err
	}
	return string(b[:len(b)-1]), whole, nil
}

// longLine passes over the line of a text that is longer than what is held of one, and
// says why another is not read. A persistent id with which a file begins is looked at further, for large files of other
// formats begin with its letter: one that is not ASCII fails in every unpickler, and
// behind one that never ends there is nothing (load_persid of Modules/_pickle.c).
func (d *Decoder) longLine(op *Op) error {
	if op.Code == OpString || op.Code == OpUnicode {
		return d.lazyLine(op)
	}
	tooLong := op.limit("line of more than %d bytes", d.opt.MaxInline)
	if kind := table[op.Code].Arg; kind == ArgIntLine || kind == ArgLongLine || kind == ArgIndexLine || kind == ArgFloatLine {
		begin, err := d.in.bytes(op.End, min(maxDigits, d.in.end-op.End))
		if err == nil && !numeric(cString(string(begin))) {
			return op.fail("%+.40q is not a valid number", begin)
		}
	}
	if op.Code != OpPersID || op.Pos != 0 {
		return tooLong
	}
	end, err := d.in.find(op.End, d.in.end, func(b []byte) int {
		return slices.IndexFunc(b, func(c byte) bool { return c == '\n' || c >= utf8.RuneSelf })
	})
	switch {
	case err != nil:
		return err
	case end < 0:
		return op.unterminated()
	}
	b, err := d.in.bytes(end, 1)
	switch {
	case err != nil:
		return err
	case b[0] == '\n':
		return tooLong
	}
	return op.fail("persistent id is not ASCII")
}

// lazyLine sets Data to the text of a line that is not held, and moves op.End behind it.
func (d *Decoder) lazyLine(op *Op) error {
	limit := d.in.end
	if d.opt.MaxLine > 0 {
		limit = min(limit, saturated(op.End, saturated(d.opt.MaxLine, 1)))
	}
	at, err := d.in.newline(op.End, limit)
	switch {
	case err != nil:
		return err
	case at < 0 && limit < d.in.end:
		return op.limit("line of more than %d bytes", max(d.opt.MaxLine, d.opt.MaxInline))
	case at < 0:
		return op.unterminated()
	}
	op.Lazy, op.Data, op.End = true, Range{op.End, at - op.End}, at+1
	if op.Code == OpString {
		return d.quotes(op)
	}
	return nil
}

// quotes takes the quotes off the line of a STRING.
func (d *Decoder) quotes(op *Op) error {
	var ends [2]byte
	for i, at := range []int64{op.Data.Off, op.Data.Off + op.Data.Len - 1} {
		b, err := d.in.bytes(at, 1)
		if err != nil {
			return err
		}
		ends[i] = b[0]
	}
	if ends[0] != ends[1] || ends[0] != '\'' && ends[0] != '"' {
		return op.fail("string is not quoted")
	}
	op.Data = Range{op.Data.Off + 1, op.Data.Len - 2}
	return nil
}

// unterminated returns the error that the input ends inside a line.
func (op *Op) unterminated() error {
	return &FormatError{Offset: op.Pos, Op: op.Code, Msg: `input ends before the line's "\n"`, kind: truncated}
}

// names decodes the two lines of GLOBAL and INST (load_global, load_inst). What
// only the Python unpickler accepts is accepted with an anomaly, because it
// imports, and for INST calls, before it fails.
func (d *Decoder) names(op *Op, kind ArgKind) error {
	module, _, err := d.line(op)
	if err != nil {
		return err
	}
	name, whole := "", false
	if op.End < d.in.end {
		if name, whole, err = d.line(op); err != nil {
			return err
		}
	}
	for _, s := range []string{module, name} {
		if kind == ArgInstLines && !isASCII(s) {
			return op.fail("name %+q is not ASCII", s)
		}
		if !utf8.ValidString(s) {
			return op.fail("name %+q is not UTF-8", s)
		}
	}
	op.Text, op.Name = module, name
	if !whole {
		d.anomaly(op.Pos, op.End, UnterminatedLine, `the last line has no "\n"`)
	} else if module == "" || name == "" {
		d.anomaly(op.Pos, op.End, EmptyName, "empty name")
	}
	return nil
}

// textLine decodes a one-line argument.
func (d *Decoder) textLine(op *Op, kind ArgKind) error {
	s, whole, err := d.line(op)
	if err != nil || op.Lazy {
		return err
	}
	if !whole && kind != ArgPersIDLine {
		return op.unterminated()
	}
	switch kind {
	case ArgIntLine, ArgLongLine, ArgIndexLine, ArgFloatLine:
		return d.number(op, kind, s)
	case ArgStringLine:
		op.Text, err = unquote(s)
	case ArgUnicodeLine:
		op.Text, err = decodeRawUnicode(s)
	case ArgPersIDLine:
		if !isASCII(s) {
			return op.fail("persistent id is not ASCII")
		}
		op.Text = s
		if !whole {
			d.anomaly(op.Pos, op.End, UnterminatedLine, `the last line has no "\n"`)
		}
	}
	if err != nil {
		return op.fail("%v", err)
	}
	return nil
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
