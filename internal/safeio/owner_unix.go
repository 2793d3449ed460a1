//go:build unix

package safeio

import (
	"io/fs"
	"syscall"
)

// KeepOwner gives the file the owner and the group of another one, as far as
// the system lets this process.
func (f *File) KeepOwner(of fs.FileInfo) {
	if st, ok := of.Sys().(*syscall.Stat_t); ok {
		mode := of.Mode().Perm()
		if f.Chown(int(st.Uid), int(st.Gid)) != nil {
			_ = f.Chown(-1, int(st.Gid))
		}
		_ = f.Chmod(mode) // a change of the owner may have taken bits away
	}
}
