package scan

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/action/internal/jsonwalk"
	"github.com/modelaudit/action/internal/tensor"
)

// An exportedTensor is what a configuration says of one tensor or object
// (torch/_export/serde/schema.py, PayloadMeta and TensorMeta).
type exportedTensor struct {
	name, path             string
	param, pickled, tensor bool
	grad                   bool
	dtype                  tensor.DType
	sizes, strides         []int64
	offset                 int64
	err                    error // why it cannot be read
}

// scalarTypes are the numbers of element types (schema.py, ScalarType).
var scalarTypes = map[int64]tensor.DType{1: tensor.U8, 2: tensor.I8, 3: tensor.I16, 4: tensor.I32, 5: tensor.I64, 6: tensor.F16, 7: tensor.F32, 8: tensor.F64,
	9: tensor.C32, 10: tensor.C64, 11: tensor.C128, 12: tensor.Bool, 13: tensor.BF16, 28: tensor.U16, 29: tensor.F8E4M3, 30: tensor.F8E5M2,
	31: tensor.F8E4M3FZ, 32: tensor.F8E5M2FZ, 33: tensor.F8E8M0, 34: tensor.U32, 35: tensor.U64}

// readPayloads reads a configuration in its order.
func readPayloads(r io.ReaderAt, size int64) ([]exportedTensor, error) {
	var list []exportedTensor
	err := jsonwalk.Walk(r, size, func(v *jsonwalk.Value) {
		if len(v.Path) < 3 || v.Path[0] != "config" {
			return
		}
		if len(list) == 0 || list[len(list)-1].name != v.Path[1] {
			list = append(list, exportedTensor{name: v.Path[1], sizes: []int64{}, strides: []int64{}})
		}
		list[len(list)-1].set(v.Path[2:], v)
	})
	return list, err
}

// set takes one plain value of a payload's description.
func (p *exportedTensor) set(at []string, v *jsonwalk.Value) {
	yes := v.Kind == jsonwalk.Bool && v.Text == "true"
	number := func() int64 {
		n, err := strconv.ParseInt(v.Text, 10, 64)
		if v.Kind != jsonwalk.Number || err != nil {
			p.err = fmt.Errorf("%s is %.40q", strings.Join(at, "."), v.Text)
		}
		return n
	}
	switch key := strings.Join(at, "."); key {
	case "path_name":
		if p.path = v.Text; p.path != path.Base(p.path) {
			p.err = fmt.Errorf("a record named %.100q", p.path)
		}
	case "is_param":
		p.param = yes
	case "use_pickle":
		p.pickled = yes
	case "tensor_meta.dtype":
		p.tensor = true
		if p.dtype = scalarTypes[number()]; p.dtype == "" {
			p.err = fmt.Errorf("its element type %.20q is not known", v.Text)
		}
	case "tensor_meta.layout":
		if number() != 7 {
			p.err = errors.New("its layout is not strided")
		}
	case "tensor_meta.requires_grad":
		p.grad = yes
	case "tensor_meta.sizes.[].as_int":
		p.sizes = append(p.sizes, number())
	case "tensor_meta.strides.[].as_int":
		p.strides = append(p.strides, number())
	case "tensor_meta.storage_offset.as_int":
		p.offset = number()
	default:
		if slices.Contains(at, "as_expr") {
			p.err = errors.New("its shape is an expression")
		}
	}
}
