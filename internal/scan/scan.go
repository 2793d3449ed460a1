// Package scan walks one artifact: it asks detect what the bytes are, lets the
// format packages read them, lets the rules judge what was read, and keeps the
// account of every byte.
//
// Adding a format is one line in [walkers] and one function.
//
// # Security
//
// Input is hostile. The walk is bounded in depth, members and memory; a part
// that could not be read becomes unread coverage with its reason, never silence.
// A panic in a format package is caught at the artifact's border and becomes
// unread coverage: it must not let a file pass, nor stop the audit of others.
package scan

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/action/audit"
	arc "github.com/modelaudit/action/internal/archive"
	"github.com/modelaudit/action/internal/detect"
	sym "github.com/modelaudit/action/internal/pickle/symbolic"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/safeio"
	"github.com/modelaudit/action/internal/tensor"
)

// Options says how an artifact is scanned. The zero value is the strict default.
type Options struct {
	Limits safeio.Limits
	// Trusted holds exact global names that the policy trusts.
	Trusted map[string]bool
	// Each, unless nil, is called with every pickle of the artifact when it has been judged.
	Each func(Pickle)
	// Part, unless nil, is called with every part of a container whose formats
	// are known; member is the path of members.
	Part func(member string, size int64, formats []audit.Format)
	// Keep, unless nil, is given what holds the bytes of a compressed part: then
	// the readers that Each was given stay good until it is closed.
	Keep func(io.Closer)
	// Named says that somebody named this file (a policy's paths), so that it
	// is audited even if nothing shows it to be a model.
	Named bool
	// Folder says that only the folder was named: text, or nothing, is no fault.
	Folder bool
	// Large, unless nil, is called before the scan takes more than some MiB of
	// memory for the values of a pickle, and may be called again. It may wait
	// until another scan has ended.
	Large func()
	// Whole says that the artifact is to be converted: of very many tensors what a
	// conversion needs is kept.
	Whole bool
	// Beside opens the file of that name, without directories, that stands
	// beside the artifact. Nil means that no other file may be read.
	Beside func(name string) (io.ReaderAt, int64, error)
}

// A Pickle is one stream of an artifact, as it was judged.
type Pickle struct {
	Member    string      // "" for the artifact itself, else the path of members
	Data      io.ReaderAt // the bytes that Trace's offsets count in
	Size      int64       // of Data
	Trace     *sym.Trace
	Judgement rules.PickleJudgement
	Storage   func(*sym.Node) bool // reports the container's storages; may be nil
	// Magic says that it stands where torch's older format has its magic number.
	Magic bool
	// Needed says that a loader of the file reads it whatever it holds: a part of
	// one of torch's older formats.
	Needed bool
	// Shadowed says that it is in a member whose loader reads another one in its place.
	Shadowed bool
	Again    func() *sym.Trace // reads the stream once more, as its loader does
}

// A Result is what a scan yields.
type Result struct {
	Artifact audit.Artifact
	// Skipped: nothing shows the file to be a model.
	Skipped bool
	// Model is the checkpoint in it, nil if there is none or it is not one
	// that can be read as a tree.
	Model *Model
	// Several names the members of an archive that hold a model each, where
	// there are more than one so that none is the artifact's.
	Several []string
	// Shadowed lists members that have the name of another one of the archive, which
	// its loader reads.
	Shadowed []string
	// TrustUsed lists the trusted names that the file uses.
	TrustUsed []string
	// Elsewhere says that files beside the artifact were looked at with it.
	Elsewhere bool

	expansions expansions // that the model is read from
}

// A walker audits one format.
type walker struct {
	format audit.Format
	walk   func(*walk, part) error
}

// walkers lists the formats that are read. What detection knows and this list
// does not is unread, with that reason.
func walkers() []walker {
	return []walker{
		{audit.FormatSafetensors, (*walk).safetensors},
		{audit.FormatPickle, (*walk).pickle},
		{audit.FormatNumpy, (*walk).npy},
		{audit.FormatHDF5, (*walk).hdf5},
		{audit.FormatKerasConfig, (*walk).kerasJSON},
		{audit.FormatZip, (*walk).zip},
		{audit.FormatTar, (*walk).tar},
		{audit.Format7z, (*walk).sevenZip},
		{audit.FormatGzip, compressed(arc.Gzip)},
		{audit.FormatZlib, compressed(arc.Zlib)},
		{audit.FormatBzip2, compressed(arc.Bzip2)},
		{audit.FormatXz, compressed(arc.Xz)},
		{audit.FormatLzma, compressed(arc.LZMA)},
		{audit.FormatZstd, compressed(arc.Zstd)},
		{audit.FormatLZ4, compressed(arc.LZ4)},
		{audit.FormatZFile, compressed(arc.ZFile)},
	}
}

// A part is a run of bytes inside the artifact: the artifact itself or a member.
type part struct {
	r      io.ReaderAt
	size   int64
	name   string // its file name
	member string // "" for the artifact itself, else the path of members
	depth  int
	// strict: what it is in was promised to be a model, so that content of no
	// known format may mean anything to the loader.
	strict bool
	// around: the part is a compressed file or an archive besides, and a zip at
	// its end may be what is in that.
	around bool
	holds  bool            // its name or content, but for being a zip, shows that it is a model
	own    map[string]bool // classes that a TorchScript archive around it defines
	// root: the part is all that the artifact holds, in one layer or several, so
	// that its model is the artifact's. Layers lead to it.
	root bool
	// unpacked: the part is the pickle of torch's zip format, in another archive
	// with the records of its storages beside it.
	unpacked bool
	// cut: where the part ends early, the file may have been cut off.
	cut    bool
	layers []tensor.Layer
}

