package pipeline

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modelaudit/action/converters/safetensors"
	"github.com/modelaudit/action/internal/distributed"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/scan"
)

// indexSuffixes are what the name of an index of shards ends in: of torch, of
// safetensors, and of Keras.
var indexSuffixes = []string{".bin.index.json", ".safetensors.index.json", kerasIndex}

// kerasIndex is a name that other files may have, too.
const kerasIndex = ".weights.json"

// indexStem is the name of an index without its suffix; ok is false if it is none.
func indexStem(name string) (stem string, ok bool) {
	for _, suffix := range indexSuffixes {
		if stem, ok = strings.CutSuffix(name, suffix); ok {
			return stem, true
		}
	}
	return name, false
}

// chunkSuffix is what the names of the files of a distributed checkpoint end in
// (torch/distributed/checkpoint/filesystem.py, DEFAULT_SUFFIX).
const chunkSuffix = ".distcp"

// Sets puts the files together that are one source: those of a distributed
// checkpoint become their directory, shards of torch their index. Of shards, as
// of a checkpoint's files, one that was named itself stays by itself.
func Sets(files []File) []File {
	taken := map[string]bool{} // paths of files that belong to a set
	dirs, states := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		dir, base := filepath.Split(f.Path)
		switch {
		case f.Err != nil || f.Passed:
		case base == distributed.MetadataFile && f.Below != "":
			dirs[dir] = hasChunks(filepath.Dir(f.Path))
		case isIndex(base):
			index, err := indexOf(f.Path)
			for _, file := range index {
				if err == nil {
					taken[dir+file] = true
				}
			}
			states[dir+stateOf(base)+".safetensors"] = true
		case strings.HasSuffix(base, ".safetensors"):
			states[dir+stateOf(base)+".safetensors"] = true
		}
	}
	var out []File
	for _, f := range files {
		dir, base := filepath.Split(f.Path)
		switch {
		case base == distributed.MetadataFile && f.Below == "" && CheckpointOf(f.Path) != "":
			out = append(out, File{Path: CheckpointOf(f.Path)})
		case dirs[dir] && base == distributed.MetadataFile && f.Below != "":
			out = append(out, File{Path: filepath.Clean(dir), Below: dirBelow(f.Below)})
		case f.Below != "" && states[strings.TrimSuffix(f.Path, ".index.json")] && holdsState(f.Path):
		case f.Below != "" && (taken[f.Path] || dirs[dir] && (strings.HasSuffix(base, chunkSuffix) || base == distributed.ExtraFile)):
		default:
			out = append(out, f)
		}
	}
	return out
}

// CheckpointOf is the directory of the distributed checkpoint that a file belongs
// to, "" if it is none of one.
func CheckpointOf(path string) string {
	dir, base := filepath.Dir(path), filepath.Base(path)
	if base != distributed.MetadataFile && !strings.HasSuffix(base, chunkSuffix) || !hasChunks(dir) {
		return ""
	}
	if fi, err := os.Stat(filepath.Join(dir, distributed.MetadataFile)); err != nil || !fi.Mode().IsRegular() {
		return ""
	}
	return dir
}

// dirBelow is the place of a directory below the one that was named, "" if it
// is that one.
func dirBelow(file string) string {
	if dir := filepath.Dir(file); dir != "." {
		return dir
	}
	return ""
}

func isIndex(name string) bool {
	_, ok := indexStem(name)
	return ok
}

// stateOf is what the name of the state beside converted weights begins with: it
// is read together with them.
func stateOf(weights string) string {
	stem, _ := indexStem(weights)
	return strings.TrimSuffix(stem, ".safetensors") + ".state"
}

// holdsState reports whether a file, or the shards of an index, are the state
// that a conversion wrote beside the weights.
func holdsState(path string) bool {
	if isIndex(path) {
		names, err := indexOf(path)
		if err != nil || len(names) == 0 {
			return false
		}
		path = filepath.Join(filepath.Dir(path), names[0])
	}
	src, f, err := Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	held, err := scan.ReadSafetensors(src.R, src.Size, safeio.Limits{})
	return err == nil && held.Metadata["modelaudit.part"] == safetensors.RoleState
}

// hasChunks reports whether a directory has a file of a distributed checkpoint.
func hasChunks(dir string) bool {
	list, err := chunkFiles(dir)
	return err == nil && len(list) > 0
}

