package credit

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

var today = calendar.NewDate(2026, 3, 2)

// book is what the ledger says, in memory.
type book struct {
	day     calendar.Date
	parties map[string]party.State // by handle
	people  map[string]string
	names   map[string][]string
	exposed money.Minor
	loans   []loan.State
}

func (b *book) Party(_ context.Context, collection, handle string) (party.State, bool, error) {
	s, ok := b.parties[handle]
	return s, ok && collection == s.Platform+"-"+s.Custodian, nil
}
func (b *book) Today(context.Context, string) (calendar.Date, error) { return b.day, nil }
func (b *book) Person(_ context.Context, handle string) (string, bool, error) {
	p, ok := b.people[handle]
	return p, ok, nil
}

func (b *book) Standing(context.Context, string) (money.Minor, []loan.State, error) {
	return b.exposed, b.loans, nil
}

func (b *book) Names(_ context.Context, p string) ([]string, error) {
	return append([]string{p}, b.names[p]...), nil
}

// scene is a person who is a customer of two platforms and signed a consent on one.
type scene struct {
	*book
	key         *keys.Key
	here, there string // its parties on harbor and lantern
}

func newScene(t *testing.T) *scene {
	t.Helper()
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{&book{day: today, parties: map[string]party.State{}, people: map[string]string{}, names: map[string][]string{}}, key, lane.Random(16), lane.Random(16)}
	for handle, platform := range map[string]string{s.here: "harbor", s.there: "lantern"} {
		state := party.State{Handle: handle, Platform: platform, Custodian: "meridian"}
		state.Keys = []party.HeldKey{{Key: key.PublicKey(), Sequence: 1, From: today}}
		s.parties[handle], s.people[handle] = state, "alice"
	}
	s.consent(s.here, party.Consent{Purpose: Purpose, Text: ConsentDigest(), Given: today})
	return s
}

func (s *scene) consent(handle string, c party.Consent) {
	state := s.parties[handle]
	c.Sequence = len(state.Consents) + 1
	state.Consents = append(slices.Clone(state.Consents), c)
	s.parties[handle] = state
}

func (s *scene) withdraw(handle string) {
	state := s.parties[handle]
	state.Consents = slices.Clone(state.Consents)
	state.Consents[len(state.Consents)-1].Withdrawn = s.day
	s.parties[handle] = state
}

func (s *scene) asking(t *testing.T, handle string) Asking {
	t.Helper()
	signature, err := s.key.Sign(ListStatement(handle, s.day))
	if err != nil {
		t.Fatal(err)
	}
	return Asking{Enquiry{s.parties[handle].Platform + "-meridian", handle}, s.day, signature}
}

func TestASummaryNeedsTheSettingAndAConsentThatHolds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newScene(t)
		s.exposed = 4_000_000
		on, off := NewRegistry(db, s, true), NewRegistry(db, s, false)
		e := Enquiry{"harbor-meridian", s.here}
		ask := func(r *Registry, requester string, e Enquiry, want fault.Code) Summary {
			t.Helper()
			summary, err := r.Enquire(t.Context(), requester, e)
			if want == "" && err != nil || want != "" && !errors.Is(err, fault.New(want)) {
				t.Errorf("%v, not %q", err, want)
			}
			return summary
		}
		ask(off, "harbor", e, fault.CreditSharingOff)
		got := ask(on, "harbor", e, "")
		if got.Exposure != "up_to_50k" || got.Enquiries != "none" || got.Consent != 1 || got.On != today || got.ID == "" {
			t.Errorf("%+v", got)
		}
		if got = ask(on, "harbor", e, ""); got.Enquiries != "1_to_2" {
			t.Errorf("the second enquiry sees the first as %q", got.Enquiries)
		}
		ask(on, "lantern", Enquiry{"lantern-meridian", s.there}, fault.ConsentMissing)
		ask(on, "lantern", e, fault.NotFound)

		for name, c := range map[string]party.Consent{
			"another purpose":    {Purpose: "credit-report", Text: ConsentDigest(), Given: today},
			"another text":       {Purpose: Purpose, Text: strings.Repeat("0", 64), Given: today},
			"its last day past":  {Purpose: Purpose, Text: ConsentDigest(), Given: today.AddDays(-9), Until: today.AddDays(-1)},
			"given for tomorrow": {Purpose: Purpose, Text: ConsentDigest(), Given: today.AddDays(1)},
		} {
			other := newScene(t)
			state := other.parties[other.here]
			state.Consents = nil
			other.parties[other.here] = state
			other.consent(other.here, c)
			_, err := NewRegistry(db, other, true).Enquire(t.Context(), "harbor", Enquiry{"harbor-meridian", other.here})
			if !errors.Is(err, fault.New(fault.ConsentMissing)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.withdraw(s.here)
		ask(on, "harbor", e, fault.ConsentMissing)
		delete(s.people, s.here)
		s.consent(s.here, party.Consent{Purpose: Purpose, Text: ConsentDigest(), Given: today})
		ask(on, "harbor", e, fault.PartyUnknown)
	})
}

