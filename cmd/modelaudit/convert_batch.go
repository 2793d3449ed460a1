package main

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/urfave/cli/v2"
)

const (
	roleWeights = safetensors.RoleWeights
	roleState   = safetensors.RoleState
)

func slash(p string) string { return filepath.ToSlash(p) }

// A batch carries conversions out, several at a time, and keeps the account.
type batch struct {
	c       *cli.Context
	s       door.Streams
	to      converters.Converter
	opt     converters.Options
	talk    bool  // one source: the dialogue; else a line each
	unified bool  // the dialogue for each of several, and a line each
	sources []job // that are in the file system
	meter   *meter
	large   sync.Mutex    // held by the one source that takes much memory
	slots   chan struct{} // held by those that are no small files; nil for no bound

	mu      sync.Mutex
	targets map[string]string // target -> source that has it
	offered map[string]bool   // names that were suggested for a result

	outcomes []outcome // of each job, until they are gathered
	rows     []row
	said     bytes.Buffer // what --validate says
	report   audit.Report
	code     int
	last     *door.Exit // why the only source was refused

	advice []advice // on sources that were refused, for the summary

	asked   *answers // what a person was asked by remediate, nil before
	already int      // sources that were passed over, for they are what is asked for

	done string // the result that the summary counts first; "" means converted
}

// smallFile is up to how many bytes a file is converted among many others.
const smallFile = 16 << 20

// An outcome is what became of one job.
type outcome struct {
	rows     []row
	artifact *audit.Artifact // for the report
	exit     *door.Exit      // why it was not converted
	silent   bool            // exit was told already
	failed   bool            // the source is not to blame: a disk that is full
	already  bool            // it is what it would be converted to, and was passed over
	said     bytes.Buffer    // what --validate says, before the summary
	advice   []suggestion    // what can be done, where the dialogue did not say it
}

// maxAdvice is to how many refused sources the summary says what can be done.
const maxAdvice = 10

// An advice is what can be done with one source.
type advice struct {
	src  string
	list []suggestion
}

// A row is one line of the summary.
type row struct{ src, result, note string }

// run carries all jobs out and gathers their outcomes in order. Jobs that would
// have one target are one unit of work. The error is the context's.
func (b *batch) run(jobs []job) error {
	b.outcomes = make([]outcome, len(jobs))
	units := make(chan []int)
	var wg sync.WaitGroup
	n := b.c.Int("jobs")
	if n == 0 {
		// A small file waits most of the time for the disk to take it: several of
		// them keep a processor busy. Of large ones each has a processor.
		n = min(max(4*runtime.NumCPU(), 8), 32)
		b.slots = make(chan struct{}, runtime.NumCPU())
	}
	if overlap(jobs) {
		n = 1 // which of two has a name must not depend on timing
	}
	for range n {
		wg.Go(func() {
			for u := range units {
				b.guarded(jobs, u)
			}
		})
	}
	for _, u := range grouped(jobs) {
		if b.c.Context.Err() != nil {
			break
		}
		units <- u
	}
	close(units)
	wg.Wait()
	b.meter.end()
	b.gather(jobs)
	return b.c.Context.Err()
}

// gather sums the outcomes up.
func (b *batch) gather(jobs []job) {
	for i := range b.outcomes {
		o := &b.outcomes[i]
		if o.already {
			b.already++
		}
		b.rows = append(b.rows, o.rows...)
		b.said.Write(o.said.Bytes())
		if o.artifact != nil {
			b.report.Artifacts = append(b.report.Artifacts, *o.artifact)
		}
		if o.exit != nil {
			b.failed(jobs[i], o.exit)
			if len(o.advice) > 0 {
				b.advice = append(b.advice, advice{jobs[i].told(), o.advice})
			}
			if o.failed {
				b.rows[len(b.rows)-1].result = "failed"
			}
			if o.silent {
				b.last = &door.Exit{Code: o.exit.Code}
			}
		}
	}
}

