package hook

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/modelaudit/action/internal/safeio"
)

// marker begins the second line of our script; the SHA-256 of the lines after
// it follows, so that a script which a person changed is told from ours.
const marker = "# modelaudit hook "

// body is the script from its third line. The verbs: name of the kept hook,
// program, message, command. It needs no program but the shell itself.
const body = `# The hook that was here before runs first; the audit sees what it leaves.
former="${0%%/*}"/%s
if [ -x "$former" ]; then
	"$former" "$@" || exit
fi
program=%s
if [ ! -x "$program" ]; then
	printf '%%s\n' %s >&2
	printf 'modelaudit: install it again and run modelaudit-hook install, or remove %%s\n' "$0" >&2
	exit 1
fi
exec %s
`

// strictBody is body for StrictHook, which git starts several times for every
// change of references, with lines "OLD NEW REF" on standard input. The program
// is started only before a branch or HEAD changes.
const strictBody = `# The hook that was here before runs first, with the same input.
lines= branch=
while IFS= read -r line; do
	lines="$lines$line
"
	case "$line" in
	*" refs/heads/"* | *" HEAD") branch=yes ;;
	esac
done
former="${0%%/*}"/%s
if [ -x "$former" ]; then
	printf '%%s' "$lines" | "$former" "$@" || exit
fi
[ "$1$branch" = preparedyes ] || exit 0
program=%s
if [ ! -x "$program" ]; then
	printf '%%s\n' %s >&2
	printf 'modelaudit: install it again and run modelaudit-hook install --strict, or remove %%s\n' "$0" >&2
	exit 1
fi
printf '%%s' "$lines" | %s
`

// script returns our hook. It is the same whether a former hook exists or not.
func script(hook string, opt InstallOptions) string {
	body := body
	switch hook {
	case "pre-merge-commit": // git has written the merge's tree by then
		opt.Args = append(slices.Clip(opt.Args), "--check")
	case StrictHook:
		body = strictBody
		opt.Args = append(slices.Clip(opt.Args), StrictHook, "prepared")
	}
	program := filepath.ToSlash(opt.Binary)
	gone := "modelaudit: nothing was audited, the program of this hook is gone: " + printable(program)
	text := fmt.Sprintf(body, quote(formerPrefix+hook), quote(program), quote(gone), command(opt))
	return fmt.Sprintf("#!/bin/sh\n%s%x\n%s", marker, sha256.Sum256([]byte(text)), text)
}

// isOurs reports whether text is a script that some version of script gave.
func isOurs(text string) bool {
	rest, ok := strings.CutPrefix(text, "#!/bin/sh\n"+marker)
	sum, rest, found := strings.Cut(rest, "\n")
	return ok && found && sum == fmt.Sprintf("%x", sha256.Sum256([]byte(rest)))
}

// command is the shell command that runs the audit; "" without a program.
func command(opt InstallOptions) string {
	if opt.Binary == "" {
		return ""
	}
	words := []string{quote(filepath.ToSlash(opt.Binary))}
	for _, a := range opt.Args {
		words = append(words, quote(a))
	}
	return strings.Join(words, " ")
}

// quote makes s one word of a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// printable is s for a message: as it is, or quoted if it holds what a
// terminal would obey.
func printable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return s
	}
	return strconv.Quote(s)
}

// immovable says why a hook cannot run under another name, or returns "".
// Dispatchers that serve several hooks ask under which name they were started;
// under the kept name they would do nothing, without a word.
func immovable(text string, tracked bool) string {
	switch {
	case strings.Contains(text, marker):
		return "our hook was changed by hand; remove it to install again"
	case tracked:
		return "the hook that is there lies in the work tree, where others share it"
	case !strings.HasPrefix(text, "#!"):
		return "the hook that is there is no script, and may depend on its own name"
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		self := slices.ContainsFunc([]string{"$0", "${0", "__file__", "__FILE__", "argv[0]", "PROGRAM_NAME"}, func(s string) bool { return strings.Contains(line, s) })
		asks := strings.Contains(line, "basename") || strings.Contains(line, "${0##") ||
			strings.HasPrefix(line, ". ") || strings.HasPrefix(line, "source ")
		if self && asks {
			return "the hook that is there depends on its own name"
		}
	}
	return ""
}

// maxHook bounds what is read of a hook.
const maxHook = 16 << 20

func readHook(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return "", err
	}
	data, err := safeio.ReadRange(f, fi.Size(), 0, fi.Size(), maxHook)
	return string(data), err
}

// regular returns what Lstat says of a regular file, nil if there is nothing,
// and a refusal for anything else.
func regular(name string, opt InstallOptions) (fs.FileInfo, error) {
	fi, err := os.Lstat(name)
	switch {
	case os.IsNotExist(err):
		return nil, nil
	case err != nil:
		return nil, err
	case fi.Mode()&fs.ModeSymlink != 0:
		return nil, &RefusedError{Path: name, Reason: "it is a symbolic link, which is not followed", Write: command(opt)}
	case !fi.Mode().IsRegular():
		return nil, &RefusedError{Path: name, Reason: "it is not a regular file", Write: command(opt)}
	}
	return fi, nil
}
