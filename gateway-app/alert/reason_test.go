package alert_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Every reason has a meaning in both languages and counts for its own outcome alone.
func TestReasonsAreAList(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	a, _ := d.found()
	seen, outcomes := map[string]bool{}, map[alert.Status]int{}
	for _, r := range alert.Reasons() {
		if seen[r.Code] || !vault.IsCode(r.Code) || r.Words.EN == "" || r.Words.ZH == "" {
			t.Errorf("%+v", r)
		}
		seen[r.Code] = true
		outcomes[r.Outcome]++
		for _, o := range []alert.Status{alert.Dismissed, alert.Escalated, alert.Reported} {
			tried := alert.Outcome{Status: o, Reason: r.Code, By: "olga"}
			if o == alert.Reported {
				tried.Narrative = "x"
			}
			if o != r.Outcome {
				_, err := d.Decide(t.Context(), a.ID, tried)
				refused(t, err, fault.InvalidField, "reason")
			} else if _, err := d.Decide(t.Context(), "none", tried); fault.Of(err).Code != fault.NotFound {
				t.Errorf("%s: %v", r.Code, err)
			}
		}
	}
	if len(outcomes) != 3 {
		t.Errorf("%v", outcomes)
	}
}
