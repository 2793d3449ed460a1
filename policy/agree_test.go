package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// TestSchemaHasTheShapes compares the patterns of schema.json with those of the
// parser. UPDATE_GOLDEN=1 rewrites the one that lists refused globals.
func TestSchemaHasTheShapes(t *testing.T) {
	text := func(s string) string {
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		line := regexp.MustCompile(`(?m)"not": \{"pattern": "\^\(\?:\(\?:__future__.*"\},$`)
		data := line.ReplaceAllLiteral(Schema(), []byte(`"not": {"pattern": `+text(trustRefused())+`},`))
		if err := os.WriteFile("schema.json", data, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, shape := range []string{sha256Shape, globalShape, sizeShape, durationShape, positiveShape, dateShape, reasonShape, wordShape,
		globShape, globNowhere, globCommas, globPairs, globMany, trustRefused()} {
		if !bytes.Contains(bytes.ReplaceAll(Schema(), []byte(`\u0085`), []byte("\u0085")), []byte(text(shape))) {
			t.Errorf("schema.json lacks the pattern %.60s", shape)
		}
	}
}

// agree demands that Parse and the schema say the same of a document in JSON, which is YAML too.
func agree(t interface{ Fatalf(string, ...any) }, schema *jsonschema.Schema, text string) {
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v", err)
	}
	_, parse := Parse("p.yml", []byte(text))
	check := schema.Validate(value)
	if (parse == nil) != (check == nil) {
		t.Fatalf("%s\nParse: %v\nschema: %v", text, parse, check)
	}
}

// word draws one of good words, or something near or far from one.
func word(t *rapid.T, good ...string) any {
	odd := []any{nil, true, 0, 1, -1, 2, 17, "", "x", "1", []any{}, []any{"x"}, map[string]any{}, "true", "*"}
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return rapid.SampledFrom(odd).Draw(t, "odd")
	case 1:
		w := []rune(rapid.SampledFrom(good).Draw(t, "word"))
		at := rapid.IntRange(0, len(w)).Draw(t, "at")
		more := rapid.SampledFrom([]string{"0", "9", "{", "}", "[", "]", ",", "/", "..", "!", "\\", "\u200b", "\u00a0", "\n", "-", ".", "s", "K", "i", "B", "a", "ä", "{a,{b,c}}", "(", "_"}).Draw(t, "more")
		cut := rapid.IntRange(at, min(len(w), at+2)).Draw(t, "cut")
		return string(w[:at]) + more + string(w[cut:])
	}
	return rapid.SampledFrom(good).Draw(t, "good")
}

// object draws a mapping of keys, some of them misspelt or left out.
func object(t *rapid.T, required int, fields ...any) any {
	if rapid.IntRange(0, 40).Draw(t, "type") == 0 {
		return word(t, "x")
	}
	out := map[string]any{}
	for i := 0; i < len(fields); i += 2 {
		if i >= 2*required && rapid.Bool().Draw(t, "absent") || rapid.IntRange(0, 40).Draw(t, "forgotten") == 0 {
			continue
		}
		key := fields[i].(string)
		if rapid.IntRange(0, 60).Draw(t, "misspelt") == 0 {
			key += "s"
		}
		out[key] = fields[i+1].(func() any)()
	}
	return out
}

func list(t *rapid.T, one func() any) any {
	n := rapid.IntRange(0, 3).Draw(t, "length")
	out := make([]any, n)
	for i := range out {
		out[i] = one()
	}
	return out
}

