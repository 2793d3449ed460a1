package policy

import (
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// allowance reads one entry of `allow`.
func (r *reader) allowance(n *yaml.Node, clause string) allowance {
	a := allowance{clause: clause, line: n.Line}
	f, ok := r.mapping(n, "an allowed file", "sha256", "reason", "expires")
	if !ok {
		return a
	}
	const what = "a sha256 of 64 hex digits"
	if sum := f["sha256"]; sum == nil {
		r.fail(follow(n), "expected the key sha256 with %s", what)
	} else if s, ok := r.scalar(sum, what, tagText, tagInt, tagFloat); ok { // 64 digits without a letter are a number to YAML
		if !sha256Text.MatchString(s) {
			r.fail(follow(sum), "expected %s, found %s", what, describe(follow(sum)))
		}
		a.sha256 = strings.ToLower(s)
	}
	a.reason = r.reason(n, f)
	if date := f["expires"]; date != nil {
		a.expires = r.date(date)
	}
	return a
}

// date reads a day of the calendar, in UTC.
func (r *reader) date(n *yaml.Node) time.Time {
	const what = "a date such as 2027-01-31"
	s, ok := r.scalar(n, what, tagText, tagDate)
	if !ok {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, s)
	if err != nil || !dateText.MatchString(s) {
		r.fail(follow(n), "expected %s, found %s", what, strconv.Quote(clip(s)))
	}
	return day
}

// limits reads `limits`.
func (r *reader) limits(n *yaml.Node) Limits {
	var l Limits
	f, ok := r.mapping(n, "limits", "max_file_size", "timeout")
	if !ok {
		return l
	}
	if size := f["max_file_size"]; size != nil {
		l.MaxFileSize = r.size(size)
	}
	if timeout := f["timeout"]; timeout != nil {
		l.Timeout = r.duration(timeout)
	}
	return l
}

// size reads a positive number of bytes: digits, then perhaps a unit. The
// octal, hexadecimal and underscored integers of YAML are not numbers here.
func (r *reader) size(n *yaml.Node) int64 {
	const what = "a size such as 20GiB, 500MB or 1048576 (bytes), more than zero"
	s, ok := r.scalar(n, what, tagText, tagInt)
	if !ok {
		return 0
	}
	if !sizeText.MatchString(s) {
		r.fail(follow(n), "expected %s, found %q", what, clip(s))
		return 0
	}
	digits := strings.TrimRight(s, "KMGTiB")
	size, _ := strconv.ParseInt(digits, 10, 64) // the pattern bounds it
	base := int64(1000)
	if strings.Contains(s, "i") {
		base = 1024
	}
	for range strings.Index("BKMGT", (s + "B")[len(digits):][:1]) {
		size *= base
	}
	return size
}

// duration reads a positive duration in Go's notation.
func (r *reader) duration(n *yaml.Node) time.Duration {
	const what = "a duration such as 10m or 1h30m, more than zero"
	s, ok := r.scalar(n, what, tagText)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(s)
	if !durationText.MatchString(s) || !positiveText.MatchString(s) || err != nil || d <= 0 {
		r.fail(follow(n), "expected %s, found %q", what, clip(s))
	}
	return d
}
