// Package verdicts keeps what was found out about files, so that nothing is
// scanned twice: values under keys, in a directory that may be removed at any
// time. It holds facts and never decisions; what they are is for its user, who
// puts into the key everything that they depend on.
//
// A [Store] is cut into 256 shards, files that are read when a key of theirs is
// asked for and replaced whole by [Store.Save]. Two processes that save at once
// lose values and nothing else.
//
// # Security
//
// Whoever can write to the directory can write to the git directory that it is
// in, and so is trusted. Against accidents every shard carries its digest: one
// that is damaged, cut off or too large holds nothing. Values belong to one
// build of the program, and another build does not see them.
package verdicts

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/safeio"
)

// The bounds of a shard: what is older than the newest values goes, and a
// larger file was not written by us.
const (
	maxValues = 4096
	maxShard  = 4 << 20 // bytes
	maxValue  = 1 << 10
	maxBuilds = 4
)

// A Key says which fact a value is.
type Key [sha256.Size]byte

// MakeKey is the key for everything that a fact depends on.
func MakeKey(parts ...string) Key {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256([]byte(p))
		h.Write(sum[:])
	}
	return Key(h.Sum(nil))
}

// A Store holds the values of one build of the program. A nil Store is empty and
// stays so. It is not for use by several goroutines at once.
type Store struct {
	dir    string // of this build
	shards map[byte]*shard
}

// A shard holds values in the order in which they came.
type shard struct {
	values map[Key]string
	order  []Key
	fresh  []Key // not saved yet
}

// Open returns the store of a build in dir, which need not exist. build is the
// hexadecimal digest of the program.
func Open(dir, build string) *Store {
	return &Store{dir: filepath.Join(dir, build[:min(len(build), 32)]), shards: map[byte]*shard{}}
}

// Get returns the value under a key.
func (s *Store) Get(k Key) (string, bool) {
	if s == nil {
		return "", false
	}
	v, ok := s.shard(k[0]).values[k]
	return v, ok
}

// Put sets the value under a key: one line of at most 1 KiB. What is no such
// line is left out.
func (s *Store) Put(k Key, value string) {
	if s == nil || len(value) > maxValue || strings.Contains(value, "\n") {
		return
	}
	s.shard(k[0]).add(k, value)
	s.shard(k[0]).fresh = append(s.shard(k[0]).fresh, k)
}

func (h *shard) add(k Key, value string) {
	if _, ok := h.values[k]; !ok {
		h.order = append(h.order, k)
	}
	h.values[k] = value
}

func (s *Store) name(b byte) string { return filepath.Join(s.dir, hexByte(b)) }

// shard returns a shard, read from its file if need be.
func (s *Store) shard(b byte) *shard {
	if s.shards[b] == nil {
		s.shards[b] = read(s.name(b))
	}
	return s.shards[b]
}

// read reads a shard. What cannot be read is empty.
func read(name string) *shard {
	empty := &shard{values: map[Key]string{}}
	f, err := os.Open(name)
	if err != nil {
		return empty
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil || !fi.Mode().IsRegular() {
		return empty
	}
	data, err := safeio.ReadRange(f, fi.Size(), 0, fi.Size(), maxShard)
	if err != nil {
		return empty
	}
	if h := parse(data); h != nil {
		return h
	}
	return empty
}

// Save writes the shards that have new values, and what other processes have
// saved meanwhile with them. A store that cannot be written is an error that
// nobody needs to hear of.
func (s *Store) Save() error {
	if s == nil {
		return nil
	}
	swept := false
	for b, h := range s.shards {
		if len(h.fresh) == 0 {
			continue
		}
		if !swept { // what a killed process has left
			_, swept = safeio.Sweep(s.dir, nil), true
		}
		if err := s.save(b, h); err != nil {
			return err
		}
		h.fresh = nil
	}
	return nil
}

func (s *Store) save(b byte, h *shard) error {
	now := read(s.name(b))
	for _, k := range h.fresh {
		now.add(k, h.values[k])
	}
	now.order = now.order[max(0, len(now.order)-maxValues):]
	if _, err := os.Stat(s.dir); err != nil {
		if err := s.begin(); err != nil {
			return err
		}
	}
	f, err := safeio.Create(s.dir, 0o644)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(format(now)); err != nil {
		return err
	}
	return f.ReplaceUnsynced(s.name(b))
}

// begin makes the directory of a build that is new, and removes those of the
// builds that were not used for longest.
func (s *Store) begin() error {
	top := filepath.Dir(s.dir)
	if err := os.MkdirAll(s.dir, 0o777); err != nil {
		return err
	}
	entries, err := os.ReadDir(top)
	if err != nil {
		return err
	}
	type build struct {
		name string
		used int64
	}
	var builds []build
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && e.IsDir() && e.Name() != filepath.Base(s.dir) {
			builds = append(builds, build{e.Name(), fi.ModTime().UnixNano()})
		}
	}
	slices.SortFunc(builds, func(a, b build) int { return int(min(max(b.used-a.used, -1), 1)) })
	for _, old := range builds[min(len(builds), maxBuilds-1):] {
		if err := os.RemoveAll(filepath.Join(top, old.name)); err != nil {
			return err
		}
	}
	return nil
}
