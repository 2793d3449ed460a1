package main

import (
	"testing"
	"time"
	"unicode/utf8"
)

// The bar fits whatever width there is, and knows rate and time left.
func TestProgressLine(t *testing.T) {
	m := &meter{name: "model.safetensors", of: 1, done: 512 << 20, total: 2 << 30}
	const want = "model.safetensors [=======                       ]  25% 128.0 MiB/s, 12s left"
	if got := m.line(4*time.Second, 80); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	many := &meter{files: 12, of: 1000, done: 1, total: 1 << 40, name: "x"}
	for width := range 120 {
		for _, m := range []*meter{m, many, {name: "a\x1b[31mb\n", of: 1, total: 1}} {
			line := m.line(time.Hour, width)
			if n := utf8.RuneCountInString(line); n > max(width-1, 0) {
				t.Errorf("%d columns: %q has %d", width, line, n)
			}
			for _, r := range line {
				if r < ' ' {
					t.Fatalf("control character in %q", line)
				}
			}
		}
	}
}

// What was skipped is no part of the whole; what is done counts once.
func TestGauge(t *testing.T) {
	m := &meter{total: 300, of: 2}
	a, b := m.gauge(100), m.gauge(200)
	a.update(1, 2)
	a.update(1, 4) // it never goes back
	if m.done != 50 {
		t.Errorf("%d of %d", m.done, m.total)
	}
	b.end()
	a.update(2, 2)
	a.end()
	a.end()
	if m.done != 100 || m.total != 100 || m.files != 2 {
		t.Errorf("%d of %d, %d files", m.done, m.total, m.files)
	}
}
