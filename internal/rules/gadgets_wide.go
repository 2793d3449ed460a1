package rules

import "slices"

// wideGadgets are those of further packages that stand beside models: what starts
// programs, evaluates or loads what its arguments name.
func wideGadgets() []gadget {
	return slices.Concat(
		every(runsCommands, "psutil sh pexpect ptyprocess plumbum fabric invoke git sarge"),
		every(runsCode, "fire PIL.ImageMath patsy.eval"),
		every(loadsNative, "onnxruntime.capi"),
		[]gadget{
			some(runsCode, "sympy", "sympify S parse_expr"),
			some(runsCode, "keras.models", "load_model"),
			some(runsCode, "keras.saving", "load_model"),
			some(runsCode, "tensorflow", "py_function numpy_function saved_model.load"),
			some(runsCode, "pandas", "DataFrame.query DataFrame.eval"),
			some(runsCode, "datasets", "load_dataset load_dataset_builder"),
			some(runsCode, "datasets.load", "load_dataset load_dataset_builder dataset_module_factory"),
			some(runsCode, "mlflow.pyfunc", "load_model _load_pyfunc"),
			some(importsNames, "hydra.utils", "instantiate call get_method get_class get_object"),
			some(loadsNative, "onnxruntime", "InferenceSession SessionOptions"),
			some(loadsNative, "tensorflow", "load_op_library load_library"),
			some(unpickles, "gensim.utils", "unpickle"),
			some(unpickles, "statsmodels.iolib.smpickle", "load_pickle"),
			some(unpickles, "ray.cloudpickle", "load loads"),
			some(unpickles, "srsly", "pickle_loads"),
			some(unpickles, "nltk.data", "load"),
			some(reachesFiles, "numpy", "ndarray.tofile ndarray.dump"),
			some(reachesFiles, "smart_open", "open"),
			some(reachesFiles, "matplotlib.animation", "FFMpegWriter FFMpegFileWriter ImageMagickWriter ImageMagickFileWriter"),
			some(reachesNetwork, "huggingface_hub", "hf_hub_download snapshot_download"),
		},
	)
}
