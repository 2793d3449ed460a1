package door

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// A folded page has every word of the page, in order, and no line that could
// be shorter is too long.
func FuzzFold(f *testing.F) {
	f.Add("   --all  audit every entry of the index, and tell what each of them would do when it is opened (default: false)\n")
	f.Add(strings.Repeat("é", 200) + " " + strings.Repeat("a b  ", 60))
	f.Fuzz(func(t *testing.T, page string) {
		var out strings.Builder
		w := &folded{w: &out}
		_, _ = w.Write([]byte(page[:len(page)/2]))
		_, _ = w.Write([]byte(page[len(page)/2:]))
		w.flush()
		if got, want := strings.Fields(out.String()), strings.Fields(page); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("words %q, want %q", got, want)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if utf8.RuneCountInString(line) > width && strings.Contains(strings.TrimSpace(line[width/2:width]), " ") && utf8.RuneCountInString(line) == len(line) {
				t.Errorf("%q is too long", line)
			}
		}
	})
}

func TestFold(t *testing.T) {
	line := "   --rename OLD=NEW   " + strings.Repeat("word ", 30)
	for i, l := range strings.Split(fold(line), "\n") {
		if len(l) > width || i > 0 && !strings.HasPrefix(l, strings.Repeat(" ", 22)+"word") {
			t.Errorf("%q", l)
		}
	}
}
