package audit

import "strings"

// Inside stands in the path of a member between the name of what holds it and
// its own.
const Inside = " ! "

// Below is the path of a member of another one, or of the artifact itself, whose
// path is "". A member without a name is written with two quotes, for "" is not
// the path of a member.
func Below(member, name string) string {
	if name == "" {
		name = `""`
	}
	if member == "" {
		return name
	}
	return member + Inside + name
}

// Within reports whether a member lies below another, at any depth, or below
// the artifact itself, whose path is "".
func Within(path, of string) bool {
	return of == "" && path != "" || strings.HasPrefix(path, of+Inside)
}
