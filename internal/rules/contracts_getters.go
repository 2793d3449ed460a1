package rules

import "strings"

// getterContracts: what pipelines keep as functions that take a part of a value (CPython,
// Modules/_operator.c). Making one calls nothing. When the program calls it, itemgetter takes
// items, and methodcaller calls a method of a value of the program. attrgetter is not listed:
// from an attribute the next step is to code.
func getterContracts() []contract {
	return []contract{
		{module: "operator", names: []string{"itemgetter"}, calls: someOf(16, itemKey), caller: true},
		{module: "operator", names: []string{"methodcaller"}, calls: withOptional(3, oneOfText(strings.Fields(calledMethods)...), plainValue, plainValue, plainValue), caller: true},
	}
}

// someOf accepts one argument or more up to most.
func someOf(most int, s shape) []args {
	list := upTo(most, s)
	list[0].optional--
	return list
}

// plainValue accepts what is neither called nor looks anything up.
var plainValue = either(none, number, text, global("builtins", "int", "float", "str", "bool"))

// itemKey accepts the key of an item, or several columns.
var itemKey = either(plainValue, tupleOf(plainValue), listOf(plainValue))

// calledMethods are methods that compute on a value and give another. With the arguments
// that may stand here none opens a file, evaluates a text or calls anything, whatever has a
// method of that name: not replace, which moves a pathlib.Path, nor copy, apply, eval or query.
const calledMethods = `abs any all argmax argmin astype capitalize casefold clip cumprod cumsum diff dropna droplevel fillna flatten isalpha isdigit isna isnull items keys
	lower lstrip max mean median min notna notnull rank ravel reset_index reshape round rsplit rstrip shift split splitlines squeeze std strip sum title to_frame to_numpy toarray
	tocsc tocsr todense tolist transpose upper values var zfill`
