// Package archive reads compressed files and archives as the libraries that
// load models read them: gzip, zlib, bzip2, xz, lzma, zstd, lz4 and joblib's
// oldest files, tar and 7z.
//
// Sources of the format facts: RFC 1950, RFC 1952 and CPython:Lib/gzip.py; the
// documents xz-file-format.txt and lzma-specification.txt of the LZMA SDK,
// liblzma:alone_decoder.c, CPython:Lib/lzma.py and Lib/_compression.py; RFC 8878;
// lz4_Frame_format.md; joblib:joblib/compressor.py and numpy_pickle_compat.py;
// CPython:Lib/tarfile.py; 7zFormat.txt of the LZMA SDK.
//
// # Security
//
// Input is hostile. Sizes, counts and dictionaries in a file are claims: what is
// allocated grows with the bytes that were really decompressed, up to a fixed
// bound, and a [Budget] bounds what one artifact may expand to. Damage ends a
// stream and never takes back what came before it, since a loader got that far
// too. Nothing is written under a name that an archive contains, and no link is
// followed.
package archive

import "fmt"

// A FormatError says where a compressed file or an archive is malformed.
type FormatError struct {
	Offset int64 // byte offset in the file
	Msg    string
	Err    error // safeio.ErrLimit, ErrUnsupported or nil
}

// Error names the offset and the reason.
func (e *FormatError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Msg) }

// Unwrap returns safeio.ErrLimit, ErrUnsupported or nil.
func (e *FormatError) Unwrap() error { return e.Err }
