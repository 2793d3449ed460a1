package main

// examples are what the help page of a command ends with: commands as people run
// them, in an order in which they work on a directory with a file model.pt.
var examples = map[string][]string{
	"scan":      {"modelaudit scan model.pt", "modelaudit scan --format sarif=models.sarif --format text .", "modelaudit scan --policy .modelaudit.yml ."},
	"convert":   {"modelaudit convert --to safetensors model.pt", "modelaudit convert --to safetensors --batch --output-dir out .", "modelaudit convert --to pytorch -o back.pt model.safetensors"},
	"remediate": {"modelaudit remediate --dry-run model.pt", "modelaudit remediate --backup model.pt", "modelaudit remediate -o stripped.pt model.pt"},
	"validate":  {"modelaudit validate model.pt model.safetensors"},
	"inspect":   {"modelaudit inspect model.pt", "modelaudit inspect --disassemble model.pt"},
	"policy":    {"modelaudit policy init", "modelaudit policy init --template strict other.yml", "modelaudit policy check .modelaudit.yml", "modelaudit policy explain model.pt"},
	"rules":     {"modelaudit rules", "modelaudit rules MA101"},
	"formats":   {"modelaudit formats"},
	"report":    {"modelaudit scan --format json -o scan.json model.pt", "modelaudit report --format sarif=scan.sarif scan.json"},
	"ci":        {"modelaudit ci --range files model.pt", "modelaudit ci --range files --fail-on high ."},
}
