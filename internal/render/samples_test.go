package render

import (
	"fmt"
	"math"
	"strings"

	"github.com/modelaudit/action/audit"
)

// sampleRules are rules as package rules writes them.
func sampleRules() []audit.Rule {
	return []audit.Rule{
		{
			ID: "MA101", Title: "Call while a pickle loads", Severity: audit.Critical, CWE: "CWE-502", Since: "0.1",
			Text: "A pickle may call any function that it names.\nThe call `__reduce__` asks for runs before the caller sees an object.",
			Why:  "It runs with <your> rights.",
			Bad:  audit.Example{Name: "m.pkl", Text: "GLOBAL posix system\nMARK\n```"}, Good: audit.Example{Name: "m.pkl", Text: "GLOBAL collections OrderedDict"},
			Family: "Code execution in pickles", References: []string{"CVE-2025-1716", "https://docs.python.org/3/library/pickle.html"},
		},
		{ID: "MA201", Title: "Two members with one name", Severity: audit.Medium, Text: "Readers {disagree} on which one counts."},
	}
}

type sample struct {
	name   string
	report *audit.Report
}

func samples() []sample {
	return []sample{
		{"clean", closed(0, cleanArtifact("a.safetensors"), cleanArtifact("b.safetensors"))},
		{"empty", closed(audit.ExitIncomplete)},
		{"findings", withNotes(closed(0, findingsArtifact("models/x.pt"), cleanArtifact("models/y.safetensors")))},
		{"unread", closed(0, unreadArtifact("broken.pt"))},
		{"converted", closed(1, convertedArtifact("models/x.pt"), strippedArtifact("z.pkl"))},
		{"refused", closed(0, refusedArtifact("r.pt"))},
		{"warned", closed(0, decided("allowed.pt", audit.ActionAllow), decided("warned.pt", audit.ActionWarn))},
		{"hostile", closed(0, hostileArtifacts()...)},
		{"compared", withValidation(closed(1, cleanArtifact("a.pt"), cleanArtifact("b.safetensors")))},
	}
}

func closed(extra int, artifacts ...audit.Artifact) *audit.Report {
	r := &audit.Report{
		Tool:      audit.Tool{Name: "modelaudit", Version: "0.1.0"},
		Policy:    &audit.PolicySource{Source: "built-in", SHA256: strings.Repeat("0f", 32)},
		Artifacts: artifacts,
	}
	for i := range r.Artifacts {
		r.Artifacts[i].SortFindings()
		r.Artifacts[i].Verdict = r.Artifacts[i].Judge()
	}
	r.Close(extra)
	return r
}

// withValidation is the report of a comparison, with numbers that JSON has not.
func withValidation(r *audit.Report) *audit.Report {
	r.Validation = &audit.Validation{Original: "a.pt", Converted: "b.safetensors", Tensors: 3, Equal: 1, BytesCompared: 96, Elements: 20, Differing: 2,
		MaxAbs: audit.Number(math.Inf(1)), MaxRel: 0.5, Sampled: 20, MeanAbs: audit.Number(math.Inf(-1)), MeanRel: 0.25, NaN: 1, Zeros: 2, LeftOut: 1, Cast: 1,
		ULPs:    []audit.Bucket{{Count: 18}, {From: 4, To: 7, Count: 1}, {From: 1 << 63, To: math.MaxUint64, Count: 1}},
		Worst:   []audit.TensorDiff{{Name: "a|b`c", DType: "F32", Elements: 10, Differing: 1, MaxAbs: audit.Number(math.Inf(1)), MaxRel: 0.5, MaxULP: 7}},
		Missing: []string{"x"}, Problems: []string{`"x" is missing from the converted file`, "a\x1b[31mb <script>"}, Rescan: audit.VerdictClean, Before: 2048, After: 1024}
	r.Artifacts[1].Remedy = &audit.AppliedRemedy{Kind: audit.RemedyConvert, LeftOut: []string{"y*"}, Proof: audit.Proof{Rescan: audit.VerdictClean, SecondDecoder: "agrees",
		Casts: []audit.Cast{{Tensor: "w", From: "float32", To: "bfloat16", MaxAbs: 0.001, MaxRel: 0.004, Overflowed: 3}}}}
	return r
}

func withNotes(r *audit.Report) *audit.Report {
	r.Notes = []string{"the policy in the index is looser than the one at HEAD"}
	r.Summary.Skipped = 12
	return r
}

func cleanArtifact(path string) audit.Artifact {
	return audit.Artifact{
		Path: path, SHA256: strings.Repeat("ab", 32), Size: 1 << 20, Formats: []audit.Format{audit.FormatSafetensors},
		Coverage: audit.Coverage{Understood: 100, Opaque: 1<<20 - 100},
	}
}

func findingsArtifact(path string) audit.Artifact {
	return audit.Artifact{
		Path: path, SHA256: strings.Repeat("cd", 32), GitBlob: strings.Repeat("12", 20), Size: 498_200_123,
		Formats: []audit.Format{audit.FormatTorchZip, audit.FormatZip},
		Findings: []audit.Finding{
			{Rule: "MA201", Severity: audit.Medium, Message: "the member x/data/0 stands twice", Location: audit.Location{End: 30}},
			{
				Rule: "MA101", Severity: audit.Critical, Message: "calls posix.system when the file is opened", Callable: "posix.system",
				Location: audit.Location{Member: "x/data.pkl", Start: 31, End: 58}, Remedies: []audit.RemedyKind{audit.RemedyConvert, audit.RemedyStrip},
			},
			{
				Rule: "MA101", Severity: audit.Critical, Message: "calls a function that is not on the list", Callable: "acme.train",
				Location: audit.Location{Member: "x/data.pkl", Start: 90, End: 120}, Remedies: []audit.RemedyKind{audit.RemedyConvert},
			},
		},
		Coverage: audit.Coverage{Understood: 123, Opaque: 498_200_000},
		Decision: &audit.Decision{Action: audit.ActionBlock, Clauses: []string{"rules[0]"}},
	}
}

