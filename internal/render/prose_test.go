package render

import "testing"

// Commands in a sentence are code; what a name brings is text, whatever it holds.
func TestProse(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"a command":              {"run `git lfs pull` here", "run `git lfs pull` here"},
		"a command with a bar":   {"run `a | b`", `run a \| b`},
		"one that has no other":  {"the name is a`b", "the name is a\\`b"},
		"markup outside":         {"**x** `ls` <b>", "\\*\\*x\\*\\* `ls` \\<b\\>"},
		"a name between":         {"`ls` of `](x)` and <b>", "`ls` of `](x)` and \\<b\\>"},
		"a name that closes one": {"x`<b>` y", "x\\<b\\> y"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := prose(test.in); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
