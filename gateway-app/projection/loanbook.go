package projection

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

// LoanAt is a disbursed loan as it stood when a block had been written: what a loan book says of it.
type LoanAt struct {
	Loan             string // its full id
	Status           loan.Status
	PrincipalMinor   money.Minor
	OutstandingMinor money.Minor   // of the principal
	DueOn            calendar.Date // of the oldest row that is not paid; none where nothing is owed
}

// LoansAt are a platform's loans with a custodian that had been disbursed when a block had been written, in no order. One
// that has not moved since is read as it stands; of the others, many at a time, the events up to the block are folded.
// What is held meanwhile is one handle a loan that has moved.
func (m *Model) LoansAt(ctx context.Context, platform, custodian string, block uint64) iter.Seq2[LoanAt, error] {
	return func(yield func(LoanAt, error) bool) {
		var moved []movedLoan
		ended, err := m.unmoved(ctx, platform, custodian, block, &moved, yield)
		if err == nil && !ended {
			slices.SortFunc(moved, func(a, b movedLoan) int { return strings.Compare(string(a[:]), string(b[:])) })
			collection := wire.PairCollection(platform, custodian)
			for part := range slices.Chunk(moved, foldedAtOnce) {
				if ended, err = m.foldedTo(ctx, collection, part, block, yield); err != nil || ended {
					break
				}
			}
		}
		if err != nil {
			yield(LoanAt{}, fmt.Errorf("read the loans of %s with %s at block %d: %w", platform, custodian, block, err))
		}
	}
}

// movedLoan is the handle of a loan that has moved since a block, as its 16 bytes.
type movedLoan [16]byte

// foldedAtOnce is how many loans' events one query reads.
const foldedAtOnce = 500

// unmoved yields the loans that have not moved since a block, and lists the others. It reports whether nobody wants more.
func (m *Model) unmoved(
	ctx context.Context, platform, custodian string, block uint64, moved *[]movedLoan, yield func(LoanAt, error) bool,
) (ended bool, err error) {
	const query = `SELECT loan, status, principal_minor, outstanding_minor, due_on, block FROM rm_position WHERE platform = $1 AND custodian = $2`
	rows, err := m.db.QueryContext(ctx, query, platform, custodian)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var l LoanAt
		var due string
		var last int64
		if err := rows.Scan(&l.Loan, &l.Status, &l.PrincipalMinor, &l.OutstandingMinor, &due, &last); err != nil {
			return false, err
		}
		if uint64(last) > block {
			if *moved, err = appendMoved(*moved, l.Loan); err != nil {
				return false, err
			}
			continue
		}
		if err := l.DueOn.UnmarshalText([]byte(due)); err != nil {
			return false, fmt.Errorf("read the position of %s: %w: rebuild the read model", l.Loan, err)
		}
		if !yield(l, nil) {
			return true, nil
		}
	}
	return false, rows.Err()
}

func appendMoved(moved []movedLoan, id string) ([]movedLoan, error) {
	_, _, handle, _ := wire.SplitLoanID(id)
	var of movedLoan
	if n, err := hex.Decode(of[:], []byte(handle)); err != nil || n != len(of) {
		return nil, fmt.Errorf("the position of %q is of no loan: rebuild the read model", id)
	}
	return append(moved, of), nil
}

// foldedTo yields loans as their events up to a block make them. One that was not disbursed by then is left out.
func (m *Model) foldedTo(
	ctx context.Context, collection string, of []movedLoan, block uint64, yield func(LoanAt, error) bool,
) (ended bool, err error) {
	args := []any{collection, int64(block)}
	numbers := make([]string, len(of))
	for i, handle := range of {
		args = append(args, hex.EncodeToString(handle[:]))
		numbers[i] = "$" + strconv.Itoa(len(args))
	}
	rows, err := m.db.QueryContext(ctx, `SELECT id, event FROM rm_event WHERE collection = $1 AND noun = 'loan' AND block <= $2
		AND id IN (`+strings.Join(numbers, ", ")+`) ORDER BY id, seq`, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	return foldRows(rows, yield)
}

// foldRows folds events that come loan by loan, each loan's in their order.
func foldRows(rows *sql.Rows, yield func(LoanAt, error) bool) (ended bool, err error) {
	var at string
	var state loan.State
	for rows.Next() {
		var id string
		var text sql.RawBytes
		if err := rows.Scan(&id, &text); err != nil {
			return false, err
		}
		if id != at {
			if ended, err := yieldState(state, yield); err != nil || ended {
				return ended, err
			}
			at, state = id, loan.State{}
		}
		var event loan.Event
		if err := json.Unmarshal(text, &event); err != nil {
			return false, fmt.Errorf("read an event of loan %s: %w: rebuild the read model", id, err)
		}
		state = loan.Apply(state, event)
	}
	if err := rows.Err(); err != nil {
		return false, err
	}
	return yieldState(state, yield)
}

// yieldState yields a loan by its state, if it was disbursed.
func yieldState(s loan.State, yield func(LoanAt, error) bool) (ended bool, err error) {
	p, err := portfolio.PositionOf(s, loan.Terms{ID: s.ID}, nil)
	if err != nil || p.Loan == "" {
		return false, err
	}
	return !yield(LoanAt{p.Loan, p.Status, p.PrincipalMinor, p.OutstandingMinor, p.DueOn}, nil), nil
}
