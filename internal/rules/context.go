package rules

import (
	"io"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// PickleContext is what a judgement of one stream needs to know beside it.
type PickleContext struct {
	Member string // the member path for locations
	// Trusted holds the exact names that the policy trusts.
	Trusted map[string]bool
	// Storage reports whether a persistent id is one of the container's tensor
	// storages; nil means that no persistent id has a meaning.
	Storage func(*sym.Node) bool
	// Data is what the stream's offsets count in: texts too long to be held in
	// the trace are looked at there. nil leaves them out.
	Data io.ReaderAt
	// Cut says that the stream may end early because the file was cut off. That
	// it does is no finding then: whoever made the context says that it is unread.
	Cut bool
	// Stop, unless nil, says that the judgement is to end before all is judged.
	Stop func() bool
	// Own holds the classes that the sources of a TorchScript archive define,
	// with their whole dotted names.
	Own map[string]bool
}

// A PickleJudgement is what the rules say of one stream.
type PickleJudgement struct {
	Findings []audit.Finding
	// Untrusted holds every value that came out of a call, a name or an id
	// that is not known to be harmless.
	Untrusted map[*sym.Node]bool
	// Foreign holds objects of classes that are not on the list, which __new__
	// alone made and which got plain attributes and items: what a file has of
	// them is data as long as the class takes it as pickle does by itself. It
	// holds the names of such classes too. All of them are Untrusted besides.
	Foreign map[*sym.Node]bool
	// Touched holds the values that such a call received, or that were changed
	// in a way that is not known to be harmless: what they are in the end is unknown.
	Touched []*sym.Node
	// Grown holds dicts that such a call added to, and in which what was there is
	// as it was.
	Grown []*sym.Node
	// Wrapped says of values in Untrusted what they are nevertheless known to be.
	Wrapped map[*sym.Node]Wrapped
	// Hooks lists dicts that torch calls the values of, and whose values in
	// Untrusted may go without another meaning of the object that has them.
	Hooks []*sym.Node
	// Unset lists the places of BUILDs whose object does not get the state: a method
	// that was planted before, and may go, is called with it.
	Unset []int64
	// Nested lists values whose bytes a listed call unpickles in turn. Their
	// content must be audited too.
	Nested []*sym.Node
	// Boosters lists what the readers of xgboost and lightgbm, which are compiled
	// code, are given as a model.
	Boosters []Booster
	// Pointers lists what arrays of Arrow point into their own bytes with.
	Pointers []Pointers
	// Stopped says that not all was judged.
	Stopped bool
	// TrustUsed lists the trusted names that the stream uses.
	TrustUsed []string
}

// A Booster is a model inside a pickle.
type Booster struct {
	Light bool // of lightgbm, else of xgboost
	Model *sym.Node
	Pos   int64 // of the BUILD
}
