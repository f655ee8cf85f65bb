package books_test

import (
	"strings"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// forgePerson saves a party's event that nobody decided.
func forgePerson(customer string, by party.Actor, change func(*party.Event)) func(*ledger) {
	return func(l *ledger) {
		e := party.Event{Handle: customer, By: by.Member, Side: by.Kind, On: l.on}
		change(&e)
		l.as(by)
		save(l, pair, wire.PartyKey(customer), party.State{}, party.Apply, e)
		l.commit()
	}
}

func forgeMandate(handle string, by party.Actor, change func(*mandate.Event)) func(*ledger) {
	return func(l *ledger) {
		e := mandate.Event{Handle: handle, By: by.Member, Side: by.Kind, On: l.on}
		change(&e)
		l.as(by)
		save(l, pair, wire.MandateKey(handle), mandate.State{}, mandate.Apply, e)
		l.commit()
	}
}

func customers() []tampering {
	anns, bens, dans := wire.PartyKey(ann), wire.PartyKey(ben), wire.PartyKey(dan)
	operator := party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Operator}
	return []tampering{
		{"a platform puts its own key in a customer's place", forgePerson(ann, harbor, func(e *party.Event) {
			key := party.Key{Algorithm: party.P256, Public: "BA=="}
			e.Kind, e.Key, e.Signature = party.KeyRotated, &key, []byte("forged")
		}), anns, "key_rotated was applied although"},
		{"a signature is another's", swap(dans, "key_rotated", `"signature":"ME`, `"signature":"MF`), dans, "signature_invalid"},
		{"a consent was never signed", swap(dans, "consent_given", "2030-01-01", "2031-01-01"), dans, "signature_invalid"},
		{"a platform lifts a freeze", sentBy(dans, "released", harbor), dans, "harbor sent what"},
		{"an operator lifts a freeze", sentBy(dans, "released", operator), dans, "wrong_role"},
		{"a platform revokes in the custodian's name", forgePerson(ben, harbor, func(e *party.Event) {
			e.Kind, e.Side = party.Revoked, party.Custodian
		}), bens, "revoked was decided otherwise"},
		{"a custodian attests twice", forgePerson(ann, meridian, func(e *party.Event) {
			e.Kind, e.Identity = party.Attested, &party.Identity{Handle: ann}
		}), anns, "attested was applied although"},
		{"a person is dead in no way that is known", forgePerson(ann, harbor, func(e *party.Event) { e.Kind = "died" }), anns, `"died" is no event of a party`},
		{"a person is dated another day", forgePerson(ann, harbor, func(e *party.Event) {
			e.Kind, e.On = party.Revoked, e.On.AddDays(1)
		}), anns, "business day is"},
		{"a mandate was never signed", swap(wire.MandateKey(ann), "registered", `"total_minor":9000000`, `"total_minor":9000001`), wire.MandateKey(ann), "signature_invalid"},
		{"a platform confirms", sentBy(wire.MandateKey(ann), "confirmed", harbor), wire.MandateKey(ann), "harbor sent what"},
		{"a mandate is used for nothing", forgeMandate(ann, meridian, func(e *mandate.Event) {
			e.Kind, e.AmountMinor, e.Loan = mandate.Used, 5, loanID(1)
		}), wire.MandateKey(ann), `no instruction leads to "used"`},
		{"a mandate is given back more", forgeMandate(ann, meridian, func(e *mandate.Event) {
			e.Kind, e.AmountMinor, e.Loan = mandate.Restored, 5, loanID(1)
		}), wire.MandateKey(ann), `no instruction leads to "restored"`},
		{"a mandate is revoked by nobody's hand", forgeMandate(ann, harbor, func(e *mandate.Event) {
			e.Kind = mandate.Revoked
		}), wire.MandateKey(ann), "signature_invalid"},
		{"a mandate is lost in no way that is known", forgeMandate(ann, harbor, func(e *mandate.Event) { e.Kind = "lost" }), wire.MandateKey(ann), `"lost" is no event of a mandate`},
	}
}

func consequences() []tampering {
	release, hold := wire.InstructionKey(handle(0x106)), wire.InstructionKey(handle(0x105))
	first := wire.LoanKey(handle(1))
	refused, out := wire.InstructionKey(handle(1*16+8)), wire.InstructionKey(handle(1*16+9))
	return []tampering{
		{"a settled release leaves its hold", both(drop(release, "settled", hold), drop(release, "settled", wire.AccountKey(ann))), "books", "stands, although release"},
		{"a refused disbursement is not back with its loan", drop(refused, "refused", first), "books", "return is missing from " + loanID(1)},
		{"a loan takes back what was not refused", drop(refused, "refused", refused), first, "bears the loan's step out"},
		{"a loan gives another reason than the bank", relive(1, loan.ActReturn, func(e *loan.Event) { e.Reason = "lost" }), first, "return was decided otherwise"},
		{"a loan asks for no disbursement", drop(first, "disburse", refused), first, "bears the loan's step out"},
		{"a settled disbursement activates nothing", drop(out, "settled", first), "books", "activate is missing from " + loanID(1)},
		{"an accepted hold does not count for its loan", drop(wire.InstructionKey(handle(16+1)), "accepted", first), "books", "hold is missing from " + loanID(1)},
		{"an accepted hold does not count against its mandate", drop(wire.InstructionKey(handle(16+1)), "accepted", wire.MandateKey(ann)), "books", "used is missing from " + ann},
		{"a part that was not collected stays used", drop(wire.InstructionKey(handle(0x301)), "settled_in_part", wire.MandateKey(handle(0xd))), "books", "restored is missing from"},
		{"a lender's hold is taken back under the loan", func(l *ledger) {
			a := allocation(4, 1, ben, 1_000)
			l.fund(4, 1_000, a)
			l.promise(4, a)
			l.order(a.Hold, custody.Cancel{On: l.on, Actor: meridian})
			l.mandate(a.Mandate, meridian, mandate.Restore{
				Actor: meridian, On: l.on, Handle: a.Mandate, AmountMinor: 1_000, Loan: loanID(4),
			})
			l.commit()
		}, "books", "was given back, and loan " + loanID(4) + " goes on"},
	}
}

