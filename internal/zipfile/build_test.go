package zipfile

import (
	"bytes"
	"compress/flate"
	"hash/crc32"
)

// A member is one entry of an archive under construction. Zero fields mean what
// an ordinary writer does.
type member struct {
	name, localName string // localName "" is name
	data            []byte
	deflate         bool
	raw             []byte // the payload, if it is not made from data
	flags, local    uint16 // flag bits of the directory and of the local header
	method          *uint16
	crc             *uint32 // in the directory
	size, csize     *int64  // in the directory
	localSize       *int64  // both sizes of the local header
	macOS           bool    // a descriptor, and of the local sizes the compressed one is zero
	descriptor      bool    // zero local sizes and a descriptor behind the payload
	zip64           bool    // sizes and offset in a zip64 field of the directory
	extra           []byte  // of the directory
	attr            uint32
	needs           byte   // version needed
	disk            uint16 // disk number
	hidden          bool   // no entry in the directory
	offset          *int64 // of the local header, in the directory
	sig             string // of the local header
	after           []byte // bytes behind the payload
}

// An archive is what build writes.
type archive struct {
	prefix  []byte
	adjust  bool // offsets count the prefix
	members []member
	zip64   bool // zip64 end records
	count   int  // added to the number of entries in the end record
	shift   int64
	gap     []byte // between directory and end record
	comment []byte
	tail    []byte
}

func ptr[T any](v T) *T { return &v }

func or[T any](p *T, v T) T {
	if p != nil {
		return *p
	}
	return v
}

func deflated(data []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

func u16(b []byte, v ...uint16) []byte {
	for _, x := range v {
		b = le.AppendUint16(b, x)
	}
	return b
}

func u32(b []byte, v ...uint32) []byte {
	for _, x := range v {
		b = le.AppendUint32(b, x)
	}
	return b
}

func build(a archive) []byte {
	out := bytes.Clone(a.prefix)
	base := int64(len(a.prefix))
	if a.adjust {
		base = 0
	}
	var dir []byte
	n := 0
	for _, m := range a.members {
		at := int64(len(out)) - base
		var head []byte
		out, head = m.append(out, at)
		if !m.hidden {
			dir = append(dir, head...)
			n++
		}
	}
	start := int64(len(out)) - base + a.shift
	out = append(append(out, dir...), a.gap...)
	end64 := int64(len(out)) - base
	count := uint16(n + a.count)
	if a.zip64 {
		out = le.AppendUint64(append(out, sigEnd64...), end64Len-12)
		out = u32(u16(out, 45, 45), 0, 0)
		for _, v := range []uint64{uint64(count), uint64(count), uint64(len(dir)), uint64(start)} {
			out = le.AppendUint64(out, v)
		}
		out = u32(append(out, sigLocator...), 0)
		out = u32(le.AppendUint64(out, uint64(end64)), 1)
	}
	out = u16(append(out, sigEnd...), 0, 0, count, count)
	out = u32(out, uint32(len(dir)), uint32(start))
	out = append(u16(out, uint16(len(a.comment))), a.comment...)
	return append(out, a.tail...)
}

// append writes the local header and payload to out and returns the directory
// header for it.
func (m member) append(out []byte, at int64) (file, head []byte) {
	payload, method := m.data, uint16(methodStored)
	if m.deflate {
		payload, method = deflated(m.data), methodDeflate
	}
	if m.raw != nil {
		payload = m.raw
	}
	crc := crc32.ChecksumIEEE(m.data)
	size, csize := int64(len(m.data)), int64(len(payload))
	lsize, lcsize, lcrc, flags, local := or(m.localSize, size), or(m.localSize, csize), crc, m.flags, m.local
	if m.descriptor {
		flags, local = flags|flagDescriptor, local|flagDescriptor
		lsize, lcsize, lcrc = 0, 0, 0
	}
	if m.macOS {
		lsize = size
	}
	name, sig := m.localName, m.sig
	if name == "" {
		name = m.name
	}
	if sig == "" {
		sig = sigLocal
	}
	out = u16(append(out, sig...), 20, local, method, 0, 0)
	out = u16(u32(out, lcrc, uint32(lcsize), uint32(lsize)), uint16(len(name)), 0)
	out = append(append(out, name...), payload...)
	if m.descriptor {
		out = u32(append(out, sigDescriptor...), crc, uint32(csize), uint32(size))
	}
	out = append(out, m.after...)

	size, csize, at = or(m.size, size), or(m.csize, csize), or(m.offset, at)
	extra, s32, c32, o32 := m.extra, uint32(size), uint32(csize), uint32(at)
	if m.zip64 {
		extra = u16(extra, extraZip64, 24)
		for _, v := range []int64{size, csize, at} {
			extra = le.AppendUint64(extra, uint64(v))
		}
		s32, c32, o32 = max32, max32, max32
	}
	needs := uint16(20)
	if m.needs != 0 {
		needs = uint16(m.needs)
	}
	head = u16([]byte(sigCentral), 20, needs, flags, or(m.method, method), 0, 0)
	head = u32(head, or(m.crc, crc), c32, s32)
	head = u16(head, uint16(len(m.name)), uint16(len(extra)), 0, m.disk, 0)
	head = u32(head, m.attr, o32)
	return out, append(append(head, m.name...), extra...)
}

// The fixed members of most test archives.
var (
	pkl     = member{name: "a/data.pkl", data: []byte("the pickle")}
	version = member{name: "a/version", data: []byte("3\n")}
)

func of(members ...member) archive { return archive{members: members} }

func with(m member, change func(*member)) member {
	change(&m)
	return m
}
