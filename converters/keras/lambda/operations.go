package lambda

// Operation is one thing that a graph computes, and how each target writes it.
type Operation struct {
	Name string
	// Params are the operation's arguments in order: "x", "y" for tensors or numbers, "xs" for
	// several tensors, others for constants with their default behind "=".
	Params []string
	// Keras3 is the operation's class in Keras 3, "numpy.Mean" for
	// keras.src.ops.numpy.Mean; the constants become its config.
	Keras3 string
	// Config names those constants in Keras 3, in the order of Params; "" is the
	// parameter's own name. Nil: all by their own name.
	Config []string
	// TensorFlow is the function in Keras 2's TFOpLambda, "math.reduce_mean", with
	// its parameters by name behind the first.
	TensorFlow string
	TFNames    []string
}

// Operations is everything that a graph may consist of.
var Operations = []Operation{
	binary("add", "numpy.Add", "__operators__.add"),
	binary("subtract", "numpy.Subtract", "math.subtract"),
	binary("multiply", "numpy.Multiply", "math.multiply"),
	binary("divide", "numpy.TrueDivide", "math.truediv"),
	binary("floor_divide", "numpy.FloorDivide", "math.floordiv"),
	binary("mod", "numpy.Mod", "math.floormod"),
	binary("power", "numpy.Power", "math.pow"),
	binary("maximum", "numpy.Maximum", "math.maximum"),
	binary("minimum", "numpy.Minimum", "math.minimum"),
	binary("matmul", "numpy.Matmul", "linalg.matmul", "a", "b"),
	binary("equal", "numpy.Equal", "math.equal"),
	binary("not_equal", "numpy.NotEqual", "math.not_equal"),
	binary("greater", "numpy.Greater", "math.greater"),
	binary("greater_equal", "numpy.GreaterEqual", "math.greater_equal"),
	binary("less", "numpy.Less", "math.less"),
	binary("less_equal", "numpy.LessEqual", "math.less_equal"),
	unary("negative", "numpy.Negative", "math.negative"),
	unary("absolute", "numpy.Absolute", "math.abs"),
	unary("square", "numpy.Square", "math.square"),
	unary("sqrt", "numpy.Sqrt", "math.sqrt"),
	unary("rsqrt", "math.Rsqrt", "math.rsqrt"),
	unary("exp", "numpy.Exp", "math.exp"),
	unary("log", "numpy.Log", "math.log"),
	unary("log1p", "numpy.Log1p", "math.log1p"),
	unary("sin", "numpy.Sin", "math.sin"),
	unary("cos", "numpy.Cos", "math.cos"),
	unary("sign", "numpy.Sign", "math.sign"),
	unary("floor", "numpy.Floor", "math.floor"),
	unary("ceil", "numpy.Ceil", "math.ceil"),
	unary("round", "numpy.Round", "math.round"),
	unary("reciprocal", "numpy.Reciprocal", "math.reciprocal"),
	unary("relu", "nn.Relu", "nn.relu"),
	unary("relu6", "nn.Relu6", "nn.relu6"),
	unary("sigmoid", "nn.Sigmoid", "math.sigmoid"),
	unary("tanh", "numpy.Tanh", "math.tanh"),
	unary("softplus", "nn.Softplus", "math.softplus"),
	unary("softsign", "nn.Softsign", "nn.softsign"),
	unary("selu", "nn.Selu", "nn.selu"),
	unary("silu", "nn.Silu", "nn.silu"),
	unary("atan", "numpy.Arctan", "math.atan"),
	unary("tan", "numpy.Tan", "math.tan"),
	unary("sinh", "numpy.Sinh", "math.sinh"),
	unary("cosh", "numpy.Cosh", "math.cosh"),
	unary("expm1", "numpy.Expm1", "math.expm1"),
	unary("erf", "math.Erf", "math.erf"),
	unary("stop_gradient", "core.StopGradient", "stop_gradient"),
	unary("zeros_like", "numpy.ZerosLike", "zeros_like"),
	unary("ones_like", "numpy.OnesLike", "ones_like"),
	binary("logical_and", "numpy.LogicalAnd", "math.logical_and"),
	binary("logical_or", "numpy.LogicalOr", "math.logical_or"),
	unary("logical_not", "numpy.LogicalNot", "math.logical_not"),
	unary("elu", "nn.Elu", "nn.elu"),
	{Name: "softmax", Params: []string{"x", "axis=-1"}, Keras3: "nn.Softmax", TensorFlow: "nn.softmax"},
	{Name: "log_softmax", Params: []string{"x", "axis=-1"}, Keras3: "nn.LogSoftmax", TensorFlow: "nn.log_softmax"},
	{Name: "leaky_relu", Params: []string{"x", "negative_slope=0.2"}, Keras3: "nn.LeakyRelu", TensorFlow: "nn.leaky_relu", TFNames: []string{"alpha"}},
	reduction("mean", "numpy.Mean", "math.reduce_mean"),
	reduction("sum", "numpy.Sum", "math.reduce_sum"),
	reduction("max", "numpy.Max", "math.reduce_max"),
	reduction("min", "numpy.Min", "math.reduce_min"),
	reduction("prod", "numpy.Prod", "math.reduce_prod"),
	reduction("std", "numpy.Std", "math.reduce_std"),
	reduction("var", "numpy.Var", "math.reduce_variance"),
	reduction("logsumexp", "math.Logsumexp", "math.reduce_logsumexp"),
	reduction("any", "numpy.Any", "math.reduce_any"),
	reduction("all", "numpy.All", "math.reduce_all"),
	{Name: "gelu", Params: []string{"x", "approximate=False"}, Keras3: "nn.Gelu", TensorFlow: "nn.gelu"},
	{Name: "cumsum", Params: []string{"x", "axis=0"}, Keras3: "numpy.Cumsum", TensorFlow: "math.cumsum"},
	{Name: "gather", Params: []string{"x", "indices", "axis=0"}, Keras3: "numpy.Take", TensorFlow: "gather"},
	{Name: "repeat", Params: []string{"x", "repeats", "axis=None"}, Keras3: "numpy.Repeat", TensorFlow: "repeat"},
	{Name: "pad", Params: []string{"x", "pad_width", "mode=constant"}, Keras3: "numpy.Pad", TensorFlow: "pad", TFNames: []string{"paddings"}},
	{Name: "depth_to_space", Params: []string{"x", "block_size"}, Keras3: "nn.DepthToSpace", TensorFlow: "nn.depth_to_space"},
	{Name: "space_to_depth", Params: []string{"x", "block_size"}, Keras3: "nn.SpaceToDepth", TensorFlow: "nn.space_to_depth"},
	{Name: "max_pool", Params: []string{"x", "pool_size", "strides", "padding"}, Keras3: "nn.MaxPool", TensorFlow: "nn.max_pool2d", TFNames: []string{"ksize"}},
	{Name: "average_pool", Params: []string{"x", "pool_size", "strides", "padding"}, Keras3: "nn.AveragePool", TensorFlow: "nn.avg_pool2d", TFNames: []string{"ksize"}},
	{Name: "argmax", Params: []string{"x", "axis=None"}, Keras3: "numpy.Argmax", TensorFlow: "math.argmax"},
	{Name: "argmin", Params: []string{"x", "axis=None"}, Keras3: "numpy.Argmin", TensorFlow: "math.argmin"},
	{Name: "expand_dims", Params: []string{"x", "axis"}, Keras3: "numpy.ExpandDims", TensorFlow: "expand_dims"},
	{Name: "squeeze", Params: []string{"x", "axis=None"}, Keras3: "numpy.Squeeze", TensorFlow: "squeeze"},
	{Name: "reshape", Params: []string{"x", "newshape"}, Keras3: "numpy.Reshape", TensorFlow: "reshape", TFNames: []string{"shape"}},
	{Name: "transpose", Params: []string{"x", "axes=None"}, Keras3: "numpy.Transpose", TensorFlow: "transpose", TFNames: []string{"perm"}},
	{Name: "concatenate", Params: []string{"xs", "axis=-1"}, Keras3: "numpy.Concatenate", TensorFlow: "concat"},
	{Name: "stack", Params: []string{"xs", "axis=0"}, Keras3: "numpy.Stack", TensorFlow: "stack"},
	{Name: "einsum", Params: []string{"xs", "subscripts"}, Keras3: "numpy.Einsum"},
	{Name: "cast", Params: []string{"x", "dtype"}, Keras3: "core.Cast", TensorFlow: "cast"},
	{Name: "clip", Params: []string{"x", "x_min", "x_max"}, Keras3: "numpy.Clip", TensorFlow: "clip_by_value", TFNames: []string{"clip_value_min", "clip_value_max"}},
	{Name: "l2_normalize", Params: []string{"x", "axis"}, Keras3: "nn.Normalize", TensorFlow: "math.l2_normalize"},
	{Name: "flip", Params: []string{"x", "axis"}, Keras3: "numpy.Flip", TensorFlow: "reverse"},
	{Name: "tile", Params: []string{"x", "repeats"}, Keras3: "numpy.Tile", TensorFlow: "tile", TFNames: []string{"multiples"}},
	{Name: "one_hot", Params: []string{"x", "num_classes"}, Keras3: "nn.OneHot", TensorFlow: "one_hot", TFNames: []string{"depth"}},
	{Name: "where", Params: []string{"condition", "x", "y"}, Keras3: "numpy.Where", TensorFlow: "where"},
	{Name: "resize", Params: []string{"x", "size", "interpolation=bilinear"}, Keras3: "image.Resize", TensorFlow: "image.resize", TFNames: []string{"size", "method"}},
	{Name: "getitem", Params: []string{"x", "key"}, Keras3: "numpy.GetItem", TensorFlow: "__operators__.getitem", TFNames: []string{"slice_spec"}},
}

func binary(name, keras3, tensorflow string, names ...string) Operation {
	second := "y"
	if len(names) > 1 {
		second = names[1]
	}
	return Operation{Name: name, Params: []string{"x", "y"}, Keras3: keras3, TensorFlow: tensorflow, TFNames: []string{second}}
}

func unary(name, keras3, tensorflow string) Operation {
	return Operation{Name: name, Params: []string{"x"}, Keras3: keras3, TensorFlow: tensorflow}
}

func reduction(name, keras3, tensorflow string) Operation {
	return Operation{Name: name, Params: []string{"x", "axis=None", "keepdims=False"}, Keras3: keras3, TensorFlow: tensorflow}
}

// operation returns the entry of a name that stands in the table.
func operation(name string) *Operation {
	for i := range Operations {
		if Operations[i].Name == name {
			return &Operations[i]
		}
	}
	return nil
}
