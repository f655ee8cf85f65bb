package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/gateway-app/access"
)

// registerActivations adds how a customer comes to a password that nobody else knows.
func (s *Server) registerActivations() {
	const tag = "Sessions"
	register(s, operation{
		id: "activation.issue", method: http.MethodPost, path: "/v1/activations/{party}", tag: tag,
		summary: "Make the code with which a customer without a password chooses one; answered once",
	}, func(ctx context.Context, input *activationInput) (*activationOutput, error) {
		made, err := s.parts.Users.IssueActivation(ctx, input.Party, callerOf(ctx).ID)
		return &activationOutput{Body: made}, err
	})
	register(s, operation{
		id: "activation.redeem", method: http.MethodPost, path: "/v1/activations", tag: tag, public: true,
		summary: "Choose one's password, with the code that one was given",
	}, s.redeemActivation)
}

type activationInput struct {
	Party string `path:"party" pattern:"^[0-9a-f]{32}$" doc:"The customer's handle on the ledger"`
}

type activationOutput struct{ Body access.Activation }

type redemptionInput struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"128"`
		Code     string `json:"code" minLength:"1" maxLength:"64" doc:"The activation code"`
		Password string `json:"password" minLength:"12" maxLength:"512" doc:"At least twelve characters; 512 at most; long counts, not odd, and what is common is refused"`
	}
}

func (s *Server) redeemActivation(ctx context.Context, input *redemptionInput) (*struct{}, error) {
	if err := s.limitName(ctx, input.Body.Name); err != nil {
		return nil, err
	}
	err := s.parts.Users.Activate(ctx, input.Body.Name, input.Body.Code, input.Body.Password)
	return nil, s.recordSignIn(ctx, "activation.redeem", access.Principal{}, err)
}
