package e2e_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// Whatever is refused is refused with its code, nothing is ordered, and nothing on the ledger changes.
func TestARefusedCommandWritesNothing(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	booked := s.Pays(l, 1_000)
	applied := contracttest.Private(contracttest.Pair, s.Receipt(l.ID(), 1_000))
	s.Do(posting(meridian, party.Machine, applied))

	another := s.Receipt(l.ID(), 2_000)
	fresh := func(receipts ...wire.Receipt) any { return contracttest.Private(contracttest.Pair, receipts...) }
	encoded := text(t, fresh(another))
	empty := contracttest.Private(contracttest.Pair, another)
	empty.Items = []wire.Receipt{}
	altered := applied
	altered.Items = []wire.Receipt{another}
	cases := []struct {
		name string
		call contracttest.Call
		want fault.Code
	}{
		{"a platform books what the bank received", posting(harbor, party.Machine, fresh(another)), fault.WrongMember},
		{"a platform writes among another's customers", contracttest.Call{
			Member: lantern, Role: party.Machine, Function: "Loan:Propose", EndorseBy: []string{meridian, harbor},
			Request: contracttest.Private(contracttest.Pair, wire.ProposeLoan{Terms: l.Terms}),
		}, fault.WrongMember},
		{"an administrator books receipts", posting(meridian, party.Admin, fresh(another)), fault.WrongRole},
		{"a certificate without a role", posting(meridian, "", fresh(another)), fault.WrongRole},
		{"an auditor writes", posting(authority, party.Auditor, fresh(another)), fault.WrongMember},
		{"a request id with another body", posting(meridian, party.Machine, altered), fault.RequestIDReused},
		{"a bank entry that is booked", posting(meridian, party.Machine, fresh(booked)), fault.DuplicateBankReference},
		{"a batch beyond the limit", posting(meridian, party.Machine, fresh(many(s, l, 1_001)...)), fault.BatchTooLarge},
		{"an empty batch", posting(meridian, party.Machine, empty), fault.BatchEmpty},
		{"half a JSON object", posting(meridian, party.Machine, encoded[:len(encoded)/2]), fault.MalformedRequest},
		{"no JSON at all", posting(meridian, party.Machine, "what the bank received"), fault.MalformedRequest},
		{"two objects", posting(meridian, party.Machine, encoded+encoded), fault.MalformedRequest},
		{"a field that nobody knows", posting(meridian, party.Machine,
			strings.Replace(encoded, `"version"`, `"generous":true,"version"`, 1)), fault.MalformedRequest},
		{"a field twice", posting(meridian, party.Machine,
			strings.Replace(encoded, `"version":1`, `"version":1,"version":1`, 1)), fault.MalformedRequest},
		{"an amount that is no integer", posting(meridian, party.Machine,
			strings.Replace(encoded, `"amount_minor":2000`, `"amount_minor":2000.5`, 1)), fault.InvalidField},
		{"a function that is spelt otherwise", contracttest.Call{
			Member: meridian, Role: party.Machine, Function: "Repayment:post", Request: encoded,
		}, fault.UnknownFunction},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			heights, state := c.heights(t), c.auditor.digest()
			result := peers{c}.Submit(t, test.call)
			if result.Fault == nil || result.Fault.Code != test.want {
				t.Errorf("got %v, verdict %s, want %s", result.Fault, result.Verdict, test.want)
			}
			if after := c.heights(t); !maps.Equal(after, heights) {
				t.Errorf("the peers went from %v to %v", heights, after)
			}
			if c.auditor.digest() != state {
				t.Error("something on the ledger changed")
			}
		})
	}
}

// A request that is sent again answers the same bytes as before, and writes nothing.
func TestAReplayedRequestAnswersTheSameAndWritesNothing(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	good, bad := s.Receipt(l.ID(), 1_000), s.Receipt(l.ID(), 0)
	request := contracttest.Private(contracttest.Pair, good, bad)
	request.Mode = wire.Each
	client := c.client(t, meridian, "machine")
	submit := func() ledger.Result {
		result, err := client.Submit(within(t, patience), "Repayment:Post", request)
		if err != nil {
			t.Fatal(err)
		}
		c.settled(t, result.BlockNumber)
		return result
	}
	first := submit()
	if first.Answer.Applied != 1 || len(first.Answer.Refused) != 1 {
		t.Fatalf("of a good and a bad receipt the answer is %+v", first.Answer)
	}
	state := c.auditor.digest()
	second := submit()
	before, again := c.transaction(t, first), c.transaction(t, second)
	if string(before.Response.Payload) != string(again.Response.Payload) || len(again.Response.Payload) == 0 {
		t.Errorf("first %s, then %s", before.Response.Payload, again.Response.Payload)
	}
	if len(again.PublicWrites)+len(again.PrivateHashes) != 0 || again.Event != nil || c.auditor.digest() != state {
		t.Errorf("the replay wrote %v and %v, event %v", again.PublicWrites, again.PrivateHashes, again.Event)
	}
}

// transaction reads what a block says of a transaction.
func (c *consortium) transaction(t *testing.T, result ledger.Result) ledger.Tx {
	t.Helper()
	block, err := c.client(t, authority, "auditor").Block(within(t, patience), result.BlockNumber)
	if err != nil {
		t.Fatal(err)
	}
	tx, found := block.Transaction(result.TxID)
	if !found {
		t.Fatalf("block %d does not hold %s", result.BlockNumber, result.TxID)
	}
	return tx
}

func posting(member string, role party.Role, request any) contracttest.Call {
	return contracttest.Call{
		Member: member, Role: role, Function: "Repayment:Post", Request: request, EndorseBy: []string{meridian, authority},
	}
}

func many(s *contracttest.Scene, l *contracttest.Loan, count int) []wire.Receipt {
	today, list := s.Today(), make([]wire.Receipt, count)
	for i := range list {
		list[i] = wire.Receipt{Account: l.ID(), BankReference: "bank-" + contracttest.NewHandle(), AmountMinor: 1, ValueDate: today}
	}
	return list
}

func text(t *testing.T, request any) string {
	t.Helper()
	raw, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