func unreadArtifact(path string) audit.Artifact {
	return audit.Artifact{
		Path: path, SHA256: strings.Repeat("ef", 32), Size: 900, Formats: []audit.Format{audit.FormatTorchZip},
		Coverage: audit.Coverage{Understood: 800, Unread: []audit.Unread{
			{Member: "x/data/0", Start: 0, End: 95, Reason: "the member is encrypted"},
			{Start: 895, End: 900, Reason: "no format claims these bytes"},
		}},
	}
}

func convertedArtifact(path string) audit.Artifact {
	a := findingsArtifact(path)
	a.Decision = &audit.Decision{Action: audit.ActionConvert, Clauses: []string{"rules[1]"}}
	a.Remedy = &audit.AppliedRemedy{
		Kind: audit.RemedyConvert,
		Outputs: []audit.Output{
			{Path: "models/x.safetensors", SHA256: strings.Repeat("aa", 32), GitBlob: strings.Repeat("34", 20)},
			{Path: "models/x.state.safetensors", SHA256: strings.Repeat("bb", 32), GitBlob: strings.Repeat("56", 20)},
		},
		Proof: audit.Proof{Rescan: audit.VerdictClean, Tensors: 124, BytesCompared: 498_200_000, SecondDecoder: "agrees"},
		Undo:  "git restore --staged -- models/x.pt",
	}
	return a
}

func strippedArtifact(path string) audit.Artifact {
	a := findingsArtifact(path)
	a.Formats, a.Size = []audit.Format{audit.FormatPickle}, 700
	a.Remedy = &audit.AppliedRemedy{
		Kind:    audit.RemedyStrip,
		Outputs: []audit.Output{{Path: path, SHA256: strings.Repeat("cc", 32)}},
		Proof: audit.Proof{
			Rescan: audit.VerdictClean, Tensors: 1, BytesCompared: 512, MaxDiff: 1.5e-7,
			SecondDecoder: "not applicable: protocol 0 long",
		},
	}
	return a
}

func refusedArtifact(path string) audit.Artifact {
	a := findingsArtifact(path)
	a.Decision = &audit.Decision{Action: audit.ActionBlock, Clauses: []string{"rules[0]", "fallback"}}
	a.Refusal = "tensor fc.weight at x/data.pkl 0x5a depends on acme.train"
	return a
}

func decided(path string, action audit.Action) audit.Artifact {
	a := findingsArtifact(path)
	a.Coverage.Unread = []audit.Unread{{Member: "x/.data/k", End: 4, Reason: "unknown record"}}
	a.Decision = &audit.Decision{
		Action: action, Clauses: []string{"allow[0]"},
		Notes: []string{"allow[0] lets this digest through: reviewed by security"},
	}
	return a
}

// hostileArtifacts name things as an attacker would.
func hostileArtifacts() []audit.Artifact {
	names := []string{
		"\x1b]0;pwned\x07\x1b[2Jx.pt",
		"::error file=a,title=b::c",
		"a\n::add-mask::b",
		"##[error]x ##vso[task.complete]",
		"\u202egpj.tp",
		"\xff.pt", `\xff.pt`, `\x5cxff.pt`, "\ufffd.pt",
		"//evil.example/x.pt",
		"a%0Ab:c,d;e]f.pt",
		"it's $(id) `id` \"q\" !.pt",
		"[click](https://evil.example) <img src=x> {0}.pt",
		"\u00a0\u200b\ufeff\U000e0041.pt",
		"-rf",
	}
	var list []audit.Artifact
	for i, n := range names {
		a := findingsArtifact(n)
		a.Findings[1].Callable = n
		a.Findings[1].Message = "calls " + n
		a.Findings[1].Location.Member = "x/" + n
		a.Coverage.Unread = []audit.Unread{{Member: n, End: int64(i), Reason: "bad name " + n}}
		if i%3 == 0 {
			a.Remedy = &audit.AppliedRemedy{Kind: audit.RemedyConvert, Outputs: []audit.Output{{Path: n + ".safetensors"}}, Proof: audit.Proof{Rescan: audit.VerdictClean}}
		}
		list = append(list, a)
	}
	return list
}

// manyFindings returns an artifact with n findings of the given severity.
func manyFindings(path string, n int, s audit.Severity, text string) audit.Artifact {
	a := cleanArtifact(path)
	for i := range n {
		a.Findings = append(a.Findings, audit.Finding{
			Rule: "MA101", Severity: s, Message: fmt.Sprintf("%s%d", text, i), Callable: text,
			Location: audit.Location{Member: text, Start: int64(i), End: int64(i + 1)},
		})
	}
	return a
}

// sampleRemedy offers commands as cmd does.
func sampleRemedy(a *audit.Artifact) []string {
	if a.Remedy != nil {
		return nil
	}
	return []string{"modelaudit convert --to safetensors -- " + ShellQuote(a.Path), "modelaudit remediate -- " + ShellQuote(a.Path)}
}
