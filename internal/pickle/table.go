package pickle

// Info describes one opcode.
type Info struct {
	Code  Opcode
	Name  string  // the mnemonic, as in pickletools
	Proto int     // the first protocol that has it, 0 to 5
	Arg   ArgKind // what follows the opcode byte
}

// An ArgKind is the form of the argument that follows an opcode byte.
type ArgKind byte

// The forms of arguments. Integers are little-endian. A counted argument is a
// length of 1, 4 or 8 bytes and that many bytes. A line ends with "\n".
const (
	ArgNone        ArgKind = iota
	ArgUint1               // unsigned, 1 byte
	ArgUint2               // unsigned, 2 bytes
	ArgUint4               // unsigned, 4 bytes
	ArgInt4                // signed, 4 bytes
	ArgUint8               // unsigned, 8 bytes
	ArgFloat8              // IEEE 754 binary64, big-endian
	ArgLong1               // counted by 1 byte: two's complement
	ArgLong4               // counted by 4 bytes, signed: two's complement
	ArgString1             // counted by 1 byte: Python 2 str
	ArgString4             // counted by 4 bytes: Python 2 str
	ArgBytes1              // counted by 1 byte: bytes
	ArgBytes4              // counted by 4 bytes: bytes
	ArgBytes8              // counted by 8 bytes: bytes, bytearray
	ArgUnicode1            // counted by 1 byte: UTF-8 with surrogates
	ArgUnicode4            // counted by 4 bytes: UTF-8 with surrogates
	ArgUnicode8            // counted by 8 bytes: UTF-8 with surrogates
	ArgIntLine             // line: integer, or 00 and 01 for the booleans
	ArgLongLine            // line: integer, "L" at the end
	ArgFloatLine           // line: decimal float, inf or nan
	ArgIndexLine           // line: memo index
	ArgStringLine          // line: quoted, backslash escapes
	ArgUnicodeLine         // line: raw-unicode-escape
	ArgPersIDLine          // line: ASCII
	ArgGlobalLines         // two lines: module and name, UTF-8
	ArgInstLines           // two lines: module and name, ASCII
)

