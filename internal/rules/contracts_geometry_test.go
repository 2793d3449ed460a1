package rules

import "testing"

// Tables of geopandas are frames with a column of geometries, and with a system of coordinates
// that names no file.
func TestTablesOfGeometries(t *testing.T) {
	const begin = `PROTO 2; GLOBAL "geopandas.geodataframe" "GeoDataFrame"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; `
	system := func(text string) string {
		return `GLOBAL "pyproj.crs.crs" "CRS"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "srs"; UNICODE "` + text + `"; SETITEM; BUILD; `
	}
	const refused = "MA106 pyproj.crs.crs.CRS"
	check(t, []sample{
		{"a table", begin + `UNICODE "_mgr"; GLOBAL "pandas.core.internals.managers" "BlockManager"; EMPTY_TUPLE; NEWOBJ; SETITEM; UNICODE "_crs"; ` + system("EPSG:4326") + `SETITEM; BUILD; STOP`, ""},
		{"before geopandas 0.7", begin + `UNICODE "crs"; EMPTY_DICT; UNICODE "init"; UNICODE "epsg:4326"; SETITEM; SETITEM; BUILD; STOP`, ""},
		{"one that gives pyproj something else", begin + `UNICODE "crs"; GLOBAL "argparse" "Namespace"; EMPTY_TUPLE; NEWOBJ; SETITEM; BUILD; STOP`, "MA106 geopandas.geodataframe.GeoDataFrame"},
		{"one with a method", begin + `UNICODE "to_file"; GLOBAL "builtins" "len"; SETITEM; BUILD; STOP`, "MA106 geopandas.geodataframe.GeoDataFrame"},
		{"a column", `PROTO 2; GLOBAL "geopandas.array" "GeometryArray"; EMPTY_TUPLE; NEWOBJ; ` + anArray + system("OGC:CRS84") + `TUPLE2; BUILD; STOP`, ""},
		{"a column of no array", `PROTO 2; GLOBAL "geopandas.array" "GeometryArray"; EMPTY_TUPLE; NEWOBJ; GLOBAL "builtins" "len"; NONE; TUPLE2; BUILD; STOP`, "MA106 geopandas.array.GeometryArray"},
		{"a column in a block", `PROTO 2; GLOBAL "pandas._libs.internals" "_unpickle_block"; GLOBAL "geopandas.array" "GeometryArray"; EMPTY_TUPLE; NEWOBJ; ` +
			`GLOBAL "builtins" "slice"; BININT1 0; BININT1 1; BININT1 1; TUPLE3; REDUCE; BININT1 2; TUPLE3; REDUCE; STOP`, ""},
		{"well-known text", `PROTO 2; ` + system(`GEOGCS[WGS 84,DATUM[WGS_1984],UNIT[degree,0.01]]`) + `STOP`, ""},
		{"with no grid", `PROTO 2; ` + system(`+proj=merc +a=6378137 +nadgrids=@null +wktext`) + `STOP`, ""},
		{"with a grid", `PROTO 2; ` + system(`+proj=merc +nadgrids=ntv2.gsb`) + `STOP`, refused},
		{"with a path", `PROTO 2; ` + system(`+proj=utm +zone=/etc/passwd`) + `STOP`, refused},
		{"with a file of parameters", `PROTO 2; ` + system(`+init=/tmp/x:1`) + `STOP`, refused},
		{"well-known text with a file", `PROTO 2; ` + system(`BOUNDCRS[PARAMETERFILE[x,/tmp/x]]`) + `STOP`, refused},
	})
}
