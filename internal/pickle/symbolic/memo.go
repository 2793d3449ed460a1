package symbolic

// A Memo is what an Unpickler keeps from stream to stream.
type Memo struct {
	entries table
	bytes   int64 // taken by the streams that wrote it
	mixed   bool  // some of it may be more than plain values
	later   []span
	gone    *Node    // stands for what folding threw away, nil if that is nothing
	lost    *Failure // why entries of later are missing, nil if they are not
}

// Bytes is what the streams that wrote the memo take, 0 for a nil Memo.
func (m *Memo) Bytes() int64 {
	if m == nil {
		return 0
	}
	return m.bytes
}

// Len returns the number of entries, at least one if there is any that a Plain
// stream left; a nil Memo has none.
func (m *Memo) Len() int {
	if m == nil {
		return 0
	}
	return m.entries.n + len(m.later)
}
