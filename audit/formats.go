package audit

// A Format names what the bytes of an artifact say they are.
type Format string

// The formats that detection can name. A polyglot artifact has several.
const (
	FormatPickle      Format = "pickle"
	FormatTorchZip    Format = "pytorch-zip"
	FormatTorchLegacy Format = "pytorch-legacy"
	FormatTorchTar    Format = "pytorch-tar"
	FormatTorchScript Format = "torchscript"
	FormatTorchExport Format = "pytorch-export"
	FormatTorchServe  Format = "torchserve"
	FormatTorchDCP    Format = "pytorch-distributed"
	FormatNeMo        Format = "nemo"
	FormatJoblib      Format = "joblib"
	FormatNumpy       Format = "numpy"
	FormatSafetensors Format = "safetensors"
	FormatZip         Format = "zip"
	FormatTar         Format = "tar"
	Format7z          Format = "7z"
	FormatGzip        Format = "gzip"
	FormatBzip2       Format = "bzip2"
	FormatXz          Format = "xz"
	FormatLzma        Format = "lzma"
	FormatZstd        Format = "zstd"
	FormatLZ4         Format = "lz4"
	FormatZlib        Format = "zlib"
	FormatZFile       Format = "joblib-zfile"
	FormatHDF5        Format = "hdf5"
	FormatKeras       Format = "keras"
	FormatKerasConfig Format = "keras-config"
	FormatGGUF        Format = "gguf"

	// Recognised, and not read.
	FormatGGML         Format = "ggml"
	FormatSavedModel   Format = "tensorflow-savedmodel"
	FormatGraphDef     Format = "tensorflow-graph"
	FormatTFCheckpoint Format = "tensorflow-checkpoint"
	FormatTFLite       Format = "tflite"
	FormatONNX         Format = "onnx"
	FormatSkops        Format = "skops"
	FormatR            Format = "r"
	FormatCoreML       Format = "coreml"
	FormatPMML         Format = "pmml"
	FormatExecuTorch   Format = "executorch"
	FormatTorchMobile  Format = "pytorch-mobile"
	FormatMLflow       Format = "mlflow"
	FormatFlax         Format = "flax"
	FormatXGBoost      Format = "xgboost"
	FormatLightGBM     Format = "lightgbm"
	FormatCatBoost     Format = "catboost"
	FormatTensorRT     Format = "tensorrt"
	FormatOpenVINO     Format = "openvino"
	FormatMXNet        Format = "mxnet"
	FormatTorch7       Format = "torch7"
	FormatPaddle       Format = "paddle"
	FormatLlamafile    Format = "llamafile"

	// A few lines of text in the place of a file.
	FormatLFSPointer Format = "git-lfs-pointer"
	FormatPointer    Format = "pointer"
)

// A FormatInfo is what a person is told of a format.
type FormatInfo struct {
	Name Format
	Note string // which software writes it, or what is done with it, in a few words
	// Wrapper: a general container that many files have which are no models, so
	// that it says nothing by itself.
	Wrapper bool
}

// Formats is the table of formats, in the order in which people are shown it.
func Formats() []FormatInfo {
	return []FormatInfo{
		{Name: FormatTorchZip, Note: "`torch.save` since 1.6"},
		{Name: FormatTorchLegacy, Note: "`torch.save` before 1.6"},
		{Name: FormatTorchTar, Note: "`torch.save` before 0.1.10"},
		{Name: FormatTorchScript, Note: "`torch.jit.save`"},
		{Name: FormatTorchExport, Note: "`torch.export.save`"},
		{Name: FormatTorchDCP, Note: "`torch.distributed.checkpoint`: `.metadata` and `.distcp`"},
		{Name: FormatTorchServe, Note: "`.mar` of TorchServe"},
		{Name: FormatNeMo, Note: "`.nemo`: a tar with `model_config.yaml`"},
		{Name: FormatPickle, Note: "protocols 0 to 5, tensors of numpy and torch"},
		{Name: FormatJoblib, Note: "`joblib.dump` 0.8 to 1.6, arrays in the file and their nested pickles"},
		{Name: FormatNumpy, Note: "`numpy.save`, `numpy.savez`; pickles of object arrays are scanned"},
		{Name: FormatSafetensors, Note: "checked strictly"},
		{Name: FormatZip, Note: "every member is scanned"},
		{Name: FormatTar, Note: "every member is scanned, and what only some readers see", Wrapper: true},
		{Name: Format7z, Note: "LZMA, LZMA2, DEFLATE, bzip2, zstd, lz4; encrypted files, PPMd, Deflate64 and BCJ2 are unread", Wrapper: true},
		{Name: FormatGzip, Note: "the content is scanned", Wrapper: true},
		{Name: FormatBzip2, Note: "the content is scanned", Wrapper: true},
		{Name: FormatXz, Note: "the content is scanned", Wrapper: true},
		{Name: FormatLzma, Note: "the content is scanned", Wrapper: true},
		{Name: FormatZstd, Note: "the content is scanned, with a window of up to 128 MiB", Wrapper: true},
		{Name: FormatLZ4, Note: "the content is scanned", Wrapper: true},
		{Name: FormatZlib, Note: "the content is scanned", Wrapper: true},
		{Name: FormatZFile, Note: "compressed files of joblib before 0.9", Wrapper: true},
		{Name: FormatKeras, Note: "`.keras` of Keras 2.12 and later, `.h5` of Keras 1 to 3: what the config has Keras look up and run"},
		{Name: FormatKerasConfig, Note: "`model.to_json()`, and `keras_metadata.pb` of a SavedModel"},
		{Name: FormatHDF5, Note: "read whole, with the pickles that PyTables and hickle keep in it; links and data in other files are findings"},
		{Name: FormatGGUF},
		{Name: FormatGGML},
		{Name: FormatSavedModel},
		{Name: FormatGraphDef},
		{Name: FormatTFCheckpoint},
		{Name: FormatTFLite},
		{Name: FormatONNX},
		{Name: FormatSkops},
		{Name: FormatR},
		{Name: FormatCoreML},
		{Name: FormatPMML},
		{Name: FormatExecuTorch},
		{Name: FormatTorchMobile},
		{Name: FormatMLflow},
		{Name: FormatFlax},
		{Name: FormatXGBoost},
		{Name: FormatLightGBM},
		{Name: FormatCatBoost},
		{Name: FormatTensorRT},
		{Name: FormatOpenVINO},
		{Name: FormatMXNet},
		{Name: FormatTorch7},
		{Name: FormatPaddle},
		{Name: FormatLlamafile},
		{Name: FormatLFSPointer, Note: "the hook audits the content that a pointer stands for, and rewrites it"},
		{Name: FormatPointer},
	}
}
