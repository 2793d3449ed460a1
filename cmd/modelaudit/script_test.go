package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/modelaudit/action/cmd/internal/hookcommand"
	"github.com/modelaudit/action/internal/pipeline"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the expected texts of the scripts anew")

// TestMain makes both programs commands of this test binary.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"modelaudit":      main,
		"modelaudit-hook": func() { os.Exit(hookcommand.Run(os.Args[1:], door.Standard())) },
	})
}

// TestScripts runs testdata/script/*.txtar: each is a person at a shell. The
// commands beside those of testscript stand in scriptCommands.
func TestScripts(t *testing.T) {
	models, err := filepath.Abs(filepath.Join("..", "..", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		Cmds:                scriptCommands(models),
		UpdateScripts:       *update,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("TERM", "xterm")
			env.Setenv("LC_ALL", "C.UTF-8")
			return nil
		},
	})
}

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

// scriptCommands are:
//
//	model NAME FILE       copies testdata/NAME
//	infected NAME FILE    copies testdata/NAME with the demo's inert payload in it
//	assemble TEXT FILE    turns opcode text into a pickle
//	exits CODE CMD...     runs a command that must end with exactly that code
//	files DIR NAME...     DIR holds exactly these names, in this order; .tmp,
//	                      where testscript keeps its own, is left out
//	suggested N           runs the N-th suggestion of the last output by a shell
//	fixed                 runs the command of each line "fix" of the last report, which must succeed
//	pack FILE MEMBER      writes a zip archive with one member, a few letters
//	named FILE QUOTED     copies FILE to a name written as a Go string
//	poke FILE OFFSET BYTE changes one byte; an offset below zero counts from the end
//	head FILE N TO        copies the first N bytes
func scriptCommands(models string) map[string]scriptCommand {
	return map[string]scriptCommand{
		"model": func(ts *testscript.TestScript, _ bool, args []string) {
			write(ts, args[1], read(ts, filepath.Join(models, args[0])))
		},
		"infected": func(ts *testscript.TestScript, _ bool, args []string) {
			data, err := withPayload(read(ts, filepath.Join(models, args[0])), demoCall)
			ts.Check(err)
			write(ts, args[1], data)
		},
		"assemble": func(ts *testscript.TestScript, _ bool, args []string) {
			data, err := pipeline.Assemble(ts.ReadFile(args[0]))
			ts.Check(err)
			write(ts, args[1], data)
		},
		"exits":     exits,
		"files":     files,
		"suggested": suggested,
		"fixed": func(ts *testscript.TestScript, _ bool, _ []string) {
			offered := strings.Split(ts.ReadFile("stdout"), "\n  fix ")[1:]
			if len(offered) == 0 {
				ts.Fatalf("no command is offered")
			}
			for _, rest := range offered {
				line, _, _ := strings.Cut(rest, "\n")
				ts.Check(ts.Exec("sh", "-e", "-c", strings.TrimSpace(line)))
			}
		},
		"named": func(ts *testscript.TestScript, _ bool, args []string) {
			name, err := strconv.Unquote(args[1])
			ts.Check(err)
			write(ts, name, read(ts, ts.MkAbs(args[0])))
		},
		"pack": func(ts *testscript.TestScript, _ bool, args []string) {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			m, err := z.Create(args[1])
			ts.Check(err)
			_, err = m.Write([]byte("<text/>"))
			ts.Check(err)
			ts.Check(z.Close())
			write(ts, args[0], b.Bytes())
		},
		"poke": poke,
		"head": func(ts *testscript.TestScript, _ bool, args []string) {
			write(ts, args[2], read(ts, ts.MkAbs(args[0]))[:number(ts, args[1])])
		},
	}
}

func read(ts *testscript.TestScript, name string) []byte {
	data, err := os.ReadFile(name)
	ts.Check(err)
	return data
}

func write(ts *testscript.TestScript, name string, data []byte) {
	name = ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(name), 0o777))
	ts.Check(os.WriteFile(name, data, 0o666))
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.ParseInt(text, 0, 32)
	ts.Check(err)
	return int(n)
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, got := number(ts, args[0]), 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func files(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var got []string
	for _, e := range entries {
		if e.Name() != ".tmp" {
			got = append(got, e.Name())
		}
	}
	if want := args[1:]; !slices.Equal(got, want) {
		ts.Fatalf("%s holds %q, want %q", args[0], got, want)
	}
}

// suggested finds "  N. text" and runs the line below it.
func suggested(ts *testscript.TestScript, neg bool, args []string) {
	_, rest, ok := strings.Cut(ts.ReadFile("stdout"), "\n  "+args[0]+". ")
	if !ok {
		ts.Fatalf("there is no suggestion %s", args[0])
	}
	lines := strings.SplitN(rest, "\n", 3)
	if err := ts.Exec("sh", "-c", strings.TrimSpace(lines[1])); (err != nil) != neg {
		ts.Fatalf("%q: %v", lines[1], err)
	}
}

func poke(ts *testscript.TestScript, _ bool, args []string) {
	data := read(ts, ts.MkAbs(args[0]))
	at := number(ts, args[1])
	if at < 0 {
		at += len(data)
	}
	data[at] = byte(number(ts, args[2]))
	write(ts, args[0], data)
}
