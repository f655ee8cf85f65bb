package alert

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Customers knows which parties are one customer of the bank.
type Customers interface {
	// Same answers the handles of the parties that are the same customer as one, itself among them or not; none of a party
	// that is not known as a person.
	Same(ctx context.Context, handle string) ([]string, error)
}

// customer is who a movement's party is to the bank: all its parties together, or the one party alone. It is asked for
// anew in every turn and stored nowhere, so that it ends with the records that it follows from.
type customer struct {
	collection, party string
	parties           []string // of somebody who is known; the party itself among them
}

// mostParties bounds how many parties are looked at as one.
const mostParties = 200

// readCustomers asks once a party of a batch who it is.
func (f *follower) readCustomers(ctx context.Context, b *batch) error {
	b.customers = map[string][]string{}
	if f.settings.Customers == nil {
		return nil
	}
	for _, m := range b.movements {
		if _, asked := b.customers[m.Party]; asked {
			continue
		}
		parties, err := f.settings.Customers.Same(ctx, m.Party)
		if err != nil {
			return fmt.Errorf("look which parties are one customer with %s: %w", m.Party, err)
		}
		b.customers[m.Party] = parties
	}
	return nil
}

// customer is the customer behind a movement.
func (b batch) customer(m Movement) customer {
	c := customer{collection: m.Collection, party: m.Party}
	if others := b.customers[m.Party]; len(others) > 0 {
		c.parties = append([]string{m.Party}, slices.DeleteFunc(slices.Clone(others), func(p string) bool { return p == m.Party })...)
		c.parties = c.parties[:min(len(c.parties), mostParties)]
	}
	return c
}

// where finds a table's rows of the customer, with arguments that are numbered from one on. A party that stands alone
// is so in its collection.
func (c customer) where(table string, from int) (string, []any) {
	if len(c.parties) == 0 {
		return fmt.Sprintf("%[1]s.party = $%[2]d AND %[1]s.collection = $%[3]d", table, from, from+1), []any{c.party, c.collection}
	}
	marks, arguments := make([]string, len(c.parties)), make([]any, len(c.parties))
	for i, p := range c.parties {
		marks[i], arguments[i] = fmt.Sprintf("$%d", from+i), p
	}
	return table + ".party IN (" + strings.Join(marks, ", ") + ")", arguments
}
