package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// registerKYC adds the cases by which people become customers.
func (s *Server) registerKYC() {
	if s.parts.Customers == nil {
		return
	}
	const tag = "KYC"
	registerList(s, operation{
		id: "kyc.list", method: http.MethodGet, path: "/v1/kyc", tag: tag, summary: "List cases",
	}, s.listCases)
	op := func(id, method, path, summary string) operation {
		return operation{id: id, method: method, path: "/v1/people/{id}/kyc" + path, tag: tag, summary: summary, single: method == http.MethodGet}
	}
	register(s, op("kyc.read", http.MethodGet, "", "Read a person's case"), s.readCase)
	register(s, op("kyc.history", http.MethodGet, "/events", "Read what happened to a person's case"), s.caseHistory)
	register(s, op("kyc.submit", http.MethodPost, "", "Open a person's case, or a further round of it"), s.submitCase)
	check := op("kyc.check", http.MethodPost, "/check", "Screen the person and ask the provider")
	check.repeatable = true
	register(s, check, s.checkCase)
	register(s, op("kyc.verify", http.MethodPost, "/verify", "Verify the person, and attest the party on the ledger"), s.verifyCase)
	register(s, op("kyc.refuse", http.MethodPost, "/refuse", "Refuse the person, or take a verification back"), s.refuseCase)
}

// Case is a person's case as readers see it.
type Case struct {
	ID          string        `json:"id"`
	Person      string        `json:"person"`
	Party       string        `json:"party"`
	Status      kyc.Status    `json:"status"`
	Level       int           `json:"level"`
	Round       int           `json:"round"`
	SubmittedOn calendar.Date `json:"submitted_on"`
	DecidedOn   calendar.Date `json:"decided_on,omitempty"`
	Expires     calendar.Date `json:"expires,omitempty"`
	Reason      string        `json:"reason,omitempty"`
	Papers      []kyc.Paper   `json:"papers,omitempty"`
	Staff       *CaseStaff    `json:"staff,omitempty"` // for staff only
}

// CaseStaff is what a customer is not told: who decided, what the provider said, and that a list hit.
type CaseStaff struct {
	SubmittedBy string      `json:"submitted_by"`
	DecidedBy   string      `json:"decided_by,omitempty"`
	Report      *kyc.Report `json:"report,omitempty"`
	Flagged     bool        `json:"flagged"`
	Attested    bool        `json:"attested"`
}

func caseFor(ctx context.Context, k kyc.Case) Case {
	shown := Case{
		ID: k.ID, Person: k.Person, Party: k.Submission.Party, Status: k.Status, Level: k.Submission.Level, Round: k.Round,
		SubmittedOn: k.SubmittedOn, DecidedOn: k.DecidedOn, Expires: k.Expires, Reason: k.Reason, Papers: k.Submission.Papers,
	}
	if _, narrowed := callerOf(ctx).Own(); !narrowed {
		shown.Staff = &CaseStaff{
			SubmittedBy: k.SubmittedBy, DecidedBy: k.DecidedBy, Report: k.Report, Flagged: k.Flagged, Attested: k.Attested,
		}
	}
	return shown
}

type casesInput struct {
	Paging
	Status kyc.Status `query:"status" enum:"submitted,verified,suspended,refused,expired"`
}

func (s *Server) listCases(ctx context.Context, input *casesInput, page projection.Page) (projection.List[Case], error) {
	if _, narrowed := callerOf(ctx).Own(); narrowed {
		return projection.List[Case]{}, nil
	}
	return idPage(page, func(c Case) string { return c.ID }, func(after string, limit int) ([]Case, error) {
		found, err := s.parts.Customers.Cases.List(ctx, input.Status, after, limit)
		shown := make([]Case, len(found))
		for i, k := range found {
			shown[i] = caseFor(ctx, k)
		}
		return shown, err
	})
}

type caseOutput struct{ Body Case }

func answerCase(ctx context.Context, k kyc.Case, err error) (*caseOutput, error) {
	if err != nil {
		return nil, err
	}
	return &caseOutput{Body: caseFor(ctx, k)}, nil
}

func (s *Server) readCase(ctx context.Context, input *PersonPath) (*caseOutput, error) {
	if _, _, err := s.personOf(ctx, input.ID); err != nil {
		return nil, err
	}
	k, err := s.parts.Customers.Cases.Find(ctx, input.ID)
	return answerCase(ctx, k, err)
}

type caseEvents struct {
	Items []kyc.Recorded `json:"items"`
}

type caseEventsOutput struct{ Body caseEvents }

