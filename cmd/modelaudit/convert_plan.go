package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/converters"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/urfave/cli/v2"
)

// A job is one source and where its weights go.
type job struct {
	pipeline.File
	out  string
	size int64       // of the source, as far as it is known
	info fs.FileInfo // of the source, nil if it is none of the file system
}

// explicit reports whether the user named the file; one that was found in a
// directory is left out if it is no model.
func (j job) explicit() bool { return j.Below == "" }

// received reports whether the source comes through standard input.
func (j job) received() bool { return j.Path == pipeline.Received }

// told is the source's name for a person.
func (j job) told() string {
	if j.received() {
		return "standard input"
	}
	return pipeline.Told(j.Path)
}

// open opens the source, with the permission bits for what is made of it.
func (j job) open(b *batch) (pipeline.Source, fs.FileMode, io.Closer, error) {
	if j.Err != nil {
		return pipeline.Source{}, 0, nil, j.Err
	}
	if j.received() {
		src, f, err := pipeline.Receive(b.c.Context, b.s.In)
		return src, 0o644, f, err
	}
	return pipeline.OpenSet(j.Path)
}

// plan lists the jobs, and refuses what cannot be meant before any work.
func plan(c *cli.Context, to converters.Converter) ([]job, error) {
	files, err := convertSources(c.Args().Slice())
	if err != nil {
		return nil, err
	}
	out, dir := c.String("output"), c.String("output-dir")
	if err := checkOutput(c, to, files, out, dir); err != nil {
		return nil, err
	}
	jobs := make([]job, 0, len(files))
	for _, f := range files {
		if f.Passed {
			continue
		}
		j := job{File: f, out: outputFor(f, c.String("to"), out, dir)}
		if fi, err := os.Stat(f.Path); err == nil {
			j.size, j.info = fi.Size(), fi
		}
		jobs = append(jobs, j)
	}
	if err := checkReportFile(c.String("report"), dir); err != nil {
		return nil, err
	}
	if name := overwritten([]string{c.String("report")}, files); name != "" {
		return nil, door.Usagef("--report %s would overwrite a source", name)
	}
	return jobs, nil
}

// convertSources lists the files that paths name; "-" is standard input. A path that
// does not exist is one with its error, beside others that do.
func convertSources(paths []string) ([]pipeline.File, error) {
	if slices.Contains(paths, pipeline.Received) {
		return []pipeline.File{{Path: pipeline.Received}}, nil
	}
	var there []string
	var missing []pipeline.File
	for _, p := range paths {
		if err := pipeline.Absent(p); err != nil {
			missing = append(missing, pipeline.File{Path: p, Err: err})
			continue
		}
		there = append(there, p)
	}
	if len(there) == 0 {
		return nil, door.Usagef("%v", missing[0].Err)
	}
	files, err := sources(there)
	return append(pipeline.Sets(pipeline.WithoutBackups(files)), missing...), err
}

// checkOutput refuses outputs that cannot be meant. to is the zero value if there
// is no such target.
func checkOutput(c *cli.Context, to converters.Converter, files []pipeline.File, out, dir string) error {
	stdin := len(files) == 1 && files[0].Path == pipeline.Received
	fi, err := os.Stat(out)
	switch {
	case out != "" && dir != "":
		return door.Usagef("--output and --output-dir exclude each other")
	case out != "" && (len(files) != 1 || files[0].Below != ""):
		return door.Usagef("--output takes exactly one source; use --output-dir for many")
	case stdin && out == "":
		return door.Usagef("a source from standard input has no name to be written under in --output-dir: use --output FILE, or none for standard output")
	case stdin && c.Bool("backup"):
		return door.Usagef("--backup needs a source that is a file")
	case out == toStdout:
		return nil
	case out != "" && to.Reads != nil && !to.Reads(out):
		return door.Usagef("--output %s: by that name Keras does not load it as --to %s is loaded: expected NAME%s", out, to.Target, to.Ext)
	case to.Format != "" && promises(out) != "" && promises(out) != to.Format:
		return door.Usagef("--output %s: the name promises %s, and --to %s writes another format", out, promises(out), to.Target)
	case err == nil && fi.IsDir():
		return door.Usagef("--output %s is a directory: use --output-dir", out)
	case out != "":
		return checkFile("--output", out)
	case dir != "" && notDirectory(dir) != "":
		return door.Usagef("--output-dir %s: %s is no directory", dir, notDirectory(dir))
	}
	return nil
}

// promises is the format that a file has by its name, "" if it may be any. Those of
// torch's files are no promise: any format is clean under them.
func promises(out string) string {
	switch ext := strings.ToLower(filepath.Ext(out)); ext {
	case ".safetensors", ".gguf", ".onnx", ".keras", ".npy", ".npz":
		return ext[1:]
	case ".h5", ".hdf5":
		return "hdf5"
	}
	return ""
}

// outputFor names the output: as told, or beside the source, or in dir at the
// place that the source has below the directory that was named.
func outputFor(f pipeline.File, to, out, dir string) string {
	if out != "" {
		return slash(out)
	}
	name := pipeline.WithTarget(pipeline.SourceOutput(f.Path), to)
	if dir != "" {
		below := filepath.Dir(f.Below) // "." for a file that was named
		return slash(filepath.Join(dir, below, filepath.Base(name)))
	}
	return name
}

// grouped lists the places of jobs, those with one output together. A source
// that would be its own output is by itself.
func grouped(jobs []job) [][]int {
	var units [][]int
	at := map[string]int{}
	for i := range jobs {
		itself := pipeline.Told(jobs[i].Path) == pipeline.Told(jobs[i].out)
		n, known := at[jobs[i].out]
		if !known || itself {
			if !itself {
				at[jobs[i].out] = len(units)
			}
			units = append(units, []int{i})
			continue
		}
		units[n] = append(units[n], i)
	}
	return units
}

// overlap reports whether one job's state could have the name of another's
// weights.
func overlap(jobs []job) bool {
	weights := make(map[string]bool, len(jobs))
	for i := range jobs {
		weights[jobs[i].out] = true
	}
	for i := range jobs {
		if weights[pipeline.RoleName(jobs[i].out, roleState)] {
			return true
		}
	}
	return false
}

// isReport reports whether a file that was found in a directory may be the
// report of an earlier run: by its name and its content it is no model.
func isReport(path string) bool {
	if ext := filepath.Ext(path); ext != ".md" && ext != ".json" {
		return false
	}
	src, f, err := pipeline.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return !pipeline.ShowsModel(src.R, src.Size)
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
			if f.Below != "" && isReport(f.Path) {
				continue
			}
			if fi, err := os.Stat(f.Path); err == nil && os.SameFile(there, fi) {
				return name
			}
		}
	}
	return ""
}
