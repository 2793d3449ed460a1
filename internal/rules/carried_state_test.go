package rules

import (
	"fmt"
	"testing"
)

// A class that is not known may load the pickle that its state holds.
func TestPickledState(t *testing.T) {
	object := `PROTO 4; GLOBAL "acme.wrap" "Wrapped"; EMPTY_TUPLE; NEWOBJ; `
	bytes := func(pickle string) string { return fmt.Sprintf("SHORT_BINBYTES %q; ", pickle) }
	evil := bytes("\x80\x04cos\nsystem\nVtrue\n\x85R.")
	const loads, plain = "MA106 acme.wrap.Wrapped", "MA110 acme.wrap.Wrapped"
	check(t, []sample{
		{"alone", object + evil + `BUILD; STOP`, loads},
		{"in a tuple", object + evil + `NEWFALSE; TUPLE2; BUILD; STOP`, loads},
		{"in a dict", object + `EMPTY_DICT; UNICODE "data"; ` + evil + `SETITEM; BUILD; STOP`, loads},
		{"in a dict of slots", object + `NONE; EMPTY_DICT; UNICODE "data"; ` + evil + `SETITEM; TUPLE2; BUILD; STOP`, loads},
		{"of protocol 0", object + bytes("cos\nsystem\n(Vtrue\ntR.") + `BUILD; STOP`, loads},
		{"as an argument", `PROTO 4; GLOBAL "acme.wrap" "Wrapped"; ` + evil + `TUPLE1; NEWOBJ; STOP`, "MA102 acme.wrap.Wrapped"},
		{"without an end", object + bytes("\x80\x04cos\nsystem\nVtrue\n\x85R") + `BUILD; STOP`, loads},
	})
	for _, s := range []sample{
		{"of values", object + bytes("\x80\x04}\x8c\x01a\x8c\x01bs.") + `BUILD; STOP`, plain},
		{"of listed names", object + bytes("\x80\x04ccollections\nOrderedDict\n)R.") + `BUILD; STOP`, plain},
		{"of somebody's objects", object + bytes("\x80\x04cacme\nNet\n)\x81.") + `BUILD; STOP`, plain},
		{"bytes", object + bytes("\x80\x04\xff\xff\xff\xff\xff\xff") + `BUILD; STOP`, plain},
	} {
		if got := found(judgeProgram(t, s.program)); len(got) != 1 || got[0] != s.want {
			t.Errorf("%s: found %q", s.name, got)
		}
	}
}
