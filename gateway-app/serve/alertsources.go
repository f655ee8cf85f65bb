package serve

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/kyc"
)

// alertSources is what alerts ask of the member's own books about people: which parties are one customer, and whose work a
// transaction was. It answers ids alone.
type alertSources struct{ f *foundations }

var (
	_ alert.Customers = alertSources{}
	_ alert.Origins   = alertSources{}
)

// Same answers the parties whose identity number is the same as one's, as far as the member has verified it itself: a
// number that is only written down, or was changed since, joins nobody.
func (s alertSources) Same(ctx context.Context, handle string) ([]string, error) {
	if s.f.customers == nil {
		return nil, nil
	}
	records, err := s.f.customers.People.Same(ctx, handle)
	if err != nil || len(records) < 2 {
		return nil, err // a party of its own
	}
	var parties []string
	itself := false
	for _, one := range records {
		known, err := s.f.customers.Cases.Find(ctx, one.ID)
		if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
			return nil, err
		}
		if err == nil && joins(known) {
			parties = append(parties, one.Party)
			itself = itself || one.Party == handle
		}
	}
	if !itself {
		return nil, nil
	}
	return parties, nil
}

// joins reports whether a case has verified the number that its record holds now.
func joins(c kyc.Case) bool { return c.Attested && !c.Altered }

// People answers who of the staff asked for a transaction and approved it: people alone, for no machine decides on alerts.
func (s alertSources) People(ctx context.Context, txID string) ([]string, error) {
	users, err := s.f.box.Users(ctx, txID)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, id := range users {
		user, err := s.f.users.User(ctx, id)
		if errors.Is(err, fault.New(fault.NotFound)) {
			continue // a certificate
		}
		if err != nil {
			return nil, fmt.Errorf("look who user %s is: %w", id, err)
		}
		if user.Kind == access.Person {
			people = append(people, id)
		}
	}
	return people, nil
}
