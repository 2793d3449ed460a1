package main

import (
	"bufio"
	"fmt"
	"strings"

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

// ask asks whether a file is to be changed. Anything but a yes leaves it.
func (b *batch) ask(d *dialogue, j job) bool {
	if b.yesToAll {
		return true
	}
	for {
		fmt.Fprintf(b.s.Err, "Change %s? [y]es [n]o [a]ll [q]uit: ", render.Escape(j.Path))
		if b.answers == nil {
			b.answers = bufio.NewReader(b.s.In)
		}
		line, err := b.answers.ReadString('\n')
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return true
		case "a", "all":
			b.yesToAll = true
			return true
		case "n", "no", "q", "quit":
			return false
		}
		if err != nil {
			return false
		}
	}
}
