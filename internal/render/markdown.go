package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/audit"
)

// maxCasts is how many tensors a table of roundings shows.
const maxCasts = 50

// Markdown writes a report for people, in GitHub Flavored Markdown: a table of
// the files, then each with its findings, what was made of it and the proof.
// Everything that came from a file is escaped.
func Markdown(w io.Writer, r *audit.Report) error {
	m := &page{}
	m.line("# Report of %s %s\n", code(r.Tool.Name), markdown(r.Tool.Version))
	m.line("%s: %d clean, %d with findings, %d incomplete; %d rewritten, %d blocked. Exit code %d.\n", count(r.Summary.Artifacts, "model file"),
		r.Summary.Clean, r.Summary.Findings, r.Summary.Incomplete, r.Summary.Rewritten, r.Summary.Blocked, r.ExitCode)
	if len(r.Artifacts) > 0 {
		m.line("| file | format | size | verdict | result |\n|---|---|---|---|---|")
		for i := range r.Artifacts {
			a := &r.Artifacts[i]
			m.line("| %s | %s | %s | %s | %s |", code(a.Path), formats(a), Bytes(a.Size), a.Verdict, outcome(a))
		}
		m.line("")
	}
	if r.Validation != nil {
		m.validation(r.Validation)
	}
	for i := range r.Artifacts {
		m.artifact(&r.Artifacts[i])
	}
	if list := remarks(r); len(list) > 0 && r.Validation == nil {
		m.line("## Notes\n")
		for _, n := range list {
			m.line("- %s", prose(n))
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(m.b.String(), "\n")+"\n")
	return err
}

// A page is Markdown that is being written.
type page struct{ b strings.Builder }

func (m *page) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\n", args...) }

// artifact writes what there is to say of a file beyond its row.
func (m *page) artifact(a *audit.Artifact) {
	if len(a.Findings)+len(a.Coverage.Unread) == 0 && a.Remedy == nil && a.Refusal == "" {
		return
	}
	m.line("## %s\n", code(a.Path))
	if a.SHA256 != "" {
		m.line("SHA-256 %s\n", code(a.SHA256))
	}
	for _, f := range a.Findings {
		m.line("- **%s** %s: %s (%s, bytes %d to %d)", f.Severity, f.Rule, markdown(EscapeMessage(f.Message)), nameOrFile(f.Location.Member), f.Location.Start, f.Location.End)
	}
	for _, u := range a.Coverage.Unread {
		m.line("- **unread** %s: %s", nameOrFile(u.Member), prose(u.Reason))
	}
	if a.Refusal != "" {
		m.line("- **refused**: %s", prose(a.Refusal))
	}
	if a.Remedy != nil {
		m.remedy(a.Remedy)
	}
	m.line("")
}

func (m *page) remedy(r *audit.AppliedRemedy) {
	p := r.Proof
	if r.Planned {
		m.line("- **dry run**: nothing was written")
	}
	for _, o := range r.Outputs {
		m.line("%s", strings.TrimRight("- **wrote** "+code(o.Path)+" "+o.SHA256, " "))
	}
	m.line("- **proof**: %s, %s compared byte by byte, largest difference %g; rescan %s; second decoder: %s",
		count(p.Tensors, "tensor"), Bytes(p.BytesCompared), p.MaxDiff, p.Rescan, cell(p.SecondDecoder))
	for i, g := range r.Removed {
		if i == maxCasts {
			m.line("- and %d more removed", len(r.Removed)-i)
			break
		}
		m.line("- **removed** %s at %#x in %s: %s", code(g.What), g.Location.Start, nameOrFile(g.Location.Member), cell(g.Became))
	}
	for i, c := range r.Changed {
		if i == 20 {
			m.line("- and %d more in another form", len(r.Changed)-i)
			break
		}
		m.line("- **changed** %s: %s", code(c.Path), cell(c.What))
	}
	for i, name := range r.LeftOut {
		if i == maxCasts {
			m.line("- and %d more left out", len(r.LeftOut)-i)
			break
		}
		m.line("- **left out** %s", code(name))
	}
	if len(p.Casts) == 0 {
		return
	}
	m.line("\nThese tensors were rounded, which changes values:\n\n| tensor | from | to | largest error | relative | became infinite |\n|---|---|---|---|---|---|")
	for i, c := range p.Casts {
		if i == maxCasts {
			m.line("| and %d more | | | | | |", len(p.Casts)-i)
			break
		}
		m.line("| %s | %s | %s | %.4g | %.4g | %d |", code(c.Tensor), c.From, c.To, c.MaxAbs, c.MaxRel, c.Overflowed)
	}
}

// HowEqual says in what the tensors are equal that a comparison found to be so: byte for
// byte, unless of some only samples were read.
func HowEqual(v *audit.Validation) string {
	if v.Sparing > 0 {
		return "in all that was compared"
	}
	return "byte for byte"
}

// validation writes how two files compare.
func (m *page) validation(v *audit.Validation) {
	word := "holds what it should"
	if !v.Valid {
		word = "does **not** hold what it should"
	}
	m.line("## Comparison\n\n%s %s, compared with %s.\n", code(v.Converted), word, code(v.Original))
	m.line("| | |\n|---|---|\n| tensors compared | %d, %s |\n| equal %s | %d |\n| rounded as the file says | %d |\n| left out as the file says | %d |",
		v.Tensors, Bytes(v.BytesCompared), HowEqual(v), v.Equal, v.Cast, v.LeftOut)
	m.line("| elements that differ | %d of %d |\n| largest difference | %.6g, relative %.6g |\n| mean difference | %.6g, relative %.6g, of %d elements |",
		v.Differing, v.Elements, float64(v.MaxAbs), float64(v.MaxRel), float64(v.MeanAbs), float64(v.MeanRel), v.Sampled)
	m.line("| NaN with other bits | %d |\n| signs of zero | %d |\n| rescan | %s |\n| size before, after | %s, %s |\n", v.NaN, v.Zeros, v.Rescan, Bytes(v.Before), Bytes(v.After))
	if len(v.ULPs) > 0 {
		m.line("| units of the last place | elements |\n|---|---|")
		for _, b := range v.ULPs {
			m.line("| %d to %d | %d |", b.From, b.To, b.Count)
		}
		m.line("")
	}
	if len(v.Worst) > 0 {
		m.line("| worst tensors | type | differ | largest difference | relative | ULPs |\n|---|---|---|---|---|---|")
		for _, t := range v.Worst {
			m.line("| %s | %s | %d of %d | %.6g | %.6g | %d |", code(t.Name), markdown(t.DType), t.Differing, t.Elements, float64(t.MaxAbs), float64(t.MaxRel), t.MaxULP)
		}
		m.line("")
	}
	for i, p := range v.Problems {
		if i == 100 {
			m.line("- and %d more", len(v.Problems)-i)
			break
		}
		m.line("- %s", cell(p))
	}
	if len(v.Problems) > 0 {
		m.line("")
	}
}

func formats(a *audit.Artifact) string {
	list := make([]string, len(a.Formats))
	for i, f := range a.Formats {
		list[i] = code(string(f))
	}
	return strings.Join(list, ", ")
}

func outcome(a *audit.Artifact) string {
	switch {
	case a.Remedy != nil:
		if a.Remedy.Planned {
			return string(a.Remedy.Kind) + " possible"
		}
		return string(a.Remedy.Kind) + " done"
	case a.Refusal != "":
		return "refused: " + cell(clip(a.Refusal, 200))
	}
	return ""
}

func nameOrFile(member string) string {
	if member == "" {
		return "the file"
	}
	return code(member)
}

// cell is text from a file in a line or a table.
func cell(s string) string { return markdown(Escape(s)) }

// prose is cell for a sentence that may have commands in backquotes, which become
// code. What a file's name puts between can move the marks and end none of them.
func prose(s string) string {
	parts := strings.Split(s, "`")
	if len(parts)%2 == 0 { // one that has no other
		return cell(s)
	}
	for i, p := range parts {
		switch {
		case i == 0:
			parts[i] = cell(p)
		case i%2 == 0: // in the middle of a line, where blanks stay
			text := strings.TrimLeft(p, " ")
			parts[i] = strings.Repeat(" ", len(p)-len(text)) + cell(text)
		case p != "":
			parts[i] = code(p)
		}
	}
	return strings.Join(parts, "")
}

// code is a name from a file as a code span that no content can end: backquotes
// and bars, which would end a cell, are spelled as entities outside of one.
func code(s string) string {
	if s == "" {
		s = `""`
	}
	s = Escape(s)
	if strings.ContainsAny(s, "`|\\<&") {
		return markdown(s)
	}
	return "`" + s + "`"
}
