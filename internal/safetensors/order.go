package safetensors

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// A place is a tensor of a list, with the part of its name that tells most names
// apart, so that sorting a million of them does not look at each name twenty times.
type place struct {
	head uint64
	at   uint32
}

// fileOrder sorts a list by descending rank, then by name. Two tensors of one name
// are a *NameError.
func fileOrder(list List, ranks []uint8) ([]uint32, error) {
	common := commonPrefix(list)
	places := make([]place, len(ranks))
	for i := range places {
		var head [8]byte
		copy(head[:], list.Name(i)[common:])
		places[i] = place{binary.BigEndian.Uint64(head[:]), uint32(i)}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return strings.Compare(list.Name(int(a.at)), list.Name(int(b.at)))
	})
	for i := 1; i < len(places); i++ {
		if name := list.Name(int(places[i].at)); places[i-1].head == places[i].head && list.Name(int(places[i-1].at)) == name {
			return nil, &NameError{name, "two tensors have the name " + quoted(name)}
		}
	}
	order := make([]uint32, 0, len(places))
	for rank := len(dtypes) - 1; rank >= 0; rank-- {
		for _, p := range places {
			if int(ranks[p.at]) == rank {
				order = append(order, p.at)
			}
		}
	}
	return order, nil
}

// commonPrefix is how many bytes all names begin with alike.
func commonPrefix(list List) int {
	if list.Len() == 0 {
		return 0
	}
	first := list.Name(0)
	n := len(first)
	for i := 1; i < list.Len() && n > 0; i++ {
		name := list.Name(i)
		n = min(n, len(name))
		for name[:n] != first[:n] {
			n--
		}
	}
	return n
}
