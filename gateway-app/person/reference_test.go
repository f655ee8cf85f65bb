package person_test

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// A reference is sealed and still names its duty: prolonged under it, it stays one; the same of another person, and
// another kind's, are others, and nothing in the rows says that the reference is the same.
func TestReferencesAreSealed(t *testing.T) {
	each(t, func(s *scene) {
		const reference = "欧阳植入诉某银行"
		ctx, today := s.t.Context(), calendar.Shanghai(s.now.Unix())
		one := s.create()
		another := planted
		another.IdentityNumber = "110105194912310046"
		two := value(s.people.Create(ctx, "", party.Natural, another))(s.t)
		for _, keep := range []struct {
			id   string
			duty person.Duty
		}{
			{one.ID, person.Duty{Kind: person.Litigation, Reference: reference, Until: today}},
			{one.ID, person.Duty{Kind: person.Litigation, Reference: reference, Until: today.AddDays(7)}},
			{one.ID, person.Duty{Kind: person.Order, Reference: reference, Until: today}},
			{two.ID, person.Duty{Kind: person.Litigation, Reference: reference, Until: today}},
		} {
			ok(s.t, s.people.Keep(ctx, keep.id, keep.duty))
		}
		shorter := person.Duty{Kind: person.Litigation, Reference: reference, Until: today.AddDays(6)}
		refused(s.t, s.people.Keep(ctx, one.ID, shorter), fault.InvalidField, "until")
		hold := value(s.people.Place(ctx, one.ID, reference, "clerk"))(s.t)
		s.readsReferences(one.ID, reference, today)

		tables := s.dump()
		rows := strings.Join(append(tables["person_duty"], tables["person_hold"]...), "\n")
		if len(tables["person_duty"]) != 5 || strings.Contains(rows, reference) || strings.Contains(rows, "植入") {
			s.t.Errorf("the database has\n%s", rows)
		}
		value(s.vault.Rotate(ctx))(s.t)
		s.readsReferences(one.ID, reference, today)
		ok(s.t, s.people.Release(ctx, one.ID, hold.ID, "officer"))
	})
}

// readsReferences finds the duties and the hold as they were typed.
func (s *scene) readsReferences(id, reference string, today calendar.Date) {
	s.t.Helper()
	duties := value(s.people.Duties(s.t.Context(), id))(s.t)
	want := []person.Duty{
		{Kind: person.AML, Reference: "relation"},
		{Kind: person.Litigation, Reference: reference, Until: today.AddDays(7)},
		{Kind: person.Order, Reference: reference, Until: today},
	}
	if len(duties) != len(want) {
		s.t.Fatalf("the duties are %+v, want %+v", duties, want)
	}
	for i := range want {
		if duties[i] != want[i] {
			s.t.Errorf("duty %d is %+v, want %+v", i, duties[i], want[i])
		}
	}
	if holds := value(s.people.Holds(s.t.Context(), id))(s.t); len(holds) != 1 || holds[0].Reference != reference {
		s.t.Errorf("the holds are %+v", holds)
	}
}

// Every place where the package seals is one that a rotation knows.
func TestReferencesAreInTheVaultsList(t *testing.T) {
	for _, table := range []string{"person_duty", "person_hold"} {
		if columns := vault.ColumnsOf(table); len(columns) != 1 || columns[0].Name != "reference" {
			t.Errorf("of %s the list has %+v", table, columns)
		}
	}
}
