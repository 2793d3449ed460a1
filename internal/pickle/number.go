package pickle

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// maxDigits bounds the quadratic work of reading a number's text. CPython since
// 3.11 refuses more than pyDigits decimal digits, unless told otherwise.
const (
	maxDigits = 1 << 14
	pyDigits  = 4300
)

// pySpace is what C's isspace and Python's int skip around a number.
const pySpace = " \t\n\v\f\r"

// number decodes the text of INT, LONG, FLOAT, GET and PUT. The value is the
// one of the C unpickler up to Python 3.13; what others read differently is an
// anomaly, and so is what only others accept.
func (d *Decoder) number(op *Op, kind ArgKind, s string) error {
	if s == "" {
		return op.fail("empty number")
	}
	switch {
	case len(cString(s)) <= maxDigits: // what is behind a NUL is never read as one
	case !numeric(cString(s)):
		return op.fail("%+.40q is not a valid number", s)
	default:
		return op.limit("number of more than %d digits", maxDigits)
	}
	ok, plain := false, false
	switch kind {
	case ArgIntLine:
		ok = op.parseInt(s)
		plain = isDecimal(s) || s == "00" || s == "01"
	case ArgLongLine:
		s = strings.TrimSuffix(s, "L")
		ok = op.parseLong(cString(s))
		plain = isDecimal(s)
	case ArgIndexLine:
		ok = op.parsePython(cString(s), 10) && op.Big == nil && op.Int >= 0
		plain = isDecimal(s)
	case ArgFloatLine:
		ok, plain = op.parseFloat(s)
	}
	if !ok {
		return op.fail("%+.40q is not a valid number", s)
	}
	if !plain || kind != ArgFloatLine && len(s) > pyDigits {
		d.anomaly(op.Pos, op.End, OddSpelling, "unpicklers differ about the number %+.40q", s)
	}
	return nil
}

// parseInt reads the argument of INT as load_int does: strtol with base 0, and
// PyLong_FromString if that does not take the whole line. Python 3.14 reads
// base 10, so that "010" is 8 or 10 and "08" an error or 8.
func (op *Op) parseInt(s string) bool {
	if v, ok := strtol(cString(s)); ok {
		op.Int = v
		op.Bool = len(s) == 2 && (v == 0 || v == 1)
		return true
	}
	return op.parseLong(cString(s))
}

func (op *Op) parseLong(s string) bool {
	return op.parsePython(s, 0) || op.parsePython(s, 10)
}

// numeric reports whether s has only characters that numbers are written with, in any
// base and with an exponent.
func numeric(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEFxXoOL_+-."+pySpace) == ""
}

// cString cuts s at a NUL byte, where C sees its end.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// isDecimal reports whether s is an integer as every unpickler writes it.
func isDecimal(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || digits[0] == '0' && s != "0" {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}

// splitSign removes a leading sign and reports whether it was a minus.
func splitSign(s string) (rest string, negative bool) {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

// strtol reads s as C's strtol with base 0 on a system with a 64-bit long; ok
// says that nothing is left over and nothing overflowed. An empty s is 0,
// because then the end of the number is the end of the line.
func strtol(s string) (v int64, ok bool) {
	if s == "" {
		return 0, true
	}
	digits, negative := splitSign(strings.TrimLeft(s, pySpace))
	base := 10
	if strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0X") {
		base, digits = 16, digits[2:]
	} else if strings.HasPrefix(digits, "0") {
		base = 8
	}
	if digits == "" || digits[0] == '+' || digits[0] == '-' {
		return 0, false
	}
	if negative {
		digits = "-" + digits
	}
	v, err := strconv.ParseInt(digits, base, 64)
	return v, err == nil
}

// parsePython reads s as PyLong_FromString does with base 0 or 10: space around
// it, a sign, with base 0 a prefix 0x, 0o or 0b (else no leading zero but
// in zero itself), single underscores between digits and behind the prefix.
func (op *Op) parsePython(s string, base int) bool {
	digits, negative := splitSign(strings.Trim(s, pySpace))
	zeroOnly := false
	if base == 0 {
		base = 10
		if len(digits) > 1 && digits[0] == '0' {
			switch digits[1] | 0x20 {
			case 'x':
				base = 16
			case 'o':
				base = 8
			case 'b':
				base = 2
			default:
				zeroOnly = true
			}
			if base != 10 {
				digits = strings.TrimPrefix(digits[2:], "_")
			}
		}
	}
	if digits == "" || strings.HasPrefix(digits, "_") || strings.HasSuffix(digits, "_") ||
		strings.Contains(digits, "__") || strings.ContainsAny(digits, "+-") {
		return false
	}
	v, ok := new(big.Int).SetString(strings.ReplaceAll(digits, "_", ""), base)
	if !ok || zeroOnly && v.Sign() != 0 {
		return false
	}
	if negative {
		v.Neg(v)
	}
	op.setInteger(v)
	return true
}

// parseFloat reads the argument of FLOAT as PyOS_string_to_double does, and if
// that refuses as Python's float does, which takes space, underscores and what
// overflows to infinity. plain says that every unpickler reads it so.
func (op *Op) parseFloat(s string) (ok, plain bool) {
	c := cString(s)
	if f, finite, ok := decimalFloat(c); ok && finite {
		op.Float = f
		return true, len(c) == len(s)
	}
	s = strings.Trim(s, pySpace)
	for i := range len(s) {
		if s[i] == '_' && (i == 0 || i == len(s)-1 || !isDigit(s[i-1]) || !isDigit(s[i+1])) {
			return false, false
		}
	}
	f, _, ok := decimalFloat(strings.ReplaceAll(s, "_", ""))
	op.Float = f
	return ok, false
}

// decimalFloat reads a decimal number, inf, infinity or nan with an optional
// sign; inRange is false if a decimal number overflowed to infinity.
func decimalFloat(s string) (f float64, inRange, ok bool) {
	digits, negative := splitSign(s)
	switch strings.ToLower(digits) {
	case "inf", "infinity":
		f, inRange = math.Inf(1), true
	case "nan":
		f, inRange = math.Float64frombits(0x7ff8000000000000), true
	default:
		if digits == "" || strings.Trim(digits, "0123456789.eE+-") != "" || digits[0] == '+' || digits[0] == '-' {
			return 0, false, false
		}
		var err error
		f, err = strconv.ParseFloat(digits, 64)
		inRange = err == nil
		if err != nil && !math.IsInf(f, 0) {
			return 0, false, false
		}
	}
	if negative {
		f = math.Copysign(f, -1)
	}
	return f, inRange, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
