package examples_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// A template is what a file of examples/ci has a service do.
type template struct {
	commands []string // install and audit, in order
	reports  []string // files that the service is told to take
}

// parse reads a template as far as it is used, and refuses what it does not know.
func parse(t *testing.T, name string, v any) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader(read(t, name)))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func gitlabTemplate(t *testing.T) template {
	var f map[string]struct {
		Stage, Image string
		Variables    map[string]string
		Rules        []map[string]string
		BeforeScript []string `yaml:"before_script"`
		Script       []string
		Artifacts    struct {
			When    string
			Reports map[string]string
		}
	}
	parse(t, "ci/gitlab-ci.yml", &f)
	job := f["modelaudit"]
	if job.Variables["GIT_DEPTH"] != "0" || job.Artifacts.When != "always" {
		t.Error("GitLab: the clone is shallow, or reports are lost when the job fails")
	}
	out := template{commands: append(job.BeforeScript, job.Script...)}
	for kind, file := range job.Artifacts.Reports {
		if !slices.Contains([]string{"codequality", "sast", "junit"}, kind) {
			t.Errorf("GitLab: a report of kind %s", kind)
		}
		out.reports = append(out.reports, file)
	}
	return out
}

func azureTemplate(t *testing.T) (out template) {
	var f struct {
		Trigger, PR struct{ Branches struct{ Include []string } }
		Pool        map[string]string
		Steps       []struct {
			Checkout, Task, Script, Publish, Artifact, Condition string

			Name    string `yaml:"displayName"`
			Depth   *int   `yaml:"fetchDepth"`
			LFS     bool
			Persist *bool `yaml:"persistCredentials"`
			Inputs  map[string]string
		}
	}
	parse(t, "ci/azure-pipelines.yml", &f)
	for _, s := range f.Steps {
		switch {
		case s.Checkout != "" && (s.Depth == nil || *s.Depth != 0 || !s.LFS || s.Persist == nil || *s.Persist):
			t.Error("Azure: the checkout is shallow, has no models, or leaves its token")
		case s.Script != "":
			out.commands = append(out.commands, s.Script)
		case s.Publish != "":
			out.reports = append(out.reports, s.Publish)
		case s.Inputs["testResultsFormat"] == "JUnit":
			out.reports = append(out.reports, s.Inputs["testResultsFiles"])
		}
	}
	return out
}

// circleTemplate is the template with the range of one of its jobs.
func circleTemplate(t *testing.T, job string) (out template) {
	var f struct {
		Version string
		Jobs    map[string]struct {
			Parameters map[string]map[string]string
			Docker     []map[string]string
			Steps      []map[string]any
		}
		Workflows map[string]struct {
			Jobs []map[string]struct {
				Name, Range string
				Filters     map[string]map[string]string
			}
		}
	}
	parse(t, "ci/circleci.yml", &f)
	rang := ""
	for _, j := range f.Workflows["modelaudit"].Jobs {
		if j["modelaudit"].Name == job {
			rang = j["modelaudit"].Range
		}
	}
	for _, s := range f.Jobs["modelaudit"].Steps {
		for kind, v := range s {
			switch kind {
			case "run":
				out.commands = append(out.commands, strings.ReplaceAll(v.(string), "<< parameters.range >>", rang))
			case "store_test_results", "store_artifacts":
				out.reports = append(out.reports, v.(map[string]any)["path"].(string))
			case "checkout":
				if v.(map[string]any)["method"] != "full" {
					t.Error("CircleCI: a clone without blobs")
				}
			}
		}
	}
	return out
}

// jenkinsTemplate takes the steps out of the Groovy text.
func jenkinsTemplate(t *testing.T) (out template) {
	text := string(read(t, "ci/Jenkinsfile"))
	for _, m := range regexp.MustCompile(`(?m)^ +(sh|junit|archiveArtifacts) '([^'\\]*)'$`).FindAllStringSubmatch(text, -1) {
		if m[1] == "sh" {
			out.commands = append(out.commands, m[2])
			continue
		}
		out.reports = append(out.reports, m[2])
	}
	code := regexp.MustCompile(`//[^\n]*|'[^']*'`).ReplaceAllString(text, "")
	if strings.Count(code, "{") != strings.Count(code, "}") {
		t.Error("Jenkins: braces do not match")
	}
	return out
}

