package pickle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// shortText is how many bytes of a text Disassemble shows.
const shortText = 64

// A Listing says what Disassemble adds to the instructions. The zero value adds
// nothing.
type Listing struct {
	// Note, unless nil, returns remarks on an instruction.
	Note func(Op) []string
	// Next, unless nil, returns where reading goes on behind an instruction that
	// ends at pos: pos, or behind bytes that the loader reads itself.
	Next func(pos int64) int64
	// Whole has arguments written in full, and as RAW what Encode would spell in another
	// way, what the loader reads itself and what cannot be decoded: Assemble makes the bytes
	// of the whole again.
	Whole bool
}

// Disassemble writes one line for each instruction in the bytes [start, end) of
// r: its offset, its mnemonic, its argument in the syntax of Assemble but
// shortened, and as a comment remarks, odd spellings, anomalies and ends of frames. It goes on after STOP. All output is printable
// ASCII. Where decoding fails it returns the decoder's error, after the lines
// before it and, with more.Whole, the rest of the bytes.
func Disassemble(w io.Writer, r io.ReaderAt, start, end int64, more Listing) error {
	out := bufio.NewWriter(w)
	failure := more.list(out, r, start, end)
	if err := out.Flush(); err != nil {
		return err
	}
	return failure
}

// list writes the instructions in [start, end) of r.
func (l *Listing) list(out io.Writer, r io.ReaderAt, start, end int64) error {
	d := NewDecoder(r, start, end, Options{})
	for {
		at, before, frame := d.Pos(), len(d.Anomalies()), d.FrameEnd()
		op, err := d.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil && l.Whole:
			return errors.Join(err, rawLines(out, r, at, end))
		case err != nil:
			return err
		}
		var notes []string
		if l.Note != nil {
			notes = l.Note(op)
		}
		if text := written(r, op); text != "" {
			notes = append(notes, "written "+text)
		}
		for _, a := range d.Anomalies()[before:] {
			notes = append(notes, fmt.Sprintf("%s: %s", a.Kind, a.Msg))
		}
		if frame >= 0 && op.End >= frame {
			notes = append(notes, "the frame ends")
		}
		if err := l.instruction(out, r, op, notes); err != nil {
			return err
		}
		if l.Next == nil {
			continue
		}
		if next := l.Next(op.End); next != op.End {
			fmt.Fprintf(out, "0x%06x  # %d bytes that the loader reads itself\n", op.End, next-op.End)
			if l.Whole {
				if err := rawLines(out, r, op.End, next); err != nil {
					return err
				}
			}
			d.SeekTo(next)
		}
	}
}

// instruction writes one instruction with its remarks.
func (l *Listing) instruction(out io.Writer, r io.ReaderAt, op Op, notes []string) error {
	text, ok := formatOp(op, shortText), true
	if l.Whole {
		if text, ok = fullOp(r, op); !ok {
			text = "# " + formatOp(op, shortText)
		}
	}
	if len(notes) > 0 {
		text = fmt.Sprintf("%-42s # %s", text, ascii(strings.Join(notes, "; ")))
	}
	if _, err := fmt.Fprintf(out, "0x%06x  %s\n", op.Pos, text); err != nil || ok {
		return err
	}
	return rawLines(out, r, op.Pos, op.End)
}

// fullOp is an instruction as Assemble makes the same bytes of it, unless there is no such
// line but RAW, or it would be a very long one.
func fullOp(r io.ReaderAt, op Op) (text string, ok bool) {
	if op.Lazy || op.End-op.Pos > 64<<10 {
		return "", false
	}
	raw := make([]byte, op.End-op.Pos)
	if n, _ := r.ReadAt(raw, op.Pos); n < len(raw) {
		return "", false
	}
	usual, err := Encode(op)
	return formatOp(op, -1), err == nil && string(usual) == string(raw)
}

// rawLines writes the bytes [at, end) of r as RAW, a kilobyte a line.
func rawLines(out io.Writer, r io.ReaderAt, at, end int64) error {
	buf := make([]byte, 1<<10)
	for at < end {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), end-at)], at)
		if n == 0 {
			return fmt.Errorf("read at %#x: %w", at, err)
		}
		if _, err := fmt.Fprintf(out, "0x%06x  RAW %x\n", at, buf[:n]); err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}

// written returns the bytes of an instruction whose argument is a line that
// Encode would write in another way, quoted; else "".
func written(r io.ReaderAt, op Op) string {
	info, _ := op.Code.Info()
	switch info.Arg {
	case ArgIntLine, ArgLongLine, ArgFloatLine, ArgStringLine, ArgUnicodeLine, ArgIndexLine:
	default:
		return ""
	}
	if op.Lazy || op.End-op.Pos > 4*shortText {
		return ""
	}
	raw := make([]byte, op.End-op.Pos)
	if n, _ := r.ReadAt(raw, op.Pos); n < len(raw) {
		return ""
	}
	if usual, err := Encode(op); err != nil || string(usual) == string(raw) {
		return ""
	}
	return quoteText(string(raw), shortText)
}

// ascii returns s if it is printable ASCII, else with escapes of Go.
func ascii(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return s
	}
	q := strconv.QuoteToASCII(s)
	return q[1 : len(q)-1]
}

// formatOp returns mnemonic and argument in the syntax of Assemble. Texts above
// limit bytes are cut and lazy payloads left out, with their length; -1 means no limit.
func formatOp(op Op, limit int) string {
	info, _ := op.Code.Info()
	words, quoted := info.Arg.syntax()
	arg := ""
	switch {
	case words == 0:
		return op.Code.String()
	case op.Lazy:
		arg = fmt.Sprintf("# %d bytes at %#x", op.Data.Len, op.Data.Off)
	case words == 2:
		arg = quoteText(op.Text, limit) + " " + quoteText(op.Name, limit)
	case quoted:
		arg = quoteText(op.Text, limit)
	case info.Arg == ArgFloat8 || info.Arg == ArgFloatLine:
		arg = formatFloat(op.Float)
	case op.Bool:
		arg = strconv.FormatBool(op.Int == 1)
	case op.Big != nil && limit >= 0 && op.Big.BitLen() > 3*limit:
		arg = fmt.Sprintf("# integer of %d bits", op.Big.BitLen())
	default:
		arg = op.integer().String()
	}
	return fmt.Sprintf("%-16v %s", op.Code, arg)
}

// quoteText writes a text as a literal. CI runners take "##" for a command of theirs.
func quoteText(s string, limit int) string {
	more := ""
	if limit >= 0 && len(s) > limit {
		more, s = fmt.Sprintf("...(%d bytes)", len(s)), s[:limit]
	}
	return strings.ReplaceAll(strconv.QuoteToASCII(s), "##", `#\x23`) + more
}

func formatFloat(f float64) string {
	if math.IsNaN(f) {
		return fmt.Sprintf("bits:%016x", math.Float64bits(f))
	}
	return pythonFloat(f)
}
