//go:build !unix

package safeio

import "io/fs"

// syncDir does nothing: the system has no way to sync a directory.
func syncDir(string) error { return nil }

func device(fs.FileInfo) (uint64, bool) { return 0, false }
