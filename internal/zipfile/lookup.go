package zipfile

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
)

// A torchView is what mz_zip_reader_locate_file searches.
type torchView struct {
	count  int     // torch sees the first count entries
	sorted []int32 // their indexes as miniz sorts them, unless distinct
	// distinct: every name stands for one entry, so that an entry of the name is
	// the one that torch finds.
	distinct bool
	last     atomic.Int32 // the index that was found last, if distinct
	err      *FormatError
}

// index builds the lookup tables and reports names that stand twice.
func (f *File) index(log *anomalyLog) {
	t := f.entries
	if f.torch.distinct = f.names.fill(t); f.torch.distinct {
		return
	}
	f.names = nameTable{}
	f.folded = make([]int32, f.Len())
	for i := range f.folded {
		f.folded[i] = int32(i)
	}
	slices.SortFunc(f.folded, func(a, b int32) int {
		return cmp.Or(strings.Compare(f.foldedName(a), f.foldedName(b)), cmp.Compare(a, b))
	})
	for i := range f.folded {
		if i == 0 || f.foldedName(f.folded[i-1]) != f.foldedName(f.folded[i]) {
			continue
		}
		a, b := f.At(int(f.folded[i-1])), f.At(int(f.folded[i]))
		if a.Name == b.Name {
			log.add(DuplicateName, b.Name, b.HeaderOffset, b.HeaderOffset+localLen, "entries %d and %d have one name", a.Index, b.Index)
		} else {
			log.add(CaseCollision, b.Name, b.HeaderOffset, b.HeaderOffset+localLen, "to torch it is the same name as %q", a.Name)
		}
	}
	f.torch.sorted = minizSort(f.torch.count, t.folded)
	f.hide()
}

// hide marks the entries whose very name a later one has, from the last on, so that any
// number of entries of one name costs one look at each.
func (f *File) hide() {
	f.hidden = make([]bool, f.Len())
	later := map[string]bool{} // of the entries that are one name without case
	for i := len(f.folded) - 1; i >= 0; i-- {
		if i+1 == len(f.folded) || f.foldedName(f.folded[i]) != f.foldedName(f.folded[i+1]) {
			clear(later)
		}
		e := f.At(int(f.folded[i]))
		f.hidden[e.Index] = later[e.Name]
		later[e.Name] = true
	}
}

// Alone reports whether no other entry has the name of this one without ASCII case.
func (f *File) Alone(e Entry) bool {
	if f.torch.distinct {
		return true
	}
	want := foldName(cutNUL(e.Name))
	i, _ := slices.BinarySearchFunc(f.folded, want, func(at int32, want string) int {
		return strings.Compare(f.foldedName(at), want)
	})
	return i+1 >= len(f.folded) || f.foldedName(f.folded[i+1]) != want
}

// TorchRoot returns the directory that torch looks under: the text before the
// first slash of the first entry (PyTorchStreamReader::init). It fails with a
// *FormatError if torch finds no directory or one of fewer entries than it
// announces, if there is no entry, or if the first one has no slash.
func (f *File) TorchRoot() (string, error) {
	switch {
	case f.torch.err != nil:
		return "", f.torch.err
	case f.torch.count == 0:
		return "", &FormatError{Msg: "the archive has no entries"}
	}
	first := f.At(0)
	root, _, ok := strings.Cut(first.Name, "/")
	if !ok {
		return "", &FormatError{Member: first.Name, Offset: first.HeaderOffset, Msg: "the first entry is not in a directory"}
	}
	return root, nil
}

// TorchLookup returns the entry that torch opens as the record name: the one
// whose name equals TorchRoot + "/" + name without ASCII case. Of several, it is
// the one that miniz's heap sort and binary search end at. It reports false
// if there is none, or no TorchRoot.
func (f *File) TorchLookup(name string) (Entry, bool) {
	root, err := f.TorchRoot()
	if err != nil {
		return Entry{}, false
	}
	// torch hands the name over as a C string.
	want := foldName(cutNUL(root + "/" + name))
	if f.torch.distinct { // any search finds it
		// Records are asked for in the order in which they were written.
		at := int(f.torch.last.Load()) + 1
		if at >= f.torch.count || f.entries.folded(at) != want {
			at = f.names.find(f.entries, want)
		}
		if at < 0 || at >= f.torch.count {
			return Entry{}, false
		}
		f.torch.last.Store(int32(at))
		return f.At(at), true
	}
	for lo, hi := 0, len(f.torch.sorted)-1; lo <= hi; {
		mid := lo + (hi-lo)/2
		at := f.torch.sorted[mid]
		switch c := strings.Compare(f.entries.folded(int(at)), want); {
		case c == 0:
			return f.At(int(at)), true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid - 1
		}
	}
	return Entry{}, false
}

// Lookup returns every entry whose whole name equals name without ASCII case,
// in the order of their indexes. Names end at their first NUL, as in Python.
func (f *File) Lookup(name string) []Entry {
	want := foldName(cutNUL(name))
	if f.torch.distinct {
		if at := f.names.find(f.entries, want); at >= 0 {
			return []Entry{f.At(at)}
		}
		return nil
	}
	i, _ := slices.BinarySearchFunc(f.folded, want, func(at int32, want string) int {
		return strings.Compare(f.foldedName(at), want)
	})
	var found []Entry
	for ; i < len(f.folded) && f.foldedName(f.folded[i]) == want; i++ {
		found = append(found, f.At(int(f.folded[i])))
	}
	return found
}

// Shadowed reports whether the loader of an archive gets another entry where it
// asks for the name of this one, or none: torch of its checkpoint, of any other
// archive Python, which takes the last entry of a name (zipfile, NameToInfo).
func (f *File) Shadowed(e Entry) bool {
	root, err := f.TorchRoot()
	if f.torch.distinct && f.torch.count == f.Len() && err == nil && strings.HasPrefix(e.Name, root+"/") {
		return false // nothing else has the name
	}
	if _, ok := f.TorchLookup("data.pkl"); ok {
		first, ok := f.TorchLookup(strings.TrimPrefix(e.Name, root+"/"))
		return !ok || first.Index != e.Index
	}
	return f.hidden != nil && f.hidden[e.Index]
}

func (f *File) foldedName(at int32) string { return cutNUL(f.entries.folded(int(at))) }

// minizSort orders the indexes of n keys with the heap sort of
// mz_zip_reader_sort_central_dir_offsets_by_filename. The sort is not stable,
// and where it puts equal names decides which one torch opens.
func minizSort(n int, key func(int) string) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	sift := func(root, n int) {
		for {
			child := 2*root + 1
			if child >= n {
				return
			}
			if child+1 < n && key(int(order[child])) < key(int(order[child+1])) {
				child++
			}
			if key(int(order[root])) >= key(int(order[child])) {
				return
			}
			order[root], order[child] = order[child], order[root]
			root = child
		}
	}
	for root := len(order)/2 - 1; root >= 0; root-- {
		sift(root, len(order))
	}
	for n := len(order) - 1; n > 0; n-- {
		order[0], order[n] = order[n], order[0]
		sift(0, n)
	}
	return order
}

// foldName lowers the ASCII letters of s, which is all that miniz folds.
func foldName(s string) string {
	isUpper := func(c byte) bool { return 'A' <= c && c <= 'Z' }
	if !slices.ContainsFunc([]byte(s), isUpper) {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if isUpper(c) {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func cutNUL(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}
