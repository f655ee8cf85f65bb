package books_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// where answers at which place of the history an event of a kind was first written under a key.
func (l *ledger) where(key, kind string) (tx, write int) {
	l.Helper()
	for i, t := range l.history {
		for j, w := range t.writes {
			if w.Key == key && bytes.Contains(w.Value, []byte(`"kind":"`+kind+`"`)) {
				return i, j
			}
		}
	}
	l.Fatalf("%s has no event %s", key, kind)
	return 0, 0
}

// edit changes a record where an event of a kind was first written.
func edit[S, E any](key, kind string, change func(*wire.Record[S, E])) func(*ledger) {
	return func(l *ledger) {
		tx, write := l.where(key, kind)
		record := decode[wire.Record[S, E]](l, l.history[tx].writes[write].Value)
		change(&record)
		raw, err := wire.Encode(record)
		l.must(err)
		l.history = changed(l.history, tx, write, raw)
	}
}

// relive changes the one event of a kind of a loan and lets the state follow from it, as a member would
// who runs a contract of its own.
func relive(n int, kind loan.Action, change func(*loan.Event)) func(*ledger) {
	key := wire.LoanKey(handle(n))
	return func(l *ledger) {
		tx, _ := l.where(key, string(kind))
		var before loan.State
		for _, t := range l.history[:tx] {
			for _, w := range t.writes {
				if w.Key == key {
					before = decode[wire.Record[loan.State, loan.Event]](l, w.Value).State
				}
			}
		}
		edit(key, string(kind), func(r *wire.Record[loan.State, loan.Event]) {
			change(&r.Events[0])
			r.State = loan.Apply(before, r.Events[0])
		})(l)
	}
}

// swap replaces a text in a value where an event of a kind was written.
func swap(key, kind, old, with string) func(*ledger) {
	return func(l *ledger) {
		tx, write := l.where(key, kind)
		value := l.history[tx].writes[write].Value
		if !bytes.Contains(value, []byte(old)) {
			l.Fatalf("%s has no %s", value, old)
		}
		l.history = changed(l.history, tx, write, bytes.ReplaceAll(value, []byte(old), []byte(with)))
	}
}

// sentBy lets another send the transaction that wrote an event of a kind under a key.
func sentBy(key, kind string, by party.Actor) func(*ledger) {
	return func(l *ledger) {
		tx, _ := l.where(key, kind)
		l.history[tx].by = creator(by)
	}
}

// both does one thing after the other.
func both(tamper ...func(*ledger)) func(*ledger) {
	return func(l *ledger) {
		for _, t := range tamper {
			t(l)
		}
	}
}

// drop leaves a key out of the transaction that wrote an event of a kind under another.
func drop(key, kind, left string) func(*ledger) {
	return func(l *ledger) {
		tx, _ := l.where(key, kind)
		l.history[tx].writes = slices.DeleteFunc(l.history[tx].writes, func(w books.Write) bool { return w.Key == left })
	}
}

// forge saves an instruction's event that nobody decided.
func (l *ledger) forge(handle string, e custody.Event) {
	l.Helper()
	l.as(meridian)
	save(l, pair, wire.InstructionKey(handle), custody.Instruction{}, custody.Apply, e)
	l.commit()
}

// tampering is a history that no contract would have written, and what the auditor must say of it.
type tampering struct {
	name   string
	tamper func(*ledger)
	key    string // of the finding
	what   string // in the finding
}

func TestTamperedHistoryIsFound(t *testing.T) {
	for _, c := range slices.Concat(
		forms(), loans(), orders(), places(), rules(), customers(), consequences(), standings(),
	) {
		t.Run(c.name, func(t *testing.T) {
			l := written(t)
			c.tamper(l)
			_, err := audit(l.history)
			var finding *books.Finding
			if !errors.As(err, &finding) {
				t.Fatalf("nothing was found: %v", err)
			}
			if finding.Key != c.key || !strings.Contains(finding.What, c.what) || !strings.HasPrefix(finding.Transaction, "tx-") {
				t.Errorf("found %v\nwant %s: %s", finding, c.key, c.what)
			}
			if finding.Key != "books" && !slices.Contains([]string{pair, otherPair, wire.Exposure}, finding.Collection) && strings.Contains(finding.Key, "0000") {
				t.Errorf("found in collection %q", finding.Collection)
			}
		})
	}
}

