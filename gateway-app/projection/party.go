package projection

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

var parties = &noun[party.State, party.Event]{
	name: "party", prefix: wire.PartyKey(""),
	table: recordTable("party", "platform", "custodian", "kind", "kyc_level", "expires_on", "attested", "account_verified",
		"frozen_until", "revoked_on"),
	fresh: func(string) party.State { return party.State{} },
	apply: party.Apply,
	names: func(c ledger.Change, id string, s party.State) error {
		return handled(c, id, s.Handle, s.Platform, s.Custodian)
	},
	about: func(e party.Event) (string, calendar.Date) { return string(e.Kind), e.On },
	columns: func(s party.State) []any {
		frozenUntil, revokedOn := "", ""
		if s.Freeze != nil {
			frozenUntil = s.Freeze.Until.String()
		}
		if s.Revoked != nil {
			revokedOn = s.Revoked.On.String()
		}
		return []any{
			s.Platform, s.Custodian, string(s.Kind), int64(s.KYCLevel), s.Expires.String(), flag(s.Attested()),
			flag(s.AccountVerified()), frozenUntil, revokedOn,
		}
	},
	tell: func(_, after party.State, e party.Event) []Notice {
		p := Payload{Party: after.Handle, Kind: string(after.Kind), Member: e.By, ExpiresOn: after.Expires}
		switch {
		case e.Freeze != nil:
			p.Order, p.ExpiresOn = e.Freeze.Order, e.Freeze.Until
		case e.Consent != nil:
			p.ExpiresOn = e.Consent.Until
		}
		return []Notice{{"party." + string(e.Kind), after.Platform, after.Handle, p}}
	},
}

var mandates = &noun[mandate.State, mandate.Event]{
	name: "mandate", prefix: wire.MandateKey(""),
	table: recordTable("mandate", "platform", "custodian", "party", "purpose", "loan", "total_minor", "used_minor",
		"expires_on", "confirmed_on", "revoked_on"),
	fresh: func(string) mandate.State { return mandate.State{} },
	apply: mandate.Apply,
	names: func(c ledger.Change, id string, s mandate.State) error {
		return handled(c, id, s.Handle, s.Platform, s.Custodian)
	},
	about: func(e mandate.Event) (string, calendar.Date) { return string(e.Kind), e.On },
	columns: func(s mandate.State) []any {
		return []any{
			s.Platform, s.Custodian, plain(s.Party), string(s.Purpose), plain(s.Loan), int64(s.TotalMinor), int64(s.UsedMinor),
			s.Expires.String(), s.Confirmed.String(), s.Revoked.String(),
		}
	},
	tell: func(_, after mandate.State, e mandate.Event) []Notice {
		return []Notice{{"mandate." + string(e.Kind), after.Platform, after.Handle, Payload{
			Mandate: after.Handle, Party: after.Party, Kind: string(after.Purpose), Loan: e.Loan, AmountMinor: e.AmountMinor,
			ExpiresOn: after.Expires, Member: e.By,
		}}}
	},
}

// flag is a truth as both databases compare it.
func flag(is bool) int64 {
	if is {
		return 1
	}
	return 0
}
