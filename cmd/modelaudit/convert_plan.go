package main

import (
	"os"
	"path/filepath"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/urfave/cli/v2"
)

// A job is one source and where its weights go.
type job struct {
	pipeline.File
	out string
}

// explicit reports whether the user named the file; one that was found in a
// directory is left out if it is no model.
func (j job) explicit() bool { return j.Below == "" }

// plan lists the jobs, and refuses what cannot be meant before any work.
func plan(c *cli.Context) ([]job, error) {
	files, err := sources(c.Args().Slice())
	if err != nil {
		return nil, err
	}
	out, dir := c.String("output"), c.String("output-dir")
	if out != "" && dir != "" {
		return nil, door.Usagef("--output and --output-dir exclude each other")
	}
	if out != "" && (len(files) != 1 || files[0].Below != "") {
		return nil, door.Usagef("--output takes exactly one source; use --output-dir for many")
	}
	if fi, err := os.Stat(out); err == nil && fi.IsDir() {
		return nil, door.Usagef("--output %s is a directory: use --output-dir", out)
	}
	if fi, err := os.Stat(dir); err == nil && !fi.IsDir() {
		return nil, door.Usagef("--output-dir %s is no directory", dir)
	}
	if name := overwritten([]string{c.String("report")}, files); name != "" {
		return nil, door.Usagef("--report %s would overwrite a source", name)
	}
	jobs := make([]job, 0, len(files))
	for _, f := range files {
		if !f.Passed {
			jobs = append(jobs, job{f, outputFor(f, out, dir)})
		}
	}
	return jobs, nil
}

// outputFor names the output: as told, or beside the source, or in dir at the
// place that the source has below the directory that was named.
func outputFor(f pipeline.File, out, dir string) string {
	if out != "" {
		return slash(out)
	}
	name := pipeline.OutputName(slash(f.Path), roleWeights)
	if dir != "" {
		below := filepath.Dir(f.Below) // "." for a file that was named
		return slash(filepath.Join(dir, below, filepath.Base(name)))
	}
	return name
}

// overwritten returns the first of the names that is one of the files, under
// whatever name, "" if none is.
func overwritten(names []string, files []pipeline.File) string {
	for _, name := range names {
		there, err := os.Stat(name)
		if err != nil {
			continue
		}
		for _, f := range files {
			if fi, err := os.Stat(f.Path); err == nil && os.SameFile(there, fi) {
				return name
			}
		}
	}
	return ""
}
