package pytorch

import (
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/tensor"
	"github.com/modelaudit/action/internal/tree"
)

// deviceKinds are what torch.device takes (c10/core/Device.cpp, parse_type).
var deviceKinds = []string{"cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla",
	"lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone"}

// loadable reports whether torch has the dtype or device that a word says. A
// device's number is written as one, and wrong ones are the pickler's to refuse.
func loadable(v *tree.Value) bool {
	switch v.Class {
	case "torch.dtype":
		return isDType(strings.TrimPrefix(v.Text, "torch."))
	case "torch.device":
		kind, _, _ := strings.Cut(v.Text, ":")
		return slices.Contains(deviceKinds, kind)
	}
	return false
}

// isDType reports whether torch has a dtype of that name.
func isDType(name string) bool {
	if _, ok := tensor.FromTorch(name); ok {
		return true
	}
	for _, prefix := range []string{"int", "uint"} {
		if bits, ok := strings.CutPrefix(name, prefix); ok {
			n, err := strconv.Atoi(bits)
			return err == nil && n > 0 && n < 8 && bits == strconv.Itoa(n)
		}
	}
	return slices.Contains([]string{"qint8", "quint8", "qint32", "quint4x2", "quint2x4"}, name)
}

// differentiable reports whether a tensor of a dtype may require a gradient.
func differentiable(d tensor.DType) bool {
	info, _ := d.Info()
	return strings.HasPrefix(info.Torch, "float") || strings.HasPrefix(info.Torch, "bfloat") || strings.HasPrefix(info.Torch, "complex")
}

// fits reports whether the parts of a composite tensor make one of its shape, as
// far as torch tells by their types and shapes.
func (m *mapper) fits(v *tree.Value) bool {
	parts := map[string]*tensor.Tensor{}
	for _, p := range v.Pairs {
		name, _ := p[0].Plain.(string)
		if n := m.of[p[1]]; n != nil {
			parts[name] = &n.Tensor
		}
	}
	switch v.Tag {
	case tree.TagMeta:
		_, known := tensor.FromTorch(v.Text)
		elements := int64(1)
		for _, n := range v.Shape {
			if n > 0 && elements > (1<<55)/n {
				return false
			}
			elements *= max(n, 1)
		}
		return known && len(v.Pairs) == 0
	case tree.TagSparse:
		if v.Text == "coo" {
			return fitsCOO(v.Shape, parts["indices"], parts["values"]) && len(v.Pairs) == 2
		}
		rows, columns := "crow_indices", "col_indices"
		if v.Text == "csc" || v.Text == "bsc" {
			rows, columns = "ccol_indices", "row_indices"
		}
		return fitsCompressed(v.Text, v.Shape, parts[rows], parts[columns], parts["values"]) && len(v.Pairs) == 3
	case tree.TagQuantized:
		want := map[string]tensor.DType{"qint8": tensor.I8, "quint8": tensor.U8, "qint32": tensor.I32}[v.Text]
		ints := parts["int_repr"]
		return ints != nil && ints.DType == want && slices.Equal(ints.Shape, v.Shape) && !v.Grad && fitsScheme(v, parts)
	}
	return true
}

// fitsScheme checks the numbers of a quantised tensor.
func fitsScheme(v *tree.Value, parts map[string]*tensor.Tensor) bool {
	scheme, _ := v.Attrs[0][1].Plain.(string)
	last, isInt := v.Attrs[len(v.Attrs)-1][1].Plain.(int64)
	if !isInt {
		return false
	}
	if strings.HasPrefix(scheme, "per_tensor") {
		return len(v.Attrs) == 3 && number(v.Attrs[1][1])
	}
	scales, zeros := parts["scales"], parts["zero_points"]
	return len(v.Attrs) == 2 && scales != nil && zeros != nil && last >= 0 && last < int64(len(v.Shape)) &&
		slices.Equal(scales.Shape, []int64{v.Shape[last]}) && slices.Equal(zeros.Shape, scales.Shape)
}

// fitsCOO: indices have a row for each sparse dimension and a column for each value.
func fitsCOO(shape []int64, indices, values *tensor.Tensor) bool {
	if indices == nil || values == nil || indices.DType != tensor.I64 || len(indices.Shape) != 2 || len(values.Shape) == 0 {
		return false
	}
	sparse := indices.Shape[0]
	return sparse <= int64(len(shape)) && indices.Shape[1] == values.Shape[0] && slices.Equal(shape[sparse:], values.Shape[1:])
}

// fitsCompressed: one row of columns, and one value or block for each of them, in every batch.
func fitsCompressed(kind string, shape []int64, rows, columns, values *tensor.Tensor) bool {
	if rows == nil || columns == nil || values == nil || rows.DType != columns.DType || rows.DType != tensor.I64 && rows.DType != tensor.I32 {
		return false
	}
	block := map[string]int{"csr": 0, "csc": 0, "bsr": 2, "bsc": 2}
	extra, known := block[kind]
	batch := len(rows.Shape) - 1
	if !known || batch < 0 || len(columns.Shape) != batch+1 || len(values.Shape) < batch+1+extra || len(shape) < batch+2 {
		return false
	}
	compressed := batch
	if kind == "csc" || kind == "bsc" {
		compressed++
	}
	size := shape[compressed]
	if extra > 0 {
		by := values.Shape[batch+1+compressed-batch]
		if by == 0 || size%by != 0 {
			return false
		}
		size /= by
	}
	return rows.Shape[batch] == size+1 && slices.Equal(rows.Shape[:batch], shape[:batch]) && slices.Equal(columns.Shape[:batch], shape[:batch]) &&
		slices.Equal(values.Shape[:batch+1], columns.Shape) && slices.Equal(values.Shape[batch+1+extra:], shape[batch+2:])
}