// Every enquiry stands in the list, refused ones too, on whichever platform, also from before the person's
// pseudonym was succeeded; and only the person can have the list.
func TestTheBorrowerSeesEveryEnquiry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newScene(t)
		r := NewRegistry(db, s, true)
		if _, err := r.Enquire(t.Context(), "harbor", Enquiry{"harbor-meridian", s.here}); err != nil {
			t.Fatal(err)
		}
		s.people[s.here], s.people[s.there] = "alice's next", "alice's next"
		s.names["alice's next"] = []string{"alice"}
		_, err := r.Enquire(t.Context(), "lantern", Enquiry{"lantern-meridian", s.there})
		if !errors.Is(err, fault.New(fault.ConsentMissing)) {
			t.Fatal(err)
		}
		stranger := newScene(t)
		stranger.people[stranger.here] = "bob"
		if _, err := NewRegistry(db, stranger, true).Enquire(t.Context(), "harbor", Enquiry{"harbor-meridian", stranger.here}); err != nil {
			t.Fatal(err)
		}
		list, err := r.Enquiries(t.Context(), "lantern", s.asking(t, s.there))
		var told []string
		for _, e := range list {
			told = append(told, e.Requester+" "+e.Outcome+" "+e.On.String())
		}
		if want := []string{"lantern consent_missing 2026-03-02", "harbor answered 2026-03-02"}; err != nil || !slices.Equal(told, want) {
			t.Errorf("%v %v", told, err)
		}

		forged := s.asking(t, s.there)
		forged.Signature = stranger.asking(t, stranger.there).Signature
		if _, err := r.Enquiries(t.Context(), "lantern", forged); !errors.Is(err, fault.New(fault.SignatureInvalid)) {
			t.Errorf("another's signature: %v", err)
		}
		old := s.asking(t, s.there)
		s.day = today.AddDays(1)
		if _, err := r.Enquiries(t.Context(), "lantern", old); !errors.Is(err, fault.New(fault.InvalidField)) {
			t.Errorf("yesterday's signature: %v", err)
		}
		if _, err := r.Enquiries(t.Context(), "harbor", s.asking(t, s.there)); !errors.Is(err, fault.New(fault.NotFound)) {
			t.Errorf("through another platform: %v", err)
		}
	})
}

// bureau answers as it is told to, and counts.
type bureau struct {
	bands Bands
	err   error
	hang  bool
	asked int

	meanwhile func() // happens while the bureau thinks
}

func (*bureau) Name() string { return "registry of the west" }

func (b *bureau) Report(ctx context.Context, s Subject) (Bands, error) {
	b.asked++
	if b.meanwhile != nil {
		b.meanwhile()
	}
	if s.Number.IsZero() || s.Consent == "" {
		return Bands{}, errors.New("asked about nobody")
	}
	if b.hang {
		<-ctx.Done()
		return Bands{}, ctx.Err()
	}
	return b.bands, b.err
}

