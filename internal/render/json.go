package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/modelaudit/action/audit"
)

// maxReport bounds what ReadJSON takes: 256 MiB holds about a million findings.
const maxReport = 256 << 20

// JSON writes r with the keys in the order of the audit types, two spaces of
// indentation, no HTML escapes, no null for a list, and a final newline. Bytes
// of names that are not UTF-8 are written as \xNN, a literal backslash before
// such a text as \x5c. A number that JSON has not (NaN) is an error.
func JSON(w io.Writer, r *audit.Report) error {
	return encode(w, mapStrings(r, bytesVisible))
}

// ReadJSON reads a report that JSON wrote, so that JSON(ReadJSON(b)) is b again.
// An unknown key, another schema, an unknown verdict, data after the report and
// more than 256 MiB are errors: what is not understood must not be dropped.
func ReadJSON(r io.Reader) (*audit.Report, error) { return readJSON(r, maxReport) }

func readJSON(r io.Reader, limit int64) (*audit.Report, error) {
	lr := &io.LimitedReader{R: r, N: limit + 1}
	d := json.NewDecoder(lr)
	d.DisallowUnknownFields()
	var rep audit.Report
	err := d.Decode(&rep)
	if err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = errors.New("data after the report")
		}
	}
	switch {
	case lr.N <= 0:
		return nil, fmt.Errorf("report: longer than %s", Bytes(limit))
	case err != nil:
		return nil, fmt.Errorf("report: offset %d: %w", d.InputOffset(), err)
	case rep.Schema != audit.SchemaVersion:
		return nil, fmt.Errorf("report: schema %d, want %d", rep.Schema, audit.SchemaVersion)
	}
	for i := range rep.Artifacts {
		switch v := rep.Artifacts[i].Verdict; v {
		case audit.VerdictClean, audit.VerdictFindings, audit.VerdictIncomplete:
		default:
			return nil, fmt.Errorf("report: artifacts[%d]: unknown verdict %q", i, v)
		}
	}
	return mapStrings(&rep, bytesOf), nil
}

// encode writes v as indented JSON.
func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// mapStrings returns a deep copy of r in which f was applied to every string
// and every list is non-nil. It goes by the types, so that no field that is
// added later can be forgotten.
func mapStrings(r *audit.Report, f func(string) string) *audit.Report {
	return mapValue(reflect.ValueOf(r), f).Interface().(*audit.Report)
}

func mapValue(v reflect.Value, f func(string) string) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		return reflect.ValueOf(f(v.String())).Convert(v.Type())
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(mapValue(v.Elem(), f))
		return p
	case reflect.Slice:
		s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			s.Index(i).Set(mapValue(v.Index(i), f))
		}
		return s
	case reflect.Struct:
		s := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			s.Field(i).Set(mapValue(v.Field(i), f))
		}
		return s
	}
	return v
}
