package scan

import (
	"fmt"

	"github.com/modelaudit/action/audit"
	"github.com/modelaudit/action/internal/nemo"
	"github.com/modelaudit/action/internal/rules"
	"github.com/modelaudit/action/internal/safeio"
)

// nemoConfig is the member of a .nemo archive that says which classes make the
// model up (nemo/core/connectors/save_restore_connector.py).
const nemoConfig = "model_config.yaml"

// nemo audits a member of an archive that is the configuration of NeMo.
func (w *walk) nemo(p part) {
	if p.name != nemoConfig {
		return
	}
	w.shown = true
	for _, f := range []audit.Format{audit.FormatTar, audit.FormatZip} {
		w.out.Artifact.Formats = replace(w.out.Artifact.Formats, f, audit.FormatNeMo)
	}
	config, err := safeio.ReadRange(p.r, p.size, 0, p.size, nemo.MaxSize)
	if err != nil {
		w.fail(p, err)
		return
	}
	targets, err := nemo.Targets(config)
	if err != nil {
		w.unread(p.member, 0, p.size, err.Error())
	}
	for _, t := range targets {
		if !rules.ListedConfigTarget(t.Name) {
			message := fmt.Sprintf("the loader calls %q", t.Name)
			if t.Tag {
				message = fmt.Sprintf("a loader that knows the tag %q makes what it says", t.Name)
			}
			w.add([]audit.Finding{rules.Called("MA404", audit.Location{Member: p.member, Start: t.Start, End: t.End}, t.Name, message)})
		}
	}
}
