package party_test

import (
	"reflect"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

func TestEitherSideMayAttestFirst(t *testing.T) {
	byPlatform := party.Attest{Actor: harbor, On: attestedOn, Identity: identity()}
	byCustodian := party.Attest{Actor: meridian, On: attestedOn, Identity: identity(), AccountDigest: digest}
	one := apply(t, party.State{}, byPlatform, byCustodian)
	other := apply(t, party.State{}, byCustodian, byPlatform)
	if !reflect.DeepEqual(one, other) {
		t.Fatalf("the order matters:\n%+v\n%+v", one, other)
	}
	if !one.Attested() || !one.AccountVerified() {
		t.Fatalf("not attested: %+v", one)
	}
	half := apply(t, party.State{}, byPlatform)
	if err := half.MayBorrow(attestedOn, 1); verdict(err) != "attestation_missing" {
		t.Errorf("one word is enough: %v", err)
	}
	refused(t, half, byPlatform, fault.AlreadyExists, "")
	refused(t, one, byCustodian, fault.AlreadyExists, "")
}

func TestBothSidesMustAttestTheSame(t *testing.T) {
	half := apply(t, party.State{}, party.Attest{Actor: harbor, On: attestedOn, Identity: identity()})
	for field, change := range map[string]func(*party.Identity){
		"identity.kind":      func(i *party.Identity) { i.Kind = party.Legal },
		"identity.kyc_level": func(i *party.Identity) { i.KYCLevel = 3 },
		"identity.expires":   func(i *party.Identity) { i.Expires = day("2018-01-04") },
		"identity.key":       func(i *party.Identity) { i.Key = secondKey.key() },
		"identity.affiliate": func(i *party.Identity) { i.Affiliate = "harbor" },
		"identity.platform":  func(i *party.Identity) { i.Platform = "lantern" },
		"identity.handle":    func(i *party.Identity) { i.Handle = "p-2" },
	} {
		other := identity()
		change(&other)
		refused(t, half, party.Attest{Actor: meridian, On: attestedOn, Identity: other}, fault.InvalidField, field)
	}
}

func TestAttestingIsRefused(t *testing.T) {
	attest := func(actor party.Actor, change func(*party.Attest)) party.Attest {
		c := party.Attest{Actor: actor, On: attestedOn, Identity: identity()}
		if change != nil {
			change(&c)
		}
		return c
	}
	auditor := party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Auditor}
	for name, c := range map[string]struct {
		command party.Attest
		code    fault.Code
	}{
		"another platform":        {attest(lantern, nil), fault.WrongMember},
		"the regulator":           {attest(authority, nil), fault.WrongMember},
		"a custodian's name":      {attest(party.Actor{Member: "meridian", Kind: party.Platform, Role: party.Machine}, nil), fault.WrongMember},
		"an auditor":              {attest(auditor, nil), fault.WrongRole},
		"no day":                  {attest(harbor, func(c *party.Attest) { c.On = 0 }), fault.MissingField},
		"no handle":               {attest(harbor, func(c *party.Attest) { c.Identity.Handle = "" }), fault.MissingField},
		"a handle with a space":   {attest(harbor, func(c *party.Attest) { c.Identity.Handle = "p 1" }), fault.InvalidField},
		"no such kind":            {attest(harbor, func(c *party.Attest) { c.Identity.Kind = "cat" }), fault.InvalidField},
		"level nought":            {attest(harbor, func(c *party.Attest) { c.Identity.KYCLevel = 0 }), fault.InvalidField},
		"expired at birth":        {attest(harbor, func(c *party.Attest) { c.Identity.Expires = attestedOn.AddDays(-1) }), fault.InvalidField},
		"no key":                  {attest(harbor, func(c *party.Attest) { c.Identity.Key = party.Key{} }), fault.AlgorithmNotAllowed},
		"a platform's account":    {attest(harbor, func(c *party.Attest) { c.AccountDigest = digest }), fault.WrongMember},
		"a malformed account":     {attest(meridian, func(c *party.Attest) { c.AccountDigest = "6222" }), fault.DigestMalformed},
		"an upper-case account":   {attest(meridian, func(c *party.Attest) { c.AccountDigest = "AB" + digest[2:] }), fault.DigestMalformed},
		"an affiliate that isn't": {attest(harbor, func(c *party.Attest) { c.Identity.Affiliate = "ein Haus" }), fault.InvalidField},
	} {
		t.Run(name, func(t *testing.T) { refused(t, party.State{}, c.command, c.code, "") })
	}
}

