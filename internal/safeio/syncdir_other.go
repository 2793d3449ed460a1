//go:build !unix

package safeio

// syncDir does nothing: the system has no way to sync a directory.
func syncDir(string) error { return nil }
