package hookcommand

import (
	"github.com/modelaudit/action/cmd/internal/door"
	"github.com/urfave/cli/v2"
)

func cacheFlag() cli.Flag {
	return &cli.StringFlag{Name: "cache", Value: "auto", Usage: "`auto|on|off`: do not read again what was clean before; auto is off where $CI is set"}
}

// wantsCache reports whether facts about blobs are kept. A CI job begins with
// nothing and should not trust what another job left.
func wantsCache(c *cli.Context, s door.Streams) (bool, error) {
	switch v := c.String("cache"); v {
	case "on":
		return true, nil
	case "off":
		return false, nil
	case "auto":
		ci := s.Environ("CI")
		return ci == "" || ci == "0" || ci == "false", nil
	default:
		return false, door.Usagef("--cache %s: expected auto, on or off", v)
	}
}