func (s *Server) caseHistory(ctx context.Context, input *PersonPath) (*caseEventsOutput, error) {
	history, err := s.parts.Customers.Cases.History(ctx, input.ID)
	if err == nil && len(history) == 0 {
		err = fault.In(fault.NotFound, "kyc")
	}
	return &caseEventsOutput{Body: caseEvents{Items: history}}, err
}

type submitInput struct {
	PersonPath
	Body struct {
		Level         int         `json:"level" minimum:"1" maximum:"3"`
		Key           party.Key   `json:"key" doc:"The party's public key"`
		Affiliate     string      `json:"affiliate,omitempty" maxLength:"64" doc:"The member that the party is, or that controls it"`
		Custodian     string      `json:"custodian,omitempty" maxLength:"64" doc:"At a platform of several custodians: the one that keeps the party's cash"`
		AccountDigest string      `json:"account_digest,omitempty" pattern:"^[0-9a-f]{64}$" doc:"Where a custodian vouches for an account"`
		Papers        []kyc.Paper `json:"papers,omitempty" maxItems:"20"`
	}
}

func (s *Server) submitCase(ctx context.Context, input *submitInput) (*caseOutput, error) {
	who, _, err := s.personOf(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	if who.Status != "active" {
		return nil, fault.In(fault.WrongStatus, "person")
	}
	if f := s.checkCustodian(input.Body.Custodian); f != nil {
		return nil, f
	}
	if err := s.checkPapers(ctx, input.ID, input.Body.Papers); err != nil {
		return nil, err
	}
	k, err := s.parts.Customers.Cases.Submit(ctx, input.ID, callerOf(ctx).ID, kyc.Submission{
		Party: who.Party, Kind: who.Kind, Level: input.Body.Level, Key: input.Body.Key, Affiliate: input.Body.Affiliate,
		Custodian: input.Body.Custodian, AccountDigest: input.Body.AccountDigest, Papers: input.Body.Papers,
	})
	return answerCase(ctx, k, err)
}

// checkCustodian refuses a custodian that the platform does not have, and none where it has several: the party
// would be attested in whichever collection comes first.
func (s *Server) checkCustodian(named string) *fault.Fault {
	var own []string
	for _, pair := range s.parts.Pairs {
		if pair.Platform == s.parts.Member {
			own = append(own, pair.Custodian)
		}
	}
	switch {
	case named == "" && len(own) > 1:
		return fault.In(fault.MissingField, "custodian")
	case named != "" && !slices.Contains(own, named):
		return fault.In(fault.InvalidField, "custodian")
	}
	return nil
}

// checkPapers refuses a paper that is not among the person's documents, or is there as something else.
func (s *Server) checkPapers(ctx context.Context, id string, papers []kyc.Paper) error {
	if len(papers) == 0 {
		return nil
	}
	held, err := s.parts.Customers.Documents.List(ctx, id)
	if err != nil {
		return err
	}
	for i, p := range papers {
		if !slices.ContainsFunc(held, func(d documents.Document) bool { return d.ID == p.Document && d.Kind == p.Kind }) {
			return fault.In(fault.InvalidField, fmt.Sprintf("papers[%d].document", i))
		}
	}
	return nil
}

func (s *Server) checkCase(ctx context.Context, input *PersonPath) (*caseOutput, error) {
	k, err := s.parts.Customers.Cases.Check(ctx, input.ID)
	return answerCase(ctx, k, err)
}

type verifyInput struct {
	PersonPath
	Body struct {
		Expires calendar.Date `json:"expires" doc:"The last day on which it holds; platform and custodian name the same"`
	}
}

func (s *Server) verifyCase(ctx context.Context, input *verifyInput) (*caseOutput, error) {
	who := callerOf(ctx)
	k, err := s.parts.Customers.Cases.Verify(ctx, input.ID, who.ID, who.Certificate, input.Body.Expires)
	if errors.Is(err, kyc.ErrNoCertificate) {
		return nil, doorProblem(CodeCertificateMissing, "")
	}
	return answerCase(ctx, k, err)
}

type refuseInput struct {
	PersonPath
	Body struct {
		Reason string `json:"reason" pattern:"^[a-z][a-z0-9_-]{0,63}$" doc:"A code"`
	}
}

func (s *Server) refuseCase(ctx context.Context, input *refuseInput) (*caseOutput, error) {
	k, err := s.parts.Customers.Cases.Refuse(ctx, input.ID, callerOf(ctx).ID, input.Body.Reason)
	return answerCase(ctx, k, err)
}
