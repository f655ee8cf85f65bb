package person_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/person"
)

// Erasure restricts at once: whoever asks is refused, in a transaction and outside, and no paper and no case comes in
// between; the duty to screen goes on.
func TestARestrictedPersonsDataAreNotProcessedAnew(t *testing.T) {
	each(t, func(s *scene) {
		ctx, r := t.Context(), s.becomeCustomer()
		other := value(s.people.Create(ctx, person.NewParty(), party.Legal, person.Fields{Name: "某公司", IdentityNumber: "91350100M000100Y43"}))(t)
		ok(t, s.people.Processing(ctx, nil, r.Party))
		ok(t, s.people.Processing(ctx, nil, person.NewParty()))
		ok(t, s.people.Processing(ctx, nil, ""))
		value(s.rights.Request(ctx, r.ID, "clerk", person.AskedByPerson))(t)
		refused(t, s.people.Processing(ctx, nil, r.Party), fault.ProcessingRestricted, "party")
		err := s.db.Write(ctx, func(tx *sql.Tx) error { return s.people.Processing(ctx, tx, r.Party) })
		refused(t, err, fault.ProcessingRestricted, "party")
		ok(t, s.people.Processing(ctx, nil, other.Party))
		if restricted := value(s.people.Restricted(ctx))(t); len(restricted) != 1 || !restricted[r.Party] {
			t.Errorf("restricted are %v", restricted)
		}
		_, err = s.documents.Put(ctx, documents.Upload{Subject: r.ID, Kind: "income", By: "clerk"}, strings.NewReader("%PDF-1.7 income"))
		refused(t, err, fault.WrongStatus, "person")
		_, err = s.cases.Submit(ctx, r.ID, "clerk", kyc.Submission{Party: r.Party, Kind: party.Natural, Level: 1, Key: s.member.PublicKey()})
		refused(t, err, fault.WrongStatus, "person")
		_, err = s.cases.Verify(ctx, r.ID, "officer", "officer-1", calendar.Shanghai(s.now.Unix()).AddMonths(12))
		refused(t, err, fault.WrongStatus, "person")
		if watched := value(s.people.Watched(ctx, nil, r.ID))(t); watched.Name != planted.Name {
			t.Errorf("screened as %+v", watched)
		}
	})
}
