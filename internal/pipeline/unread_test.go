package pipeline

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/modelaudit/action/converters"
)

// Of an archive in which nothing was found, and not everything could be read, it is
// not said that it holds no tensor.
func TestNothingFoundInWhatWasRead(t *testing.T) {
	for _, tt := range []struct{ member, data, want string }{
		{"model.json", "{\"some\": \"text\"}", "model.json: the content is text"},
		{"", "", "there is no tensor in it"},
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, m := range [][2]string{{"attributes.pkl", "\x80\x02]."}, {tt.member, tt.data}} {
			if m[0] == "" {
				continue
			}
			w, err := z.CreateHeader(&zip.FileHeader{Name: m[0]})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(m[1])); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := Plan(audited(t, "x.pt", b.Bytes()), converters.Options{})
		var r *converters.Refusal
		if !errors.As(err, &r) || !strings.Contains(r.Msg, tt.want) || r.Unread != (tt.member == "model.json") {
			t.Errorf("%s: %v", tt.member, err)
		}
	}
}
