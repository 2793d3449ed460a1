package door

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// Shells are those that Completion knows.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// Completion writes a script that completes the commands and flags of a program in
// a shell. The words stand in the script: completing starts no program.
func Completion(w io.Writer, shell string, app *cli.App, nested map[string]*cli.App) error {
	root := pages(app, nested)
	var text string
	switch shell {
	case "bash":
		text = bashScript(app.Name, root)
	case "zsh":
		text = zshScript(app.Name, root)
	case "fish":
		text = fishScript(app.Name, root)
	default:
		return Usagef("unknown shell %q: expected one of %s", shell, strings.Join(Shells(), ", "))
	}
	_, err := io.WriteString(w, text)
	return err
}

// function is the name of a program as part of the name of a shell function.
func function(program string) string { return "_" + strings.ReplaceAll(program, "-", "_") }

// words lists what may stand behind a page: commands, then flags.
func (p *page) next() (words []string) {
	for _, sub := range p.commands {
		words = append(words, sub.words[len(sub.words)-1])
	}
	for _, f := range p.flags {
		names, _, _ := option(f)
		words = append(words, names...)
	}
	return append(words, "--help")
}

// cases are the branches of a case statement, the same in bash and zsh: which
// page the words before lead to, and what may come next.
func cases(root *page) (path, next string) {
	var paths, nexts strings.Builder
	for _, p := range root.all() {
		at := strings.Join(p.words, "/")
		if len(p.words) > 0 {
			up := strings.Join(p.words[:len(p.words)-1], "/")
			fmt.Fprintf(&paths, "\t\t'%s %s') at='%s' ;;\n", up, p.words[len(p.words)-1], at)
		}
		fmt.Fprintf(&nexts, "\t'%s') words='%s' ;;\n", at, strings.Join(p.next(), " "))
	}
	return paths.String(), nexts.String()
}

func bashScript(program string, root *page) string {
	path, next := cases(root)
	return "# bash completion for " + program + "\n" + function(program) + `() {
	local at= words= i cur=${COMP_WORDS[COMP_CWORD]}
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "$at ${COMP_WORDS[i]}" in
` + path + `		esac
	done
	case "$at" in
` + next + `	esac
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
	if [[ $cur != -* ]]; then
		COMPREPLY+=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F ` + function(program) + " " + program + "\n"
}

func zshScript(program string, root *page) string {
	path, next := cases(root)
	return "#compdef " + program + "\n" + function(program) + `() {
	local at= i list=
	for ((i = 2; i < CURRENT; i++)); do
		case "$at ${words[i]}" in
` + path + `		esac
	done
	case "$at" in
` + strings.ReplaceAll(next, "words=", "list=") + `	esac
	compadd -- ${=list}
	_files
}
compdef ` + function(program) + " " + program + "\n"
}

func fishScript(program string, root *page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# fish completion for %s\n", program)
	quote := func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'" }
	for _, p := range root.all() {
		var seen, below []string
		for _, word := range p.words {
			seen = append(seen, "__fish_seen_subcommand_from "+word)
		}
		for _, sub := range p.commands {
			below = append(below, sub.words[len(sub.words)-1])
		}
		here := append([]string(nil), seen...)
		if len(below) > 0 {
			here = append(here, "not __fish_seen_subcommand_from "+strings.Join(below, " "))
		}
		condition := func(list []string) string {
			if len(list) == 0 {
				return ""
			}
			return " -n " + quote(strings.Join(list, "; and "))
		}
		for _, sub := range p.commands {
			fmt.Fprintf(&b, "complete -c %s%s -a %s -d %s\n", program, condition(here), sub.words[len(sub.words)-1], quote(sub.usage))
		}
		for _, f := range p.flags {
			names, value, usage := option(f)
			fmt.Fprintf(&b, "complete -c %s%s", program, condition(here))
			for _, n := range names {
				if long, ok := strings.CutPrefix(n, "--"); ok {
					fmt.Fprintf(&b, " -l %s", long)
				} else {
					fmt.Fprintf(&b, " -s %s", strings.TrimPrefix(n, "-"))
				}
			}
			if value != "" {
				b.WriteString(" -r")
			}
			fmt.Fprintf(&b, " -d %s\n", quote(usage))
		}
	}
	return b.String()
}
