package audit

import (
	"encoding/json"
	"math"
	"strconv"
)

// A Number is a float64 that JSON can say even where it is none: the texts
// "inf", "-inf" and "nan" stand for those.
type Number float64

// MarshalJSON writes a number, or one of the three texts.
func (n Number) MarshalJSON() ([]byte, error) {
	switch f := float64(n); {
	case math.IsNaN(f):
		return []byte(`"nan"`), nil
	case math.IsInf(f, 1):
		return []byte(`"inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-inf"`), nil
	default:
		return json.Marshal(f)
	}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Number) UnmarshalJSON(data []byte) error {
	text := string(data)
	switch text {
	case `"nan"`, `"inf"`, `"-inf"`:
		text = text[1 : len(text)-1]
	}
	f, err := strconv.ParseFloat(text, 64)
	*n = Number(f)
	return err
}

// A Validation is the comparison of an original with a converted file.
type Validation struct {
	Original  string `json:"original"`
	Converted string `json:"converted"`
	Valid     bool   `json:"valid"`
	// Tensors were compared, every byte of them but of Sparing; of Equal no bit
	// that was compared differs.
	Tensors       int   `json:"tensors"`
	Equal         int   `json:"equal"`
	BytesCompared int64 `json:"bytes_compared"`
	// Sparing is of how many tensors samples alone were read.
	Sparing int `json:"sparing,omitempty"`
	// Values is how many plain values are the same.
	Values int `json:"values,omitempty"`
	// Elements is how many were compared of the tensors that differ, Differing how
	// many of them have other bits. The largest differences are of all of these.
	Elements  int64  `json:"elements"`
	Differing int64  `json:"differing"`
	MaxAbs    Number `json:"max_abs"`
	MaxRel    Number `json:"max_rel"`
	// Sampled is how many elements the means and ULPs are of.
	Sampled int64    `json:"sampled"`
	MeanAbs Number   `json:"mean_abs"`
	MeanRel Number   `json:"mean_rel"`
	ULPs    []Bucket `json:"ulps,omitempty"`
	// NaN is how many elements are NaN on both sides with other bits, Zeros how
	// many differ in the sign of zero alone. Neither is a difference in value.
	NaN   int64 `json:"nan,omitempty"`
	Zeros int64 `json:"zeros,omitempty"`

	Worst    []TensorDiff `json:"worst,omitempty"`
	Missing  []string     `json:"missing,omitempty"` // in the original only
	Extra    []string     `json:"extra,omitempty"`   // in the converted file only
	LeftOut  int          `json:"left_out,omitempty"`
	Cast     int          `json:"cast,omitempty"` // tensors that were rounded as the file says
	Renamed  int          `json:"renamed,omitempty"`
	Notes    []string     `json:"notes,omitempty"` // that make nothing invalid
	Problems []string     `json:"problems,omitempty"`
	Rescan   Verdict      `json:"rescan"`
	Before   int64        `json:"size_before"`
	After    int64        `json:"size_after"`
}

// A Bucket counts elements whose distance in units of the last place is From
// to To, both included.
type Bucket struct {
	From  uint64 `json:"from"`
	To    uint64 `json:"to"`
	Count int64  `json:"count"`
}

// A TensorDiff is how one tensor differs.
type TensorDiff struct {
	Name      string `json:"name"`
	DType     string `json:"dtype"`
	Elements  int64  `json:"elements"`
	Differing int64  `json:"differing"`
	MaxAbs    Number `json:"max_abs"`
	MaxRel    Number `json:"max_rel"`
	MaxULP    uint64 `json:"max_ulp"`
}
