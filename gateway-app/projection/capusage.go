package projection

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Usage is how many borrowers of a kind use a part of their cap, and what they use of it.
type Usage struct {
	Borrowers   int64
	AmountMinor money.Minor
}

// Exposed is one borrower's total: under the common pseudonym for the network's cap, under the party's handle for a
// platform's.
type Exposed struct {
	Borrower   string
	Kind       party.Kind
	TotalMinor money.Minor
}

// Capped asks how borrowers use their caps. Bounds are the largest totals of each band but the last, from the lowest up,
// for natural and for legal persons, whose caps differ. Most is how many of the largest of each kind are listed.
type Capped struct {
	Natural, Legal []money.Minor
	Most           int
}

// CapUse answers it: one count a band, and one for those above the last bound.
type CapUse struct {
	Natural, Legal []Usage
	Largest        []Exposed // the largest first
}

// NetworkCapUse counts what is reserved under common pseudonyms. Platforms hold none, and get zeros.
func (m *Model) NetworkCapUse(ctx context.Context, c Capped) (CapUse, error) {
	apart, err := m.legalExposures(ctx)
	if err != nil {
		return CapUse{}, fmt.Errorf("count use of the network's caps: %w", err)
	}
	use, err := m.capUse(ctx, c, apart, totals{from: "rm_exposure", id: "id", amount: "total_minor"})
	if err != nil {
		return CapUse{}, fmt.Errorf("count use of the network's caps: %w", err)
	}
	return use, nil
}

// PlatformCapUse counts what borrowers of a platform owe it, with a custodian, and what is reserved for loans that were not
// paid out yet.
func (m *Model) PlatformCapUse(ctx context.Context, platform, custodian string, c Capped) (CapUse, error) {
	apart, err := m.borrowersApart(ctx, platform, custodian)
	if err != nil {
		return CapUse{}, fmt.Errorf("count use of the caps of %s: %w", platform, err)
	}
	use, err := m.capUse(ctx, c, apart, totals{
		from: "rm_borrower", id: "borrower", amount: "outstanding_minor", args: []any{platform, custodian},
		where: "platform = $1 AND custodian = $2 AND ",
	})
	if err != nil {
		return CapUse{}, fmt.Errorf("count use of the caps of %s: %w", platform, err)
	}
	return use, nil
}

// totals is a table with one total a borrower, and an index of totals by which it is walked.
type totals struct {
	from, id, amount string
	where            string // what narrows it, with AND behind; nothing else may bound the amount, or the index is not walked by it
	args             []any
}

// apart is a borrower who is not counted as the table alone would: a legal person, or one with more than the table has.
type apart struct {
	kind    party.Kind
	was, is money.Minor // what the table has, and what counts
}

// capUse counts the whole table as natural persons from its index, and moves those who are apart to where they belong.
func (m *Model) capUse(ctx context.Context, c Capped, others map[string]apart, t totals) (CapUse, error) {
	use := CapUse{Legal: make([]Usage, len(c.Legal)+1)}
	var err error
	if use.Natural, err = m.bands(ctx, c.Natural, t); err != nil {
		return CapUse{}, err
	}
	var list []Exposed
	for id, other := range others {
		if other.was > 0 {
			use.Natural[band(c.Natural, other.was)].add(-1, -other.was)
		}
		if other.is <= 0 {
			continue
		}
		list = append(list, Exposed{id, other.kind, other.is})
		if other.kind == party.Legal {
			use.Legal[band(c.Legal, other.is)].add(1, other.is)
			continue
		}
		use.Natural[band(c.Natural, other.is)].add(1, other.is)
	}
	largest, err := m.largest(ctx, c.Most, others, t)
	if err != nil {
		return CapUse{}, err
	}
	use.Largest = topOf(append(largest, list...), c.Most)
	return use, nil
}

func (u *Usage) add(borrowers int64, amount money.Minor) {
	u.Borrowers += borrowers
	u.AmountMinor += amount
}

func band(bounds []money.Minor, total money.Minor) int {
	for i, bound := range bounds {
		if total <= bound {
			return i
		}
	}
	return len(bounds)
}

// bands counts every borrower of the table, of whatever kind: a stretch of the index for each band, because telling the
// band of every row takes the database several times as long.
func (m *Model) bands(ctx context.Context, bounds []money.Minor, t totals) ([]Usage, error) {
	counted := make([]Usage, len(bounds)+1)
	for place := range counted {
		from, to := int64(0), int64(math.MaxInt64)
		if place > 0 {
			from = int64(bounds[place-1])
		}
		if place < len(bounds) {
			to = int64(bounds[place])
		}
		query := fmt.Sprintf("SELECT COUNT(*), COALESCE(CAST(SUM(%[1]s) AS BIGINT), 0) FROM %[2]s WHERE %[3]s%[1]s > $%[4]d AND %[1]s <= $%[5]d",
			t.amount, t.from, t.where, len(t.args)+1, len(t.args)+2)
		err := m.db.QueryRowContext(ctx, query, append(slices.Clone(t.args), from, to)...).Scan(&counted[place].Borrowers, &counted[place].AmountMinor)
		if err != nil {
			return nil, err
		}
	}
	return counted, nil
}

