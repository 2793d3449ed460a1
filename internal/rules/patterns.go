package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
)

// A Pattern is one thing that carried code is seen to do. Patterns name and
// grade what a file carries; they acquit nothing, and text that nothing runs is
// never looked at for them.
type Pattern struct {
	Name     string         // "reverse-shell", one of a closed set
	Does     string         // "opens a reverse shell": it follows "the text"
	Severity audit.Severity // what code that does so deserves
	Seen     string         // what shows it, from the table of signs and never from the file
}

// maxPatternText is how much of one text is looked at, in bytes.
const maxPatternText = 64 << 10

// Source returns what a source text in Python or shell does, worst first. It
// looks for signs and understands neither language.
func Source(text string) []Pattern {
	e := evidence{words: map[string]bool{}, commands: map[string]bool{}}
	e.add(text)
	return e.patterns()
}

// evidence is what texts that belong together consist of, in lower case.
type evidence struct {
	texts    []string
	words    map[string]bool // identifiers
	commands map[string]bool // words where a shell expects a command
}

func (e *evidence) add(text string) {
	text = strings.ToLower(text[:min(len(text), maxPatternText)])
	e.texts = append(e.texts, text)
	identifiers(text, func(word string) { e.words[word] = true })
	for command := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("\n;|&()`'\"{}[],", r) }) {
		for i, word := range strings.Fields(command) {
			word = word[strings.LastIndexByte(word, '/')+1:]
			e.commands[strings.TrimSuffix(word, ".exe")] = true
			if i == 0 && !slices.Contains([]string{"sudo", "exec", "nohup", "env", "time", "xargs", "setsid", "then", "do"}, word) {
				break
			}
			if i == 3 {
				break
			}
		}
	}
}

func notIdentifier(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// patterns matches the table, then what two signs mean together.
func (e *evidence) patterns() (found []Pattern) {
	seen := map[string]string{}
	for _, s := range signs() {
		if what := s.in(e); what != "" && seen[s.name] == "" {
			seen[s.name] = what
			if s.does != "" {
				found = append(found, Pattern{Name: s.name, Does: s.does, Severity: s.severity, Seen: what})
			}
		}
	}
	for _, c := range combinations() {
		a, b := seen[c.first], seen[c.second]
		if a != "" && b != "" && seen[c.name] == "" {
			seen[c.name] = a + ", " + b
			found = append(found, Pattern{Name: c.name, Does: c.does, Severity: audit.Critical, Seen: a + ", " + b})
		}
	}
	slices.SortStableFunc(found, func(a, b Pattern) int { return cmp.Compare(b.Severity.Rank(), a.Severity.Rank()) })
	return found
}

// A sign is one way to see a pattern. Signs of one name stand for the same.
type sign struct {
	name     string
	does     string // "" for a sign that means something only with another
	severity audit.Severity
	words    string // alternatives, divided by "|": identifiers of which all must be there
	commands string // shell commands, one of which must be there
	parts    string // lines: text, one of which must be there
}

// in returns what of the sign is in the evidence, "" if nothing is.
func (s *sign) in(e *evidence) string {
	for part := range strings.Lines(s.parts) {
		part = strings.Trim(part, "\t\n")
		for _, t := range e.texts {
			if part != "" && strings.Contains(t, part) {
				return strings.TrimSpace(part)
			}
		}
	}
	for words := range strings.SplitSeq(s.words, "|") {
		all := strings.Fields(words)
		if len(all) > 0 && !slices.ContainsFunc(all, func(w string) bool { return !e.words[w] }) {
			return strings.Join(all, " ")
		}
	}
	for _, c := range strings.Fields(s.commands) {
		if e.commands[c] {
			return c
		}
	}
	return ""
}

// A combination is a pattern that two signs make together.
type combination struct{ name, does, first, second string }

func combinations() []combination {
	return []combination{
		{"reverse-shell", "opens a reverse shell", "socket", "shell"},
		{"download-and-run", "downloads something and runs it", "download", "run"},
		{"exfiltration", "sends credentials away", "credentials", "network"},
		{"environment-exfiltration", "sends environment variables away", "environment", "network"},
		{"host-exfiltration", "sends away what it learns of the machine", "host", "network"},
	}
}

// sentence says what the patterns are: the worst three of them, and whether
// the code was hidden.
func sentence(found []Pattern) string {
	var parts []string
	for i, p := range found {
		if i < 3 || p.Name == "hidden" {
			parts = append(parts, p.Does+" ("+p.Seen+")")
		}
	}
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}
