package rules

import "github.com/modelaudit/action/audit"

const kerasFamily = "Keras models"

// Two HDF5 files with one link each, as h5py writes them: to /w of another file, and to /b of the same.
const (
	externalLink = `\x89HDF\x0d\x0a\x1a\x0a\x03\x08\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xc3\x00\x00\x00\x00\x00\x00\x000\x00\x00\x00\x00\x00\x00\x00\x06\x1aa7OHDR\x02 \xab/\x0ck\xab/\x0ck\xab/\x0ck\xab/\x0ckx\x02\x12\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x0a\x02\x00\x01\x00\x00\x06\x19\x00\x00\x01\x08@\x01a\x12\x00\x00/etc/other.h5\x00/w\x00\x00;\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00Io\x86\x22`
	softLink     = `\x89HDF\x0d\x0a\x1a\x0a\x03\x08\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xc3\x00\x00\x00\x00\x00\x00\x000\x00\x00\x00\x00\x00\x00\x00\x06\x1aa7OHDR\x02 \xab/\x0ck\xab/\x0ck\xab/\x0ck\xab/\x0ckx\x02\x12\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x0a\x02\x00\x01\x00\x00\x06\x09\x00\x00\x01\x08\x01\x01a\x02\x00/b\x00K\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xe3\x0a\x89f`
)

// kerasModel is a .keras archive with one layer in its config.
func kerasModel(layer string) audit.Example {
	config := `{\"module\": \"keras\", \"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": [` + layer + `]}, \"registered_name\": null}`
	return audit.Example{Name: "model.keras", Text: lines("member metadata.json", `RAW "{\"keras_version\": \"3.15.1\"}"`, "member config.json", `RAW "`+config+`"`)}
}

// kerasLayer is a layer of that class in a config.
func kerasLayer(module, class, config string) audit.Example {
	return kerasModel(`{\"module\": \"` + module + `\", \"class_name\": \"` + class + `\", \"config\": {` + config + `}, \"registered_name\": null}`)
}

// kerasRules are about what a Keras model has its loader do.
func kerasRules() []audit.Rule {
	const safeMode = "https://keras.io/api/models/model_saving_apis/model_saving_and_loading/"
	return []audit.Rule{
		{
			ID: "MA301", Family: kerasFamily, Title: "Python code in a Keras model", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text:       "The config of the model carries a function as marshalled bytecode: a Lambda layer, or a function where Keras takes one.",
			Why:        "Keras makes a function of the bytecode when the model is opened and calls it with the first batch at the latest. It can do whatever Python can. Keras 2 opens such .h5 files even with safe_mode=True.",
			Bad:        kerasLayer("keras.layers", "Lambda", `\"name\": \"double\", \"function\": {\"class_name\": \"__lambda__\", \"config\": {\"code\": \"4wEAAAA=\", \"defaults\": null, \"closure\": null}}`),
			Good:       kerasLayer("keras.layers", "Rescaling", `\"name\": \"double\", \"scale\": 2.0, \"offset\": 0.0`),
			References: []string{safeMode, "CVE-2024-3660", "CVE-2025-9905"},
		},
		{
			ID: "MA302", Family: kerasFamily, Title: "Keras model that names a dangerous function", Severity: audit.High, CWE: "CWE-470", Since: since,
			Text:       "The config names a class or function of a module outside Keras that is known to run code or commands, or to reach files or the network.",
			Why:        "Keras before 3.9 imports any module that a config names and calls what it finds there with arguments of the same config, in safe mode too.",
			Bad:        kerasLayer("os", "system", `\"command\": \"true\"`),
			Good:       kerasLayer("keras.layers", "Dense", `\"units\": 2`),
			References: []string{"CVE-2025-1550"},
		},
		{
			ID: "MA303", Family: kerasFamily, Title: "class that is not Keras' own", Severity: audit.Medium, CWE: "CWE-470", Since: since,
			Text:       "The config names a class or function that no version of Keras has: a layer, loss or metric of somebody's own code.",
			Why:        "Keras imports the module, or looks among what the program registered, and makes an object with arguments of the config. Whether that is harmless only the owner of the code can say; a policy can trust the name.",
			Bad:        kerasLayer("acme.layers", "Attention2", `\"units\": 2`),
			Good:       kerasLayer("keras.layers", "Attention", `\"use_scale\": false`),
			References: []string{"https://keras.io/guides/serialization_and_saving/"},
		},
		{
			ID: "MA304", Family: kerasFamily, Title: "part of Keras that no config should use", Severity: audit.High, CWE: "CWE-502", Since: since,
			Text:       "The config names something of Keras or TensorFlow that is no plain layer, operation, loss, metric, initialiser, optimizer or the like, or one that opens what the file carries: it loads other models, downloads or writes files, or switches protections off.",
			Why:        "Such functions were the way around safe mode several times.",
			Bad:        kerasLayer("keras.config", "enable_unsafe_deserialization", ``),
			Good:       kerasLayer("keras.layers", "ReLU", `\"max_value\": 6.0`),
			References: []string{"CVE-2025-8747", "CVE-2025-9906", "CVE-2025-49655", "CVE-2026-1462"},
		},
		{
			ID: "MA305", Family: kerasFamily, Title: "Keras model that reads another file", Severity: audit.High, CWE: "CWE-73", Since: since,
			Text:       "A parameter of a layer, a vocabulary for example, is the path or address of a file that is read when the model is opened, and does not lie in the model's own assets.",
			Why:        "Whoever makes the model chooses what is read on the machine that opens it, and can have TensorFlow fetch addresses.",
			Bad:        kerasLayer("keras.layers", "StringLookup", `\"vocabulary\": \"/etc/passwd\"`),
			Good:       kerasLayer("keras.layers", "StringLookup", `\"vocabulary\": [\"a\", \"b\"]`),
			References: []string{"CVE-2025-12058"},
		},
		{
			ID: "MA306", Family: kerasFamily, Title: "HDF5 file that leads to other files", Severity: audit.High, CWE: "CWE-73", Since: since,
			Text:       "A link, or the storage of a dataset, leads into another file, or a dataset is put together from others.",
			Why:        "Whoever opens the file reads what the other file holds: Keras before 3.12.2 put it into the weights, from where it can be sent away.",
			Bad:        audit.Example{Name: "weights.h5", Text: "RAW \"" + externalLink + "\"\n"},
			Good:       audit.Example{Name: "weights.h5", Text: "RAW \"" + softLink + "\"\n"},
			References: []string{"CVE-2026-1669"},
		},
	}
}
