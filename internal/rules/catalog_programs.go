package rules

import "github.com/modelaudit/action/audit"

const programs = "Programs and code in models"

// script is a TorchScript archive whose only method has that body.
func script(body string) audit.Example {
	source := `class Net(Module):\n  def forward(self: __torch__.Net, x: Tensor, path: str) -> Tensor:\n    ` + body
	return archived("member model/data.pkl", "PROTO 2", `GLOBAL "__torch__" "Net"`, "EMPTY_TUPLE", "NEWOBJ", "EMPTY_DICT", "BUILD", "STOP",
		"member model/code/__torch__.py", `RAW "`+source+`"`, "member model/constants.pkl", "PROTO 2", "EMPTY_TUPLE", "STOP", "member model/version", `RAW "3\n"`)
}

// exported is an archive of torch.export.save with a record more.
func exported(record, content string) audit.Example {
	return audit.Example{Name: "model.pt2", Text: lines("member model/archive_format", `RAW "pt2"`, "member model/"+record, `RAW "`+content+`"`)}
}

// sized is a program in which the size of a tensor is that expression.
func sized(expression string) audit.Example {
	return exported("models/model.json", `{\"graph_module\": {\"graph\": {\"tensor_values\": {\"x\": {\"sizes\": [{\"as_expr\": {\"expr_str\": \"`+expression+`\"}}]}}}}}`)
}

// served is an archive of TorchServe with that handler.
func served(handler string, more ...string) audit.Example {
	return audit.Example{Name: "model.mar", Text: lines(append([]string{"member MAR-INF/MANIFEST.json",
		`RAW "{\"model\": {\"modelName\": \"m\", \"serializedFile\": \"m.pt\", \"handler\": \"` + handler + `\"}}"`, "member m.pt", "PROTO 2", "EMPTY_DICT", "STOP"}, more...)...)}
}

// configured is an archive of NeMo whose model is made of that class.
func configured(target string) audit.Example {
	return audit.Example{Name: "model.nemo", Text: lines("member model_config.yaml", `RAW "encoder:\n  _target_: `+target+`\n"`)}
}

// programRules are about formats that carry programs beside tensors.
func programRules() []audit.Rule {
	return []audit.Rule{
		{
			ID: "MA401", Family: programs, Title: "native code that is loaded", Severity: audit.High, CWE: "CWE-829", Since: since,
			Text:       "The file carries machine code, or source that is compiled to it, which its loader loads into the process.",
			Why:        "Loading a library runs it with all rights of the process, and nothing can be said of what it does.",
			Bad:        exported("data/aotinductor/model/kernel.so", `\x7fELF`),
			Good:       exported("extra/notes.txt", "trained on a Tuesday"),
			References: []string{"https://docs.pytorch.org/docs/stable/torch.compiler_aot_inductor.html"},
		},
		{
			ID: "MA402", Family: programs, Title: "operator that is not on the list", Severity: audit.High, CWE: "CWE-829", Since: since,
			Text:       "A program in the file uses an operator that is not known to compute and no more, or gets at operators in a way that hides which.",
			Why:        "Operators of torch itself write and map files, and those of other libraries are native code that nothing here knows. They run when the model is used, and can run while it is loaded.",
			Bad:        script(`torch.save(x, path)\n    return x\n`),
			Good:       script(`return torch.relu(x)\n`),
			References: []string{"https://docs.pytorch.org/docs/stable/jit_language_reference.html"},
		},
		{
			ID: "MA403", Family: programs, Title: "code that the server runs", Severity: audit.Medium, CWE: "CWE-829", Since: since,
			Text:       "The archive carries Python code, names a handler that is none of its files, or names packages to install, and the server that it is made for runs them by design.",
			Why:        "Whoever can change the archive can run code on the server. It has to be reviewed as the server's own code is.",
			Bad:        served("handler.py", "member handler.py", `RAW "print('hello')\n"`),
			Good:       served("image_classifier"),
			References: []string{"https://docs.pytorch.org/serve/custom_service.html"},
		},
		{
			ID: "MA404", Family: programs, Title: "configuration that names what is called", Severity: audit.High, CWE: "CWE-470", Since: since,
			Text:       "A configuration in the file names a class or function by its dotted path, which is none of the classes that such a configuration is made of.",
			Why:        "The loader imports the name and calls it with arguments from the same file, whatever it is.",
			Bad:        configured("os.system"),
			Good:       configured("nemo.collections.asr.modules.ConvASREncoder"),
			References: []string{"CVE-2025-23304"},
		},
		{
			ID: "MA405", Family: programs, Title: "text that is evaluated as code", Severity: audit.High, CWE: "CWE-95", Since: since,
			Text:       "A part of the file that its loader evaluates as an expression holds more than the writer of the format puts there. It is critical where the text is seen to make code, start programs or use the network.",
			Why:        "torch.export.load hands the sizes of tensors to sympy.sympify and makes a function of the guards: Python in them runs.",
			Bad:        sized("__import__('os').system('true')"),
			Good:       sized("2*Symbol('s0', positive=True, integer=True) + 1"),
			References: []string{"https://docs.sympy.org/latest/modules/core.html", "https://cwe.mitre.org/data/definitions/95.html"},
		},
	}
}
