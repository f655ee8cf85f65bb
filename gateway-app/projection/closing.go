package projection

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

// closingsTable keeps the standing of every platform at every close of its custodian's business day.
var closingsTable = &table{name: "rm_closing", columns: []string{
	"platform", "custodian", "closed_on", "seq", "block", "tx_id", "at", "standing", "regime", "regime_digest",
}}

// closings writes down, at the close of a custodian's business day and before anything that comes after it on the
// ledger, how each of its platforms stands and which reporting pack is in force. So every member that holds a platform's loans has the same figures for the
// same day, whenever its projection came by, and what is adopted or retired later changes nothing of it.
func closings(ctx context.Context, b *batch, _, _ custody.Day, list []custody.DayEvent) error {
	for _, e := range list {
		if e.Day.Open {
			continue
		}
		if err := b.flush(ctx, askedAtCloses); err != nil {
			return err
		}
		pack, digest, err := reportingPack(ctx, b, e.Day.Date)
		if err != nil {
			return fmt.Errorf("close %s of %s: look for the reporting pack: %w", e.Day.Date, e.Day.Custodian, err)
		}
		platforms, err := platformsOf(ctx, b.tx, e.Day.Custodian)
		if err != nil {
			return err
		}
		for _, platform := range platforms {
			standing, err := standingOf(ctx, b.tx, pair{platform, e.Day.Custodian}, e.Day.Date)
			if err != nil {
				return fmt.Errorf("close %s of %s with %s: %w", e.Day.Date, platform, e.Day.Custodian, err)
			}
			text, err := json.Marshal(standing)
			if err != nil {
				return fmt.Errorf("write down how %s stands with %s: %w", platform, e.Day.Custodian, err)
			}
			b.add(closingsTable, platform, e.Day.Custodian, e.Day.Date.String(), b.number(), int64(b.change.Block), b.change.TxID, b.time,
				string(text), pack, digest)
		}
	}
	return nil
}

// askedAtCloses reports whether a table is asked at a close: for a custodian's platforms, or for the packs.
func askedAtCloses(t *table) bool {
	return t == members.table || t == openedBooks.table || t == roots.table || t == regimes.table
}

// reportingPack is the reporting pack in force on a day by what the ledger has said so far, and its digest; empty where
// there is none.
func reportingPack(ctx context.Context, b *batch, on calendar.Date) (id, digest string, err error) {
	root, err := rootIn(ctx, b.tx)
	if err != nil {
		return "", "", err
	}
	var listed []regime.Pack
	const query = `SELECT id, digest FROM rm_regime ORDER BY id`
	var ids []string
	if err := each(ctx, b.tx, query, nil, func(row scanner) error {
		var id, digest string
		err := row.Scan(&id, &digest)
		if lists(root, id, digest) {
			ids = append(ids, id)
		}
		return err
	}); err != nil {
		return "", "", err
	}
	for _, id := range ids {
		_, pack, err := regimes.load(ctx, b, ledger.Change{Key: wire.RegimeKey(id)}, id)
		if err != nil {
			return "", "", err
		}
		listed = append(listed, pack)
	}
	pack, inForce := regime.ReportingOn(listed, on)
	if !inForce {
		return "", "", nil
	}
	digest, _ = root.Find(pack.ID)
	return pack.ID, digest, nil
}

// rootIn is the list of adopted packs as a transaction sees it; empty before there is one.
func rootIn(ctx context.Context, tx *sql.Tx) (wire.Root, error) {
	var root wire.Root
	var text string
	err := tx.QueryRowContext(ctx, `SELECT state FROM rm_root WHERE collection = '' AND id = $1`, wire.RootRegimes[len(roots.prefix):]).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return root, nil
	}
	if err != nil {
		return root, err
	}
	return root, json.Unmarshal([]byte(text), &root)
}

