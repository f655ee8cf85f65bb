package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// What the person of the rotation owes on one platform, and what the cap across platforms leaves for the other.
const (
	owedBefore money.Minor = 20_000_000
	roomAfter  money.Minor = 1_000_000
)

// The keys behind all pseudonyms change on the live network, by the commands that an operator types, with the
// custodian's app killed in the middle. A person who owes on one platform has another pseudonym afterwards
// which follows the former; the other platform, where they come only now, finds the same one, and the cap
// across both holds. Who was linked by a machine, without a number, keeps what they have and is listed.
func TestRotationOfPseudonymKeys(t *testing.T) {
	pack := contracttest.Sandbox()
	pack.Rules.Natural.NetworkMinor = owedBefore + roomAfter
	c := onNetwork(t)
	s := contracttest.OpenSceneUnder(t, openPeers, pack)
	c.withGateways(t, c.members()...)
	here, there := c.deskAt(t, harbor, access.PlatformOperator, access.RiskOfficer), c.deskAt(t, lantern, access.PlatformOperator, access.RiskOfficer)
	bank := c.deskAt(t, meridian, access.CustodianOperator, access.CustodianOperator)
	debtor, other := planted(), planted()
	first, stranger := c.joins(t, debtor, here, bank), c.joins(t, other, there, bank)
	c.linked(t, first)
	c.linked(t, stranger)
	unknown := s.Customer(harbor) // linked by the custodian's machine
	before := c.pseudonyms(t)
	c.decides(t, s, contracttest.Customer{Handle: first.handle, Platform: harbor}, owedBefore, loan.Cleared)

	turns := c.rotationBy(t)
	turns.changesKeys(t)

	after := c.successors(t)
	for _, who := range []customer{first, stranger} {
		if former := before[who.handle]; former == "" || after[former] == "" || after[former] == former {
			t.Errorf("%q is not followed by another pseudonym", former)
		}
	}
	second := c.joins(t, debtor, there, bank)
	c.linked(t, second)
	if links := c.pseudonyms(t); links[second.handle] != after[before[first.handle]] || links[second.handle] == after[before[stranger.handle]] {
		t.Errorf("the debtor is %q on the other platform, and %q follows the former", links[second.handle], after[before[first.handle]])
	}
	again := contracttest.Customer{Handle: second.handle, Platform: lantern}
	c.decides(t, s, again, roomAfter+1, loan.Declined)
	c.decides(t, s, again, roomAfter, loan.Cleared)
	c.decides(t, s, contracttest.Customer{Handle: first.handle, Platform: harbor}, 1_000, loan.Declined)
	c.decides(t, s, unknown, 1_000_000, loan.Cleared)
	turns.listsUnknown(t, unknown.Handle, first.handle, stranger.handle)
	c.checkBooks(t)
}

// decides proposes a loan and waits for what the regulator's app makes of it.
func (c *consortium) decides(t *testing.T, s *contracttest.Scene, who contracttest.Customer, principal money.Minor, want loan.Status) {
	t.Helper()
	l := s.NewLoan(who, principal)
	s.Do(s.Proposing(l))
	for ctx := within(t, patience); s.State(l).Status == loan.Proposed; {
		if !pause(ctx, 200*time.Millisecond) {
			t.Fatalf("the loan of %d is not decided", principal)
		}
	}
	s.Is(l, want)
}

// successors reads from the blocks which pseudonym follows which.
func (c *consortium) successors(t *testing.T) map[string]string {
	t.Helper()
	follows := map[string]string{}
	for value := range c.exposures(t) {
		var held wire.Record[wire.ExposureState, wire.ExposureEvent]
		if json.Unmarshal(value, &held) == nil && held.State.Successor != "" {
			follows[held.State.Pseudonym] = held.State.Successor
		}
	}
	return follows
}

// turns are the two supervisors who change the keys.
type turns struct {
	*consortium
	regulator, custodian string // tokens
}

