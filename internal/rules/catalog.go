package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
)

const since = "0.1.0"

// The helpers below spell examples; audit.Example has the grammar.

func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }

func pickled(text ...string) audit.Example {
	return audit.Example{Name: "model.pkl", Text: lines(text...)}
}

func archived(text ...string) audit.Example {
	return audit.Example{Name: "model.pt", Text: lines(text...)}
}

// checkpoint is an archive as torch.save writes it, with one storage of four
// floats.
func checkpoint(text ...string) audit.Example {
	return archived(slices.Concat([]string{"member model/data.pkl", "PROTO 2"}, text,
		[]string{"member model/byteorder", `RAW "little"`, "member model/data/0", "RAW 0000803f000000400000404000008040", "member model/version", `RAW "3\n"`})...)
}

// storageID asks for a storage of the checkpoint.
func storageID(key, class string, numel int) []string {
	return []string{"MARK", `UNICODE "storage"`, fmt.Sprintf("GLOBAL %q %q", "torch", class), fmt.Sprintf("UNICODE %q", key), `UNICODE "cpu"`, fmt.Sprintf("BININT %d", numel), "TUPLE", "BINPERSID"}
}

// tensorOf rebuilds a tensor with so many elements of a storage of four.
func tensorOf(elements int) []string {
	return slices.Concat([]string{`GLOBAL "torch._utils" "_rebuild_tensor_v2"`, "MARK"}, storageID("0", "FloatStorage", 4),
		[]string{"BININT1 0", fmt.Sprintf("BININT %d", elements), "TUPLE1", "BININT1 1", "TUPLE1", "NEWFALSE",
			`GLOBAL "collections" "OrderedDict"`, "EMPTY_TUPLE", "REDUCE", "TUPLE", "REDUCE", "STOP"})
}

// twoStorages asks for the checkpoint's storage as two classes.
func twoStorages(first, second string) []string {
	return slices.Concat(storageID("0", first, 4), storageID("0", second, 4), []string{"TUPLE2", "STOP"})
}
