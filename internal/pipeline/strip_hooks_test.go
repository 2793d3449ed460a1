package pipeline

import (
	"bytes"
	"strings"
	"testing"

	"github.com/modelaudit/action/converters/strip"
)

// TestStripHooks: what torch would call after a forward pass, or for a gradient,
// goes from the dict of hooks that it stands in if it runs code; a function of
// somebody's own is refused, since the model may compute something else without it.
func TestStripHooks(t *testing.T) {
	const (
		module = `PROTO 2; GLOBAL "torch.nn.modules.linear" "Identity"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; MARK; UNICODE "training"; NEWTRUE; UNICODE "_forward_hooks"; GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; `
		built  = `SETITEMS; BUILD; STOP`
		tensor = `PROTO 2; GLOBAL "torch._utils" "_rebuild_parameter"; GLOBAL "torch._utils" "_rebuild_meta_tensor_no_storage"; MARK; GLOBAL "torch" "float32"; ` +
			`BININT1 2; TUPLE1; BININT1 1; TUPLE1; NEWFALSE; TUPLE; REDUCE; NEWTRUE; GLOBAL "collections" "OrderedDict"; EMPTY_TUPLE; REDUCE; `
		made = `TUPLE3; REDUCE; STOP`
	)
	for _, whole := range [][2]string{{module, built}, {tensor, made}} {
		clean := snippet(t, whole[0]+whole[1])
		for _, hook := range []string{
			`GLOBAL "posix" "system"; `,
			`GLOBAL "functools" "partial"; GLOBAL "posix" "system"; UNICODE "true"; TUPLE2; REDUCE; `,
			`GLOBAL "builtins" "exec"; UNICODE "1"; TUPLE1; REDUCE; `,
		} {
			_, got := stripped(t, "m.pkl", snippet(t, whole[0]+`BININT1 3; `+hook+`SETITEM; `+whole[1]))
			if !bytes.Equal(got, clean) {
				t.Errorf("%s became %q, want %q", hook, got, clean)
			}
		}
		own := snippet(t, whole[0]+`BININT1 3; GLOBAL "acme" "scale"; SETITEM; `+whole[1])
		if _, err := Strip(t.Context(), audited(t, "m.pkl", own), StripOptions{Dir: t.TempDir(), Perm: 0o600}); err == nil || strings.Contains(err.Error(), "the proof failed") {
			t.Errorf("a hook of somebody's own: %v", err)
		}
	}
}

// TestStripSetter: an attribute that BUILD calls in the place of the class's own
// method goes, with what it is called with.
func TestStripSetter(t *testing.T) {
	const namespace = `GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; `
	const planted = `UNICODE "__setstate__"; GLOBAL "posix" "system"; SETITEM; `
	const state, called = `EMPTY_DICT; UNICODE "lr"; BININT1 1; SETITEM; `, `UNICODE "true"; BUILD; `
	becomes(t, map[string]string{
		namespace + state + planted + `BUILD; ` + called + called:                                       namespace + state + `BUILD; `,
		namespace + state + `BUILD; EMPTY_DICT; ` + planted + `BUILD; ` + called:                        namespace + state + `BUILD; EMPTY_DICT; BUILD; `,
		`EMPTY_DICT; UNICODE "n"; ` + namespace + state + planted + `BUILD; ` + called + `SETITEM; `:    `EMPTY_DICT; UNICODE "n"; ` + namespace + state + `BUILD; SETITEM; `,
		namespace + `BINPUT 1; ` + state + planted + `BUILD; BINGET 1; BUILD; `:                         "", // it is called with the object itself
		namespace + state + planted + `UNICODE "x"; GLOBAL "posix" "getcwd"; SETITEM; BUILD; ` + called: "", // another attribute is code, too
		namespace + state + `UNICODE "__class__"; GLOBAL "subprocess" "Popen"; SETITEM; BUILD; `:        "",
	})
}

// TestStripContained: an object of an unlisted class that has items becomes the
// plain container of these where that is asked for, without its attributes.
func TestStripContained(t *testing.T) {
	const object = `GLOBAL "acme" "Bag"; EMPTY_TUPLE; NEWOBJ; `
	const items, attributes = `UNICODE "a"; BININT1 1; SETITEM; `, `EMPTY_DICT; UNICODE "a"; BININT1 1; SETITEM; BUILD; `
	for program, want := range map[string]string{
		object + items:              `EMPTY_DICT; ` + items,
		object + items + attributes: `EMPTY_DICT; ` + items,
		object + `BINPUT 1; UNICODE "self"; BINGET 1; SETITEM; `:                                           `EMPTY_DICT; BINPUT 1; UNICODE "self"; BINGET 1; SETITEM; `,
		object + `BININT1 1; APPEND; `:                                                                     `EMPTY_LIST; BININT1 1; APPEND; `,
		object + `UNICODE "b"; ` + object + items + `SETITEM; `:                                            `EMPTY_DICT; UNICODE "b"; EMPTY_DICT; ` + items + `SETITEM; `,
		object + `UNICODE "x"; GLOBAL "posix" "system"; UNICODE "true"; TUPLE1; REDUCE; SETITEM; ` + items: `EMPTY_DICT; ` + items,
		object + attributes + items:                                                                        "", // __setitem__ of the class may look at these
		object + items + `BININT1 1; APPEND; `:                                                             "",
	} {
		data := snippet(t, `PROTO 2; `+program+`STOP`)
		a := audited(t, "m.pkl", data)
		if _, got, err := outcome(t, a, strip.Options{}); err == nil {
			t.Errorf("%s became %q, and nobody asked for it", program, got)
		}
		out, got, err := outcome(t, a, strip.Options{PlainState: true})
		if want == "" || err != nil {
			if err == nil || want != "" || strings.Contains(err.Error(), "the proof failed") {
				t.Errorf("%s: %v", program, err)
			}
			continue
		}
		if exact := snippet(t, `PROTO 2; `+want+`STOP`); !bytes.Equal(got, exact) || out.Stated() == 0 {
			t.Errorf("%s became %q, want %q", program, got, exact)
		}
	}
}
