package pipeline

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/modelaudit/action/converters/safetensors"
)

// A Way is how the conversion of a source can be written where something may
// be in the way: the flags that `convert` then needs, and the outputs.
type Way struct{ Flags, Outputs []string }

// A Place is what stands under the name of an output.
type Place uint8

// The kinds of place.
const (
	PlaceFree  Place = iota
	PlaceOurs        // an earlier conversion, which may be replaced if it is one of the same source
	PlaceTaken       // anything else
)

// FindWay finds a way for outputs, the weights first, that have the names of
// OutputName: as they are, over an earlier conversion of the same source, or under
// another name. Without a free name it is as if nothing were in the way.
func FindWay(outputs []string, look func(name string) Place) Way {
	worst := PlaceFree
	for _, name := range outputs {
		if worst = max(worst, look(name)); len(path.Base(name)) > MaxName {
			worst = PlaceTaken
		}
	}
	switch worst {
	case PlaceFree:
		return Way{Outputs: outputs}
	case PlaceOurs:
		return Way{Flags: []string{"--force"}, Outputs: outputs}
	}
	stem := ShortStem(strings.TrimSuffix(outputs[0], ".safetensors"))
	for i := 2; i < 100; i++ {
		weights := stem + "-" + strconv.Itoa(i) + ".safetensors"
		names, free := []string{weights}, true
		if len(outputs) > 1 {
			names = append(names, RoleName(weights, safetensors.RoleState))
		}
		for _, n := range names {
			free = free && look(n) == PlaceFree
		}
		if free {
			return Way{Flags: []string{"--output", weights}, Outputs: names}
		}
	}
	return Way{Outputs: outputs}
}

// MaxName is how many bytes common file systems let a name have. Git's index takes
// longer ones, which nobody can check out.
const MaxName = 255

// ShortStem cuts the base name of a path, with slashes or of the system, so that a number
// and an extension fit behind it.
func ShortStem(name string) string {
	dir, base := filepath.Split(name)
	if cut := MaxName - len("-99.state.safetensors"); len(base) > cut {
		for cut > 0 && !utf8.RuneStart(base[cut]) {
			cut--
		}
		base = base[:cut]
	}
	return dir + base
}

// WayBeside is FindWay for a source in the file system, of which it is not
// known whether it has a state beside its weights.
func WayBeside(source string) Way {
	same := SameSource(source)
	source = path.Clean(filepath.ToSlash(source))
	return FindWay([]string{OutputName(source, safetensors.RoleWeights), OutputName(source, safetensors.RoleState)}, func(name string) Place {
		return LookFor(name, same)
	})
}

// SameSource returns what tells whether a digest is that of the source at a path, as
// a conversion of it would note it. The source is read once, and only if it matters.
func SameSource(source string) func(sum string) bool {
	known := sync.OnceValue(func() string {
		src, _, f, err := OpenSet(source)
		if err != nil {
			return ""
		}
		defer f.Close()
		sum, err := digest(context.Background(), src)
		if err != nil {
			return ""
		}
		return sum
	})
	return func(sum string) bool { return sum != "" && sum == known() }
}

// LookFor is LookAt for a conversion of one source: what was made from another is
// none that it may replace.
func LookFor(name string, same func(sum string) bool) Place {
	place, sum := lookAt(name)
	if place == PlaceOurs && !same(sum) {
		return PlaceTaken
	}
	return place
}

// LookAt tells what stands at a path of the file system, with slashes.
func LookAt(name string) Place {
	place, _ := lookAt(name)
	return place
}

// lookAt is LookAt, with the digest of the source of an earlier conversion.
func lookAt(name string) (Place, string) {
	name = filepath.FromSlash(name)
	fi, err := os.Lstat(name)
	switch {
	case err != nil:
		return PlaceFree, ""
	case !fi.Mode().IsRegular():
		return PlaceTaken, ""
	}
	src, f, err := Open(name)
	if err != nil {
		return PlaceTaken, ""
	}
	defer f.Close()
	if sum := SourceDigest(src.R, src.Size); sum != "" {
		return PlaceOurs, sum
	}
	return PlaceTaken, ""
}
