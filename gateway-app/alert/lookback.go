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
}

// told is the answer.
type told struct{ sum, count int64 }

// lookback answers the functions of one rule for one movement, from the movements up to and with it. What it was asked
// is remembered, for it is what led to an alert.
type lookback struct {
	ctx    context.Context
	tx     *sql.Tx
	of     Movement
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
}

func (l *lookback) ask(asked look) (told, error) {
	if !slices.Contains(Kinds(), asked.kind) {
		return told{}, fmt.Errorf("%q is no kind of movement: write one of %q", asked.kind, Kinds())
	}
	if asked.days < 1 || asked.days > longestLookBack {
		return told{}, fmt.Errorf("%d days: look back on 1 to %d", asked.days, longestLookBack)
	}
	if answer, ok := l.known[asked]; ok {
		l.asked[asked] = answer
		return answer, nil
	}
	where, arguments := asked.where(l.of)
	query := `SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT), COUNT(*) FROM alert_movement WHERE ` + where
	var answer told
	if err := l.tx.QueryRowContext(l.ctx, query, arguments...).Scan(&answer.sum, &answer.count); err != nil {
		l.failed = fmt.Errorf("look back on movements: %w", err)
		return told{}, l.failed
	}
	l.known[asked], l.asked[asked] = answer, answer
	return answer, nil
}

// where finds the movements that were asked about, by index.
func (asked look) where(m Movement) (string, []any) {
	where := `party = $1 AND collection = $2 AND kind = $3 AND business_date > $4 AND business_date <= $5 AND seq <= $6`
	arguments := []any{
		m.Party, m.Collection, string(asked.kind), m.On.AddDays(-int(asked.days)).String(), m.On.String(), m.Sequence,
	}
	if asked.bounded {
		where += ` AND amount_minor BETWEEN $7 AND $8`
		arguments = append(arguments, asked.low, asked.high)
	}
	return where, arguments
}
