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

// people are subjects by id, who change as tests change them.
type people map[string]kyc.Subject

func (p people) OnChange(func(context.Context, *sql.Tx, kyc.Change) error) {}

func (p people) Watched(_ context.Context, _ *sql.Tx, person string) (screening.Subject, error) {
	return watched(person, p[person]), nil
}

// watched marks a subject by what is compared, which only a test may do in the clear.
func watched(person string, s kyc.Subject) screening.Subject {
	who := kyc.Screened(person, s)
	who.Mark = who.Name + who.Born
	return who
}

func (p people) Subject(_ context.Context, person string) (kyc.Subject, error) {
	s, found := p[person]
	if !found {
		return kyc.Subject{}, fault.In(fault.NotFound, "person")
	}
	return s, nil
}

func (p people) EachSubject(_ context.Context, visit func(screening.Subject) error) error {
	for id, s := range p {
		if err := visit(watched(id, s)); err != nil {
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
	people   people
	sub      kyc.Submission
}

// approver answers what was signed and for whom, instead of a signature.
type approver struct{}

func (approver) Approve(_ context.Context, certificate, digest string) (wire.Approval, error) {
	return wire.Approval{Certificates: []string{certificate}, Signature: digest}, nil
}

// changes edits the person behind the case, and tells the case as the records do.
func (s *scene) changes(by string, edit func(*kyc.Subject), fields ...string) error {
	s.t.Helper()
	err := s.db.Write(s.t.Context(), func(tx *sql.Tx) error {
		return s.Changed(s.t.Context(), tx, kyc.Change{Person: "p1", By: by, Fields: fields})
	})
	if err == nil {
		who := s.people["p1"]
		edit(&who)
		s.people["p1"] = who
	}
	s.checkHistory()
	return err
}

func (s *scene) becomesCustomer() kyc.Case {
	s.t.Helper()
	s.must(s.Submit(s.t.Context(), "p1", "clerk", s.sub))
	s.must(s.Check(s.t.Context(), "p1"))
	return s.must(s.verify("officer", today().AddMonths(12)))
}

func (s *scene) verify(by string, expires calendar.Date) (kyc.Case, error) {
	return s.Verify(s.t.Context(), "p1", by, "certificate-of-"+by, expires)
}

func each(t *testing.T, run func(*scene)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		lists, err := screening.New(db, 0)
		if err != nil {
			t.Fatal(err)
		}
		s := &scene{t: t, db: db, lists: lists, provider: &provider{}, outbox: &put{}, people: people{"p1": someone}, sub: submission(t)}
		ledger := kyc.OutboxLedger{Approver: approver{}, Channel: "lending", Outbox: s.outbox, Platform: "harbor", Custodian: "meridian", Collection: "harbor-meridian", Identity: "machine"}
		s.Cases = kyc.New(db, s.people, s.provider, lists, ledger)
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
		_, err = s.verify("officer", today().AddMonths(12))
		s.refused(fault.WrongStatus, err)
		s.must(s.Check(ctx, "p1"))
		_, err = s.verify("clerk", today().AddMonths(12))
		s.refused(fault.WrongRole, err)
		k := s.must(s.verify("officer", today().AddMonths(12)))
		if !k.Good(today()) {
			s.t.Errorf("verified as %+v", k)
		}
		_, err = s.verify("officer", today().AddMonths(12))
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
		_, err := s.verify("officer", today().AddMonths(12))
		s.refused(fault.Busy, err)
		if k, err := s.Find(ctx, "p1"); err != nil || k.Status != kyc.Submitted {
			s.t.Errorf("the case is %+v, %v", k, err)
		}
		s.outbox.err = nil
		s.must(s.verify("officer", today().AddMonths(12)))
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
			s.must(s.verify("officer", today().AddMonths(12)))
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
		s.must(s.verify("officer", today().AddMonths(12)))
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
		_, err := s.verify("officer", today().AddMonths(12))
		s.refused(fault.WrongStatus, err)
		s.upkeep(kyc.Upkeep{})
		s.must(s.verify("officer", today().AddMonths(12)))
	})
}

