package witness

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// pathStep returns the key as a step of a path, and whether it can be one: what
// Python's str() gives of it.
func pathStep(k any) (string, bool) {
	switch k := k.(type) {
	case string:
		return k, !strings.HasPrefix(k, cutPrefix)
	case int:
		return strconv.Itoa(k), true
	case *big.Int:
		return k.String(), true
	}
	if text, ok := repr(k, maxTuple); ok {
		return text, true
	}
	return "?", false
}

// maxTuple bounds a tuple that is a key, its items and their depth.
const maxTuple = 32

// repr is what Python's repr() gives of a plain value.
func repr(k any, left int) (string, bool) {
	switch k := k.(type) {
	case nil:
		return "None", true
	case bool:
		return strings.ToUpper(strconv.FormatBool(k)[:1]) + strconv.FormatBool(k)[1:], true
	case int:
		return strconv.Itoa(k), true
	case *big.Int:
		return k.String(), true
	case string:
		plain := strings.Trim(k, asciiLetters) == "" && !strings.HasPrefix(k, cutPrefix)
		return "'" + k + "'", plain
	case float64:
		return reprFloat(k), k == k
	case *types.Tuple:
		items := make([]string, len(*k))
		for i, item := range *k {
			text, ok := "", false
			if left > len(items) {
				text, ok = repr(item, left/2)
			}
			if !ok {
				return "", false
			}
			items[i] = text
		}
		if len(items) == 1 {
			items = append(items, "")
			return "(" + strings.TrimSuffix(strings.Join(items, ", "), " ") + ")", true
		}
		return "(" + strings.Join(items, ", ") + ")", true
	}
	return "", false
}

const asciiLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./: "

// reprFloat has Go's shortest digits in Python's form.
func reprFloat(f float64) string {
	text := strconv.FormatFloat(f, 'e', -1, 64)
	_, exp, _ := strings.Cut(text, "e")
	if n, err := strconv.Atoi(exp); err != nil { // Inf
		return strings.ToLower(strings.TrimPrefix(text, "+"))
	} else if n < -4 || n > 15 {
		return text
	}
	text = strconv.FormatFloat(f, 'f', -1, 64)
	if strings.Contains(text, ".") {
		return text
	}
	return text + ".0"
}

// equality returns a text that is equal for keys that Python holds for one.
func equality(k any) (string, bool) {
	switch k := k.(type) {
	case nil:
		return "none", true
	case string:
		return "s" + k, !strings.HasPrefix(k, cutPrefix)
	case bool:
		if k {
			return "n1", true
		}
		return "n0", true
	case int:
		return "n" + strconv.Itoa(k), true
	case *big.Int:
		return "n" + k.String(), true
	case float64:
		if k == math.Trunc(k) && !math.IsInf(k, 0) {
			i, _ := big.NewFloat(k).Int(nil)
			return "n" + i.String(), true
		}
		return "f" + strconv.FormatFloat(k, 'g', -1, 64), true
	case *types.Tuple:
		if len(*k) > maxTuple {
			return "", false
		}
		all := "t"
		for _, item := range *k {
			text, ok := equality(item)
			if !ok {
				return "", false
			}
			all += strconv.Itoa(len(text)) + ":" + text
		}
		return all, true
	}
	return "", false
}
