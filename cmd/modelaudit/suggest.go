package main

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
	"github.com/urfave/cli/v2"
)

// refused says what cannot be converted and where, then numbered suggestions,
// each a command that works on this file: one block in the dialogue, with the
// reason beside the file's name. It reports whether no more need be said; where
// standard error is read apart, the reason stands there too.
func (d *dialogue) refused(b *batch, j job, a *pipeline.Audited, err error, e *door.Exit, suggest func() []suggestion) bool {
	name := j.told()
	var r *converters.Refusal
	word, reason := "Refused ", err.Error()
	switch {
	case errors.As(err, &r):
		reason = r.Msg
		if e.Code == audit.ExitIncomplete {
			word = "Unread  "
		}
	case e.Code == audit.ExitIncomplete || unwritten(a, err): // a file that cannot be read, a disk that is full
		word = "Failed  "
	}
	if b.talk {
		e.Lines = append([]string{name + ": " + reason}, items(a, r)...)
	}
	if d.quiet {
		return false
	}
	b.meter.clear()
	d.say("%s   %s: %s", word, render.Escape(name), render.EscapeMessage(reason))
	for _, line := range items(a, r) {
		d.say("%s", render.EscapeMessage(line))
	}
	if word == "Failed  " {
		return d.both
	}
	d.suggest(suggest())
	return d.both
}

// items lists the values in question with their places.
func items(a *pipeline.Audited, r *converters.Refusal) (lines []string) {
	if r == nil {
		return nil
	}
	where := ""
	if a.Model != nil && a.Model.Member != "" {
		where = a.Model.Member + " "
	}
	for i, m := range r.Items {
		if i == 10 {
			return append(lines, fmt.Sprintf("  and %d more", len(r.Items)-i))
		}
		line := fmt.Sprintf("  %s: %s", nameOr(m.Path, "the object itself"), m.Reason)
		if !m.Elsewhere {
			line += fmt.Sprintf(" (at %soffset %#x)", where, m.Pos)
		}
		lines = append(lines, line)
	}
	return lines
}

// A suggestion is a command that can be run as it stands.
type suggestion struct{ text, command string }

// suggest lists commands by number.
func (d *dialogue) suggest(list []suggestion) {
	for i, s := range list {
		d.say("  %d. %s\n       %s", i+1, s.text, s.command)
	}
}

// A suggester collects the commands that would help with one source.
type suggester struct {
	b    *batch
	j    job
	a    *pipeline.Audited
	list []suggestion
}

func suggestions(b *batch, j job, a *pipeline.Audited, err error) []suggestion {
	s := suggester{b: b, j: j, a: a}
	s.look()
	s.otherPlace(err)
	var r *converters.Refusal
	if errors.As(err, &r) {
		s.otherOptions(r)
		s.otherFormat()
		s.strip()
	}
	return s.list
}

// add suggests the conversion with other options, if it could be made.
func (s *suggester) add(text string, change func(*converters.Options), flags ...string) {
	opt := s.b.opt
	change(&opt)
	planned, err := pipeline.PlanOutline(s.a, opt)
	if err == nil && (s.j.out != toStdout || oneFile(planned) == nil) {
		s.list = append(s.list, suggestion{text, command(s.b.c, s.j, flags...)})
	}
}

// look suggests where more can be seen.
func (s *suggester) look() {
	dir := pipeline.CheckpointOf(s.j.Path)
	switch {
	case s.j.received():
	case len(s.a.Source.Files) > 0:
		dir = s.j.Path
		if s.j.info != nil && !s.j.info.IsDir() {
			dir = filepath.Dir(s.j.Path)
		}
		s.list = append(s.list, suggestion{"look at its files", "modelaudit scan -- " + quoted(dir)})
	case dir != "":
		s.list = append(s.list, suggestion{"convert the checkpoint that it belongs to", command(s.b.c, job{File: pipeline.File{Path: dir}})})
	default:
		s.list = append(s.list, suggestion{"look inside", "modelaudit inspect -- " + quoted(s.j.Path)})
	}
}

