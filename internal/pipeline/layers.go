package pipeline

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/proof"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// A reading is the proof's own reading of a source.
type reading struct {
	opened *proof.Opened
	stop   context.CancelFunc
	busy   sync.WaitGroup
}

func readAgain(src Source, lim safeio.Limits) *reading {
	return &reading{opened: proof.Open(src.R, src.Size, proof.Options{Limits: lim, Decompress: decompress, Beside: src.Beside}), stop: func() {}}
}

// earlyFrom is how large a compressed source is that the proof begins to
// decompress before it is known whether there will be something to prove.
const earlyFrom = 64 << 10

// early lets the proof decompress the source while it is being scanned: the
// two take as long, and neither needs the other.
func (g *reading) early(ctx context.Context, src Source) {
	if src.Size < earlyFrom {
		return
	}
	m := archive.Sniff(src.R, src.Size)
	if m == "" {
		return
	}
	ctx, g.stop = context.WithCancel(ctx)
	g.busy.Go(func() {
		// What goes wrong here goes wrong again when there is something to prove.
		_ = g.opened.Enter(ctx, []tensor.Layer{{Kind: tensor.LayerDecompressed, Name: string(m)}})
	})
}

// close gives up what was decompressed.
func (g *reading) close() error {
	g.stop()
	g.busy.Wait()
	return g.opened.Close()
}

// Close gives up what was decompressed of the artifact. Whatever needs it later
// has it decompressed again; Close then once more.
func (a *Audited) Close() error {
	if a.again == nil {
		return nil
	}
	a.held.close()
	a.lent = false
	return errors.Join(a.again.close(), a.Result.Close())
}

// decompress lends the proof what it has no decompressor of its own for.
func decompress(l tensor.Layer, r io.ReaderAt, size int64) (io.Reader, error) {
	if l.Kind == tensor.LayerSevenZip {
		return archive.OpenSevenZip(r, size, l.Name, safeio.Limits{}.WithDefaults())
	}
	if l.Name == "zip-lzma" {
		return archive.ZipMember(14, r, size, l.End), nil
	}
	return archive.NewReader(archive.Method(l.Name), r, size), nil
}
