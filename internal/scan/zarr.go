package scan

import (
	"encoding/binary"
	"hash/crc32"
	"path"
	"slices"

	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/zipfile"
)

// A store of zarr in a zip holds each change of a group or an array as one more member of the
// name: zarr writes a description when it begins, and again with every attribute, and reads the
// last one, as Python does (zarr/storage, ZipStore).

// zarrStore reports whether an archive is a store of zarr, and none that torch opens.
func zarrStore(f *zipfile.File) bool {
	for _, name := range []string{"zarr.json", ".zgroup", ".zarray"} {
		if len(f.Lookup(name)) > 0 {
			return !torch.IsArchive(f)
		}
	}
	return false
}

// zarrDescription reports whether a member of a store describes what is beside it.
func zarrDescription(name string) bool {
	return slices.Contains([]string{"zarr.json", ".zgroup", ".zarray", ".zattrs", ".zmetadata"}, path.Base(name))
}

// maxShardIndex is how long the index of a shard may be to be recognised.
const maxShardIndex = 1 << 20

// shardIndex reports whether what stands behind the chunks in a shard of zarr, from about at on,
// is its index: where each chunk begins and how long it is, all inside the shard, and the
// CRC-32C of that (zarr 3, sharding_indexed). Zeros that it begins with may have been read.
func shardIndex(p part, at int64) bool {
	chunks := (p.size - at - 4 + 15) / 16
	size := 16*chunks + 4
	if chunks < 1 || size > maxShardIndex || size > p.size {
		return false
	}
	index := make([]byte, size)
	if _, err := p.r.ReadAt(index, p.size-size); err != nil {
		return false
	}
	pairs := index[:size-4]
	if crc32.Checksum(pairs, crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(index[size-4:]) {
		return false
	}
	const absent = 1<<64 - 1
	for ; len(pairs) > 0; pairs = pairs[16:] {
		start, length := binary.LittleEndian.Uint64(pairs), binary.LittleEndian.Uint64(pairs[8:])
		end := uint64(p.size - size)
		if (start != absent || length != absent) && (start > end || length > end-start) {
			return false
		}
	}
	return true
}