// table is indexed by opcode byte; an entry without a name is no opcode.
var table = [256]Info{
	OpMark:            {OpMark, "MARK", 0, ArgNone},
	OpEmptyTuple:      {OpEmptyTuple, "EMPTY_TUPLE", 1, ArgNone},
	OpStop:            {OpStop, "STOP", 0, ArgNone},
	OpPop:             {OpPop, "POP", 0, ArgNone},
	OpPopMark:         {OpPopMark, "POP_MARK", 1, ArgNone},
	OpDup:             {OpDup, "DUP", 0, ArgNone},
	OpBinBytes:        {OpBinBytes, "BINBYTES", 3, ArgBytes4},
	OpShortBinBytes:   {OpShortBinBytes, "SHORT_BINBYTES", 3, ArgBytes1},
	OpFloat:           {OpFloat, "FLOAT", 0, ArgFloatLine},
	OpBinFloat:        {OpBinFloat, "BINFLOAT", 1, ArgFloat8},
	OpInt:             {OpInt, "INT", 0, ArgIntLine},
	OpBinInt:          {OpBinInt, "BININT", 1, ArgInt4},
	OpBinInt1:         {OpBinInt1, "BININT1", 1, ArgUint1},
	OpLong:            {OpLong, "LONG", 0, ArgLongLine},
	OpBinInt2:         {OpBinInt2, "BININT2", 1, ArgUint2},
	OpNone:            {OpNone, "NONE", 0, ArgNone},
	OpPersID:          {OpPersID, "PERSID", 0, ArgPersIDLine},
	OpBinPersID:       {OpBinPersID, "BINPERSID", 1, ArgNone},
	OpReduce:          {OpReduce, "REDUCE", 0, ArgNone},
	OpString:          {OpString, "STRING", 0, ArgStringLine},
	OpBinString:       {OpBinString, "BINSTRING", 1, ArgString4},
	OpShortBinString:  {OpShortBinString, "SHORT_BINSTRING", 1, ArgString1},
	OpUnicode:         {OpUnicode, "UNICODE", 0, ArgUnicodeLine},
	OpBinUnicode:      {OpBinUnicode, "BINUNICODE", 1, ArgUnicode4},
	OpEmptyList:       {OpEmptyList, "EMPTY_LIST", 1, ArgNone},
	OpAppend:          {OpAppend, "APPEND", 0, ArgNone},
	OpBuild:           {OpBuild, "BUILD", 0, ArgNone},
	OpGlobal:          {OpGlobal, "GLOBAL", 0, ArgGlobalLines},
	OpDict:            {OpDict, "DICT", 0, ArgNone},
	OpAppends:         {OpAppends, "APPENDS", 1, ArgNone},
	OpGet:             {OpGet, "GET", 0, ArgIndexLine},
	OpBinGet:          {OpBinGet, "BINGET", 1, ArgUint1},
	OpInst:            {OpInst, "INST", 0, ArgInstLines},
	OpLongBinGet:      {OpLongBinGet, "LONG_BINGET", 1, ArgUint4},
	OpList:            {OpList, "LIST", 0, ArgNone},
	OpObj:             {OpObj, "OBJ", 1, ArgNone},
	OpPut:             {OpPut, "PUT", 0, ArgIndexLine},
	OpBinPut:          {OpBinPut, "BINPUT", 1, ArgUint1},
	OpLongBinPut:      {OpLongBinPut, "LONG_BINPUT", 1, ArgUint4},
	OpSetItem:         {OpSetItem, "SETITEM", 0, ArgNone},
	OpTuple:           {OpTuple, "TUPLE", 0, ArgNone},
	OpSetItems:        {OpSetItems, "SETITEMS", 1, ArgNone},
	OpEmptyDict:       {OpEmptyDict, "EMPTY_DICT", 1, ArgNone},
	OpProto:           {OpProto, "PROTO", 2, ArgUint1},
	OpNewObj:          {OpNewObj, "NEWOBJ", 2, ArgNone},
	OpExt1:            {OpExt1, "EXT1", 2, ArgUint1},
	OpExt2:            {OpExt2, "EXT2", 2, ArgUint2},
	OpExt4:            {OpExt4, "EXT4", 2, ArgInt4},
	OpTuple1:          {OpTuple1, "TUPLE1", 2, ArgNone},
	OpTuple2:          {OpTuple2, "TUPLE2", 2, ArgNone},
	OpTuple3:          {OpTuple3, "TUPLE3", 2, ArgNone},
	OpNewTrue:         {OpNewTrue, "NEWTRUE", 2, ArgNone},
	OpNewFalse:        {OpNewFalse, "NEWFALSE", 2, ArgNone},
	OpLong1:           {OpLong1, "LONG1", 2, ArgLong1},
	OpLong4:           {OpLong4, "LONG4", 2, ArgLong4},
	OpShortBinUnicode: {OpShortBinUnicode, "SHORT_BINUNICODE", 4, ArgUnicode1},
	OpBinUnicode8:     {OpBinUnicode8, "BINUNICODE8", 4, ArgUnicode8},
	OpBinBytes8:       {OpBinBytes8, "BINBYTES8", 4, ArgBytes8},
	OpEmptySet:        {OpEmptySet, "EMPTY_SET", 4, ArgNone},
	OpAddItems:        {OpAddItems, "ADDITEMS", 4, ArgNone},
	OpFrozenSet:       {OpFrozenSet, "FROZENSET", 4, ArgNone},
	OpNewObjEx:        {OpNewObjEx, "NEWOBJ_EX", 4, ArgNone},
	OpStackGlobal:     {OpStackGlobal, "STACK_GLOBAL", 4, ArgNone},
	OpMemoize:         {OpMemoize, "MEMOIZE", 4, ArgNone},
	OpFrame:           {OpFrame, "FRAME", 4, ArgUint8},
	OpByteArray8:      {OpByteArray8, "BYTEARRAY8", 5, ArgBytes8},
	OpNextBuffer:      {OpNextBuffer, "NEXT_BUFFER", 5, ArgNone},
	OpReadonlyBuffer:  {OpReadonlyBuffer, "READONLY_BUFFER", 5, ArgNone},
}
