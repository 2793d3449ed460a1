package lambda

import (
	"regexp"
	"strings"
)

// subscripts are those of an einsum of one to three operands, of which each says all its
// axes, none of them twice.
var subscripts = regexp.MustCompile(`^[a-zA-Z]+(,[a-zA-Z]+){0,2}->[a-zA-Z]*$`)

// einsum is a call of einsum, whose operands come one by one behind the subscripts.
func (e *evaluator) einsum(args []any, keys []string) (any, error) {
	if len(keys) > 0 || len(args) < 2 {
		return nil, because("einsum is called with what is not in the table")
	}
	text, _ := args[0].(string)
	text = strings.ReplaceAll(text, " ", "")
	if !subscripts.MatchString(text) {
		return nil, because("einsum's subscripts %.100q are not in the table", text)
	}
	from, to, _ := strings.Cut(text, "->")
	terms := strings.Split(from, ",")
	var operands []Ref
	for _, arg := range args[1:] {
		t, ok := arg.(tensor)
		if !ok {
			return nil, because("einsum is called with something that is no tensor")
		}
		operands = append(operands, t.Ref)
	}
	if len(operands) != len(terms) {
		return nil, because("einsum's subscripts are for %d tensors, and it gets %d", len(terms), len(operands))
	}
	for _, term := range append(terms, to) {
		for i, label := range term {
			if strings.ContainsRune(term[i+1:], label) || !strings.ContainsRune(from, label) {
				return nil, because("einsum's subscripts %.100q are not in the table", text)
			}
		}
	}
	return e.node("einsum", operands, text)
}

// summed is the shape that an einsum gives.
func (e *evaluator) summed(operands []Ref, text string) shape {
	from, to, _ := strings.Cut(text, "->")
	sizes := map[rune]int{}
	for i, term := range strings.Split(from, ",") {
		s := e.shape(operands[i])
		if len(s) != len(term) {
			return nil
		}
		for k, label := range term {
			if known, ok := sizes[label]; ok && known != s[k] {
				return nil
			}
			sizes[label] = s[k]
		}
	}
	out := shape{}
	for _, label := range to {
		out = append(out, sizes[label])
	}
	return out
}
