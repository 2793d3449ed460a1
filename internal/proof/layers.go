package proof

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// An Opened is a source whose layers were entered. What has to be decompressed
// is decompressed once, into one spool, for any number of comparisons. It is safe
// for concurrent use, but for Close.
type Opened struct {
	opt Options
	lim safeio.Limits

	mu     sync.Mutex
	spool  *safeio.Spool
	opened map[string]run
	zip    *members // the directory that was read last, of the archive zipOf
	zipOf  run
	// sources are what claims are about, by their layers.
	sources map[string]*source
	// lent lists the methods for which Options.Decompress was asked.
	lent []string
}

// A run is bytes that layers lead to.
type run struct {
	r    io.ReaderAt
	size int64
}

// Open returns the source of size bytes. Nothing is read yet. Close it.
func Open(r io.ReaderAt, size int64, opt Options) *Opened {
	return &Opened{opt: opt, spool: new(safeio.Spool), lim: opt.Limits.WithDefaults(), opened: map[string]run{"": {r, size}}}
}

// Enter follows layers, so that a comparison finds them entered. It is for those
// who know which layers there are before there is anything to compare.
func (o *Opened) Enter(ctx context.Context, layers []tensor.Layer) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.follow(ctx, layers)
	return err
}

// Close gives up what was decompressed. The source may be used and closed again.
func (o *Opened) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.opened, o.zip, o.sources = map[string]run{"": o.opened[""]}, nil, nil
	err := o.spool.Close()
	o.spool = new(safeio.Spool)
	return err
}

// source returns the source of a claim, with the directory of the zip if the claim
// names a record: that is read once for all.
func (o *Opened) source(ctx context.Context, c *Claim) (*source, error) {
	if c.Lent != nil {
		return &source{r: c.Lent, size: math.MaxInt64, lent: true}, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	key := layersKey(c.Layers)
	from := o.sources[key]
	if from == nil {
		at, err := o.follow(ctx, c.Layers)
		if err != nil {
			return nil, err
		}
		from = &source{r: at.r, size: at.size}
		if o.sources == nil {
			o.sources = map[string]*source{}
		}
		o.sources[key] = from
	}
	if c.Key != "" && from.records == nil {
		return from, from.openZip(o.lim)
	}
	return from, nil
}

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
func (o *Opened) follow(ctx context.Context, layers []tensor.Layer) (run, error) {
	key := layersKey(layers)
	if at, ok := o.opened[key]; ok {
		return at, nil
	}
	last := len(layers) - 1
	at, err := o.follow(ctx, layers[:last])
	if err != nil {
		return run{}, err
	}
	if at, err = o.enter(ctx, at, layers[last]); err != nil {
		return run{}, fmt.Errorf("%q: %w", layers[last].Name, err)
	}
	o.opened[key] = at
	return at, nil
}

// enter opens one layer.
func (o *Opened) enter(ctx context.Context, at run, l tensor.Layer) (run, error) {
	switch l.Kind {
	case tensor.LayerZip:
		rec, err := o.member(at, l.Name)
		switch {
		case err != nil:
			return run{}, err
		case rec.method == 0:
			return run{io.NewSectionReader(at.r, rec.off, rec.size), rec.size}, nil
		}
		in, err := o.unzipper(at, rec)
		if err != nil {
			return run{}, err
		}
		out, err := o.expand(ctx, in, rec.compressed)
		if err == nil && out.size != rec.size {
			err = fmt.Errorf("%d bytes come out, the directory says %d", out.size, rec.size)
		}
		return out, err
	case tensor.LayerRange:
		if l.Start < 0 || l.Start > l.End || l.End > at.size {
			return run{}, fmt.Errorf("bytes [%d,%d) of %d", l.Start, l.End, at.size)
		}
		return run{io.NewSectionReader(at.r, l.Start, l.End-l.Start), l.End - l.Start}, nil
	case tensor.LayerFile:
		if o.opt.Beside == nil {
			return run{}, fmt.Errorf("no file beside the source may be read")
		}
		r, size, err := o.opt.Beside(l.Name)
		return run{r, size}, err
	case tensor.LayerTar:
		return tarMember(at, l.Name)
	case tensor.LayerDecompressed, tensor.LayerSevenZip:
		in, err := o.decompressor(at, l)
		if err != nil {
			return run{}, err
		}
		return o.expand(ctx, in, at.size)
	}
	return run{}, fmt.Errorf("a layer of kind %d", l.Kind)
}

// member finds a member of a zip archive, whose directory is read once for all of
// them as they come.
func (o *Opened) member(at run, name string) (*record, error) {
	if o.zip == nil || o.zipOf != at {
		dir, err := membersOf(at.r, at.size, o.lim)
		if err != nil {
			return nil, err
		}
		o.zip, o.zipOf = dir, at
	}
	return o.zip.find(at.r, name)
}

// zipMethods are methods of zip members (APPNOTE 4.4.5) by their names as layers.
// "zip-lzma" is LZMA behind a header of its own.
var zipMethods = map[uint16]string{12: "bzip2", 14: "zip-lzma", 93: "zstd", 95: "xz"}

// unzipper reads the content of a member that is compressed.
func (o *Opened) unzipper(at run, rec *record) (io.Reader, error) {
	if rec.method == 8 {
		return inflater(at.r, rec), nil
	}
	method, ok := zipMethods[rec.method]
	if !ok {
		return nil, fmt.Errorf("compression method %d", rec.method)
	}
	packed := run{io.NewSectionReader(at.r, rec.off, rec.compressed), rec.compressed}
	return o.decompressor(packed, tensor.Layer{Kind: tensor.LayerDecompressed, Name: method, End: rec.size})
}

// decompressor reads the content of a compressed file: with a decoder of its own where
// there is one, else with what the caller lends.
func (o *Opened) decompressor(at run, l tensor.Layer) (io.Reader, error) {
	method := "7z"
	if l.Kind == tensor.LayerDecompressed {
		method = l.Name
		if in, err := own(at, method); in != nil || err != nil {
			return in, err
		}
	}
	if o.opt.Decompress == nil {
		return nil, fmt.Errorf("no decompressor for this method")
	}
	if !slices.Contains(o.lent, method) {
		o.lent = append(o.lent, method)
	}
	return o.opt.Decompress(l, at.r, at.size)
}

// ratioFrom is how many bytes may come out before their ratio to what went in counts, which
// may be arrayRatio times Limits.MaxRatio: arrays of zeros are ordinary.
const (
	ratioFrom  = 32 << 20
	arrayRatio = 4
)

// expand copies what a decompressor gives to the spool.
func (o *Opened) expand(ctx context.Context, in io.Reader, packed int64) (run, error) {
	start := o.spool.Size()
	buf := make([]byte, 8<<10) // most members of an archive are small
	for {
		if o.spool.Size()-start >= 64<<10 && len(buf) < 128<<10 {
			buf = make([]byte, 128<<10)
		}
		if err := ctx.Err(); err != nil {
			return run{}, err
		}
		n, err := in.Read(buf)
		if _, werr := o.spool.Write(buf[:n]); werr != nil {
			return run{}, werr
		}
		size := o.spool.Size() - start
		if o.spool.Size() > o.lim.MaxExpand || size > ratioFrom && size/o.lim.MaxRatio/arrayRatio > packed {
			return run{}, fmt.Errorf("%d bytes expand to more than %d: %w", packed, size, safeio.ErrLimit)
		}
		if err == io.EOF {
			return run{&within{o.spool, start, size}, size}, nil
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
