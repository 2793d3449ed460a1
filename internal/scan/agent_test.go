package scan

import (
	"archive/zip"
	"encoding/base64"
	"fmt"
	"testing"
)

// stable-baselines unpickles settings that stand as base64 in a JSON text.
func TestAgents(t *testing.T) {
	evil := base64.StdEncoding.EncodeToString(assemble(t, payload+`STOP`))
	good := base64.StdEncoding.EncodeToString(assemble(t, `PROTO 2; EMPTY_LIST; STOP`))
	setting := func(text string) []byte {
		return fmt.Appendf(nil, `{"seed": null, "policy_class": {":type:": "x", ":serialized:": %q}}`, text)
	}
	agent := func(name string, data []byte) []byte {
		return archive(t, zip.Deflate, member{"policy.pth", checkpoint(t, `PROTO 2; EMPTY_DICT; STOP`)}, member{name, data})
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"harmless", agent("data", setting(good)), "clean"},
		{"a payload", agent("data", setting(evil)), "MA101 os.system"},
		{"with what base64 leaves out", agent("data", setting("!"+evil[:5]+"\n-"+evil[5:])), "MA101 os.system"},
		{"behind the end", agent("data", setting(good+evil)), "clean"},
		{"with an escape in the key", agent("data", []byte(`{"a": {"\u003aserialized:": "`+evil+`"}}`)), "MA101 os.system"},
		{"in another archive", archive(t, zip.Store, member{"a.zip", agent("data", setting(evil))}), "MA101 os.system"},
		{"a key that stands twice", agent("data", []byte(`{"a": {":serialized:": "`+evil+`"}, "a": 1}`)), "MA101 os.system"},
		{"cut off", agent("data", setting(evil)[:60]), "unread"},
		{"a member that is no text", agent("data", []byte("ordinary")), "clean"},
		{"another member", agent("settings", setting(evil)), "clean"},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, scanBytes(t, "agent.zip", c.data), c.want) })
	}
}
