package archive

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf16"

	"github.com/modelaudit/action/internal/safeio"
)

// A sevenParser reads a directory that is in memory. Every count is compared
// with what can still follow before anything is allocated for it.
type sevenParser struct {
	b       []byte
	size    int64 // of the archive
	members int   // how many files there may be
	err     error
	empty   []string // names of what has no content
}

func (p *sevenParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = &FormatError{Msg: "in the directory: " + fmt.Sprintf(format, args...)}
	}
	p.b = nil
}

func (p *sevenParser) byte() byte {
	if len(p.b) == 0 {
		p.fail("it ends early")
		return 0
	}
	b := p.b[0]
	p.b = p.b[1:]
	return b
}

func (p *sevenParser) bytes(n int64) []byte {
	if n < 0 || n > int64(len(p.b)) {
		p.fail("it ends early")
		return nil
	}
	b := p.b[:n]
	p.b = p.b[n:]
	return b
}

// number reads a number of one to nine bytes: the first has as many ones at its
// top as bytes follow.
func (p *sevenParser) number() int64 {
	first := p.byte()
	more := bits.LeadingZeros8(^first)
	var v uint64
	for i, b := range p.bytes(int64(more)) {
		v |= uint64(b) << (8 * i)
	}
	if more < 7 {
		v |= uint64(first&(1<<(7-more)-1)) << (8 * more)
	}
	if v >= 1<<62 {
		p.fail("a number that is too large")
		return 0
	}
	return int64(v)
}

// count reads a number of things of which each takes at least one byte, or, with
// some, one of a set of that many bits.
func (p *sevenParser) count(most int64) int {
	n := p.number()
	if n > most {
		p.fail("%d things, where %d are possible", n, most)
		return 0
	}
	return int(n)
}

func (p *sevenParser) left() int64 { return int64(len(p.b)) }

// digests skips checksums of n things, and returns which of them have one.
func (p *sevenParser) digests(n int) []bool {
	has, all, some := make([]bool, n), p.byte() != 0, []byte(nil)
	if !all {
		some = p.bytes(int64(n+7) / 8)
	}
	defined := 0
	for i := range has {
		if has[i] = all || i/8 < len(some) && some[i/8]&(0x80>>(i%8)) != 0; has[i] {
			defined++
		}
	}
	p.bytes(4 * int64(defined))
	return has
}

// header reads a whole directory.
func (p *sevenParser) header() (folders []Folder) {
	for p.err == nil {
		switch id := p.byte(); id {
		case 0x00:
			return folders
		case 0x02: // properties of the archive
			for p.err == nil && p.byte() != 0 {
				p.bytes(p.number())
			}
		case 0x03:
			p.streams()
		case 0x04:
			folders = p.streams()
		case 0x05:
			p.files(folders)
		default:
			p.fail("an entry %#x", id)
		}
	}
	return folders
}

// streams reads where packed streams are, what folders are made of them, and
// which files those hold.
func (p *sevenParser) streams() (folders []Folder) {
	var at int64
	var sizes []int64
	split := false
	for p.err == nil {
		switch id := p.byte(); id {
		case 0x00:
			if !split {
				for i := range folders {
					folders[i].Files = []SevenFile{{Size: folders[i].size()}}
				}
			}
			p.place(folders, at, sizes)
			return folders
		case 0x06:
			at, sizes = p.packed()
		case 0x07:
			folders = p.folders()
		case 0x08:
			split = true
			p.substreams(folders)
		default:
			p.fail("an entry %#x", id)
		}
	}
	return nil
}

func (p *sevenParser) packed() (at int64, sizes []int64) {
	at = p.number()
	n := p.count(p.left())
	for p.err == nil {
		switch id := p.byte(); id {
		case 0x00:
			return at, sizes
		case 0x09:
			for range n {
				sizes = append(sizes, p.number())
			}
		case 0x0a:
			p.digests(n)
		default:
			p.fail("an entry %#x", id)
		}
	}
	return 0, nil
}

// place gives the folders their packed streams.
func (p *sevenParser) place(folders []Folder, at int64, sizes []int64) {
	at += sevenHeader
	for i := range folders {
		for range folders[i].packed {
			if len(sizes) == 0 || at < 0 || at > p.size {
				p.fail("a packed stream that is not there")
				return
			}
			folders[i].at = append(folders[i].at, at)
			folders[i].lengths = append(folders[i].lengths, min(sizes[0], p.size))
			at, sizes = at+sizes[0], sizes[1:]
		}
	}
}

// substreams reads how folders are divided into files.
func (p *sevenParser) substreams(folders []Folder) {
	counts := make([]int, len(folders))
	total := 0
	for i := range counts {
		counts[i] = 1
	}
	id := p.byte()
	if id == 0x0d {
		for i := range counts {
			counts[i] = p.count(int64(p.members))
		}
		id = p.byte()
	}
	for _, n := range counts {
		if total += n; total > p.members {
			p.err = fmt.Errorf("more than %d files: %w", p.members, safeio.ErrLimit)
			p.b = nil
			return
		}
	}
	for i := range folders {
		left := folders[i].size()
		for j := range counts[i] {
			size := left
			if j < counts[i]-1 && id == 0x09 {
				size = p.number()
			}
			if left -= size; left < 0 {
				p.fail("files larger than their folder")
				return
			}
			folders[i].Files = append(folders[i].Files, SevenFile{Size: size})
		}
	}
	if id == 0x09 {
		id = p.byte()
	}
	if id == 0x0a { // what is alone in its folder may have the folder's
		for i, n := range counts {
			if n == 1 && folders[i].summed {
				total--
			}
		}
		p.digests(total)
		id = p.byte()
	}
	if id != 0 && p.err == nil {
		p.fail("an entry %#x", id)
	}
}

// files reads the names of the files.
func (p *sevenParser) files(folders []Folder) {
	n := p.count(int64(p.members))
	var empty, plain, names []byte
	for p.err == nil {
		id := p.byte()
		if id == 0 {
			break
		}
		data := p.bytes(p.number())
		switch id {
		case 0x0e:
			empty = data
		case 0x0f:
			plain = data
		case 0x11:
			names = data
		}
	}
	if len(names) == 0 || names[0] != 0 {
		return
	}
	names = names[1:]
	file, folder := 0, 0
	for i := range n {
		var name string
		name, names = sevenName(names)
		if bitOf(empty, i) {
			if !bitOf(plain, len(p.empty)) {
				name += "/"
			}
			p.empty = append(p.empty, name)
			continue
		}
		for folder < len(folders) && file == len(folders[folder].Files) {
			file, folder = 0, folder+1
		}
		if folder == len(folders) {
			return
		}
		folders[folder].Files[file].Name = name
		file++
	}
}

func bitOf(bits []byte, i int) bool { return i/8 < len(bits) && bits[i/8]&(0x80>>(i%8)) != 0 }

// sevenName cuts a name off UTF-16 text.
func sevenName(b []byte) (string, []byte) {
	var units []uint16
	for len(b) >= 2 {
		u := binary.LittleEndian.Uint16(b)
		b = b[2:]
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units)), b
}
