package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/safeio"
)

var errNotRegularTarget = fmt.Errorf("something that is no regular file is in the way: %w", fs.ErrExist)

// Place gives every candidate its name, the state before the weights, so that
// an interruption leaves no weights whose state is missing. With force an
// existing regular file is replaced. A target that is in the way is an error
// that is fs.ErrExist. After an error without force nothing new is there.
// The outputs are listed in the order of the candidates, then the small files
// beside them.
func (c *Conversion) Place(out string, force bool) (outputs []audit.Output, err error) {
	var all, placed []string
	for _, k := range c.Candidates {
		all = append(all, k.targets(out).names()...)
	}
	if err := Free(all, force); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil && !force {
			for _, name := range placed {
				if no := os.Remove(name); no != nil && !errors.Is(no, fs.ErrNotExist) {
					err = fmt.Errorf("%w, and %w", err, no)
				}
			}
		}
	}()
	outputs = make([]audit.Output, len(c.Candidates))
	for i := len(c.Candidates) - 1; i >= 0; i-- {
		k := c.Candidates[i]
		to := k.targets(out)
		if k.TreeJSON != nil {
			if err := WriteFile(to.tree, k.TreeJSON, 0o644, force); err != nil {
				return nil, err
			}
			placed = append(placed, to.tree)
		}
		move := k.File.Place
		if force {
			move = k.File.Replace
		}
		if err := move(to.file); err != nil {
			return nil, err
		}
		placed = append(placed, to.file)
		outputs[i] = audit.Output{Path: Shown(to.file), SHA256: k.SHA256}
		for _, beside := range to.beside(k) {
			outputs = append(outputs, audit.Output{Path: Shown(beside.name), SHA256: textDigest(beside.text)})
		}
		if k.IndexJSON != nil { // the first shard comes last, and the index after it
			if err := WriteFile(to.index, k.IndexJSON, 0o644, force); err != nil {
				return nil, err
			}
			placed = append(placed, to.index)
		}
	}
	return outputs, nil
}

// Names lists the files that Place makes, as a person would write them: one for
// each candidate, then the trees and indexes.
func (c *Conversion) Names(out string) []string {
	var names, beside []string
	for _, k := range c.Candidates {
		to := k.targets(out)
		names = append(names, Told(to.file))
		for _, name := range to.names()[1:] {
			beside = append(beside, Told(name))
		}
	}
	return append(names, beside...)
}

// Targets lists the files that a planned conversion writes whose weights go to
// out, the tree and the index of a part behind it.
func Targets(out string, plan *converters.Planned) []string {
	var names []string
	for i := range plan.Parts {
		p := &plan.Parts[i]
		names = append(names, targetsOf(out, p.Role, p.Shard, p.Shards, p.TreeJSON != nil, p.IndexJSON != nil).names()...)
	}
	return names
}

// A targets has the files that one candidate becomes, "" for one that there is not.
type targets struct{ file, tree, index string }

func (c *Candidate) targets(out string) targets {
	return targetsOf(out, c.Role, c.Shard, c.Shards, c.TreeJSON != nil, c.IndexJSON != nil)
}

func targetsOf(out, role string, shard, shards int, withTree, withIndex bool) targets {
	out = filepath.ToSlash(out)
	t := targets{file: filepath.FromSlash(PartName(out, role, shard, shards))}
	if withTree {
		t.tree = filepath.FromSlash(TreeName(RoleName(out, role)))
	}
	if withIndex {
		t.index = filepath.FromSlash(IndexName(out, role))
	}
	return t
}

// A beside is a small file beside a candidate.
type beside struct {
	name string
	text []byte
}

func (t targets) beside(k *Candidate) []beside {
	return slices.DeleteFunc([]beside{{t.tree, k.TreeJSON}, {t.index, k.IndexJSON}}, func(b beside) bool { return b.name == "" })
}

func textDigest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// names lists the files that there are.
func (t targets) names() []string {
	return slices.DeleteFunc([]string{t.file, t.tree, t.index}, func(s string) bool { return s == "" })
}

// Free reports whether all targets can be written, as an error that is
// fs.ErrExist if something is in the way of one.
func Free(targets []string, force bool) error {
	for _, name := range targets {
		fi, err := os.Lstat(name)
		switch {
		case err != nil: // it is not there, or the write will tell
		case !fi.Mode().IsRegular():
			return &fs.PathError{Op: "create", Path: name, Err: errNotRegularTarget}
		case !force:
			return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
		}
	}
	return nil
}

// WriteFile writes a file in full or not at all.
func WriteFile(name string, data []byte, perm fs.FileMode, force bool) error {
	f, err := safeio.Create(filepath.Dir(name), perm)
	var at *fs.PathError
	if errors.As(err, &at) {
		return &fs.PathError{Op: "create", Path: name, Err: at.Err} // not the temporary name
	}
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(data); err != nil {
		return notWritten(name, err)
	}
	if force {
		return f.Replace(name)
	}
	return f.Place(name)
}

// notWritten is the error of a write with the name that the file was to get, and what
// the system says alone.
func notWritten(name string, err error) error {
	var no syscall.Errno
	if errors.As(err, &no) {
		return &fs.PathError{Op: "write", Path: name, Err: no}
	}
	return err
}

// Backup copies a source to NAME.backup, or NAME.backup.1 and so on if that is
// taken, and returns the name: of a directory its files into one, of an index
// the shards beside it too, each under such a name.
func Backup(name string) (string, error) {
	fi, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	names, err := sourceFiles(name, fi)
	if err != nil {
		return "", err
	}
	if !fi.IsDir() {
		to, err := backup(name)
		for _, other := range names[1:] {
			if err == nil {
				_, err = backup(filepath.Join(filepath.Dir(name), other))
			}
		}
		return to, err
	}
	return freeName(filepath.Clean(name), func(to string) error {
		if err := os.Mkdir(to, fi.Mode().Perm()); err != nil {
			return err
		}
		for _, each := range names {
			if err := copyFile(filepath.Join(name, each), filepath.Join(to, each)); err != nil {
				return err
			}
		}
		return nil
	})
}

// backup copies a file beside it.
func backup(name string) (string, error) {
	return freeName(name, func(to string) error { return copyFile(name, to) })
}

// freeName calls create with the first name for a backup that is free.
func freeName(name string, create func(to string) error) (string, error) {
	for i := 0; i < 10_000; i++ {
		to := name + ".backup"
		if i > 0 {
			to += "." + strconv.Itoa(i)
		}
		if _, err := os.Lstat(to); err == nil {
			continue
		}
		err := create(to)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		return to, err
	}
	return "", fmt.Errorf("%s: every name for a backup is taken", name)
}

func copyFile(name, to string) error {
	src, err := os.Open(name)
	if err != nil {
		return err
	}
	defer src.Close()
	fi, err := src.Stat()
	if err != nil {
		return err
	}
	return copyTo(src, to, fi.Mode())
}

func copyTo(src *os.File, to string, perm fs.FileMode) error {
	f, err := safeio.Create(filepath.Dir(to), perm)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(f.File, src); err != nil {
		return notWritten(to, err)
	}
	return f.Place(to)
}
