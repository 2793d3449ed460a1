package zipfile

import (
	"cmp"
	"fmt"
	"slices"
)

// An AnomalyKind names one way in which an archive is not what an ordinary
// writer produces.
type AnomalyKind string

// The kinds of anomaly.
const (
	DuplicateName         AnomalyKind = "duplicate-name"         // two entries with one name
	CaseCollision         AnomalyKind = "case-collision"         // names that are equal without ASCII case
	NameMismatch          AnomalyKind = "name-mismatch"          // local header, directory or a Unicode path field disagree on the name
	OddFlags              AnomalyKind = "odd-flags"              // encryption, patch or unknown flag bits, or a directory that holds bytes
	UnsupportedMethod     AnomalyKind = "unsupported-method"     // one that is not read here
	UnusualMethod         AnomalyKind = "unusual-method"         // one that torch does not read
	HeaderMismatch        AnomalyKind = "header-mismatch"        // local header and directory disagree on the method, or a field stands twice
	SizeMismatch          AnomalyKind = "size-mismatch"          // two statements of a size disagree
	CRCMismatch           AnomalyKind = "crc-mismatch"           // two CRCs, or CRC and bytes, disagree
	Overlap               AnomalyKind = "overlap"                // bytes that belong to two entries or records
	UnreadableEntry       AnomalyKind = "unreadable-entry"       // no local header, or a payload past the end
	PrefixBytes           AnomalyKind = "prefix-bytes"           // bytes before the first record
	GapBytes              AnomalyKind = "gap-bytes"              // non-zero or uninspected bytes between records
	TrailingBytes         AnomalyKind = "trailing-bytes"         // non-zero bytes behind the last record
	HiddenMember          AnomalyKind = "hidden-member"          // a local header that no directory names
	DirectoryDisagreement AnomalyKind = "directory-disagreement" // readers disagree about end record, directory or its entries
)

// An Anomaly is one oddity of an archive, at the bytes [Start, End).
type Anomaly struct {
	Kind       AnomalyKind
	Entry      string // raw name of the entry, or "" for the archive
	Start, End int64
	Msg        string
}

const maxAnomaliesPerKind = 1000

type anomalyLog struct {
	size   int64 // of the archive
	list   []Anomaly
	counts map[AnomalyKind]int
}

// add notes an anomaly, its range cut to the archive.
func (l *anomalyLog) add(kind AnomalyKind, entry string, start, end int64, format string, args ...any) {
	if l.counts == nil {
		l.counts = map[AnomalyKind]int{}
	}
	if l.counts[kind]++; l.counts[kind] > maxAnomaliesPerKind {
		return
	}
	start = max(min(start, l.size), 0)
	end = max(min(end, l.size), start)
	l.list = append(l.list, Anomaly{kind, entry, start, end, fmt.Sprintf(format, args...)})
}

func (l *anomalyLog) sorted() []Anomaly {
	slices.SortStableFunc(l.list, func(a, b Anomaly) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Kind, b.Kind))
	})
	return l.list
}
