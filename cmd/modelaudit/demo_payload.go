package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/internal/pipeline"
)

// demoCall is the inert payload: a call whose result nothing uses.
const demoCall = `GLOBAL "os" "system"
BINUNICODE "echo this line would have been printed by your model file"
TUPLE1
REDUCE
POP
`

// withPayload puts code, as opcode text, in front of the pickle of a
// checkpoint, behind its PROTO opcode.
func withPayload(model []byte, text string) ([]byte, error) {
	code, err := pipeline.Assemble(text)
	if err != nil {
		return nil, err
	}
	r, err := zip.NewReader(bytes.NewReader(model), int64(len(model)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		data, err := readMember(f)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(f.Name, "/data.pkl") {
			if len(data) < 2 || data[0] != 0x80 {
				return nil, fmt.Errorf("%s does not begin with PROTO", f.Name)
			}
			data = append(append(append([]byte{}, data[:2]...), code...), data[2:]...)
		}
		if strings.HasSuffix(f.Name, "/.format_version") {
			data = []byte("0") // 1 promises the layout of torch.save, which this is not
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func readMember(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
