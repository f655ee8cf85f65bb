package submission_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// Only a refusal of the statement itself is a judgement; one of the way to the regulator passes, and is waited for.
func TestWhichRefusalsAreJudgements(t *testing.T) {
	judged := map[string]bool{
		"malformed_request content": true, "invalid_field period": true, "batch_too_large content": true, "amount_overflow ": true,
		"already_exists version": true, "previous_unknown former": true,
	}
	for _, f := range []*fault.Fault{
		fault.In(fault.MalformedRequest, "content"), fault.In(fault.InvalidField, "period"), fault.In(fault.BatchTooLarge, "content"),
		fault.New(fault.Overflow), fault.In(fault.AlreadyExists, "version"), fault.In(fault.PreviousUnknown, "former"),
		fault.New(fault.WrongMember), fault.New(fault.WrongRole), fault.New(fault.MemberUnknown), fault.New(fault.NotFound),
		fault.New(fault.Unavailable), fault.New(fault.Busy), fault.New(fault.Internal), fault.New(fault.UnknownFunction),
		fault.New(fault.RequestIDReused), fault.New(fault.WrongStatus), fault.In(fault.AlreadyExists, "user"), fault.In(fault.NotYetDue, "period"),
	} {
		w := newWorld(t, storetest.SQLite(t), storetest.SQLite(t))
		w.aMonth()
		w.refusal = f
		r, err := w.platform.Publish(t.Context(), "2016-01", "user", "")
		want := submission.Stated
		if judged[refused(f)] {
			want = submission.Rejected
		}
		if err != nil || r.State != want || (want == submission.Stated) != (r.Attempts == 1) {
			t.Errorf("%s: it is %s after %d attempts, %v; want %s", refused(f), r.State, r.Attempts, err, want)
		}
	}
}
