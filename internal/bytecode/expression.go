package bytecode

import "github.com/modelaudit/action/internal/marshal"

// Kind is what an expression is.
type Kind uint8

// The kinds of expressions, with what Name, Args and Keys hold.
const (
	Const       Kind = iota // Value
	Local                   // Name: an argument or variable
	Global                  // Name
	Free                    // Name: a variable of the enclosing function
	Attribute               // Args[0].Name
	Item                    // Args[0][Args[1]]
	SliceOf                 // Args: start, stop, step; Const None where left out
	Unary                   // Name is the operator: - + ~ not
	Binary                  // Name is the operator; Args: left, right
	InPlace                 // as Binary, from an augmented assignment
	Compare                 // Name is the operator, "in", "not in", "is", "is not" among them
	Call                    // Args[0] called with the others, the last len(Keys) of them by keyword
	CallSpread              // Args[0](*Args[1], **Args[2]); Args[2] may be missing
	TupleOf                 // Args
	ListOf                  // Args
	SetOf                   // Args
	DictOf                  // Args: keys and values in turn; a key that is nil spreads its value
	Spread                  // *Args[0] in a tuple, list or set
	Format                  // Args[0] and perhaps a format; Name: "", "s", "r" or "a"
	Text                    // Args joined: an f-string
	Lambda                  // Function; Args: the values of its defaults
	Conditional             // Args[1] if Args[0] else Args[2]
	And                     // Args
	Or                      // Args
	Import                  // Name: the module; Keys: what is taken from it; Value: the level
	converted               // Args[0] as Name says, for a format that follows
	missing                 // NULL on the stack
)

// Expr is an expression. An Expr that stands at two places of a Function is the
// same value, computed once.
type Expr struct {
	Kind     Kind
	Name     string
	Value    marshal.Value
	Args     []*Expr
	Keys     []string
	Function *Function
}

// StmtKind is what a statement does.
type StmtKind uint8

// The kinds of statements.
const (
	Assign StmtKind = iota // Target = Value; a Target that is Local, Free, Global, Attribute, Item or a TupleOf locals
	Do                     // Value, for its effect
	Return                 // Value
	Raise                  // Value and Cause, either may be nil
	Delete                 // Target
	If                     // Value ? Then : Else; always the last of a body
)

// Stmt is a statement.
type Stmt struct {
	Kind       StmtKind
	Target     *Expr
	Value      *Expr
	Cause      *Expr
	Then, Else []Stmt
	Offset     int // of the instruction that did it
}

// Function is one code object as a version of Python reads it.
type Function struct {
	Code         *marshal.Code
	Version      Version
	Instructions []Instruction
	Body         []Stmt      // nil if Unfollowed
	Unfollowed   string      // why there is no body: what, and at which instruction
	Inner        []*Function // of the code objects among the constants
	grade        int         // see written
}
