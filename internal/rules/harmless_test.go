package rules

import (
	"strings"
	"testing"
)

// A class that is kept as a value must be one whose constructor was read: that a package
// has others that only note their arguments says nothing of it.
func TestKeptConstructors(t *testing.T) {
	keep := func(name string) string {
		module, class, _ := strings.Cut(name, ":")
		return `PROTO 4; GLOBAL "sklearn.linear_model._base" "LinearRegression"; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; UNICODE "x"; GLOBAL "` + module + `" "` + class + `"; SETITEM; BUILD; STOP`
	}
	var samples []sample
	for _, name := range strings.Fields(`torch.optim.adam:Adam torch.optim.lr_scheduler:StepLR sklearn.pipeline:Pipeline sklearn.svm._classes:SVC scipy.interpolate._fitpack2:LSQUnivariateSpline`) {
		samples = append(samples, sample{name, keep(name), ""})
	}
	for _, name := range strings.Fields(`torch.optim.lr_scheduler:LambdaLR torch.optim.swa_utils:AveragedModel sklearn.linear_model._logistic:_LbfgsCallbackBridge scipy.interpolate._rbf:Rbf scipy.interpolate._interpnd:LinearNDInterpolator sklearn.utils._metadata_requests:MetadataRequest`) {
		samples = append(samples, sample{name, keep(name), "MA104 " + strings.ReplaceAll(name, ":", ".")})
	}
	check(t, samples)
}
