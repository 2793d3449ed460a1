// Package pickle turns pickle bytes into instructions and back. It knows how an
// instruction is written, not what it does: there is no stack, no memo and no
// object here.
//
// The judge is CPython's C unpickler (Modules/_pickle.c) up to Python 3.13,
// which accepts more than Lib/pickletools.py does: numbers in base 0, text
// behind a NUL byte, arguments across frames. What it accepts is decoded as it
// decodes it. Where other versions, or the Python unpickler that joblib uses
// (class _Unpickler of Lib/pickle.py), read the same bytes differently, or
// where only they accept them, the [Decoder] records an [Anomaly].
//
// # Security
//
// Input is hostile. Every length is compared with the bytes that exist before
// anything is allocated; a payload longer than Options.MaxInline is skipped,
// not read; lines, digits of numbers, instructions and remembered anomalies
// are bounded. Memory stays below a small multiple of MaxInline. No bytes make
// a function of this package panic, and no name in them is ever looked up.
package pickle
