package mandate_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
)

var update = flag.Bool("update", false, "write golden files anew")

func TestOnlySignedTermsAreRegistered(t *testing.T) {
	wider := register(invest())
	wider.Terms.TotalMinor *= 10
	refused(t, mandate.State{}, wider, fault.SignatureInvalid, "")

	forged := register(invest())
	forged.Signature = stranger.sign(forged.Terms.Statement())
	refused(t, mandate.State{}, forged, fault.SignatureInvalid, "")

	unsigned := register(invest())
	unsigned.Signature = nil
	refused(t, mandate.State{}, unsigned, fault.SignatureInvalid, "")

	for _, actor := range []party.Actor{lantern, meridian} {
		foreign := register(invest())
		foreign.Actor = actor
		refused(t, mandate.State{}, foreign, fault.WrongMember, "")
	}
	byAdmin := register(invest())
	byAdmin.Actor.Role = party.Admin
	refused(t, mandate.State{}, byAdmin, fault.WrongRole, "")

	s := apply(t, mandate.State{}, register(invest()))
	refused(t, s, register(invest()), fault.AlreadyExists, "")
}

// Each change makes terms that no party should have been able to sign; they are signed all the same.
func TestTermsMustMeanSomething(t *testing.T) {
	change := func(terms mandate.Terms, f func(*mandate.Terms)) mandate.Terms { f(&terms); return terms }
	for i, c := range []struct {
		terms mandate.Terms
		code  fault.Code
		field string
	}{
		{change(invest(), func(t *mandate.Terms) { t.Handle = "" }), fault.MissingField, "terms.handle"},
		{change(invest(), func(t *mandate.Terms) { t.Party = "张三" }), fault.InvalidField, "terms.party"},
		{change(invest(), func(t *mandate.Terms) { t.Purpose = "" }), fault.InvalidField, "terms.purpose"},
		{change(invest(), func(t *mandate.Terms) { t.Currency = "yuan" }), fault.InvalidField, "terms.currency"},
		{change(invest(), func(t *mandate.Terms) { t.Expires = 0 }), fault.MissingField, "terms.expires"},
		{change(invest(), func(t *mandate.Terms) { t.Expires = signedOn - 1 }), fault.InvalidField, "terms.expires"},
		{change(invest(), func(t *mandate.Terms) { t.TotalMinor = 0 }), fault.InvalidField, "terms.total_minor"},
		{change(invest(), func(t *mandate.Terms) { t.PerLoanMinor = 0 }), fault.InvalidField, "terms.per_loan_minor"},
		{change(invest(), func(t *mandate.Terms) { t.PerLoanMinor = t.TotalMinor + 1 }), fault.InvalidField, "terms.per_loan_minor"},
		{change(invest(), func(t *mandate.Terms) { t.MinRatePPM = -1 }), fault.InvalidField, "terms.min_rate_ppm"},
		{change(invest(), func(t *mandate.Terms) { t.MaxInstalments = 0 }), fault.InvalidField, "terms.max_instalments"},
		{change(invest(), func(t *mandate.Terms) { t.MaxShareOfLoanPPM = 0 }), fault.InvalidField, "terms.max_share_of_loan_ppm"},
		{change(invest(), func(t *mandate.Terms) { t.MaxShareOfLoanPPM = 1_000_001 }), fault.InvalidField, "terms.max_share_of_loan_ppm"},
		{change(invest(), func(t *mandate.Terms) { t.PerCollectionMinor = 1 }), fault.InvalidField, "terms.per_collection_minor"},
		{change(invest(), func(t *mandate.Terms) { t.Loan = "l-1" }), fault.InvalidField, "terms.loan"},
		{change(debit(), func(t *mandate.Terms) { t.PerCollectionMinor = 0 }), fault.InvalidField, "terms.per_collection_minor"},
		{change(debit(), func(t *mandate.Terms) { t.TotalMinor = 1 }), fault.InvalidField, "terms.total_minor"},
		{change(debit(), func(t *mandate.Terms) { t.TotalMinor = -1 }), fault.InvalidField, "terms.total_minor"},
		{change(debit(), func(t *mandate.Terms) { t.PerLoanMinor = 1 }), fault.InvalidField, "terms.per_loan_minor"},
		{change(debit(), func(t *mandate.Terms) { t.MinRatePPM = 1 }), fault.InvalidField, "terms.min_rate_ppm"},
		{change(debit(), func(t *mandate.Terms) { t.MaxInstalments = 1 }), fault.InvalidField, "terms.max_instalments"},
		{change(debit(), func(t *mandate.Terms) { t.MaxShareOfLoanPPM = 1 }), fault.InvalidField, "terms.max_share_of_loan_ppm"},
		{change(debit(), func(t *mandate.Terms) { t.Loan = "l 1" }), fault.InvalidField, "terms.loan"},
	} {
		events, err := mandate.Decide(mandate.State{}, register(c.terms))
		if got := fault.Of(err); got == nil || got.Code != c.code || got.Field != c.field || events != nil {
			t.Errorf("terms %d: got %v, want %s in %s", i+1, err, c.code, c.field)
		}
	}
}

