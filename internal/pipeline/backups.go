package pipeline

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// backupName is what Backup adds to a name.
var backupName = regexp.MustCompile(`.\.backup(\.[1-9][0-9]*)?$`)

// IsBackup reports whether a file was found below a directory and is, by its
// name or that of a directory between them, a copy as Backup makes it: of such
// neither a conversion nor a strip is wanted. A file that was named is none.
func IsBackup(f File) bool {
	return f.Below != "" && slices.ContainsFunc(strings.Split(filepath.ToSlash(f.Below), "/"), backupName.MatchString)
}

// WithoutBackups leaves the files out that IsBackup tells.
func WithoutBackups(files []File) []File {
	return slices.DeleteFunc(slices.Clone(files), IsBackup)
}
