package rules

import (
	"slices"
	"strings"
)

// identifiers yields the identifiers of a text. Of a source of several lines a word that
// ordinary programs have too counts only where it means what the signs take it for:
// model.eval() and json.loads(text) run nothing, and requests is what a server calls its list.
func identifiers(text string, yield func(string)) {
	source := strings.Contains(text, "\n")
	for at := 0; at < len(text); {
		length := strings.IndexFunc(text[at:], notIdentifier)
		if length < 0 {
			length = len(text) - at
		}
		if word := text[at : at+length]; word != "" && (!source || !strings.Contains(commonWords, " "+word+" ") || means(text[:at], word, text[at+length:])) {
			yield(word)
		}
		at += max(length, 1)
	}
}

const commonWords = " eval compile loads requests "

// means reports whether a word is the function or the module of that name, by what stands
// before and behind it.
func means(before, word, behind string) bool {
	behind = strings.TrimLeft(behind, " \t")
	owner := ""
	if of, dotted := strings.CutSuffix(before, "."); dotted {
		owner = of[strings.LastIndexFunc(of, notIdentifier)+1:]
	}
	switch builtin := owner == "builtins" || owner == "__builtins__" || owner == "__builtin__"; word {
	case "eval": // an expression is given to it, or it is given to somebody
		return !strings.HasPrefix(behind, "()") && behind != "" && strings.ContainsRune("(,)];\n=", rune(behind[0]))
	case "compile":
		return strings.HasPrefix(behind, "(") && (builtin || !strings.HasSuffix(before, "."))
	case "loads":
		return !slices.Contains([]string{"json", "ujson", "orjson", "simplejson", "tomllib", "toml"}, owner)
	case "requests":
		return strings.HasPrefix(behind, ".") || strings.HasPrefix(behind, "as ") || strings.HasPrefix(behind, "import ")
	}
	return true
}
