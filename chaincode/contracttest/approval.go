package contracttest

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// approvalSuite is about what a second person stands for.
func approvalSuite(t *testing.T, open func(t *testing.T) Ledger) {
	for _, scenario := range []struct {
		name string
		play func(t *testing.T, open func(t *testing.T) Ledger)
	}{
		{"what a regime in force wants a second person for, nobody does alone", approvalMissing},
		{"a loan's own regime says what takes a second person", approvalByTheLoansRegime},
		{"an approval by the wrong person is refused", approvalByTheWrong},
		{"an approval is for one request as it stands", approvalOfAnother},
		{"an approved request sent again is answered as before", approvalRepeated},
		{"what no regime wants a second person for may bring one", approvalUnasked},
		{"a pack wants a second person only where one can be wanted", approvalListed},
	} {
		t.Run(scenario.name, func(t *testing.T) { scenario.play(t, open) })
	}
}

// ordered is a world under a regime of its own in force, and the regulator's order over a party of it.
func ordered(t *testing.T, open func(t *testing.T) Ledger) (*World, Call) {
	t.Helper()
	w, on := Opened(t, open(t))
	w.Adopt(Sandbox())
	c := w.Attested(on, party.P256)
	return w, freezing(c, on, NewHandle())
}

func freezing(c Person, on calendar.Date, order string) Call {
	return partyCall(Authority, party.Supervisor, "Freeze", wire.PartyFreeze{Handle: c.Handle, Order: order, Until: on.AddDays(30)})
}

func alone(c Call) Call {
	c.Alone = true
	return c
}

func approvalMissing(t *testing.T, open func(t *testing.T) Ledger) {
	w, freeze := ordered(t, open)
	missing := fault.New(fault.ApprovalMissing)
	w.Refused(alone(freeze), missing)
	w.Refused(alone(Call{
		Member: Authority, Role: party.Supervisor, Function: "Consortium:FreezePlatform",
		Request: Public(wire.PlatformOrder{Platform: Lantern, Order: "order-" + NewHandle()}),
	}), missing)
	propose := Call{Member: Harbor, Role: party.Supervisor, Function: "Consortium:ProposeRegime", Request: Public(Sandbox())}
	w.Refused(alone(propose), missing)
	w.Must(freeze)
	w.Must(propose)
}

// approvalByTheLoansRegime has two loans frozen, of which only one remembers a regime that wants four eyes.
func approvalByTheLoansRegime(t *testing.T, open func(t *testing.T) Ledger) {
	plain := Sandbox()
	plain.Rules.FourEyes = nil
	s := OpenSceneUnder(t, open, plain)
	order := func(l *Loan) Call {
		return s.asSupervisor("Loan:Freeze", Private(Pair, wire.OrderLoan{Loan: l.ID(), Order: "order-" + NewHandle()}))
	}
	free := s.Proposed(tenThousand)
	s.Do(alone(order(free)))
	s.Regime = s.Adopt(Sandbox())
	bound := s.Proposed(tenThousand)
	s.Refuses(alone(order(bound)), fault.ApprovalMissing, "")
	s.Do(order(bound))
}

func approvalByTheWrong(t *testing.T, open func(t *testing.T) Ledger) {
	w, freeze := ordered(t, open)
	for _, wrong := range []struct{ member, identity, field string }{
		{Authority, "supervisor", "certificates"}, // who submits
		{Harbor, Deputy, "certificates"},          // another member's authority
		{Authority, "operator", "role"},
		{Authority, "machine", "role"},
		{Authority, "admin", "role"},
	} {
		w.Refused(ApprovedBy(t, w, freeze, wrong.member, wrong.identity), fault.In(fault.ApprovalInvalid, "approvals[0]."+wrong.field))
	}
	request := requestOf(t, Approved(t, w, freeze))
	request.Approvals = append(request.Approvals, request.Approvals[0])
	freeze.Request = request
	w.Refused(freeze, fault.In(fault.ApprovalInvalid, "approvals[1].certificates"))
	for len(request.Approvals) <= wire.MaxApprovals {
		request.Approvals = append(request.Approvals, request.Approvals[0])
	}
	freeze.Request = request
	w.Refused(freeze, fault.In(fault.ApprovalInvalid, "approvals"))
}

