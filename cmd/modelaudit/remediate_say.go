package main

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// maxShown is how many removals a person is shown.
const maxShown = 40

// stripping tells what is taken out, and how the rest was compared.
func (d *dialogue) stripping(a *pipeline.Audited, s *pipeline.Stripped) {
	d.say("Removing")
	member := ""
	for i, r := range s.Removed {
		if i == maxShown {
			d.say("  and %d more", len(s.Removed)-i)
			break
		}
		if r.Member != member && r.InPickle() {
			d.say("  in %s", render.Escape(r.Member))
			member = r.Member
		}
		for n, line := range r.Lines() {
			d.say("  %s%s", strings.Repeat(" ", 8*n), render.Escape(line))
		}
	}
	p := s.Proof
	d.say("Validation")
	d.say("  accuracy every value that stays is equal; %s, %s compared byte by byte; second decoder: %s",
		tensors(p.Tensors), render.Bytes(p.BytesCompared), render.Escape(p.SecondDecoder))
	d.say("  rescan   %s", p.Rescan)
	d.say("  size     %s before, %s after", render.Bytes(a.Source.Size), render.Bytes(s.Size))
}

// stripped says what became of a file, in which findings stay.
func (d *dialogue) stripped(name string, done *pipeline.Stripped, stay int) {
	name = render.Escape(name)
	if n := done.Passed(); n > 0 {
		d.say("%d Lambda layer%s of %s passes its input on: the model computes something else now.", n, plural(n), name)
	}
	if stay > 0 {
		d.say("%s is loaded as before, and still runs what was left in it: %d finding%s.", name, stay, plural(stay))
		return
	}
	loaded, gone := "loaded as before", ""
	switch {
	case done.Mended():
		loaded = "loaded, which it could not be before,"
	case done.Found():
		loaded = "loaded, which gives the object and no more what a call returned"
	case done.Passed() > 0:
		loaded = "loaded, computes something else than before"
	case done.Uncompiled():
		loaded = "loaded and predicts as before, must be compiled again before it is trained"
	}
	if n := done.Gone(); n > 0 {
		gone = fmt.Sprintf(" but for %d value%s", n, plural(n))
	}
	if n := done.Stated(); n > 0 {
		gone += fmt.Sprintf(", %d object%s as a plain dict of its state or items", n, plural(n))
	}
	d.say("%s is %s%s, and nothing in it runs.", name, loaded, gone)
}

// An answers reads what a person answers, one finding after another.
type answers struct {
	b     *batch
	in    *bufio.Reader
	rules map[string]bool // rules of which all operations go
	quit  bool
}

// unasked lists the findings that are of the kind that no flag names: they stay.
func (b *batch) unasked(a *pipeline.Audited) (stay []audit.Finding) {
	operations, lambdas := b.c.Bool("remove-dangerous-ops"), b.c.Bool("remove-lambdas")
	for _, f := range a.Artifact.Findings {
		if operations != lambdas && pipeline.IsLambda(f) != lambdas {
			stay = append(stay, f)
		}
	}
	return stay
}

// ask asks of each finding whether its operation goes, and returns those that
// stay, with the given ones. ok is false when the person gives up: then nothing is changed.
func (b *batch) ask(a *pipeline.Audited, unasked []audit.Finding) (stay []audit.Finding, ok bool) {
	stay = unasked
	if b.asked == nil {
		b.asked = &answers{b: b, in: bufio.NewReader(b.s.In), rules: map[string]bool{}}
	}
	opt := b.stripOptions()
	opt.Leave = unasked
	foreseen := pipeline.Foreseen(b.c.Context, a, opt)
	for i, f := range a.Artifact.Findings {
		if b.asked.rules[f.Rule] || slices.ContainsFunc(unasked, func(u audit.Finding) bool { return u.Rule == f.Rule && u.Location == f.Location }) {
			continue
		}
		fmt.Fprintf(b.s.Err, "%s, %d of %d: %s %s: %s\n  at %s\n", render.Escape(a.Source.Path), i+1, len(a.Artifact.Findings), f.Rule, f.Severity, render.EscapeMessage(f.Message), where(f.Location))
		if became := pipeline.Became(foreseen, f); became != "" {
			fmt.Fprintf(b.s.Err, "  if it goes: %s\n", render.Escape(became))
		}
		switch b.asked.one(a, f) {
		case "n":
			stay = append(stay, f)
		case "q":
			b.asked.quit = true
			return nil, false
		}
	}
	return stay, true
}

// one asks until there is an answer. The end of the input is one: to quit.
func (x *answers) one(a *pipeline.Audited, f audit.Finding) string {
	for {
		fmt.Fprintf(x.b.s.Err, "Take it out? [y]es [n]o [a]ll of %s [d]etails [q]uit: ", f.Rule)
		line, err := x.in.ReadString('\n')
		switch answer := strings.ToLower(strings.TrimSpace(line)); answer {
		case "y", "yes":
			return "y"
		case "n", "no":
			return "n"
		case "a", "all":
			x.rules[f.Rule] = true
			return "y"
		case "q", "quit":
			return "q"
		case "?", "h", "help":
			fmt.Fprintf(x.b.s.Err, "  y take this operation out\n  n leave it in the file\n  a take it and all others of %s out, in all files\n  d say what the rule means, and list the instructions\n  q leave this file and those after it as they are\n", f.Rule)
		case "d", "details":
			if r, ok := pipeline.Rule(f.Rule); ok {
				fmt.Fprintf(x.b.s.Err, "  %s\n  %s\n", r.Title, strings.ReplaceAll(strings.TrimSpace(r.Text), "\n", "\n  "))
			}
			for _, line := range a.Instructions(f) {
				fmt.Fprintf(x.b.s.Err, "    %s\n", line)
			}
		}
		if err != nil {
			return "q"
		}
	}
}

// where is a finding's place in the words of the text report.
func where(l audit.Location) string {
	if l.Member == "" {
		return fmt.Sprintf("[%#x,%#x)", l.Start, l.End)
	}
	return fmt.Sprintf("%s [%#x,%#x)", render.Escape(l.Member), l.Start, l.End)
}
