package e2e_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

// soonEnough is what an alert may take from the commit of its movement to the system that is told of it.
const soonEnough = 2 * time.Second

// A large deposit is committed, and within two seconds the custodian's own system has been told of the alert, signed.
// The officer reports it; and neither the alert nor the report is in any block, in any log, with any other member, or
// open to anybody but the custodian's officers.
func TestALargeDepositIsToldOfWithinTwoSeconds(t *testing.T) {
	c, s := openScene(t)
	c.withGateways(t, meridian, harbor)
	administrator := c.administratorAt(t, meridian)
	operator := c.staffAt(t, meridian, administrator, access.Compliance)
	officer := c.nobodyAt(t, meridian).As(operator)
	c.adopts(t, s, officer)
	receiver := newReceiver(t)
	made := posted[struct {
		Webhook webhook.Endpoint
		Secret  string
	}](t, officer, "/v1/webhooks", map[string]any{"url": receiver.URL, "label": "alerts", "source": "alerts"})
	receiver.secret = made.Secret

	lender := s.Lender(0)
	deposit := wire.Instruct{Handle: contracttest.NewHandle(), Kind: custody.Deposit, Party: lender.Handle, AmountMinor: 60_000_000}
	s.Do(s.Ordering(deposit))
	s.Do(s.Accepting(deposit.Handle))
	commits := c.commits(t)
	settled := posted[struct {
		Block   uint64
		Applied int
	}](t, c.machineAt(t, meridian), "/v1/custody/instructions/settlements", map[string]any{"collection": contracttest.Pair, "items": []wire.Settle{{
		Instruction: deposit.Handle, AmountMinor: deposit.AmountMinor, BankReference: contracttest.NewHandle(), ValueDate: s.Today(),
	}}})
	if settled.Applied != 1 {
		t.Fatalf("%+v", settled)
	}
	raised, at := receiver.raised(t)
	if took := at.Sub(commits(settled.Block)); took > soonEnough {
		t.Errorf("from the commit of block %d to the webhook it took %s", settled.Block, took)
	} else {
		t.Logf("from the commit of block %d to the webhook it took %s", settled.Block, took)
	}
	found, err := client.Get[alert.Dossier](within(t, patience), officer, "/v1/alerts/"+raised.Alert, nil)
	if err != nil || found.Party != lender.Handle || found.Rule != "large_transfer" || len(found.Evidence) != 1 || found.Evidence[0].Subject != deposit.Handle {
		t.Fatalf("%+v, %v", found, err)
	}
	c.isReportedAndKeptHere(t, officer, found)
}

// adopts puts the shipped reporting pack in force from the business date on, under an id of its own.
func (c *consortium) adopts(t *testing.T, s *contracttest.Scene, officer *client.Client) {
	t.Helper()
	pack := scenario.Reporting()
	pack.ID, pack.EffectiveFrom = "reporting-"+contracttest.NewHandle(), s.Today()
	propose := contracttest.Call{Member: authority, Role: party.Supervisor, Function: "Consortium:ProposeRegime", Request: contracttest.Public(pack)}
	s.Do(propose)
	chain, err := c.client(t, meridian, "machine").Chain(within(t, patience))
	if err != nil {
		t.Fatal(err)
	}
	if err := officer.Reach(within(t, patience), chain.Height-1); err != nil {
		t.Fatal(err)
	}
	proposed, err := client.Get[struct{ Digest string }](within(t, patience), officer, "/v1/regimes/"+pack.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{meridian, authority} {
		s.Do(contracttest.Call{
			Member: member, Role: party.Supervisor, Function: "Consortium:ApproveRegime",
			Request: contracttest.Public(wire.ApprovedRegime{ID: pack.ID, Digest: proposed.Digest}),
		})
	}
}

// commits answers when the custodian's peer had committed a block that is still to come.
func (c *consortium) commits(t *testing.T) func(block uint64) time.Time {
	t.Helper()
	peer := c.client(t, meridian, "machine")
	chain, err := peer.Chain(within(t, patience))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[uint64]time.Time{}
	ctx := within(t, patience)
	go func() {
		for block, err := range peer.Blocks(ctx, chain.Height, ledger.Forever) {
			if err != nil {
				return
			}
			mu.Lock()
			seen[block.Number] = time.Now()
			mu.Unlock()
		}
	}()
	return func(block uint64) time.Time {
		t.Helper()
		for {
			mu.Lock()
			at, ok := seen[block]
			mu.Unlock()
			if ok {
				return at
			}
			if !pause(ctx, 5*time.Millisecond) {
				t.Fatalf("block %d was not seen", block)
			}
		}
	}
}

// raised waits for an alert, and answers what was told of it and when at the latest.
func (r *receiver) raised(t *testing.T) (alert.Told, time.Time) {
	t.Helper()
	ctx := within(t, patience)
	of := func(d delivery) bool { return strings.Contains(string(d.body), `"type":"alert.raised"`) }
	for !slices.ContainsFunc(r.deliveries(), of) {
		if !pause(ctx, 5*time.Millisecond) {
			t.Fatal("no alert was told of")
		}
	}
	at := time.Now()
	all := r.signed(t, of)
	var message struct{ Data struct{ Payload alert.Told } }
	if err := json.Unmarshal(all[slices.IndexFunc(all, of)].body, &message); err != nil || message.Data.Payload.Alert == "" {
		t.Fatalf("%s: %v", all, err)
	}
	return message.Data.Payload, at
}

const narrative = "告密无门：the customer's money came in from nowhere."

// isReportedAndKeptHere reports an alert, and looks for it where it must not be.
func (c *consortium) isReportedAndKeptHere(t *testing.T, officer *client.Client, found alert.Dossier) {
	t.Helper()
	reported := posted[alert.Alert](t, officer, "/v1/alerts/"+found.ID+"/outcome", map[string]string{"outcome": "reported", "narrative": narrative})
	if reported.Status != alert.Reported {
		t.Fatalf("%+v", reported)
	}
	var report alert.Suspicion
	for one, err := range client.List[alert.Suspicion](within(t, patience), officer, "/v1/suspicions", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if one.Alert == found.ID {
			report = one
		}
	}
	whole, err := client.Get[alert.SuspicionReport](within(t, patience), officer, "/v1/suspicions/"+report.ID, nil)
	if err != nil || whole.Narrative != narrative {
		t.Fatalf("%+v, %v", whole, err)
	}
	for _, who := range []*client.Client{c.machineAt(t, harbor), c.machineAt(t, meridian)} {
		if _, err := client.Get[json.RawMessage](within(t, patience), who, "/v1/alerts/"+found.ID, nil); err == nil {
			t.Error("another than the custodian's officers is shown an alert")
		}
	}
	c.restartGateway(t, meridian) // which leaves what a crash leaves, beside what is kept
	words, ids := &register{planted: map[string]string{}}, &register{planted: map[string]string{}}
	words.add("the report's words", narrative)
	ids.add("the alert and its report", found.ID, report.ID)
	places := c.blocksAndLogs(t)
	words.searchIn(t, places)
	ids.searchIn(t, places)
	others := map[string][]string{}
	for _, member := range c.members() {
		files := filesIn(t, c.gatewayFolder(member))
		words.searchIn(t, map[string][]string{"file of a gateway app": files})
		if member != meridian {
			others["file of another member's app"] = append(others["file of another member's app"], files...)
		}
	}
	ids.searchIn(t, others)
	secrets.add("an alert", found.ID, report.ID, narrative)
}
