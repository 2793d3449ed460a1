package detect

import (
	"slices"
	"strings"
)

// frozenModules lists what CPython 3.11 and later finds under a name that goes on behind a
// zero byte, as it compares C strings (Python/import.c, look_up_frozen): "os\x00x" is os.
func frozenModules() []string {
	return strings.Fields(`_frozen_importlib _frozen_importlib_external zipimport abc codecs io _collections_abc _sitebuiltins
		genericpath ntpath posixpath os.path os site stat importlib.util importlib.machinery runpy __hello__ __hello_alias__
		__phello_alias__ __phello_alias__.spam __phello__ __phello__.__init__ __phello__.ham __phello__.ham.__init__
		__phello__.ham.eggs __phello__.spam __hello_only__`)
}

// acts reports whether a package that is imported before a module is looked for
// in it does more than define things.
func acts(module string) bool {
	parts := strings.Split(module, ".")
	return slices.ContainsFunc(parts[:len(parts)-1], func(part string) bool {
		return slices.Contains([]string{"antigravity", "this", "idlelib", "autotest", "__main__"}, part)
	})
}
