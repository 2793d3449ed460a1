package policy

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxErrors bounds how many errors one Parse collects.
const maxErrors = 20

// An Error is one thing that is wrong with a policy file. Line and Column
// count from 1; Msg says what was expected there.
type Error struct {
	File         string
	Line, Column int
	Msg          string
}

// Error returns "file:line:column: msg".
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
}

// Errors are the errors of one policy file in the order of their places, at
// least one and at most 20. errors.As finds the first *Error in it.
type Errors []*Error

// Error returns one line for each error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the single errors.
func (e Errors) Unwrap() []error {
	list := make([]error, len(e))
	for i, err := range e {
		list[i] = err
	}
	return list
}

// failAt records an error at a place. The library puts what is missing behind
// a "---" at the end on a line that the file does not have.
func (r *reader) failAt(line, column int, format string, args ...any) {
	if len(r.errs) < maxErrors {
		line = min(line, r.lines)
		r.errs = append(r.errs, &Error{r.file, max(line, 1), max(column, 1), fmt.Sprintf(format, args...)})
	}
}

// fail records an error at a node.
func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.failAt(n.Line, n.Column, format, args...)
}

// err returns the errors so far, sorted by place, or nil.
func (r *reader) err() error {
	if len(r.errs) == 0 {
		return nil
	}
	slices.SortStableFunc(r.errs, func(a, b *Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return r.errs
}
