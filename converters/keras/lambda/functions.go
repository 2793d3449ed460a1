package lambda

import "strings"

// Function is a callable that a Lambda may call: a name, the operation that it
// is, and its parameters in the order in which it takes them, each by the name
// that the operation gives it; "_" is one that must be left out or be its default
// ("name"). A few stand for several operations: K.sqrt is that of max(x, 0).
type Function struct {
	Name   string
	Op     string
	Params []Param
}

// Param is one parameter of a Function.
type Param struct {
	Name    string // as the callable names it
	For     string // the operation's parameter, "_" for none
	Default any    // of the callable, where it differs from the operation's; required if Required
	Known   bool   // Default is given
}

// Functions is the table of what may be called. A line is names, "=" and the
// operation, then the parameters: NAME, or NAME:OPERATION'S NAME, or NAME:_, each
// with a default behind "=" where it is not the operation's own.
func Functions() []Function {
	var list []Function
	for line := range strings.Lines(functionTable) {
		fields := strings.Fields(line)
		at := -1
		for i, field := range fields {
			if field == "=" {
				at = i
			}
		}
		if at < 1 {
			continue
		}
		for _, name := range fields[:at] {
			f := Function{Name: name, Op: strings.ReplaceAll(fields[at+1], "-", " ")}
			for _, field := range fields[at+2:] {
				f.Params = append(f.Params, param(field))
			}
			list = append(list, f)
		}
	}
	return list
}

func param(field string) (p Param) {
	field, value, known := strings.Cut(field, "=")
	p.Name, p.For, _ = strings.Cut(field, ":")
	if p.For == "" {
		p.For = p.Name
	}
	if known {
		p.Default, p.Known = literal(value), true
	}
	return p
}

