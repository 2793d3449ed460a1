package render

import (
	"strconv"
	"testing"
)

func TestEscape(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "models/x.pt", "models/x.pt"},
		{"letters of all scripts", "modèle/模型 é.pt", "modèle/模型 é.pt"},
		{"newline", "a\nb\r\tc", `a\nb\r\tc`},
		{"colour", "\x1b[31mred", `\x1b[31mred`},
		{"window title", "\x1b]0;t\x07", `\x1b]0;t\x07`},
		{"C1 control", "\u009b31m", `\u009b31m`},
		{"delete", "\x7f", `\x7f`},
		{"bidi override", "\u202egpj", `\u202egpj`},
		{"bidi isolate", "\u2066x\u2069", `\u2066x\u2069`},
		{"zero width", "a\u200bb\ufeff", `a\u200bb\ufeff`},
		{"no-break space", "a\u00a0b", `a\u00a0b`},
		{"tag character", "\U000e0041", `\U000e0041`},
		{"not UTF-8", "\xff\xc3", `\xff\xc3`},
		{"replacement character", "\ufffd", "\ufffd"},
		{"backslash", `a\b`, `a\\b`},
		{"workflow command", "::error::x", `\x3a:error::x`},
		{"workflow command behind spaces", "  ::error::x", `  \x3a:error::x`},
		{"colons inside", "std::string", "std::string"},
		{"old workflow command", "##[error]", `\x23#[error]`},
		{"three hashes", "###[", `\x23\x23#[`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Escape(test.in); got != test.want {
				t.Errorf("Escape(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func TestShellQuote(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "models/x-1.pt", "models/x-1.pt"},
		{"empty", "", "''"},
		{"space", "a b", "'a b'"},
		{"quote", "it's", `'it'\''s'`},
		{"substitution", "$(id)`id`", "'$(id)`id`'"},
		{"home", "~root", "'~root'"},
		{"assignment", "A=b", "'A=b'"},
		{"brace", "{a,b}", "'{a,b}'"},
		{"letters", "modèle", "'modèle'"},
		{"escape", "a\x1b[2J", `"$(printf 'a\033[2J')"`},
		{"newline inside", "a\nb", `"$(printf 'a\012b')"`},
		{"newline at the end", "a\n", "'a''\n'"},
		{"percent and quote", "\x01%d'\\", `"$(printf '\001\045d\047\134')"`},
		{"history", "\x01!!", `"$(printf '\001\041\041')"`},
		{"dash first", "-\x01", `"$(printf '\055\001')"`},
		{"not UTF-8", "\xff", `"$(printf '\377')"`},
		{"bidi", "\u202e", `"$(printf '\342\200\256')"`},
		{"log command", "##[x]", "'#''#[x]'"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := ShellQuote(test.in); got != test.want {
				t.Errorf("ShellQuote(%q) = %s, want %s", test.in, got, test.want)
			}
		})
	}
}

func TestBytes(t *testing.T) {
	tests := []struct {
		in   int64
		want string
	}{
		{0, "0 B"},
		{1023, "1023 B"},
		{1024, "1.0 KiB"},
		{1536 << 10, "1.5 MiB"},
		{1<<20 - 1, "1.0 MiB"}, // not 1024.0 KiB
		{5 << 30, "5.0 GiB"},
		{1<<63 - 1, "8.0 EiB"},
	}
	for _, test := range tests {
		if got := Bytes(test.in); got != test.want {
			t.Errorf("Bytes(%d) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestPythonString(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "x.safetensors", `"x.safetensors"`},
		{"quote and backslash", `a"b\c`, `"a\"b\\c"`},
		{"control", "a\n\x1b", `"a\n\x1b"`},
		{"not UTF-8", "\xff", `"\udcff"`},
		{"beyond the BMP", "\U000e0041", `"\U000e0041"`},
		{"log command", "##[x]", `"\x23#[x]"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := pythonString(test.in); got != test.want {
				t.Errorf("pythonString(%q) = %s, want %s", test.in, got, test.want)
			}
		})
	}
}

func TestClip(t *testing.T) {
	if got := clip("äbc\xffd", 4); got != "äbc\xff..." {
		t.Errorf("clip = %q", got)
	}
	if got := clipMiddle("äbcdef\xffü", 6); got != "äb...ef\xffü" {
		t.Errorf("clipMiddle = %q", got)
	}
	if got := clipMiddle("äbcdef", 6); got != "äbcdef" {
		t.Errorf("clipMiddle of a short name = %q", got)
	}
}

// What a message quotes is escaped once on its way to a person.
func TestEscapeMessage(t *testing.T) {
	message := "calls f(" + strconv.Quote("a \"b\"\n\x1b") + ")\x1b"
	if got, want := EscapeMessage(message), `calls f("a \"b\"\n\x1b")\x1b`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
