package bytecode

import (
	"errors"
	"fmt"
	"slices"

	"github.com/modelaudit/action/internal/marshal"
)

// Reading is what code means to the versions of Python in which it makes sense
// and means the same.
type Reading struct {
	Versions []Version // ascending; those of one meaning
	Function *Function // as the first of Versions reads it
	Text     string    // Function.Text()
}

// Code is a marshalled function, in all its readings.
type Code struct {
	Readings []Reading // at least one, what looks most like a compiler's work first
	Trailing int       // bytes behind the code object, which Python ignores
}

// Ambiguous reports whether two versions of Python take the code for different
// things and either could have written it: the first of Readings is no better than the second.
func (c *Code) Ambiguous() bool {
	return len(c.Readings) > 1 && c.Readings[0].Function.grade == c.Readings[1].Function.grade
}

// Read decodes a marshalled code object. It fails if no version of Python from
// 3.6 to 3.14 could run it, and says why of the one that came closest.
func Read(b []byte) (*Code, error) {
	decoded, err := marshal.DecodeCode(b)
	if err != nil {
		return nil, err
	}
	code := &Code{}
	var problems []error
	for _, c := range decoded {
		code.Trailing = len(b) - c.Size
		for v := Oldest; v <= Newest; v++ {
			if v.layout() != c.Layout {
				continue
			}
			count := 0
			f, err := read(c, v, 0, &count)
			if err != nil {
				problems = append(problems, fmt.Errorf("as of Python %s: %w", v, err))
				continue
			}
			code.add(v, f)
		}
	}
	slices.SortStableFunc(code.Readings, func(a, b Reading) int { return b.Function.grade - a.Function.grade })
	if len(code.Readings) == 0 {
		return nil, fmt.Errorf("a code object of no version of Python from %s to %s: %w", Oldest, Newest, errors.Join(problems...))
	}
	return code, nil
}

// add puts a version to the reading that means the same.
func (c *Code) add(v Version, f *Function) {
	text := f.Text()
	f.grade = f.written()
	for i := range c.Readings {
		if c.Readings[i].Text == text && len(text) < maxText { // a cut text may hide a difference
			r := &c.Readings[i]
			r.Versions = append(r.Versions, v)
			r.Function.grade = max(r.Function.grade, f.grade)
			return
		}
	}
	c.Readings = append(c.Readings, Reading{[]Version{v}, f, text})
}

// written grades how much a reading looks like what its version's compiler writes:
// its lines end where its instructions do, and its caches are empty. No Python
// looks at these to run code, so that nothing but the order of readings comes of it.
func (f *Function) written() (grade int) {
	c := f.Code
	bytes := 0
	for i := 0; i < len(c.Lines); i += 2 {
		bytes += int(c.Lines[i])
	}
	// 3.10's table covers all instructions, the older one what lies before the last line.
	if whole := bytes == len(c.Instructions); c.Layout == marshal.Layout311 || whole == (f.Version == 10) {
		grade++
	}
	for _, in := range f.Instructions {
		for _, cache := range c.Instructions[in.Offset+2 : in.Next] {
			if cache != 0 {
				return grade
			}
		}
	}
	return grade + 1
}

// read reads a code object and those among its constants, as one version does.
func read(c *marshal.Code, v Version, depth int, count *int) (*Function, error) {
	if *count++; *count > maxFunctions || depth > maxNesting {
		return nil, errors.New("too many functions in one another")
	}
	list, err := Instructions(c, v)
	if err != nil {
		return nil, err
	}
	f := &Function{Code: c, Version: v, Instructions: list}
	if err := f.check(); err != nil {
		return nil, err
	}
	for _, constant := range c.Consts {
		if code, ok := constant.(*marshal.Code); ok {
			inner, err := read(code, v, depth+1, count)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", code.Name, err)
			}
			f.Inner = append(f.Inner, inner)
		}
	}
	f.follow()
	return f, nil
}

// check refuses instructions whose argument names what is not there: no version
// that wrote the code would have, so it is another's.
func (f *Function) check() error {
	for _, in := range f.Instructions {
		arg, bound := in.Arg, -1
		switch {
		case in.Name == "LOAD_CONST", in.Name == "RETURN_CONST", in.Name == "KW_NAMES":
			bound = len(f.Code.Consts)
		case in.Name == "LOAD_GLOBAL" && f.Version >= 11, in.Name == "LOAD_ATTR" && f.Version >= 12:
			arg >>= 1
			bound = len(f.Code.Names)
		case named(in.Name):
			bound = len(f.Code.Names)
		case numbered(in.Name):
			if _, _, ok := variable(f.Code, in.Name, arg); !ok {
				bound = 0
			}
		case in.Name == "COMPARE_OP":
			arg, bound = comparison(f.Version, arg)
		}
		if bound >= 0 && arg >= bound {
			return fmt.Errorf("%s at %d names number %d of %d", in.Name, in.Offset, arg, bound)
		}
	}
	if f.Version >= 11 && f.Instructions[0].Name != "RESUME" && !f.prologue() {
		return errors.New("does not begin as this version's functions do")
	}
	return nil
}

// prologue reports a RESUME among the first instructions: since 3.11 the
// compiler writes one into every function.
func (f *Function) prologue() bool {
	for _, in := range f.Instructions {
		switch in.Name {
		case "RESUME":
			return true
		case "MAKE_CELL", "COPY_FREE_VARS", "RETURN_GENERATOR", "POP_TOP", "NOP":
		default:
			return false
		}
	}
	return false
}
