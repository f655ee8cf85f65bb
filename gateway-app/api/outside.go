package api

import (
	"context"
	"errors"
	"net/url"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/kyc"
)

// outside are the services of others on which an operation may wait, each with the code that says which it was: what
// helps is to look there, and not at the member's own peer.
var outside = []struct {
	cause error
	code  string
}{
	{kyc.ErrNoAnswer, CodeKYCAway},
	{access.ErrNoProvider, CodeSignOnAway},
}

// secondsToReturn is when who met a service that is away should try again.
const secondsToReturn = 30

// outsideProblem tells which service is away, if one is, and logs it without a word of what it was asked.
func (s *Server) outsideProblem(ctx context.Context, err error) *Problem {
	for _, service := range outside {
		if !errors.Is(err, service.cause) {
			continue
		}
		x := exchangeOf(ctx)
		s.logger.WarnContext(ctx, "a service of others gives no answer", "code", service.code, "operation", x.operation.id,
			"request_id", x.requestID, "cause", networkCause(err))
		return doorProblem(service.code, "").retryAfter(secondsToReturn)
	}
	return nil
}

// networkCause is what the network said, which names an address and nobody. An address asked for by its whole URL
// stays out, because that may carry a token.
func networkCause(err error) string {
	var failed *url.Error
	if errors.As(err, &failed) && !errors.As(failed.Err, new(*url.Error)) {
		return failed.Err.Error()
	}
	return "it answered, with what cannot be used"
}
