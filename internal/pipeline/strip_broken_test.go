package pipeline

import (
	"bytes"
	"strings"
	"testing"

	"github.com/modelaudit/action/converters/strip"
	"github.com/modelaudit/action/internal/pickle"
)

// TestStripBroken: a pickle that breaks off behind its object, so that a scanner
// fails on it and the payload has run, ends with the object afterwards.
func TestStripBroken(t *testing.T) {
	pickled := testdata(t, "pickle/numpy-2.4/arrays-p2.pkl")
	zipped := testdata(t, "torch/zip-2.15/state_dict.pt")
	record := member(t, zipped, "state_dict/data.pkl")
	payload := harmful(t)
	left := payload[:len(payload)-1]
	for name, bad := range map[string][2][]byte{ // in front of the object, and between it and STOP
		"a length beyond the end":   {payload, {byte(pickle.OpBinUnicode)}},
		"the call is left below":    {left, {byte(pickle.OpBinUnicode)}},
		"the call comes last":       {nil, append(bytes.Clone(left), 0xff)},
		"no instruction":            {payload, {0xff}},
		"a memo that nobody wrote":  {payload, []byte("g99999\n")},
		"None is called":            {payload, []byte("N)R")},
		"the call is behind a MARK": {nil, append([]byte{byte(pickle.OpMark)}, append(bytes.Clone(payload), 0xff)...)},
	} {
		broken := func(stream []byte) []byte {
			end := len(stream) - 1
			return append(append(injected(stream[:end:end], bad[0]), bad[1]...), stream[end])
		}
		data := broken(pickled)
		if name == "the call is behind a MARK" { // which could have more below
			if _, err := Strip(t.Context(), audited(t, "m.pkl", data), StripOptions{Dir: t.TempDir(), Perm: 0o600}); err == nil || !strings.Contains(err.Error(), "no loader gets an object") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		out, got := stripped(t, name+".pkl", data)
		if !bytes.Equal(got, pickled) || !out.Mended() {
			t.Errorf("%s: a pickle of %d bytes became one of %d", name, len(pickled), len(got))
		}
		out, got = stripped(t, name+".pt", changedZip(t, zipped, broken, nil))
		if now := member(t, got, "state_dict/data.pkl"); !bytes.Equal(now, record) || out.Proof.Tensors == 0 {
			t.Errorf("%s: a record of %d bytes became one of %d; %+v", name, len(record), len(now), out.Proof)
		}
	}
}

// TestStripBrokenBefore: another pickle behind the place where one breaks off goes only where that is asked for.
func TestStripBrokenBefore(t *testing.T) {
	pickled := testdata(t, "pickle/numpy-2.4/arrays-p2.pkl")
	payload := harmful(t)
	end := len(pickled) - 1
	second := snippet(t, `PROTO 2; EMPTY_DICT; UNICODE "k"; BININT1 1; SETITEM; STOP`)
	data := append(append(injected(pickled[:end:end], payload), 0xff), second...)
	_, err := Strip(t.Context(), audited(t, "m.pkl", data), StripOptions{Dir: t.TempDir(), Perm: 0o600})
	if err == nil || !strings.Contains(err.Error(), "stands another pickle") || !strings.Contains(err.Error(), "--drop-unread") {
		t.Errorf("%v", err)
	}
	if _, got := strippedWith(t, audited(t, "m.pkl", data), strip.Options{DropUnread: true}); !bytes.Equal(got, pickled) {
		t.Errorf("%d bytes became %d", len(data), len(got))
	}
}

// TestStripPartOfFormat: a pickle that torch's older format cannot do without does
// not go as a whole.
func TestStripPartOfFormat(t *testing.T) {
	legacy := testdata(t, "torch/legacy-2.15/checkpoint_sgd.pt")
	bad := injectedLegacy(t, legacy, snippet(t, `GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; STOP`))
	_, err := Strip(t.Context(), audited(t, "m.pth", bad), StripOptions{Dir: t.TempDir(), Perm: 0o600, Options: strip.Options{DropUnread: true}})
	if err == nil || strings.Contains(err.Error(), "the proof failed") {
		t.Errorf("%v", err)
	}
}

// TestStripUnreadMember: a member that torch does not read goes with the pickle that it is.
func TestStripUnreadMember(t *testing.T) {
	zipped := testdata(t, "torch/zip-2.15/state_dict.pt")
	_, got := stripped(t, "m.pt", changedZip(t, zipped, bytes.Clone, map[string][]byte{
		"state_dict/notes.pkl": snippet(t, `GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; STOP`),
	}))
	if bytes.Contains(got, []byte("notes.pkl")) {
		t.Error("it is still there")
	}
}

// TestStripGiven: a pickle that gives what a call returned, and has its object below
// that or threw it away at the end, gives the object.
func TestStripGiven(t *testing.T) {
	pickled := testdata(t, "pickle/numpy-2.4/arrays-p2.pkl")
	zipped := testdata(t, "torch/zip-2.15/state_dict.pt")
	record := member(t, zipped, "state_dict/data.pkl")
	call := snippet(t, `GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE`)
	for name, ends := range map[string][2][]byte{
		"above":       {nil, call},
		"thrown away": {call, {byte(pickle.OpPop)}},
	} {
		given := func(stream []byte) []byte {
			end := len(stream) - 1
			return append(append(injected(stream[:end:end], ends[0]), ends[1]...), stream[end])
		}
		if out, got := stripped(t, "m.pkl", given(pickled)); !bytes.Equal(got, pickled) || !out.Found() {
			t.Errorf("%s: a pickle of %d bytes became one of %d", name, len(pickled), len(got))
		}
		out, got := stripped(t, "m.pt", changedZip(t, zipped, given, nil))
		if now := member(t, got, "state_dict/data.pkl"); !bytes.Equal(now, record) || out.Proof.BytesCompared == 0 {
			t.Errorf("%s: a record of %d bytes became one of %d; %+v", name, len(record), len(now), out.Proof)
		}
	}
	// Two objects, an empty one, and one that the call was given.
	for _, program := range []string{
		`EMPTY_LIST; NONE; APPEND; EMPTY_LIST; NONE; APPEND; GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE`,
		`EMPTY_LIST; GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE`,
		`EMPTY_LIST; NONE; APPEND; BINPUT 1; GLOBAL "builtins" "exec"; UNICODE ""; BINGET 1; TUPLE2; REDUCE`,
	} {
		_, err := Strip(t.Context(), audited(t, "m.pkl", snippet(t, program+`; STOP`)), StripOptions{Dir: t.TempDir(), Perm: 0o600})
		if err == nil || strings.Contains(err.Error(), "the proof failed") {
			t.Errorf("%s: %v", program, err)
		}
	}
}
