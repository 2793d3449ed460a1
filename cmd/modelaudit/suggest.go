package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/kerasweights"
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
	case e.Code == audit.ExitIncomplete: // a disk that is full, a file that cannot be read
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

func suggestions(b *batch, j job, a *pipeline.Audited, err error) []suggestion {
	var list []suggestion
	switch dir := pipeline.CheckpointOf(j.Path); {
	case j.received():
	case len(a.Source.Files) > 0:
		if j.info != nil && !j.info.IsDir() {
			dir = filepath.Dir(j.Path)
		} else {
			dir = j.Path
		}
		list = append(list, suggestion{"look at its files", "modelaudit scan -- " + quoted(dir)})
	case dir != "":
		list = append(list, suggestion{"convert the checkpoint that it belongs to", command(b.c, job{File: pipeline.File{Path: dir}})})
	default:
		list = append(list, suggestion{"look inside", "modelaudit inspect -- " + quoted(j.Path)})
	}
	add := func(text string, change func(*converters.Options), flags ...string) {
		opt := b.opt
		change(&opt)
		planned, err := pipeline.PlanOutline(a, opt)
		if err == nil && (j.out != toStdout || oneFile(planned) == nil) {
			list = append(list, suggestion{text, command(b.c, j, flags...)})
		}
	}
	same := func(*converters.Options) {}
	var taken *takenError
	if errors.Is(err, fs.ErrExist) && madeOf(b, j, a) {
		add("replace what is there", same, "--force")
	}
	if errors.Is(err, fs.ErrExist) || errors.As(err, &taken) {
		add("choose another name", same, "--output", freeName(b, j, a))
	}
	var r *converters.Refusal
	if !errors.As(err, &r) {
		return list
	}
	if j.out == toStdout && !b.opt.WeightsOnly && !b.opt.SingleFile {
		add("write the weights alone", func(o *converters.Options) { o.WeightsOnly = true }, "--weights-only")
		add("write weights and state as one file", func(o *converters.Options) { o.SingleFile = true }, "--single-file")
	}
	if len(r.Items) > 0 && !b.opt.Partial {
		add("convert the rest and leave these out", func(o *converters.Options) { o.Partial = true }, "--partial")
	}
	if renames := pipeline.Renames(a, b.opt); renames != nil {
		var flags []string
		for _, n := range renames {
			flags = append(flags, "--rename", n.Old+"="+n.New)
		}
		add("give it another name", func(o *converters.Options) { o.Renames = append(slices.Clip(o.Renames), renames...) }, flags...)
	}
	if to := b.opt.To; to == kerasweights.Target || to == kerasweights.Legacy {
		other := map[string]string{kerasweights.Target: kerasweights.Legacy, kerasweights.Legacy: kerasweights.Target}[to]
		if out := b.c.String("output"); out == "" || out == toStdout {
			add("write the other form that Keras has", func(o *converters.Options) { o.To = other }, "--to", other)
		}
	}
	var strip pipeline.StripOptions
	strip.AsZip = true
	if len(a.Artifact.Findings) > 0 && !j.received() && pipeline.Strippable(b.c.Context, a, strip) == nil {
		list = append(list, suggestion{"keep the format, and take out what is dangerous", "modelaudit remediate -- " + quoted(j.Path)})
	}
	return list
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

// freeName is a name for the output that no file has yet.
func freeName(b *batch, j job, a *pipeline.Audited) string {
	ext := ".safetensors"
	if to, err := converters.Lookup(b.opt.To); err == nil {
		ext = to.Ext
	}
	stem := pipeline.ShortStem(strings.TrimSuffix(j.out, ext))
	for i := 2; i < 1000; i++ {
		name := stem + "-" + strconv.Itoa(i) + ext
		planned, err := pipeline.Plan(a, b.opt)
		if err == nil && b.targets[name] == "" && pipeline.Free(pipeline.Targets(name, planned), false) == nil {
			return name
		}
	}
	return j.out
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
	case slices.Contains(more, "--output"):
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
