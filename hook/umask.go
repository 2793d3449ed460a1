package hook

import (
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// umask is the mask that a user's shell gives new files, as far as the system tells
// (proc(5)); else the usual one. Asking for it in any other way would change it.
func umask() fs.FileMode {
	text, err := os.ReadFile("/proc/self/status")
	if err == nil {
		_, rest, _ := strings.Cut(string(text), "\nUmask:\t")
		word, _, _ := strings.Cut(rest, "\n")
		if mask, err := strconv.ParseUint(word, 8, 9); err == nil {
			return fs.FileMode(mask)
		}
	}
	return 0o022
}
