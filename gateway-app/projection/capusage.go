package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Usage is what borrowers of one kind have reserved of the network's cap, of whom each has more than one bound and at
// most the next.
type Usage struct {
	Borrowers   int64
	AmountMinor money.Minor
}

// Exposed is one borrower's total, under the common pseudonym.
type Exposed struct {
	Pseudonym  string
	Kind       party.Kind
	TotalMinor money.Minor
}

// CapUsage counts borrowers with anything reserved by how much it is: the first count is of those with at most the first
// bound, the last of those with more than the last. There is a list of bounds for each kind of borrower, because their
// caps differ. Platforms hold no exposures, and get zeros.
func (m *Model) CapUsage(ctx context.Context, natural, legal []money.Minor) (ofNatural, ofLegal []Usage, err error) {
	persons, err := m.legalExposures(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("count use of caps: %w", err)
	}
	if ofNatural, err = m.usage(ctx, natural); err != nil {
		return nil, nil, fmt.Errorf("count use of caps: %w", err)
	}
	ofLegal = make([]Usage, len(legal)+1)
	for _, total := range persons {
		if total <= 0 {
			continue
		}
		place := band(natural, total) // the walk over all took them for natural persons
		ofNatural[place].Borrowers--
		ofNatural[place].AmountMinor -= total
		place = band(legal, total)
		ofLegal[place].Borrowers++
		ofLegal[place].AmountMinor += total
	}
	return ofNatural, ofLegal, nil
}

func band(bounds []money.Minor, total money.Minor) int {
	for i, bound := range bounds {
		if total <= bound {
			return i
		}
	}
	return len(bounds)
}

// usage counts every borrower, of whatever kind, from an index alone.
func (m *Model) usage(ctx context.Context, bounds []money.Minor) ([]Usage, error) {
	var choice strings.Builder
	args := make([]any, len(bounds))
	choice.WriteString("CASE")
	for i, bound := range bounds {
		args[i] = int64(bound)
		choice.WriteString(" WHEN total_minor <= $" + strconv.Itoa(i+1) + " THEN " + strconv.Itoa(i))
	}
	choice.WriteString(" ELSE " + strconv.Itoa(len(bounds)) + " END")
	query := "SELECT " + choice.String() + ", COUNT(*), CAST(SUM(total_minor) AS BIGINT) FROM rm_exposure WHERE total_minor > 0 GROUP BY 1"
	rows, err := m.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counted := make([]Usage, len(bounds)+1)
	for rows.Next() {
		var place int
		var borrowers, amount int64
		if err := rows.Scan(&place, &borrowers, &amount); err != nil {
			return nil, err
		}
		counted[place] = Usage{borrowers, money.Minor(amount)}
	}
	return counted, rows.Err()
}

// legalExposures are the totals of legal persons, by the pseudonym that counts now.
func (m *Model) legalExposures(ctx context.Context) (map[string]money.Minor, error) {
	const query = `SELECT DISTINCT e.id, e.total_minor, CASE WHEN e.total_minor = 0 THEN e.state ELSE '' END FROM rm_party p
		JOIN rm_link l ON l.collection = $1 AND l.id = p.id JOIN rm_exposure e ON e.collection = $1 AND e.id = l.pseudonym
		WHERE p.kind = 'legal'`
	rows, err := m.db.QueryContext(ctx, query, wire.Exposure)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	totals := map[string]money.Minor{}
	var succeeded []string
	for rows.Next() {
		var id, state string
		var total int64
		if err := rows.Scan(&id, &total, &state); err != nil {
			return nil, err
		}
		successor, err := successorOf(state)
		if err != nil {
			return nil, err
		}
		if successor != "" {
			succeeded = append(succeeded, successor)
			continue
		}
		totals[id] = money.Minor(total)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, pseudonym := range succeeded {
		if err := m.followLegal(ctx, pseudonym, totals); err != nil {
			return nil, err
		}
	}
	return totals, nil
}

func successorOf(state string) (string, error) {
	if state == "" {
		return "", nil
	}
	var s wire.ExposureState
	if err := json.Unmarshal([]byte(state), &s); err != nil {
		return "", fmt.Errorf("read an exposure: %w: rebuild the read model", err)
	}
	return s.Successor, nil
}

// followLegal finds the pseudonym that counts now, and what is reserved under it.
func (m *Model) followLegal(ctx context.Context, pseudonym string, totals map[string]money.Minor) error {
	for range wire.LongestSuccession {
		e, err := m.Exposure(ctx, pseudonym)
		if errors.Is(err, fault.New(fault.NotFound)) {
			return nil // a successor under which nothing was reserved yet
		}
		if err != nil {
			return err
		}
		if e.State.Successor == "" {
			_, totals[pseudonym], _ = e.State.Totals("")
			return nil
		}
		pseudonym = e.State.Successor
	}
	return fault.In(fault.Internal, "pseudonym")
}

// LargestExposures lists the borrowers with the highest totals of each kind, at most so many of each, the largest first.
func (m *Model) LargestExposures(ctx context.Context, most int) ([]Exposed, error) {
	legal, err := m.legalExposures(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the largest exposures: %w", err)
	}
	rows, err := m.db.QueryContext(ctx, `SELECT id, total_minor FROM rm_exposure WHERE total_minor > 0 ORDER BY total_minor DESC, id DESC`)
	if err != nil {
		return nil, fmt.Errorf("list the largest exposures: %w", err)
	}
	defer rows.Close()
	var found []Exposed
	exposed := 0
	for _, total := range legal {
		if total > 0 {
			exposed++
		}
	}
	left := map[party.Kind]int{party.Natural: most, party.Legal: min(most, exposed)}
	for left[party.Natural]+left[party.Legal] > 0 && rows.Next() {
		e := Exposed{Kind: party.Natural}
		var total int64
		if err := rows.Scan(&e.Pseudonym, &total); err != nil {
			return nil, fmt.Errorf("list the largest exposures: %w", err)
		}
		if _, is := legal[e.Pseudonym]; is {
			e.Kind = party.Legal
		}
		if left[e.Kind] > 0 {
			left[e.Kind]--
			e.TotalMinor = money.Minor(total)
			found = append(found, e)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the largest exposures: %w", err)
	}
	return found, nil
}
