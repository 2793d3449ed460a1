package scan

import (
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/zipfile"
)

// shard audits a .distcp file of a distributed checkpoint: what torch.save
// wrote for each tensor or object, one behind the other. The places stand in
// .metadata, which may say anything, so they are found without it; what lies
// between them is audited as if it were read too
// (torch/distributed/checkpoint/filesystem.py). It reports whether the part is one.
func (w *walk) shard(p part) (bool, error) {
	if !strings.HasSuffix(strings.ToLower(p.name), ".distcp") {
		return false, nil // under any other name readers disagree about it
	}
	archives, err := zipfile.Concatenated(p.r, p.size)
	if archives == nil || err != nil {
		return false, err
	}
	if p.member == "" {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, audit.FormatZip, audit.FormatTorchDCP)
	}
	at := int64(0)
	for _, a := range append(archives, zipfile.Range{Start: p.size, End: p.size}) {
		if a.Start > at {
			w.loaded(w.slice(p, at, a.Start))
		}
		if at = a.End; a.End > a.Start {
			inner := w.slice(p, a.Start, a.End)
			if err := w.zip(inner); err != nil {
				w.fail(inner, err)
			}
		}
	}
	w.wholeShard(p)
	return true, nil
}

// slice is a run of bytes of a part as a part of its own.
func (w *walk) slice(p part, start, end int64) part {
	return part{r: io.NewSectionReader(p.r, start, end-start), size: end - start, name: "tensor.pt",
		member: p.below(fmt.Sprintf("bytes at %#x", start)), depth: p.depth + 1, own: p.own}
}

// wholeShard judges what torch.load makes of the file as one archive: it takes
// the last directory and looks for the records from the first byte on.
func (w *walk) wholeShard(p part) {
	f, err := zipfile.Read(p.r, p.size, w.lim)
	if err != nil {
		return // and torch fails
	}
	z, err := torch.ReadZip(f, w.lim, w.among(sym.Options{MaxOps: w.lim.MaxOpcodes}))
	if err != nil || !z.Trace.Executes() {
		return
	}
	w.stream(part{r: z.Data, size: z.Size, name: z.Main.Name, member: p.below(z.Main.Name), depth: p.depth + 1}, z.Trace, z.Table.Known)
}
