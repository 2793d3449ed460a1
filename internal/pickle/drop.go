package pickle

// Torn reports whether an instruction crossed the end of its frame, may have
// done so before it broke off, or was a FRAME inside of one: the C unpickler may
// read other instructions there from a file, see Options.Drops.
func (d *Decoder) Torn() bool { return d.torn }

// Leftover is the end of the frame in which STOP left bytes, 0 without one. A
// loader that drops them reads its next pickle from there.
func (d *Decoder) Leftover() int64 { return d.leftover }

// drop moves an argument of n bytes that its frame has not behind the frame.
func (d *Decoder) drop(op *Op, n uint64) {
	if d.opt.Drops && op.End < d.frameEnd && n > uint64(d.frameEnd-op.End) {
		op.End, d.frameEnd = d.frameEnd, -1
	}
}

// dropLine moves a line that does not end in its frame behind the frame
// (_Unpickler_Readline).
func (d *Decoder) dropLine(op *Op) error {
	if !d.opt.Drops || op.End >= d.frameEnd {
		return nil
	}
	at, err := d.in.newline(op.End, min(d.frameEnd, d.in.end))
	if err == nil && at < 0 {
		op.End, d.frameEnd = d.frameEnd, -1
	}
	return err
}

// dropFrame is frame for a loader that drops (load_frame).
func (d *Decoder) dropFrame(op *Op) error {
	d.pos = op.End
	left := d.frameEnd - op.End
	if op.Code == OpStop && left > 0 {
		d.leftover = min(d.frameEnd, d.in.end)
	}
	if op.Code == OpStop || left <= 0 {
		d.frameEnd = -1
	}
	if op.Code != OpFrame || left > 0 && op.Big == nil && op.Int <= left {
		return nil
	}
	if left > 0 {
		d.pos = d.frameEnd
	}
	if op.Big != nil || op.Int > d.in.end-d.pos {
		d.pos = op.Pos
		return op.short(uint64(op.Int), d.in.end-op.End)
	}
	d.frameEnd = d.pos + op.Int
	return nil
}
