package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/modelaudit/action/internal/render"
)

// printValidation tells a person how two files compare; samples is how many
// elements of a tensor the means are of.
func printValidation(w io.Writer, orig, conv string, v *pipeline.Validation, samples int) {
	fmt.Fprintf(w, "Validating %s against %s\n", render.Escape(conv), render.Escape(orig))
	fmt.Fprintf(w, "  tensors  %d compared, %d equal %s (%s)\n", v.Tensors, v.Equal, render.HowEqual(v), render.Bytes(v.BytesCompared))
	if v.Values > 0 {
		fmt.Fprintf(w, "  values   %d equal\n", v.Values)
	}
	if v.Renamed > 0 {
		fmt.Fprintf(w, "  renamed  %s, as the file says\n", tensors(v.Renamed))
	}
	if v.Cast > 0 {
		fmt.Fprintf(w, "  rounded  %s, every element to the nearest, as the file says\n", tensors(v.Cast))
		fmt.Fprintf(w, "           (valid whatever the difference, unless --tolerance is given)\n")
	}
	if v.LeftOut > 0 {
		fmt.Fprintf(w, "  left out %s, as was asked for when the file was made\n", tensors(v.LeftOut))
	}
	if v.Elements == 0 {
		fmt.Fprintf(w, "  accuracy largest difference 0\n")
	} else {
		printDifferences(w, v, samples)
	}
	fmt.Fprintf(w, "  rescan   %s\n", v.Rescan)
	fmt.Fprintf(w, "  size     %s before, %s after\n", render.Bytes(v.Before), render.Bytes(v.After))
	for _, n := range v.Notes {
		fmt.Fprintf(w, "  note     %s\n", render.Escape(n))
	}
	for i, p := range v.Problems {
		if i == 20 {
			fmt.Fprintf(w, "  and %d more\n", len(v.Problems)-i)
			break
		}
		fmt.Fprintf(w, "  problem  %s\n", render.Escape(p))
	}
	if v.Valid {
		fmt.Fprintln(w, "valid")
	} else {
		fmt.Fprintln(w, "NOT valid")
	}
}

func printDifferences(w io.Writer, v *pipeline.Validation, samples int) {
	fmt.Fprintf(w, "  accuracy largest difference %.4g, mean %.4g; relative %.4g, mean %.4g\n", float64(v.MaxAbs), float64(v.MeanAbs), float64(v.MaxRel), float64(v.MeanRel))
	of := ""
	if v.Sampled < v.Elements {
		of = fmt.Sprintf("; means and ULPs are of %d, at most %d of a tensor", v.Sampled, samples)
	}
	fmt.Fprintf(w, "           %d of %d elements differ%s\n", v.Differing, v.Elements, of)
	if len(v.ULPs) > 0 {
		against := ""
		if slices.ContainsFunc(v.Worst, func(t audit.TensorDiff) bool { return strings.Contains(t.DType, " to ") }) {
			against = "; of rounded tensors, from the nearest value of the new type"
		}
		fmt.Fprintf(w, "  ULPs     %s%s\n", ulps(v.ULPs), against)
	}
	if v.NaN > 0 {
		fmt.Fprintf(w, "  NaN      %d that are NaN on both sides, with other bits\n", v.NaN)
	}
	if v.Zeros > 0 {
		fmt.Fprintf(w, "  zeros    %d that differ in the sign of zero alone\n", v.Zeros)
	}
	for i, t := range v.Worst[:min(len(v.Worst), 5)] {
		word := "worst"
		if i > 0 {
			word = "     "
		}
		fmt.Fprintf(w, "  %s    %s (%s): %d of %d differ, at most %.4g, relative %.4g, %d ULP\n", word, render.Escape(nameOr(t.Name, `""`)), render.Escape(t.DType),
			t.Differing, t.Elements, float64(t.MaxAbs), float64(t.MaxRel), t.MaxULP)
	}
}

// ulps is a histogram on one line: "0: 12, 1: 3, 4-7: 1".
func ulps(buckets []audit.Bucket) string {
	var list []string
	for _, b := range buckets {
		between := fmt.Sprint(b.From)
		if b.To > b.From {
			between += fmt.Sprintf("-%d", b.To)
		}
		list = append(list, fmt.Sprintf("%s: %d", between, b.Count))
	}
	return strings.Join(list, ", ")
}
