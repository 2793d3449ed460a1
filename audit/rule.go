package audit

// A Rule is the part of a finding that never changes.
type Rule struct {
	ID       string   // "MA101"; never reused
	Family   string   // the chapter that it stands in, "Code execution in pickles"
	Title    string   // a short noun phrase
	Text     string   // what is seen, in full sentences
	Why      string   // why it matters, in full sentences
	Severity Severity // the usual severity of its findings
	CWE      string   // "CWE-502"
	Bad      Example  // a file that the rule reports, and no other rule
	Good     Example  // its harmless counterpart, in which nothing is found
	// References are CVE and GHSA identifiers and addresses of pages.
	References []string
	Since      string // the first version that has the rule
}

// An Example is a file in a few lines of text.
type Example struct {
	// Name is the file's name. ".gitattributes" stands beside a model.pkl.
	Name string
	// Text is what the file holds: of .gitattributes the lines themselves, else
	// a program of the pickle assembler (one opcode a line), with three lines
	// more: "member NAME" begins a member of a zip archive, "zeros N" writes so
	// many zero bytes and has the member compressed, and "N times OPCODE"
	// repeats a line.
	Text string
}
