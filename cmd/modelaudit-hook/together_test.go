package main

import (
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// together runs several hooks at once, and demands that each did the work, or
// found it done, or said that it was disturbed.
func together(ts *testscript.TestScript, neg bool, args []string) {
	results := make([]result, 4)
	var wg sync.WaitGroup
	for i := range results {
		cmd := hookCommand(ts, nil)
		wg.Go(func() { results[i] = ran(cmd) })
	}
	wg.Wait()
	did := 0
	for _, r := range results {
		r.tell(ts)
		switch {
		case r.code == 1:
			did++
		case r.code != 0 && r.code != 3:
			ts.Fatalf("exit code %d: %s", r.code, r.out)
		}
	}
	if did == 0 {
		ts.Fatalf("nobody did the work")
	}
}
