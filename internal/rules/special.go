package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// special reports whether a dict, or an object with items, has a key that is
// the name of a method of Python's protocols, and at it what is no number: the words
// of a text are counted in a dict, and "__toc__" is one. A class whose __getattr__ looks
// names up in a dict of its own would give its value to whoever asks for that
// method: numpy.asarray(x) reads the address that x.__array_interface__ says.
func special(n *sym.Node) bool {
	for _, p := range n.Pairs() {
		if specialKey(p.Key) && !counted(p.Value) {
			return true
		}
	}
	if n.Kind != sym.Object || n.Call() == nil {
		return false
	}
	for _, a := range n.Call().Live { // OrderedDict([(key, value), ...]), and as a dict
		if a.Kind == sym.Dict && special(a) {
			return true
		}
		for _, pair := range a.Items() {
			if i := pair.Items(); len(i) == 2 && specialKey(i[0]) && !counted(i[1]) {
				return true
			}
		}
	}
	return false
}

// counted accepts a number, as Python or numpy has it: nothing calls one, and numpy
// takes a dict alone for the description of an array.
var counted = either(number, madeBy("numpy.core.multiarray", "scalar"), madeBy("numpy._core.multiarray", "scalar"))

// specialKey reports whether a key is equal to such a name: a str, or an object that
// may be one. numpy.str_, UserString and the heirs of str have the hash of the text
// that they hold, so that a dict finds them under it.
func specialKey(n *sym.Node) bool {
	if n.Kind == sym.String {
		return specialText(n)
	}
	if n.Kind != sym.Object || keyTensor(n) {
		return false
	}
	found, left := false, maxKey
	sym.Reach(func(n *sym.Node) bool {
		left--
		found = found || left < 0 || (n.Kind == sym.String || n.Kind == sym.Bytes) && specialText(n)
		return !found
	}, n)
	return found
}

// keyTensor accepts a tensor, under which an optimizer keeps what it knows of it: torch hashes
// one by its address, so that no text finds it, and its storage may be bytes of any length.
var keyTensor = madeBy("torch._utils", "_rebuild_parameter", "_rebuild_tensor_v2", "_rebuild_tensor")

// maxKey is how many values a key may be made of to be looked at. A tensor has half of them.
const maxKey = 100

// specialText reports whether a text, or bytes that numpy reads as one, may be the name
// of such a method: there, each character is a byte and zeros, and zeros may follow.
func specialText(n *sym.Node) bool {
	text := strings.ReplaceAll(n.Text, "\x00", "")
	return n.Lazy && n.Kind == sym.Bytes || len(text) > 4 && strings.HasPrefix(text, "__") && (n.Lazy || strings.HasSuffix(text, "__"))
}
