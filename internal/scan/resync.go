package scan

import (
	"bytes"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/detect"
	"github.com/modelaudit/action/internal/joblib"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/torch"
)

// Limits of the search for pickles in data that is none.
const (
	maxSearch = 16 << 20 // bytes
	maxTries  = 20_000
	maxWide   = 64
	maxPrefix = 4 << 10 // bytes before a pickle that makes a file one which is of no format
	// maxSearched bounds the work of all tries in one artifact, as cost counts
	// it: each byte of a hostile file could begin a pickle that goes on to its
	// end, and each member could be such a file.
	maxSearched = 2_000_000
	// maxPlain is how many bytes of plain data in one artifact are searched.
	maxPlain = 64 << 20
	// maxBefore is how far before an opcode that imports its pickle is looked
	// for, if it does not begin with PROTO.
	maxBefore = 96
	// maxTryLine is how long the text of a line may be in a pickle that is tried: each try
	// could look for its end to that of the file.
	maxTryLine = 1 << 20
)

// resync looks for pickles in data that stays unread, because a caller may
// seek to them: what they execute is a finding as it would be anywhere.
func (w *walk) resync(p part, from int64) error {
	s := search{walk: w, part: p, done: from, tries: maxTries}
	return s.run(from, min(p.size, from+maxSearch))
}

func (s *search) run(from, end int64) error {
	w, p := s.walk, s.part
	buf := make([]byte, min(64<<10, max(end-from, 0)))
	s.wide = maxWide
	for at := from; at < end && w.ctx.Err() == nil; {
		n, err := p.r.ReadAt(buf[:min(int64(len(buf)), end-at)], at)
		if n == 0 && err != nil {
			return err
		}
		last := at+int64(n) == end
		keep := n // where the next block begins
		if !last {
			keep = n - 1024
		}
		for i := max(int(s.done-at), 0); i < keep; i++ {
			if i = s.next(buf[:keep], i); i == keep {
				break
			}
			if !s.look(buf[:n], i, at) {
				return nil
			}
			i = max(i, int(s.done-at)-1)
		}
		at += int64(keep)
		if last {
			return nil
		}
	}
	return nil
}

// A search is the state of one resync.
type search struct {
	walk  *walk
	part  part
	done  int64 // before it nothing is looked for
	tries int
	wide  int // imports before which more is tried than what takes its operands
	kind  searchKind
	grave bool       // as in searchPlain
	found [][2]int64 // the pickles that were reported, in order
}

// look tries the pickles that an opcode at buf[i] could belong to; at is the
// offset of buf. It reports whether the search goes on.
func (s *search) look(buf []byte, i int, at int64) bool {
	switch c := buf[i]; {
	case c == 0x80 && (i+1 >= len(buf) || buf[i+1] <= 5):
		s.try(at + int64(i))
	case s.kind == withProto:
	case c == 'c' && namesFollow(buf[i+1:]):
		if i > 0 && buf[i-1] == '(' { // the mark that OBJ takes its class from
			s.try(at + int64(i-1))
		}
		if s.done <= at+int64(i) {
			s.try(at + int64(i))
		}
		if s.wide > 0 && s.done <= at+int64(i) { // its arguments may come first
			s.wide--
			s.before(buf, i, at, valueOpcodes)
		}
	case c == 'i' && namesFollow(buf[i+1:]), c == 0x93 && i > 0 && endsOperand(buf[:i]):
		s.before(buf, i, at, textOpcodes)
	}
	return s.tries > 0 && s.left() > 0
}

// left is how much work may still be done.
func (s *search) left() int64 { return maxSearched - *s.spent() }

// spent is the work of all searches of this kind.
func (s *search) spent() *int64 {
	switch s.kind {
	case withProto:
		return &s.walk.plainSearched
	case withoutProto:
		return &s.walk.unmarkedSearched
	}
	return &s.walk.searched
}

// try reads a pickle at one place, and reports it if it executes something.
func (s *search) try(at int64) {
	if s.kind == withoutProto && s.inside(at) {
		return
	}
	if s.tries--; s.tries < 0 || s.left() <= 0 {
		return
	}
	tr := s.walk.joblib(s.part, at, joblib.Options{MaxLine: maxTryLine, MaxOps: min(int(s.left()), s.walk.lim.MaxOpcodes), Large: s.walk.opt.Large})
	defer delete(s.walk.arrays, tr)
	*s.spent() += cost(tr)
	if s.grave && !s.harms(tr) {
		return
	}
	if s.kind != withoutProto && tr.Executes() && tr.Failure == nil || calls(tr) || calls(s.walk.dropped(s.part, tr, 0)) {
		s.walk.stream(s.part, tr, torch.IsStorageID)
		s.done = max(tr.End, at+1)
		if s.kind == withProto {
			s.found = append(s.found, [2]int64{at, s.done})
		}
	}
}

// harms reports whether a stream calls what is known to do harm.
func (s *search) harms(tr *sym.Trace) bool {
	return calls(tr) && slices.ContainsFunc(s.walk.judge(s.part, tr, rules.PickleContext{}).Findings, func(f audit.Finding) bool { return f.Severity == audit.Critical })
}

// calls reports whether a stream calls something that it names, so that it is a
// pickle even if it has no end.
func calls(tr *sym.Trace) bool {
	if tr == nil {
		return false
	}
	for i := range tr.Events {
		if e := &tr.Events[i]; e.Kind == sym.EventCall && e.Node.Call().Func.Kind == sym.Global && words(e.Node.Call().Func) {
			return true
		}
	}
	return false
}

func words(n *sym.Node) bool {
	return strings.IndexFunc(n.FullName(), func(c rune) bool { return c >= 0x80 || !wordByte(byte(c)) }) < 0
}

// namesFollow reports whether b begins with two lines that could be the names
// of a module and of what is in it.
func namesFollow(b []byte) bool {
	for range 2 {
		n := bytes.IndexByte(b[:min(len(b), 256)], '\n')
		if n < 1 || bytes.IndexFunc(b[:n], func(c rune) bool { return c >= 0x80 || !wordByte(byte(c)) }) >= 0 {
			return false
		}
		b = b[n+1:]
	}
	return true
}

func wordByte(c byte) bool {
	return c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// searchAll looks for pickles in a part that is not understood. It is unread
// already, so that an error adds nothing.
func (w *walk) searchAll(p part) { _ = w.resync(p, 0) }

// searchGap looks for pickles in bytes of an archive that are no member's, which are
// unread already. No remedy carries them over, so that none is told of what is found.
func (w *walk) searchGap(p part, start, end int64) {
	each := w.opt.Each
	w.opt.Each, p.size = nil, end
	_ = w.resync(p, start)
	w.opt.Each = each
}

// nothing says what content is that shows no format.
func (w *walk) nothing(p part) string {
	head := make([]byte, min(p.size, 4096))
	if n, _ := p.r.ReadAt(head, 0); n == len(head) && detect.Text(head) {
		return "the content is text, and no model that is known"
	}
	return "the content is of no format that is known"
}