// door is the regulator's registry as harbor reaches it, up or down.
type door struct {
	*Registry
	down error
}

func (d *door) Enquire(ctx context.Context, e Enquiry) (Summary, error) {
	if d.down != nil {
		return Summary{}, d.down
	}
	return d.Registry.Enquire(ctx, "harbor", e)
}

func (d *door) Enquiries(ctx context.Context, q Asking) ([]Entry, error) {
	return d.Registry.Enquiries(ctx, "harbor", q)
}

type identified struct{}

func (identified) Number(context.Context, string, string) (pseudonym.Number, bool, error) {
	n, err := pseudonym.ParseNumber(pseudonym.ResidentID, "11010519491231002X")
	return n, err == nil, err
}

var someBands = Bands{"up_to_10k", "none", "1_to_29_days", "1_to_2"}

func TestReportsAreKeptForAsLongAsTheirConsent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newScene(t)
		b := &bureau{bands: someBands}
		registry := &door{NewRegistry(storetest.SQLite(t), s, true), nil}
		desk := NewDesk(db, s, identified{}, registry, DeskSettings{Bureaus: []Bureau{b}, Timeout: 20 * time.Millisecond, Keep: time.Hour})
		e := Enquiry{"harbor-meridian", s.here}
		ask := func(state string, degraded bool, asked int) {
			t.Helper()
			got, err := desk.Ask(t.Context(), e)
			if err != nil || len(got.Reports) != 1 || got.Reports[0].State != state || got.Degraded != degraded || b.asked != asked {
				t.Errorf("%+v %v, asked %d times", got, err, b.asked)
			}
		}
		ask(Fresh, false, 1)
		ask(Cached, false, 1)
		desk.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
		b.hang = true
		ask(Stale, true, 2)
		b.hang, b.err = false, ErrNoRecord
		ask(NoRecord, false, 3)
		registry.down = fault.New(fault.Unavailable)
		ask(NoRecord, true, 3)
		got, err := desk.Ask(t.Context(), e)
		if err != nil || got.Summary != nil || got.State != Unavailable {
			t.Errorf("without the regulator: %+v %v", got, err)
		}

		// Another consent is another cache, and a consent that ended takes what was fetched under it along.
		registry.down, b.err = nil, errors.New("down")
		s.withdraw(s.here)
		if _, err := desk.Ask(t.Context(), e); !errors.Is(err, fault.New(fault.ConsentMissing)) || b.asked != 3 {
			t.Errorf("without a consent: %v, asked %d times", err, b.asked)
		}
		var kept int
		if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM credit_report`).Scan(&kept); err != nil || kept != 0 {
			t.Errorf("%d reports are kept without a consent (%v)", kept, err)
		}
		s.consent(s.here, party.Consent{Purpose: Purpose, Text: ConsentDigest(), Given: today})
		ask(Unavailable, true, 4)

		registry.Registry = NewRegistry(storetest.SQLite(t), s, false)
		if _, err := desk.Ask(t.Context(), e); !errors.Is(err, fault.New(fault.CreditSharingOff)) {
			t.Errorf("sharing is off: %v", err)
		}
	})
}

func TestLocalBureauSaysTheSameEveryTime(t *testing.T) {
	number, _, err := identified{}.Number(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	different := 0
	for _, secret := range []string{"a", "b", "c", "d", "e", "f"} {
		b := NewLocalBureau("local", []byte(secret))
		first, err := b.Report(t.Context(), Subject{Number: number})
		again, errAgain := b.Report(t.Context(), Subject{Number: number})
		if first != again || !errors.Is(errAgain, err) || err == nil && !first.valid() {
			t.Errorf("%+v %v, then %+v %v", first, err, again, errAgain)
		}
		if other, _ := NewLocalBureau("local", []byte(secret+"'")).Report(t.Context(), Subject{Number: number}); other != first {
			different++
		}
	}
	if different == 0 {
		t.Error("every secret makes the same answers")
	}
}

func TestRemoteBureau(t *testing.T) {
	number, _, err := identified{}.Number(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	var answer string
	var status int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var sent map[string]string
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || sent["number"] != "11010519491231002X" || sent["consent"] != "h/1" ||
			r.Header.Get("Authorization") != "Bearer token" {
			t.Errorf("%v %v", sent, err)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	b, err := NewRemoteBureau("west", server.URL, "token", server.Client())
	if err != nil {
		t.Fatal(err)
	}
	good, err := json.Marshal(someBands)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status int
		answer string
		want   Bands
		record bool // false: an error that is not "no record"
	}{
		{200, string(good), someBands, true},
		{404, "", Bands{}, true},
		{500, string(good), Bands{}, false},
		{200, "{", Bands{}, false},
		{200, `{"exposure":"lots"}`, Bands{}, false},
	} {
		status, answer = c.status, c.answer
		got, err := b.Report(t.Context(), Subject{Number: number, Consent: "h/1"})
		if got != c.want || (err == nil || errors.Is(err, ErrNoRecord)) != c.record {
			t.Errorf("%d %s: %+v %v", c.status, c.answer, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "1949") {
			t.Errorf("the error tells the number: %v", err)
		}
	}
	if _, err := NewRemoteBureau("west", "nowhere", "", nil); err == nil {
		t.Error("an address without a host was taken")
	}
}

// erasers are the parties that asked for erasure.
type erasers map[string]bool

func (a erasers) Processing(_ context.Context, _ *sql.Tx, party string) error {
	if a[party] {
		return fault.In(fault.ProcessingRestricted, "party")
	}
	return nil
}

// Who asked for erasure is asked about no more, neither at the regulator nor at a bureau; and what a bureau answers
// when erasure was asked for meanwhile is not kept.
func TestNobodyIsAskedAboutTheRestricted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newScene(t)
		people, b := erasers{}, &bureau{bands: someBands}
		b.meanwhile = func() { people[s.here] = true }
		atRegulator := storetest.SQLite(t)
		desk := NewDesk(db, s, identified{}, &door{NewRegistry(atRegulator, s, true), nil}, DeskSettings{Bureaus: []Bureau{b}, People: people})
		count := func(db *store.DB, table string) (n int) {
			t.Helper()
			if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for range 2 {
			if _, err := desk.Ask(t.Context(), Enquiry{"harbor-meridian", s.here}); !errors.Is(err, fault.New(fault.ProcessingRestricted)) {
				t.Errorf("asked: %v", err)
			}
		}
		if b.asked != 1 || count(atRegulator, "credit_enquiry") != 1 || count(db, "credit_report") != 0 {
			t.Errorf("asked %d times, %d reports kept", b.asked, count(db, "credit_report"))
		}
	})
}

// An enquiry that is refused at the platform for want of a consent is in the borrower's list, as one that the regulator
// refuses; nobody's bureau is asked, and while the regulator is away the refusal is the same.
func TestARefusedEnquiryIsInTheBorrowersList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, b := newScene(t), &bureau{bands: someBands}
		registry := &door{NewRegistry(storetest.SQLite(t), s, true), nil}
		desk := NewDesk(db, s, identified{}, registry, DeskSettings{Bureaus: []Bureau{b}})
		s.withdraw(s.here)
		e := Enquiry{"harbor-meridian", s.here}
		for _, down := range []error{nil, fault.New(fault.Unavailable)} {
			registry.down = down
			if _, err := desk.Ask(t.Context(), e); !errors.Is(err, fault.New(fault.ConsentMissing)) || b.asked != 0 {
				t.Errorf("asked %d bureaus, %v", b.asked, err)
			}
		}
		list, err := registry.list(t.Context(), e)
		if err != nil || len(list) != 1 || list[0].Outcome != string(fault.ConsentMissing) || list[0].Requester != "harbor" {
			t.Errorf("the borrower's list has %+v, %v", list, err)
		}
	})
}
