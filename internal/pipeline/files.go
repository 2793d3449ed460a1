package pipeline

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/modelaudit/action/audit"
)

// Files lists the regular files that the paths name: a file as itself, a
// directory as every regular file below it, in order, without following
// symbolic links and without git's own directory. A path that does not exist
// is an error that is fs.ErrNotExist.
func Files(paths []string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	add := func(p string) {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	for _, p := range paths {
		fi, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if !fi.IsDir() {
			add(p)
			continue
		}
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == ".git" && path != p {
				return fs.SkipDir
			}
			if d.Type().IsRegular() {
				add(path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Open opens a file as a source. A thing that is no regular file is refused.
func Open(path string) (Source, *os.File, error) {
	// The check comes before opening: to open a named pipe is to wait.
	fi, err := os.Stat(path)
	if err != nil {
		return Source{}, nil, err
	}
	if !fi.Mode().IsRegular() {
		return Source{}, nil, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return Source{}, nil, err
	}
	if fi, err = f.Stat(); err != nil || !fi.Mode().IsRegular() {
		f.Close()
		return Source{}, nil, fmt.Errorf("%s: not a regular file", path)
	}
	return Source{Path: filepath.ToSlash(path), R: f, Size: fi.Size()}, f, nil
}

// ScanFiles audits files, several at a time, into a report. Each worker fills
// the slots of its own files, so that the report does not depend on timing. The
// error is ctx's.
func (a *Auditor) ScanFiles(ctx context.Context, paths []string, jobs int) (*audit.Report, error) {
	if jobs <= 0 {
		jobs = runtime.NumCPU()
	}
	results := make([]*Audited, len(paths))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(jobs, max(len(paths), 1)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				results[i] = a.scanFile(ctx, paths[i])
			}
		}()
	}
	for i := range paths {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &audit.Report{}
	for _, res := range results {
		if res == nil || res.Skipped {
			r.Summary.Skipped++
			continue
		}
		r.Artifacts = append(r.Artifacts, res.Artifact)
	}
	return r, nil
}

// scanFile audits one file. One that cannot be opened is unread.
func (a *Auditor) scanFile(ctx context.Context, path string) *Audited {
	src, f, err := Open(path)
	if err != nil {
		return a.unreadable(path, err)
	}
	defer f.Close()
	res, err := a.Audit(ctx, src)
	if err != nil {
		return a.unreadable(path, err)
	}
	res.Model = nil // it reads from f
	return res
}

// unreadable is the account of a file that could not be read at all.
func (a *Auditor) unreadable(path string, err error) *Audited {
	out := &Audited{Source: Source{Path: filepath.ToSlash(path)}}
	out.Result = unread(out.Source.Path, err.Error())
	return out
}