func TestOnlyTheCustodianRenews(t *testing.T) {
	s := attested(t)
	longer := party.Renewal{KYCLevel: 3, Expires: day("2018-01-04")}
	late := day("2017-02-01")
	s = apply(t, s, party.Renew{Actor: harbor, On: late, Handle: "p-1", Renewal: longer})
	if verdict(s.MayBorrow(late, 1)) != "attestation_expired" || s.Proposed == nil {
		t.Fatalf("the platform renewed alone: %+v", s)
	}
	s = apply(t, s, party.Renew{Actor: meridian, On: late, Handle: "p-1", Renewal: longer})
	if err := s.MayBorrow(late, 3); err != nil || s.Proposed != nil {
		t.Fatalf("not renewed: %v, %+v", err, s)
	}
	refused(t, s, party.Renew{Actor: lantern, On: late, Handle: "p-1", Renewal: longer}, fault.WrongMember, "")
	refused(t, party.State{}, party.Renew{Actor: meridian, On: late, Handle: "p-1", Renewal: longer}, fault.PartyUnknown, "")
	refused(t, s, party.Renew{Actor: meridian, On: day("2019-01-01"), Handle: "p-1", Renewal: longer}, fault.InvalidField, "renewal.expires")
}

func TestTheCustodianReplacesTheAccount(t *testing.T) {
	s := attested(t)
	other := "cd" + digest[2:]
	refused(t, s, party.VerifyAccount{Actor: harbor, On: attestedOn, Handle: "p-1", AccountDigest: other}, fault.WrongMember, "")
	s = apply(t, s, party.VerifyAccount{Actor: meridian, On: attestedOn, Handle: "p-1", AccountDigest: other})
	if s.AccountDigest != other {
		t.Errorf("the account stayed %s", s.AccountDigest)
	}
}

func TestAKeyIsRotatedByTheOldOneOnly(t *testing.T) {
	s := attested(t)
	on := day("2016-03-01")
	rotate := func(signed []byte) party.RotateKey {
		return party.RotateKey{Actor: harbor, On: on, Handle: "p-1", Key: secondKey.key(), Signature: signed}
	}
	statement := party.RotationStatement("p-1", 2, secondKey.key())
	refused(t, s, rotate(secondKey.sign(statement)), fault.SignatureInvalid, "")
	refused(t, s, rotate(firstKey.sign(party.RotationStatement("p-1", 3, secondKey.key()))), fault.SignatureInvalid, "")
	refused(t, s, rotate(nil), fault.SignatureInvalid, "")

	rotated := apply(t, s, rotate(firstKey.sign(statement)))
	if key, ok := rotated.Key(); !ok || key != secondKey.key() {
		t.Fatalf("speaks with %v", key)
	}
	if rotated.Keys[0].Retired != on || rotated.Keys[1].Sequence != 2 {
		t.Errorf("keys are %+v", rotated.Keys)
	}
	if !s.Keys[0].Retired.IsZero() {
		t.Error("the state before was touched")
	}
	back := party.RotateKey{Actor: harbor, On: on, Handle: "p-1", Key: firstKey.key()}
	refused(t, rotated, back, fault.AlreadyExists, "key")
}

func TestAFreezeStopsUntilItLapsesOrIsReleased(t *testing.T) {
	on, last := day("2016-02-01"), day("2016-02-29")
	freeze := party.ImposeFreeze{Actor: authority, On: on, Handle: "p-1", Order: "order-7", Until: last}
	s := apply(t, attested(t), freeze)
	for _, c := range []struct {
		on   string
		want string
	}{{"2016-01-31", "ok"}, {"2016-02-01", "party_frozen"}, {"2016-02-29", "party_frozen"}, {"2016-03-01", "ok"}} {
		for name, err := range map[string]error{
			"borrow": s.MayBorrow(day(c.on), 1), "lend": s.MayLend(day(c.on), 1), "be paid": s.MayBePaid(day(c.on)),
		} {
			if verdict(err) != c.want {
				t.Errorf("%s on %s: got %v, want %s", name, c.on, err, c.want)
			}
		}
	}
	if _, err := s.MaySign(on); err != nil {
		t.Errorf("a frozen party is silenced: %v", err)
	}
	refused(t, s, freeze, fault.AlreadyExists, "order")
	release := party.ReleaseFreeze{Actor: authority, On: on, Handle: "p-1", Order: "order-7"}
	wrong := release
	wrong.Order = "order-8"
	refused(t, s, wrong, fault.NotFound, "order")
	if err := apply(t, s, release).MayBePaid(on); err != nil {
		t.Errorf("released and yet: %v", err)
	}
	release.On = last.AddDays(1)
	refused(t, s, release, fault.WrongStatus, "")
}

func TestOnlyASupervisorFreezes(t *testing.T) {
	s := attested(t)
	freeze := party.ImposeFreeze{On: attestedOn, Handle: "p-1", Order: "order-7", Until: attestedOn}
	for _, actor := range []party.Actor{harbor, meridian} {
		freeze.Actor = actor
		refused(t, s, freeze, fault.WrongMember, "")
	}
	for _, role := range []party.Role{party.Operator, party.Machine, party.Admin, party.Auditor} {
		freeze.Actor = party.Actor{Member: "authority", Kind: party.Regulator, Role: role}
		refused(t, s, freeze, fault.WrongRole, "")
	}
	freeze.Actor, freeze.Order = authority, ""
	refused(t, s, freeze, fault.MissingField, "order")
	freeze.Order, freeze.Until = "order-7", 0
	refused(t, s, freeze, fault.MissingField, "until")
	freeze.Until = attestedOn.AddDays(-1)
	refused(t, s, freeze, fault.InvalidField, "until")
}

