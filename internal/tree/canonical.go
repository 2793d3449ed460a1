package tree

// Canonical gives the values that are referred to the numbers 1, 2, ... in the
// order in which they stand, and takes the numbers of others away, so that two
// trees of one meaning have one text.
func Canonical(root *Value) {
	used, number := map[int]bool{}, map[int]int{}
	root.Each(func(v *Value) {
		if v.Tag == TagRef {
			used[v.Ref] = true
		}
	})
	root.Each(func(v *Value) {
		switch {
		case v.ID == 0:
		case used[v.ID]:
			number[v.ID] = len(number) + 1
			v.ID = number[v.ID]
		default:
			v.ID = 0
		}
	})
	root.Each(func(v *Value) {
		if v.Tag == TagRef {
			v.Ref = number[v.Ref]
		}
	})
}
