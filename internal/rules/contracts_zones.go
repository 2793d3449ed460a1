package rules

import sym "github.com/modelaudit/action/internal/pickle/symbolic"

// tableZone is the state of a time zone of dateutil that was read from a table: its numbers,
// and what each stretch of time has (dateutil/tz/tz.py, tzfile has no __setstate__). Made
// with None in place of a file, it opens none. pandas takes the numbers of all stretches and
// the times between them as two arrays, and looks a time up in one to read the other without
// asking how long that is (pandas/_libs/tslibs/timezones.pyx, get_dst_info), so that they
// come together, as tuples of one length.
func tableZone(n *sym.Node) bool {
	if !zoneParts(n) {
		return false
	}
	times, utc, stretches := -1, -2, -3
	for _, p := range n.Pairs() {
		switch p.Key.Text {
		case "_trans_list":
			times = len(p.Value.Items())
		case "_trans_list_utc":
			utc = len(p.Value.Items())
		case "_trans_idx":
			stretches = len(p.Value.Items())
		}
	}
	return times == utc && utc == stretches
}

var zoneParts = func() shape {
	stretch := either(none, madeBy("dateutil.tz.tz", "_ttinfo"))
	return record(map[string]shape{
		"_filename": either(none, text), "_trans_list": tupleOf(number), "_trans_list_utc": tupleOf(number), "_trans_idx": tupleOf(stretch), "_ttinfo_list": listOf(stretch),
		"_ttinfo_std": stretch, "_ttinfo_before": stretch, "_ttinfo_first": stretch, "_ttinfo_dst": stretch,
	})
}()

// zoneStretch is the state of one of these: its __setstate__ sets the slots that it has.
var zoneStretch = record(map[string]shape{
	"offset": either(none, number, aDuration), "delta": either(none, aDuration), "isdst": either(none, integer), "abbr": either(none, text),
	"isstd": either(none, integer), "isgmt": either(none, integer), "dstoffset": either(none, number, aDuration),
})
