package render

import "strconv"

// Bytes formats a number of bytes in binary units with one decimal: "123 B",
// "1.5 MiB", "2.0 GiB".
func Bytes(n int64) string {
	if n > -1024 && n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f := float64(n)
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"} {
		f /= 1024
		// 1023.95 would print as 1024.0 of the smaller unit.
		if (f < 1023.95 && f > -1023.95) || unit == "EiB" {
			return strconv.FormatFloat(f, 'f', 1, 64) + " " + unit
		}
	}
	return ""
}

// count formats n with the noun in the singular or, with an "s", the plural.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
