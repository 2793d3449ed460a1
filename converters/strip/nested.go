package strip

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pickle/slice"
	"github.com/modelaudit/action/internal/safeio"
)

// nestedName begins the name of a member that is bytes of a pickle which a call
// loads in turn, as torch.storage._load_from_bytes does; their offset follows.
const nestedName = "bytes at 0x"

// child is the first step from a member to one below it.
func child(path, member string) string {
	if member != "" {
		path = path[len(member)+len(audit.Inside):]
	}
	name, _, _ := strings.Cut(path, audit.Inside)
	return name
}

// nestedIn lists the places of a stream that make bytes in which something must go.
func (b *builder) nestedIn(p Pickle) (out []int64) {
	for _, q := range b.src.Pickles {
		if !q.Dirty || !audit.Within(q.Member, p.Member) {
			continue
		}
		digits, ok := strings.CutPrefix(child(q.Member, p.Member), nestedName)
		at, err := strconv.ParseInt(digits, 16, 64)
		if ok && err == nil && p.Start <= at && at < p.End && !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

// nested lays out the bytes at some places of a stream.
func (b *builder) nested(r io.ReaderAt, prog *slice.Program, p Pickle, at []int64) (map[int64]slice.Text, error) {
	texts := map[int64]slice.Text{}
	for _, pos := range at {
		name := audit.Below(p.Member, fmt.Sprintf("bytes at %#x", pos))
		lit, ok := prog.Literal(pos)
		if !ok {
			return nil, &Refusal{Member: name, Pos: -1, Reason: "it is no literal that could be written with other bytes"}
		}
		data, size, err := b.literal(r, lit)
		if err != nil {
			return nil, err
		}
		to, err := b.run(data, size, name, false)
		if err != nil {
			return nil, err
		}
		s := b.spool()
		w := bufio.NewWriter(s)
		if lit.Latin1 {
			_, err = to.WriteTo(latin1{w})
		} else {
			_, err = to.WriteTo(w)
		}
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			return nil, err
		}
		b.plan.Anew = append(b.plan.Anew, Range{Member: p.Member, Start: lit.At, End: lit.Data.Off + lit.Data.Len})
		texts[lit.At] = slice.Text{Data: s, Size: s.Size()}
	}
	return texts, nil
}

// spool returns a new spool, which the plan's Close gives up.
func (b *builder) spool() *safeio.Spool {
	s := &safeio.Spool{}
	b.plan.spools = append(b.plan.spools, s)
	return s
}

// literal gives the bytes of a literal.
func (b *builder) literal(r io.ReaderAt, lit slice.Literal) (io.ReaderAt, int64, error) {
	raw := io.NewSectionReader(r, lit.Data.Off, lit.Data.Len)
	if !lit.Latin1 {
		return raw, lit.Data.Len, nil
	}
	s := b.spool()
	in, out := bufio.NewReader(raw), bufio.NewWriter(s)
	for {
		c, _, err := in.ReadRune()
		if err == io.EOF {
			return s, s.Size() + int64(out.Buffered()), out.Flush()
		}
		if err != nil {
			return nil, 0, err
		}
		if c > 0xff {
			return nil, 0, fmt.Errorf("a text that is no bytes")
		}
		if err := out.WriteByte(byte(c)); err != nil {
			return nil, 0, err
		}
	}
}

// latin1 writes bytes as UTF-8 text, one code point for each.
type latin1 struct{ w *bufio.Writer }

func (l latin1) Write(p []byte) (int, error) {
	for i, c := range p {
		if _, err := l.w.WriteRune(rune(c)); err != nil {
			return i, err
		}
	}
	return len(p), nil
}