func TestTheCustodianConfirmsWhatItShowed(t *testing.T) {
	s := apply(t, mandate.State{}, register(invest()))
	byPlatform := confirm(invest())
	byPlatform.Actor = harbor
	refused(t, s, byPlatform, fault.WrongMember, "")

	other := invest()
	other.TotalMinor *= 10
	refused(t, s, confirm(other), fault.CommitmentMismatch, "signed_terms")

	late := confirm(invest())
	late.On = lastOfUse.AddDays(1)
	refused(t, s, late, fault.MandateExpired, "")

	refused(t, apply(t, s, confirm(invest())), confirm(invest()), fault.AlreadyExists, "")
	refused(t, mandate.State{}, confirm(invest()), fault.MandateUnknown, "")
}

func TestUsesAreRefusedInOrder(t *testing.T) {
	ready := confirmed(t, invest())
	registered := apply(t, mandate.State{}, register(invest()))
	revoked := apply(t, ready, mandate.Revoke{Actor: meridian, On: signedOn, Handle: "m-1"})
	nearlyUsed := ready
	nearlyUsed.UsedMinor = 900_001
	overflowing := ready
	overflowing.UsedMinor = math.MaxInt64

	change := func(f func(*mandate.Use)) mandate.Use { u := use(); f(&u); return u }
	past := func(u *mandate.Use) { u.On = lastOfUse.AddDays(1) }
	for i, c := range []struct {
		state mandate.State
		use   mandate.Use
		code  fault.Code
		field string
	}{
		{ready, change(func(u *mandate.Use) { u.AmountMinor = 0 }), fault.InvalidField, "amount_minor"},
		{ready, change(func(u *mandate.Use) { u.AmountMinor = -1 }), fault.InvalidField, "amount_minor"},
		{ready, change(func(u *mandate.Use) { u.Loan = "" }), fault.MissingField, "loan"},
		{mandate.State{}, use(), fault.MandateUnknown, ""},
		{ready, change(func(u *mandate.Use) { u.Actor = lantern }), fault.WrongMember, ""},
		{overflowing, use(), fault.Overflow, "amount_minor"},
		{revoked, change(past), fault.MandateRevoked, ""},
		{registered, change(past), fault.MandateExpired, ""},
		{registered, use(), fault.MandateNotConfirmed, ""},
		{nearlyUsed, use(), fault.MandateLimitExceeded, "total_minor"},
		{ready, change(func(u *mandate.Use) { u.AmountMinor++; u.PrincipalMinor *= 2 }), fault.MandateLimitExceeded, "amount_minor"},
		{ready, change(func(u *mandate.Use) { u.PrincipalMinor-- }), fault.MandateLimitExceeded, "principal_minor"},
		{ready, change(func(u *mandate.Use) { u.PrincipalMinor = -1 }), fault.MandateLimitExceeded, "principal_minor"},
		{ready, change(func(u *mandate.Use) { u.Purpose = mandate.Debit }), fault.MandateMismatch, "purpose"},
		{ready, change(func(u *mandate.Use) { u.Party = "p-2" }), fault.MandateMismatch, "party"},
		{ready, change(func(u *mandate.Use) { u.RatePPM-- }), fault.MandateMismatch, "rate_ppm"},
		{ready, change(func(u *mandate.Use) { u.Instalments++ }), fault.MandateMismatch, "instalments"},
		{ready, change(func(u *mandate.Use) { u.Instalments = 0 }), fault.MandateMismatch, "instalments"},
		{ready, change(func(u *mandate.Use) { u.Currency = "USD" }), fault.CurrencyMismatch, "currency"},
	} {
		events, err := mandate.Decide(c.state, c.use)
		if got := fault.Of(err); got == nil || got.Code != c.code || got.Field != c.field || events != nil {
			t.Errorf("use %d: got %v, want %s in %q", i+1, err, c.code, c.field)
		}
	}
}

