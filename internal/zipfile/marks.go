package zipfile

import "slices"

// Marks is a set of members, told apart by where their local headers are: what is
// said of one holds for every entry that names the same bytes. The zero value is
// empty.
type Marks struct {
	at     []int64
	sorted int // how many of at are in order, each once
}

// Add marks a member.
func (m *Marks) Add(e Entry) {
	n := len(m.at)
	if m.sorted == n && (n == 0 || m.at[n-1] < e.HeaderOffset) {
		m.sorted++
	}
	m.at = append(m.at, e.HeaderOffset)
}

// Join marks what another set marks.
func (m *Marks) Join(o *Marks) { m.at = append(m.at, o.at...) }

// Has reports whether a member, or another entry for the same bytes, is marked.
func (m *Marks) Has(e Entry) bool {
	if m.sorted < len(m.at) {
		slices.Sort(m.at)
		m.at = slices.Compact(m.at)
		m.sorted = len(m.at)
	}
	_, ok := slices.BinarySearch(m.at, e.HeaderOffset)
	return ok
}
