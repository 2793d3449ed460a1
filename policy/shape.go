package policy

import (
	"regexp"
	"strings"
)

// What texts in a policy look like. The JSON Schema has the same patterns, so that an
// editor and Parse agree; they are written in what RE2 and ECMAScript share. Bounds
// stand in them as numbers of digits, which keeps every number below 63 bits.
const (
	sha256Shape   = `^[0-9a-fA-F]{64}$`
	globalShape   = `^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)+$`
	sizeShape     = `^([1-9][0-9]{0,17}B?|[1-9][0-9]{0,14}Ki?B|[1-9][0-9]{0,11}Mi?B|[1-9][0-9]{0,8}Gi?B|[1-9][0-9]{0,5}Ti?B)$`
	durationShape = `^([0-9]{1,5}(\.[0-9]{1,3})?[hm]|[0-9]{1,8}(\.[0-9]{1,3})?(s|ms|us)|[0-9]{1,8}ns){1,6}$`
	positiveShape = `[1-9]`
	// A day of the Gregorian calendar in the years 1000 to 9999.
	dateShape = `^[1-9][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))$` +
		`|^([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)-02-29$`
	// Printable text (unicode.IsPrint) and white space (unicode.IsSpace).
	reasonShape = "^[\t-\r\u0085\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Z}]*$"
	wordShape   = "[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}]"
)

// The syntax of globs: escapes, classes, and braces in one another up to three deep.
const (
	globClass = `\[(?:[!^](?:\\[\s\S]|[^\]\\{},/])+|(?:\\[\s\S]|[^\]\\{},/!^])(?:\\[\s\S]|[^\]\\{},/])*)\]`
	globPlain = `\\[\s\S]|` + globClass + `|[^\\\[{}]`
	globShape = `^(?:` + globPlain + `|\{(?:` + globPlain + `|\{(?:` + globPlain + `|\{(?:` + globPlain + `)*\})*\})*\})*$`
	// Where a glob points: not at nothing, a directory or a place outside.
	globNowhere = `^!|/$|//|(^|/)\.\.?(/|$)`
	// Few commas, or few pairs of braces: the matcher tries at most 2^6, or 17 * 17,
	// combinations of the alternatives.
	globCommas = `^(?:\\[\s\S]|[^\\,])*(?:,(?:\\[\s\S]|[^\\,])*){0,6}$`
	globPairs  = `^(?:\\[\s\S]|[^\\{,])*(?:\{(?:\\[\s\S]|[^\\{])*){0,2}$`
	globMany   = `^(?:\\[\s\S]|[^\\,])*(?:,(?:\\[\s\S]|[^\\,])*){0,31}$`
)

// trustRefused matches the globals that refused names.
func trustRefused() string {
	escape := func(list string) string {
		return strings.ReplaceAll(strings.Join(strings.Fields(list), "|"), ".", `\.`)
	}
	return `^(?:(?:` + escape(refusedPackages) + `)\.|(?:` + escape(refusedNames) + `)(?:\.|$))`
}

var (
	sha256Text   = regexp.MustCompile(sha256Shape)
	globalText   = regexp.MustCompile(globalShape)
	sizeText     = regexp.MustCompile(sizeShape)
	durationText = regexp.MustCompile(durationShape)
	positiveText = regexp.MustCompile(positiveShape)
	dateText     = regexp.MustCompile(dateShape)
	reasonText   = regexp.MustCompile(reasonShape)
	wordText     = regexp.MustCompile(wordShape)

	globText      = regexp.MustCompile(globShape)
	nowhereText   = regexp.MustCompile(globNowhere)
	fewCommasText = regexp.MustCompile(globCommas)
	fewPairsText  = regexp.MustCompile(globPairs)
	manyText      = regexp.MustCompile(globMany)
)
