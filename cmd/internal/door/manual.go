package door

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// A page is one command of a program, with what may follow it.
type page struct {
	words    []string // "policy", "check"; none for the program itself
	usage    string   // one line
	args     string   // "PATH..."
	text     string   // paragraphs
	flags    []cli.Flag
	commands []*page
}

// pages is the tree of the commands of an app. nested holds the apps that are
// commands of this one, by name.
func pages(app *cli.App, nested map[string]*cli.App) *page {
	root := &page{usage: app.Usage, args: app.ArgsUsage, text: app.Description, flags: app.Flags}
	root.add(app.Commands, nested)
	return root
}

func (p *page) add(commands []*cli.Command, nested map[string]*cli.App) {
	for _, c := range commands {
		sub := &page{words: append(p.words[:len(p.words):len(p.words)], c.Name), usage: c.Usage, args: c.ArgsUsage, text: c.Description, flags: c.Flags}
		if app := nested[c.Name]; app != nil {
			sub.args, sub.flags = app.ArgsUsage, app.Flags
			sub.add(app.Commands, nil)
		}
		sub.add(c.Subcommands, nested)
		p.commands = append(p.commands, sub)
	}
}

// all lists a page and those below it.
func (p *page) all() []*page {
	list := []*page{p}
	for _, sub := range p.commands {
		list = append(list, sub.all()...)
	}
	return list
}

// option is how a flag is written, its value, "" without one, and what it does.
func option(f cli.Flag) (names []string, value, usage string) {
	head, usage, _ := strings.Cut(flagText(f), "\t")
	if takesValue(f) {
		i := strings.LastIndex(head, " ")
		head, value = head[:i], head[i+1:]
	}
	return strings.Split(head, ", "), value, usage
}

// Man writes the manual page of a program in the man macros (man(7)): every
// command with its flags, as --help shows them. It has no date, so that the same
// program gives the same page.
func Man(w io.Writer, app *cli.App, nested map[string]*cli.App) error {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"modelaudit %s\" \"User Commands\"\n", strings.ToUpper(app.Name), roff(Version()))
	root := pages(app, nested)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n", roff(app.Name), roff(app.Usage))
	for i, p := range root.all() {
		if len(p.commands) == 0 || p.args != "" {
			if i > 1 {
				b.WriteString(".br\n")
			}
			fmt.Fprintf(&b, ".B %s\n%s\n", roff(strings.Join(append([]string{app.Name}, p.words...), " ")), roff("[flags] "+p.args))
		}
	}
	rest, status, _ := strings.Cut(app.Description, "EXIT STATUS")
	if rest = strings.TrimSpace(rest); rest != "" {
		fmt.Fprintf(&b, ".SH DESCRIPTION\n%s", roffText(rest))
	}
	for i, p := range root.all() {
		title := "OPTIONS"
		if len(p.words) > 0 {
			title = strings.ToUpper(strings.Join(p.words, " "))
		}
		if i > 0 || len(p.flags) > 0 {
			fmt.Fprintf(&b, ".SH %s\n", roff(title))
		}
		if i > 0 {
			text, _, _ := strings.Cut(p.text, "EXIT STATUS")
			text, _, _ = strings.Cut(text, examplesTitle)
			b.WriteString(roffText(p.usage + ".\n\n" + strings.TrimSpace(text)))
			b.WriteString(roffExamples(p.text))
		}
		for _, f := range p.flags {
			names, value, usage := option(f)
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace(strings.Join(names, ", ")+" "+value)), roff(usage))
		}
	}
	if status, _, _ = strings.Cut(status, examplesTitle); status != "" {
		b.WriteString(roffExamples(app.Description))
		fmt.Fprintf(&b, ".SH EXIT STATUS\n.nf\n%s\n.fi\n", roff(strings.Trim(status, "\n")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// roffExamples is the section of a text that has commands.
func roffExamples(text string) string {
	_, commands, ok := strings.Cut(text, examplesTitle+"\n")
	if !ok {
		return ""
	}
	return ".PP\nExamples:\n.PP\n.nf\n" + roff(strings.Trim(commands, "\n")) + "\n.fi\n"
}

// roffText is text of several paragraphs.
func roffText(s string) string {
	var b strings.Builder
	for i, para := range strings.Split(strings.TrimSpace(s), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		b.WriteString(roff(strings.ReplaceAll(para, "\n", " ")) + "\n")
	}
	return b.String()
}

// roff escapes what the formatter would obey (groff(7)): backslashes, hyphens that are
// minus signs, and a dot or quote that begins a line.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
