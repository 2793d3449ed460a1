package plain

// extendMarked is APPENDS, SETITEMS or ADDITEMS.
func (s *reader) extendMarked(to kind) bool {
	at, ok := s.popMark()
	return ok && s.extend(at, to)
}

// extend adds what stands from at on to the value below, which must be of that
// kind: to nothing else is it sure what happens.
func (s *reader) extend(at int, to kind) bool {
	if at <= s.fence() || s.stack[at-1].kind != to || s.stack[at-1].flags&frozen != 0 || !s.settle(at) {
		return false
	}
	v, items := &s.stack[at-1], s.stack[at:]
	s.stack = s.stack[:at]
	switch to {
	case dict:
		return s.setItems(v, items)
	case set:
		return s.collect(v, items, hashable)
	}
	return s.collect(v, items, 0)
}

// collect measures items inside v; each must have the flags that are needed.
func (s *reader) collect(v *value, items []value, need flags) bool {
	for i := range items {
		v.holds(&items[i])
		if items[i].flags&need != need || !v.small() {
			return false
		}
	}
	return true
}

// setItems sets key, value, key, value... in a dict.
func (s *reader) setItems(v *value, items []value) bool {
	if len(items)%2 != 0 {
		return false
	}
	var ok bool
	if s.keys, ok = grow(s, s.keys, len(items)/2, sizeKey); !ok || !s.collect(v, items, 0) {
		return false
	}
	for i := 0; i < len(items); i += 2 {
		if items[i].flags&hashed == 0 {
			return false
		}
		s.keys = append(s.keys, items[i].ref)
	}
	return true
}

// tuple makes a tuple of what stands from at on.
func (s *reader) tuple(at int) bool {
	if !s.settle(at) {
		return false
	}
	items := s.stack[at:]
	if len(items) == 0 {
		return s.push(scalar(seedTuple & hashMask))
	}
	v := value{paths: 1, depth: 1, flags: hashable | hashed}
	h := uint64(seedTuple) + uint64(len(items))
	for i := range items {
		v.holds(&items[i])
		if !v.small() {
			return false
		}
		v.flags &= items[i].flags
		h = mix(h, items[i].ref)
	}
	if v.flags&hashed != 0 {
		v.ref = h & hashMask
	}
	s.stack = s.stack[:at]
	return s.push(v)
}

// frozenSet makes a frozenset, whose hash does not depend on an order and is
// not kept.
func (s *reader) frozenSet(at int) bool {
	if !s.settle(at) {
		return false
	}
	v := value{paths: 1, depth: 1, flags: hashable}
	if !s.collect(&v, s.stack[at:], hashable) {
		return false
	}
	s.stack = s.stack[:at]
	return s.push(v)
}
