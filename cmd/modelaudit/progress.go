package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/render"
	"golang.org/x/term"
)

// A meter is a bar on a terminal, with rate and time left, for all sources of a
// run together. It appears only when the work takes longer than a second, and
// elsewhere not at all.
type meter struct {
	w     *os.File // nil for no bar
	name  string   // of the only source
	start time.Time

	mu          sync.Mutex
	last        time.Time
	shown       bool
	files, of   int
	done, total int64
}

func newMeter(s door.Streams, jobs []job) *meter {
	m := &meter{start: time.Now(), of: len(jobs)}
	if f, ok := s.Err.(*os.File); ok && term.IsTerminal(int(f.Fd())) && s.Environ("TERM") != "dumb" {
		m.w = f
	}
	for _, j := range jobs {
		m.total += j.size
		m.name = base(j.out)
	}
	return m
}

// A gauge is the share of one source in the bar.
type gauge struct {
	m          *meter
	size, done int64
	counted    bool
}

func (m *meter) gauge(size int64) *gauge { return &gauge{m: m, size: size} }

// update takes what part of the source is done.
func (g *gauge) update(done, total int64) {
	if total > 0 {
		g.advance(int64(float64(g.size) * min(float64(done)/float64(total), 1)))
	}
}

// end counts the source as done. What was not worked on, of a file that is no
// model or was refused, is no part of the whole.
func (g *gauge) end() {
	g.m.mu.Lock()
	defer g.m.mu.Unlock()
	if !g.counted {
		g.counted = true
		g.m.files++
		g.m.total -= g.size - g.done
	}
}

func (g *gauge) advance(to int64) {
	m := g.m
	m.mu.Lock()
	defer m.mu.Unlock()
	to = max(to, g.done)
	m.done, g.done = m.done+to-g.done, to
	now := time.Now()
	if m.w == nil || m.total == 0 || now.Sub(m.start) < time.Second || now.Sub(m.last) < 100*time.Millisecond {
		return
	}
	m.last, m.shown = now, true
	width, _, err := term.GetSize(int(m.w.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	fmt.Fprintf(m.w, "\r%s\x1b[K", m.line(now.Sub(m.start), width))
}

// line is the bar in at most width columns.
func (m *meter) line(spent time.Duration, width int) string {
	title := render.Escape(m.name)
	if m.of > 1 {
		title = fmt.Sprintf("%d of %d files", m.files, m.of)
	}
	rate := float64(m.done) / spent.Seconds()
	left := "?"
	if rate > 0 {
		left = time.Duration(float64(m.total-m.done) / rate * float64(time.Second)).Round(time.Second).String()
	}
	behind := fmt.Sprintf(" %3d%% %s/s, %s left", m.done*100/m.total, render.Bytes(int64(rate)), left)
	bar := min(max(width-1-len([]rune(title))-len(behind)-3, 0), 30)
	if bar < 10 { // the figures matter more
		title, bar = "", min(max(width-1-len(behind)-2, 0), 30)
	} else {
		title += " "
	}
	filled := int(m.done * int64(bar) / m.total)
	text := title + "[" + strings.Repeat("=", filled) + strings.Repeat(" ", bar-filled) + "]" + behind
	if runes := []rune(text); len(runes) > width-1 {
		text = string(runes[:max(width-1, 0)])
	}
	return text
}

// clear takes the bar away, so that text can stand in its place.
func (m *meter) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shown {
		fmt.Fprint(m.w, "\r\x1b[K")
		m.shown = false
	}
}

// end takes the bar away for good.
func (m *meter) end() {
	m.clear()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.w = nil
}
