package projection

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

var instructions = &noun[custody.Instruction, custody.Event]{
	name: "custody", prefix: wire.InstructionKey(""),
	table: recordTable("instruction", "platform", "custodian", "kind", "status", "party", "loan", "mandate", "instructed_by",
		"amount_minor", "settled_minor", "instructed_on", "expires_on", "value_date"),
	fresh: func(string) custody.Instruction { return custody.Instruction{} },
	apply: custody.Apply,
	names: func(c ledger.Change, id string, i custody.Instruction) error {
		return handled(c, id, i.Handle, i.Platform, i.Custodian)
	},
	about: func(e custody.Event) (string, calendar.Date) { return e.Kind, e.On },
	columns: func(i custody.Instruction) []any {
		return []any{
			i.Platform, i.Custodian, string(i.Kind), string(i.Status), plain(i.Party), plain(i.Loan), plain(i.Mandate),
			plain(i.By), int64(i.AmountMinor), int64(i.SettledMinor), i.On.String(), i.ExpiresOn.String(), i.ValueDate.String(),
		}
	},
	tell: func(_, after custody.Instruction, e custody.Event) []Notice {
		amount := after.AmountMinor
		if e.AmountMinor != 0 {
			amount = e.AmountMinor
		}
		return []Notice{{"custody." + e.Kind, after.Platform, after.Handle, Payload{
			Instruction: after.Handle, Kind: string(after.Kind), Status: string(after.Status), Party: after.Party, Loan: after.Loan,
			Mandate: after.Mandate, AmountMinor: amount, ValueDate: e.ValueDate, ExpiresOn: after.ExpiresOn,
		}}}
	},
	further: orderRefused,
}

// accounts move by instructions, of which the feed tells.
var accounts = &noun[custody.Account, custody.AccountEvent]{
	name: "account", prefix: wire.AccountKey(""),
	table: recordTable("account", "available_minor", "held_minor", "payable_minor"),
	fresh: func(id string) custody.Account { return custody.Account{Party: id} },
	apply: custody.ApplyAccount,
	names: func(_ ledger.Change, id string, a custody.Account) error {
		if a.Party != id {
			return malformed("the key is that of another party's account")
		}
		return underHandle(id)
	},
	about: func(e custody.AccountEvent) (string, calendar.Date) { return e.Kind, e.On },
	columns: func(a custody.Account) []any {
		return []any{int64(a.AvailableMinor), int64(a.HeldMinor), int64(a.PayableMinor)}
	},
}

var suspended = &noun[custody.Suspense, custody.SuspenseEvent]{
	name: "suspense", prefix: wire.SuspenseKey(""),
	table: recordTable("suspense", "custodian", "status", "amount_minor", "value_date", "suspended_on", "loan"),
	fresh: func(string) custody.Suspense { return custody.Suspense{} },
	apply: custody.ApplySuspense,
	names: func(_ ledger.Change, id string, s custody.Suspense) error {
		if s.Handle != id {
			return malformed("the key is that of another suspended receipt")
		}
		return underHandle(id)
	},
	about: func(e custody.SuspenseEvent) (string, calendar.Date) { return e.Kind, e.On },
	columns: func(s custody.Suspense) []any {
		return []any{
			s.Custodian, suspenseStatus(s), int64(s.AmountMinor), s.ValueDate.String(), s.On.String(), plain(s.PlacedWith),
		}
	},
	tell: func(_, after custody.Suspense, e custody.SuspenseEvent) []Notice {
		return []Notice{{"suspense." + e.Kind, "", after.Handle, Payload{
			Suspense: after.Handle, Status: suspenseStatus(after), Loan: after.PlacedWith, AmountMinor: after.AmountMinor,
			ValueDate: after.ValueDate,
		}}}
	},
}

func suspenseStatus(s custody.Suspense) string {
	switch {
	case s.PlacedWith != "":
		return "placed"
	case s.ReturnedUnder != "":
		return "returned"
	}
	return "open"
}

var days = &noun[custody.Day, custody.DayEvent]{
	name: "day", prefix: wire.DayKey(""),
	table: recordTable("day", "date", "open", "regime"),
	fresh: func(string) custody.Day { return custody.Day{} },
	apply: custody.ApplyDay,
	names: func(_ ledger.Change, id string, d custody.Day) error {
		return named(id, d.Custodian)
	},
	about:   func(e custody.DayEvent) (string, calendar.Date) { return e.Kind, e.Day.Date },
	columns: func(d custody.Day) []any { return []any{d.Date.String(), flag(d.Open), plain(d.Regime)} },
	tell: func(_, after custody.Day, e custody.DayEvent) []Notice {
		return []Notice{{"day." + e.Kind, "", after.Custodian, Payload{Member: after.Custodian, Regime: after.Regime}}}
	},
	further: closings,
}

var bankEntries = &value[wire.BankEntry]{
	prefix: wire.BankEntryKey(""), table: valueTable("bank_entry", "instruction", "suspense"),
	version: func(e wire.BankEntry) int { return e.Version },
	names:   func(_ ledger.Change, id string, _ wire.BankEntry) error { return underHandle(id) },
	columns: func(e wire.BankEntry) []any { return []any{plain(e.Instruction), plain(e.Suspense)} },
}

// openedBooks keeps that a custodian opened its books in a collection, and the digest of its secret, which is
// random.
var openedBooks = &value[wire.Books]{
	prefix: wire.BooksKey, table: valueTable("books"), sealed: true,
	version: func(b wire.Books) int { return b.Version },
	names:   func(ledger.Change, string, wire.Books) error { return nil },
	columns: func(wire.Books) []any { return nil },
}
