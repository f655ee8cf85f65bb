package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
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
	What        string // of an instruction with its kind behind a point: "instruction_refused.payout"
	By          string // the member that refused; empty where time did
	Code        string // its reason; empty where time is the reason
	Cases       int64
	AmountMinor money.Minor
}

// refusals counts what was refused, event by event: of years there are a few thousand rows.
var refusals = &table{
	name: "rm_refusal", summed: true, key: []string{"platform", "custodian", "month", "what", "refused_by", "code"},
	columns: []string{"platform", "custodian", "month", "what", "refused_by", "code", "cases", "amount_minor"},
}

// refusal is the key of the table, in the order of its columns.
type refusal struct {
	pair
	month, what, by, code string
}

// turnedDown counts the events by which a loan came to nothing.
func (s sums) turnedDown(before loan.State, list []loan.Event) {
	for _, e := range list {
		after := loan.Apply(before, e)
		r := refusal{pair: pair{after.Platform, after.Custodian}, month: month(e.On)}
		switch {
		case e.Kind == loan.ActDecline:
			r.what, r.by, r.code = RefusedDeclined, plain(e.By), plain(e.Reason)
		case e.Kind == loan.ActExpire && before.Status == loan.Collecting:
			r.what = RefusedFundingExpired
		case e.Kind == loan.ActExpire:
			r.what = RefusedLapsed
		}
		if r.what != "" {
			s.refusals.add(r, 1, int64(after.PrincipalMinor))
		}
		before = after
	}
}

// orderRefused counts the events by which an order to the custodian came to nothing.
func orderRefused(_ context.Context, b *batch, _, after custody.Instruction, list []custody.Event) error {
	for _, e := range list {
		r := refusal{pair: pair{after.Platform, after.Custodian}, month: month(e.On)}
		switch custody.Status(e.Kind) {
		case custody.Refused:
			r.what, r.by, r.code = RefusedInstruction, after.Custodian, plain(e.Reason)
		case custody.Expired:
			r.what = RefusedInstructionLate
		default:
			continue
		}
		r.what += "." + string(after.Kind)
		b.refusals.add(r, 1, int64(after.AmountMinor))
	}
	return nil
}

// month is the month of a business date; empty without one.
func month(on calendar.Date) string {
	text := on.String()
	return text[:min(len(text), len("2024-03"))]
}

// Refusals counts what was refused in a span of months of business dates, "2024-03" and both included; an empty month
// leaves that end open. Rows come in the order of their fields.
func (m *Model) Refusals(ctx context.Context, from, to string) ([]Refusal, error) {
	const query = `SELECT platform, custodian, month, what, refused_by, code, cases, amount_minor FROM rm_refusal
		WHERE month >= $1 AND month <= $2`
	if to == "" {
		to = lastMonth
	}
	rows, err := m.db.QueryContext(ctx, query, from, to)
	if err != nil {
		return nil, fmt.Errorf("count refusals: %w", err)
	}
	defer rows.Close()
	var list []Refusal
	for rows.Next() {
		var r Refusal
		if err := rows.Scan(&r.Platform, &r.Custodian, &r.Month, &r.What, &r.By, &r.Code, &r.Cases, &r.AmountMinor); err != nil {
			return nil, fmt.Errorf("count refusals: %w", err)
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count refusals: %w", err)
	}
	slices.SortFunc(list, Refusal.compare)
	return list, nil
}

// lastMonth sorts behind every month.
const lastMonth = "9999-12"

func (r Refusal) compare(other Refusal) int {
	return cmp.Or(
		strings.Compare(r.Platform, other.Platform), strings.Compare(r.Month, other.Month), strings.Compare(r.Custodian, other.Custodian),
		strings.Compare(r.What, other.What), strings.Compare(r.By, other.By), strings.Compare(r.Code, other.Code),
	)
}
