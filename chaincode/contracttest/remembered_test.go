package contracttest

import (
	"encoding/json"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/tallystick/tallystick/chaincode/contracts"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// What the ledger remembers of an approved request is enough to verify the approval with, and to say whose it
// was without a person's name.
func TestTheLedgerRemembersWhoApproved(t *testing.T) {
	fake := OpenFake(t, func() shim.Chaincode {
		whole, err := contracts.New(wire.FoundersDigest(FakeFounders()))
		if err != nil {
			t.Fatal(err)
		}
		return whole
	})
	w, freeze := ordered(t, func(*testing.T) Ledger { return fake })
	freeze = Approved(t, fake, freeze)
	request := requestOf(t, freeze)
	w.Must(freeze)
	platform := Approved(t, fake, Call{
		Member: Authority, Role: party.Supervisor, Function: "Consortium:FreezePlatform",
		Request: Public(wire.PlatformOrder{Platform: Lantern, Order: "order-1"}),
	})
	w.Must(platform)
	remembered(t, fake, fake.Ledger().Private(Pair, wire.RequestKey(request.ID)), digestOfCall(t, freeze.Function, request))
	public := requestOf(t, platform)
	remembered(t, fake, fake.Ledger().State(wire.RequestKey(public.ID)), digestOfCall(t, platform.Function, public))
}

func remembered(t *testing.T, fake Fake, raw []byte, digest string) {
	t.Helper()
	var kept wire.Remembered
	if err := json.Unmarshal(raw, &kept); err != nil || len(kept.Approvals) != 1 {
		t.Fatalf("%d approvals are remembered, %v", len(kept.Approvals), err)
	}
	got := kept.Approvals[0]
	if got.Member != Authority || got.Role != party.Supervisor || got.Name != "deputy."+mspOf[Authority] || got.Digest != digest {
		t.Errorf("remembered %+v", got)
	}
	const moment = 1_770_000_000
	again, err := got.Verify(got.Digest, fake.Roots(t, got.Member), moment)
	if err != nil || again.Fingerprint != got.Fingerprint || again.Name != got.Name {
		t.Errorf("verified as %+v, %v", again, err)
	}
}