// chunkFiles lists the names of the regular files of a distributed checkpoint
// but its metadata, in order.
func chunkFiles(dir string) (names []string, err error) {
	err = list(dir, func(d fs.DirEntry) bool {
		if d.Type().IsRegular() && strings.HasSuffix(d.Name(), chunkSuffix) {
			names = append(names, d.Name())
		}
		return true
	})
	slices.Sort(names)
	return names, err
}

// indexOf lists the files that an index of shards names, in order.
func indexOf(path string) ([]string, error) {
	src, f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	index, err := scan.ReadIndex(src.R, src.Size)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range index {
		names = append(names, file)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// sourceFiles lists the names of the files of a source, in the order in which
// they are one: its own, or those of a set in its directory.
func sourceFiles(path string, fi fs.FileInfo) (names []string, err error) {
	switch {
	case fi.IsDir():
		if names, err = chunkFiles(path); err == nil && len(names) == 0 {
			err = &fs.PathError{Op: "open", Path: path, Err: errors.New("a directory without files of a distributed checkpoint")}
		}
		if fi, err := os.Lstat(filepath.Join(path, distributed.ExtraFile)); err == nil && fi.Mode().IsRegular() {
			names = append(names, distributed.ExtraFile)
		}
		return append([]string{distributed.MetadataFile}, names...), err
	case isIndex(path):
		if names, err = indexOf(path); err != nil {
			err = &fs.PathError{Op: "read", Path: path, Err: err}
		}
	}
	return append([]string{filepath.Base(path)}, names...), err
}

// OpenSet opens a source of one file or of several: a distributed checkpoint's
// directory, or the index of shards. The permission bits are those of its first
// file of tensors.
func OpenSet(path string) (Source, fs.FileMode, io.Closer, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return Source{}, 0, nil, err
	}
	isSet := fi.IsDir() || isIndex(path)
	if strings.HasSuffix(path, kerasIndex) && !fi.IsDir() {
		_, err := indexOf(path)
		isSet = err == nil || errors.Is(err, scan.ErrElsewhere) // which says why it is not read
	}
	if !isSet {
		src, f, err := Open(path)
		if err != nil {
			return src, 0, nil, err
		}
		all := neighbours(&src, f, path)
		return src, fi.Mode().Perm(), all, nil
	}
	names, err := sourceFiles(path, fi)
	if err != nil {
		return Source{}, 0, nil, err
	}
	dir := path
	if !fi.IsDir() {
		dir = filepath.Dir(path)
	}
	src, perm, all, err := openFiles(Shown(path), dir, names)
	if err != nil || fi.IsDir() {
		return src, perm, all, err
	}
	more := &neighbourhood{source: all, dir: dir, opened: map[string]*os.File{}}
	src.Beside = more.open
	return src, perm, more, nil
}

// openFiles opens files of a directory as one source. One that is not there is
// noted as missing.
func openFiles(shown, dir string, names []string) (Source, fs.FileMode, io.Closer, error) {
	src, all, perm := Source{Path: shown}, &joined{}, fs.FileMode(0)
	for i, name := range names {
		one, f, err := Open(filepath.Join(dir, name))
		if i > 0 && errors.Is(err, fs.ErrNotExist) {
			src.Files = append(src.Files, scan.File{Name: name, Start: all.size, Missing: true})
			continue
		}
		if err != nil {
			all.Close()
			return Source{}, 0, nil, err
		}
		src.Files = append(src.Files, scan.File{Name: name, Start: all.size, Size: one.Size})
		all.add(Piece{name, f, one.Size}, f)
		if fi, err := f.Stat(); err == nil && (i == 0 || i == 1) {
			perm = fi.Mode().Perm()
		}
	}
	src.R, src.Size = all, all.size
	return src, perm, all, nil
}

// scan audits the source.
func (s *Source) scan(ctx context.Context, opt scan.Options) *scan.Result {
	if s.Files != nil {
		return scan.Files(ctx, s.R, s.Size, s.Files, s.Path, opt)
	}
	return scan.Scan(ctx, s.R, s.Size, s.Path, opt)
}

// SourceOutput is OutputName of a source's weights, in the file system: of a
// directory that is one source, its name with .safetensors.
func SourceOutput(path string) string {
	if fi, err := os.Stat(path); err != nil || !fi.IsDir() {
		return OutputName(filepath.ToSlash(path), safetensors.RoleWeights)
	}
	dir := filepath.Clean(path)
	if abs, err := filepath.Abs(dir); err == nil && (dir == "." || strings.HasSuffix(dir, "..")) {
		dir = filepath.Join(dir, "..", filepath.Base(abs))
	}
	return filepath.ToSlash(dir) + ".safetensors"
}
