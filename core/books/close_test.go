package books_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// adoptRules lets regulator and custodian adopt a reporting pack.
func (l *ledger) adoptRules(id, from string) {
	l.Helper()
	key := wire.RegimeKey(id)
	rule := regime.Rule{ID: "loans", Version: 1, Words: regime.Words{EN: "loans", ZH: "笔数"}, Expression: "balance_count", Source: "a test"}
	proposed := regime.Pack{
		ID: id, Title: id, Source: "a test", EffectiveFrom: day(from), AppliesTo: regime.Reports,
		Reporting: &regime.Reporting{Formulas: []regime.Formula{{Rule: rule, Unit: regime.UnitCount}}},
	}
	l.decidePack(key, authority, regime.Propose{Pack: proposed, Actor: authority})
	l.decidePack(key, authority, regime.Approve{On: l.on, Actor: authority})
	custodian := supervisor(meridian)
	digest, err := wire.PackDigest(l.decidePack(key, custodian, regime.Approve{On: l.on, Actor: custodian}))
	l.must(err)
	root := decode[wire.Root](l, l.committed["/"+wire.RootRegimes])
	root.Listed = append(root.Listed, wire.Listed{ID: id, Digest: digest})
	l.put("", wire.RootRegimes, root)
	l.commit()
}

// Which reporting pack was in force at a close is what the ledger had said by then: neither a later approval nor a
// retirement as of a day before changes it.
func TestAClosesReportingPackStays(t *testing.T) {
	l := newLedger(t)
	l.found()
	l.openDay("2024-01-02")
	l.openDay("2024-01-03")
	l.adoptRules("first", "2024-01-01")
	l.openDay("2024-01-04")
	l.adoptRules("second", "2024-01-02")
	l.openDay("2024-01-05")
	l.decidePack(wire.RegimeKey("second"), authority, regime.Retire{Until: day("2024-01-03"), On: l.on, Actor: authority})
	l.commit()
	l.openDay("2024-01-08")
	auditor, err := audit(l.history)
	l.must(err)
	for on, want := range map[string]string{
		"2024-01-02": "", "2024-01-03": "first", "2024-01-04": "second", "2024-01-05": "first", "2024-01-08": "",
	} {
		if pack, known := auditor.ReportingAt("meridian", day(on)); pack.ID != want || known != (want != "") {
			t.Errorf("at the close of %s %q counted, want %q", on, pack.ID, want)
		}
	}
	if _, known := auditor.ReportingAt("lantern", day("2024-01-03")); known {
		t.Error("another closed nothing")
	}
}