// TestTemplates runs the commands of every template for a change that is clean,
// one that is not, and one that brings a policy to let itself pass.
func TestTemplates(t *testing.T) {
	r := newRepository(t)
	r.write("model.pt", read(t, "../testdata/torch/zip-2.15/state_dict.pt"))
	commit := func(branch string) string {
		r.run(0, "git", "checkout", "-q", "-B", branch)
		r.run(0, "git", "add", "-A")
		r.run(0, "git", "commit", "-q", "--allow-empty", "-m", branch)
		return strings.TrimSpace(r.run(0, "git", "rev-parse", "HEAD"))
	}
	main := commit("main")
	r.run(0, "git", "update-ref", "refs/remotes/origin/main", main)
	r.write("other.pt", read(t, "../testdata/torch/zip-2.15/bare.pt"))
	heads := map[string]string{"clean": commit("clean")}
	r.write("call.pkl", []byte("cos\nsystem\n(S'true'\ntR."))
	heads["bad"] = commit("bad")
	r.write(".modelaudit.yml", []byte("version: 1\nrules: [{paths: ['*'], action: warn}]\n"))
	heads["sly"] = commit("sly")

	install := regexp.MustCompile(`^go install github\.com/modelaudit/action/cmd/modelaudit@v\d+\.\d+\.\d+$`)
	env := slices.DeleteFunc(r.env, func(kv string) bool { return strings.HasPrefix(kv, "GITHUB_") })
	for _, c := range []struct {
		name     string
		template template
		env      []string
		sly      int // exit code: of a branch as a whole there is no policy from before
	}{
		{"GitLab, a merge request", gitlabTemplate(t), []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA=" + main}, 1},
		{"GitLab, a push", gitlabTemplate(t), []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push", "CI_DEFAULT_BRANCH=main", "CI_COMMIT_BRANCH=main", "CI_COMMIT_BEFORE_SHA=" + main}, 1},
		{"Jenkins, a pull request", jenkinsTemplate(t), []string{"CHANGE_TARGET=main"}, 1},
		{"Jenkins, a branch", jenkinsTemplate(t), nil, 0},
		{"Azure, a pull request", azureTemplate(t), []string{"SYSTEM_PULLREQUEST_TARGETBRANCHNAME=main"}, 1},
		{"Azure, a branch", azureTemplate(t), nil, 0},
		{"CircleCI, a branch", circleTemplate(t, "change"), nil, 1},
		{"CircleCI, main", circleTemplate(t, "everything"), nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if len(c.template.commands) != 2 || !install.MatchString(c.template.commands[0]) || len(c.template.reports) < 2 {
				t.Fatalf("the template does not install, audit and report: %+v", c.template)
			}
			for _, change := range []struct {
				name string
				exit int
			}{{"clean", 0}, {"bad", 1}, {"sly", c.sly}} {
				r.t = t
				r.env = append(slices.Clone(env), append(c.env, "CI_COMMIT_SHA="+heads[change.name])...)
				r.run(0, "git", "checkout", "-q", change.name)
				for _, file := range c.template.reports {
					os.Remove(filepath.Join(r.dir, file))
				}
				out := r.run(change.exit, "sh", "-c", c.template.commands[1])
				if named := strings.Contains(out, "call.pkl"); named != (change.name != "clean") {
					t.Errorf("%s: call.pkl is named: %v\n%s", change.name, named, out)
				}
				for _, file := range c.template.reports {
					if text, err := os.ReadFile(filepath.Join(r.dir, file)); err != nil || len(text) == 0 {
						t.Errorf("%s: no report %s: %v", change.name, file, err)
					}
					os.Remove(filepath.Join(r.dir, file))
				}
			}
		})
	}
}