func (c *consortium) rotationBy(t *testing.T) turns {
	t.Helper()
	supervisor := func(member string) string {
		return c.staffAt(t, member, c.administratorAt(t, member), access.Supervisor)
	}
	return turns{c, supervisor(authority), supervisor(meridian)}
}

// takes runs one step at a member's app, as its supervisor types it, and answers what it says.
func (r turns) takes(t *testing.T, member, step string) string {
	t.Helper()
	token := map[string]string{authority: r.regulator, meridian: r.custodian}[member]
	said, err := r.step(t, member, step, token)
	if err != nil {
		t.Fatalf("%s at %s: %v: %s", step, member, err, said)
	}
	return said
}

func (r turns) step(t *testing.T, member, step, token string) (string, error) {
	t.Helper()
	command := exec.CommandContext(within(t, patience), r.gatewayProgram(t), "pseudonym", step, "--settings", r.gatewayFolder(member, "settings.json"))
	command.Env = append(os.Environ(), "TALLY_TOKEN="+token)
	said, err := command.CombinedOutput()
	t.Logf("%s: pseudonym %s: %s", member, step, said)
	return string(said), err
}

// changesKeys takes the five steps, each of the repeatable ones twice.
func (r turns) changesKeys(t *testing.T) {
	t.Helper()
	if said, err := r.step(t, meridian, "rotate", r.custodian); err == nil || !strings.Contains(said, "gateway-app pseudonym prepare") {
		t.Errorf("without a key of the regulator's: %v, %s", err, said)
	}
	if said, err := r.step(t, authority, "activate", r.regulator); err == nil || !strings.Contains(said, "prepare one before") {
		t.Errorf("without a next key: %v, %s", err, said)
	}
	for whose, token := range map[string]string{
		"the custodian's supervisor": r.custodian, "an administrator of the regulator's": r.administratorAt(t, authority),
	} {
		if said, err := r.step(t, authority, "prepare", token); err == nil {
			t.Errorf("%s makes the regulator's key: %s", whose, said)
		}
	}
	if first := r.takes(t, authority, "prepare"); r.takes(t, authority, "prepare") != first {
		t.Error("a repeated step made another key")
	}
	if said := r.takes(t, meridian, "rotate"); !strings.Contains(said, "gateway-app pseudonym activate") {
		t.Errorf("the custodian's first turn says %s", said)
	}
	r.restartGateway(t, meridian) // which forgets no session
	r.takes(t, authority, "activate")
	if said := r.takes(t, meridian, "rotate"); !strings.Contains(said, "former key is destroyed") {
		t.Errorf("the custodian's second turn says %s", said)
	}
	r.takes(t, authority, "retire")
	for _, member := range []string{authority, meridian} {
		said := strings.TrimSpace(r.takes(t, member, "keys"))
		lines := strings.Split(said, "\n")
		if len(lines) < 2 || !strings.HasSuffix(lines[len(lines)-2], "is retired") || !strings.HasSuffix(lines[len(lines)-1], "is current") {
			t.Errorf("%s has\n%s", member, said)
		}
	}
}

// listsUnknown holds that the custodian lists a party without a number, and none of those with one.
func (r turns) listsUnknown(t *testing.T, unknown string, known ...string) {
	t.Helper()
	answer, err := client.Get[struct{ Items []pseudonym.Unreached }](within(t, patience), r.nobodyAt(t, meridian).As(r.custodian), pseudonym.UnreachedPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]pseudonym.Unreached{}
	for _, each := range answer.Items {
		listed[each.Party] = each
	}
	if found, is := listed[unknown]; !is || found.Known || found.Shared {
		t.Errorf("a party that a machine linked is listed as %+v, %v", found, is)
	}
	for _, handle := range known {
		if found, is := listed[handle]; is {
			t.Errorf("a party that has moved is listed as %+v", found)
		}
	}
}
