package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// What the ledger's records say was refused or given up.
const (
	RefusedDeclined        = "declined"         // a loan, by its platform or the regulator, with a code
	RefusedLapsed          = "clearance_lapsed" // a loan that was never funded, by the passing of time
	RefusedFundingExpired  = "funding_expired"  // a loan whose holds did not come together in time
	RefusedInstruction     = "instruction_refused"
	RefusedInstructionLate = "instruction_expired" // nobody accepted it in time
)

// Refusal is how many things of one sort were refused in a month, and what they come to.
type Refusal struct {
	Platform    string
	Custodian   string
	Month       string // "2024-03", of the business date
	What        string
	By          string // the member that refused; empty where time did
	Code        string // its reason; empty where time is the reason
	Cases       int64
	AmountMinor money.Minor
}

// The conditions of the indexes rm_event_by_refusal and rm_loan_refused are repeated in their very words: databases take
// an index of a part for queries that do. Both indexes hold all that is asked for, so that no record is read.
const (
	refusedLoans = `SELECT l.platform, l.custodian, e.event, CASE WHEN f.id IS NULL THEN '' ELSE 'funded' END,
		COUNT(*), CAST(SUM(l.principal_minor) AS BIGINT)
		FROM rm_event e CROSS JOIN rm_loan l LEFT JOIN rm_funding f ON f.collection = e.collection AND f.id = e.id
		WHERE e.kind IN ('decline', 'expire', 'refused', 'expired') AND e.noun = 'loan' AND e.dated >= $1 AND e.dated <= $2
		AND l.status IN ('declined', 'expired') AND l.collection = e.collection AND l.id = e.id GROUP BY 1, 2, 3, 4`
	refusedOrders = `SELECT i.platform, i.custodian, e.event, i.kind, COUNT(*), CAST(SUM(i.amount_minor) AS BIGINT)
		FROM rm_event e CROSS JOIN rm_instruction i
		WHERE e.kind IN ('decline', 'expire', 'refused', 'expired') AND e.noun = 'custody' AND e.dated >= $1 AND e.dated <= $2
		AND i.collection = e.collection AND i.id = e.id GROUP BY 1, 2, 3, 4`
)

// Refusals counts what was refused on the business dates of a span; a zero date leaves that end open. Rows come in an
// order of their own.
func (m *Model) Refusals(ctx context.Context, from, to calendar.Date) ([]Refusal, error) {
	counted := map[Refusal]Refusal{}
	for _, query := range []string{refusedLoans, refusedOrders} {
		if err := m.countRefusals(ctx, query, from, to, counted); err != nil {
			return nil, fmt.Errorf("count refusals: %w", err)
		}
	}
	list := make([]Refusal, 0, len(counted))
	for key, sum := range counted {
		key.Cases, key.AmountMinor = sum.Cases, sum.AmountMinor
		list = append(list, key)
	}
	return list, nil
}

// lastDate sorts behind every date.
const lastDate = "9999-12-31"

func (m *Model) countRefusals(ctx context.Context, query string, from, to calendar.Date, into map[Refusal]Refusal) error {
	last := lastDate
	if !to.IsZero() {
		last = to.String()
	}
	rows, err := m.db.QueryContext(ctx, query, from.String(), last)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key Refusal
		var text, detail string
		var cases, amount int64
		if err := rows.Scan(&key.Platform, &key.Custodian, &text, &detail, &cases, &amount); err != nil {
			return err
		}
		if err := key.read(text, detail); err != nil {
			return err
		}
		sum := into[key]
		sum.Cases, sum.AmountMinor = sum.Cases+cases, sum.AmountMinor+money.Minor(amount)
		into[key] = sum
	}
	return rows.Err()
}

// read says what an event refused. Detail is "funded" for a loan that had begun to collect its holds, and the kind of an
// instruction.
func (r *Refusal) read(text, detail string) error {
	var e struct {
		Kind   string        `json:"kind"`
		On     calendar.Date `json:"on"`
		By     string        `json:"by"`
		Reason string        `json:"reason"`
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return fmt.Errorf("read an event: %w: rebuild the read model", err)
	}
	r.Month, r.Code = e.On.String()[:len("2024-03")], e.Reason
	switch {
	case e.Kind == "decline":
		r.What, r.By = RefusedDeclined, e.By
	case e.Kind == "expire" && detail == "":
		r.What = RefusedLapsed
	case e.Kind == "expire":
		r.What = RefusedFundingExpired
	case e.Kind == "refused":
		r.What, r.By = strings.Join([]string{RefusedInstruction, detail}, "."), r.Custodian
	default:
		r.What = strings.Join([]string{RefusedInstructionLate, detail}, ".")
	}
	return nil
}
