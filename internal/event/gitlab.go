package event

// gitlab reads the variables of GitLab CI ("Predefined CI/CD variables"). GitLab
// writes zeros for the commit before a new branch, a merge request, a tag.
func gitlab(look func(string) string) Change {
	name, head := look("CI_PIPELINE_SOURCE"), orHEAD(ids(look("CI_COMMIT_SHA")))
	main := remote(look("CI_DEFAULT_BRANCH"), look("CI_COMMIT_BRANCH"))
	switch {
	case name == "merge_request_event":
		// The target branch's commit is there in pipelines of merged results alone.
		base := ids(look("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"), look("CI_MERGE_REQUEST_DIFF_BASE_SHA"))
		return Change{Name: name, Head: head, Base: base, Policy: base}
	case name == "push" && look("CI_COMMIT_TAG") == "":
		before := ids(look("CI_COMMIT_BEFORE_SHA"))
		base := append(before, main...)
		return Change{Name: name, Head: head, Base: base, Policy: base, Own: len(before) == 0}
	}
	return Change{Name: name, Head: head, Policy: main, Own: true}
}
