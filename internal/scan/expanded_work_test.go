package scan

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
)

// packedTight is an archive of n members of the same content, in DEFLATE.
func packedTight(t *testing.T, content string, n int) []byte {
	members := make([]member, n)
	for i := range members {
		members[i] = member{name: fmt.Sprintf("m%03d.pkl", i), data: []byte(content)}
	}
	return archive(t, 8, members...)
}

// A small archive that expands to members each of which is work is read as far as its size
// allows, and the rest is said to be unread; a single such member is ordinary.
func TestExpandedWorkIsBounded(t *testing.T) {
	member := "\x80\x02" + strings.Repeat("N0", 7<<20) + "N."
	if r := scanBytes(t, "m.zip", packedTight(t, member, 1)); r.Artifact.Verdict != audit.VerdictClean {
		t.Errorf("one member: %v, unread %v", found(r), r.Artifact.Coverage.Unread)
	}
	r := scanBytes(t, "m.zip", packedTight(t, member, 14))
	if r.Artifact.Verdict == audit.VerdictClean {
		t.Error("fourteen members are clean")
	}
	const want = "not read: the compressed members hold more than may be looked at"
	if !slices.ContainsFunc(r.Artifact.Coverage.Unread, func(u audit.Unread) bool { return u.Reason == want }) {
		t.Errorf("no member is left out: %v", r.Artifact.Coverage.Unread)
	}
}

// Pickles one behind another cost memory by what they hold: each had two buffers of 192 KiB
// together, so that an archive of 390 KB took a minute and 400 MiB.
func TestShortStreamsAreCheap(t *testing.T) {
	const n = 5_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := scanBytes(t, "m.pkl", []byte(strings.Repeat("\x80\x02N.", n)))
	runtime.ReadMemStats(&after)
	if r.Artifact.Verdict != audit.VerdictClean {
		t.Errorf("%v", found(r))
	}
	if each := (after.TotalAlloc - before.TotalAlloc) / n; each > 32<<10 {
		t.Errorf("%d bytes were allocated for each pickle", each)
	}
}
