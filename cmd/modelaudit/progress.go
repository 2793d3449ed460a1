package main

import (
	"fmt"
	"os"
	"time"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/render"
	"golang.org/x/term"
)

// A progress is a bar on a terminal, with rate and time left. It appears only
// when the work takes longer than a second, and elsewhere not at all.
type progress struct {
	w     *os.File
	name  string
	start time.Time
	last  time.Time
	shown bool
}

func newProgress(s door.Streams, name string) *progress {
	f, ok := s.Err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{}
	}
	return &progress{w: f, name: name, start: time.Now()}
}

func (p *progress) update(done, total int64) {
	now := time.Now()
	if p.w == nil || total == 0 || now.Sub(p.start) < time.Second || now.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.shown = now, true
	seconds := now.Sub(p.start).Seconds()
	rate := float64(done) / seconds
	left := time.Duration(float64(total-done) / rate * float64(time.Second)).Round(time.Second)
	filled := int(done * 30 / total)
	fmt.Fprintf(p.w, "\r%s [%-30s] %3d%% %s/s, %s left\x1b[K", render.Escape(p.name),
		"=============================="[:filled], done*100/total, render.Bytes(int64(rate)), left)
}

func (p *progress) end() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
