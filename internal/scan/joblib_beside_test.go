package scan

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
)

// What is made of an array that joblib before 0.10 wrote to a file of its own is judged by what
// that file says of its elements: numbers are an array to numpy's state of random numbers, objects
// and what cannot be read are not known.
func TestStateFromAFileBeside(t *testing.T) {
	main := text(t, `GLOBAL "numpy.random" "__RandomState_ctor"; EMPTY_TUPLE; REDUCE; MARK; UNICODE "MT19937"; `+
		`GLOBAL "joblib.numpy_pickle" "NDArrayWrapper"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "filename"; UNICODE "m.pkl_01.npy"; SETITEM; UNICODE "subclass"; GLOBAL "numpy" "ndarray"; SETITEM; BUILD; `+
		`BININT1 2; BININT1 0; BINFLOAT 0.0; TUPLE; BUILD; STOP`)
	npy := func(descr string, data []byte) []byte {
		header := "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,), }\n"
		return glue([]byte("\x93NUMPY\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(header))), []byte(header), data)
	}
	for _, c := range []struct {
		name    string
		sibling []byte
		want    string
	}{
		{"numbers", npy("<u4", make([]byte, 4)), "clean"},
		{"objects", npy("|O", assemble(t, newObjects)), "MA106 numpy.random.__RandomState_ctor"},
		{"cut off", npy("<u4", nil), "MA106 numpy.random.__RandomState_ctor"},
		{"a pickle", assemble(t, newObjects), "MA106 numpy.random.__RandomState_ctor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, Scan(t.Context(), bytes.NewReader(main), int64(len(main)), "m.pkl", Options{Beside: func(string) (io.ReaderAt, int64, error) {
				return bytes.NewReader(c.sibling), int64(len(c.sibling)), nil
			}}), c.want)
		})
	}
	expect(t, scanBytes(t, "m.pkl", main), "MA106 numpy.random.__RandomState_ctor")
}
