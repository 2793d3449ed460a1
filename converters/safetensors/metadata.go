package safetensors

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/conversion"
	"github.com/modelaudit/action/internal/safetensors"
	"github.com/modelaudit/action/internal/tree"
)

// metadata is what stands in every file; it follows docs/formats/tree.md.
func metadata(p *Part, opt Options) []safetensors.KeyValue {
	meta := []safetensors.KeyValue{
		{Key: "format", Value: "pt"},
		{Key: "modelaudit.schema", Value: "1"},
		{Key: "modelaudit.source.format", Value: opt.SourceFormat},
		{Key: "modelaudit.source.sha256", Value: opt.SourceSHA256},
		{Key: "modelaudit.part", Value: p.Role},
	}
	if text := changes(opt); text != "" {
		meta = append(meta, safetensors.KeyValue{Key: "modelaudit.changes", Value: text})
	}
	return meta
}

// asked is the JSON form of the options that make a result differ from its
// source: what is missing from it, and what has another name or dtype.
type asked struct {
	StripPrefix []string `json:"strip_prefix,omitempty"`
	Include     []string `json:"include,omitempty"`
	Exclude     []string `json:"exclude,omitempty"`
	DType       string   `json:"dtype,omitempty"`
	Partial     bool     `json:"partial,omitempty"`
	// Rename has pairs of an old and a new name, in the order of Options.Renames.
	Rename [][2]name `json:"rename,omitempty"`
}

// A name is that of a tensor, which may have what JSON of Go has no form of: a
// lone surrogate.
type name string

func (n name) MarshalJSON() ([]byte, error) { return json.Marshal(&tree.Value{Plain: string(n)}) }

func (n *name) UnmarshalJSON(text []byte) error {
	v, err := tree.Parse(string(text))
	if err != nil {
		return err
	}
	s, ok := v.Plain.(string)
	if !ok {
		return fmt.Errorf("%s is no name", text)
	}
	*n = name(s)
	return nil
}

func changes(opt Options) string {
	a := asked{StripPrefix: opt.StripPrefixes, Include: opt.Include, Exclude: opt.Exclude, Partial: opt.Partial}
	if info, ok := opt.DType.Info(); ok {
		a.DType = info.Torch
	}
	for _, r := range opt.Renames {
		a.Rename = append(a.Rename, [2]name{name(r.Old), name(r.New)})
	}
	text, err := json.Marshal(a)
	if err != nil || string(text) == "{}" {
		return ""
	}
	return string(text)
}

// ReadChanges reads the metadata key modelaudit.changes into opt. What cannot
// be understood is an error: a file may say anything.
func ReadChanges(text string, opt *Options) error {
	if text == "" {
		return nil
	}
	var a asked
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return fmt.Errorf("modelaudit.changes: %w", err)
	}
	to, err := conversion.CastTo(a.DType)
	if err != nil {
		return fmt.Errorf("modelaudit.changes: %w", err)
	}
	opt.StripPrefixes, opt.Include, opt.Exclude, opt.DType = a.StripPrefix, a.Include, a.Exclude, to
	opt.Renames, opt.Partial = nil, a.Partial
	for _, r := range a.Rename {
		opt.Renames = append(opt.Renames, Rename{Old: string(r[0]), New: string(r[1])})
	}
	for _, globs := range []Names{opt.Include, opt.Exclude} {
		if err := globs.Check(); err != nil {
			return fmt.Errorf("modelaudit.changes: %w", err)
		}
	}
	return nil
}

// values lists the short plain values at the top of a checkpoint.
func values(root *tree.Value) []safetensors.KeyValue {
	var out []safetensors.KeyValue
	for _, p := range root.Pairs {
		name, ok := p[0].Plain.(string)
		if !ok || p[1].Tag != "" || p[1].Plain == nil || strings.Contains(name, "\x00") {
			continue
		}
		var text string
		switch v := p[1].Plain.(type) {
		case string:
			text = v
		case bool:
			text = strconv.FormatBool(v)
		case int64:
			text = strconv.FormatInt(v, 10)
		case float64:
			text = strconv.FormatFloat(v, 'g', -1, 64)
		default:
			continue
		}
		if len(name) <= 128 && len(text) <= 256 && validText(name) && validText(text) {
			out = append(out, safetensors.KeyValue{Key: "modelaudit.value." + name, Value: text})
		}
	}
	return out
}

func validText(s string) bool { return strings.ToValidUTF8(s, "") == s }
