package modelaudit_test

import (
	"strings"
	"testing"
)

// importGraph says who may import whom: "a < b" means that b may import a. A
// line names packages that already stand below it, and nothing else is allowed,
// not even what an import brings along. A new edge needs a reason in docs/adr/;
// do not add one to mend a build.
const importGraph = `
NONE < audit, internal/safeio, internal/torchscript, internal/nemo, internal/booster, internal/event, internal/marshal, internal/keras, internal/notices, internal/inflate;

internal/marshal
< internal/bytecode;

# Values and bytes.
audit, internal/safeio
< internal/tensor;

internal/safeio, internal/inflate
< internal/archive;

internal/safeio
< internal/pickle, internal/pickle/witness, internal/gitindex, internal/jsonwalk, internal/hdf5, internal/verdicts;

# A zip has members that are compressed as other files are.
internal/safeio, internal/inflate, internal/archive
< internal/zipfile;

internal/pickle
< internal/pickle/plain;

internal/pickle
< internal/pickle/slice;

internal/pickle, internal/pickle/plain
< internal/pickle/symbolic;

# Formats: they know bytes and no danger.
internal/safeio, internal/tensor
< internal/safetensors;

internal/safeio, internal/pickle/symbolic, internal/tensor
< internal/numpy;

internal/safeio, internal/zipfile, internal/pickle/symbolic, internal/numpy, internal/tensor
< internal/torch;

internal/pickle, internal/pickle/symbolic, internal/numpy
< internal/joblib;

internal/pickle/symbolic, internal/tensor
< internal/distributed;

internal/pickle/symbolic, internal/numpy, internal/torch, internal/tensor
< internal/tree;

internal/hdf5, internal/keras, internal/tensor, internal/tree
< internal/keras/weights;

# The proof shares no code with the formats whose work it checks.
internal/safeio, internal/tensor
< internal/proof;

# Danger: rules judge what formats saw.
audit, internal/safeio, internal/zipfile, internal/archive, internal/pickle
< internal/detect;

audit, internal/pickle, internal/pickle/symbolic, internal/numpy
< internal/rules;

audit, internal/safeio, internal/detect, internal/rules, internal/zipfile, internal/archive, internal/pickle, internal/pickle/symbolic, internal/numpy,
internal/torch, internal/joblib, internal/tree, internal/tensor, internal/safetensors, internal/torchscript, internal/nemo, internal/jsonwalk, internal/booster,
internal/distributed, internal/hdf5, internal/keras, internal/keras/weights, internal/bytecode
< internal/scan;

# What a trace means, in words.
audit, internal/pickle, internal/pickle/symbolic, internal/rules
< internal/decompile;

# Remedies know meaning and no danger.
internal/tensor, internal/tree
< internal/conversion;

internal/tensor, internal/tree, internal/conversion, internal/safetensors
< converters/safetensors;

audit, internal/pickle, internal/numpy, internal/pickle/slice, internal/zipfile, internal/archive, internal/safeio
< converters/strip;

internal/tensor, internal/tree, internal/conversion, internal/pickle
< converters/pytorch;

internal/marshal, internal/bytecode
< converters/keras/lambda;

internal/keras, internal/bytecode, internal/hdf5, internal/zipfile, internal/safeio, converters/keras/lambda
< converters/keras;

internal/tensor, internal/tree, internal/conversion, internal/hdf5
< converters/kerasweights;

internal/tensor, internal/tree, internal/conversion, converters/safetensors, converters/pytorch, converters/kerasweights
< converters;

# The suite that every converter passes.
audit, internal/tensor, internal/torch, internal/tree, internal/scan, converters
< converters/convertertest;

# Policy and rendering see the report and no byte of an artifact.
audit
< policy, internal/render;

# The one path of every door.
audit, policy, converters, converters/safetensors, converters/pytorch, converters/strip, converters/keras, internal/hdf5, internal/scan, internal/keras/weights, internal/rules, internal/decompile, internal/proof, internal/pickle/witness,
internal/archive, internal/distributed, internal/pickle, internal/pickle/symbolic, internal/tree, internal/tensor, internal/zipfile, internal/archive, internal/safeio
< internal/pipeline;

audit, policy, converters, internal/gitindex, internal/pipeline, internal/render, internal/safeio, internal/verdicts
< hook;

# The doors.
audit, policy, internal/pipeline, internal/render
< cmd/internal/door;

audit, hook, cmd/internal/door, internal/gitindex, internal/pipeline, internal/render
< cmd/internal/hookcommand;

audit, policy, hook, cmd/internal/door, cmd/internal/hookcommand, internal/event, internal/gitindex, internal/pipeline, internal/render
< cmd/internal/cicommand;

cmd/internal/door, cmd/internal/hookcommand
< cmd/modelaudit-hook;

audit, policy, converters, converters/kerasweights, converters/pytorch, converters/safetensors, cmd/internal/door, cmd/internal/hookcommand,
cmd/internal/cicommand, internal/gitindex, internal/notices, internal/pipeline, internal/render
< cmd/modelaudit;
`

