package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/credit"
)

// Credit is the member's part in sharing credit: the regulator's registry, or the platform's desk.
type Credit struct {
	Registry *credit.Registry
	Desk     *credit.Desk
}

// registerCredit adds the sharing of credit in bands. The operations exist whether sharing is on or off:
// while it is off, the registry refuses.
func (s *Server) registerCredit() {
	c := s.parts.Credit
	if c == nil {
		return
	}
	const tag = "Credit"
	register(s, operation{
		id: "credit.consent_text", method: http.MethodGet, path: "/v1/credit/consent-text", tag: tag,
		summary: "Read the text that a borrower signs, and its digest",
	}, s.creditConsentText)
	register(s, operation{
		id: "credit.enquiries", method: http.MethodPost, path: credit.ListPath, tag: tag, repeatable: true,
		summary: "List the enquiries about the borrower who signed the request",
	}, s.creditEnquiries)
	if c.Registry != nil {
		register(s, operation{
			id: "credit.share", method: http.MethodPost, path: credit.SummaryPath, tag: tag, repeatable: true,
			summary: "Answer a platform about a borrower who consented",
		}, s.shareCredit)
	}
	if c.Desk != nil {
		register(s, operation{
			id: "credit.ask", method: http.MethodPost, path: "/v1/credit/enquiries", tag: tag, repeatable: true,
			summary: "Ask the regulator and the bureaus about a borrower who consented",
		}, s.askCredit)
	}
}

// CreditConsent is what a borrower reads before signing.
type CreditConsent struct {
	Purpose string `json:"purpose"`
	Digest  string `json:"digest" doc:"SHA-256 of the text, as the consent on the ledger holds it"`
	Text    string `json:"text"`
}

func (s *Server) creditConsentText(context.Context, *struct{}) (*bodyOutput[CreditConsent], error) {
	return answerBody(CreditConsent{credit.Purpose, credit.ConsentDigest(), credit.ConsentText}, nil)
}

func (s *Server) askCredit(ctx context.Context, in *bodyInput[credit.Enquiry]) (*bodyOutput[credit.Answer], error) {
	about(ctx, in.Body.Party)
	return answerBody(s.parts.Credit.Desk.Ask(ctx, in.Body))
}

func (s *Server) shareCredit(ctx context.Context, in *bodyInput[credit.Enquiry]) (*bodyOutput[credit.Summary], error) {
	caller, err := s.counterpart(ctx)
	if err != nil {
		return nil, err
	}
	about(ctx, in.Body.Party)
	return answerBody(s.parts.Credit.Registry.Enquire(ctx, caller, in.Body))
}

// creditEnquiries answers at the regulator, and passes on at a platform, where a borrower asks about itself.
func (s *Server) creditEnquiries(ctx context.Context, in *bodyInput[credit.Asking]) (*someOutput[credit.Entry], error) {
	about(ctx, in.Body.Party)
	if desk := s.parts.Credit.Desk; desk != nil {
		if own, narrowed := callerOf(ctx).Own(); narrowed && own != in.Body.Party {
			return nil, fault.In(fault.NotFound, "party")
		}
		return answerSome(desk.Enquiries(ctx, in.Body))
	}
	caller, err := s.counterpart(ctx)
	if err != nil {
		return nil, err
	}
	return answerSome(s.parts.Credit.Registry.Enquiries(ctx, caller, in.Body))
}
