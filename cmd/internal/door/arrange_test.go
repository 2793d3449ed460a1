package door

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelaudit/action/audit"
	"github.com/urfave/cli/v2"
)

// app has a command with flags, one with subcommands, and a global flag.
func app(takesPaths bool) *cli.App {
	nothing := func(*cli.Context) error { return nil }
	return &cli.App{
		Args:  takesPaths,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}}},
		Commands: []*cli.Command{
			{Name: "scan", Flags: []cli.Flag{&cli.StringFlag{Name: "output", Aliases: []string{"o"}}, &cli.BoolFlag{Name: "all"}}, Action: nothing},
			{Name: "policy", Action: nothing, Subcommands: []*cli.Command{{Name: "check", Flags: []cli.Flag{&cli.BoolFlag{Name: "strict"}}, Action: nothing}}},
		},
	}
}

func TestArrange(t *testing.T) {
	tests := []struct {
		name, args, want string // an empty want is wrong usage
	}{
		{"flags in front", "scan --all a b", "scan --all -- a b"},
		{"flags behind", "scan a --all b", "scan --all -- a b"},
		{"value", "scan a -o x b", "scan -o x -- a b"},
		{"value behind =", "scan a b --output=y", "scan --output=y -- a b"},
		{"a value that looks like a flag", "scan -o --all a", "scan -o --all -- a"},
		{"end of flags", "scan --all -- --all -o", "scan --all -- --all -o"},
		{"global flag in front", "-q scan a", "scan -q -- a"},
		{"global flag behind", "scan a -q", "scan -q -- a"},
		{"subcommand", "policy check f --strict", "policy check --strict -- f"},
		{"command with subcommands alone", "policy", "policy"},
		{"a dash is a path", "scan -", "scan -- -"},
		{"version", "--version", "--version"},
		{"unknown flag", "scan --nothing", ""},
		{"unknown flag behind a path", "scan a --nothing", ""},
		{"unknown flag in front of the command", "--nothing scan a", ""},
		{"unknown short flag", "scan -x", ""},
		{"short flags are not joined", "scan -qo x", ""},
		{"one dash in front of a long flag", "scan -all", ""},
		{"another command's flag", "policy check --all", ""},
		{"value missing", "scan -o", ""},
		{"name empty", "scan a --output=", ""},
		{"output twice", "scan a -o x b --output=y", ""},
		{"unknown command", "scna a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Arrange(app(false), strings.Fields(tt.args), nil)
			if tt.want == "" {
				var exit *Exit
				if !errors.As(err, &exit) || exit.Code != audit.ExitUsage {
					t.Errorf("got %q, %v, want wrong usage", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.Fields(tt.want), got); d != "" {
				t.Error(d)
			}
		})
	}
}

// A name in the index is a path, whatever it looks like; one that is a flag or
// a command as well is refused.
func TestArrangeIndexNames(t *testing.T) {
	names := []string{"-x", "--evil", "--all", "scan", "--output=a"}
	isPath := func(a string) bool { return slices.Contains(names, a) }
	for args, want := range map[string]string{
		"-x":                "-- -x",
		"a --evil":          "-- a --evil",
		"-- --all scan":     "-- --all scan",
		"scan":              "",
		"--nothing":         "",
		"-q -x":             "-q -- -x",
		"policy check a":    "policy check -- a",
		"policy --evil":     "policy -- --evil",
		"policy check -- -": "policy check -- -",
	} {
		got, err := Arrange(app(true), strings.Fields(args), isPath)
		if want == "" {
			if err == nil {
				t.Errorf("%q: got %q, want wrong usage", args, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", args, err)
		}
		if d := cmp.Diff(strings.Fields(want), got); d != "" {
			t.Errorf("%q: %s", args, d)
		}
	}
	if got, err := Arrange(app(true), []string{"policy", "check", "--output=a"}, isPath); err != nil || got[len(got)-1] != "--output=a" {
		t.Errorf("got %q, %v: a name that is a flag of another command is a path", got, err)
	}
}

// A result that could not be written is never exit code 0.
func TestLostOutput(t *testing.T) {
	a := app(false)
	a.Commands[0].Action = func(c *cli.Context) error {
		_, _ = c.App.Writer.Write([]byte("result"))
		return nil
	}
	var stderr strings.Builder
	s := Streams{Out: &Checked{W: broken{}}, Err: &stderr}
	if code := Run(a, []string{"scan"}, s, nil); code != audit.ExitIncomplete || !strings.Contains(stderr.String(), "no paper") {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no paper") }

// A panic is an audit that is incomplete, and its text is escaped.
func TestPanic(t *testing.T) {
	a := app(false)
	a.Commands[0].Action = func(*cli.Context) error { panic("\x1b[31m") }
	var stderr strings.Builder
	if code := Run(a, []string{"scan"}, Streams{Out: &stderr, Err: &stderr}, nil); code != audit.ExitIncomplete || strings.Contains(stderr.String(), "\x1b") {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
}
