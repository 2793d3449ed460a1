package gitindex

import (
	"context"
	"fmt"
	"strings"
)

// Attrs are the attributes of one path that change bytes between blob and
// checkout (gitattributes(5)). A value is "set", "unset", a word, or "" when
// nothing is specified.
type Attrs struct {
	Filter   string // "lfs" for Git LFS
	Encoding string // working-tree-encoding
	Ident    string
	Text     string
	EOL      string
}

// CheckAttrs returns the attributes that the .gitattributes files of the
// index, and the user's own, give to paths. One git process serves all paths.
func (r *Repo) CheckAttrs(ctx context.Context, paths []string) (map[string]Attrs, error) {
	attrs := make(map[string]Attrs, len(paths))
	if len(paths) == 0 {
		return attrs, nil
	}
	var rec []string // path, attribute, value
	err := r.git.records(ctx, strings.NewReader(strings.Join(paths, "\x00")+"\x00"), func(s string) error {
		if rec = append(rec, s); len(rec) < 3 {
			return nil
		}
		a := attrs[rec[0]]
		if err := a.set(rec[1], rec[2]); err != nil {
			return err
		}
		attrs[rec[0]], rec = a, rec[:0]
		return nil
	}, "check-attr", "--cached", "-z", "--stdin", "filter", "working-tree-encoding", "ident", "text", "eol")
	if err == nil && len(rec) > 0 {
		err = fmt.Errorf("git check-attr: output ends inside a record")
	}
	return attrs, err
}

func (a *Attrs) set(name, value string) error {
	if value == "unspecified" {
		value = ""
	}
	switch name {
	case "filter":
		a.Filter = value
	case "working-tree-encoding":
		a.Encoding = value
	case "ident":
		a.Ident = value
	case "text":
		a.Text = value
	case "eol":
		a.EOL = value
	default:
		return fmt.Errorf("git check-attr gave the attribute %q", name)
	}
	return nil
}
