package tree

import (
	"encoding/json"
	"fmt"
	"strings"
)

// asked is what modelaudit.changes says of names.
type asked struct {
	StripPrefix []string             `json:"strip_prefix"`
	Rename      [][2]json.RawMessage `json:"rename"`
}

// text is a name in a rename, which JSON of Go has not every form of.
func text(raw json.RawMessage) string {
	v, err := Parse(string(raw))
	if err != nil {
		return ""
	}
	s, _ := v.Plain.(string)
	return s
}

// explained is an error for a tensor whose name in the file is not that of its
// place: the keys joined by dots, among the weights also without the wrapper's
// key, or what the file says that this was stripped of or renamed to. What is in
// an object may have another name, but not that of another place.
func (j *joiner) explained(places []Place) error {
	var a asked
	if c := j.parts[""].Changes; c != "" {
		if err := json.Unmarshal([]byte(c), &a); err != nil {
			return fmt.Errorf("modelaudit.changes: %w", err)
		}
	}
	taken := map[string]bool{}
	for _, p := range places {
		taken[p.Value.Part+"\x00"+Name(p.Path)] = true
	}
	from := map[string]map[string]bool{} // a new name's old ones
	for _, r := range a.Rename {
		to := text(r[1])
		if from[to] == nil {
			from[to] = map[string]bool{}
		}
		from[to][text(r[0])] = true
	}
	for _, p := range places {
		name := p.Value.Text
		if p.Again || a.plain(p, name) || p.Object && !taken[p.Value.Part+"\x00"+name] {
			continue
		}
		renamed := false
		for old := range from[name] {
			renamed = renamed || a.plain(p, old) || p.Object
		}
		if !renamed {
			return fmt.Errorf("tensor %q stands at %q, and nothing says that it was renamed", name, Name(p.Path))
		}
	}
	return nil
}

// plain reports whether a name is that of the place, perhaps without prefixes.
func (a *asked) plain(p Place, name string) bool {
	full := Name(p.Path)
	names := []string{full}
	if p.Value.Part == "" && len(p.Path) > 1 {
		names = append(names, Name(p.Path[1:]))
	}
	for _, n := range names {
		rest, ok := strings.CutSuffix(n, name)
		if n == name || ok && name != "" && stripped(rest, a.StripPrefix) {
			return true
		}
	}
	return false
}

// stripped reports whether a text is made of prefixes, each at most once.
func stripped(s string, prefixes []string) bool {
	if s == "" {
		return true
	}
	for i, p := range prefixes {
		if rest, ok := strings.CutPrefix(s, p); ok && p != "" {
			others := append(append([]string{}, prefixes[:i]...), prefixes[i+1:]...)
			if len(prefixes) < 16 && stripped(rest, others) {
				return true
			}
		}
	}
	return false
}
