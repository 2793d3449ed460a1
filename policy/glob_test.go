package policy

import (
	"strings"
	"testing"
)

func TestGlobs(t *testing.T) {
	for _, test := range []struct {
		glob  string
		match string // paths, separated by blanks
		other string
	}{
		{"*.pt", "x.pt a/x.pt a/b/.pt", "x.pth x.PT a.pt/x"},
		{"/*.pt", "x.pt", "a/x.pt"},
		{"/x.pt", "x.pt", "a/x.pt"},
		{"models/*.pt", "models/x.pt", "x.pt models/a/x.pt a/models/x.pt"},
		{"**/*.pt", "x.pt a/x.pt a/b/x.pt", "x.pkl a.pt/x"},
		{"legacy/**", "legacy/x legacy/a/b.pt", "legacyx a/legacy/x"},
		{"a/**/z.pt", "a/z.pt a/b/c/z.pt", "a/bz.pt b/a/z.pt"},
		{"*.{pt,pth,ckpt}", "x.pt x.pth a/x.ckpt", "x.pkl x.{pt,pth,ckpt}"},
		{"{a,b}/*.pt", "a/x.pt b/x.pt", "c/x.pt d/a/x.pt x.pt"},
		{"model-[0-9][0-9].bin", "model-07.bin a/model-12.bin", "model-7.bin model-xx.bin"},
		{"[!a]?.pkl", "bc.pkl", "ac.pkl b.pkl"},
		{`a\*b`, "a*b x/a*b", "axb"},
		{`\!x`, "!x", "x"},
		{"**", "x a/b", ""},
		{"tokenizer", "tokenizer a/tokenizer", "tokenizer/x"},
		{".hidden/*", ".hidden/x", "hidden/x"},
		{"*", ".dot a/.dot", ""},
		{"gewichte-ä.pt", "gewichte-ä.pt", "gewichte-a.pt"},
	} {
		p := parse(t, "version: 1\nrules:\n  - paths: ['"+test.glob+"']\n    action: block\n")
		for path := range strings.FieldsSeq(test.match) {
			if !p.rules[0].matchesPath(path) {
				t.Errorf("%s does not match %s", test.glob, path)
			}
		}
		for path := range strings.FieldsSeq(test.other) {
			if p.rules[0].matchesPath(path) {
				t.Errorf("%s matches %s", test.glob, path)
			}
		}
	}
}

func TestMatches(t *testing.T) {
	p := parse(t, `
version: 1
extends: advisory # has paths: ["**"], which names no file in particular
rules:
  - {paths: ["weights/*.dat"], action: block}
  - {paths: ["docs/**"], formats: [pickle], action: block}
  - {paths: ["**/*", "*", "/**"], action: warn}
`)
	for path, want := range map[string]bool{"weights/x.dat": true, "x.dat": false, "docs/readme": false, "readme": false, "x.pt": false} {
		if got := p.Matches(path); got != want {
			t.Errorf("Matches(%s) = %v", path, got)
		}
	}
}

// A glob with nothing literal behind the last slash names the folder, not the file.
func TestMatchesFile(t *testing.T) {
	for glob, want := range map[string]bool{
		"vendor/**": false, "models/*": false, "**/runs/**": false, "{a,b}/?*": false, "**": false, "/*": false,
		"*.md": true, "model-*": true, "vendor/**/*.md": true, "a/{*,x}": true, `a/\\*`: true, "{a/**,b/**}": true, "a/[!b]": true,
	} {
		g := parse(t, "version: 1\nrules:\n  - {paths: ['"+glob+"'], action: block}\n").rules[0].globs[0]
		if g.folder == want {
			t.Errorf("%s: folder is %v", glob, g.folder)
		}
	}
	floor := parse(t, "version: 1\nrules: [{paths: ['*.md'], action: block}]\n")
	p := parse(t, "version: 1\nrules: [{paths: ['vendor/**'], action: warn}]\n")
	if !p.Matches("vendor/a.md") || p.MatchesFile("vendor/a.md") || !p.WithFloor(floor).MatchesFile("vendor/a.md") {
		t.Error("vendor/a.md is named by its folder alone without the floor, and as a file with it")
	}
}

// The bound on combinations keeps matching finite: without it, 64 pairs of braces would
// be tried one after the other 2^64 times.
func TestBracesAreBounded(t *testing.T) {
	if globError(strings.Repeat("{a,b}", 64)+"x") == "" {
		t.Fatal("64 pairs of braces are accepted")
	}
	worst := strings.Repeat("*a{b,c}", 6) + "x"
	if msg := globError(worst); msg != "" {
		t.Fatalf("%s: %s", worst, msg)
	}
	if (glob{pattern: worst, rooted: true}).match(strings.Repeat("abac", 1024)) {
		t.Error("the glob matches a path without its last character")
	}
}
