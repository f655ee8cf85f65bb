package alert

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/expression"
)

// longestLookBack bounds how far a rule looks back, in days.
const longestLookBack = 400

// look is one thing that a rule asked of the past.
type look struct {
	kind      Kind
	days      int64
	low, high int64 // only amounts between them, where bounded
	bounded   bool

	fresh  bool  // instead of one kind: withdrawals and payouts to accounts first paid to within the days
	recent int64 // and verified at most so many days before that, or named in the place of another
}

// told is the answer.
type told struct{ sum, count int64 }

// lookback answers the functions of one rule for one movement, from the customer's movements up to and with it. What it
// was asked is remembered, for it is what led to an alert.
type lookback struct {
	ctx    context.Context
	tx     *sql.Tx
	of     Movement
	by     customer
	known  map[look]told // of all rules that the movement was held against
	asked  map[look]told // of this one
	failed error         // of the database
}

// calls binds the functions.
func (l *lookback) calls(into map[string]any) {
	into["sum_minor"] = expression.Call(func(a []any) (any, error) {
		answer, err := l.ask(look{kind: Kind(a[0].(string)), days: a[1].(int64)})
		return answer.sum, err
	})
	into["count"] = expression.Call(func(a []any) (any, error) {
		answer, err := l.ask(look{kind: Kind(a[0].(string)), days: a[1].(int64)})
		return answer.count, err
	})
	into["count_between_minor"] = expression.Call(func(a []any) (any, error) {
		asked := look{kind: Kind(a[0].(string)), low: a[1].(int64), high: a[2].(int64), days: a[3].(int64), bounded: true}
		answer, err := l.ask(asked)
		return answer.count, err
	})
	into["new_payee_minor"] = expression.Call(func(a []any) (any, error) {
		answer, err := l.ask(look{fresh: true, recent: a[0].(int64), days: a[1].(int64)})
		return answer.sum, err
	})
}

func (asked look) check() error {
	if !asked.fresh && !slices.Contains(Kinds(), asked.kind) {
		return fmt.Errorf("%q is no kind of movement: write one of %q", asked.kind, Kinds())
	}
	if asked.days < 1 || asked.days > longestLookBack {
		return fmt.Errorf("%d days: look back on 1 to %d", asked.days, longestLookBack)
	}
	return nil
}

func (l *lookback) ask(asked look) (told, error) {
	if err := asked.check(); err != nil {
		return told{}, err
	}
	if answer, ok := l.known[asked]; ok {
		l.asked[asked] = answer
		return answer, nil
	}
	from, arguments := asked.rows(l.of, l.by)
	query := `SELECT CAST(COALESCE(SUM(m.amount_minor), 0) AS BIGINT), COUNT(*), COUNT(CASE WHEN m.seq = $1 THEN 1 END) ` + from
	var answer told
	var itself int64
	if err := l.tx.QueryRowContext(l.ctx, query, arguments...).Scan(&answer.sum, &answer.count, &itself); err != nil {
		l.failed = fmt.Errorf("look back on movements: %w", err)
		return told{}, l.failed
	}
	if asked.fresh && itself == 0 {
		answer = told{} // what is paid to another account is not a part of it
	}
	l.known[asked], l.asked[asked] = answer, answer
	return answer, nil
}

// rows is where the movements stand that were asked about, under the name m and by index, with its arguments: the
// first of them is the movement in hand.
func (asked look) rows(m Movement, by customer) (string, []any) {
	arguments := []any{m.Sequence, m.On.AddDays(-int(asked.days)).String(), m.On.String()}
	within := ` AND m.seq <= $1 AND m.business_date > $2 AND m.business_date <= $3`
	if asked.fresh {
		whose, names := by.where("p", len(arguments)+2)
		return `FROM alert_payee p JOIN alert_movement m ON m.party = p.party AND m.collection = p.collection AND m.payee = p.payee
			AND m.kind IN ('` + string(Withdrawal) + `', '` + string(Payout) + `')` + within + `
			WHERE p.paid_on > $2 AND p.paid_on <= $3 AND (p.replaces = 1 OR p.waited_days <= $4) AND ` + whose,
			append(append(arguments, asked.recent), names...)
	}
	arguments = append(arguments, string(asked.kind))
	from := `FROM alert_movement m WHERE m.kind = $4` + within
	if asked.bounded {
		arguments = append(arguments, asked.low, asked.high)
		from += ` AND m.amount_minor BETWEEN $5 AND $6`
	}
	whose, names := by.where("m", len(arguments)+1)
	return from + ` AND ` + whose, append(arguments, names...)
}
