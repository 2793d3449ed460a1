package pipeline

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/safeio"
)

var errNotRegularTarget = fmt.Errorf("something that is no regular file is in the way: %w", fs.ErrExist)

// Place gives every candidate its name, the state before the weights, so that
// an interruption leaves no weights whose state is missing. With force an
// existing regular file is replaced. A target that is in the way is an error
// that is fs.ErrExist. After an error without force nothing new is there.
// The outputs are listed in the order of the candidates.
func (c *Conversion) Place(out string, force bool) (outputs []audit.Output, err error) {
	var all, placed []string
	for _, k := range c.Candidates {
		all = append(all, targets(out, k.Role, k.TreeJSON != nil)...)
	}
	if err := Free(all, force); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil && !force {
			for _, name := range placed {
				err = errors.Join(err, os.Remove(name))
			}
		}
	}()
	outputs = make([]audit.Output, len(c.Candidates))
	for i := len(c.Candidates) - 1; i >= 0; i-- {
		k := c.Candidates[i]
		names := targets(out, k.Role, k.TreeJSON != nil)
		if k.TreeJSON != nil {
			if err := WriteFile(names[1], k.TreeJSON, 0o644, force); err != nil {
				return nil, err
			}
			placed = append(placed, names[1])
		}
		move := k.File.Place
		if force {
			move = k.File.Replace
		}
		if err := move(names[0]); err != nil {
			return nil, err
		}
		placed = append(placed, names[0])
		outputs[i] = audit.Output{Path: Shown(names[0]), SHA256: k.SHA256}
	}
	return outputs, nil
}

// Targets lists the files that a planned conversion writes whose weights go to
// out, the tree of a part behind it.
func Targets(out string, plan *converters.Planned) []string {
	var names []string
	for i := range plan.Parts {
		names = append(names, targets(out, plan.Parts[i].Role, plan.Parts[i].TreeJSON != nil)...)
	}
	return names
}

func targets(out, role string, withTree bool) []string {
	name := RoleName(filepath.ToSlash(out), role)
	list := []string{filepath.FromSlash(name)}
	if withTree {
		list = append(list, filepath.FromSlash(TreeName(name)))
	}
	return list
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
		return err
	}
	if force {
		return f.Replace(name)
	}
	return f.Place(name)
}

// Backup copies a file to NAME.backup, or NAME.backup.1 and so on if that is
// taken, and returns the name.
func Backup(name string) (string, error) {
	src, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer src.Close()
	fi, err := src.Stat()
	if err != nil {
		return "", err
	}
	for i := 0; i < 10_000; i++ {
		to := name + ".backup"
		if i > 0 {
			to += "." + strconv.Itoa(i)
		}
		if _, err := os.Lstat(to); err == nil {
			continue
		}
		err := copyTo(src, to, fi.Mode())
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		return to, err
	}
	return "", fmt.Errorf("%s: every name for a backup is taken", name)
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
		return err
	}
	return f.Place(to)
}
