package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/projection"
)

// ErrOwnMovement refuses somebody as the judge of an alert: they asked for one of its movements, or approved it.
var ErrOwnMovement = errors.New("who asked for a movement or approved it does not decide its alert")

// Origins knows who of the member's staff asked for what a transaction did, and who approved it.
type Origins interface {
	// People answers their users' ids; nobody of a transaction that another member sent, or a machine.
	People(ctx context.Context, txID string) ([]string, error)
}

// readHands asks once a transaction of a batch whose work it was. An instruction has several: it is given, accepted and
// settled.
func (f *follower) readHands(ctx context.Context, b *batch) error {
	b.hands = map[int64][]string{}
	if f.settings.Origins == nil {
		return nil
	}
	known := map[string][]string{}
	for _, m := range b.movements {
		transactions, err := f.transactions(ctx, m)
		if err != nil {
			return err
		}
		for _, id := range transactions {
			people, asked := known[id]
			if !asked {
				if people, err = f.settings.Origins.People(ctx, id); err != nil {
					return fmt.Errorf("look who asked for transaction %s: %w", id, err)
				}
				known[id] = people
			}
			b.hands[m.Sequence] = append(b.hands[m.Sequence], people...)
		}
	}
	return nil
}

// transactions are those that brought a movement about.
func (f *follower) transactions(ctx context.Context, m Movement) ([]string, error) {
	list := []string{m.transaction}
	if m.Kind == Repaid {
		return list, nil
	}
	history := func(ctx context.Context, page projection.Page) (projection.List[projection.Step], error) {
		return f.books.History(ctx, nounInstruction, m.Collection, m.Subject, page)
	}
	for step, err := range projection.All(ctx, history) {
		if err != nil {
			return nil, fmt.Errorf("read what became of instruction %s: %w", m.Subject, err)
		}
		list = append(list, step.TxID)
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

func putHands(ctx context.Context, tx *sql.Tx, movement int64, people []string) error {
	const query = `INSERT INTO alert_hand (movement, actor) VALUES ($1, $2) ON CONFLICT (movement, actor) DO NOTHING`
	for _, one := range people {
		if _, err := tx.ExecContext(ctx, query, movement, one); err != nil {
			return fmt.Errorf("store whose work movement %d was: %w", movement, err)
		}
	}
	return nil
}

// checkJudge refuses whoever had a hand in a movement that led to an alert.
func checkJudge(ctx context.Context, tx *sql.Tx, alert, user string) error {
	const query = `SELECT COUNT(*) FROM alert_evidence e JOIN alert_hand h ON h.movement = e.movement WHERE e.alert = $1 AND h.actor = $2`
	var own int64
	if err := tx.QueryRowContext(ctx, query, alert, user).Scan(&own); err != nil {
		return fmt.Errorf("look whose work the movements of alert %s were: %w", alert, err)
	}
	if own > 0 {
		return ErrOwnMovement
	}
	return nil
}