func forms() []tampering {
	account, terms, first := wire.AccountKey(ann), wire.TermsKey(handle(1)), wire.LoanKey(handle(1))
	type record = wire.Record[custody.Account, custody.AccountEvent]
	return []tampering{
		{"a state changes without an event", edit(account, "posted", func(r *record) { r.State.AvailableMinor++ }), account, "do not lead to the state"},
		{"a state is written without an event", edit(account, "posted", func(r *record) { r.Events = []custody.AccountEvent{} }), account, "without an event"},
		{"a sequence is skipped", edit(account, "posted", func(r *record) { r.Sequence++ }), account, "sequence 2 follows 0"},
		{"a version is unknown", edit(account, "posted", func(r *record) { r.Version = 2 }), account, "version 2"},
		{"a salt is another", edit(first, "clear", func(r *wire.Record[loan.State, loan.Event]) { r.Salt = strings.Repeat("0", 64) }), first, "salt does not follow"},
		{"a salt could be guessed", edit(account, "posted", func(r *record) { r.Salt = "7" }), account, "not 256 bits"},
		{"a value cannot be read", swap(account, "posted", `"state":{`, `"state":[`), account, "cannot be read"},
		{"a value has another form", swap(account, "posted", `"state":{`, `"state": {`), account, "not in the form"},
		{"what is written once is rewritten", func(l *ledger) {
			l.put(pair, terms, l.termsOf(1, 100_000))
			l.commit()
		}, terms, "written again"},
		{"an account stands under another's key", func(l *ledger) {
			tx, write := l.where(account, "posted")
			l.history[tx].writes[write].Key = wire.AccountKey(ben)
		}, wire.AccountKey(ben), "no instruction leads to it"},
	}
}

func loans() []tampering {
	first, third := wire.LoanKey(handle(1)), wire.LoanKey(handle(3))
	return []tampering{
		{"a receipt is allocated otherwise", relive(1, loan.ActReceive, func(e *loan.Event) {
			e.Received.Parts.InterestMinor--
			e.Received.Parts.PrincipalMinor++
			e.Received.InterestCredits[0]--
			e.Received.PrincipalCredits[0]++
		}), first, "receive was decided otherwise"},
		{"dust moves between lenders", relive(1, loan.ActReceive, func(e *loan.Event) {
			e.Received.PrincipalCredits[0]--
			e.Received.PrincipalCredits[1]++
		}), first, "receive was decided otherwise"},
		{"more is netted than owed", relive(1, loan.ActNet, func(e *loan.Event) { e.Netted.Credits[0] += 100 }), first, "net was decided otherwise"},
		{"a run nets for one lender too many", relive(1, loan.ActNet, func(e *loan.Event) { e.Netted.Credits = append(e.Netted.Credits, 1) }), first, "nets for others"},
		{"a run has no payout", drop(first, string(loan.ActNet), wire.InstructionKey(due(handle(0x200), custody.PayOut, ann))), first, "has no pay_out for " + ann},
		{"a reversal takes from one lender only", relive(1, loan.ActReverse, func(e *loan.Event) {
			e.Reversed.PrincipalCredits[0]++
			e.Reversed.PrincipalCredits[1]--
		}), first, "reverse was decided otherwise"},
		{"the plan is not of the terms", relive(1, loan.ActActivate, func(e *loan.Event) { e.Plan.RatePPM = 1 }), first, "activate was decided otherwise"},
		{"the loan is not of the terms", relive(1, loan.ActPropose, func(e *loan.Event) { e.Proposal.PrincipalMinor-- }), first, "propose was decided otherwise"},
		{"the parts are not those of the funding", relive(1, loan.ActFund, func(e *loan.Event) {
			e.Weights[0]++
			e.Weights[1]--
		}), first, "fund was decided otherwise"},
		{"the clearance is not the one granted", relive(1, loan.ActClear, func(e *loan.Event) { e.Clearance.Digest = strings.Repeat("0", 64) }), first, "not the one that was granted"},
		{"the clearance stands for too long", relive(1, loan.ActClear, func(e *loan.Event) { e.Clearance.ExpiresOn++ }), first, "another time than the regime's"},
		{"a loan is written off too early", func(l *ledger) {
			l.as(supervisor(harbor))
			e := loan.Event{Kind: loan.ActWriteOff, On: l.on, By: "harbor", Reason: "lost"}
			l.take(2, []loan.Event{e})
			l.commit()
		}, wire.LoanKey(handle(2)), "write_off was applied although"},
		{"a platform clears its own loan", both(
			sentBy(first, "clear", harbor), relive(1, loan.ActClear, func(e *loan.Event) { e.By = "harbor" }),
		), wire.ClearanceKey(handle(0x701)), "harbor is no regulator"},
		{"a platform declares its loan cleared", both(
			sentBy(first, "clear", harbor), relive(1, loan.ActClear, func(e *loan.Event) { e.By = "harbor" }),
			drop(first, "clear", wire.ClearanceKey(handle(0x701))),
		), first, "clear was applied although"},
		{"an operator writes a loan off", sentBy(first, "write_off", harbor), first, "wrong_role"},
		{"an event says nothing", relive(3, loan.ActFreeze, func(e *loan.Event) { e.Kind = "thaw" }), third, `"thaw" is no event of a loan`},
		{"a hold outlives its loan", drop(third, string(loan.ActCancel), wire.InstructionKey(handle(3*16+2))), third, "the loan ended and hold"},
		{"a hold counts that nobody accepted", drop(first, string(loan.ActHold), wire.InstructionKey(handle(16+1))), wire.MandateKey(ann), "no instruction leads to"},
		{"a hold counts that is another's", relive(1, loan.ActHold, func(e *loan.Event) { e.Instruction = handle(0x101) }), first, "no instruction"},
		{"a loan is named after another platform", func(l *ledger) {
			terms := l.termsOf(5, 1_000)
			terms.ID = strings.Replace(terms.ID, "harbor", "lantern", 1)
			l.as(harbor)
			l.put(pair, wire.TermsKey(handle(5)), terms)
			l.put(pair, wire.ProjectKey(terms.Project), wire.Project{Version: wire.Version, Loan: terms.ID, Salt: strings.Repeat("0", 64)})
			borrower := load[party.State](l, pair, wire.PartyKey(cai))
			l.step(5, loan.Propose{Terms: terms, Pack: l.pack(), Borrower: borrower, Actor: harbor, On: l.on}, harbor)
			l.commit()
		}, wire.LoanKey(handle(5)), "the key is that of another loan"},
		{"a project is not marked", drop(first, string(loan.ActPropose), wire.ProjectKey(handle(0x501))), first, "not marked as financed"},
		{"a project is financed twice", func(l *ledger) {
			terms := l.termsOf(1, 100_000)
			l.put(pair, wire.ProjectKey(terms.Project), wire.Project{Version: wire.Version, Loan: terms.ID, Salt: strings.Repeat("0", 64)})
			l.commit()
		}, wire.ProjectKey(handle(0x501)), "is financed by loan"},
	}
}

