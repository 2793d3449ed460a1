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
		name, number := freeName(s.b, s.j, s.a)
		if dir := path.Dir(s.j.out); s.b.c.String("output-dir") != "" { // which may not be there, and --output makes none
			s.add("choose another directory", same, "--output-dir", dir+number)
			return
		}
		s.add("choose another name", same, "--output", name)
	}
}

// freeName is a name for the output that no file has yet, and that was not offered to
// another source, and what tells it from the one that is taken.
func freeName(b *batch, j job, a *pipeline.Audited) (name, number string) {
	planned, err := pipeline.Plan(a, b.opt)
	if err != nil {
		return j.out, "" // nothing is written under any name
	}
	stem := pipeline.ShortStem(strings.TrimSuffix(j.out, b.to.Ext))
	for i := 2; i < 1000; i++ {
		number = "-" + strconv.Itoa(i)
		name = stem + number + b.to.Ext
		if b.offer(name) && pipeline.Free(pipeline.Targets(name, planned), false) == nil {
			return name, number
		}
	}
	return j.out, ""
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
