package api

import (
	"context"

	"github.com/tallystick/tallystick/gateway-app/access"
)

// confidential reports whether the very use of an operation tells that a customer's money is looked at.
func confidential(operation string) bool {
	known, _ := access.Lookup(operation)
	return known.Confidential()
}

// confidentialLabel is what every confidential operation is called where not everybody may know of alerts.
const confidentialLabel = "confidential"

// loggedAs is an operation's name in the process's log.
func loggedAs(op *operation) string {
	if confidential(op.id) {
		return confidentialLabel
	}
	return op.id
}

// seesAlerts reports whether the caller may read alerts, and so may learn that there are any.
func (s *Server) seesAlerts(ctx context.Context) (bool, error) {
	return s.may(ctx, access.ConfidentialReader)
}

// may reports whether the policies would let the caller do something else than what is being asked.
func (s *Server) may(ctx context.Context, operation string) (bool, error) {
	if s.parts.Door == nil {
		return true, nil
	}
	decision, err := s.parts.Door.Decide(ctx, callerOf(ctx), Question{Operation: operation})
	return decision.Allowed, err
}