func document(t *rapid.T) any {
	text := func(good ...string) func() any { return func() any { return word(t, good...) } }
	many := func(one func() any) func() any { return func() any { return list(t, one) } }
	glob := text("*.pt", "**/*.{pt,pth,bin,ckpt,pkl,pickle,joblib,h5}", "models/**", "/x.pt", "[!a-z]*.pkl", `a\*b`, "{a,b}{c,d}{e,f}.pt", "{a,b,c}/{d,e,f}/{g,h,i}.pt", "{{a,b},{c,{d,e}}}.bin", "a/../b", "{[a],b}")
	action := text("allow", "warn", "block", "convert", "strip")
	rule := func() any {
		fields := []any{"action", func() any {
			if rapid.Bool().Draw(t, "several") {
				return list(t, action)
			}
			return action()
		}, "paths", many(glob), "formats", many(text("pickle", "pytorch-zip", "onnx")), "when", text("always", "findings")}
		if rapid.Bool().Draw(t, "to") {
			fields = append(fields, "to", text("safetensors"))
		}
		return object(t, 1, fields...)
	}
	reason := text("reviewed", "gut geprüft: 漢字\n", "\u00a0", " ")
	return object(t, 1,
		"version", func() any { return rapid.SampledFrom([]any{1, 1, 1, 1, 1, 1, 1, 2, "1"}).Draw(t, "version") },
		"extends", text("strict", "standard", "advisory"),
		"rules", many(rule),
		"trust", many(func() any {
			return object(t, 2, "global", text("acme.models.Net", "os.system", "osmodel.Net", "torch.hub.load", "torch.nn.Linear", "keras.utils"), "reason", reason)
		}),
		"allow", many(func() any {
			return object(t, 2, "sha256", text(strings.Repeat("a1", 32), strings.Repeat("F0", 32)), "reason", reason,
				"expires", text("2027-01-31", "2028-02-29", "2027-02-29", "2100-02-29", "2000-02-29", "1999-12-31", "0001-01-01", "2027-04-31"))
		}),
		"after_rewrite", text("stop", "continue"),
		"lfs", text("offer", "track"),
		"limits", func() any {
			return object(t, 0, "max_file_size", func() any {
				return rapid.SampledFrom([]any{1, 0, 20, int64(999999999999999999), int64(1000000000000000000), word(t, "20GiB", "999999TiB", "1000000TiB", "500MB", "7B", "1")}).Draw(t, "size")
			}, "timeout", text("10m", "1h30m", "1.5s", "99999h", "100000h", "0s", "0.001us", "5ns"))
		})
}

// TestSchemaAgreesWithParse generates policies and near misses: what editors are
// told and what the program does are the same.
func TestSchemaAgreesWithParse(t *testing.T) {
	schema := compileSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(document(t))
		if err != nil {
			t.Fatalf("%v", err)
		}
		agree(t, schema, string(text))
	})
}

// TestDocuments holds that among what document makes are right policies and wrong ones:
// without both, TestSchemaAgreesWithParse would compare refusals alone.
func TestDocuments(t *testing.T) {
	documents, right := rapid.Custom(document), 0
	const made = 500 // with fixed seeds
	for seed := range made {
		text, err := json.Marshal(documents.Example(seed))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse("p", text); err == nil {
			right++
		}
	}
	if right == 0 || right == made {
		t.Errorf("%d of %d generated policies are right", right, made)
	}
}

// FuzzSchema is TestSchemaAgreesWithParse for documents that nobody thought of. What a
// schema cannot see is left out: keys that are written twice, numbers that are not
// written in digits alone, a text that is too long.
func FuzzSchema(f *testing.F) {
	f.Add(`{"version": 1, "rules": [{"paths": ["*.pt"], "action": ["convert", "strip"], "to": "safetensors"}]}`)
	f.Add(`{"version": 1, "limits": {"max_file_size": "20GiB", "timeout": "10m"}, "allow": [{"sha256": "", "reason": "x", "expires": "2027-01-01"}]}`)
	schema := compileSchema(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 || !plain(text) {
			t.Skip()
		}
		agree(t, schema, text)
	})
}

// plain reports whether a text is JSON whose values are what its notation says.
func plain(text string) bool {
	if strings.ContainsAny(text, "\u007f\u0085\u2028\u2029\ufeff\ufffd\r\t") || !json.Valid([]byte(text)) {
		return false
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var keys []map[string]bool // nil for a list
	atKey := false
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return true
		}
		switch tok := tok.(type) {
		case json.Delim:
			switch tok {
			case '{':
				keys = append(keys, map[string]bool{})
			case '[':
				keys = append(keys, nil)
			default:
				keys = keys[:len(keys)-1]
			}
			atKey = len(keys) > 0 && keys[len(keys)-1] != nil
			continue
		case json.Number:
			if strings.ContainsAny(tok.String(), ".eE") || len(tok) > 18 || tok == "-0" {
				return false
			}
		case string:
			if strings.ContainsFunc(tok, func(r rune) bool { return r < 0x20 || r == '\ufffd' }) {
				return false
			}
			if atKey {
				if keys[len(keys)-1][tok] || tok == "<<" || len(tok) > 1000 {
					return false
				}
				keys[len(keys)-1][tok], atKey = true, false
				continue
			}
		}
		atKey = len(keys) > 0 && keys[len(keys)-1] != nil
	}
}
