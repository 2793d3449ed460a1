package door

import (
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/action/policy"
	"github.com/urfave/cli/v2"
)

// Shells are those that Completion knows.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// Words are what the completion of a program knows beside its commands and flags.
type Words struct {
	Values    map[string][]string // of a flag by its name, as in --to
	Arguments map[string][]string // of a command by its name, where they are no files
}

// A script is a completion to be written.
type script struct {
	program string
	root    *page
	words   Words
}

// Completion writes a script that completes the commands and flags of a program in
// a shell. The words stand in the script: completing starts no program.
func Completion(w io.Writer, shell string, app *cli.App, nested map[string]*cli.App, words Words) error {
	s := script{app.Name, pages(app, nested), words}
	var text string
	switch shell {
	case "bash":
		text = s.bash()
	case "zsh":
		text = s.zsh()
	case "fish":
		text = s.fish()
	default:
		return Usagef("unknown shell %q: expected one of %s", shell, strings.Join(Shells(), ", "))
	}
	_, err := io.WriteString(w, text)
	return err
}

// function is the name of a program as part of the name of a shell function.
func function(program string) string { return "_" + strings.ReplaceAll(program, "-", "_") }

// next lists what may stand behind a page: commands, arguments, then flags.
func (s script) next(p *page) (words []string) {
	for _, sub := range p.commands {
		words = append(words, sub.words[len(sub.words)-1])
	}
	words = append(words, s.arguments(p)...)
	for _, f := range p.flags {
		names, _, _ := option(f)
		words = append(words, names...)
	}
	return append(words, "--help")
}

// arguments are the words that a page's command takes.
func (s script) arguments(p *page) []string { return s.words.Arguments[strings.Join(p.words, " ")] }

// cases are the branches of case statements, the same in bash and zsh: which page
// the words before lead to, what may come next, and the values of a flag before.
func (s script) cases() (path, next, value string) {
	var paths, nexts, values strings.Builder
	for _, p := range s.root.all() {
		at := strings.Join(p.words, "/")
		if len(p.words) > 0 {
			up := strings.Join(p.words[:len(p.words)-1], "/")
			fmt.Fprintf(&paths, "\t\t'%s %s') at='%s' ;;\n", up, p.words[len(p.words)-1], at)
		}
		fmt.Fprintf(&nexts, "\t'%s') words='%s' ;;\n", at, strings.Join(s.next(p), " "))
		for _, f := range p.flags {
			names, v, _ := option(f)
			for _, n := range names {
				if v != "" {
					fmt.Fprintf(&values, "\t'%s %s') value=1 words='%s' ;;\n", at, n, strings.Join(s.choices(names, v), " "))
				}
			}
		}
	}
	return paths.String(), nexts.String(), values.String()
}

// choices are the values that a flag can have, as far as they are known or its
// placeholder (auto|on|off) says so; nil of one that takes a file, a number or a name.
func (s script) choices(names []string, placeholder string) []string {
	if strings.Contains(placeholder, "|") {
		return strings.Split(placeholder, "|")
	}
	switch name := names[len(names)-1]; name {
	case "--format":
		return formats
	case "--template":
		return policy.Templates()
	case "--fail-on":
		return []string{"any", "low", "medium", "high", "critical", "never"}
	default:
		return s.words.Values[name]
	}
}

func (s script) bash() string {
	path, next, value := s.cases()
	return "# bash completion for " + s.program + "\n" + function(s.program) + `() {
	local at= words= value= i cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "$at ${COMP_WORDS[i]}" in
` + path + `		esac
	done
	case "$at" in
` + next + `	esac
	if [[ $cur == = ]]; then # readline cuts words there
		cur=
	elif [[ $prev == = && $COMP_CWORD -gt 1 ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	case "$at $prev" in
` + value + `	esac
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
	if [[ $cur != -* && ( -z $value || -z $words ) ]]; then
		while IFS= read -r i; do # a line each: names may hold spaces
			COMPREPLY+=("$i")
		done < <(compgen -f -- "$cur")
	fi
}
complete -o filenames -F ` + function(s.program) + " " + s.program + "\n"
}

func (s script) zsh() string {
	path, next, value := s.cases()
	list := func(s string) string { return strings.ReplaceAll(s, "words=", "list=") }
	return "#compdef " + s.program + "\n" + function(s.program) + `() {
	local at= i list= value= prev=${words[CURRENT-1]}
	for ((i = 2; i < CURRENT; i++)); do
		case "$at ${words[i]}" in
` + path + `		esac
	done
	case "$at" in
` + list(next) + `	esac
	if [[ ${words[CURRENT]} == --*=* ]]; then
		prev=${words[CURRENT]%%=*}
		compset -P '*='
	fi
	case "$at $prev" in
` + list(value) + `	esac
	compadd -- ${=list}
	[[ -n $value && -n $list ]] || _files
}
compdef ` + function(s.program) + " " + s.program + "\n"
}

func (s script) fish() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# fish completion for %s\n", s.program)
	for _, p := range s.root.all() {
		here := "complete -c " + s.program + fishCondition(p)
		for _, sub := range p.commands {
			fmt.Fprintf(&b, "%s -a %s -d %s\n", here, sub.words[len(sub.words)-1], fishQuote(sub.usage))
		}
		if list := s.arguments(p); list != nil {
			fmt.Fprintf(&b, "%s -f -a %s\n", here, fishQuote(strings.Join(list, " ")))
		}
		for _, f := range p.flags {
			names, value, usage := option(f)
			b.WriteString(here)
			for _, n := range names {
				if long, ok := strings.CutPrefix(n, "--"); ok {
					fmt.Fprintf(&b, " -l %s", long)
				} else {
					fmt.Fprintf(&b, " -s %s", strings.TrimPrefix(n, "-"))
				}
			}
			if list := s.choices(names, value); list != nil {
				fmt.Fprintf(&b, " -x -a %s", fishQuote(strings.Join(list, " ")))
			} else if value != "" {
				b.WriteString(" -r")
			}
			fmt.Fprintf(&b, " -d %s\n", fishQuote(usage))
		}
	}
	return b.String()
}

// fishCondition says when the completions of a command are offered: its words stand
// on the line, and those of none of its subcommands.
func fishCondition(p *page) string {
	var list, below []string
	for _, word := range p.words {
		list = append(list, "__fish_seen_subcommand_from "+word)
	}
	for _, sub := range p.commands {
		below = append(below, sub.words[len(sub.words)-1])
	}
	if len(below) > 0 {
		list = append(list, "not __fish_seen_subcommand_from "+strings.Join(below, " "))
	}
	if len(list) == 0 {
		return ""
	}
	return " -n " + fishQuote(strings.Join(list, "; and "))
}

func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