// otherOptions suggests what makes the same target possible.
func (s *suggester) otherOptions(r *converters.Refusal) {
	opt := s.b.opt
	if s.j.out == toStdout && !opt.WeightsOnly && !opt.SingleFile {
		s.add("write the weights alone", func(o *converters.Options) { o.WeightsOnly = true }, "--weights-only")
		s.add("write weights and state as one file", func(o *converters.Options) { o.SingleFile = true }, "--single-file")
	}
	if len(r.Items) > 0 && !opt.Partial {
		s.add("convert the rest and leave these out", func(o *converters.Options) { o.Partial = true }, "--partial")
	}
	if globs := pipeline.Expanded(r); globs != nil {
		var flags []string
		for _, g := range globs {
			flags = append(flags, "--exclude", g)
		}
		s.add("convert the rest and leave out what is repeated", func(o *converters.Options) { o.Exclude = append(slices.Clip(o.Exclude), globs...) }, flags...)
	}
	renames := pipeline.Renames(s.a, opt)
	if renames == nil {
		return
	}
	var flags []string
	for _, n := range renames {
		flags = append(flags, "--rename", n.Old+"="+n.New)
	}
	s.add("give it another name", func(o *converters.Options) { o.Renames = append(slices.Clip(o.Renames), renames...) }, flags...)
}

// otherFormat suggests the other of Keras' two forms of weights, and safetensors for
// what a file of torch cannot hold.
func (s *suggester) otherFormat() {
	if s.b.to.Target == "pytorch" && s.j.out != toStdout && s.j.out != "" {
		s.safetensors(strings.TrimSuffix(s.j.out, path.Ext(s.j.out)) + ".safetensors")
	}
	twin := s.b.to.Twin
	if out := s.b.c.String("output"); twin != "" && (out == "" || out == toStdout) {
		s.add("write the other form that Keras has", func(o *converters.Options) { o.To = twin }, "--to", twin)
	}
}

// safetensors suggests that target under a name that no file has.
func (s *suggester) safetensors(name string) {
	opt := s.b.opt
	opt.To = "safetensors"
	if planned, err := pipeline.PlanOutline(s.a, opt); err == nil && pipeline.Free(pipeline.Targets(name, planned), false) == nil {
		s.add("write safetensors, which can hold it", func(o *converters.Options) { o.To = "safetensors" }, "--to", "safetensors", "--output", name)
	}
}

// strip suggests to keep the format, where what is dangerous can be taken out. What is
// merely too large to be read is not.
func (s *suggester) strip() {
	var opt pipeline.StripOptions
	opt.AsZip = true
	dangerous := slices.ContainsFunc(s.a.Artifact.Findings, func(f audit.Finding) bool { return !strings.HasPrefix(string(f.Rule), "MA5") })
	if dangerous && !s.j.received() && pipeline.Strippable(s.b.c.Context, s.a, opt) == nil {
		s.list = append(s.list, suggestion{"keep the format, and take out what is dangerous", "modelaudit remediate -- " + quoted(s.j.Path)})
	}
}

// A takenError says that a target belongs to another source, or is one.
type takenError struct{ msg string }

func (e *takenError) Error() string { return e.msg }

// madeOf reports whether all that is in the way of a job was converted from its
// source as it is: to replace anything else may lose a model.
func madeOf(b *batch, j job, a *pipeline.Audited) bool {
	planned, err := pipeline.Plan(a, b.opt)
	if err != nil {
		return false
	}
	same := pipeline.SameSource(j.Path)
	return !slices.ContainsFunc(pipeline.Targets(j.out, planned), func(name string) bool {
		return pipeline.LookFor(name, same) == pipeline.PlaceTaken
	})
}

// command is the command line that was given, for one source, with more flags.
// Those that it replaces are left out.
func command(c *cli.Context, j job, more ...string) string {
	words := []string{"modelaudit", "convert"}
	if !slices.Contains(more, "--to") {
		words = append(words, "--to", c.String("to"))
	}
	for _, name := range []string{"validate", "backup", "weights-only", "single-file", "partial", "force"} {
		if c.Bool(name) && !slices.Contains(more, "--"+name) {
			words = append(words, "--"+name)
		}
	}
	if c.String("tied") != "full" {
		words = append(words, "--tied", c.String("tied"))
	}
	for _, name := range []string{"dtype", "max-shard-size"} {
		if v := c.String(name); v != "" {
			words = append(words, "--"+name, v)
		}
	}
	for _, name := range []string{"include", "exclude", "strip-prefix", "rename"} {
		for _, v := range c.StringSlice(name) {
			words = append(words, "--"+name, v)
		}
	}
	out, dir := c.String("output"), c.String("output-dir")
	switch {
	case slices.Contains(more, "--output"), slices.Contains(more, "--output-dir"):
	case out != "":
		words = append(words, "--output", out)
	case dir != "" && j.out != "": // where it goes below dir, for the source is named by itself
		words = append(words, "--output-dir", path.Dir(j.out))
	case dir != "":
		words = append(words, "--output-dir", dir)
	}
	return render.ShellCommand(append(append(append(words, more...), "--"), j.Path))
}

// quoted is a word of a shell's command line.
func quoted(word string) string { return render.ShellQuote(word) }
