package scan

import (
	"path"
	"strings"

	"github.com/modelaudit/action/internal/torch"
	"github.com/modelaudit/action/internal/zipfile"
)

// bundleOf names an archive whose meaning is more than that of its members:
// its loader takes code or instructions from members that are no pickles. It
// returns "" for an archive that shows no sign of one. The members are audited
// in any case; what the loader would do with them is not known yet.
//
// Sources: torch/serialization.py, _is_torchscript_zip;
// torch/csrc/export/pt2_archive_constants.h; the model archiver of TorchServe;
// torch/csrc/jit/serialization/export_module.cpp; the SavedModel format;
// keras/src/saving/saving_lib.py; skops/io/_persist.py.
func bundleOf(f *zipfile.File) string {
	has := map[string]bool{}
	code := false
	for i := range f.Entries {
		name := strings.ToLower(f.Entries[i].Name)
		has[path.Base(name)] = true
		code = code || strings.HasPrefix(name, "code/") || strings.Contains(name, "/code/")
		if strings.HasPrefix(name, "mar-inf/") {
			return "a TorchServe archive"
		}
	}
	switch {
	case has["archive_format"], has["serialized_exported_program.json"]:
		return "a torch.export program"
	case code && has["constants.pkl"], scripted(f):
		return "a TorchScript archive"
	case has["saved_model.pb"]:
		return "a TensorFlow SavedModel"
	case has["config.json"] && has["metadata.json"], has["model.weights.h5"]:
		return "a Keras archive"
	case has["schema.json"]:
		return "a skops file"
	}
	return ""
}

// scripted reports whether torch.load takes an archive for TorchScript and
// hands it to torch.jit.load: this one record is all that it asks for.
func scripted(f *zipfile.File) bool {
	_, ok := f.TorchLookup("constants.pkl")
	return ok && torch.IsArchive(f)
}
