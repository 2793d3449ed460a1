package pickle

import "fmt"

// An Opcode is the first byte of a pickle instruction.
type Opcode byte

// The 68 opcodes of protocols 0 to 5, by byte value. Source: Lib/pickletools.py
// and enum opcode of Modules/_pickle.c in CPython.
const (
	OpMark            Opcode = '('
	OpEmptyTuple      Opcode = ')'
	OpStop            Opcode = '.'
	OpPop             Opcode = '0'
	OpPopMark         Opcode = '1'
	OpDup             Opcode = '2'
	OpBinBytes        Opcode = 'B'
	OpShortBinBytes   Opcode = 'C'
	OpFloat           Opcode = 'F'
	OpBinFloat        Opcode = 'G'
	OpInt             Opcode = 'I'
	OpBinInt          Opcode = 'J'
	OpBinInt1         Opcode = 'K'
	OpLong            Opcode = 'L'
	OpBinInt2         Opcode = 'M'
	OpNone            Opcode = 'N'
	OpPersID          Opcode = 'P'
	OpBinPersID       Opcode = 'Q'
	OpReduce          Opcode = 'R'
	OpString          Opcode = 'S'
	OpBinString       Opcode = 'T'
	OpShortBinString  Opcode = 'U'
	OpUnicode         Opcode = 'V'
	OpBinUnicode      Opcode = 'X'
	OpEmptyList       Opcode = ']'
	OpAppend          Opcode = 'a'
	OpBuild           Opcode = 'b'
	OpGlobal          Opcode = 'c'
	OpDict            Opcode = 'd'
	OpAppends         Opcode = 'e'
	OpGet             Opcode = 'g'
	OpBinGet          Opcode = 'h'
	OpInst            Opcode = 'i'
	OpLongBinGet      Opcode = 'j'
	OpList            Opcode = 'l'
	OpObj             Opcode = 'o'
	OpPut             Opcode = 'p'
	OpBinPut          Opcode = 'q'
	OpLongBinPut      Opcode = 'r'
	OpSetItem         Opcode = 's'
	OpTuple           Opcode = 't'
	OpSetItems        Opcode = 'u'
	OpEmptyDict       Opcode = '}'
	OpProto           Opcode = 0x80
	OpNewObj          Opcode = 0x81
	OpExt1            Opcode = 0x82
	OpExt2            Opcode = 0x83
	OpExt4            Opcode = 0x84
	OpTuple1          Opcode = 0x85
	OpTuple2          Opcode = 0x86
	OpTuple3          Opcode = 0x87
	OpNewTrue         Opcode = 0x88
	OpNewFalse        Opcode = 0x89
	OpLong1           Opcode = 0x8a
	OpLong4           Opcode = 0x8b
	OpShortBinUnicode Opcode = 0x8c
	OpBinUnicode8     Opcode = 0x8d
	OpBinBytes8       Opcode = 0x8e
	OpEmptySet        Opcode = 0x8f
	OpAddItems        Opcode = 0x90
	OpFrozenSet       Opcode = 0x91
	OpNewObjEx        Opcode = 0x92
	OpStackGlobal     Opcode = 0x93
	OpMemoize         Opcode = 0x94
	OpFrame           Opcode = 0x95
	OpByteArray8      Opcode = 0x96
	OpNextBuffer      Opcode = 0x97
	OpReadonlyBuffer  Opcode = 0x98
)

// String returns the mnemonic as pickletools spells it, "SHORT_BINUNICODE", or
// the byte in hexadecimal, "0xff", when it is no opcode.
func (c Opcode) String() string {
	if info, ok := c.Info(); ok {
		return info.Name
	}
	return fmt.Sprintf("0x%02x", byte(c))
}

// Info returns the opcode's description; ok is false when the byte is no opcode.
func (c Opcode) Info() (info Info, ok bool) {
	info = table[c]
	return info, info.Name != ""
}

// Opcodes returns the 68 descriptions in order of their byte.
func Opcodes() []Info {
	list := make([]Info, 0, 68)
	for _, info := range table {
		if info.Name != "" {
			list = append(list, info)
		}
	}
	return list
}
