package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/access"
)

// foresee refuses a write that no body would make allowed, before any of the body is read. What depends on the
// body is decided once it is there.
func (s *Server) foresee(op *operation, next http.Handler) http.Handler {
	if !op.writes() || op.public || s.parts.Door == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		question := Question{Operation: op.id, Path: pathParameters(r)}
		decision, err := s.parts.Door.Foresee(r.Context(), x.caller, question)
		if err == nil && !decision.Allowed {
			if err = s.recordRefusal(r.Context(), question, decision.Policy); err == nil {
				err = notAllowed(x.caller)
			}
		}
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// notAllowed refuses a caller, and says what they have to do first where that is why.
func notAllowed(caller access.Principal) *Problem {
	switch {
	case caller.PasswordDue:
		return doorProblem(CodePasswordDue, "")
	case caller.CodeDue:
		return doorProblem(CodeOneTimeCodeDue, "")
	}
	return doorProblem(CodeNotAllowed, "")
}

// recordRefusal writes into the journal that somebody was refused.
func (s *Server) recordRefusal(ctx context.Context, question Question, policy string) error {
	x := exchangeOf(ctx)
	return s.parts.Door.Record(ctx, Entry{
		At: s.now(), Actor: x.caller.ID, Operation: question.Operation, Policy: policy, Subject: question.subject(), RequestID: x.requestID,
	})
}

// stillStanding asks again, for what goes on for long, who calls and whether they may; nil where nobody had
// to sign in.
func stillStanding(ctx context.Context) error {
	if standing := exchangeOf(ctx).standing; standing != nil {
		return standing(ctx)
	}
	return nil
}

// stillMay is that question about one request: whether its session, key or certificate still lets somebody in,
// whether that is who it was, with the rights that the answer was made for, and whether the policies still allow
// it. A refusal is recorded like the first one would have been.
func (s *Server) stillMay(ctx context.Context, r *http.Request, op *operation) error {
	caller, err := s.identifyCaller(r.WithContext(ctx))
	if err != nil {
		return err
	}
	question := Question{Operation: op.id, Path: pathParameters(r)}
	decision, err := s.parts.Door.Decide(ctx, caller, question)
	if err != nil {
		return err
	}
	if decision.Allowed && sameRights(caller, exchangeOf(ctx).caller) {
		return nil
	}
	if err := s.recordRefusal(ctx, question, decision.Policy); err != nil {
		return err
	}
	return doorProblem(CodeNotAllowed, "")
}

// sameRights reports whether two principals see the same: what is answered was narrowed and masked by them.
func sameRights(a, b access.Principal) bool {
	return a.ID == b.ID && a.Party == b.Party && slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Scope, b.Scope)
}
