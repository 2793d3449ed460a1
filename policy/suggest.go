package policy

import "strings"

// Suggestion is " (did you mean X?)" for the word that a misspelt one most likely
// stands for, or "" if none is near.
func Suggestion[T ~string](word string, known []T) string {
	word = strings.ToLower(word)
	best, distance := "", 1+min(len(word)/3, 3)
	if len(word) > 40 {
		return ""
	}
	for _, k := range known {
		near := edits(word, string(k))
		if strings.HasPrefix(string(k), word) && len(word) >= 3 {
			near = 1
		}
		if near < distance {
			best, distance = string(k), near
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// edits counts the letters that have to be put in, left out, replaced or swapped
// with their neighbour to turn one word into another (optimal string alignment).
func edits(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
