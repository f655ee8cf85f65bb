package projection

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// What stands beside the million loans when reports of the catalogue are measured.
const (
	crowdLegal    = 20_000  // borrowers who are legal persons
	crowdRefused  = 150_000 // loans that were declined or expired, beyond the million
	crowdOrders   = 20_000  // orders that custodians refused
	crowdCommands = 200_000 // that the member's app still keeps, of which every twentieth was refused
	crowdInFlight = 5_000   // loans that are funding
)

// GrowMillion fills a model with the loans of BenchmarkReports, and with all that the catalogue's reports ask about besides:
// exposures, events, refusals, orders and commands. It answers the day on which reports are asked.
func GrowMillion(b *testing.B, db *store.DB, packs ...regime.Pack) calendar.Date {
	b.Helper()
	grow(b, db)
	random := rand.New(rand.NewPCG(7, 7))
	for _, fill := range []func(context.Context, *sql.Tx, *rand.Rand) error{
		func(ctx context.Context, tx *sql.Tx, _ *rand.Rand) error { return growRules(ctx, tx, packs) },
		func(ctx context.Context, tx *sql.Tx, _ *rand.Rand) error { return growClosings(ctx, tx, packs) }, growExposures, growEvents, growRefused, growOrders, growCommands,
	} {
		if err := db.Write(b.Context(), func(tx *sql.Tx) error { return fill(b.Context(), tx, random) }); err != nil {
			b.Fatal(err)
		}
	}
	return millionOn
}

// GrowRefused fills the model with what was refused, and with nothing else.
func GrowRefused(b *testing.B, db *store.DB, packs ...regime.Pack) {
	b.Helper()
	random := rand.New(rand.NewPCG(7, 7))
	for _, fill := range []func(context.Context, *sql.Tx, *rand.Rand) error{
		func(ctx context.Context, tx *sql.Tx, _ *rand.Rand) error { return growRules(ctx, tx, packs) }, growRefused, growOrders, growCommands,
	} {
		if err := db.Write(b.Context(), func(tx *sql.Tx) error { return fill(b.Context(), tx, random) }); err != nil {
			b.Fatal(err)
		}
	}
}

