package pickle

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// shortText is how many bytes of a text Disassemble shows.
const shortText = 64

// Disassemble writes one line for each instruction in the bytes [start, end) of
// r: its offset, its mnemonic, its argument in the syntax of Assemble but
// shortened, and anomalies as a comment. It goes on after STOP. All output is
// printable ASCII. Where decoding fails it returns the decoder's error, after
// the lines before it.
func Disassemble(w io.Writer, r io.ReaderAt, start, end int64) error {
	out := bufio.NewWriter(w)
	d := NewDecoder(r, start, end, Options{})
	var failure error
	for {
		before := len(d.Anomalies())
		op, err := d.Next()
		if err != nil {
			if err != io.EOF {
				failure = err
			}
			break
		}
		var notes []string
		for _, a := range d.Anomalies()[before:] {
			notes = append(notes, fmt.Sprintf("%s: %s", a.Kind, a.Msg))
		}
		text := formatOp(op, shortText)
		if len(notes) > 0 {
			text += "  # " + strings.Join(notes, "; ")
		}
		if _, err := fmt.Fprintf(out, "0x%06x  %s\n", op.Pos, text); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return failure
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

func quoteText(s string, limit int) string {
	if limit >= 0 && len(s) > limit {
		return fmt.Sprintf("%s...(%d bytes)", strconv.QuoteToASCII(s[:limit]), len(s))
	}
	return strconv.QuoteToASCII(s)
}

func formatFloat(f float64) string {
	if math.IsNaN(f) {
		return fmt.Sprintf("bits:%016x", math.Float64bits(f))
	}
	return pythonFloat(f)
}
