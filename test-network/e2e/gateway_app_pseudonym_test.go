package e2e_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/person"
)

// desk is where a member takes customers in: one of its people fills in the case, another decides it.
type desk struct {
	*consortium
	member           string
	intake, decision *client.Client
}

func (c *consortium) deskAt(t *testing.T, member string, intake, decision access.Role) desk {
	t.Helper()
	administrator := c.administratorAt(t, member)
	as := func(role access.Role) *client.Client {
		token := c.staffAt(t, member, administrator, role)
		c.enrols(t, member, administrator, token)
		return c.nobodyAt(t, member).As(token)
	}
	return desk{c, member, as(intake), as(decision)}
}

// enrols has an administrator give whose session it is a certificate of their own, without which they vouch for
// nobody on the ledger. Who has one keeps it.
func (c *consortium) enrols(t testing.TB, member, administrator, token string) {
	t.Helper()
	ctx, at := within(t, patience), c.nobodyAt(t, member)
	who, err := client.Get[struct{ ID string }](ctx, at.As(token), "/v1/session", nil)
	if err != nil {
		t.Fatalf("read a session at %s: %v", member, err)
	}
	user, err := client.Get[access.User](ctx, at.As(administrator), "/v1/users/"+who.ID, nil)
	if err != nil {
		t.Fatalf("read a user of %s: %v", member, err)
	}
	if user.Certificate != "" {
		return
	}
	if _, err := client.Send[access.User](ctx, at.As(administrator), http.MethodPost, "/v1/users/"+who.ID+"/enrolments", struct{}{}); err != nil {
		t.Fatalf("enrol a user of %s: %v", member, err)
	}
}

// sends a request that has to succeed.
func posted[T any](t *testing.T, who *client.Client, path string, body any) T {
	t.Helper()
	answer, err := client.Send[T](within(t, patience), who, http.MethodPost, path, body)
	if err != nil {
		t.Fatalf("post %s: %v", path, err)
	}
	return answer
}

// identifies takes a person in and verifies them: as a party that is new, or as one that another member
// has named.
func (d desk) identifies(t *testing.T, who person.Fields, handle string, key *keys.Key) person.Record {
	t.Helper()
	body := map[string]any{"kind": party.Natural, "fields": who}
	if handle != "" {
		body["party"] = handle
	}
	made := posted[person.Record](t, d.intake, "/v1/people", body)
	path := "/v1/people/" + made.ID
	var papers []kyc.Paper
	for _, kind := range []string{"identity_front", "identity_back"} {
		papers = append(papers, kyc.Paper{Document: d.uploads(t, path, kind), Kind: kind})
	}
	submission := map[string]any{"level": 2, "key": key.PublicKey(), "papers": papers}
	if handle != "" {
		submission["account_digest"] = contracttest.NewDigest()
	}
	posted[json.RawMessage](t, d.intake, path+"/kyc", submission)
	posted[json.RawMessage](t, d.decision, path+"/kyc/check", struct{}{})
	expires := calendar.Shanghai(time.Now().Unix()).AddMonths(79) // the suite may have led the ledger some years ahead
	posted[json.RawMessage](t, d.decision, path+"/kyc/verify", map[string]any{"expires": expires})
	return made
}

func (d desk) uploads(t *testing.T, path, kind string) string {
	t.Helper()
	got := d.lineTo(t, d.member, true).must(t, asked{
		method: http.MethodPost, path: path + "/documents?kind=" + kind + "&name=" + kind + ".pdf",
		key: client.NewKey(), media: "application/octet-stream", body: []byte("%PDF-1.7 " + client.NewKey()),
	})
	var stored struct{ ID string }
	if err := json.Unmarshal(got.body, &stored); err != nil || got.status != http.StatusOK {
		t.Fatalf("upload: %d %s", got.status, got.body)
	}
	return stored.ID
}

// attested waits until a member reads a party with both words.
func (c *consortium) attested(t *testing.T, member, handle string, whole bool) party.State {
	t.Helper()
	ctx := within(t, patience)
	for {
		held, err := c.machineAt(t, member).Party(ctx, handle)
		if err == nil && (!whole || held.State.Attested()) {
			return held.State
		}
		if err != nil && !errors.Is(err, fault.New(fault.NotFound)) || !pause(ctx, 100*time.Millisecond) {
			t.Fatalf("%s does not read the party: %v", member, err)
		}
	}
}

// customer is a person as one platform knows them.
type customer struct {
	platform string
	handle   string
	key      *keys.Key
}

// joins has a person become a customer of a platform and of the custodian behind it.
func (c *consortium) joins(t *testing.T, who person.Fields, platform, bank desk) customer {
	t.Helper()
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	record := platform.identifies(t, who, "", key)
	c.attested(t, meridian, record.Party, false)
	bank.identifies(t, who, record.Party, key)
	c.attested(t, platform.member, record.Party, true)
	return customer{platform.member, record.Party, key}
}

// linked has a customer linked by the two oblivious functions.
func (c *consortium) linked(t *testing.T, who customer) {
	t.Helper()
	answer := posted[struct {
		Items []struct {
			Linked  bool
			Refusal *fault.Fault
		}
	}](t, c.machineAt(t, who.platform), "/v1/pseudonym/applications", map[string]any{
		"collection": wire.PairCollection(who.platform, meridian), "parties": []string{who.handle},
	})
	if len(answer.Items) != 1 || !answer.Items[0].Linked {
		t.Fatalf("%s applies for a pseudonym: %+v", who.platform, answer)
	}
}

