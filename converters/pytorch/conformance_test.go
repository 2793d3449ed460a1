package pytorch_test

import (
	"testing"

	"github.com/modelaudit/action/converters/convertertest"
	"github.com/modelaudit/action/converters/pytorch"
)

func TestConformance(t *testing.T) { convertertest.Run(t, pytorch.Target) }
