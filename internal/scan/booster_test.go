package scan

import (
	"bytes"
	"fmt"
	"os"
	"testing"
)

// What the readers of xgboost and lightgbm are given inside a pickle is clean
// as they write it, and unread if it is not.
func TestBoosters(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile("../booster/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	state := func(class, key, value string) []byte {
		return assemble(t, fmt.Sprintf("PROTO 5; GLOBAL %s; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE %q; %s; SETITEM; BUILD; STOP", class, key, value))
	}
	const ofXGBoost, ofLightGBM = `"xgboost.core" "Booster"`, `"lightgbm.basic" "Booster"`
	trees := read("xgb-3.2.0-cat")
	leaves := read("lgb-4.7-lightcat")
	expect(t, scanBytes(t, "m.pkl", state(ofXGBoost, "handle", fmt.Sprintf("BYTEARRAY8 %q", trees))), "clean")
	expect(t, scanBytes(t, "m.pkl", state(ofXGBoost, "handle", "NONE")), "clean")
	expect(t, scanBytes(t, "m.pkl", state(ofLightGBM, "_handle", fmt.Sprintf("UNICODE %q", leaves))), "clean")
	expect(t, scanBytes(t, "m.pkl", state(ofXGBoost, "handle", fmt.Sprintf("BYTEARRAY8 %q", trees[:len(trees)/2]))), "unread")
	expect(t, scanBytes(t, "m.pkl", state(ofLightGBM, "handle", fmt.Sprintf("UNICODE %q", bytes.Replace(leaves, []byte("num_leaves="), []byte("num_leaves=9"), 1)))), "unread")
}
