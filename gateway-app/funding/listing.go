package funding

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Score is how a loan was judged.
type Score struct {
	Grade string `json:"grade" enum:"A,B,C,D,E,F,G"`
	Risk  int    `json:"risk" minimum:"1" maximum:"5" doc:"of the product, R1 to R5"`
}

// Verdict is what the platform's own decision says of a loan; nothing where it decided on none.
type Verdict struct {
	Score    *Score
	Obstacle string // why the decision does not carry the loan, which no run matches then
}

// Why the platform's own decision does not carry a loan. There is no falling back from it to the listing or the
// rate: those are for loans that nobody decided.
const (
	DecisionOfAnother      = "decision_of_another"       // about another party than the borrower
	DecisionRefused        = "decision_refused"          // by the engine or by a person
	DecisionNotApproved    = "decision_not_approved"     // a person has yet to decide
	DecisionForLess        = "decision_for_less"         // than the principal, as applied for or as the limit
	DecisionForAnotherTerm = "decision_for_another_term" // than the instalments
	DecisionWithoutGrade   = "decision_without_grade"    // the borrower's data was purged
)

// Scores tells how the platform judged a loan when it decided on it.
type Scores interface {
	Score(ctx context.Context, l projection.Loan) (Verdict, error)
}

// rateBands grade a loan by its rate alone, where nobody judged it: who pays more is taken for the greater
// risk. The steps are of two percent a year; above the last is G. A grade's product risk is that of the rules
// that are shipped, so that nobody's judgement is never the milder one.
var rateBands = []struct {
	atMost money.PPM
	Score
}{
	{60_000, Score{"A", 1}},
	{80_000, Score{"B", 2}},
	{100_000, Score{"C", 3}},
	{120_000, Score{"D", 3}},
	{140_000, Score{"E", 4}},
	{160_000, Score{"F", 5}},
}

// ByRate is the score of a loan that nobody judged.
func ByRate(rate money.PPM) Score {
	for _, band := range rateBands {
		if rate <= band.atMost {
			return band.Score
		}
	}
	return Score{"G", 5}
}

// Listing is how a platform offers a loan to its lenders. A loan without one is offered whole or not at
// all, in no programme.
type Listing struct {
	Score         *Score             `json:"score,omitempty" doc:"where the platform judges elsewhere; its own decision on the loan comes before"`
	Industry      string             `json:"industry,omitempty" pattern:"^([a-z][a-z0-9_-]{0,63})?$" doc:"a code"`
	MinShareMinor money.Minor        `json:"min_share_minor,omitempty" minimum:"0" doc:"the least that one lender may bring"`
	Shortfall     matching.Shortfall `json:"shortfall,omitempty" enum:"all_or_nothing,part_at_deadline,part_at_once"`
	LeastMinor    money.Minor        `json:"least_minor,omitempty" minimum:"0" doc:"the least principal that is worth taking in part"`
	Programme     string             `json:"programme,omitempty" maxLength:"64" doc:"of joint lending"`
}

func (l Listing) withDefaults() Listing {
	if l.Shortfall == "" {
		l.Shortfall = matching.AllOrNothing
	}
	return l
}

// List keeps how a loan is offered, in the place of what was kept before. It counts from the next run on.
func (f *Funding) List(ctx context.Context, id string, l Listing) (Listing, error) {
	l = l.withDefaults()
	found, err := f.model.Loan(ctx, id)
	if err != nil {
		return l, err
	}
	if err := f.checkListing(ctx, found, l); err != nil {
		return l, err
	}
	return l, f.keep(ctx, keepListing, found.Terms.ID, l)
}

func (f *Funding) checkListing(ctx context.Context, found projection.Loan, l Listing) error {
	inPart := l.Shortfall == matching.PartAtDeadline || l.Shortfall == matching.PartAtOnce
	switch {
	case f.pairOf(found.Collection).Collection == "":
		return fault.In(fault.WrongMember, "loan")
	case found.State.Status != loan.Proposed && found.State.Status != loan.Cleared:
		return fault.In(fault.WrongStatus, "loan")
	case l.Score != nil && !l.Score.valid():
		return fault.In(fault.InvalidField, "score")
	case l.Industry != "" && !vault.IsCode(l.Industry):
		return fault.In(fault.InvalidField, "industry")
	case l.MinShareMinor < 0 || l.MinShareMinor > found.Terms.PrincipalMinor:
		return fault.In(fault.InvalidField, "min_share_minor")
	case !inPart && l.Shortfall != matching.AllOrNothing:
		return fault.In(fault.InvalidField, "shortfall")
	case inPart && (l.LeastMinor < 1 || l.LeastMinor > found.Terms.PrincipalMinor), !inPart && l.LeastMinor != 0:
		return fault.In(fault.InvalidField, "least_minor")
	case l.Programme == "":
		return nil
	case inPart: // institutions bring their ratio of the whole
		return fault.In(fault.InvalidField, "shortfall")
	}
	p, err := f.Programme(ctx, l.Programme)
	if err != nil {
		return err
	}
	if p.Collection != found.Collection || p.Ended != "" {
		return fault.In(fault.WrongStatus, "programme")
	}
	return nil
}

func (s Score) valid() bool {
	return len(s.Grade) == 1 && s.Grade[0] >= 'A' && s.Grade[0] <= 'G' && s.Risk >= 1 && s.Risk <= matching.Risks
}

// Listing answers how a loan is offered.
func (f *Funding) Listing(ctx context.Context, id string) (Listing, error) {
	var l Listing
	err := f.kept(ctx, `SELECT listing FROM loan_listing WHERE loan = $1`, id, "loan", &l)
	return l, err
}

// The statements that keep one value of a key.
const (
	keepListing = `INSERT INTO loan_listing (loan, listing, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (loan) DO UPDATE SET listing = excluded.listing, changed_at = excluded.changed_at`
	keepWish = `INSERT INTO mandate_wish (mandate, wish, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (mandate) DO UPDATE SET wish = excluded.wish, changed_at = excluded.changed_at`
)

func (f *Funding) keep(ctx context.Context, statement, key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, statement, key, string(text), store.Time(time.Now()))
		return err
	})
}

func (f *Funding) kept(ctx context.Context, query, key, field string, into any) error {
	var text string
	err := f.db.QueryRowContext(ctx, query, key).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.In(fault.NotFound, field)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), into)
}

// keptAll reads every value of a table of keys.
func keptAll[T any](ctx context.Context, db *store.DB, query string) (map[string]T, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read what a match looks at: %w", err)
	}
	defer rows.Close()
	values := map[string]T{}
	for rows.Next() {
		var key, text string
		if err := rows.Scan(&key, &text); err != nil {
			return nil, err
		}
		var value T
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return nil, fmt.Errorf("read what a match looks at: %w", err)
		}
		values[key] = value
	}
	return values, rows.Err()
}
