package kyc_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/screening"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

type people map[string]kyc.Subject

func (p people) Subject(_ context.Context, person string) (kyc.Subject, error) {
	s, found := p[person]
	if !found {
		return kyc.Subject{}, fault.In(fault.NotFound, "person")
	}
	return s, nil
}

func (p people) EachSubject(_ context.Context, visit func(screening.Subject) error) error {
	for id, s := range p {
		if err := visit(kyc.Screened(id, s)); err != nil {
			return err
		}
	}
	return nil
}

// provider answers what a test sets.
type provider struct{ err error }

func (p *provider) Check(_ context.Context, reference string, _ kyc.Subject) (kyc.Report, error) {
	return kyc.Report{Provider: "fake", Reference: reference, Outcome: kyc.Match}, p.err
}

// put keeps what the outbox is handed, or fails.
type put struct {
	commands []outbox.Command
	err      error
}

func (p *put) Put(_ context.Context, _ *sql.Tx, c outbox.Command) error {
	p.commands = append(p.commands, c)
	return p.err
}

type scene struct {
	*kyc.Cases
	t        *testing.T
	db       *store.DB
	lists    *screening.Screening
	provider *provider
	outbox   *put
	sub      kyc.Submission
}

func each(t *testing.T, run func(*scene)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		lists, err := screening.New(db, 0)
		if err != nil {
			t.Fatal(err)
		}
		s := &scene{t: t, db: db, lists: lists, provider: &provider{}, outbox: &put{}, sub: submission(t)}
		ledger := kyc.OutboxLedger{Outbox: s.outbox, Platform: "harbor", Custodian: "meridian", Collection: "harbor-meridian", Identity: "machine"}
		s.Cases = kyc.New(db, people{"p1": someone}, s.provider, lists, ledger)
		run(s)
	})
}

func today() calendar.Date { return calendar.Shanghai(time.Now().Unix()) }

func (s *scene) must(k kyc.Case, err error) kyc.Case {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	s.checkHistory()
	return k
}

func (s *scene) refused(want fault.Code, err error) {
	s.t.Helper()
	if !errors.Is(err, fault.New(want)) {
		s.t.Errorf("got %v, want %s", err, want)
	}
	s.checkHistory()
}

// checkHistory folds the events and compares with the state that is stored: it runs after every step.
func (s *scene) checkHistory() {
	s.t.Helper()
	history, err := s.History(s.t.Context(), "p1")
	if err != nil {
		s.t.Fatal(err)
	}
	var folded kyc.State
	for _, e := range history {
		folded = kyc.Apply(folded, e.Event)
	}
	stored, err := s.Find(s.t.Context(), "p1")
	if err != nil && len(history) > 0 {
		s.t.Fatal(err)
	}
	if !reflect.DeepEqual(stored.State, folded) {
		s.t.Errorf("stored %+v\nfolded %+v", stored.State, folded)
	}
}

func (s *scene) load(text string) {
	s.t.Helper()
	if _, _, err := s.lists.Load(s.t.Context(), "un", "u1", strings.NewReader("number,name\n"+text)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) upkeep(want kyc.Upkeep) {
	s.t.Helper()
	got, err := s.Run(s.t.Context())
	want.Rescreened = got.Rescreened
	if err != nil || got != want {
		s.t.Errorf("upkeep %+v, %v; want %+v", got, err, want)
	}
	s.checkHistory()
}

// A person is submitted, checked and verified, and the ledger is told once.
func TestAPersonBecomesACustomer(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		_, err := s.Check(ctx, "p1")
		s.refused(fault.NotFound, err)
		s.must(s.Submit(ctx, "p1", "clerk", s.sub))
		_, err = s.Verify(ctx, "p1", "officer", today().AddMonths(12))
		s.refused(fault.WrongStatus, err)
		s.must(s.Check(ctx, "p1"))
		_, err = s.Verify(ctx, "p1", "clerk", today().AddMonths(12))
		s.refused(fault.WrongRole, err)
		k := s.must(s.Verify(ctx, "p1", "officer", today().AddMonths(12)))
		if !k.Good(today()) {
			s.t.Errorf("verified as %+v", k)
		}
		_, err = s.Verify(ctx, "p1", "officer", today().AddMonths(12))
		s.refused(fault.WrongStatus, err)
		if len(s.outbox.commands) != 1 {
			s.t.Fatalf("the ledger was told %d times", len(s.outbox.commands))
		}
		c := s.outbox.commands[0]
		var items []wire.Attestation
		if err := json.Unmarshal(c.Items, &items); err != nil || c.Function != "Party:Attest" || len(items) != 1 || len(c.ID) != 32 {
			s.t.Fatalf("the command %+v, %v", c, err)
		}
		if id := items[0].Identity; id.Handle != s.sub.Party || id.Platform != "harbor" || id.KYCLevel != 2 || id.Key != s.sub.Key || id.Expires != k.Expires {
			s.t.Errorf("attested %+v", id)
		}
	})
}

