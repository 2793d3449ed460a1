package rules

import (
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// pandasContracts: the functions and native classes that pandas pickles with,
// from 0.25 on. Plain classes stand in the list.
func pandasContracts() []contract {
	const offsets = "pandas._libs.tslibs.offsets"
	zone := either(none, timeZone)
	var all []contract
	for _, f := range []struct{ module, function string }{
		{"pandas.core.indexes.base", "_new_Index"}, {"pandas.core.indexes.datetimes", "_new_DatetimeIndex"},
		{"pandas.core.indexes.interval", "_new_IntervalIndex"}, {"pandas.core.indexes.timedeltas", "_new_TimedeltaIndex"}, {"pandas.core.indexes.period", "_new_PeriodIndex"},
	} {
		all = append(all, contract{module: f.module, names: []string{f.function}, calls: with(indexClass, indexArguments), caller: true, closed: true})
	}
	offset := upTo(3, either(none, integer, madeBy("datetime", "timedelta")))
	return append(all,
		contract{module: "pandas.core.internals.managers", names: []string{"BlockManager"}, calls: []args{{shapes: []shape{blocks, listOf(index)}}, {}},
			newobj: true, state: blockState, base: "object"},
		contract{module: "pandas.core.internals", names: []string{"BlockManager", "SingleBlockManager"}, calls: with(), newobj: true, state: blockState, base: "object"}, // before 0.24
		contract{module: "pandas.core.internals.managers", names: []string{"SingleBlockManager"}, calls: []args{{shapes: []shape{block, index}}, {}}, newobj: true, state: blockState},
		contract{module: "pandas.core.internals.blocks", names: []string{"new_block"}}, // in a partial
		contract{module: "pandas._libs.internals", names: []string{"_unpickle_block"}, calls: with(stored, placement, upToInt(2)), caller: true},
		contract{module: "pandas._libs.arrays", names: []string{"__pyx_unpickle_NDArrayBacked"}, calls: with(backedClass, integer, none), state: backedState, caller: true, closed: true},
		contract{module: "pandas.core.arrays.categorical", names: []string{"Categorical"}, calls: with(), newobj: true, onlyNew: true, state: oldArrayState},
		contract{module: "pandas.core.arrays.datetimes", names: []string{"DatetimeArray"}, calls: with(), newobj: true, onlyNew: true, state: oldArrayState},
		contract{module: "pandas.core.arrays.timedeltas", names: []string{"TimedeltaArray"}, calls: with(), newobj: true, onlyNew: true, state: oldArrayState},
		contract{module: "pandas.core.arrays.string_", names: []string{"StringArray"}, calls: with(), newobj: true, onlyNew: true, state: oldArrayState},
		contract{module: "pandas._libs.tslibs.period", names: []string{"__pyx_unpickle_PeriodMixin"}, calls: with(global("pandas.core.arrays.period", "PeriodArray"), integer, none), state: fields(oldArrayState), caller: true, closed: true},
		contract{module: "pandas._libs.sparse", names: []string{"IntIndex"}, calls: with(integer, array)},
		contract{module: "pandas._libs.sparse", names: []string{"BlockIndex"}, calls: with(integer, array, array)},
		contract{module: "pandas._libs.tslibs.nattype", names: []string{"_nat_unpickle", "__nat_unpickle"}, calls: withOptional(1, none), caller: true},
		contract{module: "pandas._libs.tslibs.timedeltas", names: []string{"_timedelta_unpickle"}, calls: with(integer, integer), caller: true},
		contract{module: "pandas._libs.tslibs.timedeltas", names: []string{"Timedelta"}, calls: with(integer)},
		contract{module: "pandas._libs.tslibs.timestamps", names: []string{"_unpickle_timestamp"}, calls: withOptional(1, integer, either(none, freq), zone, integer), caller: true},
		contract{module: "pandas", names: []string{"Timestamp", "Timedelta"}}, // classes as values, as pandas 3 names them
		contract{module: "pandas._libs.tslibs.timestamps", names: []string{"Timestamp"}, calls: withOptional(2, integer, either(none, freq), zone)},
		contract{module: "pandas._libs.tslibs.period", names: []string{"Period"}, calls: with(none, freq, integer)},
		contract{module: "pandas", names: []string{"Period"}, calls: with(none, freq, integer)},
		contract{module: "pandas", names: []string{"Interval"}, calls: with(limit, limit, side)},
		contract{module: "pandas._libs.interval", names: []string{"Interval"}, calls: with(limit, limit, side)},
		contract{module: "pandas.core.arrays.string_", names: []string{"StringDtype"}, calls: withOptional(2, oneOfText("python", "pyarrow", "pyarrow_numpy"), missing), newobj: true, base: "object",
			state: record(map[string]shape{"storage": either(none, text), "_storage": either(none, text), "_na_value": missing})},
		contract{module: "pandas", names: []string{"StringDtype"}, calls: withOptional(1, oneOfText("python", "pyarrow", "pyarrow_numpy"), either(kinds(sym.Float), global("pandas", "NA"), global("pandas._libs.missing", "NA")))},
		contract{module: "pandas", names: []string{"PeriodDtype"}, calls: with(freq)},
		contract{module: "pandas.core.dtypes.dtypes", names: []string{"PeriodDtype"}, calls: with(freq)},
		contract{module: offsets, names: strings.Fields(`Day Hour Minute Second Milli Micro Nano MonthEnd MonthBegin QuarterEnd QuarterBegin YearEnd YearBegin
			BusinessDay BusinessMonthEnd BusinessMonthBegin Week`), calls: offset},
		contract{module: "pandas", names: []string{"CategoricalDtype", "DatetimeTZDtype"}, calls: with(), newobj: true, onlyNew: true, state: typeState},
		contract{module: "pandas.core.dtypes.dtypes", names: []string{"CategoricalDtype", "DatetimeTZDtype"}, calls: with(), newobj: true, onlyNew: true, state: typeState},
		contract{module: offsets, names: strings.Fields(`SemiMonthEnd SemiMonthBegin WeekOfMonth LastWeekOfMonth Easter FY5253 FY5253Quarter BusinessHour CustomBusinessDay CustomBusinessHour
			CustomBusinessMonthEnd CustomBusinessMonthBegin BYearEnd BYearBegin BQuarterEnd BQuarterBegin HalfYearEnd HalfYearBegin BHalfYearEnd BHalfYearBegin`), calls: upTo(8, offsetPart)},
		contract{module: "pandas", names: []string{"DateOffset"}, calls: with(), newobj: true, state: offsetState},
		contract{module: offsets, names: []string{"DateOffset"}, calls: with(), newobj: true, state: offsetState},
		contract{module: "dateutil.relativedelta", names: []string{"relativedelta"}, calls: with(), newobj: true, onlyNew: true, state: dictOf(oneOfText(strings.Fields(deltaParts)...), either(none, number, weekday))},
		contract{module: "dateutil._common", names: []string{"weekday"}, calls: with(), newobj: true, onlyNew: true, state: fields(none, record(map[string]shape{"weekday": integer, "n": either(none, integer)}))},
		contract{module: "pandas", names: []string{"IntervalDtype"}, calls: with(), newobj: true, onlyNew: true, state: intervalType},
		contract{module: "pandas.core.dtypes.dtypes", names: []string{"IntervalDtype"}, calls: with(), newobj: true, onlyNew: true, state: intervalType},
		contract{module: "pandas.arrays", names: []string{"IntervalArray"}},
		contract{module: "pandas.core.arrays.interval", names: []string{"IntervalArray"}},
		contract{module: "pandas._libs.interval", names: []string{"__pyx_unpickle_IntervalMixin"}, calls: with(intervalArray, integer, none), state: fields(intervalParts), caller: true, closed: true},
		contract{module: "pytz", names: []string{"_UTC"}, calls: with()},
		contract{module: "pytz", names: []string{"FixedOffset"}, calls: with(integer)}, // minutes
		contract{module: "pytz", names: []string{"_p"}, calls: withOptional(3, zoneName, integer, integer, text)},
		contract{module: "pytz", names: []string{"UTC"}},
	)
}

var (
	timeZone = either(madeBy("datetime", "timezone"), madeBy("pytz", "_UTC", "_p", "FixedOffset"), zoneInfo,
		built("dateutil.tz.tz", "tzutc"), built("dateutil.tz.tz", "tzlocal"), built("dateutil.tz.tz", "tzoffset"), madeBy("dateutil.tz.tz", "tzfile"))
	limit = either(number, array, madeBy("pandas._libs.tslibs.timestamps", "_unpickle_timestamp", "Timestamp"), madeBy("pandas._libs.tslibs.timedeltas", "_timedelta_unpickle", "Timedelta"))
	side  = oneOfText("left", "right", "both", "neither")
	// freq is an offset that pandas' own classes make.
	freq = either(frequency, func(n *sym.Node) bool {
		if n.Kind != sym.Object || n.Call() == nil {
			return false
		}
		class := n.Call().Func
		if c := classOf(n.Call()); c != nil {
			class = c // before pandas 1.1 they were of Python
		}
		return class.Module() == "pandas._libs.tslibs.offsets" || class.Module() == "pandas.tseries.offsets" || class.Module() == "pandas.core.datetools" || class.Is("pandas", "DateOffset")
	})
)

// offsetPart accepts what the rarer offsets are made of: counts, times of a day,
// names of days, holidays.
var offsetPart = func() shape {
	day := either(madeBy("datetime", "datetime", "date"), numpyScalar)
	flat := either(none, integer, frequency, madeBy("datetime", "timedelta", "time"))
	return either(flat, tupleOf(either(madeBy("datetime", "time"), day)), listOf(day))
}()

var weekday = madeBy("dateutil._common", "weekday")

const deltaParts = `years months days leapdays hours minutes seconds microseconds year month day weekday hour minute second microsecond _has_time`

// offsetState is the state of an offset of calendar parts (pandas/_libs/tslibs/
// offsets.pyx, RelativeDeltaOffset.__setstate__).
var offsetState = func() shape {
	parts := map[string]shape{"_offset": either(madeBy("dateutil.relativedelta", "relativedelta"), madeBy("datetime", "timedelta")), "_use_relativedelta": kinds(sym.Bool), "normalize": integer, "n": integer}
	for _, k := range strings.Fields("years months weeks days hours minutes seconds milliseconds microseconds nanoseconds year month day weekday hour minute second microsecond nanosecond") {
		parts[k] = either(none, number)
	}
	parts["weekday"] = either(none, number, weekday)
	return record(parts)
}()

// Intervals (pandas/core/dtypes/dtypes.py, IntervalDtype.__setstate__; pandas/
// _libs/interval.pyx: the state of the mixin updates __dict__).
var (
	intervalType  = record(map[string]shape{"subtype": either(none, madeBy("numpy", "dtype"), pandasMade), "closed": either(none, side)})
	intervalArray = either(global("pandas.arrays", "IntervalArray"), global("pandas.core.arrays.interval", "IntervalArray"))
	intervalParts = record(map[string]shape{"_left": stored, "_right": stored, "_dtype": pandasMade, "_closed": either(none, side), "_cache": kinds(sym.Dict), "_readonly": kinds(sym.Bool)})
)

// frequency accepts the text of a frequency, such as "period[M]" or "15T".
func frequency(n *sym.Node) bool {
	return shortText(n) && len(n.Text) <= 32 && strings.Trim(n.Text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-[]<>*: ") == ""
}

// zoneInfo accepts zoneinfo.ZoneInfo._unpickle(key, from_cache), however its
// protocol spells it.
func zoneInfo(n *sym.Node) bool {
	if n.Kind != sym.Object || n.Call() == nil {
		return false
	}
	module, name := nameOf(n.Call().Func)
	return module == "zoneinfo" && name == "ZoneInfo._unpickle"
}

// zoneName accepts a key of the time zone database: the loader opens a file of that name in it.
func zoneName(n *sym.Node) bool {
	return shortText(n) && len(n.Text) <= 48 && n.Text != "" && n.Text[0] != '/' && !strings.Contains(n.Text, "..") &&
		strings.Trim(n.Text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+_/") == ""
}

var indexClass = either(
	global("pandas", strings.Fields("Index RangeIndex DatetimeIndex TimedeltaIndex PeriodIndex MultiIndex CategoricalIndex IntervalIndex")...),
	global("pandas.core.indexes.base", "Index"), global("pandas.core.indexes.range", "RangeIndex"), global("pandas.core.indexes.datetimes", "DatetimeIndex"),
	global("pandas.core.indexes.timedeltas", "TimedeltaIndex"), global("pandas.core.indexes.period", "PeriodIndex"), global("pandas.core.indexes.multi", "MultiIndex"),
	global("pandas.core.indexes.category", "CategoricalIndex"), global("pandas.core.indexes.interval", "IntervalIndex"),
	global("pandas.core.indexes.numeric", "Int64Index", "UInt64Index", "Float64Index", "NumericIndex"), global("pandas.core.indexes.frozen", "FrozenList"), earlyIndex)

// indexArguments accepts the keywords that an index gives itself. pandas asks
// what it is given for attributes of any class (pandas.core.dtypes.generic looks
// at _typ alone) and calls them, and hands lists to numpy, which asks each
// element for an address to read: only pandas' and numpy's own objects may stand
// there, and plain values.
var indexArguments = dictOf(oneOfText(strings.Fields("data name names levels codes labels sortorder start stop step dtype freq tz closed left right ordinal copy verify_integrity yearfirst dayfirst ambiguous categories ordered")...),
	either(label, listOf(either(label, listOf(label))), madeBy("numpy", "dtype"), timeZone))

// label accepts what a row or a column may be called, and arrays of that.
func label(n *sym.Node) bool {
	switch n.Kind {
	case sym.None, sym.Bool, sym.Int, sym.Float, sym.String, sym.Bytes:
		return true
	case sym.Tuple, sym.FrozenSet:
		return all(n.Items(), label)
	}
	return array(n) || pandasMade(n) || madeBy("datetime", "datetime", "date", "time", "timedelta")(n) || madeBy("decimal", "Decimal")(n) ||
		madeBy("pathlib", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")(n)
}

// index accepts what makes an index.
func index(n *sym.Node) bool {
	if n.Kind != sym.Object || n.Call() == nil {
		return false
	}
	m, name := nameOf(n.Call().Func)
	return strings.HasPrefix(m, "pandas.") && strings.HasPrefix(name, "_new_")
}

// pandasMade accepts what pandas' own functions and classes make, but for
// frames and series: those give their columns and rows to who asks for an
// attribute.
func pandasMade(n *sym.Node) bool {
	if n.Kind != sym.Object || n.Call() == nil {
		return false
	}
	class := n.Call().Func
	if c := classOf(n.Call()); c != nil {
		class = c
	}
	m, name := nameOf(class)
	return (m == "pandas" || strings.HasPrefix(m, "pandas.")) && name != "Series" && name != "DataFrame" && name != "NDFrame"
}

// stored accepts what a block of a frame holds: an array of numpy, of pandas or of geopandas.
var stored = either(array, pandasMade, built("geopandas.array", "GeometryArray"))

var placement = either(madeBy("builtins", "slice"), array)

// blockState accepts the tuple form: (axes, values, items, {"0.14.1": {...}}), before that version
// without the last, where an axis is an array.
func blockState(n *sym.Node) bool {
	i := n.Items()
	if axes := listOf(either(index, array)); n.Kind == sym.Tuple && len(i) == 3 {
		return axes(i[0]) && listOf(stored)(i[1]) && axes(i[2])
	}
	if n.Kind != sym.Tuple || len(i) != 4 {
		return false
	}
	block := dictOf(oneOfText("values", "mgr_locs"), either(stored, placement))
	return listOf(anything)(i[0]) && listOf(anything)(i[1]) && listOf(anything)(i[2]) &&
		dictOf(oneOfText("0.14.1"), dictOf(oneOfText("axes", "blocks"), listOf(either(block, pandasMade, array))))(i[3])
}

// typeState is the state of a type with categories or a time zone.
var typeState = dictOf(oneOfText("categories", "ordered", "_ordered_from_sentinel", "unit", "tz"), either(none, kinds(sym.Bool, sym.String), pandasMade, timeZone))

var backedClass = either(
	global("pandas", "Categorical"), global("pandas.arrays", "DatetimeArray", "PeriodArray", "StringArray", "TimedeltaArray"), global("pandas._libs.arrays", "NDArrayBacked"),
	global("pandas.core.arrays.categorical", "Categorical"), global("pandas.core.arrays.datetimes", "DatetimeArray"), global("pandas.core.arrays.timedeltas", "TimedeltaArray"),
	global("pandas.core.arrays.period", "PeriodArray"), global("pandas.core.arrays.string_", "StringArray"), global("pandas.core.arrays.numpy_", "PandasArray"))

// backedState accepts (dtype, array[, attributes]), in either order, or the attributes alone.
func backedState(n *sym.Node) bool {
	half := either(stored, madeBy("numpy", "dtype"), attributes("_ndarray", "_dtype", "view", "copy"), none)
	return n.Kind == sym.Tuple && len(n.Items()) >= 2 && len(n.Items()) <= 3 && all(n.Items(), half) ||
		dictOf(oneOfText("_dtype", "_ndarray", "_freq", "_codes", "_cache"), either(stored, madeBy("numpy", "dtype"), kinds(sym.Dict), none, frequency))(n)
}