func TestARevocationKeepsNobodyFromTheirMoney(t *testing.T) {
	revoke := func(actor party.Actor) party.Revoke {
		return party.Revoke{Actor: actor, On: attestedOn, Handle: "p-1", Note: "K3"}
	}
	s := apply(t, attested(t), revoke(harbor))
	if got := verdict(s.MayLend(attestedOn, 1)); got != "party_revoked" {
		t.Errorf("may lend: %s", got)
	}
	if err := s.MayBePaid(attestedOn); err != nil {
		t.Errorf("is not paid: %v", err)
	}
	refused(t, s, revoke(harbor), fault.PartyRevoked, "")
	for _, actor := range []party.Actor{meridian, authority} {
		for name, before := range map[string]party.State{"after the platform": s, "first": attested(t)} {
			after := apply(t, before, revoke(actor))
			for _, on := range []calendar.Date{attestedOn, after.Expires, after.Expires.AddDays(1000)} {
				if err := after.MayBePaid(on); err != nil {
					t.Errorf("%s revokes %s: is not paid on %s: %v", actor.Member, name, on, err)
				}
			}
			if got := verdict(after.MayDraw(attestedOn)); got != "party_revoked" {
				t.Errorf("%s revokes %s: may draw: %s", actor.Member, name, got)
			}
			frozen := apply(t, after, party.ImposeFreeze{
				Actor: authority, On: attestedOn, Handle: "p-1", Order: "order-7", Until: attestedOn,
			})
			if got := verdict(frozen.MayBePaid(attestedOn)); got != "party_frozen" {
				t.Errorf("%s revokes %s: may be paid although frozen: %s", actor.Member, name, got)
			}
			refused(t, after, revoke(meridian), fault.PartyRevoked, "")
		}
	}
}

func TestStandingIsRefusedInOrder(t *testing.T) {
	on, late := attestedOn, day("2017-01-05")
	s := attested(t)
	affiliate := s
	affiliate.Affiliate = "harbor"
	elsewhere := s
	elsewhere.Affiliate = "lantern"
	unverified := s
	unverified.AccountDigest = ""
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"unknown":                {party.State{}.MayBorrow(on, 0), "party_unknown"},
		"unknown payee":          {party.State{}.MayBePaid(on), "party_unknown"},
		"good":                   {s.MayBorrow(on, 2), "ok"},
		"the last day":           {s.MayBorrow(late.AddDays(-1), 2), "ok"},
		"the day after":          {s.MayBorrow(late, 2), "attestation_expired"},
		"expired payee":          {s.MayBePaid(late), "attestation_expired"},
		"draws":                  {s.MayDraw(on), "ok"},
		"expired draws":          {s.MayDraw(late), "attestation_expired"},
		"no account draws not":   {unverified.MayDraw(on), "account_not_verified"},
		"level":                  {s.MayLend(on, 3), "kyc_level_too_low"},
		"level of a payee":       {s.MayBePaid(on), "ok"},
		"affiliate":              {affiliate.MayLend(on, 1), "self_financing"},
		"affiliate's own money":  {affiliate.MayBePaid(on), "ok"},
		"affiliate of another":   {elsewhere.MayLend(on, 1), "ok"},
		"no account borrows":     {unverified.MayBorrow(on, 1), "ok"},
		"no account is not paid": {unverified.MayBePaid(on), "account_not_verified"},
	} {
		if got := verdict(c.err); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestAConsentHoldsUntilWithdrawn(t *testing.T) {
	s := attested(t)
	give := party.GiveConsent{
		Actor: harbor, On: attestedOn, Handle: "p-1", Purpose: "credit_query", Text: digest,
		Signature: firstKey.sign(party.ConsentStatement("p-1", 1, "credit_query", digest, 0)),
	}
	s = apply(t, s, give)
	if !s.Consented("credit_query", attestedOn) || s.Consented("marketing", attestedOn) {
		t.Fatalf("consents are %+v", s.Consents)
	}
	refused(t, s, give, fault.SignatureInvalid, "") // the same signature, played again
	withdraw := party.WithdrawConsent{
		Actor: meridian, On: attestedOn, Handle: "p-1", Sequence: 1,
		Signature: firstKey.sign(party.WithdrawalStatement("p-1", 1)),
	}
	forged := withdraw
	forged.Signature = secondKey.sign(party.WithdrawalStatement("p-1", 1))
	refused(t, s, forged, fault.SignatureInvalid, "")
	revoked := apply(t, s, party.Revoke{Actor: meridian, On: attestedOn, Handle: "p-1"})
	for _, before := range []party.State{s, revoked} {
		after := apply(t, before, withdraw)
		if after.Consented("credit_query", attestedOn) {
			t.Error("withdrawn, and holds")
		}
		refused(t, after, withdraw, fault.WrongStatus, "")
	}
	if !s.Consented("credit_query", attestedOn) {
		t.Error("the state before was touched")
	}
	withdraw.Sequence = 2
	refused(t, s, withdraw, fault.NotFound, "sequence")
}
