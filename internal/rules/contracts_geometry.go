package rules

import (
	"regexp"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// geometryContracts: the geometries of shapely before 2.0, which GEOS parses from bytes
// (shapely/geometry/base.py, BaseGeometry.__setstate__), tables of geopandas, whose columns of
// geometries are arrays of such bytes (geopandas/array.py and geodataframe.py, __setstate__), and
// what coordinates mean, which PROJ parses when somebody asks (pyproj/crs/crs.py).
func geometryContracts() (all []contract) {
	for _, class := range strings.Fields("point.Point linestring.LineString polygon.LinearRing polygon.Polygon multipoint.MultiPoint multilinestring.MultiLineString multipolygon.MultiPolygon collection.GeometryCollection") {
		module, name, _ := strings.Cut(class, ".")
		all = append(all, contract{module: "shapely.geometry." + module, names: []string{name}, calls: with(), state: rawBytes})
	}
	for _, module := range []string{"pyproj.crs", "pyproj.crs.crs"} {
		all = append(all, contract{module: module, names: []string{"CRS"}, calls: withOptional(1, coordinates), newobj: true, state: record(map[string]shape{"srs": coordinates})})
	}
	table := dictOf(oneOfText(strings.Fields("_mgr _data _typ _metadata _name name attrs _flags _geometry_column_name _crs crs _item_cache")...),
		either(blockManager, label, listOf(shortText), kinds(sym.Dict), system))
	return append(all,
		contract{module: "geopandas.array", names: []string{"GeometryArray"}, calls: with(), newobj: true, onlyNew: true, state: either(fields(array, system),
			record(map[string]shape{"data": array, "_data": array, "_crs": system, "crs": system, "base": either(none, array), "_sindex": none}))},
		contract{module: "geopandas.geodataframe", names: []string{"GeoDataFrame"}, calls: with(), newobj: true, onlyNew: true, state: tableState(table)},
		contract{module: "geopandas.geoseries", names: []string{"GeoSeries"}, calls: with(), newobj: true, onlyNew: true, state: tableState(table)})
}

// tableState demands of the keys that name a system of coordinates that they hold one:
// a GeoDataFrame gives it to pyproj.
func tableState(table shape) shape {
	return func(n *sym.Node) bool {
		for _, p := range n.Pairs() {
			if key := p.Key; (oneOfText("crs", "_crs")(key) && !system(p.Value)) || special(p.Value) {
				return false
			}
		}
		return table(n)
	}
}

// system accepts a system of coordinates: an object of pyproj, or as geopandas before 0.7 kept it.
var system = either(none, built("pyproj.crs.crs", "CRS"), built("pyproj.crs", "CRS"), madeBy("pyproj.crs.crs", "CRS"), madeBy("pyproj.crs", "CRS"), coordinates,
	dictOf(oneOfText("init"), func(n *sym.Node) bool { return shortText(n) && authority.MatchString(n.Text) }))

// coordinates accepts the text of a system of coordinates: a code such as "EPSG:4326", well-known
// text, or the parameters of a projection. None may name a file that PROJ would read.
func coordinates(n *sym.Node) bool {
	if n.Kind != sym.String || n.Lazy {
		return false
	}
	bare := strings.ReplaceAll(n.Text, "grids=@null", "")
	if named := fileWords.MatchString(bare); named || authority.MatchString(bare) {
		return !named
	}
	return wellKnown.MatchString(bare) || projection.MatchString(bare)
}

var (
	authority  = regexp.MustCompile(`^(?i:epsg|esri|ogc|iau_2015|nkg|ignf):[A-Za-z0-9]{1,16}$`)
	wellKnown  = regexp.MustCompile(`^[A-Z]{4,}(_CS|CRS|CS)?\[`)
	projection = regexp.MustCompile(`^\+proj=[-+=.,_@ A-Za-z0-9]*$`)
	fileWords  = regexp.MustCompile(`(?i)grids|init *=|file|model *=|catalog`)
)
