package strip

import (
	"io"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/safeio"
)

// Decompressed is how the path of members names the content of a compressed file.
const Decompressed = "decompressed"

// packed is a compressed run whose content is written anew, and what stands
// behind it as it is.
type packed struct {
	method archive.Method
	inner  content
	rest   *io.SectionReader
}

func (p *packed) changed() bool { return p.inner.changed() }

// packed lays out a compressed run.
func (b *builder) packed(r io.ReaderAt, size int64, member string) (content, error) {
	method := archive.Sniff(r, size)
	in := archive.NewReader(method, r, size)
	s, err := b.budget.Spool(b.src.Context, in, in.Consumed)
	b.plan.spools = append(b.plan.spools, s)
	if err != nil {
		return nil, &Refusal{Member: member, Pos: -1, Reason: "it cannot be decompressed to its end: " + err.Error()}
	}
	inner, err := b.run(s, s.Size(), audit.Below(member, Decompressed), false)
	if err != nil {
		return nil, err
	}
	end := in.Consumed()
	if end < size && b.loose(member) {
		b.gone(Removal{Member: member, Start: end, End: size, How: Bytes})
		end = size
	}
	return &packed{method: method, inner: inner, rest: io.NewSectionReader(r, end, size-end)}, nil
}

// WriteTo compresses the content. Some methods want its length first, so that
// it is laid out in full before.
func (p *packed) WriteTo(w io.Writer) (int64, error) {
	s := &safeio.Spool{}
	defer s.Close()
	if _, err := p.inner.WriteTo(s); err != nil {
		return 0, err
	}
	c := &counting{w: w}
	z, err := archive.NewWriter(p.method, c, s.Size())
	if err != nil {
		return 0, err
	}
	if _, err := io.CopyBuffer(z, io.NewSectionReader(s, 0, s.Size()), make([]byte, 256<<10)); err != nil {
		return c.n, err
	}
	if err := z.Close(); err != nil {
		return c.n, err
	}
	_, err = io.Copy(c, p.rest)
	return c.n, err
}

type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
