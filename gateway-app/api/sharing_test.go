package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/credit"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/netting"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// shared is the ledger that three members' servers stand on: two parties of harbor and lantern, their links
// once they are made, and the consent of the first.
type shared struct {
	mu      sync.Mutex
	parties map[string]party.State
	links   map[string]string
	netted  []string
	number  map[string]pseudonym.Number
	signer  *keys.Key
}

func newShared(t *testing.T) *shared {
	t.Helper()
	signer, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	number, err := pseudonym.ParseNumber(pseudonym.ResidentID, "11010519491231002X")
	if err != nil {
		t.Fatal(err)
	}
	s := &shared{parties: map[string]party.State{}, links: map[string]string{}, number: map[string]pseudonym.Number{}, signer: signer}
	for n, platform := range map[int]string{1: "harbor", 2: "lantern"} {
		s.parties[handle(n)] = party.State{
			Handle: handle(n), Platform: platform, Custodian: "meridian", CustodianAttested: day(2026, 1, 5),
			Keys: []party.HeldKey{{Key: signer.PublicKey(), Sequence: 1, From: day(2026, 1, 5)}},
		}
		s.number[handle(n)] = number
	}
	return s
}

func (s *shared) Party(_ context.Context, collection, handle string) (party.State, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.parties[handle]
	return p, ok && collection == wire.PairCollection(p.Platform, p.Custodian), nil
}

func (s *shared) Link(_ context.Context, handle string) (linked, now string, found bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	linked, found = s.links[handle]
	return linked, linked, found, nil
}

func (s *shared) Known(ctx context.Context, collection, handle string) (pseudonym.Number, bool, error) {
	return s.Number(ctx, collection, handle)
}

func (s *shared) Linked(context.Context, string) ([]pseudonym.Application, error) { return nil, nil }
func (s *shared) Reach(context.Context, uint64) error                             { return nil }
func (s *shared) CatchUp(context.Context) error                                   { return nil }

func (s *shared) Number(_ context.Context, _, handle string) (pseudonym.Number, bool, error) {
	n, ok := s.number[handle]
	return n, ok, nil
}

func (s *shared) Today(context.Context, string) (calendar.Date, error) { return day(2026, 3, 2), nil }

func (s *shared) Day(context.Context, string) (custody.Day, error) {
	return custody.Day{Custodian: "meridian", Date: day(2026, 3, 2), Open: true}, nil
}

func (s *shared) Person(ctx context.Context, handle string) (string, bool, error) {
	linked, _, found, err := s.Link(ctx, handle)
	return linked, found, err
}

func (s *shared) Standing(context.Context, string) (money.Minor, []loan.State, error) {
	return 4_000_000, nil, nil
}
func (s *shared) Names(_ context.Context, p string) ([]string, error) { return []string{p}, nil }

func (s *shared) Owing(_ context.Context, collection, _ string, _ int) ([]netting.Debt, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if collection != "harbor-meridian" || len(s.netted) > 0 {
		return nil, "", nil
	}
	return []netting.Debt{{Loan: loanID(1)}, {Loan: loanID(2)}}, "", nil
}

func (s *shared) Do(_ context.Context, c outbox.Command) (outbox.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var items []struct{ Handle, Pseudonym, Loan string }
	if err := json.Unmarshal(c.Items, &items); err != nil {
		return outbox.Outcome{}, err
	}
	for _, item := range items {
		if c.Function == "Party:Link" {
			s.links[item.Handle] = item.Pseudonym
		} else {
			s.netted = append(s.netted, item.Loan)
		}
	}
	return outbox.Outcome{ID: c.ID, Status: outbox.Committed, Block: 3, Answer: wire.Answer{Applied: len(items)}}, nil
}

// member serves a member's API; its counterparts come with their names as tokens.
func member(t *testing.T, name string, change func(*api.Parts)) (*scene, *pseudonym.Remote, func(caller string) *pseudonym.Remote) {
	t.Helper()
	s := newScene(t, func(p *api.Parts) {
		p.Member, p.Counterparts = name, map[string]string{"app-of-harbor": "harbor", "app-of-lantern": "lantern", "app-of-meridian": "meridian"}
		change(p)
	})
	for user := range s.parts.Counterparts {
		s.door.callers[user] = access.Principal{ID: user, Kind: access.KindKey, Name: user, Roles: []access.Role{access.Machine}}
	}
	server := httptest.NewServer(s.server)
	t.Cleanup(server.Close)
	as := func(caller string) *pseudonym.Remote {
		remote, err := pseudonym.NewRemote(server.URL, "app-of-"+caller, server.Client())
		if err != nil {
			t.Fatal(err)
		}
		return remote
	}
	stranger, err := pseudonym.NewRemote(server.URL, operatorToken, server.Client())
	if err != nil {
		t.Fatal(err)
	}
	return s, stranger, as
}

