package contracttest

import (
	"encoding/json"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
)

// Sandbox is a regime pack for tests, in force since long, under an id of its own.
func Sandbox() wire.ProposedRegime {
	return wire.ProposedRegime{
		ID: "sandbox-" + NewHandle(), Title: "Sandbox", Source: "figures for tests",
		EffectiveFrom: calendar.NewDate(2016, 1, 1), AppliesTo: "new",
		Rules: regime.Rules{
			Currency: money.CNY, RateCapPPM: 240_000, PenaltyCapPPM: 240_000,
			Natural:     regime.Caps{PlatformMinor: 20_000_000, NetworkMinor: 100_000_000},
			Legal:       regime.Caps{PlatformMinor: 100_000_000, NetworkMinor: 500_000_000},
			MinKYCLevel: 2, MinPrincipal: 1_000, MaxPrincipal: 100_000_000, MaxInstalments: 60,
			Methods:       []string{string(schedule.EqualInstalment), string(schedule.EqualPrincipal)},
			Allocation:    []regime.Component{regime.Fee, regime.Interest, regime.Principal, regime.Penalty},
			ClearanceDays: 7, FundingDays: 10, BackdatingDays: 5, WriteOffDays: 90,
			FourEyes: []string{
				"Consortium:Register", "Consortium:ProposeRegime", "Consortium:RetireRegime",
				"Consortium:FreezePlatform", "Consortium:ReleasePlatform",
				"Party:Revoke", "Party:Freeze", "Party:Release", "Loan:WriteOff", "Loan:Freeze", "Loan:Release",
			},
		},
	}
}

// Adopt has a pack proposed and approved by the regulator and the custodian. It answers its id.
func (w *World) Adopt(p wire.ProposedRegime) string {
	w.T.Helper()
	w.Must(Call{Member: Authority, Role: party.Supervisor, Function: "Consortium:ProposeRegime", Request: Public(p)})
	for _, member := range []string{Authority, Meridian} {
		w.Must(w.approval(member, p.ID))
	}
	return p.ID
}

// approval is a member's approval of a pack as it is read from the ledger.
func (w *World) approval(member, id string) Call {
	w.T.Helper()
	return Call{
		Member: member, Role: party.Supervisor, Function: "Consortium:ApproveRegime",
		Request: Public(wire.ApprovedRegime{ID: id, Digest: w.digestOf(id)}),
	}
}

func (w *World) digestOf(id string) string {
	w.T.Helper()
	digest, err := wire.PackDigest(w.pack(id).State)
	if err != nil {
		w.T.Fatalf("take a pack's digest: %v", err)
	}
	return digest
}

func (w *World) pack(id string) wire.Record[regime.Pack, json.RawMessage] {
	w.T.Helper()
	var records []*wire.Record[regime.Pack, json.RawMessage]
	w.Read(Call{Member: Harbor, Role: party.Operator, Function: "Consortium:ReadRegimes", Request: PublicRead(id)}, &records)
	if len(records) != 1 || records[0] == nil {
		w.T.Fatalf("no regime pack %q is on the ledger", id)
	}
	return *records[0]
}
