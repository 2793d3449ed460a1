package scan

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/modelaudit/action/audit"
)

// zipped is a zip whose one member, a pickle that calls posix.system("true"), is
// compressed by each method that Python's zipfile or 7-Zip reads and torch does not.
var zipped = map[string]string{
	"bzip2": "UEsDBC4AAAAMAAAAIQBYpnddQQAAABcAAAAFAAAAbS5wa2xCWmg5MUFZJlNZsSZMQwAAC1PABBAAQREACgKeIEAAIAAxTAATQo0aPQGoWl1FAXvspRbD2UPxdyRThQkLEmTEMFBLAQIuAy4AAAAMAAAAIQBYpnddQQAAABcAAAAFAAAAAAAAAAAAAACAAQAAAABtLnBrbFBLBQYAAAAAAQABADMAAABkAAAAAAA=",
	"lzma":  "UEsDBD8AAgAOAAAAIQBYpnddLAAAABcAAAAFAAAAbS5wa2wJBAUAXQAAgAAAQAEIA7wwvTTeL14m0GnzP4j8XgJ1KbibYI/cjf//WTgAAFBLAQI/Az8AAgAOAAAAIQBYpnddLAAAABcAAAAFAAAAAAAAAAAAAACAAQAAAABtLnBrbFBLBQYAAAAAAQABADMAAABPAAAAAAA=",
	"zstd":  "UEsDBD8AAABdAAAAIQBYpnddIAAAABcAAAAFAAAAbS5wa2wotS/9IBe5AACABGNvcwpzeXN0ZW0KKFZ0cnVlCnRSLlBLAQI/AD8AAABdAAAAIQBYpnddIAAAABcAAAAFAAAAAAAAAAAAAAAAAAAAAABtLnBrbFBLBQYAAAAAAQABADMAAABDAAAAAAA=",
	"xz":    "UEsDBD8AAABfAAAAIQBYpnddUAAAABcAAAAFAAAAbS5wa2z9N3pYWgAABObWtEYCACEBFgAAAHQv5aMBABaABGNvcwpzeXN0ZW0KKFZ0cnVlCnRSLgAAW01A6kUL+CUAAS8XgQhJsR+2830BAAAAAARZWlBLAQI/AD8AAABfAAAAIQBYpnddUAAAABcAAAAFAAAAAAAAAAAAAAAAAAAAAABtLnBrbFBLBQYAAAAAAQABADMAAABzAAAAAAA=",
}

func TestZipMethods(t *testing.T) {
	for name, text := range zipped {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		r := scanBytes(t, "m.npz", data)
		if expect(t, r, "MA101 os.system"); len(r.Artifact.Coverage.Unread) > 0 || len(r.Artifact.Findings) > 1 {
			t.Errorf("%s: found %q, unread %v", name, found(r), r.Artifact.Coverage.Unread)
		}
		// One byte of the content wrong: what came before it counts, and the rest is told.
		at := bytes.LastIndex(data, []byte("PK\x01\x02")) - 12
		data[at] ^= 0x55
		if r := scanBytes(t, "m.npz", data); r.Artifact.Verdict == audit.VerdictClean {
			t.Errorf("%s: damaged, and clean", name)
		}
	}
}

// torch opens an archive by its own decoder, which knows DEFLATE alone: where others
// would load the member, it refuses.
func TestZipMethodsInTorch(t *testing.T) {
	data, err := base64.StdEncoding.DecodeString("UEsDBD8AAgAOAAAAIQA9t96JFwAAAAQAAAAKAAAAYS9kYXRhLnBrbAkEBQBdAACAAABAAIsl0ToP///8PwAAUEsBAj8DPwACAA4AAAAhAD233okXAAAABAAAAAoAAAAAAAAAAAAAAIABAAAAAGEvZGF0YS5wa2xQSwUGAAAAAAEAAQA4AAAAPwAAAAAA")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, scanBytes(t, "m.pt", data), "MA203")
}
