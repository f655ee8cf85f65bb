package submission_test

import (
	"testing"

	"github.com/tallystick/tallystick/gateway-app/submission"
)

// Every pair of state and action, those that are refused too.
func TestLifeOfAStatement(t *testing.T) {
	allowed := map[submission.State]map[submission.Action]submission.State{
		submission.Stated: {
			submission.Receive: submission.Received, submission.Acknowledge: submission.Acknowledged,
			submission.Reject: submission.Rejected, submission.Supersede: submission.Superseded,
		},
		submission.Received: {
			submission.Acknowledge: submission.Acknowledged, submission.Reject: submission.Rejected, submission.Supersede: submission.Superseded,
		},
		submission.Acknowledged: {submission.Supersede: submission.Superseded},
		submission.Rejected:     {submission.Supersede: submission.Superseded},
		submission.Superseded:   {},
	}
	for _, state := range submission.States() {
		for _, action := range submission.Actions() {
			next, err := state.Next(action)
			want, ok := allowed[state][action]
			if ok != (err == nil) || next != want {
				t.Errorf("%s, %s: %q, %v; want %q", state, action, next, err, want)
			}
		}
	}
}
