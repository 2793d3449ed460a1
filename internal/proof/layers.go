package proof

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// sources holds the bytes that the layers of all claims lead to. What has to be
// decompressed is decompressed once, into one spool.
type sources struct {
	opt    Options
	lim    safeio.Limits
	spool  safeio.Spool
	opened map[string]run
	byKey  map[string]*source
	// lent lists the methods for which Options.Decompress was asked.
	lent []string
}

// A run is bytes that layers lead to.
type run struct {
	r    io.ReaderAt
	size int64
}

// openSources follows the layers of every claim. Close what it returns.
func openSources(ctx context.Context, r io.ReaderAt, size int64, claims []Claim, opt Options) (*sources, error) {
	s := &sources{opt: opt, lim: opt.Limits.WithDefaults(), opened: map[string]run{"": {r, size}}, byKey: map[string]*source{}}
	groups := map[string][]Claim{}
	var order []string
	for i := range claims {
		parts := claims[i].Pieces
		if parts == nil {
			parts = claims[i : i+1]
		}
		for _, c := range parts {
			key := layersKey(c.Layers)
			if groups[key] == nil {
				order = append(order, key)
			}
			groups[key] = append(groups[key], c)
		}
	}
	if len(claims) == 0 {
		return s, nil
	}
	for _, key := range order {
		group := groups[key]
		at, err := s.follow(ctx, group[0].Layers)
		if err == nil {
			s.byKey[key], err = openSource(at.r, at.size, group, s.lim)
		}
		if err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// of returns the source that a claim's record and region count in.
func (s *sources) of(c *Claim) *source { return s.byKey[layersKey(c.Layers)] }

// Close gives up what was decompressed.
func (s *sources) Close() error { return s.spool.Close() }

// layersKey tells paths of layers apart.
func layersKey(layers []tensor.Layer) string {
	if len(layers) == 0 {
		return ""
	}
	var b strings.Builder
	for _, l := range layers {
		fmt.Fprintf(&b, "%d %q %d %d;", l.Kind, l.Name, l.Start, l.End)
	}
	return b.String()
}

// follow opens the layers one in another, each place once.
func (s *sources) follow(ctx context.Context, layers []tensor.Layer) (run, error) {
	key := layersKey(layers)
	if at, ok := s.opened[key]; ok {
		return at, nil
	}
	last := len(layers) - 1
	at, err := s.follow(ctx, layers[:last])
	if err != nil {
		return run{}, err
	}
	if at, err = s.enter(ctx, at, layers[last]); err != nil {
		return run{}, fmt.Errorf("%q: %w", layers[last].Name, err)
	}
	s.opened[key] = at
	return at, nil
}

// enter opens one layer.
func (s *sources) enter(ctx context.Context, at run, l tensor.Layer) (run, error) {
	switch l.Kind {
	case tensor.LayerZip:
		rec, err := memberOf(at.r, at.size, l.Name, s.lim)
		switch {
		case err != nil:
			return run{}, err
		case rec.method == 0:
			return run{io.NewSectionReader(at.r, rec.off, rec.size), rec.size}, nil
		}
		out, err := s.expand(ctx, inflater(at.r, rec), rec.compressed)
		if err == nil && out.size != rec.size {
			err = fmt.Errorf("%d bytes come out, the directory says %d", out.size, rec.size)
		}
		return out, err
	case tensor.LayerRange:
		if l.Start < 0 || l.Start > l.End || l.End > at.size {
			return run{}, fmt.Errorf("bytes [%d,%d) of %d", l.Start, l.End, at.size)
		}
		return run{io.NewSectionReader(at.r, l.Start, l.End-l.Start), l.End - l.Start}, nil
	case tensor.LayerTar:
		return tarMember(at, l.Name)
	case tensor.LayerDecompressed:
		in, err := s.decompressor(at, l.Name)
		if err != nil {
			return run{}, err
		}
		return s.expand(ctx, in, at.size)
	}
	return run{}, fmt.Errorf("a layer of kind %d", l.Kind)
}

// decompressor reads the content of a compressed file: with the standard
// library where it has the method, else with what the caller lends.
func (s *sources) decompressor(at run, method string) (io.Reader, error) {
	if in, err := standard(at, method); in != nil || err != nil {
		return in, err
	}
	if s.opt.Decompress == nil {
		return nil, fmt.Errorf("no decompressor for this method")
	}
	if !slices.Contains(s.lent, method) {
		s.lent = append(s.lent, method)
	}
	return s.opt.Decompress(method, at.r, at.size), nil
}

// ratioFrom is how many bytes may come out before their ratio to what went in counts.
const ratioFrom = 32 << 20

// expand copies what a decompressor gives to the spool.
func (s *sources) expand(ctx context.Context, in io.Reader, packed int64) (run, error) {
	start := s.spool.Size()
	buf := make([]byte, 128<<10)
	for {
		if err := ctx.Err(); err != nil {
			return run{}, err
		}
		n, err := in.Read(buf)
		if _, werr := s.spool.Write(buf[:n]); werr != nil {
			return run{}, werr
		}
		size := s.spool.Size() - start
		if s.spool.Size() > s.lim.MaxExpand || size > ratioFrom && size/s.lim.MaxRatio > packed {
			return run{}, fmt.Errorf("%d bytes expand to more than %d: %w", packed, size, safeio.ErrLimit)
		}
		if err == io.EOF {
			return run{&within{&s.spool, start, size}, size}, nil
		}
		if err != nil {
			return run{}, err
		}
	}
}

// within is a part of the spool, which may still grow.
type within struct {
	spool      *safeio.Spool
	start, len int64
}

// ReadAt implements io.ReaderAt.
func (w *within) ReadAt(p []byte, off int64) (int, error) {
	return io.NewSectionReader(w.spool, w.start, w.len).ReadAt(p, off)
}
