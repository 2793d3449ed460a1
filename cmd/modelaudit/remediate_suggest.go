package main

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// stripSuggestions lists what can be done with a file that was not stripped. Each
// one was found to be possible.
func stripSuggestions(b *batch, j job, a *pipeline.Audited, err error) []suggestion {
	list := []suggestion{{"look inside", "modelaudit inspect -- " + quoted(j.Path)}}
	if len(a.Artifact.Findings) == 0 && !errors.Is(err, fs.ErrExist) {
		return list
	}
	given := b.stripOptions()
	given.Leave = b.unasked(a)
	if errors.Is(err, fs.ErrExist) {
		if pipeline.Strippable(b.c.Context, a, given) == nil {
			// Nothing tells whether what is there came from this source, so --force is not offered.
			list = append(list, suggestion{"choose another name", b.remedyCommand(j, "--output", freeBeside(j.out))})
		}
		return list
	}
	var no *converters.Refusal
	if !errors.As(err, &no) {
		return list
	}
	if all := given; len(given.Leave) > 0 {
		if all.Leave = nil; pipeline.Strippable(b.c.Context, a, all) == nil {
			list = append(list, suggestion{"take out both operations and Lambdas", b.remedyCommand(j, "--remove-dangerous-ops", "--remove-lambdas")})
		}
	}
	for _, w := range []struct {
		flag, text string
		set        func(*pipeline.StripOptions)
	}{
		{"--lambda=identity", "have Lambda layers that are not understood pass their input on: the model computes something else then", func(o *pipeline.StripOptions) { o.LambdaIdentity = true }},
		{"--drop-training", "leave out what only training needs, the losses, initializers and the like that are code: the model predicts as before, and may have to be compiled again", func(o *pipeline.StripOptions) { o.DropTraining = true }},
		{"--plain-state", "put the attributes of objects of unknown classes in their place, as dicts", func(o *pipeline.StripOptions) { o.PlainState = true }},
		{"--drop-unread", "leave out what no known loader reads", func(o *pipeline.StripOptions) { o.DropUnread = true }},
	} {
		opt := given
		if w.set(&opt); (opt.Options != given.Options || opt.LambdaIdentity != given.LambdaIdentity || opt.DropTraining != given.DropTraining) && pipeline.Strippable(b.c.Context, a, opt) == nil {
			list = append(list, suggestion{w.text, b.remedyCommand(j, w.flag)})
		}
	}
	convert := func(text string, opt converters.Options, flags ...string) bool {
		if _, err := pipeline.PlanOutline(a, opt); err != nil {
			return false
		}
		words := append(append([]string{"modelaudit", "convert", "--to", "safetensors"}, flags...), pipeline.WayBeside(j.Path).Flags...)
		list = append(list, suggestion{text, render.ShellCommand(append(words, "--", j.Path))})
		return true
	}
	if a.Model != nil && !convert("convert it: the tensors go into a file that cannot run code", converters.Options{}) {
		convert("convert the tensors that depend on nothing dangerous, and leave the others out", converters.Options{Partial: true}, "--partial")
	}
	return list
}

// freeBeside is a name like the given one that no file has yet.
func freeBeside(name string) string {
	ext := ""
	if i := strings.LastIndexByte(base(name), '.'); i > 0 {
		ext = base(name)[i:]
	}
	for i := 2; i < 1000; i++ {
		if to := strings.TrimSuffix(name, ext) + "-" + strconv.Itoa(i) + ext; pipeline.LookAt(to) == pipeline.PlaceFree {
			return to
		}
	}
	return name
}

// remedyCommand is the command line that was given, for one source, with more
// flags. Those that it replaces are left out.
func (b *batch) remedyCommand(j job, more ...string) string {
	words := []string{"modelaudit", "remediate"}
	for _, name := range []string{"remove-dangerous-ops", "remove-lambdas", "drop-training", "drop-items", "plain-state", "drop-unread", "interactive", "backup", "force"} {
		if b.c.Bool(name) && !slices.Contains(more, "--"+name) {
			words = append(words, "--"+name)
		}
	}
	if b.c.String("lambda") == "identity" {
		words = append(words, "--lambda=identity")
	}
	if j.out != "" && !slices.Contains(more, "--output") {
		words = append(words, "--output", j.out)
	}
	return render.ShellCommand(append(append(words, more...), "--", j.Path))
}

// stripOptions are those that the flags ask for.
func (b *batch) stripOptions() (opt pipeline.StripOptions) {
	opt.DropItems, opt.DropUnread, opt.PlainState = b.c.Bool("drop-items"), b.c.Bool("drop-unread"), b.c.Bool("plain-state")
	opt.DropTraining = b.c.Bool("drop-training")
	opt.AsZip, opt.LambdaIdentity = true, b.c.String("lambda") == "identity"
	return opt
}

// removals are those of the report.
func removals(s *pipeline.Stripped) (out []audit.Removal) {
	for _, r := range s.Removed {
		out = append(out, r.Report())
	}
	return out
}