func TestAMandateServesOnItsLastDayAndNotOnTheNext(t *testing.T) {
	ready := apply(t, apply(t, mandate.State{}, register(invest())), confirm(invest()))
	last := use()
	last.On = lastOfUse
	if _, err := mandate.Decide(ready, last); err != nil {
		t.Fatalf("on the last day: %v", err)
	}
	last.On = lastOfUse.AddDays(1)
	refused(t, ready, last, fault.MandateExpired, "")
}

func TestALenderLendsUpToTheLimit(t *testing.T) {
	s := confirmed(t, invest())
	for range 10 {
		s = apply(t, s, use())
	}
	if remaining, bounded := s.RemainingMinor(); remaining != 0 || !bounded || s.Uses != 10 {
		t.Fatalf("after ten uses: %+v", s)
	}
	refused(t, s, use(), fault.MandateLimitExceeded, "total_minor")
	restore := mandate.Restore{Actor: meridian, On: signedOn, Handle: "m-1", AmountMinor: 100_000, Loan: "l-1"}
	s = apply(t, s, restore, use())
	restore.AmountMinor = 1_000_001
	refused(t, s, restore, fault.AmountMismatch, "amount_minor")
}

// The regulator gives back what it ends, and uses nothing.
func TestTheRegulatorGivesBackWhatItEnds(t *testing.T) {
	authority := party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Machine}
	s := apply(t, confirmed(t, invest()), use())
	restore := mandate.Restore{Actor: authority, On: signedOn, Handle: "m-1", AmountMinor: 100_000, Loan: "l-1"}
	if restored := apply(t, s, restore); restored.UsedMinor != 0 {
		t.Errorf("used is %d", restored.UsedMinor)
	}
	restore.Actor.Role = party.Auditor
	refused(t, s, restore, fault.WrongRole, "")
	more := use()
	more.Actor = authority
	refused(t, s, more, fault.WrongMember, "")
}

func TestADebitIsForItsLoanAndHasNoTotal(t *testing.T) {
	s := confirmed(t, debit())
	for range 100 {
		s = apply(t, s, collect())
	}
	if _, bounded := s.RemainingMinor(); bounded {
		t.Error("a total appeared")
	}
	elsewhere := collect()
	elsewhere.Loan = "l-2"
	refused(t, s, elsewhere, fault.MandateMismatch, "loan")
	more := collect()
	more.AmountMinor++
	refused(t, s, more, fault.MandateLimitExceeded, "amount_minor")
}

func TestAPartyTakesItsMandateBack(t *testing.T) {
	s := apply(t, confirmed(t, invest()), use())
	revoke := mandate.Revoke{Actor: harbor, On: signedOn, Handle: "m-1", Key: lender.key()}
	refused(t, s, revoke, fault.SignatureInvalid, "")
	revoke.Signature = stranger.sign(s.RevocationStatement())
	refused(t, s, revoke, fault.SignatureInvalid, "")
	byCustodian := revoke
	byCustodian.Actor = meridian
	refused(t, s, byCustodian, fault.SignatureInvalid, "") // what is handed in must be right
	revoke.Signature = lender.sign(s.RevocationStatement())
	revoked := apply(t, s, revoke)
	refused(t, revoked, use(), fault.MandateRevoked, "")
	refused(t, revoked, revoke, fault.MandateRevoked, "")
	refused(t, apply(t, s, mandate.Revoke{Actor: meridian, On: signedOn, Handle: "m-1"}), use(), fault.MandateRevoked, "")
	// A hold that comes back is counted back whatever became of the mandate.
	released := apply(t, revoked, mandate.Restore{Actor: meridian, On: signedOn, Handle: "m-1", AmountMinor: 100_000, Loan: "l-1"})
	if released.UsedMinor != 0 {
		t.Errorf("used is %d", released.UsedMinor)
	}
}

