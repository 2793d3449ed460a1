package safetensors

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// prefixOf is what stands before the first tensor of a header: room for the
// length, the brace, the metadata, and a comma if more follows.
func prefixOf(metadata []KeyValue, more bool) ([]byte, error) {
	size := 64
	for _, kv := range metadata {
		size += len(kv.Key) + len(kv.Value) + len(kv.Value)/4 // quotes are escaped
	}
	b := append(make([]byte, lengthSize, size), '{')
	if metadata == nil {
		return b, nil
	}
	b, err := appendMetadata(b, metadata)
	if err == nil && len(b) > lengthSize+MaxHeaderSize {
		err = fmt.Errorf("%w: %d bytes of metadata are more than %d", ErrHeaderTooLarge, len(b)-lengthSize, MaxHeaderSize)
	}
	if more {
		b = append(b, ',')
	}
	return b, err
}

func appendMetadata(b []byte, metadata []KeyValue) ([]byte, error) {
	b = append(b, `"`+metadataKey+`":{`...)
	seen := make(map[string]struct{}, len(metadata))
	for i, kv := range metadata {
		if !utf8.ValidString(kv.Key) || !utf8.ValidString(kv.Value) {
			return nil, fmt.Errorf("metadata key %s: key or value is not UTF-8", quoted(kv.Key))
		}
		if _, dup := seen[kv.Key]; dup {
			return nil, fmt.Errorf("metadata key %s stands twice", quoted(kv.Key))
		}
		seen[kv.Key] = struct{}{}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, kv.Key)
		b = append(b, ':')
		b = appendText(b, kv.Value)
	}
	return append(b, '}'), nil
}

func appendEntry(b []byte, e *Entry) []byte {
	b = appendText(b, e.Name)
	b = append(b, `:{"dtype":"`...)
	b = append(b, e.DType...)
	b = append(b, `","shape":`...)
	b = appendIntegers(b, e.Shape)
	b = append(b, `,"data_offsets":`...)
	b = appendIntegers(b, []int64{e.Begin, e.End})
	return append(b, '}')
}

func appendIntegers(b []byte, list []int64) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, v, 10)
	}
	return append(b, ']')
}

// appendText appends a JSON string as serde_json writes it: quote, backslash
// and control characters are escaped, the latter by letter where JSON has one
// and else in lower-case hexadecimal; DEL, slash and all that is not ASCII
// stand as they are.
func appendText(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			if c < 0x20 {
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				b = append(b, c)
			}
		}
	}
	return append(b, '"')
}