const functionTable = `
tf.add tf.math.add ops.add = add x y name:_
tf.subtract tf.math.subtract ops.subtract = subtract x y name:_
tf.multiply tf.math.multiply ops.multiply = multiply x y name:_
tf.divide tf.math.divide tf.truediv tf.math.truediv = divide x y name:_
ops.divide ops.true_divide = divide x1:x x2:y
tf.math.floordiv tf.math.floor_div = floor_divide x y name:_
tf.math.floormod tf.math.mod = mod x y name:_
tf.pow tf.math.pow = power x y name:_
K.pow = power x a:y
ops.power = power x1:x x2:y
tf.maximum tf.math.maximum K.maximum = maximum x y name:_
tf.minimum tf.math.minimum K.minimum = minimum x y name:_
ops.maximum = maximum x1:x x2:y
ops.minimum = minimum x1:x x2:y
tf.matmul tf.linalg.matmul = product a:x b:y transpose_a=False transpose_b=False name:_
K.batch_dot = batch-dot x y axes=None
tf.add_n tf.math.add_n = sum-of-list inputs:xs name:_
ops.matmul = matmul x1:x x2:y
tf.equal tf.math.equal K.equal = equal x y name:_
tf.greater tf.math.greater K.greater = greater x y name:_
tf.less tf.math.less K.less = less x y name:_
tf.negative tf.math.negative = negative x name:_
ops.negative = negative x
tf.abs tf.math.abs K.abs ops.abs ops.absolute = absolute x name:_
tf.square tf.math.square K.square ops.square = square x name:_
tf.sqrt tf.math.sqrt ops.sqrt = sqrt x name:_
K.sqrt = sqrt-of-positive x
tf.math.squared_difference tf.squared_difference = squared-difference x y name:_
tf.norm tf.linalg.norm = norm tensor:x ord:_=euclidean axis=None keepdims=False name:_
ops.norm = norm x ord:_ axis=None keepdims=False
tf.atan tf.math.atan = atan x name:_
ops.arctan = atan x
tf.tan tf.math.tan ops.tan = tan x name:_
tf.sinh tf.math.sinh ops.sinh = sinh x name:_
tf.cosh tf.math.cosh ops.cosh = cosh x name:_
tf.math.expm1 ops.expm1 = expm1 x name:_
tf.math.erf ops.erf = erf x name:_
tf.stop_gradient = stop_gradient input:x name:_
K.stop_gradient = stop_gradient variables:x
ops.stop_gradient = stop_gradient variable:x
tf.zeros_like = zeros_like input:x dtype:_ name:_
K.zeros_like ops.zeros_like = zeros_like x dtype:_ name:_
tf.ones_like = ones_like input:x dtype:_ name:_
K.ones_like ops.ones_like = ones_like x dtype:_ name:_
tf.logical_and tf.math.logical_and = logical_and x y name:_
tf.logical_or tf.math.logical_or = logical_or x y name:_
tf.logical_not tf.math.logical_not = logical_not x name:_
ops.log2 = logarithm-to-base-2 x
ops.log10 = logarithm-to-base-10 x
tf.math.rsqrt ops.rsqrt = rsqrt x name:_
tf.exp tf.math.exp K.exp ops.exp = exp x name:_
tf.math.log K.log ops.log = log x name:_
tf.math.log1p ops.log1p = log1p x name:_
tf.sin tf.math.sin K.sin ops.sin = sin x name:_
tf.cos tf.math.cos K.cos ops.cos = cos x name:_
tf.sign tf.math.sign K.sign ops.sign = sign x name:_
tf.floor tf.math.floor ops.floor = floor x name:_
tf.math.ceil ops.ceil = ceil x name:_
tf.round tf.math.round K.round = round x name:_
tf.math.reciprocal ops.reciprocal = reciprocal x name:_
tf.nn.relu = relu features:x name:_
keras.activations.relu K.relu ops.relu = relu x
keras.activations.linear = identity x
keras.activations.exponential = exp x
keras.activations.selu = selu x
tf.nn.gelu = gelu features:x approximate=False name:_
keras.activations.gelu = gelu x approximate=False
ops.gelu = gelu x approximate=True
K.hard_sigmoid = hard-sigmoid x
tf.nn.relu6 = relu6 features:x name:_
ops.relu6 = relu6 x
tf.sigmoid tf.math.sigmoid tf.nn.sigmoid K.sigmoid ops.sigmoid keras.activations.sigmoid = sigmoid x name:_
tf.tanh tf.math.tanh tf.nn.tanh K.tanh ops.tanh keras.activations.tanh = tanh x name:_
tf.nn.softplus tf.math.softplus = softplus features:x name:_
K.softplus ops.softplus keras.activations.softplus = softplus x
tf.nn.softsign = softsign features:x name:_
K.softsign ops.softsign keras.activations.softsign = softsign x
tf.nn.selu = selu features:x name:_
ops.selu = selu x
tf.nn.silu tf.nn.swish = silu features:x beta:_=1.0
ops.silu ops.swish keras.activations.swish = silu x
tf.nn.elu = elu features:x name:_
tf.nn.softmax = softmax logits:x axis=-1 name:_
K.softmax ops.softmax keras.activations.softmax = softmax x axis=-1
tf.nn.log_softmax = log_softmax logits:x axis=-1 name:_
ops.log_softmax = log_softmax x axis=-1
tf.nn.leaky_relu = leaky_relu features:x alpha:negative_slope=0.2 name:_
ops.leaky_relu = leaky_relu x negative_slope=0.2
tf.reduce_mean tf.math.reduce_mean = mean input_tensor:x axis keepdims name:_
tf.reduce_sum tf.math.reduce_sum = sum input_tensor:x axis keepdims name:_
tf.reduce_max tf.math.reduce_max = max input_tensor:x axis keepdims name:_
tf.reduce_min tf.math.reduce_min = min input_tensor:x axis keepdims name:_
tf.reduce_prod tf.math.reduce_prod = prod input_tensor:x axis keepdims name:_
tf.math.reduce_std = std input_tensor:x axis keepdims name:_
tf.math.reduce_variance = var input_tensor:x axis keepdims name:_
K.mean ops.mean = mean x axis keepdims
K.sum ops.sum = sum x axis keepdims
K.max ops.max = max x axis keepdims
K.min ops.min = min x axis keepdims
K.prod ops.prod = prod x axis keepdims
K.std ops.std = std x axis keepdims
K.var ops.var = var x axis keepdims
tf.reduce_logsumexp tf.math.reduce_logsumexp = logsumexp input_tensor:x axis keepdims name:_
K.logsumexp ops.logsumexp = logsumexp x axis keepdims
tf.reduce_any tf.math.reduce_any = any input_tensor:x axis keepdims name:_
tf.reduce_all tf.math.reduce_all = all input_tensor:x axis keepdims name:_
K.any ops.any = any x axis keepdims
K.all ops.all = all x axis keepdims
tf.cumsum tf.math.cumsum = cumsum x axis=0 exclusive:_ reverse:_ name:_
K.cumsum = cumsum x axis=0
tf.argmax tf.math.argmax = argmax input:x axis=0 output_type:_ name:_
tf.argmin tf.math.argmin = argmin input:x axis=0 output_type:_ name:_
K.argmax = argmax x axis=-1
K.argmin = argmin x axis=-1
tf.expand_dims = expand_dims input:x axis name:_
K.expand_dims = expand_dims x axis=-1
ops.expand_dims = expand_dims x axis
tf.squeeze = squeeze input:x axis name:_
K.squeeze = squeeze x axis
ops.squeeze = squeeze x axis
tf.reshape = reshape tensor:x shape:newshape name:_
K.reshape = reshape x shape:newshape
ops.reshape = reshape x newshape
tf.transpose = transpose a:x perm:axes conjugate:_ name:_
K.permute_dimensions = transpose x pattern:axes
K.transpose = transpose x
ops.transpose = transpose x axes
tf.concat = concatenate values:xs axis name:_
K.concatenate = concatenate tensors:xs axis=-1
ops.concatenate = concatenate xs axis=0
keras.layers.concatenate = concatenate inputs:xs axis=-1
tf.stack = stack values:xs axis=0 name:_
K.stack = stack x:xs axis=0
ops.stack = stack x:xs axis=0
tf.cast = cast x dtype name:_
K.cast ops.cast = cast x dtype
tf.clip_by_value = clip t:x clip_value_min:x_min clip_value_max:x_max name:_
K.clip = clip x min_value:x_min max_value:x_max
ops.clip = clip x x_min x_max
tf.math.l2_normalize tf.nn.l2_normalize tf.linalg.l2_normalize = l2_normalize x axis epsilon:_=1e-12 name:_
K.l2_normalize = l2_normalize x axis
tf.reverse = flip tensor:x axis name:_
K.reverse = flip x axes:axis
ops.flip = flip x axis
tf.gather = gather params:x indices validate_indices:_ axis=0 batch_dims:_ name:_
ops.take = gather x indices axis=None
tf.repeat = repeat input:x repeats axis name:_
K.repeat_elements = repeat x rep:repeats axis
ops.repeat = repeat x repeats axis
K.repeat = repeat-vector x n
tf.split = split value:x num_or_size_splits:parts axis=0 num:_ name:_
tf.unstack = unstack value:x num:_ axis=0 name:_
K.batch_flatten = flat x
tf.pad = pad tensor:x paddings:pad_width mode=CONSTANT constant_values:_=0 name:_
ops.pad = pad x pad_width mode=constant constant_values:_
tf.nn.depth_to_space = depth_to_space input:x block_size data_format:_=NHWC name:_
tf.nn.space_to_depth = space_to_depth input:x block_size data_format:_=NHWC name:_
tf.nn.max_pool2d tf.nn.max_pool = max_pool input:x ksize:pool_size strides padding data_format:_=NHWC name:_
tf.nn.avg_pool2d tf.nn.avg_pool = average_pool input:x ksize:pool_size strides padding data_format:_=NHWC name:_
tf.tile = tile input:x multiples:repeats name:_
K.tile = tile x n:repeats
ops.tile = tile x repeats
tf.one_hot = one_hot indices:x depth:num_classes name:_
K.one_hot = one_hot indices:x num_classes
tf.where = where condition x y name:_
ops.where = where condition x1:x x2:y
K.switch = where condition then_expression:x else_expression:y
tf.image.resize = resize images:x size method:interpolation=bilinear
ops.image.resize = resize images:x size interpolation=bilinear
K.resize_images = resize-by-factors x height_factor:height width_factor:width data_format interpolation=nearest
tf.image.rgb_to_grayscale = gray images:x name:_
tf.image.grayscale_to_rgb = colour images:x name:_
tf.image.flip_left_right = flip-left-right image:x
tf.image.flip_up_down = flip-up-down image:x
tf.image.central_crop = central-crop image:x central_fraction:fraction
tf.image.adjust_brightness = add image:x delta:y
tf.image.adjust_contrast = contrast images:x contrast_factor:factor
tf.image.per_image_standardization = standardization image:x
tf.identity = identity x name:_
K.identity = identity x
tf.convert_to_tensor ops.convert_to_tensor = identity x
`
