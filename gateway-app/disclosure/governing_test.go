package disclosure_test

import (
	"slices"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/disclosure"
)

// Whatever order closes come in, one and the same says by which pack they are disclosed, also where it has none.
func TestGoverning(t *testing.T) {
	for _, tested := range []struct {
		what   string
		closes []disclosure.Close
		want   string
	}{
		{"none", nil, ""},
		{"one", []disclosure.Close{{Custodian: "a", Regime: "first"}}, "first"},
		{"the later day, though its block is earlier", []disclosure.Close{
			{Custodian: "a", On: day("2016-01-29"), Block: 5, Regime: "late"}, {Custodian: "b", On: day("2016-01-28"), Block: 9, Regime: "early"},
		}, "late"},
		{"of one day the later block", []disclosure.Close{
			{Custodian: "a", On: day("2016-01-29"), Block: 9, Regime: "late"}, {Custodian: "b", On: day("2016-01-29"), Block: 5, Regime: "early"},
		}, "late"},
		{"of one block the later name", []disclosure.Close{
			{Custodian: "a", On: day("2016-01-29"), Block: 5, Regime: "one"}, {Custodian: "b", On: day("2016-01-29"), Block: 5, Regime: "other"},
		}, "other"},
		{"none at the latest", []disclosure.Close{
			{Custodian: "a", On: day("2016-01-29"), Block: 5, Regime: "early"}, {Custodian: "b", On: day("2016-01-29"), Block: 9},
		}, ""},
	} {
		for range 2 {
			found, ok := disclosure.Governing(tested.closes)
			if found.Regime != tested.want || ok != (len(tested.closes) > 0) {
				t.Errorf("%s: %q, %v", tested.what, found.Regime, ok)
			}
			slices.Reverse(tested.closes)
		}
	}
}
