package scan

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle"
)

// level orders verdicts: what is found outweighs what is unread, and that what
// is clean or none of ours.
func level(r *Result) int {
	switch {
	case r.Artifact.Verdict == audit.VerdictFindings:
		return 2
	case r.Artifact.Verdict == audit.VerdictIncomplete:
		return 1
	}
	return 0
}

// executed lists what a scan says is imported or called, without places.
func executed(r *Result) (out []string) {
	for _, f := range r.Artifact.Findings {
		if f.Rule < "MA200" {
			out = append(out, f.Rule+" "+f.Callable)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lost lists what is in one list and not in the other.
func lost(before, after []string) (out []string) {
	for _, s := range before {
		if !slices.Contains(after, s) {
			out = append(out, s)
		}
	}
	return out
}

// sound holds what every result must hold: no panic inside, an account that
// adds up, places inside the file.
func sound(t *testing.T, r *Result, size int) {
	t.Helper()
	c := r.Artifact.Coverage
	if c.Understood < 0 || c.Opaque < 0 || c.Understood+c.Opaque > int64(size) {
		t.Fatalf("of %d bytes %d are understood and %d opaque", size, c.Understood, c.Opaque)
	}
	for _, u := range c.Unread {
		if strings.Contains(u.Reason, "internal error") {
			t.Fatal(u.Reason)
		}
	}
	for _, f := range r.Artifact.Findings {
		if l := f.Location; l.Start < 0 || l.End < l.Start || l.Member == "" && l.End > int64(size) {
			t.Fatalf("%s is at %d to %d of %d bytes", f.Rule, l.Start, l.End, size)
		}
	}
	if len(r.Artifact.Findings) > maxFindings || len(c.Unread) > 2000 {
		t.Fatalf("%d findings, %d unread", len(r.Artifact.Findings), len(c.Unread))
	}
}

func seeds(f *testing.F) (out [][]byte) {
	for _, p := range []string{payload + `STOP`, `NONE; STOP`, anOrdered + `STOP`, goodCheckpoint, `PROTO 4; FRAME auto; UNICODE "os"; MEMOIZE; UNICODE "system"; STACK_GLOBAL; EMPTY_TUPLE; REDUCE; STOP`,
		`MARK; STRING "true"; INST "os" "system"; STOP`, `GLOBAL "torch.storage" "_load_from_bytes"; BINBYTES "N."; TUPLE1; REDUCE; STOP`, `EXT1 5; STOP`, `PERSID "a"; STOP`} {
		data, err := programLines(p)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, data)
	}
	return append(out, checkpoint(f, goodCheckpoint), checkpoint(f, payload+goodCheckpoint), legacy(f, 3, out[0]), archive(f, zip.Deflate, member{"m.pkl", out[0]}))
}

// Any bytes under any name: no panic, and an account of every byte.
func FuzzScan(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s, "m.pt")
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		r := scanBytes(t, name, data)
		sound(t, r, len(data))
		model := scanBytes(t, "m.bin", data)
		if miss := lost(executed(r), executed(model)); len(miss) > 0 {
			t.Fatalf("under a model's name %q is not seen", miss)
		}
	})
}

// A container never makes what is in it milder.
func FuzzWrap(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return // an empty member is nothing
		}
		bare := scanBytes(t, "m.pkl", data)
		type packed struct {
			name string
			data []byte
		}
		all := []packed{
			{"m.zip", archive(t, zip.Store, member{"m.pkl", data})},
			{"m.zip", archive(t, zip.Deflate, member{"a.txt", []byte("text")}, member{"m.pkl", data})},
			{"m.pt", archive(t, zip.Store, member{"a/data.pkl", data}, member{"a/version", []byte("3\n")})},
			{"m.zip", archive(t, zip.Deflate, member{"in.zip", archive(t, zip.Store, member{"m.pkl", data})})},
		}
		for _, p := range packings(t) {
			if slices.Contains([]string{"gzip", "gzip in gzip", "zlib", "tar", "tar in gzip", "zip in tar in zip"}, p.name) {
				all = append(all, packed{p.file, p.wrap(data)})
			}
		}
		for _, w := range all {
			if w.name == "m.pt" && slices.Contains(bare.Artifact.Formats, audit.FormatTorchLegacy) {
				continue // in a record it is a number
			}
			if w.name == "m.pt" && slices.ContainsFunc(bare.Artifact.Findings, func(f audit.Finding) bool { return strings.Contains(f.Message, "only the unpickler in Python") }) {
				continue // torch reads it with the one in C
			}
			r := scanBytes(t, w.name, w.data)
			sound(t, r, len(w.data))
			if level(r) < level(bare) {
				t.Fatalf("level %d became %d, %q became %q", level(bare), level(r), found(bare), found(r))
			}
			// A record of a checkpoint gives persistent ids a meaning.
			miss := slices.DeleteFunc(lost(executed(bare), executed(r)), func(s string) bool { return strings.HasPrefix(s, "MA108") })
			if len(miss) > 0 {
				t.Fatalf("%q is not seen in a container, only %q", miss, found(r))
			}
		}
	})
}

// Bytes behind a whole file never make it milder; behind a pickle they take
// nothing back that it executes.
func FuzzBehind(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s, []byte("N."))
		f.Add(s, []byte{0, 0, 0})
		f.Add(s, s)
	}
	f.Add([]byte("NN.N"), []byte("NN."))
	f.Fuzz(func(t *testing.T, data, more []byte) {
		before := scanBytes(t, "m.pt", data)
		if before.Model == nil || before.Model.Pickles[0].Trace.Failure != nil || len(before.Artifact.Coverage.Unread) > 0 {
			return // what comes behind may complete it, or a line that the end cuts off
		}
		after := scanBytes(t, "m.pt", append(bytes.Clone(data), more...))
		sound(t, after, len(data)+len(more))
		// The directory of an archive is at its end: behind another one it may be lost.
		if level(after) < level(before) && (level(after) == 0 || before.Artifact.Formats[0] == audit.FormatPickle) {
			t.Fatalf("level %d became %d, %q became %q", level(before), level(after), found(before), found(after))
		}
		if before.Artifact.Formats[0] == audit.FormatPickle {
			if miss := lost(executed(before), executed(after)); len(miss) > 0 {
				t.Fatalf("%q is not seen any more, only %q", miss, found(after))
			}
		}
	})
}

// Assembling what was taken apart changes no finding.
func FuzzRespelled(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var again []byte
		d := pickle.NewDecoder(bytes.NewReader(data), 0, int64(len(data)), pickle.Options{})
		for {
			op, err := d.Next()
			if err != nil {
				break
			}
			if op.Code == pickle.OpFrame {
				continue // its length would be another
			}
			spelled, err := pickle.Encode(op)
			if err != nil {
				return
			}
			again = append(again, spelled...)
		}
		if d.Pos() < int64(len(data)) || len(d.Anomalies()) > 0 {
			return // what does not decode cannot be spelled otherwise
		}
		before, after := scanBytes(t, "m.pkl", data), scanBytes(t, "m.pkl", again)
		if slices.Contains(before.Artifact.Formats, audit.FormatZip) || slices.Contains(after.Artifact.Formats, audit.FormatZip) {
			return
		}
		if level(before) != level(after) || !slices.Equal(executed(before), executed(after)) {
			t.Fatalf("%q became %q\n%q\n%q", found(before), found(after), data, again)
		}
	})
}
