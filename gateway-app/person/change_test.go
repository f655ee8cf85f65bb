package person_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/person"
)

// A verified customer who gets another name is verified no more, is screened anew, and takes a further round.
func TestAChangedRecordIsVerifiedNoMore(t *testing.T) {
	each(t, func(s *scene) {
		ctx, r := t.Context(), s.becomeCustomer()
		value(s.people.Update(ctx, r.ID, person.Change{Version: 1, By: "editor", Fields: person.FieldChanges{Email: text("")}}))(t)
		if k := value(s.cases.Find(ctx, r.ID))(t); k.Status != kyc.Verified {
			t.Errorf("without an address for mails the case is %+v", k)
		}
		value(s.people.Update(ctx, r.ID, person.Change{Version: 2, By: "editor", Fields: person.FieldChanges{Name: text("单于另名")}}))(t)
		k := value(s.cases.Find(ctx, r.ID))(t)
		if k.Status != kyc.Suspended || k.Report != nil {
			t.Errorf("under another name the case is %+v", k)
		}
		watched := value(s.people.Watched(ctx, nil, r.ID))(t)
		if standing := value(s.lists.Standing(ctx, nil, watched))(t); standing.Current {
			t.Error("screened under another name, and still current")
		}
		if u := value(s.cases.Run(ctx))(t); u.Rescreened.Screened != 1 {
			t.Errorf("upkeep did %+v", u)
		}
		if standing := value(s.lists.Standing(ctx, nil, watched))(t); !standing.Current {
			t.Error("re-screened, and not current")
		}
	})
}

// A record is given to another party only before anything was made of either.
func TestARecordKeepsItsParty(t *testing.T) {
	each(t, func(s *scene) {
		ctx := t.Context()
		claimed := person.NewParty()
		s.people.OnRelink(func(_ context.Context, _ *sql.Tx, handle string) (bool, error) { return handle == claimed, nil })
		one := s.create()
		other := value(s.people.Create(ctx, person.NewParty(), party.Legal, person.Fields{Name: "某公司", IdentityNumber: "91350100M000100Y43"}))(t)
		relink := func(id string, version int64, to string) error {
			_, err := s.people.Update(ctx, id, person.Change{Version: version, By: "clerk", Party: to})
			return err
		}
		refused(t, relink(one.ID, 1, other.Party), fault.AlreadyExists, "party")
		refused(t, relink(one.ID, 1, claimed), fault.WrongStatus, "party")
		moved := person.NewParty()
		ok(t, relink(one.ID, 1, moved))
		value(s.cases.Submit(ctx, one.ID, "clerk", kyc.Submission{Party: moved, Kind: party.Natural, Level: 1, Key: s.member.PublicKey()}))(t)
		refused(t, relink(one.ID, 2, person.NewParty()), fault.WrongStatus, "party")
		claimed = other.Party
		refused(t, relink(other.ID, 1, person.NewParty()), fault.WrongStatus, "party")
		_, err := s.people.Create(ctx, other.Party, party.Natural, planted)
		refused(t, err, fault.AlreadyExists, "party")
		err = s.db.Write(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, `UPDATE person SET party = '' WHERE id = $1`, one.ID); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `UPDATE person SET party = $1`, moved)
			return err
		})
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "unique") {
			t.Errorf("the database lets two records have one party: %v", err)
		}
	})
}

// Natural persons are of age, on the day of the record; organisations have a credit code that can be.
func TestWhoMayHaveARecord(t *testing.T) {
	each(t, func(s *scene) {
		ctx := t.Context()
		f := person.Fields{Name: "周岁", IdentityNumber: "11010520080229002X"}
		s.now = time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)
		_, err := s.people.Create(ctx, person.NewParty(), party.Natural, f)
		refused(t, err, fault.InvalidField, "identity_number")
		s.now = s.now.AddDate(0, 0, 1)
		value(s.people.Create(ctx, person.NewParty(), party.Natural, f))(t)
		s.people.SetLeastAge(21)
		_, err = s.people.Create(ctx, person.NewParty(), party.Natural, f)
		refused(t, err, fault.InvalidField, "identity_number")
		f.IdentityNumber = "11010519700101002X"
		value(s.people.Create(ctx, person.NewParty(), party.Natural, f))(t)
		for _, code := range []string{"91350100M000100Y44", planted.IdentityNumber, "X"} {
			_, err = s.people.Create(ctx, person.NewParty(), party.Legal, person.Fields{Name: "某公司", IdentityNumber: code})
			refused(t, err, fault.InvalidField, "identity_number")
		}
	})
}