// parseGraph reads the text into what each package may import.
func parseGraph(t *testing.T, text string) map[string][]string {
	t.Helper()
	may := map[string][]string{}
	var b strings.Builder
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "#")
		b.WriteString(code)
	}
	for _, rule := range strings.Split(b.String(), ";") {
		below, above, ok := strings.Cut(rule, "<")
		if !ok {
			if strings.TrimSpace(rule) != "" {
				t.Fatalf("import graph: no < in %q", rule)
			}
			continue
		}
		granted := names(below)
		for _, g := range granted {
			if _, known := may[g]; !known && g != "NONE" {
				t.Fatalf("import graph: %s is granted before it has a line of its own", g)
			}
		}
		for _, pkg := range names(above) {
			if _, twice := may[pkg]; twice {
				t.Fatalf("import graph: %s has two lines", pkg)
			}
			may[pkg] = granted
		}
	}
	return may
}

func names(list string) (out []string) {
	for _, n := range strings.Split(list, ",") {
		out = append(out, strings.TrimSpace(n))
	}
	return out
}

// A dependency is a module that we import, and the packages that may do so. A
// module for tests alone has none. docs/adr/0006-dependencies.md has the reasons.
type dependency struct {
	path string
	by   []string
}

func modules() []dependency {
	return []dependency{
		{"github.com/bmatcuk/doublestar/v4", []string{"policy", "internal/pipeline"}},
		{"github.com/go-git/go-billy/v5", []string{"internal/gitindex"}},
		{"github.com/go-git/go-git/v5", []string{"internal/gitindex"}},
		{"github.com/klauspost/compress", []string{"internal/archive", "internal/proof"}},
		{"github.com/ulikunitz/xz", []string{"internal/archive"}},
		{"github.com/dsnet/compress", []string{"internal/archive"}},
		{"github.com/nlpodyssey/gopickle", []string{"internal/pickle/witness"}},
		{"github.com/pierrec/lz4/v4", []string{"internal/archive"}},
		{"github.com/urfave/cli/v2", []string{"cmd/internal/door", "cmd/internal/hookcommand", "cmd/internal/cicommand", "cmd/modelaudit"}},
		{"golang.org/x/sys", []string{"internal/safeio"}},
		{"golang.org/x/text", []string{"hook"}},
		{"golang.org/x/term", []string{"cmd/internal/door", "cmd/modelaudit"}},
		{"gopkg.in/yaml.v3", []string{"policy", "internal/nemo"}},
		{"github.com/google/go-cmp", nil},
		{"github.com/rogpeppe/go-internal", nil},
		{"github.com/santhosh-tekuri/jsonschema/v6", nil},
		{"pgregory.net/rapid", nil},
	}
}

func moduleOf(importPath string) *dependency {
	for _, m := range modules() {
		if importPath == m.path || strings.HasPrefix(importPath, m.path+"/") {
			return &m
		}
	}
	return nil
}
