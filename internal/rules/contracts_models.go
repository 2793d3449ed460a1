package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// modelContracts: what checkpoints of training programs hold beside modules
// (accelerate 1.15, diffusers 0.42, fastcore 2.2, peft 0.21,
// surprise 1.1, torchvision 0.29, ultralytics 8.4).
func modelContracts() []contract {
	kind := madeBy("accelerate.utils.dataclasses", "DistributedType")
	value := either(none, number, text, madeBy("torch", "device"), kind)
	known := strings.Fields("_cpu backend device debug distributed_type num_processes process_index local_process_index fork_launched")
	mapping := strings.Fields("clear copy fromkeys get items keys move_to_end pop popitem setdefault update values")
	return []contract{
		// Enumerations of texts.
		{module: "peft.utils.peft_types", names: []string{"PeftType", "TaskType"}, calls: with(text)},
		{module: "peft.tuners.prompt_tuning.config", names: []string{"PromptTuningInit"}, calls: with(text)},
		{module: "torchvision.tv_tensors._bounding_boxes", names: []string{"BoundingBoxFormat"}, calls: with(text)},
		{module: "peft.tuners.p_tuning.config", names: []string{"PromptEncoderReparameterizationType"}, calls: with(text)},
		{module: "accelerate.utils.dataclasses", names: []string{"DistributedType"}, calls: with(text)},
		{module: "accelerate.utils.dataclasses", names: strings.Fields("PrecisionType RNGType LoggerType ComputeEnvironment DynamoBackend DDPCommunicationHookType"), calls: with(shortText)},
		// A named tuple, which what it derives from is named like (surprise/prediction_algorithms/predictions.py).
		{module: "surprise.prediction_algorithms.predictions", names: []string{"Prediction"}, calls: upTo(5, anything), newobj: true, onlyNew: true, base: "tuple"},
		{module: "torchvision.transforms.autoaugment", names: []string{"AutoAugmentPolicy"}, calls: with(shortText)},
		// fastcore/foundation.py: a list with more methods, which looks up in it whatever it has not itself.
		{module: "fastcore.foundation", names: []string{"L"}, calls: with(), newobj: true, onlyNew: true, state: record(map[string]shape{"items": listOf(anything)})},
		{module: "PIL.Image", names: []string{"Resampling"}, calls: with(integer)},
		// datasets/features/features.py, Features.__init__: asks each feature whether it decodes.
		{module: "datasets.features.features", names: []string{"Features"}, calls: with(dictOf(shortText, anything))},
		// transformers/utils/generic.py, ModelOutput.__setitem__: an item is an attribute, too.
		{module: "transformers.generation.utils", names: strings.Fields(generated), calls: upTo(64, outputs), state: dictOf(shortName, outputs), items: true, looked: true},
		{module: "transformers.generation_utils", names: strings.Fields(generated), calls: upTo(64, outputs), state: dictOf(shortName, outputs), items: true, looked: true},
		// accelerate/state.py: __getattr__ raises an error.
		{module: "accelerate.state", names: []string{"PartialState"}, calls: with(), newobj: true, onlyNew: true, state: dictOf(oneOfText(known...), value)},
		// diffusers/configuration_utils.py: an OrderedDict whose items are attributes too.
		{module: "diffusers.configuration_utils", names: []string{"FrozenDict"}, calls: with(), items: true, state: attributes(mapping...)},
		// einops/layers/__init__.py: what __setstate__ gives to __init__, which takes the pattern apart.
		{module: "einops.layers.torch", names: []string{"Rearrange"}, calls: with(), newobj: true, onlyNew: true, state: record(map[string]shape{"pattern": shortText, "axes_lengths": axes})},
		{module: "einops.layers.torch", names: []string{"Reduce"}, calls: with(), newobj: true, onlyNew: true, state: record(map[string]shape{"pattern": shortText, "axes_lengths": axes, "reduction": oneOfText("min", "max", "sum", "mean", "prod", "any", "all")})},
		// yacs/config.py: a dict whose items are read as attributes, and what it notes of itself.
		{module: "yacs.config", names: []string{"CfgNode"}, calls: with(), newobj: true, onlyNew: true, base: "dict", items: true, looked: true, state: settings},
		// ultralytics/utils/__init__.py: a SimpleNamespace that can be gone through.
		{module: "ultralytics.utils", names: []string{"IterableSimpleNamespace"}, calls: with(), state: attributes("get")},
	}
}

// axes are the sizes of named axes.
var axes = dictOf(shortName, integer)

// settings is what a configuration of yacs notes: whether it may change, and texts.
var settings = record(map[string]shape{
	"__immutable__": kinds(sym.Bool), "__new_allowed__": kinds(sym.Bool), "__deprecated_keys__": setOf(text), "__renamed_keys__": dictOf(text, either(text, tupleOf(text))),
})

// packedWeights is the state of the weights of a quantised layer: torch makes an
// object of its class of that name, which packs them, and checks what it is given
// (torch/csrc/jit/python/script_init.cpp; aten/src/ATen/native/quantized/cpu/
// fbgemm_utils.cpp for linear and embedding layers, aten/src/ATen/native/RNN.cpp
// for recurrent ones).
func packedWeights(n *sym.Node) bool {
	weight := either(rebuilt, madeBy("torch._utils", "_rebuild_parameter"))
	quantized := madeBy("torch._utils", "_rebuild_qtensor")
	of := func(name string) shape { return oneOfText("__torch__.torch.classes." + name) }
	recurrent := fields(oneOfText("quantized_dynamic", "quantized_fp16"), listOf(weight), listOf(number), listOf(integer), listOf(madeBy("torch", "ScriptObject")))
	return either(
		fields(fields(weight, either(none, weight)), of("quantized.LinearPackedParamsBase")),
		fields(fields(oneOfInt(1), listOf(quantized), listOf(number), listOf(either(oneOfInt(4), oneOfInt(8)))), of("quantized.EmbeddingPackedParamsBase")),
		fields(recurrent, of("rnn.CellParamsBase")))(n)
}

// generated are what generate() gives out (transformers 4.18 to 5).
const generated = `GreedySearchDecoderOnlyOutput GreedySearchEncoderDecoderOutput SampleDecoderOnlyOutput SampleEncoderDecoderOutput BeamSearchDecoderOnlyOutput
	BeamSearchEncoderDecoderOutput BeamSampleDecoderOnlyOutput BeamSampleEncoderDecoderOutput ContrastiveSearchDecoderOnlyOutput ContrastiveSearchEncoderDecoderOutput
	GenerateDecoderOnlyOutput GenerateEncoderDecoderOutput GenerateBeamDecoderOnlyOutput GenerateBeamEncoderDecoderOutput`

// shortName accepts the name of an attribute that is no special one.
func shortName(n *sym.Node) bool { return shortText(n) && !strings.HasPrefix(n.Text, "_") }
