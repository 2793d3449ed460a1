package safetensors_test

import (
	"testing"

	"github.com/modelaudit/action/converters/convertertest"
	"github.com/modelaudit/action/converters/safetensors"
)

func TestConformance(t *testing.T) { convertertest.Run(t, safetensors.Target) }