func holderOf(t *testing.T, name string, l *shared) *pseudonym.Holder {
	t.Helper()
	ring, err := pseudonym.OpenKeyring(filepath.Join(t.TempDir(), name), nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := pseudonym.NewHolder(t.Context(), name, storetest.SQLite(t), ring, l, pseudonym.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Three members' servers make one pseudonym of one person on two platforms, over HTTP; the custodian's runs
// its payouts; and the regulator's tells one platform of the borrower's credit, once it consents.
func TestMembersTalkToEachOther(t *testing.T) {
	l := newShared(t)
	regulator := holderOf(t, "authority", l)
	_, _, atRegulator := member(t, "authority", func(p *api.Parts) {
		p.Pseudonyms = &api.Pseudonyms{Keys: regulator, Regulator: &pseudonym.Regulator{Holder: regulator}}
		p.Credit = &api.Credit{Registry: credit.NewRegistry(p.Store, l, true)}
	})
	custodian := holderOf(t, "meridian", l)
	half := pseudonym.NewCustodian(custodian, l, l, atRegulator("meridian"), l, "test")
	var runs *netting.Netting
	bank, stranger, atCustodian := member(t, "meridian", func(p *api.Parts) {
		p.Pseudonyms = &api.Pseudonyms{Keys: custodian, Custodian: half}
		runs = netting.New(p.Store, l, l, netting.Settings{Custodian: "meridian", Collections: []string{"harbor-meridian"}, Process: "test"})
		p.Netting = runs
	})
	platforms := map[string]*scene{}
	for _, name := range []string{"harbor", "lantern"} {
		platforms[name], _, _ = member(t, name, func(p *api.Parts) {
			p.Pseudonyms = &api.Pseudonyms{Platform: pseudonym.NewPlatform(p.Store, []byte(name), l, atRegulator(name), atCustodian(name))}
			p.Credit = &api.Credit{Desk: credit.NewDesk(p.Store, l, l, credit.NewRemote(atRegulator(name)), credit.DeskSettings{
				Bureaus: []credit.Bureau{credit.NewLocalBureau("local", []byte("secret"))},
			})}
		})
	}

	for n, name := range map[int]string{1: "harbor", 2: "lantern"} {
		w := platforms[name].post("/v1/pseudonym/applications", `{"collection":"`+name+`-meridian","parties":["`+handle(n)+`"]}`)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"linked":true`) {
			t.Fatalf("%s applies: %d %s", name, w.Code, w.Body)
		}
	}
	if l.links[handle(1)] == "" || l.links[handle(1)] != l.links[handle(2)] {
		t.Errorf("one person is %q and %q", l.links[handle(1)], l.links[handle(2)])
	}
	if _, err := stranger.Evaluate(t.Context(), pseudonym.Points{Epoch: 1, Collection: "harbor-meridian", Points: []pseudonym.Point{{Party: handle(1), Attempt: 1, Element: []byte{2}}}}); !errors.Is(err, fault.New(fault.WrongMember)) {
		t.Errorf("a user who is no counterpart: %v", err)
	}
	if w := bank.get("/v1/pseudonym/usage"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"caller":"lantern"`) {
		t.Errorf("usage: %d %s", w.Code, w.Body)
	}

	payoutsOverHTTP(t, bank, runs)
	creditOverHTTP(t, platforms["harbor"], l)
}

func payoutsOverHTTP(t *testing.T, bank *scene, runs *netting.Netting) {
	t.Helper()
	var run netting.Run
	w := bank.post("/v1/payout-runs", `{}`)
	if err := json.Unmarshal(w.Body.Bytes(), &run); err != nil || w.Code != http.StatusOK {
		t.Fatalf("start: %d %s", w.Code, w.Body)
	}
	if err := runs.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	w = bank.get("/v1/payout-runs/" + run.Handle)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"netted":2`) || !strings.Contains(w.Body.String(), `"status":"finished"`) {
		t.Errorf("result: %d %s", w.Code, w.Body)
	}
	if w = bank.get("/v1/payout-runs"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), run.Handle) {
		t.Errorf("list: %d %s", w.Code, w.Body)
	}
	if w = bank.get("/v1/payout-runs/" + handle(99)); w.Code != http.StatusNotFound {
		t.Errorf("a run that is none: %d %s", w.Code, w.Body)
	}
}

func creditOverHTTP(t *testing.T, harbor *scene, l *shared) {
	t.Helper()
	body := `{"collection":"harbor-meridian","party":"` + handle(1) + `"}`
	if w := harbor.post("/v1/credit/enquiries", body); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "consent_missing") {
		t.Errorf("without a consent: %d %s", w.Code, w.Body)
	}
	state := l.parties[handle(1)]
	state.Consents = []party.Consent{{Sequence: 1, Purpose: credit.Purpose, Text: credit.ConsentDigest(), Given: day(2026, 1, 5)}}
	l.parties[handle(1)] = state
	w := harbor.post("/v1/credit/enquiries", body)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"exposure":"up_to_50k"`) || !strings.Contains(w.Body.String(), `"source":"local"`) {
		t.Errorf("with a consent: %d %s", w.Code, w.Body)
	}
	signature, err := l.signer.Sign(credit.ListStatement(handle(1), day(2026, 3, 2)))
	if err != nil {
		t.Fatal(err)
	}
	asking, err := json.Marshal(credit.Asking{Enquiry: credit.Enquiry{Collection: "harbor-meridian", Party: handle(1)}, On: day(2026, 3, 2), Signature: signature})
	if err != nil {
		t.Fatal(err)
	}
	w = harbor.post("/v1/credit/enquiry-lists", string(asking), "Authorization", "Bearer "+borrowerToken)
	listed := w.Body.String() // what was refused for want of a consent is there, too
	if w.Code != http.StatusOK || strings.Count(listed, `"requester":"harbor"`) != 2 || !strings.Contains(listed, `"outcome":"answered"`) || !strings.Contains(listed, `"outcome":"consent_missing"`) {
		t.Errorf("the borrower's list: %d %s", w.Code, w.Body)
	}
	other := strings.ReplaceAll(string(asking), handle(1), handle(2))
	if w = harbor.post("/v1/credit/enquiry-lists", other, "Authorization", "Bearer "+borrowerToken); w.Code != http.StatusNotFound {
		t.Errorf("another's list: %d %s", w.Code, w.Body)
	}
	if w = harbor.get("/v1/credit/consent-text"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), credit.ConsentDigest()) {
		t.Errorf("the text: %d %s", w.Code, w.Body)
	}
}
