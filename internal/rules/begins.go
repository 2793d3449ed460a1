package rules

import "strings"

// begins reports whether a name that is cut off, of the module if there is none
// of what is in it, can be the beginning of a listed one.
func (b book) begins(module, name string) bool {
	for at := range b.byName {
		if name == "" && strings.HasPrefix(at[0], module) || at[0] == module && strings.HasPrefix(at[1], name) {
			return true
		}
	}
	for top, read := range libraries() {
		first, _, dotted := strings.Cut(module, ".")
		switch {
		case name == "" && !dotted && strings.HasPrefix(top, module):
			return true
		case first != top:
		case name != "":
			return strings.Contains(read()[module], "\n"+name)
		default:
			for m := range read() {
				if strings.HasPrefix(m, module) {
					return true
				}
			}
		}
	}
	return false
}
