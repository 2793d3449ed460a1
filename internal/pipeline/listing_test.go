package pipeline

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/modelaudit/action/internal/pickle"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/scan"
)

// Bytes that a loader reads itself are no instructions in a listing.
func TestListingOfRawBytes(t *testing.T) {
	data, err := pickle.Assemble("PROTO 2\nGLOBAL \"argparse\" \"Namespace\"\nEMPTY_TUPLE\nREDUCE\nEMPTY_DICT\nBUILD\nRAW 0011223344\nSTOP")
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(data)
	tr := sym.Run(r, 0, int64(len(data)), sym.Options{AfterBuild: func(b *sym.Built) error {
		b.File += 5
		return nil
	}})
	p := scan.Pickle{Data: r, Size: int64(len(data)), Trace: tr, Judgement: rules.Pickle(tr, rules.PickleContext{})}
	var out strings.Builder
	if err := pickle.Disassemble(&out, r, tr.Start, behind(p), newRemarks(p).listing()); err != nil {
		t.Fatal(err)
	}
	if want := "# 5 bytes that the loader reads itself\n0x00001f  STOP\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("%s\ndoes not end in %s", out.String(), want)
	}
}

// Every pickle of a file is written down, and of very many the first.
func TestDecompileStreams(t *testing.T) {
	const streams = 25
	data := []byte(strings.Repeat("\x80\x02}.", streams))
	var a Auditor
	audited, err := a.Audit(context.Background(), Source{Path: "m.pkl", R: bytes.NewReader(data), Size: int64(len(data))})
	if err != nil {
		t.Fatal(err)
	}
	for _, all := range []bool{false, true} {
		var out strings.Builder
		if err := a.Decompile(context.Background(), &out, audited, all); err != nil {
			t.Fatal(err)
		}
		want := maxListed
		if all {
			want = streams
		}
		if got := strings.Count(out.String(), "result = {}"); got != want {
			t.Errorf("%d results, want %d", got, want)
		}
		if strings.Contains(out.String(), "and 5 more pickles") == all {
			t.Errorf("all is %v:\n%s", all, out.String())
		}
	}
}