// When the outbox does not take the attestation, nobody is verified.
func TestVerificationAndAttestationAreOne(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		s.must(s.Submit(ctx, "p1", "clerk", s.sub))
		s.must(s.Check(ctx, "p1"))
		s.outbox.err = fault.New(fault.Busy)
		_, err := s.Verify(ctx, "p1", "officer", today().AddMonths(12))
		s.refused(fault.Busy, err)
		if k, err := s.Find(ctx, "p1"); err != nil || k.Status != kyc.Submitted {
			s.t.Errorf("the case is %+v, %v", k, err)
		}
		s.outbox.err = nil
		s.must(s.Verify(ctx, "p1", "officer", today().AddMonths(12)))
		if first, second := s.outbox.commands[0].ID, s.outbox.commands[1].ID; first != second {
			s.t.Errorf("one verification has two request ids: %s and %s", first, second)
		}
	})
}

// Somebody who was attested before is renewed, under another request id.
func TestASecondRoundRenews(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		for range 2 {
			s.must(s.Submit(ctx, "p1", "clerk", s.sub))
			s.must(s.Check(ctx, "p1"))
			s.must(s.Verify(ctx, "p1", "officer", today().AddMonths(12)))
		}
		one, two := s.outbox.commands[0], s.outbox.commands[1]
		if two.Function != "Party:Renew" || one.ID == two.ID {
			s.t.Errorf("the second command is %s %s", two.Function, two.ID)
		}
		_, err := s.Refuse(ctx, "p1", "officer", "Not a code!")
		s.refused(fault.InvalidField, err)
		if k := s.must(s.Refuse(ctx, "p1", "officer", "false_papers")); k.Status != kyc.Refused || k.Good(today()) {
			s.t.Errorf("refused as %+v", k)
		}
	})
}

// A provider that cannot be asked leaves the case for the next run.
func TestAProviderThatIsDown(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		s.provider.err = fault.New(fault.Unavailable)
		s.must(s.Submit(ctx, "p1", "clerk", s.sub))
		_, err := s.Check(ctx, "p1")
		s.refused(fault.Unavailable, err)
		s.upkeep(kyc.Upkeep{Waiting: 1})
		s.provider.err = nil
		s.upkeep(kyc.Upkeep{Checked: 1})
		s.upkeep(kyc.Upkeep{})
	})
}

// A list that changes flags who is verified; a person's decision clears it.
func TestAListHitsACustomer(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		s.must(s.Submit(ctx, "p1", "clerk", s.sub))
		s.must(s.Check(ctx, "p1"))
		s.must(s.Verify(ctx, "p1", "officer", today().AddMonths(12)))
		s.load("1,張三\n")
		s.upkeep(kyc.Upkeep{Flagged: 1})
		s.upkeep(kyc.Upkeep{})
		if k, err := s.Find(ctx, "p1"); err != nil || k.Good(today()) {
			s.t.Errorf("business goes on: %+v, %v", k, err)
		}
		hits, err := s.lists.HitsOf(ctx, "p1")
		if err != nil || len(hits) != 1 {
			s.t.Fatalf("hits %+v, %v", hits, err)
		}
		if _, err := s.lists.Decide(ctx, screening.Decision{Hit: hits[0].ID, By: "officer", Reason: "other_person"}); err != nil {
			s.t.Fatal(err)
		}
		s.upkeep(kyc.Upkeep{Cleared: 1})
	})
}

// Nobody is verified against lists that changed since the screening.
func TestAListChangesBeforeTheDecision(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		s.must(s.Submit(ctx, "p1", "clerk", s.sub))
		s.must(s.Check(ctx, "p1"))
		s.load("1,李四\n")
		_, err := s.Verify(ctx, "p1", "officer", today().AddMonths(12))
		s.refused(fault.WrongStatus, err)
		s.upkeep(kyc.Upkeep{})
		s.must(s.Verify(ctx, "p1", "officer", today().AddMonths(12)))
	})
}

// What is verified to a day is expired the day after, by itself.
func TestVerificationsExpire(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		s.must(s.Submit(ctx, "p1", "clerk", s.sub))
		s.must(s.Check(ctx, "p1"))
		k := s.must(s.Verify(ctx, "p1", "officer", today().AddDays(1)))
		s.upkeep(kyc.Upkeep{})
		kyc.SetClock(s.Cases, time.Now().AddDate(0, 0, 3))
		s.upkeep(kyc.Upkeep{Expired: 1})
		if k, err := s.Find(ctx, "p1"); err != nil || k.Status != kyc.Expired {
			s.t.Errorf("the case is %+v, %v", k, err)
		}
		listed, err := s.List(ctx, kyc.Expired, "", 10)
		if err != nil || len(listed) != 1 || listed[0].ID != k.ID {
			s.t.Errorf("listed %+v, %v", listed, err)
		}
	})
}