// pseudonyms reads from the blocks what parties were linked to.
func (c *consortium) pseudonyms(t *testing.T) map[string]string {
	t.Helper()
	links := map[string]string{}
	for value := range c.exposures(t) {
		var link wire.Link
		if json.Unmarshal(value, &link) == nil && link.Party != "" {
			links[link.Party] = link.Pseudonym
		}
	}
	return links
}

// A person borrows on both platforms. No member ever sends another the identity number, and yet regulator
// and custodian know the two customers as one person; somebody else is somebody else. Then the other
// platform asks what credit the person has: not without a consent, in bands with one, not after it.
func TestOnePersonIsOnePseudonymOnEveryPlatform(t *testing.T) {
	c, _ := openScene(t)
	c.withGateways(t, c.members()...)
	here, there := c.deskAt(t, harbor, access.PlatformOperator, access.RiskOfficer), c.deskAt(t, lantern, access.PlatformOperator, access.RiskOfficer)
	bank := c.deskAt(t, meridian, access.CustodianOperator, access.CustodianOperator)
	same, other := planted(), planted()
	for _, fields := range []person.Fields{same, other} {
		secrets.add("a person of both platforms", fields.Name, fields.IdentityNumber, fields.Phone, fields.BankAccount)
	}
	first, second := c.joins(t, same, here, bank), c.joins(t, same, there, bank)
	stranger := c.joins(t, other, there, bank)
	for _, who := range []customer{first, second, stranger} {
		c.linked(t, who)
	}
	links := c.pseudonyms(t)
	if links[first.handle] == "" || links[first.handle] != links[second.handle] || links[first.handle] == links[stranger.handle] {
		t.Errorf("one person is %q and %q, another %q", links[first.handle], links[second.handle], links[stranger.handle])
	}
	c.checkBooks(t)
	c.sharesCredit(t, second, there)
}

// sharesCredit asks about a customer before, under and after a consent.
func (c *consortium) sharesCredit(t *testing.T, who customer, at desk) {
	t.Helper()
	collection := wire.PairCollection(who.platform, meridian)
	ask := func() (json.RawMessage, error) {
		return client.Send[json.RawMessage](within(t, patience), at.decision, http.MethodPost, "/v1/credit/enquiries",
			map[string]string{"collection": collection, "party": who.handle})
	}
	if _, err := ask(); !errors.Is(err, fault.New(fault.ConsentMissing)) {
		t.Errorf("without a consent the answer is %v", err)
	}
	text, err := client.Get[struct {
		Digest string `json:"digest"`
	}](within(t, patience), at.decision, "/v1/credit/consent-text", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.consents(t, c.machineAt(t, who.platform), collection, who, text.Digest)
	got, err := ask()
	if err != nil {
		t.Fatalf("under a consent: %v", err)
	}
	var answer struct {
		Summary *struct {
			Exposure string `json:"exposure"`
		} `json:"summary"`
	}
	if err := json.Unmarshal(got, &answer); err != nil || answer.Summary == nil {
		t.Fatalf("the summary is %s", got)
	}
	c.withdraws(t, c.machineAt(t, who.platform), collection, who)
	if _, err := ask(); !errors.Is(err, fault.New(fault.ConsentMissing)) {
		t.Errorf("after the consent the answer is %v", err)
	}
}

func (c *consortium) consents(t *testing.T, machine *client.Client, collection string, who customer, digest string) {
	t.Helper()
	const purpose = "credit-summary"
	signature, err := who.key.Sign(party.ConsentStatement(who.handle, 1, purpose, digest, 0))
	if err != nil {
		t.Fatal(err)
	}
	item := wire.PartyConsent{Handle: who.handle, Purpose: purpose, Text: digest, Signature: signature}
	given, err := client.Command(within(t, patience), machine, "Party:Consent", collection, wire.Atomic, []wire.PartyConsent{item})
	if err != nil {
		t.Fatalf("consent: %v", err)
	}
	c.knownToTheRegulator(t, given.Block)
}

// knownToTheRegulator waits until the regulator's app shows a block, for its peer may commit it a moment later.
func (c *consortium) knownToTheRegulator(t *testing.T, block uint64) {
	t.Helper()
	if err := c.machineAt(t, authority).Reach(within(t, patience), block); err != nil {
		t.Fatalf("wait for the regulator: %v", err)
	}
}

func (c *consortium) withdraws(t *testing.T, machine *client.Client, collection string, who customer) {
	t.Helper()
	signature, err := who.key.Sign(party.WithdrawalStatement(who.handle, 1))
	if err != nil {
		t.Fatal(err)
	}
	item := wire.ConsentWithdrawal{Handle: who.handle, Sequence: 1, Signature: signature}
	taken, err := client.Command(within(t, patience), machine, "Party:WithdrawConsent", collection, wire.Atomic, []wire.ConsentWithdrawal{item})
	if err != nil {
		t.Fatalf("withdraw the consent: %v", err)
	}
	c.knownToTheRegulator(t, taken.Block)
}