// largest walks the table from the largest total down, past those who are apart.
func (m *Model) largest(ctx context.Context, most int, others map[string]apart, t totals) ([]Exposed, error) {
	query := "SELECT " + t.id + ", " + t.amount + " FROM " + t.from + " WHERE " + t.where + t.amount + " > 0 ORDER BY " + t.amount + " DESC"
	rows, err := m.db.QueryContext(ctx, query, t.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Exposed
	for rows.Next() {
		e := Exposed{Kind: party.Natural}
		var total int64
		if err := rows.Scan(&e.Borrower, &total); err != nil {
			return nil, err
		}
		e.TotalMinor = money.Minor(total)
		if len(found) >= most && e.TotalMinor < found[most-1].TotalMinor { // of equal ones all are read: their ids decide
			break
		}
		if _, other := others[e.Borrower]; !other {
			found = append(found, e)
		}
	}
	return found, rows.Err()
}

// topOf keeps the largest of each kind, the largest first and equal ones by their ids.
func topOf(list []Exposed, most int) []Exposed {
	slices.SortFunc(list, func(a, b Exposed) int {
		return cmp.Or(cmp.Compare(b.TotalMinor, a.TotalMinor), strings.Compare(a.Borrower, b.Borrower))
	})
	kept := map[party.Kind]int{}
	return slices.DeleteFunc(list, func(e Exposed) bool {
		kept[e.Kind]++
		return kept[e.Kind] > most
	})
}

// legalPseudonyms goes from the few legal persons to their exposures, in this order: from the other end it would walk over
// everybody's.
const legalPseudonyms = `SELECT DISTINCT e.id, e.total_minor, CASE WHEN e.total_minor = 0 THEN e.state ELSE '' END
	FROM rm_party p CROSS JOIN rm_link l CROSS JOIN rm_exposure e
	WHERE p.kind = 'legal' AND l.collection = $1 AND l.id = p.id AND e.collection = $1 AND e.id = l.pseudonym`

// legalExposures are the totals of legal persons, by the pseudonym that counts now.
func (m *Model) legalExposures(ctx context.Context) (map[string]apart, error) {
	found := map[string]apart{}
	var succeeded []string
	err := each(ctx, m.db, legalPseudonyms, []any{wire.Exposure}, func(from scanner) error {
		var id, state string
		var total int64
		if err := from.Scan(&id, &total, &state); err != nil {
			return err
		}
		successor, err := successorOf(state)
		if successor != "" {
			succeeded = append(succeeded, successor)
			return err
		}
		found[id] = apart{party.Legal, money.Minor(total), money.Minor(total)}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, pseudonym := range succeeded {
		id, total, err := m.followed(ctx, pseudonym)
		if err != nil {
			return nil, err
		}
		found[id] = apart{party.Legal, total, total}
	}
	return found, nil
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

// followed finds the pseudonym that counts now after one, and what is reserved under it.
func (m *Model) followed(ctx context.Context, pseudonym string) (string, money.Minor, error) {
	for range wire.LongestSuccession {
		e, err := m.Exposure(ctx, pseudonym)
		if errors.Is(err, fault.New(fault.NotFound)) {
			return pseudonym, 0, nil // nothing was reserved under it yet
		}
		if err != nil {
			return "", 0, err
		}
		if e.State.Successor == "" {
			_, total, _ := e.State.Totals("")
			return pseudonym, total, nil
		}
		pseudonym = e.State.Successor
	}
	return "", 0, fault.In(fault.Internal, "pseudonym")
}

// borrowersApart are a platform's legal persons, and the borrowers of loans that are not paid out yet.
func (m *Model) borrowersApart(ctx context.Context, platform, custodian string) (map[string]apart, error) {
	found := map[string]apart{}
	const legal = `SELECT p.id, COALESCE(b.outstanding_minor, 0) FROM rm_party p
		LEFT JOIN rm_borrower b ON b.platform = p.platform AND b.custodian = p.custodian AND b.borrower = p.id
		WHERE p.kind = 'legal' AND p.platform = $1 AND p.custodian = $2`
	err := each(ctx, m.db, legal, []any{platform, custodian}, func(from scanner) error {
		var id string
		var owed int64
		err := from.Scan(&id, &owed)
		found[id] = apart{party.Legal, money.Minor(owed), money.Minor(owed)}
		return err
	})
	if err != nil {
		return nil, err
	}
	q := query{
		columns: "l.borrower, p.kind, COALESCE(b.outstanding_minor, 0), l.exposed_minor",
		from: "rm_loan l JOIN rm_party p ON p.collection = l.collection AND p.id = l.borrower " +
			"LEFT JOIN rm_borrower b ON b.platform = l.platform AND b.custodian = l.custodian AND b.borrower = l.borrower",
	}
	among(&q, "l.status", []loan.Status{loan.Cleared, loan.Collecting, loan.Funded, loan.Disbursing})
	q.equal("l.platform", platform)
	q.equal("l.custodian", custodian)
	err = each(ctx, m.db, q.text(""), q.args, func(from scanner) error {
		var id, kind string
		var owed, reserved int64
		err := from.Scan(&id, &kind, &owed, &reserved)
		other, known := found[id]
		if !known {
			other = apart{party.Natural, money.Minor(owed), money.Minor(owed)}
		}
		if party.Kind(kind) == party.Legal {
			other.kind = party.Legal
		}
		other.is += money.Minor(reserved)
		found[id] = other
		return err
	})
	return found, err
}