// text is a value as a column of JSON has it.
func text(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// recorded is a row of a table of records.
func recorded(collection, id string, seq int64, state any, own ...any) []any {
	return append([]any{collection, id, seq, int64(1), "salt", text(state), seq, "tx", "2026-11-20T00:00:00.000000Z"}, own...)
}

// valued is a row of a table of plain values.
func valued(collection, id string, seq int64, state any, own ...any) []any {
	return append([]any{collection, id, seq, text(state), seq, "tx", "2026-11-20T00:00:00.000000Z"}, own...)
}

func growRules(ctx context.Context, tx *sql.Tx, packs []regime.Pack) error {
	root := wire.Root{Version: wire.Version}
	for i, p := range packs {
		digest, err := wire.PackDigest(p)
		if err != nil {
			return err
		}
		root.Listed = append(root.Listed, wire.Listed{ID: p.ID, Digest: digest})
		row := recorded("", p.ID, int64(i), p, p.EffectiveFrom.String(), "", digest)
		if err := regimes.table.write(ctx, tx, [][]any{row}); err != nil {
			return err
		}
	}
	row := valued("", wire.RootRegimes[len(roots.prefix):], 1, root)
	if err := roots.table.write(ctx, tx, [][]any{row}); err != nil {
		return err
	}
	err := inParts(ctx, tx, events, 1000, func(n int) []any {
		on := millionOn.AddDays(n - 999)
		e := custody.DayEvent{Kind: "opened", Day: custody.Day{Custodian: "meridian", Date: on, Open: true}}
		return []any{"", "day", "meridian", int64(n), int64(n), int64(n), "tx", on.String() + "T01:00:00.000000Z", e.Kind, on.String(), text(e)}
	})
	if err != nil {
		return err
	}
	day := custody.Day{Custodian: "meridian", Date: millionOn}
	return days.table.write(ctx, tx, [][]any{recorded("", "meridian", 1, day, day.Date.String(), flag(false), "")})
}

func growClosings(ctx context.Context, tx *sql.Tx, packs []regime.Pack) error {
	pack, _ := regime.ReportingOn(packs, millionOn)
	digest, err := wire.PackDigest(pack)
	if err != nil {
		return err
	}
	for i, platform := range []string{"harbor", "lantern"} {
		standing, err := standingOf(ctx, tx, pair{platform, "meridian"}, millionOn)
		if err != nil {
			return err
		}
		row := []any{platform, "meridian", millionOn.String(), int64(i), int64(i), "tx", "2026-11-20T00:00:00.000000Z", text(standing), pack.ID, digest}
		if err := closingsTable.write(ctx, tx, [][]any{row}); err != nil {
			return err
		}
	}
	return nil
}

// inParts writes many rows a part at a time.
func inParts(ctx context.Context, tx *sql.Tx, t *table, count int, row func(n int) []any) error {
	var part [][]any
	for n := range count {
		if part = append(part, row(n)); len(part) == 4096 || n+1 == count {
			if err := t.write(ctx, tx, part); err != nil {
				return err
			}
			part = part[:0]
		}
	}
	return nil
}

// growExposures gives every borrower a common pseudonym with a total, and says who of them is a legal person.
func growExposures(ctx context.Context, tx *sql.Tx, random *rand.Rand) error {
	err := inParts(ctx, tx, exposures.table, millionBorrowers, func(n int) []any {
		total := money.Minor(random.IntN(110_000_000))
		id := hidden("person", n)
		return recorded(wire.Exposure, id, int64(n), wire.ExposureState{Pseudonym: id, Reservations: []wire.Reservation{{AmountMinor: total}}}, int64(total))
	})
	if err != nil {
		return err
	}
	err = inParts(ctx, tx, links.table, millionBorrowers, func(n int) []any {
		handle := hidden("borrower", n)
		return valued(wire.Exposure, handle, int64(n), wire.Link{Party: handle, Pseudonym: hidden("person", n)}, hidden("person", n))
	})
	if err != nil {
		return err
	}
	return inParts(ctx, tx, parties.table, millionBorrowers, func(n int) []any {
		kind := party.Natural
		if n < crowdLegal {
			kind = party.Legal
		}
		s := party.State{}
		s.Handle, s.Platform, s.Custodian, s.Kind = hidden("borrower", n), "harbor", "meridian", kind
		return recorded("harbor-meridian", s.Handle, int64(n), s, parties.columns(s)...)
	})
}

// growEvents gives the history what most of it consists of: events that no report counts.
func growEvents(ctx context.Context, tx *sql.Tx, _ *rand.Rand) error {
	return inParts(ctx, tx, events, millionLoans, func(n int) []any {
		e := loan.Event{Kind: loan.ActReceive, On: millionOn.AddDays(-n % 1000), By: "meridian", Received: &loan.Received{AmountMinor: 100}}
		return eventRow("loan", hidden("loan", n), int64(n), string(e.Kind), e.On, e)
	})
}

func eventRow(noun, id string, seq int64, kind string, on calendar.Date, e any) []any {
	return []any{"harbor-meridian", noun, id, seq, int64(1), seq, "tx", "2026-11-20T00:00:00.000000Z", kind, on.String(), text(e)}
}

// growRefused adds loans that were declined, and some that expired or are funding.
func growRefused(ctx context.Context, tx *sql.Tx, random *rand.Rand) error {
	reasons := []string{"income_not_shown", "score_too_low", "exposure_above_network_cap", "duplicate"}
	kept := make([]loan.State, crowdRefused+crowdInFlight)
	for n := range kept {
		s := loan.State{
			ID: wire.LoanID("lending", "harbor", hidden("refused", n)), Platform: "harbor", Custodian: "meridian",
			Borrower: hidden("borrower", random.IntN(millionBorrowers)), Status: loan.Declined, PrincipalMinor: money.Minor(100_000 + random.IntN(4_000_000)),
		}
		switch {
		case n >= crowdRefused:
			s.Status = loan.Collecting
		case n%5 == 0:
			s.Status = loan.Expired
		}
		kept[n] = s
	}
	err := inParts(ctx, tx, loans.table, len(kept), func(n int) []any {
		return recorded("harbor-meridian", hidden("refused", n), int64(n), kept[n], loanColumns(kept[n])...)
	})
	if err != nil {
		return err
	}
	counted := newSums()
	err = inParts(ctx, tx, events, crowdRefused, func(n int) []any {
		e := loan.Event{Kind: loan.ActDecline, On: millionOn.AddDays(-random.IntN(1000)), By: "harbor", Reason: reasons[random.IntN(4)]}
		if kept[n].Status == loan.Expired {
			e.Kind, e.Reason = loan.ActExpire, ""
		}
		before := kept[n]
		before.Status = loan.Cleared
		counted.turnedDown(before, []loan.Event{e})
		return eventRow("loan", hidden("refused", n), int64(n), string(e.Kind), e.On, e)
	})
	if err != nil {
		return err
	}
	return counted.write(ctx, tx)
}

func growOrders(ctx context.Context, tx *sql.Tx, random *rand.Rand) error {
	err := inParts(ctx, tx, instructions.table, crowdOrders, func(n int) []any {
		i := custody.Instruction{
			Handle: hidden("order", n), Kind: custody.PayOut, Status: custody.Refused, Platform: "harbor", Custodian: "meridian", AmountMinor: 5_000,
		}
		return recorded("harbor-meridian", i.Handle, int64(n), i, instructions.columns(i)...)
	})
	if err != nil {
		return err
	}
	counted := &batch{sums: newSums()}
	order := custody.Instruction{Kind: custody.PayOut, Platform: "harbor", Custodian: "meridian", AmountMinor: 5_000}
	var failed error
	err = inParts(ctx, tx, events, crowdOrders, func(n int) []any {
		e := custody.Event{Kind: "refused", On: millionOn.AddDays(-random.IntN(1000)), Reason: fmt.Sprint("account_", n%7)}
		failed = errors.Join(failed, orderRefused(ctx, counted, order, order, []custody.Event{e}))
		return eventRow("custody", hidden("order", n), int64(n), e.Kind, e.On, e)
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	return counted.sums.write(ctx, tx)
}

func growCommands(ctx context.Context, tx *sql.Tx, random *rand.Rand) error {
	const query = `INSERT INTO outbox_command (id, seq, function, collection, mode, identity, approvals, signed, lanes, merge, items, size_bytes,
		salt, body, digest, status, request_id, tx_id, block, answer, fault, stored_at, decided_at)
		VALUES ($1, $2, 'Loan:Propose', 'harbor-meridian', 'pair', 'machine', '[]', '', '[]', FALSE, 200, 1000, 'salt', NULL, 'digest', $3, 'r', 'tx', 1,
		$4, $5, $6, $6)`
	statement, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = statement.Close() }()
	for n := range crowdCommands {
		status, answer, refusal := "committed", `{"version":1,"applied":200}`, ""
		if n%20 == 0 {
			status, answer, refusal = "refused", "", `{"code":"platform_frozen"}`
		}
		at := fmt.Sprintf("2026-%02d-01T00:00:00.000000Z", 1+random.IntN(11))
		if _, err := statement.ExecContext(ctx, fmt.Sprint("c", n), n, status, answer, refusal, at); err != nil {
			return err
		}
	}
	return nil
}
