package pseudonym

import (
	"context"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Numbers whose check characters are right and which were issued to nobody that the tests know of.
const (
	aliceNumber = "11010519491231002X"
	bobNumber   = "440524188001010014"
)

// chain is a ledger in memory that keeps the two contracts' functions to what the contract suite shows of
// them, and takes each request id once.
type chain struct {
	mu       sync.Mutex
	parties  map[Application]party.State
	links    map[string]string
	followed map[string]string
	seen     map[string]outbox.Outcome
	commands []outbox.Command
	block    uint64
}

func newChain() *chain {
	return &chain{
		parties: map[Application]party.State{}, links: map[string]string{}, followed: map[string]string{},
		seen: map[string]outbox.Outcome{},
	}
}

func (c *chain) attest(platform, handle string) Application {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := Application{wire.PairCollection(platform, "meridian"), handle}
	c.parties[at] = party.State{
		Handle: handle, Platform: platform, Custodian: "meridian", CustodianAttested: calendar.NewDate(2026, 1, 5),
	}
	return at
}

func (c *chain) Party(_ context.Context, collection, handle string) (party.State, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.parties[Application{collection, handle}]
	return s, ok, nil
}

func (c *chain) follow(pseudonym string) string {
	for c.followed[pseudonym] != "" {
		pseudonym = c.followed[pseudonym]
	}
	return pseudonym
}

func (c *chain) Link(_ context.Context, handle string) (linked, now string, found bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	linked, found = c.links[handle]
	return linked, c.follow(linked), found, nil
}

func (c *chain) Linked(_ context.Context, custodian string) ([]Application, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Application
	for at, s := range c.parties {
		if c.links[at.Party] != "" && s.Custodian == custodian {
			list = append(list, at)
		}
	}
	return list, nil
}

func (c *chain) Reach(context.Context, uint64) error { return nil }

func (c *chain) Do(_ context.Context, command outbox.Command) (outbox.Outcome, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if out, again := c.seen[command.ID]; again {
		return out, nil
	}
	var items []wire.PartyLink
	if err := json.Unmarshal(command.Items, &items); err != nil {
		return outbox.Outcome{}, err
	}
	c.commands = append(c.commands, command)
	out := outbox.Outcome{ID: command.ID, Status: outbox.Committed}
	for i, item := range items {
		if refusal := c.apply(command.Function, item); refusal != nil {
			out.Answer.Refused = append(out.Answer.Refused, refusal.At(i))
		} else {
			out.Answer.Applied++
		}
	}
	if c.block++; out.Answer.Applied == 0 { // as the contract does it: the first refusal, and nothing written
		out.Status, out.Fault, out.Answer = outbox.Refused, out.Answer.Refused[0], wire.Answer{}
	} else {
		out.Block = c.block
	}
	c.seen[command.ID] = out
	return out, nil
}

func (c *chain) apply(function string, item wire.PartyLink) *fault.Fault {
	linked, found := c.links[item.Handle]
	former := c.follow(linked)
	switch {
	case function == "Party:Link" && found, found && former == item.Pseudonym:
		return fault.New(fault.AlreadyExists)
	case function == "Party:Link":
		c.links[item.Handle] = item.Pseudonym
	case !found:
		return fault.In(fault.NotFound, "handle")
	case c.followed[item.Pseudonym] != "":
		return fault.In(fault.WrongStatus, "pseudonym")
	default:
		c.followed[former] = item.Pseudonym
	}
	return nil
}

// files is what a member has identified, by party.
type files map[string]Number

func (f files) Number(_ context.Context, _, handle string) (Number, bool, error) {
	n, ok := f[handle]
	return n, ok, nil
}

func (f files) Known(ctx context.Context, collection, handle string) (Number, bool, error) {
	return f.Number(ctx, collection, handle)
}

// as gives the halves a caller, as the API does from who is signed in.
type asRegulator struct {
	Regulator
	caller string
}

func (a asRegulator) Deposit(ctx context.Context, p Points) error {
	return a.Regulator.Deposit(ctx, a.caller, p)
}

func (a asRegulator) Collect(ctx context.Context, c Claims) (Collected, error) {
	return a.Regulator.Collect(ctx, a.caller, c)
}

type asCustodian struct {
	*Custodian
	caller string
}

func (a asCustodian) Evaluate(ctx context.Context, p Points) (Evaluation, error) {
	return a.Custodian.Evaluate(ctx, a.caller, p)
}

func (a asCustodian) Open(ctx context.Context, o Openings) ([]Result, error) {
	return a.Custodian.Open(ctx, a.caller, o)
}

// world is a regulator, a custodian and two platforms, each with a database of its own.
type world struct {
	t         *testing.T
	chain     *chain
	regulator Regulator
	custodian *Custodian
	verified  files            // the custodian's
	claimed   map[string]files // each platform's
	platforms map[string]*Platform
}

func newWorld(t *testing.T, db *store.DB, limits Limits) *world {
	t.Helper()
	w := &world{t: t, chain: newChain(), verified: files{}, claimed: map[string]files{}, platforms: map[string]*Platform{}}
	w.regulator = Regulator{w.holder("authority", storetest.SQLite(t), limits)}
	w.custodian = NewCustodian(w.holder("meridian", db, limits), w.chain, w.verified,
		asRegulator{w.regulator, "meridian"}, w.chain, "test")
	for _, name := range []string{"harbor", "lantern"} {
		secret, err := LoadSecret(filepath.Join(t.TempDir(), "blinding.key"))
		if err != nil {
			t.Fatal(err)
		}
		w.claimed[name] = files{}
		w.platforms[name] = NewPlatform(storetest.SQLite(t), secret, w.claimed[name],
			asRegulator{w.regulator, name}, asCustodian{w.custodian, name})
	}
	return w
}

func (w *world) holder(member string, db *store.DB, limits Limits) *Holder {
	w.t.Helper()
	keys, err := OpenKeyring(filepath.Join(w.t.TempDir(), member), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := NewHolder(w.t.Context(), member, db, keys, w.chain, limits)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

func number(t *testing.T, text string) Number {
	t.Helper()
	n, err := ParseNumber(ResidentID, text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// bring has somebody become a customer of a platform: identified by both, attested on the ledger.
func (w *world) bring(platform, claimed, verified string) string {
	w.t.Helper()
	handle := lane.Random(16)
	w.chain.attest(platform, handle)
	w.claimed[platform][handle], w.verified[handle] = number(w.t, claimed), number(w.t, verified)
	return handle
}

// linkOtherwise has the custodian's machine link a party whose number nobody knows.
func (w *world) linkOtherwise(platform, pseudonym string) string {
	w.t.Helper()
	handle := lane.Random(16)
	w.chain.attest(platform, handle)
	w.chain.links[handle] = pseudonym
	return handle
}

// takeIn has both sides identify a party by its number.
func (w *world) takeIn(handle, text string) {
	w.t.Helper()
	w.verified[handle] = number(w.t, text)
	for _, claimed := range w.claimed {
		claimed[handle] = number(w.t, text)
	}
}

func (w *world) apply(platform string, handles ...string) []Result {
	w.t.Helper()
	results, err := w.platforms[platform].Apply(w.t.Context(), wire.PairCollection(platform, "meridian"), handles)
	if err != nil {
		w.t.Fatal(err)
	}
	return results
}

func (w *world) linked(handle string) string {
	w.t.Helper()
	_, now, found, err := w.chain.Link(w.t.Context(), handle)
	if err != nil || !found {
		w.t.Fatalf("the party is not linked: %v", err)
	}
	return now
}

func refusedWith(r Result, code fault.Code) bool {
	return r.Refusal != nil && r.Refusal.Code == code && !r.Linked
}
