package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// named is that the custodian vouched for a party's account. The ledger keeps a salted digest of the account: the same
// account verified anew under another salt counts as another one.
type named struct {
	sequence                 int64
	collection, party, payee string
	on                       calendar.Date
}

// named finds in the party's history which account a row of the feed is about.
func (f *follower) named(ctx context.Context, e projection.Entry) ([]named, error) {
	list := func(ctx context.Context, page projection.Page) (projection.List[projection.Step], error) {
		return f.books.History(ctx, "party", e.Collection, e.Subject, page)
	}
	var found []named
	for step, err := range projection.All(ctx, list) {
		if err != nil {
			return nil, err
		}
		if step.Sequence != e.Payload.Sequence {
			continue
		}
		var event party.Event
		if err := json.Unmarshal(step.Event, &event); err != nil {
			return nil, fmt.Errorf("read an event of party %s: %w: rebuild the read model", e.Subject, err)
		}
		if event.AccountDigest != "" && "party."+string(event.Kind) == e.Type {
			found = append(found, named{e.Sequence, e.Collection, e.Subject, event.AccountDigest, event.On})
		}
	}
	return found, nil
}

// put notes that it is the party's account from now on. One that comes beside another replaces it, for good: that it is
// verified again later makes the older one no newer.
func (n named) put(ctx context.Context, tx *sql.Tx) error {
	const query = `INSERT INTO alert_payee (collection, party, payee, verified_on, named_seq, paid_seq, paid_on, waited_days, replaces)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT), 0, '', 0,
			CASE WHEN EXISTS (SELECT 1 FROM alert_payee WHERE collection = $1 AND party = $2) THEN 1 ELSE 0 END
		WHERE true ON CONFLICT (party, collection, payee) DO UPDATE SET named_seq = excluded.named_seq`
	if _, err := tx.ExecContext(ctx, query, n.collection, n.party, n.payee, n.on.String(), n.sequence); err != nil {
		return fmt.Errorf("store a payee of party %s: %w", n.party, err)
	}
	return nil
}

// pay finds the account to which a movement is paid, which is the one that was verified last, and notes of the first
// movement that the party has been paid to it, and when.
func pay(ctx context.Context, tx *sql.Tx, known *facts) error {
	if !known.Kind.pays() {
		return nil
	}
	const query = `SELECT payee, verified_on, paid_seq FROM alert_payee WHERE collection = $1 AND party = $2
		ORDER BY named_seq DESC LIMIT 1`
	var on string
	var paid int64
	err := tx.QueryRowContext(ctx, query, known.Collection, known.Party).Scan(&known.Payee, &on, &paid)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		known.verifiedOn, err = calendar.Parse(on)
	}
	if err != nil {
		return fmt.Errorf("look up whom party %s is paid by: %w", known.Party, err)
	}
	if known.newPayee = paid == 0; !known.newPayee {
		return nil
	}
	const first = `UPDATE alert_payee SET paid_seq = $4, paid_on = $5, waited_days = $6 WHERE collection = $1 AND party = $2 AND payee = $3`
	_, err = tx.ExecContext(ctx, first, known.Collection, known.Party, known.Payee, known.Sequence, known.On.String(),
		int64(calendar.Days(known.verifiedOn, known.On)))
	return err
}

func isNotFound(err error) bool { return errors.Is(err, fault.New(fault.NotFound)) }
