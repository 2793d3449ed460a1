package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/modelaudit/action/internal/pipeline"
	"github.com/rogpeppe/go-internal/testscript"
)

// torchFiles were written by real torch.
const torchFiles = "../../testdata/torch/zip-2.15"

// inert is a call whose result nothing uses; taints is one whose result is the
// model itself, so that there is nothing to convert.
const (
	inert  = "GLOBAL \"os\" \"system\"\nBINUNICODE \"true\"\nTUPLE1\nREDUCE\nPOP\n"
	plain  = "PROTO 2\nGLOBAL \"os\" \"system\"\nBINUNICODE \"true\"\nTUPLE1\nREDUCE\nSTOP\n"
	values = "PROTO 2\nEMPTY_DICT\nBINUNICODE \"step\"\nBININT1 3\nSETITEM\nSTOP\n"
	own    = "PROTO 2\nGLOBAL \"acme.models\" \"Net\"\nEMPTY_TUPLE\nNEWOBJ\nSTOP\n"
)

// kinds are the models that scripts use.
func kinds(ts *testscript.TestScript, kind string) []byte {
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(torchDir(ts), name))
		ts.Check(err)
		return data
	}
	switch kind {
	case "clean": // a state_dict
		return read("state_dict.pt")
	case "bad": // a state_dict with a payload
		return withPayload(ts, read("state_dict.pt"))
	case "bad-scalars": // another one
		return withPayload(ts, read("scalars.pt"))
	case "bad-checkpoint": // weights and optimizer, which become two files
		return withPayload(ts, read("checkpoint_adam.pt"))
	case "lambda.keras", "lambda.h5": // a Lambda layer that can be replaced
		return read("../../keras/keras-3.15/" + kind)
	case "hopeless": // nothing but a payload
		code, err := pipeline.Assemble(plain)
		ts.Check(err)
		return code
	case "own-class": // an object of a class that only this repository knows
		code, err := pipeline.Assemble(own)
		ts.Check(err)
		return code
	case "plain": // values and no tensor, as the state of a scheduler
		code, err := pipeline.Assemble(values)
		ts.Check(err)
		return code
	case "distributed": // the values of a distributed checkpoint
		return read("../../distributed/flat/__0_0.distcp")
	case "distributed-hiding": // a payload in a tensor of one
		return hiding(ts, read("../../distributed/flat/__0_0.distcp"))
	case "metadata": // of that checkpoint
		return read("../../distributed/flat/.metadata")
	case "metadata-inside": // which has torch read the bytes of the tensor
		code, err := pipeline.Assemble(inside)
		ts.Check(err)
		return code
	case "truncated":
		return read("state_dict.pt")[:700]
	}
	ts.Fatalf("unknown kind of model %q", kind)
	return nil
}

// The record of a tensor's bytes in the file of values.
const tensorAt, tensorSize = 0x2c0, 48

// inside is a .metadata that says that an object stands where that record is.
var inside = strings.ReplaceAll(`PROTO 2; GLOBAL "torch.distributed.checkpoint.metadata" "Metadata"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; MARK;
	UNICODE "state_dict_metadata"; EMPTY_DICT; UNICODE "v"; GLOBAL "torch.distributed.checkpoint.metadata" "BytesStorageMetadata"; EMPTY_TUPLE; NEWOBJ; SETITEM;
	UNICODE "storage_data"; EMPTY_DICT; GLOBAL "torch.distributed.checkpoint.metadata" "MetadataIndex"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "fqn"; UNICODE "v"; SETITEM; BUILD;
	GLOBAL "torch.distributed.checkpoint.filesystem" "_StorageInfo"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; MARK; UNICODE "relative_path"; UNICODE "__0_0.distcp";
	UNICODE "offset"; BININT 704; UNICODE "length"; BININT 48; SETITEMS; BUILD; SETITEM; SETITEMS; BUILD; STOP`, ";", "\n")

// hiding puts a pickle into the bytes of the tensor.
func hiding(ts *testscript.TestScript, file []byte) []byte {
	code, err := pipeline.Assemble(plain)
	ts.Check(err)
	record := file[tensorAt : tensorAt+tensorSize]
	was := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(record))
	copy(record, append(code, make([]byte, tensorSize-len(code))...))
	return bytes.ReplaceAll(file, was, binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(record)))
}

func torchDir(ts *testscript.TestScript) string { return ts.Getenv("TORCH") }

// model NAME KIND
func model(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: model NAME KIND")
	}
	name := ts.MkAbs(unescape(args[0]))
	ts.Check(os.MkdirAll(filepath.Dir(name), 0o755))
	ts.Check(os.WriteFile(name, kinds(ts, args[1]), 0o644))
}

// unescape lets scripts spell names that a script cannot hold.
func unescape(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\xff`, "\xff", `\x1b`, "\x1b").Replace(s)
}

// withPayload puts the payload into the pickle of a checkpoint, behind PROTO.
func withPayload(ts *testscript.TestScript, file []byte) []byte {
	code, err := pipeline.Assemble(inert)
	ts.Check(err)
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	ts.Check(err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		src, err := f.Open()
		ts.Check(err)
		data, err := io.ReadAll(src)
		ts.Check(err)
		if strings.HasSuffix(f.Name, "/data.pkl") {
			data = append(append(append([]byte{}, data[:2]...), code...), data[2:]...)
		}
		if strings.HasSuffix(f.Name, "/.format_version") {
			data = []byte("0") // 1 promises the layout of torch.save, which this is not
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		ts.Check(err)
		_, err = to.Write(data)
		ts.Check(err)
	}
	ts.Check(w.Close())
	return out.Bytes()
}
