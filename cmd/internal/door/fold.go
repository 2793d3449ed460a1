package door

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// width is how many columns a line of a help page has.
const width = 80

// folded is a writer that breaks the lines of a help page, which urfave/cli
// leaves as long as they come. What goes on stands below the text that it
// belongs to. A line is written once it ends.
type folded struct {
	w    io.Writer
	line []byte
}

func (f *folded) Write(p []byte) (int, error) {
	f.line = append(f.line, p...)
	for {
		end := bytes.IndexByte(f.line, '\n')
		if end < 0 {
			return len(p), nil
		}
		_, err := io.WriteString(f.w, fold(string(f.line[:end]))+"\n")
		f.line = f.line[end+1:]
		if err != nil {
			return len(p), err
		}
	}
}

// flush writes what has no end of line.
func (f *folded) flush() {
	if len(f.line) > 0 {
		_, _ = io.WriteString(f.w, fold(string(f.line)))
		f.line = nil
	}
}

// fold breaks one line at spaces.
func fold(line string) string {
	var out strings.Builder
	line = strings.TrimRight(line, " ")
	indent := strings.Repeat(" ", column(line))
	for utf8.RuneCountInString(line) > width {
		cut := strings.LastIndexByte(line[:width+1], ' ')
		if cut <= len(indent) {
			break // one long word
		}
		out.WriteString(strings.TrimRight(line[:cut], " ") + "\n")
		line = indent + strings.TrimLeft(line[cut:], " ")
	}
	return out.String() + line
}

// column is where the text of a line begins: behind its last run of spaces in
// the first half of the page, or where the line begins.
func column(line string) int {
	head := line[:min(len(line), width/2)]
	at := strings.LastIndex(head, "  ")
	if at < 0 {
		return 0
	}
	return at + 2
}
