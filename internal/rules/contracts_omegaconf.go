package rules

import (
	"maps"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// omegaconfContracts: configurations of OmegaConf 2.0 to 2.4, as Lightning, Hydra and
// fairseq keep them in checkpoints. A container's __setstate__ takes the types out of its
// _metadata, makes Dict[...] or List[...] of them and updates __dict__
// (omegaconf/basecontainer.py); a node's and a box's only updates __dict__ (omegaconf/base.py).
// A container looks its attributes up among its items (dictconfig.py, __getattr__), so that
// no key may be the name of a method that others ask for.
func omegaconfContracts() []contract {
	made := func(module string, state shape, names string) contract {
		return contract{module: module, names: strings.Fields(names), calls: with(), newobj: true, onlyNew: true, state: state}
	}
	node := either(built("omegaconf.base", "UnionNode"), configContainer, configNode)
	plain := either(none, number, text, rawBytes, kinds(sym.Bool), madeBy("pathlib", pathClasses...), madeBy("pathlib._local", pathClasses...), enumMember)
	about := map[string]shape{
		"ref_type": annotation, "object_type": annotation, "optional": kinds(sym.Bool), "key": plain, "flags_root": kinds(sym.Bool),
		"flags": either(none, dictOf(shortText, either(none, kinds(sym.Bool)))), "resolver_cache": either(kinds(sym.Dict), madeBy("collections", "defaultdict")),
	}
	container := map[string]shape{"key_type": annotation, "element_type": annotation}
	maps.Copy(container, about)
	box := func(metadata string, content shape) shape {
		return record(map[string]shape{"_metadata": built("omegaconf.base", metadata), "_parent": either(none, node), "_flags_cache": either(none, kinds(sym.Dict)), "_content": content})
	}
	noMethods := func(n *sym.Node) bool { return dictOf(plain, node)(n) && !special(n) }
	value := map[string]shape{"_metadata": built("omegaconf.base", "Metadata"), "_parent": either(none, node), "_val": plain, "_flags_cache": either(none, kinds(sym.Dict)),
		"fields": dictOf(text, plain), "enum_type": either(none, kinds(sym.Global))}
	return []contract{
		made("omegaconf.base", record(about), "Metadata"),
		made("omegaconf.base", record(container), "ContainerMetadata"),
		made("omegaconf.base", box("Metadata", either(none, text, node)), "UnionNode"),
		made("omegaconf.dictconfig", box("ContainerMetadata", either(none, text, noMethods)), "DictConfig"),
		made("omegaconf.listconfig", box("ContainerMetadata", either(none, text, listOf(node))), "ListConfig"),
		made("omegaconf.tupleconfig", box("ContainerMetadata", either(none, text, listOf(node), tupleOf(node))), "TupleConfig"),
		made("omegaconf.nodes", record(value), configNodes),
	}
}

const configNodes = "AnyNode NoneNode StringNode PathNode IntegerNode FloatNode BooleanNode BytesNode EnumNode InterpolationResultNode"

var (
	configNode      = builtAny("omegaconf.nodes", configNodes)
	configContainer = either(built("omegaconf.dictconfig", "DictConfig"), built("omegaconf.listconfig", "ListConfig"), built("omegaconf.tupleconfig", "TupleConfig"))
)

// builtAny accepts an object of one of the classes that its __new__ made.
func builtAny(module, names string) shape {
	var all []shape
	for _, n := range strings.Fields(names) {
		all = append(all, built(module, n))
	}
	return either(all...)
}

// annotation accepts a type that something was declared with: a class, or what
// typing makes of classes. A text there would be compiled (typing.ForwardRef).
var annotation = either(none, kinds(sym.Global), madeBy("builtins", "type"), madeBy("_operator", "getitem"))

// enumMember accepts what a call of a class with a number or a text gave: whether that
// may be called is judged there.
func enumMember(n *sym.Node) bool {
	return n.Kind == sym.Object && n.Call() != nil && n.Call().Func.Kind == sym.Global && len(n.Call().Live) == 1 && either(number, text)(n.Call().Live[0])
}

// typingContracts: annotations, which pickle writes as a look-up in one of typing's own
// forms (typing.py, _GenericAlias.__reduce__). The arguments are classes and other
// annotations only, but for those of Literal, which are values.
func typingContracts() []contract {
	const forms = "List Dict Tuple Set FrozenSet Optional Union Type Sequence Iterable Mapping MutableMapping Callable DefaultDict OrderedDict Deque ClassVar Final"
	form := global("typing", strings.Fields(forms)...)
	several := either(annotation, tupleOf(either(annotation, listOf(annotation), tupleOf(annotation))))
	values := either(none, integer, shortText)
	literal := global("typing", "Literal")
	return []contract{
		{module: "_operator", names: []string{"getitem"}, calls: []args{{shapes: []shape{form, several}}, {shapes: []shape{literal, either(values, tupleOf(values))}}}, caller: true},
		{module: "typing", names: strings.Fields(forms + " Any Literal NoReturn Text Hashable Sized")},
		{module: "types", names: []string{"GenericAlias"}, calls: with(global("builtins", "list", "dict", "tuple", "set", "frozenset", "type"), tupleOf(annotation))},
	}
}