// platformsOf lists the platforms for which a custodian has opened its books, as far as the member holds them.
func platformsOf(ctx context.Context, tx *sql.Tx, custodian string) ([]string, error) {
	const query = `SELECT m.id FROM rm_member m JOIN rm_books b ON b.collection = m.id || '-' || $1 WHERE m.kind = $2 ORDER BY m.id`
	var names []string
	err := each(ctx, tx, query, []any{custodian, string(party.Platform)}, func(from scanner) error {
		var name string
		err := from.Scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the platforms of %s: %w", custodian, err)
	}
	return names, nil
}

// each reads every row of a query.
func each(ctx context.Context, from querier, query string, args []any, read func(scanner) error) error {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// standingOf makes a platform's standing with a custodian of the sums as they are.
func standingOf(ctx context.Context, from querier, of pair, on calendar.Date) (portfolio.Standing, error) {
	s := portfolio.Standing{Platform: of.platform, Custodian: of.custodian, On: on}
	for _, read := range []func(context.Context, querier, *portfolio.Standing) error{
		standingLoans, standingUnpaid, standingBorrowers, standingLenders, standingCharges,
	} {
		if err := read(ctx, from, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

func standingLoans(ctx context.Context, from querier, s *portfolio.Standing) error {
	const query = `SELECT due_on, related, CAST(SUM(loans) AS BIGINT), CAST(SUM(owing_loans) AS BIGINT), CAST(SUM(bearing_loans) AS BIGINT),
		CAST(SUM(principal_minor) AS BIGINT), CAST(SUM(outstanding_minor) AS BIGINT), CAST(SUM(interest_minor) AS BIGINT)
		FROM rm_portfolio WHERE platform = $1 AND custodian = $2 GROUP BY due_on, related ORDER BY due_on, related`
	return each(ctx, from, query, []any{s.Platform, s.Custodian}, func(row scanner) error {
		var due string
		var related, owing, bearing int64
		var lent, balance, interest portfolio.Amount
		err := row.Scan(&due, &related, &lent.Loans, &owing, &bearing, &lent.AmountMinor, &balance.AmountMinor, &interest.AmountMinor)
		if err != nil {
			return err
		}
		balance.Loans, interest.Loans = owing, bearing
		add(&s.Lent, lent)
		add(&s.Balance, balance)
		add(&s.Interest, interest)
		if related == 1 {
			add(&s.Related, balance)
		}
		if due == "" || due >= s.On.String() {
			return nil
		}
		on, err := calendar.Parse(due)
		if err != nil {
			return err
		}
		if last := len(s.Overdue) - 1; last >= 0 && s.Overdue[last].DueOn == on {
			s.Overdue[last].Loans += lent.Loans
			s.Overdue[last].OutstandingMinor += balance.AmountMinor
			return nil
		}
		s.Overdue = append(s.Overdue, portfolio.Overdue{DueOn: on, Loans: lent.Loans, OutstandingMinor: balance.AmountMinor})
		return nil
	})
}

func add(sum *portfolio.Amount, a portfolio.Amount) {
	sum.Loans += a.Loans
	sum.AmountMinor += a.AmountMinor
}

func standingUnpaid(ctx context.Context, from querier, s *portfolio.Standing) error {
	const query = `SELECT due_on, principal_minor, interest_minor FROM rm_unpaid
		WHERE platform = $1 AND custodian = $2 AND due_on < $3 ORDER BY due_on`
	return each(ctx, from, query, []any{s.Platform, s.Custodian, s.On.String()}, func(row scanner) error {
		var on string
		var d portfolio.Due
		err := row.Scan(&on, &d.PrincipalMinor, &d.InterestMinor)
		if err != nil {
			return err
		}
		d.On, err = calendar.Parse(on)
		s.Unpaid = append(s.Unpaid, d)
		return err
	})
}

func standingBorrowers(ctx context.Context, from querier, s *portfolio.Standing) error {
	const counted = `SELECT COUNT(*), COUNT(CASE WHEN outstanding_minor > 0 THEN 1 END) FROM rm_borrower WHERE platform = $1 AND custodian = $2`
	if err := from.QueryRowContext(ctx, counted, s.Platform, s.Custodian).Scan(&s.Borrowers, &s.BorrowersCurrent); err != nil {
		return err
	}
	const largest = `SELECT outstanding_minor FROM rm_borrower WHERE platform = $1 AND custodian = $2 AND outstanding_minor > 0
		ORDER BY outstanding_minor DESC LIMIT $3`
	return each(ctx, from, largest, []any{s.Platform, s.Custodian, portfolio.Largest}, func(row scanner) error {
		s.LargestMinor = append(s.LargestMinor, 0)
		return row.Scan(&s.LargestMinor[len(s.LargestMinor)-1])
	})
}

func standingLenders(ctx context.Context, from querier, s *portfolio.Standing) error {
	const query = `SELECT COUNT(*), COUNT(CASE WHEN owing_loans > 0 THEN 1 END) FROM rm_lender WHERE platform = $1 AND custodian = $2`
	return from.QueryRowContext(ctx, query, s.Platform, s.Custodian).Scan(&s.Lenders, &s.LendersCurrent)
}

func standingCharges(ctx context.Context, from querier, s *portfolio.Standing) error {
	const query = `SELECT payee, basis, ppm, flat_minor, loans FROM rm_charge WHERE platform = $1 AND custodian = $2
		ORDER BY payee, basis, ppm, flat_minor`
	return each(ctx, from, query, []any{s.Platform, s.Custodian}, func(row scanner) error {
		var c schedule.Charge
		var loans int64
		err := row.Scan(&c.Payee, &c.Basis, &c.PPM, &c.FlatMinor, &loans)
		s.Charges = append(s.Charges, portfolio.ChargeStandard{Charge: c, Loans: loans})
		return err
	})
}
