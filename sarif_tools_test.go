//go:build tools

package modelaudit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestSARIFMultitool has Microsoft's validator look at a real report, by its own
// rules and by those for GitHub. What it calls a note is advice.
func TestSARIFMultitool(t *testing.T) {
	tool := os.Getenv("MODELAUDIT_SARIF_MULTITOOL")
	if tool == "" {
		t.Fatal("MODELAUDIT_SARIF_MULTITOOL must name the program of @microsoft/sarif-multitool")
	}
	dir := t.TempDir()
	call := filepath.Join(dir, "a name with space.pkl")
	if err := os.WriteFile(call, []byte("cos\nsystem\n(S'true'\ntR."), 0o644); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(dir, "broken.pt")
	if err := os.WriteFile(broken, []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(dir, "report.sarif")
	cmd := exec.Command(filepath.Join(programs(t), "modelaudit"), "scan", "--format", "sarif="+report, "--", call, broken, filepath.Join("testdata", "torch"))
	if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("modelaudit scan: %s", out)
	}
	cmd = exec.Command(tool, "validate", report, "--rule-kind", "Sarif;GHAS", "--level", "Error;Warning")
	cmd.Env = append(os.Environ(), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1")
	out, err := cmd.CombinedOutput()
	if err != nil || regexp.MustCompile(`(?m)(error|warning) [A-Z]+\d+`).Match(out) || !regexp.MustCompile(`Analysis completed successfully`).Match(out) {
		t.Errorf("%v\n%s", err, out)
	}
}