// requestOf reads a call's request, to be altered.
func requestOf(t *testing.T, c Call) wire.Request[json.RawMessage] {
	t.Helper()
	var request wire.Request[json.RawMessage]
	if err := json.Unmarshal(c.Encoded(t), &request); err != nil {
		t.Fatal(err)
	}
	return request
}

// approvalOfAnother alters, one by one, everything that an approval binds.
func approvalOfAnother(t *testing.T, open func(t *testing.T) Ledger) {
	w, freeze := ordered(t, open)
	good := requestOf(t, Approved(t, w, freeze))
	const signature = "approvals[0].signature"
	refused := func(alter func(r *wire.Request[json.RawMessage]), field string) {
		t.Helper()
		altered := good
		alter(&altered)
		w.Refused(Call{Member: Authority, Role: party.Supervisor, Function: freeze.Function, Request: altered},
			fault.In(fault.ApprovalInvalid, field))
	}
	refused(func(r *wire.Request[json.RawMessage]) { r.ID = NewHandle() }, signature)
	refused(func(r *wire.Request[json.RawMessage]) { r.Mode = wire.Each }, signature)
	refused(func(r *wire.Request[json.RawMessage]) { r.Collection = OtherPair }, signature)
	refused(func(r *wire.Request[json.RawMessage]) {
		r.Items = []json.RawMessage{r.Items[0], r.Items[0]}
	}, signature)
	refused(func(r *wire.Request[json.RawMessage]) {
		r.Approvals = []wire.Approval{{Certificates: r.Approvals[0].Certificates, Signature: "none"}}
	}, signature)
	refused(func(r *wire.Request[json.RawMessage]) {
		r.Approvals = []wire.Approval{{Certificates: r.Approvals[0].Certificates[:1], Signature: r.Approvals[0].Signature}}
	}, "approvals[0].certificates")
	good.Salt = NewDigest() // it hides the request, and is no part of what is approved
	w.Must(Call{Member: Authority, Role: party.Supervisor, Function: freeze.Function, Request: good})

	order := Call{
		Member: Authority, Role: party.Supervisor, Function: "Consortium:FreezePlatform",
		Request: Public(wire.PlatformOrder{Platform: Lantern, Order: "order-" + NewHandle()}),
	}
	swapped := Approved(t, w, order)
	swapped.Function = "Consortium:ReleasePlatform"
	w.Refused(swapped, fault.In(fault.ApprovalInvalid, signature))
}

func approvalRepeated(t *testing.T, open func(t *testing.T) Ledger) {
	w, freeze := ordered(t, open)
	freeze = Approved(t, w, freeze)
	first, again := w.Submit(t, freeze), w.Submit(t, freeze)
	if first.Verdict != peer.TxValidationCode_VALID || again.Verdict != first.Verdict || !bytes.Equal(first.Answer, again.Answer) {
		t.Fatalf("answered %s %s, then %s %s", first.Verdict, first.Answer, again.Verdict, again.Answer)
	}
	resigned := requestOf(t, freeze)
	resigned.Approvals = nil
	freeze.Request = resigned
	w.Refused(ApprovedBy(t, w, freeze, Authority, Deputy), fault.In(fault.RequestIDReused, "id"))
}

// approvalUnasked has a machine's command carry a person's word. It is verified like any other.
func approvalUnasked(t *testing.T, open func(t *testing.T) Ledger) {
	w, on := Opened(t, open(t))
	attest := attesting(attestation(NewPerson(t, party.P256).identity(on)))
	w.Refused(ApprovedBy(t, w, attest, Lantern, "operator"), fault.In(fault.ApprovalInvalid, "approvals[0].certificates"))
	w.Refused(ApprovedBy(t, w, attest, Harbor, "machine"), fault.In(fault.ApprovalInvalid, "approvals[0].role"))
	w.Must(ApprovedBy(t, w, attest, Harbor, "operator"))
}

func approvalListed(t *testing.T, open func(t *testing.T) Ledger) {
	w := Founded(t, open(t))
	for _, names := range [][]string{{"Repayment:Post"}, {"Loan:freeze"}, {"Loan:Freeze", "Loan:Freeze"}, {""}, {"Consortium:Bootstrap"}} {
		p := Sandbox()
		p.Rules.FourEyes = names
		w.Refused(Call{Member: Authority, Role: party.Supervisor, Function: "Consortium:ProposeRegime", Request: Public(p)},
			fault.In(fault.InvalidField, "rules.four_eyes").At(0))
	}
}
