package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/action/audit"
)

// ScanFiles audits files, several at a time, into a report that does not
// depend on timing. Of a file that is no model only the number is kept, and of
// files that need much memory one is read at a time. The error is ctx's.
func (a *Auditor) ScanFiles(ctx context.Context, files iter.Seq[File], jobs int) (*audit.Report, error) {
	if jobs <= 0 {
		jobs = runtime.NumCPU()
	}
	b := batch{auditor: a}
	todo := make(chan task, 64*jobs)
	var wg sync.WaitGroup
	for range jobs {
		wg.Go(func() {
			for t := range todo {
				b.do(ctx, t)
			}
		})
	}
	n, links, odd := 0, passed{}, passed{}
	for f := range files {
		if ctx.Err() != nil {
			break
		}
		switch {
		case f.Link:
			links.add(Shown(f.Path))
			continue
		case f.Passed:
			odd.add(Shown(f.Path))
			continue
		}
		todo <- task{n, f}
		n++
	}
	close(todo)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(b.list, func(x, y kept) int { return cmp.Compare(x.at, y.at) })
	r := &audit.Report{Artifacts: make([]audit.Artifact, len(b.list))}
	for i := range b.list {
		r.Artifacts[i] = b.list[i].artifact
	}
	r.Summary.Skipped = b.skipped + links.n + odd.n
	if links.n > 0 {
		r.Notes = append(r.Notes, "not followed, since links below a directory may lead anywhere: "+links.String())
	}
	if odd.n > 0 {
		r.Notes = append(r.Notes, "not opened, since a pipe, socket or device is no file: "+odd.String())
	}
	return r, nil
}

// passed counts paths and knows the first three in order.
type passed struct {
	n     int
	first []string
}

func (p *passed) add(path string) {
	p.n++
	at, _ := slices.BinarySearch(p.first, path)
	p.first = slices.Insert(p.first, at, path)
	p.first = p.first[:min(len(p.first), 3)]
}

func (p *passed) String() string {
	text := strings.Join(p.first, ", ")
	if p.n > len(p.first) {
		text += fmt.Sprintf(" and %d more", p.n-len(p.first))
	}
	return text
}

// A task is a file and its place among those that were given.
type task struct {
	at   int
	file File
}

// A batch is the state of one ScanFiles.
type batch struct {
	auditor *Auditor
	large   sync.Mutex // held by the one file that takes much memory

	mu      sync.Mutex
	list    []kept
	skipped int
}

type kept struct {
	at       int
	artifact audit.Artifact
}

func (b *batch) do(ctx context.Context, t task) {
	holds := false
	res := b.auditor.scanFile(ctx, t.file, func() {
		if !holds {
			b.large.Lock()
			holds = true
		}
	})
	if holds {
		b.large.Unlock()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if res.Skipped {
		b.skipped++
		return
	}
	b.list = append(b.list, kept{t.at, res.Artifact})
}
