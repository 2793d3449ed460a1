package symbolic

import (
	"math"
	"sort"
	"strings"
)

// costKept is what an item takes beside its key.
const costKept = 10

// A Kept has items of a dict whose keys are texts and whose values a Packer
// keeps, in some bytes each: they are not among the dict's Pairs.
type Kept struct {
	text  strings.Builder // the keys, one behind the other
	items []keptItem
	runs  []keptRun
}

// A keptItem is a value, and where its key ends.
type keptItem struct{ end, value uint32 }

// A keptRun begins with the item first, before which the dict has so many pairs.
type keptRun struct{ first, pairs int }

// add keeps an item that follows pairs others which are not kept.
func (k *Kept) add(pairs int, key string, value int64) error {
	if int64(k.text.Len()) > math.MaxUint32-int64(len(key)) || value > math.MaxUint32 {
		return errBudget
	}
	if n := len(k.runs); n == 0 || k.runs[n-1].pairs != pairs {
		k.runs = append(k.runs, keptRun{len(k.items), pairs})
	}
	k.text.WriteString(key)
	k.items = append(k.items, keptItem{uint32(k.text.Len()), uint32(value)})
	return nil
}

// Len is the number of items.
func (k *Kept) Len() int { return len(k.items) }

// Key is the key of item i, in the order of the dict.
func (k *Kept) Key(i int) string {
	begin := uint32(0)
	if i > 0 {
		begin = k.items[i-1].end
	}
	return k.text.String()[begin:k.items[i].end]
}

// End is how many bytes the keys up to that of item i have together.
func (k *Kept) End(i int) int { return int(k.items[i].end) }

// Value is the number under which the Packer keeps the value of item i.
func (k *Kept) Value(i int) int64 { return int64(k.items[i].value) }

// Before is the first item that stands behind so many pairs of the dict, or more.
func (k *Kept) Before(pairs int) int {
	at := sort.Search(len(k.runs), func(i int) bool { return k.runs[i].pairs >= pairs })
	if at == len(k.runs) {
		return len(k.items)
	}
	return k.runs[at].first
}

// Kept returns the items of a dict that are not among its Pairs, nil if there are
// none. Only a run with Options.Keep leaves any.
func (n *Node) Kept() *Kept {
	if n.more == nil || n.more.dict == nil {
		return nil
	}
	return n.more.dict.kept
}
