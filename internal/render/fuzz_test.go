package render

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// seedNames are the hostile names of the samples and some tame ones.
func seedNames(f *testing.F) {
	for _, a := range hostileArtifacts() {
		f.Add(a.Path)
	}
	for _, s := range []string{"", "-", "a\n", "models/x.pt", "  ::x", "###", `\`, `\n`, "%25", "\x01'%\\#-", "```", "a:b"} {
		f.Add(s)
	}
}

// One printable line that starts no command, from which the name can be read back.
func FuzzEscape(f *testing.F) {
	seedNames(f)
	f.Fuzz(func(t *testing.T, s string) {
		got := Escape(s)
		printableLine(t, got)
		if strings.HasPrefix(strings.TrimLeft(got, " "), "::") {
			t.Errorf("%q begins a workflow command", got)
		}
		if back := unescape(t, got); back != s {
			t.Errorf("Escape(%q) = %q reads back as %q", s, got, back)
		}
		message := EscapeMessage(s)
		printableLine(t, message)
		if strings.HasPrefix(strings.TrimLeft(message, " "), "::") {
			t.Errorf("%q begins a workflow command", message)
		}
	})
}

func printableLine(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%q is not UTF-8", s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("%q holds %U", s, r)
		}
	}
	if strings.Contains(s, "##") {
		t.Errorf("%q holds a workflow command", s)
	}
}

// unescape reads the notation of Escape.
func unescape(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[i]]; {
		case digits > 0:
			n, err := strconv.ParseUint(s[i+1:i+1+digits], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			if digits == 2 {
				b.WriteByte(byte(n))
			} else {
				b.WriteRune(rune(n))
			}
			i += digits
		default:
			b.WriteString(map[byte]string{'\\': `\`, 'n': "\n", 'r': "\r", 't': "\t"}[s[i]])
		}
	}
	return b.String()
}

// A word that a shell reads as the name, printable but for newlines at the end.
func FuzzShellQuote(f *testing.F) {
	seedNames(f)
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, "\x00") {
			return
		}
		got := ShellQuote(s)
		printableLine(t, strings.ReplaceAll(strings.TrimRight(got, "\n'"), "\n", ""))
		if back := readWord(t, got); back != s {
			t.Errorf("ShellQuote(%q) = %s reads back as %q", s, got, back)
		}
	})
}

// readWord reads one word as a POSIX shell does (XCU 2.2), as far as ShellQuote
// makes use of it.
func readWord(t *testing.T, w string) string {
	t.Helper()
	var b strings.Builder
	for w != "" {
		switch {
		case strings.HasPrefix(w, `"$(printf '`):
			format, rest, ok := strings.Cut(w[len(`"$(printf '`):], "'")
			if !ok || !strings.HasPrefix(rest, `)"`) || strings.HasPrefix(format, "-") {
				t.Fatalf("bad substitution in %s", w)
			}
			b.WriteString(strings.TrimRight(printf(t, format), "\n"))
			w = rest[2:]
		case w[0] == '\'':
			text, rest, ok := strings.Cut(w[1:], "'")
			if !ok {
				t.Fatalf("open quote in %s", w)
			}
			b.WriteString(text)
			w = rest
		case strings.HasPrefix(w, `\'`):
			b.WriteByte('\'')
			w = w[2:]
		default:
			if strings.IndexByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:@+", w[0]) < 0 {
				t.Fatalf("%q stands unquoted", w[0])
			}
			b.WriteByte(w[0])
			w = w[1:]
		}
	}
	return b.String()
}

// printf is printf(1) for a format of plain characters and \NNN.
func printf(t *testing.T, format string) string {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		switch format[i] {
		case '%':
			t.Fatalf("conversion in %s", format)
		case '\\':
			n, err := strconv.ParseUint(format[i+1:i+4], 8, 8)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteByte(byte(n))
			i += 3
		default:
			b.WriteByte(format[i])
		}
	}
	return b.String()
}