// ordered stages an instruction and accepts it.
func ordered(n int, by party.Actor, i custody.Instruction) func(*ledger) {
	return func(l *ledger) {
		i.Handle = handle(n)
		l.instruct(i, by)
		l.commit()
		l.accept(i.Handle)
		l.commit()
	}
}

func frozen(customer string) func(*ledger) {
	return func(l *ledger) {
		l.person(customer, party.ImposeFreeze{
			Actor: authority, On: l.on, Handle: customer, Order: "order-5", Until: l.on.AddDays(9),
		})
	}
}

func standings() []tampering {
	at := wire.InstructionKey(handle(0x401))
	const amount = money.Minor(5)
	hold := custody.Instruction{Kind: custody.Hold, Party: ann, AmountMinor: amount}
	return []tampering{
		{"a payout to a frozen lender is accepted", func(l *ledger) {
			l.book(1, "R9", 1_000, "")
			l.commit()
			l.net(1, handle(0x203))
			frozen(ann)(l)
			l.accept(due(handle(0x203), custody.PayOut, ann))
			l.commit()
		}, wire.InstructionKey(due(handle(0x203), custody.PayOut, ann)), "may not be paid: party_frozen"},
		{"a frozen customer's withdrawal is instructed", both(frozen(ann), ordered(0x401, harbor, custody.Instruction{
			Kind: custody.Withdraw, Party: ann, AmountMinor: amount,
		})), at, "may not be paid: party_frozen"},
		{"a frozen customer's hold is accepted", both(frozen(ann), ordered(0x401, harbor, hold)), at, "party_frozen"},
		{"a disbursement goes to a frozen borrower", func(l *ledger) {
			a := allocation(4, 1, ben, 1_000)
			l.fund(4, 1_000, a)
			l.promise(4, a)
			out := l.askFor(4, 0x401)
			frozen(cai)(l)
			l.accept(out)
			l.commit()
		}, at, "may not draw: party_frozen"},
		{"a frozen loan is disbursed", func(l *ledger) {
			a := allocation(4, 1, ben, 1_000)
			l.fund(4, 1_000, a)
			l.promise(4, a)
			out := l.askFor(4, 0x401)
			l.step(4, loan.Freeze{Order: "order-5"}, authority)
			l.commit()
			l.accept(out)
			l.commit()
		}, at, "loan_frozen"},
		{"a stranger's cash is deposited", ordered(0x401, meridian, custody.Instruction{
			Kind: custody.Deposit, Party: handle(0x999), AmountMinor: amount,
		}), at, "is no party"},
		{"a deposit names a loan", ordered(0x401, meridian, custody.Instruction{
			Kind: custody.Deposit, Party: ann, Loan: loanID(1), AmountMinor: amount,
		}), at, "names what a deposit does not have"},
		{"a hold is for a loan that does not know of it", func(l *ledger) {
			i := hold
			i.Loan, i.Mandate = loanID(1), ann
			ordered(0x401, harbor, i)(l)
		}, at, "names no such hold"},
		{"a lender is debited", ordered(0x401, harbor, custody.Instruction{
			Kind: custody.Collect, Party: ann, Loan: loanID(1), Mandate: handle(0xd), AmountMinor: amount,
		}), at, "owes nothing by loan"},
		{"a release gives back another amount", func(l *ledger) {
			ordered(0x402, harbor, hold)(l)
			ordered(0x401, harbor, custody.Instruction{
				Kind: custody.Release, Party: ann, Hold: handle(0x402), AmountMinor: amount + 1,
			})(l)
		}, at, "gives back no accepted hold"},
		{"a party stands in another pair's collection", func(l *ledger) {
			tx, write := l.where(wire.PartyKey(dan), "attested")
			l.history[tx].writes[write].Collection = otherPair
		}, wire.PartyKey(dan), "whose collection this is not"},
		{"a run's payout names its lender's mandate", swap(wire.InstructionKey(due(handle(0x200), custody.PayOut, ann)), "instructed",
			`"by":"meridian"`, `"mandate":"`+strings.Repeat("1", 32)+`","by":"meridian"`), wire.InstructionKey(due(handle(0x200), custody.PayOut, ann)), "names what a pay_out does not have"},
	}
}