func orders() []tampering {
	paid := due(handle(0x200), custody.PayOut, ann)
	withdrawal, deposit := wire.InstructionKey(handle(0x104)), wire.InstructionKey(handle(0x101))
	return []tampering{
		{"a payout is settled twice", func(l *ledger) {
			l.forge(paid, custody.Event{Kind: "settled", On: l.on, AmountMinor: 1, BankReference: "PAY9", ValueDate: l.on})
		}, wire.InstructionKey(paid), "settled was applied although"},
		{"a part of a withdrawal is settled", swap(withdrawal, "settled", `"amount_minor":1500,"bank`, `"amount_minor":1400,"bank`), withdrawal, "settled was applied although"},
		{"interest runs from too long ago", func(l *ledger) {
			a := allocation(4, 1, ben, 1_000)
			l.fund(4, 1_000, a)
			l.promise(4, a)
			out := l.askFor(4, 0x401)
			l.accept(out)
			l.commit()
			l.forge(out, custody.Event{Kind: "settled", On: l.on, AmountMinor: 1_000, BankReference: "X", ValueDate: l.on - 6})
		}, wire.InstructionKey(handle(0x401)), "value_date"},
		{"an instruction is expired that does not expire", func(l *ledger) {
			l.instruct(custody.Instruction{Handle: handle(0x401), Kind: custody.Deposit, Party: ann, AmountMinor: 5}, meridian)
			l.commit()
			l.forge(handle(0x401), custody.Event{Kind: "expired", On: l.on})
		}, wire.InstructionKey(handle(0x401)), "expired was applied although"},
		{"more is added to what was accepted", func(l *ledger) {
			l.forge(paid, custody.Event{Kind: "added", On: l.on, AmountMinor: 1})
		}, wire.InstructionKey(paid), "added was applied although"},
		{"an instruction's event is of no kind", func(l *ledger) {
			l.forge(paid, custody.Event{Kind: "forgotten", On: l.on})
		}, wire.InstructionKey(paid), `"forgotten" is no event`},
		{"the regulator instructs", both(
			sentBy(deposit, "instructed", authority), swap(deposit, "instructed", `"by":"meridian"`, `"by":"authority"`),
		), deposit, "authority instructed what concerns it not"},
		{"another is said to have instructed", swap(deposit, "instructed", `"by":"meridian"`, `"by":"harbor"`), deposit, "meridian sent what"},
		{"a platform accepts a payout", sentBy(wire.InstructionKey(paid), "accepted", harbor), wire.InstructionKey(paid), "accepted was applied although"},
		{"an administrator of nodes instructs", sentBy(deposit, "instructed", party.Actor{Member: "meridian", Role: party.Admin}), deposit, "wrong_role"},
		{"a stranger instructs", sentBy(deposit, "instructed", party.Actor{Member: "nobody", Role: party.Machine}), deposit, "no member that the root key lists"},
		{"a customer's account is left out", drop(withdrawal, "accepted", wire.AccountKey(ben)), "books", "account/" + ben + " was not written"},
		{"a customer's cash is overdrawn", func(l *ledger) {
			at := l.instruct(custody.Instruction{Handle: handle(0x401), Kind: custody.Withdraw, Party: ann, AmountMinor: 90_000}, meridian)
			before := load[custody.Instruction](l, pair, wire.InstructionKey(at))
			entry := before.Entry(custody.Event{Kind: "accepted"})
			l.account(ann, []custody.AccountEvent{{Kind: "posted", On: l.on, Entry: entry}})
			l.forge(at, custody.Event{Kind: "accepted", On: l.on})
		}, wire.AccountKey(ann), "posted was applied although"},
		{"a bank entry is booked twice", func(l *ledger) {
			l.instruct(custody.Instruction{Handle: handle(0x401), Kind: custody.Deposit, Party: ann, AmountMinor: 5}, meridian)
			l.fulfil(handle(0x401), "DEP0101")
		}, wire.InstructionKey(handle(0x401)), "was booked before, by instruction " + handle(0x101)},
		{"a loan's money stays in clearing", func(l *ledger) {
			a := allocation(4, 1, ben, 1_000)
			l.fund(4, 1_000, a)
			l.promise(4, a)
			l.order(a.Hold, custody.Settle{AmountMinor: 1_000, ValueDate: l.on, On: l.on, Actor: meridian})
			l.commit()
		}, "books", "clearing/" + loanID(4) + " still holds 1000"},
		{"a payout is owed by nobody", func(l *ledger) {
			l.instruct(custody.Instruction{Handle: handle(0x401), Kind: custody.PayOut, Party: ann, AmountMinor: 5}, meridian)
			l.commit()
		}, "books", "customer/" + ann + "/payable holds"},
		{"a collection is no receipt", drop(wire.InstructionKey(handle(0x301)), "settled_in_part", wire.LoanKey(handle(1))), "books", "did not receive what was collected"},
		{"a mark is of another bank entry", func(l *ledger) {
			mark := wire.BankEntryKey(handle(0x402))
			l.put(pair, mark, wire.BankEntry{Version: wire.Version, Instruction: handle(0x101), Salt: strings.Repeat("0", 64)})
			l.commit()
		}, wire.BankEntryKey(handle(0x402)), "not of the bank entry"},
		{"an instruction is dated another day", swap(deposit, "instructed", "2024-01-15", "2024-01-16"), deposit, `business day is "2024-01-15"`},
	}
}