// What is verified to a day is expired the day after, by itself.
func TestVerificationsExpire(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		s.must(s.Submit(ctx, "p1", "clerk", s.sub))
		s.must(s.Check(ctx, "p1"))
		k := s.must(s.verify("officer", today().AddDays(1)))
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

// wantTold holds the last that the ledger was told, and whose word it was: the machine's has no signature.
func (s *scene) wantTold(count int, function, officer string) outbox.Command {
	s.t.Helper()
	if len(s.outbox.commands) != count {
		s.t.Fatalf("the ledger was told %d times, want %d: %+v", len(s.outbox.commands), count, s.outbox.commands)
	}
	c := s.outbox.commands[count-1]
	digest, err := wire.Approvable{
		Channel: "lending", Function: function, ID: c.ID, Collection: c.Collection, Mode: c.Mode, Items: c.Items,
	}.Digest()
	var want []wire.Approval
	if officer != "" {
		want = []wire.Approval{{Certificates: []string{"certificate-of-" + officer}, Signature: digest}}
	}
	if err != nil || c.Function != function || !reflect.DeepEqual(c.Signed, want) {
		s.t.Errorf("the ledger was told %s with %+v, %v; want %s with %+v", c.Function, c.Signed, err, function, want)
	}
	return c
}

// Who is changed after the verification is nobody who was verified: business stops, the ledger's attestation ends
// today, and it takes a further round, by others than who changed the record, to renew it.
func TestAChangeSuspendsWhoWasVerified(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		s.becomesCustomer()
		s.wantTold(1, "Party:Attest", "officer")
		if err := s.changes("editor", func(*kyc.Subject) {}, "address", "bank_account"); err != nil {
			t.Fatal(err)
		}
		s.wantTold(1, "Party:Attest", "officer") // which nobody was judged by
		if err := s.changes("editor", func(who *kyc.Subject) { who.Name = "李四" }, "name", "address"); err != nil {
			t.Fatal(err)
		}
		k, err := s.Find(ctx, "p1")
		if err != nil || k.Status != kyc.Suspended || k.Good(today()) || !k.Altered || k.Report != nil {
			t.Errorf("changed, the case is %+v, %v", k, err)
		}
		var items []wire.PartyRenewal
		told := s.wantTold(2, "Party:Renew", "")
		if err := json.Unmarshal(told.Items, &items); err != nil || items[0].Expires != today() || items[0].Handle != s.sub.Party {
			t.Errorf("the attestation ends %+v, %v", items, err)
		}
		if err := s.changes("editor", func(who *kyc.Subject) { who.Phone = "" }, "phone"); err != nil {
			t.Fatal(err)
		}
		s.wantTold(2, "Party:Renew", "") // it has ended
		_, err = s.verify("second", today().AddMonths(6))
		s.refused(fault.WrongStatus, err)

		s.must(s.Submit(ctx, "p1", "clerk", s.sub))
		s.must(s.Check(ctx, "p1"))
		k = s.must(s.verify("officer", today().AddMonths(6)))
		if !k.Good(today()) || k.Altered {
			t.Errorf("verified again, the case is %+v", k)
		}
		s.wantTold(3, "Party:Renew", "officer")
	})
}

// What was found out before a change is void: the report, and the screening.
func TestAChangeVoidsTheCheck(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		s.load("1,李四\n")
		s.must(s.Submit(ctx, "p1", "clerk", s.sub))
		s.must(s.Check(ctx, "p1"))
		if err := s.changes("editor", func(who *kyc.Subject) { who.Name = "李四" }, "name"); err != nil {
			t.Fatal(err)
		}
		_, err := s.verify("officer", today().AddMonths(6))
		s.refused(fault.WrongStatus, err)
		if k, err := s.Find(ctx, "p1"); err != nil || k.Report != nil || k.Status != kyc.Submitted {
			t.Errorf("changed, the case is %+v, %v", k, err)
		}
		s.must(s.Check(ctx, "p1"))
		_, err = s.verify("officer", today().AddMonths(6)) // who bears the name is on a list
		s.refused(fault.WrongStatus, err)
		hits, err := s.lists.HitsOf(ctx, "p1")
		if err != nil || len(hits) != 1 {
			t.Fatalf("hits %+v, %v", hits, err)
		}
		if _, err := s.lists.Decide(ctx, screening.Decision{Hit: hits[0].ID, By: "judge", Reason: "other_person"}); err != nil {
			t.Fatal(err)
		}
		_, err = s.verify("judge", today().AddMonths(6))
		s.refused(fault.WrongRole, err)
		_, err = s.verify("editor", today().AddMonths(6))
		s.refused(fault.WrongRole, err)
		s.must(s.verify("officer", today().AddMonths(6)))
	})
}

// slow is a provider under whose eyes a person changes.
type slow struct{ meanwhile func() }

