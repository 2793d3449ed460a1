package tree

import sym "github.com/modelaudit/action/internal/pickle/symbolic"

// maxLongKeys is how many bytes the keys of a mapping may have together that are too long
// to be held with the graph.
const maxLongKeys = 1 << 20

// longKeys reads the keys of a mapping that are texts of thousands of letters. It gives
// none where one cannot be read, or two are equal, of which Python would keep one: then
// such a key is no name.
func (b *builder) longKeys(from []sym.Pair) map[*sym.Node]string {
	var out map[*sym.Node]string
	seen, left := map[string]bool{}, int64(maxLongKeys)
	for _, p := range from {
		if p.Key.Kind != sym.String || !p.Key.Lazy {
			continue
		}
		if left -= p.Key.Data().Len; left < 0 {
			return nil
		}
		text, ok := sym.TextOf(b.in.Data, p.Key, maxLongKeys)
		if !ok || joined(text) || seen[text] {
			return nil
		}
		if out == nil {
			out = map[*sym.Node]string{}
		}
		out[p.Key], seen[text] = text, true
	}
	return out
}

// keyKinds says of the keys of a mapping whether all are texts, whether all are plain,
// and whether of those from the first that is not plain on it is told what they equal.
func keyKinds(from []sym.Pair, long map[*sym.Node]string) (text, plain, told bool) {
	text, plain, told = true, true, true
	for _, p := range from {
		if _, ok := long[p.Key]; ok {
			continue
		}
		text = text && p.Key.Kind == sym.String
		plain = plain && plainKey(p.Key)
		if !plain && told { // of a tuple it is known what it equals
			_, ok := plainKeyOf(p.Key, 0)
			told = ok || plainKey(p.Key)
		}
	}
	return text, plain, told
}