func places() []tampering {
	s1 := wire.DerivedHandle(strings.Repeat("5e", 32), "suspense", "no such loan", "S1")
	key, first := wire.SuspenseKey(s1), wire.LoanKey(handle(1))
	return []tampering{
		{"a suspended receipt is placed twice", func(l *ledger) {
			e := custody.SuspenseEvent{Kind: "placed", On: l.on, Loan: loanID(2)}
			save(l, pair, key, custody.Suspense{}, custody.ApplySuspense, e)
			l.commit()
		}, key, "placed was applied although"},
		{"a placed receipt is not booked", drop(key, "placed", first), "books", "did not receive"},
		{"a receipt is placed from nowhere", func(l *ledger) {
			l.book(1, "R9", 5, handle(0x403))
			l.commit()
		}, first, "nothing was placed from suspense"},
		{"another amount is placed than was suspended", func(l *ledger) {
			at := l.suspend("odd", "S3", 500)
			events, err := custody.Place(load[custody.Suspense](l, pair, wire.SuspenseKey(at)), loanID(1), l.on, meridian)
			l.must(err)
			save(l, pair, wire.SuspenseKey(at), custody.Suspense{}, custody.ApplySuspense, events...)
			l.book(1, "S3", 400, at)
			l.commit()
		}, first, "not what was collected or placed"},
		{"an entry is suspended under another handle", func(l *ledger) {
			tx, write := l.where(key, "suspended")
			raw := l.history[tx].writes[write].Value
			l.history[tx].writes[write].Key = wire.SuspenseKey(handle(0x404))
			l.history[tx].writes[write].Value = bytes.ReplaceAll(raw, []byte(s1), []byte(handle(0x404)))
		}, wire.SuspenseKey(handle(0x404)), "does not follow from the bank's entry"},
		{"a receipt is suspended by another custodian", swap(key, "suspended", `"custodian":"meridian"`, `"custodian":"pacific"`), key, "whose collection this is not"},
		{"an instruction stands under another key", swap(wire.InstructionKey(handle(0x101)), "instructed", handle(0x101), handle(0x199)), wire.InstructionKey(handle(0x101)), "another instruction"},
		{"an instruction is of another platform", swap(wire.InstructionKey(handle(0x101)), "instructed", `"platform":"harbor"`, `"platform":"lantern"`), wire.InstructionKey(handle(0x101)), "whose collection this is not"},
	}
}

