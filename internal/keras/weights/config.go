package weights

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/keras"
	"github.com/modelaudit/action/internal/tree"
)

// Bounds of a config that a tree holds.
const (
	maxText   = 16 << 20 // bytes
	maxValues = 200_000
	maxDeep   = 150
	maxDigits = 1000 // of a number
)

const codeLeftOut = "code of a Lambda, which is not carried over"

// Config is the tree that a config has in the tree of its model.
func Config(text string) *tree.Tree { return config(text) }

// config is the tree of a JSON text. What cannot be read stands as the reason.
func config(text string) *tree.Tree {
	c := &configWalk{out: &tree.Tree{}}
	switch n := strings.Count(text, ",") + strings.Count(text, "[") + strings.Count(text, "{"); {
	case len(text) > maxText || n > maxValues:
		c.out.Root = c.omit("", "it has more values than a tree keeps")
		return c.out
	}
	v, err := keras.Parse([]byte(text))
	if err != nil {
		c.out.Root = c.omit("", "it cannot be read: "+err.Error())
		return c.out
	}
	c.out.Root = c.value(v, "", 0)
	return c.out
}

type configWalk struct{ out *tree.Tree }

func (c *configWalk) omit(path, reason string) *tree.Value {
	c.out.Omitted = append(c.out.Omitted, tree.Missing{Path: path, Reason: reason})
	return &tree.Value{Tag: tree.TagOmitted, Text: reason}
}

func (c *configWalk) value(v *keras.Value, path string, depth int) *tree.Value {
	if depth > maxDeep {
		return c.omit(path, "it is nested too deep")
	}
	switch v.Kind {
	case keras.Bool:
		return &tree.Value{Plain: v.True}
	case keras.String:
		return &tree.Value{Plain: v.Text}
	case keras.Number:
		return c.number(v.Text, path)
	case keras.Array:
		list := &tree.Value{Tag: tree.TagList}
		for i, item := range v.Items {
			list.Items = append(list.Items, c.value(item, below(path, strconv.Itoa(i)), depth+1))
		}
		return list
	case keras.Object:
		if v.Get("class_name").String() == "__lambda__" {
			return c.omit(path, codeLeftOut)
		}
		return c.object(v, path, depth)
	}
	return &tree.Value{}
}

// object is a JSON object. A Lambda of Keras 1 and 2 says beside its code that it is
// code: {"function": [...], "function_type": "lambda"}.
func (c *configWalk) object(v *keras.Value, path string, depth int) *tree.Value {
	dict := &tree.Value{Tag: tree.TagDict}
	for i, item := range v.Items {
		key := v.Keys[i]
		at := below(path, key)
		held := &tree.Value{}
		if v.Get(key+"_type").String() == "lambda" {
			held = c.omit(at, codeLeftOut)
		} else {
			held = c.value(item, at, depth+1)
		}
		dict.Pairs = append(dict.Pairs, [2]*tree.Value{{Plain: key}, held})
	}
	return dict
}

func (c *configWalk) number(text, path string) *tree.Value {
	switch text {
	case "NaN":
		return &tree.Value{Plain: math.Float64frombits(0x7ff8 << 48)} // as Python writes it
	case "Infinity":
		return &tree.Value{Plain: math.Inf(1)}
	case "-Infinity":
		return &tree.Value{Plain: math.Inf(-1)}
	}
	if len(text) > maxDigits {
		return c.omit(path, fmt.Sprintf("a number of %d digits", len(text)))
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return &tree.Value{Plain: n}
	}
	if n, ok := new(big.Int).SetString(text, 10); ok {
		return &tree.Value{Plain: n}
	}
	f, _ := strconv.ParseFloat(text, 64) // what is out of range is infinite, as in Python
	return &tree.Value{Plain: f}
}

func below(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