func (p slow) Check(_ context.Context, reference string, _ kyc.Subject) (kyc.Report, error) {
	p.meanwhile()
	return kyc.Report{Provider: "slow", Reference: reference, Outcome: kyc.Match}, nil
}

// An answer about yesterday's name says nothing of today's.
func TestAnAnswerThatWasOvertaken(t *testing.T) {
	each(t, func(s *scene) {
		ctx := s.t.Context()
		s.must(s.Submit(ctx, "p1", "clerk", s.sub))
		s.Cases = kyc.New(s.db, s.people, slow{func() {
			if err := s.changes("editor", func(who *kyc.Subject) { who.Name = "李四" }, "name"); err != nil {
				t.Fatal(err)
			}
		}}, s.lists, nil)
		_, err := s.Check(ctx, "p1")
		s.refused(fault.Conflict, err)
	})
}

// A new document of a kind that the case holds voids it; of another kind it does not. A party that has a case stays.
func TestPapersAndPartiesOfACase(t *testing.T) {
	each(t, func(s *scene) {
		s.becomesCustomer()
		if err := s.changes("clerk", func(*kyc.Subject) {}, kyc.PaperField("income")); err != nil {
			t.Fatal(err)
		}
		if k, err := s.Find(t.Context(), "p1"); err != nil || !k.Good(today()) {
			t.Errorf("a proof of income suspends: %+v, %v", k, err)
		}
		s.refused(fault.WrongStatus, s.changes("clerk", func(*kyc.Subject) {}, "party"))
		if err := s.changes("clerk", func(*kyc.Subject) {}, kyc.PaperField("identity_front")); err != nil {
			t.Fatal(err)
		}
		if k, err := s.Find(t.Context(), "p1"); err != nil || k.Status != kyc.Suspended {
			t.Errorf("another identity card does not suspend: %+v, %v", k, err)
		}
	})
}

// A verification that is taken back ends the attestation, too, and once.
func TestARefusalEndsTheAttestation(t *testing.T) {
	each(t, func(s *scene) {
		s.becomesCustomer()
		s.must(s.Refuse(t.Context(), "p1", "officer", "false_papers"))
		s.wantTold(2, "Party:Renew", "")
		if err := s.changes("editor", func(who *kyc.Subject) { who.Name = "李四" }, "name"); err != nil {
			t.Fatal(err)
		}
		s.wantTold(2, "Party:Renew", "")
	})
}

// Nobody's word goes to the ledger but under a certificate of their own.
func TestAnOfficerWithoutACertificate(t *testing.T) {
	each(t, func(s *scene) {
		s.must(s.Submit(t.Context(), "p1", "clerk", s.sub))
		s.must(s.Check(t.Context(), "p1"))
		_, err := s.Verify(t.Context(), "p1", "officer", "", today().AddMonths(12))
		if !errors.Is(err, kyc.ErrNoCertificate) || len(s.outbox.commands) != 0 {
			t.Errorf("verified without a certificate: %v, %+v", err, s.outbox.commands)
		}
		if k, err := s.Find(t.Context(), "p1"); err != nil || k.Status != kyc.Submitted {
			t.Errorf("the case is %+v, %v", k, err)
		}
	})
}

// A natural person is of age, whatever a provider says; an organisation has no age.
func TestWhoIsUnderAgeIsNotVerified(t *testing.T) {
	each(t, func(s *scene) {
		s.people["p1"] = kyc.Subject{Kind: "natural", Name: "张三", IdentityNumber: numbered("110105" + "20200229" + "002")}
		s.must(s.Submit(t.Context(), "p1", "clerk", s.sub))
		k := s.must(s.Check(t.Context(), "p1"))
		if k.Report.Outcome != kyc.Mismatch || k.Report.Reasons[0] != kyc.UnderAge {
			t.Errorf("reported %+v", k.Report)
		}
		_, err := s.verify("officer", today().AddMonths(12))
		s.refused(fault.WrongStatus, err)
		s.SetLeastAge(0)
		if k = s.must(s.Check(t.Context(), "p1")); k.Report.Outcome != kyc.Match {
			t.Errorf("reported %+v", k.Report)
		}
	})
}

// numbered adds the check character to seventeen digits.
func numbered(digits string) string {
	for _, last := range "0123456789X" {
		if _, err := kyc.ParseNumber(digits + string(last)); err == nil {
			return digits + string(last)
		}
	}
	return digits
}