// Whatever the names, a runner sees exactly one command with the given file, title and message.
func FuzzWorkflowCommand(f *testing.F) {
	f.Add("a,title=x::y.pt", "MA101 %0A", "::error::\n::stop-commands::x")
	f.Add("\x1b.pt", "100%", "##[group]\r\n")
	f.Fuzz(func(t *testing.T, file, title, message string) {
		var b bytes.Buffer
		workflowCommand(&b, "error", file, title, message)
		line, ok := strings.CutSuffix(b.String(), "\n")
		if !ok {
			t.Fatalf("no line: %q", b.String())
		}
		printableLine(t, line)
		info, data, ok := strings.Cut(strings.TrimPrefix(line, "::"), "::")
		if !ok || !strings.HasPrefix(line, "::error ") {
			t.Fatalf("no command: %q", line)
		}
		properties := map[string]string{}
		for p := range strings.SplitSeq(strings.TrimPrefix(info, "error "), ",") {
			k, v, _ := strings.Cut(p, "=")
			properties[k] = runnerUnescape(v)
		}
		if file != "" && properties["file"] != Escape(file) || properties["title"] != Escape(title) || runnerUnescape(data) != EscapeMessage(message) {
			t.Errorf("%q reads as %q, %q", line, properties, runnerUnescape(data))
		}
	})
}

// runnerUnescape undoes escapes in the runner's order, "%25" last.
func runnerUnescape(s string) string {
	for _, m := range [][2]string{{"%0D", "\r"}, {"%0A", "\n"}, {"%3A", ":"}, {"%2C", ","}, {"%25", "%"}} {
		s = strings.ReplaceAll(s, m[0], m[1])
	}
	return s
}

// A relative reference without scheme, host, query and fragment, from which the path can be read back.
func FuzzRelativeURI(f *testing.F) {
	seedNames(f)
	f.Fuzz(func(t *testing.T, path string) {
		uri := relativeURI(path)
		u, err := url.Parse(uri)
		if err != nil {
			t.Fatal(err)
		}
		if u.IsAbs() || u.Host != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasPrefix(uri, "/") {
			t.Errorf("%q is not a relative path", uri)
		}
		if back, err := url.PathUnescape(uri); err != nil || back != path {
			t.Errorf("relativeURI(%q) = %q reads back as %q, %v", path, uri, back, err)
		}
	})
}

// Valid UTF-8 from which the name can be read back.
func FuzzBytesVisible(f *testing.F) {
	seedNames(f)
	f.Fuzz(func(t *testing.T, s string) {
		got := bytesVisible(s)
		if !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		if back := bytesOf(got); back != s {
			t.Errorf("bytesVisible(%q) = %q reads back as %q", s, got, back)
		}
	})
}

// A printable literal that ends where it should and reads back as the name.
func FuzzPythonString(f *testing.F) {
	seedNames(f)
	f.Fuzz(func(t *testing.T, s string) {
		got := pythonString(s)
		printableLine(t, got)
		body := strings.TrimSuffix(strings.TrimPrefix(got, `"`), `"`)
		if got != `"`+body+`"` || strings.Contains(strings.ReplaceAll(strings.ReplaceAll(body, `\\`, ""), `\"`, ""), `"`) {
			t.Fatalf("%s is not one literal", got)
		}
		body = strings.ReplaceAll(body, `\"`, `"`)
		for c := 0x80; c <= 0xff; c++ { // lone surrogates are bytes; no other text gives them
			body = strings.ReplaceAll(body, fmt.Sprintf(`\udc%02x`, c), fmt.Sprintf(`\x%02x`, c))
		}
		if !strings.Contains(s, `\`) && unescape(t, body) != s {
			t.Errorf("pythonString(%q) = %s", s, got)
		}
	})
}

// Markdown shows the text itself: no active character stands without a backslash.
func FuzzMarkdown(f *testing.F) {
	seedNames(f)
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // rule texts are our own
		}
		var plain strings.Builder
		got := markdown(s)
		for i := 0; i < len(got); i++ {
			switch {
			case got[i] == '\\' && i+1 < len(got):
				i++
			case strings.IndexByte("!#$&()*+-.:<=>@[]^_`{|}~\\", got[i]) >= 0:
				t.Fatalf("markdown(%q) = %q leaves %q active", s, got, got[i])
			}
			plain.WriteByte(got[i])
		}
		var want strings.Builder
		for line := range strings.Lines(s) {
			want.WriteString(strings.TrimLeft(line, " \t"))
		}
		if plain.String() != want.String() {
			t.Errorf("markdown(%q) shows %q", s, plain.String())
		}
		code := markdownCode(s)
		fence, body, _ := strings.Cut(code, "\n")
		if strings.Contains(strings.TrimSuffix(body, fence+"\n"), fence) {
			t.Errorf("markdownCode(%q) = %q is closed too early", s, code)
		}
	})
}
