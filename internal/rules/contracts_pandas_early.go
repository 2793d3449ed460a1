package rules

import (
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// earlyPandas: what pandas wrote before 0.24, under the modules of that time. The functions and
// classes are those of contracts_pandas.go (pandas 0.19, pandas/indexes/base.py, tseries/index.py,
// tseries/offsets.py, core/internals.py); read_pickle of later versions finds them again.
func earlyPandas() []contract {
	all := []contract{
		{module: "pandas._sparse", names: []string{"IntIndex"}, calls: with(integer, array)},
		{module: "pandas._sparse", names: []string{"BlockIndex"}, calls: with(integer, array, array)},
		{module: "pandas._period", names: []string{"Period"}, calls: with(none, freq, integer)},
		{module: "pandas._libs.period", names: []string{"Period"}, calls: with(none, freq, integer)},
		{module: "pandas.core.categorical", names: []string{"Categorical"}, calls: with(), newobj: true, onlyNew: true, state: earlyCategories},
		{module: "pandas.tseries.offsets", names: strings.Fields(earlyOffsets), calls: with(), newobj: true, onlyNew: true, state: earlyOffset},
		{module: "pandas.core.datetools", names: strings.Fields(earlyOffsets), calls: with(), newobj: true, onlyNew: true, state: earlyOffset},
		{module: "pandas.sparse.series", names: []string{"SparseSeries", "SparseTimeSeries"}, calls: with(), newobj: true, onlyNew: true, state: earlyFrame},
		{module: "pandas.sparse.frame", names: []string{"SparseDataFrame"}, calls: with(), newobj: true, onlyNew: true,
			state: either(earlyFrame, fields(dictOf(label, fields(madeBy("pandas._sparse", "BlockIndex", "IntIndex"), array)), label, label, either(none, number), shortText))},
		{module: "pandas.core.panel", names: []string{"Panel"}, calls: with(), newobj: true, onlyNew: true, state: either(earlyFrame, blockManager)},
	}
	for _, f := range []struct{ module, function string }{
		{"pandas.core.index", "_new_Index"}, {"pandas.indexes.base", "_new_Index"}, {"pandas.tseries.index", "_new_DatetimeIndex"}, {"pandas.tseries.period", "_new_PeriodIndex"},
	} {
		all = append(all, contract{module: f.module, names: []string{f.function}, calls: with(indexClass, indexArguments), caller: true, closed: true})
	}
	for _, module := range []string{"pandas.tslib", "pandas._libs.tslib"} {
		all = append(all,
			contract{module: module, names: []string{"Timestamp"}, calls: withOptional(2, integer, either(none, freq), either(none, timeZone))},
			contract{module: module, names: []string{"Timedelta"}, calls: with(integer)},
			contract{module: module, names: []string{"_nat_unpickle", "__nat_unpickle"}, calls: withOptional(1, none), caller: true})
	}
	for module, names := range earlyIndexes {
		all = append(all, contract{module: module, names: strings.Fields(names)})
	}
	return all
}

// earlyIndexes are the classes of indexes and columns: until 0.15 they were arrays of numpy, and
// numpy._reconstruct makes them.
var earlyIndexes = map[string]string{
	"pandas.core.index": "Index Int64Index Float64Index UInt64Index RangeIndex MultiIndex CategoricalIndex", "pandas.indexes.base": "Index", "pandas.indexes.range": "RangeIndex",
	"pandas.indexes.numeric": "Int64Index Float64Index UInt64Index NumericIndex", "pandas.indexes.multi": "MultiIndex", "pandas.indexes.category": "CategoricalIndex",
	"pandas.tseries.index": "DatetimeIndex", "pandas.tseries.period": "PeriodIndex", "pandas.tseries.tdi": "TimedeltaIndex",
	"pandas.core.base": "FrozenNDArray", "pandas.indexes.frozen": "FrozenNDArray", "pandas.core.indexes.frozen": "FrozenNDArray",
	"pandas.core.series": "TimeSeries", "pandas.sparse.array": "SparseArray",
}

// earlyIndex accepts the class of an index.
func earlyIndex(n *sym.Node) bool { return strings.HasSuffix(n.Name(), "Index") && earlyArray(n) }

// earlyArray accepts a class of arrays.
func earlyArray(n *sym.Node) bool {
	return n.Kind == sym.Global && slices.Contains(strings.Fields(earlyIndexes[n.Module()]), n.Name())
}

// earlyClass accepts such a class, or that of a column, which was an array too until 0.13.
var earlyClass = either(earlyArray, global("pandas.core.series", "Series"), global("pandas.sparse.series", "SparseSeries", "SparseTimeSeries"))

// earlyArrayState accepts (state of an array, what the class adds): the name, the frequency and
// the zone, of several levels these, of a column its index, of a sparse one where its values are.
func earlyArrayState(n *sym.Node) bool {
	i := n.Items()
	if n.Kind != sym.Tuple || len(i) != 2 || !arrayState(i[0]) {
		return false
	}
	part := either(label, freq, timeZone)
	return i[1].Kind == sym.Tuple && len(i[1].Items()) <= 4 && all(i[1].Items(), either(part, listOf(part)))
}

// earlyOffsets are the offsets that keep plain attributes; those of custom calendars make one.
const earlyOffsets = `DateOffset Day Hour Minute Second Milli Micro Nano MonthEnd MonthBegin QuarterEnd QuarterBegin YearEnd YearBegin BusinessDay BDay BusinessMonthEnd BMonthEnd BusinessMonthBegin
	BMonthBegin BQuarterEnd BQuarterBegin BYearEnd BYearBegin Week WeekOfMonth LastWeekOfMonth SemiMonthEnd SemiMonthBegin Easter`

// earlyOffset accepts the attributes of an offset, which __setstate__ takes as they are
// unless there is a calendar among them.
var earlyOffset = func() shape {
	plain := either(none, number, shortText, madeBy("datetime", "timedelta"), madeBy("dateutil.relativedelta", "relativedelta"))
	return dictOf(oneOfText(strings.Fields(`n normalize kwds _offset offset _use_relativedelta _named weekday month week startingMonth day_of_month _inc _cacheable isAnchored name`)...),
		either(plain, dictOf(shortText, plain)))
}()

// earlyCategories is the state of a Categorical, which sets what stands there as attributes
// (pandas/core/categorical.py, __setstate__).
var earlyCategories = dictOf(oneOfText(strings.Fields("_codes _ordered _categories _cache _levels labels levels ordered name")...), either(label, dictOf(shortText, either(none, number))))

// earlyFrame is the state of a class of frames that pandas has no more.
var earlyFrame = dictOf(oneOfText(strings.Fields("_typ _subtyp _data _metadata name fill_value _default_kind _default_fill_value")...), either(blockManager, label, listOf(shortText)))