// walk is the state of one scan.
type walk struct {
	ctx context.Context
	opt Options
	lim safeio.Limits
	out *Result
	// opaque counts bytes of the artifact that known references claim as data.
	opaque int64
	// work and searched count what streams and the search for them cost.
	work, searched, plainBytes, plainSearched int64
	unmarkedSearched                          int64
	live                                      int64             // bytes of the traces that are kept while others are read
	frames                                    map[behindAt]bool // the ends of frames behind which was looked
	// budget counts what was decompressed.
	budget arc.Budget
	magic  *sym.Trace // the first stream of the last file of torch's older format
	needed bool       // what is judged is a part of one of these formats
	shadow bool       // it is in a member that is in the shadow of another
	// shown: something shows that there is a model. missed: something in an
	// archive could not be read for another reason than that it is damaged.
	shown, missed bool
	models        int // parts of which that is so, but for what is only a zip
	// arrays holds what joblib reads beside the instructions of a trace, until
	// the trace is judged.
	arrays map[*sym.Trace]*arrays
}

// Scan audits the size bytes of r. The path is used as a name only.
func Scan(ctx context.Context, r io.ReaderAt, size int64, path string, opt Options) (res *Result) {
	res = &Result{Artifact: audit.Artifact{Path: path, Size: size}}
	w := &walk{ctx: ctx, opt: opt, lim: opt.Limits.WithDefaults(), out: res, arrays: map[*sym.Trace]*arrays{}}
	w.budget = arc.Budget{Limits: w.lim, Size: size}
	defer w.finish()
	defer func() {
		if p := recover(); p != nil {
			w.unread("", 0, size, fmt.Sprintf("internal error: %v", p))
			res.Model = nil
		}
	}()
	if size > w.lim.MaxFileSize {
		w.unread("", 0, size, fmt.Sprintf("the file has more than %d bytes", w.lim.MaxFileSize))
		return res
	}
	w.part(part{r: held(r, size), size: size, name: path, root: true, cut: true})
	return res
}

// part audits one run of bytes under every format that it shows.
func (w *walk) part(p part) {
	formats, err := detect.Formats(p.r, p.size, p.name)
	if err != nil {
		w.unread(p.member, 0, p.size, err.Error())
		return
	}
	w.detected(p, formats)
}

// detected audits a part whose formats are known.
func (w *walk) detected(p part, formats []audit.Format) {
	if err := w.ctx.Err(); err != nil {
		w.missed = true
		w.unread(p.member, 0, p.size, "the time limit was reached")
		return
	}
	if slices.Contains(formats, audit.FormatTar) && slices.Contains(formats, audit.FormatZip) && w.holdsZip(p) {
		formats = slices.DeleteFunc(slices.Clone(formats), func(f audit.Format) bool { return f == audit.FormatZip })
	}
	if p.member == "" {
		w.out.Artifact.Formats = formats
	} else if w.opt.Part != nil {
		w.opt.Part(p.member, p.size, formats)
	}
	if len(formats) == 0 {
		w.unknown(p)
		return
	}
	shows := func(f audit.Format) bool { return !detect.Wrapper(f) && f != audit.FormatLFSPointer }
	w.shown = w.shown || w.promised(p) || slices.ContainsFunc(formats, shows)
	if p.holds = w.promised(p) || slices.ContainsFunc(formats, func(f audit.Format) bool { return f != audit.FormatZip && shows(f) }); p.holds {
		w.models++
	}
	if detect.CannotExecute(p.name) && !slices.Contains(formats, audit.FormatSafetensors) && !slices.Contains(formats, audit.FormatGGUF) &&
		!slices.Contains(formats, audit.FormatLFSPointer) && !slices.Contains(formats, audit.FormatPointer) {
		w.finding("MA204", p.member, 0, p.size, fmt.Sprintf("the name promises a format that cannot run code, the content is %s", formats[0]))
	}
	p.around = slices.ContainsFunc(formats, detect.Wrapper)
	for _, f := range w.carried(p, formats) {
		w.format(p, f)
	}
	if p.member == "" && slices.ContainsFunc(formats, detect.Wrapper) {
		w.ordinary()
	}
}

func (w *walk) format(p part, f audit.Format) {
	for _, k := range walkers() {
		if k.format != f {
			continue
		}
		if err := k.walk(w, p); err != nil {
			w.fail(p, err)
			w.searchAll(p)
		}
		return
	}
	reason := fmt.Sprintf("%s is recognised but not supported yet", f)
	switch f {
	case audit.FormatSavedModel:
		if err := w.savedModel(p); err != nil {
			w.fail(p, err)
		}
	case audit.FormatLFSPointer:
		reason = "a Git LFS pointer: the content itself is not here; `git lfs pull` fetches it"
		w.searchAll(p) // what stands behind the text
	case audit.FormatPointer:
		reason = "a pointer of Xet, of git-annex or into the cache of the Hugging Face Hub: the content itself is not here"
	}
	w.unread(p.member, 0, p.size, reason)
	w.searchPlain(p, false)
}

// below is the path of a member inside p.
func (p part) below(name string) string { return audit.Below(p.member, name) }
