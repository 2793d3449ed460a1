package rules

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Bounds of what an expression may make its loader compute. sympy works powers
// of numbers out when it reads them: 9**9**9**9 would keep it busy for ever.
const (
	maxBits     = 1 << 20 // of the result, and of every part
	maxExponent = 1 << 16
	maxNesting  = 100  // brackets and signs
	maxDigits   = 4300 // sys.int_info.default_max_str_digits
	symbolBits  = 64
)

// boundedExpression reports whether a number of at most maxBits bits is the
// result of an expression of Python, however large its symbols are. What it
// cannot read has no bound.
func boundedExpression(list tokenList) bool {
	m := measure{rest: list}
	bits := m.expression()
	return len(m.rest) == 0 && bits <= maxBits
}

// A measure reads an expression and counts bits, +Inf for what is not bounded.
type measure struct {
	rest  tokenList
	depth int
}

// take skips one of the signs if it is next.
func (m *measure) take(signs ...string) bool {
	ok := m.rest.at(0).kind == signToken && slices.Contains(signs, m.rest.at(0).text)
	if ok {
		m.rest = m.rest[1:]
	}
	return ok
}

func (m *measure) expression() float64 {
	return m.chain(m.shift, "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "=")
}

func (m *measure) shift() float64 {
	bits := m.sum()
	for {
		switch {
		case m.take("<<"):
			bits += raised(1, m.sum())
		case m.take(">>"):
			m.sum()
		default:
			return bits
		}
	}
}

func (m *measure) sum() float64 { return m.chain(m.factor, "+", "-", "*", "/", "//", "%") }

// chain reads parts with signs between. A sum has no more bits than a product.
func (m *measure) chain(part func() float64, signs ...string) float64 {
	bits := part()
	for m.take(signs...) {
		bits += part() + 1
	}
	return bits
}

func (m *measure) factor() float64 {
	if m.depth++; m.depth > maxNesting {
		return math.Inf(1)
	}
	defer func() { m.depth-- }()
	if m.take("+", "-", "~") {
		return m.factor() + 1
	}
	bits := m.atom()
	if m.take("**") {
		return raised(bits, m.factor())
	}
	return bits
}

func (m *measure) atom() float64 {
	t := m.rest.at(0)
	switch {
	case m.take("("):
		return sumOf(m.arguments())
	case len(m.rest) == 0 || t.kind == signToken:
		return math.Inf(1)
	}
	m.rest = m.rest[1:]
	switch {
	case t.kind != wordToken:
		return numberBits(t.text)
	case !m.take("("):
		return symbolBits
	}
	args := m.arguments()
	switch t.text {
	case "Symbol", "Dummy":
		return symbolBits
	case "Pow", "PowByNatural", "FloatPow":
		if len(args) > 1 {
			return raised(args[0], args[1])
		}
	case "LShift":
		if len(args) > 1 {
			return args[0] + raised(1, args[1])
		}
	case "exp", "sinh", "cosh":
		return exponential(sumOf(args))
	case "Float": // the digits that it has
		if len(args) > 1 && sumOf(args[1:]) > 16 {
			return math.Inf(1)
		}
	}
	return sumOf(args)
}

// arguments reads up to the bracket that ends them, and what each may be.
func (m *measure) arguments() (bits []float64) {
	for !m.take(")") {
		if len(m.rest) == 0 {
			return []float64{math.Inf(1)}
		}
		if t := m.rest.at(1); m.rest.at(0).kind == wordToken && t.kind == signToken && t.text == "=" {
			m.rest = m.rest[2:]
		}
		bits = append(bits, m.expression())
		if next := m.rest.at(0); !m.take(",") && next.text != ")" {
			return []float64{math.Inf(1)}
		}
	}
	return bits
}

func sumOf(bits []float64) (sum float64) {
	for _, b := range bits {
		sum += b + 1
	}
	return sum
}

// raised returns the bits of a power. A symbol as exponent stays one.
func raised(base, exponent float64) float64 {
	switch {
	case exponent == symbolBits:
		return base + symbolBits
	case math.Exp2(exponent) > maxExponent:
		return math.Inf(1)
	}
	return base * math.Exp2(exponent)
}

// exponential returns the bits of exp(x), which sympy works out when it compares
// it, and which it cannot when there is another power in it.
func exponential(x float64) float64 {
	const most = 200
	if x > most {
		return math.Inf(1)
	}
	return most + x
}

// numberBits returns the bits of a number, or of its text.
func numberBits(text string) float64 {
	mantissa, exponent, scientific := strings.Cut(text, "e")
	if len(mantissa) > maxDigits {
		return math.Inf(1)
	}
	bits := float64(len(mantissa)) * math.Log2(10)
	if v, err := strconv.ParseUint(mantissa, 10, 63); err == nil {
		bits = math.Log2(float64(v) + 1)
	}
	if !scientific {
		return bits
	}
	e, err := strconv.Atoi(exponent)
	if err != nil || e > maxExponent || e < -maxExponent {
		return math.Inf(1)
	}
	return bits + math.Abs(float64(e))*math.Log2(10)
}

// boundedGuard reports whether the powers of a guard have small numbers as
// exponents, and are not many one in another.
func boundedGuard(list tokenList) bool {
	bits := float64(symbolBits)
	for i, t := range list {
		exponent := list.at(i + 1)
		switch {
		case t.kind == numberToken && math.IsInf(numberBits(t.text), 1):
			return false
		case t.kind != signToken || t.text != "**" && t.text != "<<":
		case exponent.kind != numberToken || list.at(i+2).text == "**":
			return false
		default:
			bits *= math.Exp2(numberBits(exponent.text))
		}
	}
	return bits <= maxBits
}
