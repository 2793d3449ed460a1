//go:build unix

package safeio

import "os"

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	// Some file systems cannot sync a directory and say so; the rename itself
	// has happened, so that is no failure of the write.
	_ = d.Sync()
	return nil
}
