package gitindex

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"
)

// newSandboxB is a repository whose index has n entries, one of them changed.
func newSandboxB(b *testing.B, n int) *sandbox {
	b.Helper()
	base := b.TempDir()
	s := &sandbox{dir: base, env: isolated(base)}
	do := func(stdin string, args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env, cmd.Stdin = s.dir, s.env, bytes.NewReader([]byte(stdin))
		out, err := cmd.CombinedOutput()
		if err != nil {
			b.Fatalf("git %q: %v: %s", args, err, out)
		}
		return string(bytes.TrimSpace(out))
	}
	do("", "init", "-q")
	first, second := do("one", "hash-object", "-w", "--stdin"), do("two", "hash-object", "-w", "--stdin")
	var info bytes.Buffer
	for i := range n {
		fmt.Fprintf(&info, "100644 %s\tdir%d/file%d\n", first, i%300, i)
	}
	do(info.String(), "update-index", "--index-info")
	do("", "commit", "-q", "-m", "m")
	do("100644 "+second+"\tdir7/file7\n", "update-index", "--index-info")
	return s
}

func BenchmarkCommitWithoutModel(b *testing.B) {
	for _, n := range []int{10, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newSandboxB(b, n)
			for b.Loop() {
				r, err := Open(b.Context(), s.dir, s.env)
				if err != nil {
					b.Fatal(err)
				}
				if staged, err := r.Staged(b.Context()); err != nil || len(staged) != 1 {
					b.Fatal(len(staged), err)
				}
			}
		})
	}
}

func BenchmarkWriteBlob(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	floats := make([]byte, 0, 64<<20)
	for len(floats) < cap(floats) {
		bits := math.Float32bits(float32(rng.NormFloat64()))
		floats = append(floats, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
	}
	s := newSandboxB(b, 1)
	r, err := Open(b.Context(), s.dir, s.env)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
	}{{"floats", floats}, {"noise", []byte(noise(64 << 20))}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			for b.Loop() {
				if _, err := r.WriteBlob(b.Context(), bytes.NewReader(c.data), int64(len(c.data))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
