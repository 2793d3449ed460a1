package pickle

// A jump says that instructions go on at to when they have reached at.
type jump struct{ at, to int64 }

// FilePos returns where the file of a loader stands that reads a frame as a
// whole before the first instruction in it, as class _Unframer of Lib/pickle.py
// does: behind the frame that holds the next instruction, or at that instruction.
func (d *Decoder) FilePos() int64 {
	switch {
	case d.resume != nil:
		return d.resume.to
	case d.FrameEnd() < 0:
		return d.pos
	}
	return min(d.frameEnd, d.in.end)
}

// SkipFile says that the loader itself has read the file from FilePos up to to,
// as joblib does with the bytes of an array. Instructions that are left in the
// frame come first; then they go on at to.
func (d *Decoder) SkipFile(to int64) {
	if at := d.FilePos(); d.FrameEnd() >= 0 || d.resume != nil {
		if d.resume != nil {
			at = d.resume.at
		}
		d.resume = &jump{at, to}
		return
	}
	d.SeekTo(to)
}

// leap goes on behind what the loader read, once the frame before it is used up.
func (d *Decoder) leap() {
	if d.resume != nil && d.pos >= d.resume.at {
		d.SeekTo(d.resume.to)
	}
}