// What a party signs is fixed for ever: a change here breaks every mandate in force.
func TestTheSignedBytesAreGolden(t *testing.T) {
	var got bytes.Buffer
	for _, terms := range []mandate.Terms{invest(), debit()} {
		got.Write(terms.Statement())
		got.WriteString("\n" + terms.Commitment() + "\n")
		got.Write(terms.RevocationStatement())
		got.WriteString("\n\n")
	}
	golden(t, "testdata/statements.golden.txt", got.Bytes())
}

func TestTheLifeOfAMandateIsGolden(t *testing.T) {
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	var s mandate.State
	for _, c := range life() {
		events, err := mandate.Decide(s, c)
		if err != nil {
			t.Fatalf("%T: %v", c, err)
		}
		for _, e := range events {
			if err := encoder.Encode(e); err != nil {
				t.Fatal(err)
			}
			s = mandate.Apply(s, e)
		}
	}
	if err := encoder.Encode(s); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/life.golden.jsonl", got.Bytes())
}

// life is every kind of command once, in an order that is accepted.
func life() []mandate.Command {
	terms := invest()
	return []mandate.Command{
		register(terms), confirm(terms), use(),
		mandate.Restore{Actor: meridian, On: signedOn, Handle: "m-1", AmountMinor: 40_000, Loan: "l-1"},
		mandate.Revoke{
			Actor: harbor, On: signedOn, Handle: "m-1", Key: lender.key(),
			Signature: lender.sign(terms.RevocationStatement()),
		},
	}
}

// Whatever is tried, what is counted stays within the terms, deciding twice gives the same, and what
// was encoded replays to the same state.
func TestUseStaysWithinTheTerms(t *testing.T) {
	ready := confirmed(t, invest())
	rapid.Check(t, func(t *rapid.T) {
		s := ready
		var counted money.Minor
		for range rapid.IntRange(1, 30).Draw(t, "commands") {
			var c mandate.Command
			amount := money.Minor(rapid.Int64Range(-1, 120_000).Draw(t, "amount"))
			if rapid.Bool().Draw(t, "use") {
				u := use()
				u.AmountMinor = amount
				u.PrincipalMinor = money.Minor(rapid.Int64Range(0, 500_000).Draw(t, "principal"))
				c = u
			} else {
				c = mandate.Restore{Actor: meridian, On: signedOn, Handle: "m-1", AmountMinor: amount, Loan: "l-1"}
			}
			events, err := mandate.Decide(s, c)
			again, errAgain := mandate.Decide(s, c)
			if !reflect.DeepEqual(events, again) || !reflect.DeepEqual(err, errAgain) {
				t.Fatalf("%+v decides differently", c)
			}
			for _, e := range events {
				if e.Kind == mandate.Used {
					counted += e.AmountMinor
				} else {
					counted -= e.AmountMinor
				}
				s = mandate.Apply(s, reread(t, e))
			}
			if s.UsedMinor != counted || counted < 0 || counted > s.TotalMinor {
				t.Fatalf("counted %d, used %d of %d", counted, s.UsedMinor, s.TotalMinor)
			}
		}
	})
}

func reread(t interface{ Fatal(...any) }, e mandate.Event) mandate.Event {
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var read mandate.Event
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

func TestTheRecordSurvivesEncoding(t *testing.T) {
	s := apply(t, mandate.State{}, life()...)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var read mandate.State
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil || !reflect.DeepEqual(read, s) {
		t.Fatalf("read %+v, %v", read, err)
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s; if that is meant, run with -update:\n%s", path, got)
	}
}