func rules() []tampering {
	day, pack := wire.DayKey("meridian"), wire.RegimeKey("sandbox")
	return []tampering{
		{"a regime counts that no root key lists", func(l *ledger) {
			l.history = slices.DeleteFunc(l.history, func(t transaction) bool { return t.writes[0].Key == wire.RootRegimes })
			tx, _ := l.where(pack, "approved")
			l.history[tx+1].writes = slices.DeleteFunc(l.history[tx+1].writes, func(w books.Write) bool { return w.Key == wire.RootRegimes })
		}, day, "no regime that the root key lists"},
		{"a member acts that no root key lists", func(l *ledger) {
			l.history[0].writes = slices.DeleteFunc(l.history[0].writes, func(w books.Write) bool { return w.Key == wire.RootMembers })
		}, pack, "no member that the root key lists"},
		{"a day goes back", swap(day, "opened", "2024-01-15", "2010-01-15"), day, "not in force"},
		{"a day is a Sunday", swap(day, "opened", "2024-01-15", "2024-01-14"), day, "the business day was applied although"},
		{"a rule is approved for another", swap(pack, "approved", `"authority"`, `"meridian"`), pack, "authority sent what"},
		{"an operator approves a rule", sentBy(pack, "approved", party.Actor{Member: "authority", Role: party.Operator}), pack, "wrong_role"},
		{"a platform opens the custodian's day", sentBy(day, "opened", harbor), day, "harbor sent what"},
		{"a freeze is lifted by another order", func(l *ledger) {
			l.as(authority)
			e := wire.PlatformEvent{Kind: wire.PlatformReleased, Platform: "harbor", Order: "o", By: "authority", On: l.on}
			save(l, "", wire.PlatformFreezeKey("harbor"), wire.PlatformFreeze{}, wire.PlatformFreeze.Apply, e)
			l.commit()
		}, wire.PlatformFreezeKey("harbor"), "does not follow on what is in force"},
		{"a platform is frozen twice by one order", func(l *ledger) {
			for range 2 {
				l.freezePlatform(wire.PlatformFrozen, "order-9")
			}
		}, wire.PlatformFreezeKey("harbor"), "does not follow on what is in force"},
		{"a platform freezes another", func(l *ledger) {
			l.as(harbor)
			e := wire.PlatformEvent{Kind: wire.PlatformFrozen, Platform: "harbor", Order: "o", By: "harbor", On: l.on}
			save(l, "", wire.PlatformFreezeKey("harbor"), wire.PlatformFreeze{}, wire.PlatformFreeze.Apply, e)
			l.commit()
		}, wire.PlatformFreezeKey("harbor"), "is no regulator"},
	}
}
