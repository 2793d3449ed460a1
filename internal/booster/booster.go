// Package booster checks the models that xgboost and lightgbm keep inside a
// pickle: bytes or a text that their own readers in C++ take, which trust the
// counts and indices in them. A model that is not as its writer writes it may
// make the reader crash, or read and write outside of its memory.
//
// # Security
//
// A model is hostile. It is read once, in order; what is kept of it is bounded by
// [maxNodes] numbers for each of the lists of one tree, whatever a count says.
// What is not known is refused: an error is the answer that nothing is known.
package booster

import (
	"fmt"
	"io"
)

// Limits of a model.
const (
	maxNodes = 1 << 20 // nodes of one tree
	maxDepth = 32      // values inside one another
	maxWord  = 1 << 20 // bytes of a text that is kept, or of one number
)

// A FormatError says where a model is not what its reader trusts it to be.
type FormatError struct {
	Offset int64
	Msg    string
}

func (e *FormatError) Error() string { return fmt.Sprintf("at %#x: %s", e.Offset, e.Msg) }

// XGBoost checks what Booster.__getstate__ of xgboost 1.1 and later writes
// (src/learner.cc, Save: {"Config": ..., "Model": ...}), as JSON or as UBJSON.
func XGBoost(r io.ReaderAt, size int64) (err error) {
	m := &model{source: newSource(r, size), lists: lists{}, param: map[string]string{}}
	defer m.recover(&err)
	switch b := m.peek(); {
	case b != '{':
		m.old()
	case m.second() == 'L' || m.second() == '}':
		ubjson{m}.value(m.next())
	default:
		json{m}.value()
	}
	if m.at != size {
		m.fail("data behind the model")
	}
	m.end()
	if !m.binary && (m.lists["tree_info"] == nil && m.lists["weights"] == nil || m.param["learner_model_param/num_feature"] == "") {
		m.fail("there is no model in it")
	}
	return nil
}
