package lambda

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of the page")

const page = "../../../docs/formats/keras-lambda.md"

// TestPage: the page lists what the tables hold.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- functions -->\n", "<!-- end -->\n"
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the page has lost its marks")
	}
	want := before + begin + table() + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Error("the page is not what the tables say: go test ./converters/keras/lambda -update")
	}
}

// table has a row for each operation, with what calls it.
func table() string {
	names := map[string][]string{}
	var order []string
	for _, op := range Operations {
		order = append(order, op.Name)
	}
	for _, f := range Functions() {
		if names[f.Op] == nil && operation(f.Op) == nil {
			order = append(order, f.Op)
		}
		names[f.Op] = append(names[f.Op], "`"+f.Name+"`")
	}
	var b strings.Builder
	b.WriteString("| operation | functions | Keras 3 | Keras 2 |\n|---|---|---|---|\n")
	for _, name := range order {
		three, two := "", ""
		if op := operation(name); op != nil {
			three = "`" + op.Keras3 + "`"
			if op.TensorFlow != "" {
				two = "`" + op.TensorFlow + "`"
			}
			if name == "einsum" { // whose tensors come one by one, as no function's in the table
				names[name] = []string{"`tf.einsum`", "`tf.linalg.einsum`", "`ops.einsum`"}
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, strings.Join(names[name], " "), three, two)
	}
	return b.String()
}
