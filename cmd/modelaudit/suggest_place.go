package main

import (
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
)

// otherPlace suggests what to do about an output that is there already.
func (s *suggester) otherPlace(err error) {
	same := func(*converters.Options) {}
	var taken *takenError
	exists := errors.Is(err, fs.ErrExist)
	if exists && madeOf(s.b, s.j, s.a) {
		s.add("replace what is there", same, "--force")
	}
	if exists || errors.As(err, &taken) {
		name := freeName(s.b, s.j, s.a)
		if dir := path.Dir(s.j.out); s.b.c.String("output-dir") != "" { // which may not be there, and --output makes none
			number := strings.TrimPrefix(strings.TrimSuffix(name, s.b.to.Ext), pipeline.ShortStem(strings.TrimSuffix(s.j.out, s.b.to.Ext)))
			s.add("choose another directory", same, "--output-dir", dir+number)
			return
		}
		s.add("choose another name", same, "--output", name)
	}
}

// freeName is a name for the output that no file has yet, and that was not offered to
// another source.
func freeName(b *batch, j job, a *pipeline.Audited) string {
	planned, err := pipeline.Plan(a, b.opt)
	if err != nil {
		return j.out // nothing is written under any name
	}
	stem := pipeline.ShortStem(strings.TrimSuffix(j.out, b.to.Ext))
	for i := 2; i < 1000; i++ {
		name := stem + "-" + strconv.Itoa(i) + b.to.Ext
		if b.offer(name) && pipeline.Free(pipeline.Targets(name, planned), false) == nil {
			return name
		}
	}
	return j.out
}

// offer reports whether a name is to be had, and gives it to nobody else.
func (b *batch) offer(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.targets[name] != "" || b.offered[name] {
		return false
	}
	if b.offered == nil {
		b.offered = map[string]bool{}
	}
	b.offered[name] = true
	return true
}
