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
	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/safeio"
)

// Place gives every candidate its name, the state before the weights, so that
// an interruption leaves no weights whose state is missing. With force an
// existing regular file is replaced; without, it is an error that is fs.ErrExist.
// The outputs are listed in the order of the candidates.
func (c *Conversion) Place(out string, force bool) ([]audit.Output, error) {
	outputs := make([]audit.Output, len(c.Candidates))
	for i := len(c.Candidates) - 1; i >= 0; i-- {
		k := c.Candidates[i]
		target := RoleName(filepath.ToSlash(out), k.Role)
		if k.TreeJSON != nil {
			if err := WriteFile(filepath.FromSlash(TreeName(target)), k.TreeJSON, 0o644, force); err != nil {
				return nil, err
			}
		}
		move := k.File.Place
		if force {
			move = k.File.Replace
		}
		if err := move(filepath.FromSlash(target)); err != nil {
			return nil, err
		}
		outputs[i] = audit.Output{Path: target, SHA256: k.SHA256}
	}
	return outputs, nil
}

// Taken returns the first of a conversion's targets that exists, "" if none does.
func Taken(out string, roles ...string) string {
	for _, role := range roles {
		target := RoleName(filepath.ToSlash(out), role)
		if _, err := os.Lstat(filepath.FromSlash(target)); err == nil {
			return target
		}
	}
	return ""
}

// AllRoles lists the roles that a conversion can have.
func AllRoles() []string { return []string{safetensors.RoleWeights, safetensors.RoleState} }

// WriteFile writes a file in full or not at all.
func WriteFile(name string, data []byte, perm fs.FileMode, force bool) error {
	f, err := safeio.Create(filepath.Dir(name), perm)
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
