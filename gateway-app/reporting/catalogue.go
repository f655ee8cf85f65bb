package reporting

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// Catalogue is what one member's app can report. It is safe for use by many goroutines.
type Catalogue struct{ reports []Report }

// New keeps, of all reports, those that a kind of member makes, by their ids. It panics where two have one id, which is
// a mistake in the program.
func New(kind party.MemberKind, all ...Report) *Catalogue {
	c := &Catalogue{}
	for _, r := range all {
		if !r.Fits(kind) {
			continue
		}
		if _, twice := c.Find(r.ID); twice {
			panic("reporting: two reports have the id " + r.ID)
		}
		c.reports = append(c.reports, r)
	}
	slices.SortFunc(c.reports, func(a, b Report) int { return strings.Compare(a.ID, b.ID) })
	return c
}

// Reports lists them by id.
func (c *Catalogue) Reports() []Report { return slices.Clone(c.reports) }

// Find finds a report by its id.
func (c *Catalogue) Find(id string) (Report, bool) {
	for _, r := range c.reports {
		if r.ID == id {
			return r, true
		}
	}
	return Report{}, false
}

// Run reads what was asked of a report and makes it. Own is the customer who asks, if it is one.
func (r Report) Run(ctx context.Context, given url.Values, own string) (report.Document, error) {
	q, err := r.Read(given)
	if err != nil {
		return report.Document{}, err
	}
	q.Own = own
	d, err := r.Make(ctx, q)
	if err != nil {
		return report.Document{}, fmt.Errorf("make the report %s: %w", r.ID, err)
	}
	return r.named(d, q), nil
}
