package pickle

import (
	"fmt"
	"math"
)

// An AnomalyKind names a way in which unpicklers read the same bytes apart.
type AnomalyKind string

// The kinds of anomaly.
const (
	// FrameStraddle: an instruction begins inside a frame and ends outside it.
	// The C unpickler before 3.13.15 and 3.14.7 may read other bytes from a
	// file, later ones and the Python one refuse (python/cpython#154848).
	FrameStraddle AnomalyKind = "frame-straddle"
	// FrameNested: FRAME inside a frame that has bytes left.
	FrameNested AnomalyKind = "frame-nested"
	// FrameTooLong: a frame longer than the input. The C unpickler refuses
	// before it executes the frame, the Python one goes on.
	FrameTooLong AnomalyKind = "frame-too-long"
	// FrameLeftover: bytes left in the frame at STOP. Whoever reads the next
	// pickle begins at STOP or at the end of the frame.
	FrameLeftover AnomalyKind = "frame-leftover"
	// ProtoMisplaced: PROTO that is not the first instruction of its pickle,
	// or a second one, or a protocol above 5, which CPython refuses.
	ProtoMisplaced AnomalyKind = "proto-misplaced"
	// OddSpelling: the text of a number that not every unpickler accepts, or
	// that not every one reads as the same value.
	OddSpelling AnomalyKind = "odd-spelling"
	// OddLength: BINSTRING whose length is negative when read as signed. Only
	// the C unpickler takes it, as a length of 2 GiB or more.
	OddLength AnomalyKind = "odd-length"
	// UnterminatedLine: the last line of the input has no "\n". The C
	// unpickler refuses; the Python one drops the line's last byte and goes
	// on, so that GLOBAL still imports and INST still calls.
	UnterminatedLine AnomalyKind = "unterminated-line"
	// EmptyName: GLOBAL or INST with an empty line. The C unpickler refuses; the
	// Python one asks find_class, which imports the module before it fails.
	EmptyName AnomalyKind = "empty-name"
)

// An Anomaly is a place that unpicklers read differently, or only some accept.
type Anomaly struct {
	Pos, End int64 // half-open byte range
	Kind     AnomalyKind
	Msg      string
}

// maxAnomalies bounds what one decoder remembers: one is enough to judge by.
const maxAnomalies = 64

// Anomalies returns the first 64 anomalies of the instructions so far, in the
// order of the stream. The slice grows with further calls of Next.
func (d *Decoder) Anomalies() []Anomaly { return d.anomalies }

func (d *Decoder) anomaly(pos, end int64, kind AnomalyKind, format string, args ...any) {
	if len(d.anomalies) < maxAnomalies {
		d.anomalies = append(d.anomalies, Anomaly{pos, end, kind, fmt.Sprintf(format, args...)})
	}
}

// frame keeps account of frames (PEP 3154, "Framing"; load_frame of
// Modules/_pickle.c and class _Unframer of Lib/pickle.py).
func (d *Decoder) frame(op *Op) {
	if op.Pos < d.frameEnd {
		if op.End > d.frameEnd {
			d.torn = true
			d.anomaly(op.Pos, op.End, FrameStraddle, "%v crosses the end of its frame at %#x", op.Code, d.frameEnd)
			d.frameEnd = -1
		} else if left := d.frameEnd - op.End; left > 0 && op.Code == OpFrame {
			d.torn = true
			d.anomaly(op.Pos, op.End, FrameNested, "FRAME with %d bytes left in the frame before", left)
		} else if left > 0 && op.Code == OpStop {
			d.anomaly(op.End, min(d.frameEnd, d.in.end), FrameLeftover, "STOP with %d bytes left in the frame", left)
			d.leftover = min(d.frameEnd, d.in.end)
		}
	}
	if op.Code == OpStop || op.End >= d.frameEnd {
		d.frameEnd = -1
	}
	if op.Code != OpFrame {
		return
	}
	claimed := op.Int
	if op.Big != nil {
		claimed = math.MaxInt64
	}
	if left := d.in.end - op.End; claimed > left {
		d.anomaly(op.Pos, op.End, FrameTooLong, "frame of %v bytes, but the input has %d", op.integer(), left)
	}
	if d.resume != nil && d.resume.at == op.End {
		// The frame's bytes come from where the file stands.
		d.SeekTo(d.resume.to)
		d.frameEnd = saturated(d.pos, claimed)
		return
	}
	d.frameEnd = saturated(op.End, claimed)
}

// proto keeps account of PROTO, which belongs at the start of a pickle.
func (d *Decoder) proto(op *Op) {
	if op.Code == OpProto {
		switch {
		case d.protoSeen:
			d.anomaly(op.Pos, op.End, ProtoMisplaced, "second PROTO in one pickle")
		case d.opsSince > 0:
			d.anomaly(op.Pos, op.End, ProtoMisplaced, "PROTO is not the first instruction")
		}
		if op.Int > 5 {
			d.anomaly(op.Pos, op.End, ProtoMisplaced, "protocol %d is unknown", op.Int)
		}
		d.protoSeen = true
	}
	d.opsSince++
	if op.Code == OpStop {
		d.opsSince, d.protoSeen = 0, false
	}
}
