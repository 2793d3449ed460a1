package bytecode

import "slices"

// simplify writes conditions as the expressions that they were: a body that
// returns something in both ways of a condition is one return.
func simplify(body []Stmt) []Stmt {
	if len(body) == 0 {
		return body
	}
	body = unpack(body)
	last := &body[len(body)-1]
	if last.Kind != If {
		return body
	}
	last.Then, last.Else = simplify(last.Then), simplify(last.Else)
	then, ok := returned(last.Then)
	otherwise, ok2 := returned(last.Else)
	if !ok || !ok2 {
		return body
	}
	test := last.Value
	if before := len(body) - 2; before >= 0 && test.Kind == Local && body[before].Kind == Assign && body[before].Target == test {
		// _1 = a; return b if _1 else _1
		value := body[before].Value
		switch {
		case otherwise == test && !uses(then, test):
			return append(body[:before], Stmt{Kind: Return, Value: chain(And, value, then), Offset: last.Offset})
		case then == test && !uses(otherwise, test):
			return append(body[:before], Stmt{Kind: Return, Value: chain(Or, value, otherwise), Offset: last.Offset})
		}
	}
	e := &Expr{Kind: Conditional, Args: []*Expr{test, then, otherwise}}
	switch {
	case same(otherwise, test):
		e = chain(And, test, then)
	case same(then, test):
		e = chain(Or, test, otherwise)
	}
	return append(body[:len(body)-1], Stmt{Kind: Return, Value: e, Offset: last.Offset})
}

// unpack writes _1, _2 = value; a = _1; b = _2 as a, b = value.
func unpack(body []Stmt) []Stmt {
	for i := 0; i < len(body); i++ {
		s := &body[i]
		if s.Kind != Assign || s.Target.Kind != TupleOf || i+len(s.Target.Args) >= len(body) {
			continue
		}
		n := len(s.Target.Args)
		targets := &Expr{Kind: TupleOf}
		for k, item := range s.Target.Args {
			next := body[i+1+k]
			if next.Kind != Assign || next.Value != item || next.Target.Kind != Local {
				break
			}
			targets.Args = append(targets.Args, next.Target)
		}
		if rest := body[i+1+n:]; len(targets.Args) == n && !slices.ContainsFunc(s.Target.Args, func(item *Expr) bool { return mentioned(rest, item) }) {
			s.Target = targets
			body = append(body[:i+1], rest...)
		}
	}
	return body
}

// mentioned reports whether statements read a variable.
func mentioned(body []Stmt, variable *Expr) bool {
	for _, s := range body {
		if uses(s.Value, variable) || uses(s.Target, variable) || uses(s.Cause, variable) || mentioned(s.Then, variable) || mentioned(s.Else, variable) {
			return true
		}
	}
	return false
}

// returned is what a body of one return gives.
func returned(body []Stmt) (*Expr, bool) {
	if len(body) != 1 || body[0].Kind != Return {
		return nil, false
	}
	return body[0].Value, true
}

// same reports two reads of one variable.
func same(a, b *Expr) bool {
	return a == b && fixed(a, nil) || a.Kind == Local && b.Kind == Local && a.Name == b.Name
}

// chain joins a and b by And or Or.
func chain(kind Kind, a, b *Expr) *Expr {
	if b.Kind == kind {
		return &Expr{Kind: kind, Args: append([]*Expr{a}, b.Args...)}
	}
	return &Expr{Kind: kind, Args: []*Expr{a, b}}
}

// uses reports whether an expression reads a variable.
func uses(e, variable *Expr) bool {
	if e == nil {
		return false
	}
	if e.Kind == variable.Kind && e.Name == variable.Name {
		return true
	}
	for _, arg := range e.Args {
		if uses(arg, variable) {
			return true
		}
	}
	return false
}
