package rules

import "strings"

// geometryContracts: the geometries of shapely before 2.0, which GEOS parses from bytes
// (shapely/geometry/base.py, BaseGeometry.__setstate__).
func geometryContracts() (all []contract) {
	for _, class := range strings.Fields("point.Point linestring.LineString polygon.LinearRing polygon.Polygon multipoint.MultiPoint multilinestring.MultiLineString multipolygon.MultiPolygon collection.GeometryCollection") {
		module, name, _ := strings.Cut(class, ".")
		all = append(all, contract{module: "shapely.geometry." + module, names: []string{name}, calls: with(), state: rawBytes})
	}
	return all
}
