package symbolic

import (
	"io"
	"strings"
	"testing"
)

func TestEscapedPosition(t *testing.T) {
	const none = -1
	for _, test := range []struct {
		name, line string
		off, want  int64
	}{
		{"start", `ab`, 0, 0},
		{"plain", `ab`, 1, 1},
		{"end", `ab`, 2, 2},
		{"beyond the end", `ab`, 3, none},
		{"high byte", "\xff\xfeb", 2, 2},
		{"behind \\u", `\u005cb`, 1, 6},
		{"behind \\U", `\U0000005cb`, 1, 10},
		{"truncated escape", `\u00`, 1, none},
		{"behind a backslash pair", `\\u0041`, 2, 2},
		{"inside a backslash pair", `\\u0041`, 1, none},
		{"behind a backslash that escapes nothing", `\xb`, 2, 2},
		{"backslash at the end", `a\`, 2, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			line := io.NewSectionReader(strings.NewReader(test.line), 0, int64(len(test.line)))
			got, ok := escapedPosition(line, test.off)
			if !ok {
				got = none
			}
			if got != test.want {
				t.Errorf("character %d of %q is at %d, want %d", test.off, test.line, got, test.want)
			}
		})
	}
}
