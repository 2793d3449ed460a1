// Package nemo reads the configuration in a .nemo archive for the names that
// its loader imports and calls.
//
// Sources: nemo/core/classes/common.py, Serialization.from_config_dict, which
// imports what target says; hydra/_internal/instantiate/_instantiate2.py, which
// imports and calls what _target_ says with the keys beside it as arguments;
// before Hydra 1.1 hydra/_internal/utils.py, _get_cls_name, which takes target,
// cls and class for it too.
//
// # Security
//
// The text is hostile. It is bounded by [MaxSize] before it is parsed, aliases
// are not followed but for a name, and a panic of the parser is an error.
package nemo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// MaxSize is how many bytes a configuration may have; the parser takes some
// fifty bytes of memory for each.
const MaxSize = 2 << 20

// A Target is a name that the loader calls.
type Target struct {
	Name       string
	Start, End int64 // bytes of the line where it stands
	Tag        bool  // Name is a tag that is none of YAML's own, which some loaders call
}

// plainTags are the tags of plain values (yaml.org/type).
var plainTags = strings.Fields("!!str !!int !!float !!bool !!null !!map !!seq !!timestamp !!binary !!merge !!set !!omap !!pairs !")

// Targets lists the targets and the tags that are not plain in a configuration, all its documents, in order.
func Targets(config []byte) (list []Target, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("YAML: the library cannot read this: %v", p)
		}
	}()
	if len(config) > MaxSize {
		return nil, errors.New("YAML: too long")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(config))
	lines := lineStarts(config)
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return list, err
		}
		for stack := []*yaml.Node{&document}; len(stack) > 0; {
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for i := len(n.Content) - 1; i >= 0; i-- {
				stack = append(stack, n.Content[i])
			}
			if tag := n.ShortTag(); n.Kind != yaml.DocumentNode && n.Kind != yaml.AliasNode && !slices.Contains(plainTags, tag) {
				start, end := place(lines, n.Line)
				list = append(list, Target{Name: tag, Start: start, End: end, Tag: true})
			}
			if n.Kind != yaml.MappingNode {
				continue
			}
			for i := 0; i+1 < len(n.Content); i += 2 {
				if key := plain(n.Content[i]); key == "_target_" || slices.Contains(olderKeys, key) && called(n.Content[i+1]) {
					start, end := place(lines, n.Content[i].Line)
					list = append(list, Target{Name: plain(n.Content[i+1]), Start: start, End: end})
				}
			}
		}
	}
}

var olderKeys = []string{"target", "cls", "class"}

// called reports whether the value of an older key is a dotted name, or stands for
// another value: many a configuration has a number or word under that key.
func called(n *yaml.Node) bool {
	name := plain(n)
	if strings.Contains(name, "${") {
		return true
	}
	return strings.Contains(name, ".") && strings.Trim(name, "0123456789.+-eE") != ""
}

// plain is the text of a scalar, or of the one that an alias stands for.
func plain(n *yaml.Node) string {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n.Value
}

// lineStarts has where each line begins, and the end.
func lineStarts(config []byte) []int64 {
	starts := []int64{0}
	for _, l := range bytes.SplitAfter(config, []byte("\n")) {
		starts = append(starts, starts[len(starts)-1]+int64(len(l)))
	}
	return starts
}

// place is where a line, counted from one, stands.
func place(starts []int64, line int) (start, end int64) {
	line = max(1, min(line, len(starts)-1))
	return starts[line-1], starts[line]
}
