// Package zipfile reads the directory of a zip archive the way torch's reader
// (PyTorchStreamReader over miniz) and Python's zipfile module read it, and
// reports every place where the two, or the archive's own copies of a fact,
// differ.
//
// Sources of the format facts: APPNOTE 6.3 for the records;
// pytorch:caffe2/serialize/inline_container.cc and
// pytorch:third_party/miniz-3.0.2/miniz.c (mz_zip_reader_read_central_dir,
// mz_zip_reader_locate_file_v2, mz_zip_reader_extract_to_mem_no_alloc1) for
// torch; CPython:Lib/zipfile (_EndRecData, _RealGetContents, ZipFile.open) for
// Python.
//
// # Security
//
// An archive is hostile. Two readers may see different members in one file, so
// the entries are the members of both, duplicates included, and nothing is
// skipped because it looks wrong: oddities become an [Anomaly] and the entry
// stays. Offsets, sizes and counts are claims; they are compared with the bytes
// that exist before anything is allocated or read. Read touches the end of the
// file, the directory, the local headers and the bytes between members, never
// a payload. Names are raw bytes: escape them before printing.
package zipfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/action/internal/safeio"
)

// ErrNotZip is wrapped by the error of Read when neither reader would find an
// end record, so that the bytes are no zip archive to anybody.
var ErrNotZip = errors.New("not a zip archive")

// A FormatError says where an archive, or one member of it, is malformed.
type FormatError struct {
	Member string // the entry's name, or "" for the archive
	Offset int64  // byte offset in the archive
	Msg    string
	Err    error // ErrNotZip, safeio.ErrLimit or nil
}

// Error names the offset, the member if there is one, and the reason.
func (e *FormatError) Error() string {
	if e.Member != "" {
		return fmt.Sprintf("zip: member %q at offset %d: %s", e.Member, e.Offset, e.Msg)
	}
	return fmt.Sprintf("zip: offset %d: %s", e.Offset, e.Msg)
}

// Unwrap returns ErrNotZip, safeio.ErrLimit or nil.
func (e *FormatError) Unwrap() error { return e.Err }

// A File is the directory of one archive. Its entries are the members in
// directory order: those that torch sees, then those that only Python's zipfile
// sees. Names may repeat. It is immutable after Read and safe for concurrent use
// if its reader is.
type File struct {
	// Anomalies are ordered by Start, then Kind; at most 1,000 of each kind.
	Anomalies []Anomaly

	entries  *table
	r        io.ReaderAt
	size     int64
	lim      safeio.Limits
	coverage Coverage
	torch    torchView
	names    nameTable // if every name stands for one entry
	folded   []int32   // else indexes of entries ordered by foldName, then index
	hidden   []bool    // of folded, by index: the very name stands for a later entry too
}

// An Entry is one member as the central directory describes it.
type Entry struct {
	Name           string // name in the central directory, raw bytes
	Method         uint16 // 0 stored, 8 DEFLATE; Open reads no other
	Flags          uint16 // general purpose bits of the directory
	DOSTime        uint32 // date (high half) and time (low half) of the last change
	CRC32          uint32 // of the uncompressed bytes; 0 may mean unknown
	CompressedSize int64  // from the directory, zip64 resolved
	Size           int64  // uncompressed, from the directory, zip64 resolved
	HeaderOffset   int64  // of the local header
	DataOffset     int64  // first payload byte, -1 if there is no local header
	Index          int    // see File.At

	directory bool // marked as a directory of DOS
}

// A Range is a half-open range of bytes of the archive.
type Range struct{ Start, End int64 }

// A Coverage is the account of an archive's bytes:
// Structure + Payload + the length of all Unread is the archive's size.
type Coverage struct {
	Structure int64   // headers, descriptors, directory, end records, zero padding
	Payload   int64   // bytes that an entry claims as its compressed data
	Unread    []Range // bytes that belong to nothing, in order
}

// Coverage returns the account of the archive's bytes.
func (f *File) Coverage() Coverage { return f.coverage }

// Read reads the directory of the archive in the size bytes of r, with every
// local header. It fails with a *FormatError if not one entry can be listed and
// neither torch nor Python takes the archive for an empty one (wrapping
// ErrNotZip if there is no end record), or if a limit is breached (wrapping
// safeio.ErrLimit); with r's error if r fails. What only one reader can list is
// read as that reader does, with an Anomaly of kind DirectoryDisagreement.
func Read(r io.ReaderAt, size int64, lim safeio.Limits) (*File, error) {
	f := &File{entries: &table{}, r: r, size: size, lim: lim.WithDefaults()}
	log := &anomalyLog{size: size}
	ends, err := findEnds(r, size, log)
	if err != nil {
		return nil, err
	}
	if err := f.readDirectories(&ends, log); err != nil {
		return nil, err
	}
	if err := f.sweep(ends, log); err != nil {
		return nil, err
	}
	f.index(log)
	f.Anomalies = log.sorted()
	return f, nil
}
