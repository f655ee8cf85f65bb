package projection

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// Dimension is one thing by which a portfolio is told apart.
type Dimension string

// The dimensions of a portfolio.
const (
	ByPlatform  Dimension = "platform"
	ByCustodian Dimension = "custodian"
	ByGrade     Dimension = "grade"
	ByTerm      Dimension = "term_months"
	ByVintage   Dimension = "vintage" // the month in which the money left
	ByStatus    Dimension = "status"
	ByRelated   Dimension = "related"
	ByOverdue   Dimension = "overdue" // how long the oldest unpaid row has been due
)

// Dimensions lists every dimension, in the order in which cells have them.
func Dimensions() []Dimension {
	return []Dimension{ByPlatform, ByCustodian, ByGrade, ByTerm, ByVintage, ByStatus, ByRelated, ByOverdue}
}

// OverdueBounds are the days at which buckets of overdue loans end: from 1 to 30 days, from 31 to 60, and so on; what is
// overdue for longer than the last is one more bucket.
func OverdueBounds() []int { return []int{30, 60, 90, 180} }

// PortfolioFilter asks for the loans of all platforms or one, told apart by some dimensions. Empty fields ask for
// nothing.
type PortfolioFilter struct {
	Platform  string
	Custodian string
	By        []Dimension
	On        calendar.Date // the day on which loans are overdue; wanted for ByOverdue
	Bounds    []int         // at which buckets of overdue loans end, rising; none: OverdueBounds
}

func (f PortfolioFilter) bounds() []int {
	if len(f.Bounds) == 0 {
		return OverdueBounds()
	}
	return f.Bounds
}

// Cell is the loans that are alike in every dimension that was asked for; the fields of the others are empty.
type Cell struct {
	Platform   string      `json:"platform,omitempty"`
	Custodian  string      `json:"custodian,omitempty"`
	Grade      string      `json:"grade,omitempty"`
	TermMonths int         `json:"term_months,omitempty"`
	Vintage    string      `json:"vintage,omitempty"`
	Status     loan.Status `json:"status,omitempty"`
	Related    bool        `json:"related,omitempty"`
	// Overdue is the bucket: 0 for loans that are not overdue, 1 for those up to the first of the bounds, and so on.
	Overdue int `json:"overdue,omitempty"`

	Loans            int64       `json:"loans"`
	OwingLoans       int64       `json:"owing_loans"` // that owe principal
	PrincipalMinor   money.Minor `json:"principal_minor"`
	OutstandingMinor money.Minor `json:"outstanding_minor"`
	InterestMinor    money.Minor `json:"interest_minor"` // scheduled and unpaid, due or not
}

// Portfolio answers what was lent and is owed, as the model has it now, in cells in the order of their dimensions. Loans
// count from their disbursement on, also when they are repaid.
func (m *Model) Portfolio(ctx context.Context, f PortfolioFilter) ([]Cell, error) {
	q := query{from: "rm_portfolio t"}
	var columns, places []string
	for _, d := range Dimensions() {
		if !slices.Contains(f.By, d) {
			continue
		}
		column := "t." + string(d)
		if d == ByOverdue {
			if f.On.IsZero() {
				return nil, fault.In(fault.MissingField, "on")
			}
			column = bucket(&q, f.On, f.bounds())
		}
		columns = append(columns, column)
		places = append(places, strconv.Itoa(len(columns)))
	}
	by := slices.DeleteFunc(Dimensions(), func(d Dimension) bool { return !slices.Contains(f.By, d) })
	for _, sum := range []string{"loans", "owing_loans", "principal_minor", "outstanding_minor", "interest_minor"} {
		columns = append(columns, "COALESCE(CAST(SUM(t."+sum+") AS BIGINT), 0)")
	}
	q.columns = strings.Join(columns, ", ")
	q.equal("t.platform", f.Platform)
	q.equal("t.custodian", f.Custodian)
	order := ""
	if len(places) > 0 {
		order = "GROUP BY " + strings.Join(places, ", ") + " ORDER BY " + strings.Join(places, ", ")
	}
	var cells []Cell
	err := each(ctx, m.db, q.text(order), q.args, func(from scanner) error {
		c, err := scanCell(from, by)
		cells = append(cells, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add up the portfolio: %w", err)
	}
	return cells, nil
}

// bucket is the expression that tells from a due date in which bucket a loan is on a day.
func bucket(q *query, on calendar.Date, bounds []int) string {
	edge := func(days int) string {
		q.args = append(q.args, on.AddDays(-days).String())
		return "$" + strconv.Itoa(len(q.args))
	}
	text := "CASE WHEN t.due_on = '' OR t.due_on >= " + edge(0) + " THEN 0"
	for i, bound := range bounds {
		text += " WHEN t.due_on >= " + edge(bound) + " THEN " + strconv.Itoa(i+1)
	}
	return text + " ELSE " + strconv.Itoa(len(bounds)+1) + " END"
}

func scanCell(from scanner, by []Dimension) (Cell, error) {
	var c Cell
	var related int64
	at := map[Dimension]any{
		ByPlatform: &c.Platform, ByCustodian: &c.Custodian, ByGrade: &c.Grade, ByTerm: &c.TermMonths, ByVintage: &c.Vintage,
		ByStatus: &c.Status, ByRelated: &related, ByOverdue: &c.Overdue,
	}
	targets := make([]any, 0, len(by)+5)
	for _, d := range by {
		targets = append(targets, at[d])
	}
	targets = append(targets, &c.Loans, &c.OwingLoans, &c.PrincipalMinor, &c.OutstandingMinor, &c.InterestMinor)
	err := from.Scan(targets...)
	c.Related = related == 1
	return c, err
}