// failed notes a source that was refused or could not be read.
func (b *batch) failed(j job, e *door.Exit) {
	b.code = audit.WorseExit(b.code, e.Code)
	b.rows = append(b.rows, row{j.told(), map[int]string{1: "refused", 2: "missing", 3: "unread"}[e.Code], e.Msg})
	b.last = e
}

// unreadable notes a source that could not be opened.
func (b *batch) unreadable(j job, err error) {
	b.report.Artifacts = append(b.report.Artifacts, pipeline.Unreadable(j.Path, err).Artifact)
	b.failed(j, door.Incompletef("%v", err))
}

// guarded is unit; a panic is the end of these sources alone.
func (b *batch) guarded(jobs []job, which []int) {
	defer func() {
		if p := recover(); p != nil {
			for _, i := range which {
				b.outcomes[i].exit = door.Incompletef("internal error: %v", p)
			}
		}
	}()
	b.unit(jobs, which)
}

// unit carries out jobs that would have one target; as a rule there is one.
// Two of them that are models are both refused.
func (b *batch) unit(jobs []job, which []int) {
	for _, i := range which {
		if jobs[i].size > smallFile && b.slots != nil {
			b.slots <- struct{}{}
			defer func() { <-b.slots }()
			break
		}
	}
	large := false
	defer func() {
		if large {
			b.large.Unlock()
		}
	}()
	var todo []*work
	for _, i := range which {
		w := &work{b: b, j: jobs[i], d: b.dialogue(), outcome: &b.outcomes[i], gauge: b.meter.gauge(jobs[i].size), large: &large}
		if !w.open() {
			w.close()
			continue
		}
		if todo = append(todo, w); len(todo) > 1 {
			w.close() // one at a time: all of them are refused
		}
	}
	for i, w := range todo {
		switch {
		case b.c.Context.Err() != nil:
		case len(todo) > 1 && (w.a != nil || w.open()):
			other := todo[(i+1)%len(todo)].j
			w.refuse(&takenError{pipeline.Told(w.j.out) + " would be the result of " + other.told() + " too"})
		case len(todo) == 1:
			w.convert()
		}
		w.close()
	}
}

func (b *batch) wantsReport() bool { return b.c.String("report") != "" }

// options are those of one conversion.
func (b *batch) options(out string) converters.Options {
	opt := b.opt
	opt.File = path.Base(slash(out))
	opt.TreeFile = path.Base(pipeline.TreeName(slash(out)))
	return opt
}

// exitOf is exitFor of work that has a result: that it could not be written is no fault
// of the source, which was read, and a refusal too.
func exitOf(a *pipeline.Audited, err error) *door.Exit {
	if unwritten(a, err) {
		return door.Refusef("%v", err)
	}
	return exitFor(a, err)
}

// unwritten reports whether an error is that a result could not be written: the disk
// is full, the directory is gone or may not be written to.
func unwritten(a *pipeline.Audited, err error) bool {
	return !a.ReadFailed() && !errors.As(err, new(*converters.Refusal)) && exitFor(a, err).Code == audit.ExitIncomplete
}

// exitFor tells a refusal (1) from a source that could not be read (3).
func exitFor(a *pipeline.Audited, err error) *door.Exit {
	var e *door.Exit
	if errors.As(err, &e) {
		return e
	}
	var refusal *converters.Refusal
	var bad *pipeline.ProofError
	var taken *takenError
	switch {
	case a.ReadFailed():
		return door.Incompletef("%v", err)
	case errors.As(err, &refusal) && (a.Model == nil || refusal.Unread) && a.Artifact.Verdict == audit.VerdictIncomplete:
		return door.Incompletef("%v", err)
	case errors.As(err, &refusal), errors.As(err, &bad), errors.As(err, &taken), errors.Is(err, fs.ErrExist):
		return door.Refusef("%v", err)
	}
	return door.Incompletef("%v", err)
}
