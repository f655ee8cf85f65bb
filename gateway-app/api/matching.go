package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/matching/suitability"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

const matchingTag = "Matching"

// registerMatching adds a platform's matching: its runs, and what it tells them besides the ledger.
func (s *Server) registerMatching() {
	if s.parts.Funding == nil {
		return
	}
	s.registerMatchingRuns()
	s.registerSuitability()
	s.registerProgrammes()
	register(s, operation{
		id: "mandate_wish.read", method: http.MethodGet, books: true, path: "/v1/mandates/{handle}/wish", tag: matchingTag, single: true,
		summary: "Read what a lender wants of a mandate besides its signed terms",
	}, s.readWish)
	register(s, operation{
		id: "mandate_wish.set", method: http.MethodPut, path: "/v1/mandates/{handle}/wish", tag: matchingTag, repeatable: true,
		summary: "Set what a lender wants of a mandate: it narrows what the terms allow",
	}, s.setWish)
	register(s, operation{
		id: "loan_listing.read", method: http.MethodGet, books: true, path: "/v1/loans/{id}/listing", tag: matchingTag, single: true,
		summary: "Read how a loan is offered to lenders",
	}, s.readListing)
	register(s, operation{
		id: "loan_listing.set", method: http.MethodPut, path: "/v1/loans/{id}/listing", tag: matchingTag, repeatable: true,
		summary: "Set how a loan is offered to lenders: in which programme, and what becomes of it when money is short",
	}, s.setListing)
}

func (s *Server) registerMatchingRuns() {
	const path = "/v1/matching-runs"
	registerList(s, operation{
		id: "matching_run.list", method: http.MethodGet, path: path, tag: matchingTag, summary: "List matching runs, the latest first",
	}, s.listMatchingRuns)
	register(s, operation{
		id: "matching_run.start", method: http.MethodPost, path: path, tag: matchingTag, repeatable: true,
		summary: "Start a matching run for the open business day, or join the one that is being matched",
	}, s.startMatchingRun)
	register(s, operation{
		id: "matching_run.read", method: http.MethodGet, path: path + "/{handle}", tag: matchingTag, single: true,
		summary: "Read a matching run: every loan and idle mandate with its reason, and what borrowers have to sign",
	}, s.readMatchingRun)
	register(s, operation{
		id: "matching_run.export", method: http.MethodGet, path: path + "/{handle}/export", tag: matchingTag, single: true,
		summary: "Read everything that is needed to match a run again: record, book and outcome",
	}, s.exportMatchingRun)
	register(s, operation{
		id: "matching_run.replay", method: http.MethodGet, path: path + "/{handle}/replay", tag: matchingTag, single: true,
		summary: "Match a run again from what it kept, and hold both against its anchored digest",
	}, s.replayMatchingRun)
	register(s, operation{
		id: "matching_run.sign", method: http.MethodPost, path: path + "/{handle}/signatures", tag: matchingTag, repeatable: true,
		summary: "Hand in borrowers' signatures; what is signed is taken to the ledger",
	}, s.signMatchingRun)
}

func (s *Server) registerSuitability() {
	const path = "/v1/suitability"
	register(s, operation{
		id: "suitability.questionnaire", method: http.MethodGet, path: path, tag: matchingTag,
		summary: "Read the questionnaire that puts an investor into one of six classes",
	}, s.readQuestionnaire)
	register(s, operation{
		id: "suitability.read", method: http.MethodGet, path: path + "/{party}", tag: matchingTag, single: true,
		summary: "Read a lender's latest class; its answers are not shown",
	}, s.readSuitability)
	register(s, operation{
		id: "suitability.assess", method: http.MethodPost, path: path + "/{party}", tag: matchingTag, repeatable: true,
		summary: "Answer the questionnaire for a lender",
	}, s.assessSuitability)
}

func (s *Server) registerProgrammes() {
	const path = "/v1/programmes"
	registerList(s, operation{
		id: "programme.list", method: http.MethodGet, path: path, tag: matchingTag, summary: "List programmes of joint lending",
	}, s.listProgrammes)
	register(s, operation{
		id: "programme.create", method: http.MethodPost, path: path, tag: matchingTag,
		summary: "Begin a programme: institutions bring a fixed ratio of every loan that is listed in it",
	}, s.createProgramme)
	register(s, operation{
		id: "programme.end", method: http.MethodPost, path: path + "/{handle}/end", tag: matchingTag, repeatable: true,
		summary: "End a programme",
	}, s.endProgramme)
}

type matchingRunsInput struct{ Paging }

func (s *Server) listMatchingRuns(ctx context.Context, _ *matchingRunsInput, page projection.Page) (projection.List[funding.Run], error) {
	runs, err := s.parts.Funding.Runs(ctx, page.After, page.Limit)
	return pageOf(runs, page.Limit, func(r funding.Run) string { return r.Started }), err
}

// MatchingStart says which market is to be matched.
type MatchingStart struct {
	Collection string `json:"collection,omitempty" maxLength:"128" doc:"not needed where the platform has one custodian"`
}

func (s *Server) startMatchingRun(ctx context.Context, in *bodyInput[MatchingStart]) (*bodyOutput[funding.Run], error) {
	return answerBody(s.parts.Funding.Start(ctx, in.Body.Collection))
}

// MatchingPath names a matching run, a mandate or a programme by its handle. It is exported because huma reads no
// embedded struct that is not.
type MatchingPath struct {
	Handle string `path:"handle" pattern:"^[0-9a-f]{32}$" doc:"128 bits in lower-case hexadecimal"`
}

func (s *Server) readMatchingRun(ctx context.Context, in *MatchingPath) (*bodyOutput[funding.Result], error) {
	result, err := s.parts.Funding.Result(ctx, in.Handle)
	for _, p := range result.Proposals {
		about(ctx, p.Loan)
	}
	return answerBody(result, err)
}

func (s *Server) exportMatchingRun(ctx context.Context, in *MatchingPath) (*bodyOutput[funding.Export], error) {
	export, err := s.parts.Funding.Export(ctx, in.Handle)
	for _, l := range export.Book.Lenders {
		about(ctx, l.ID)
	}
	return answerBody(export, err)
}

func (s *Server) replayMatchingRun(ctx context.Context, in *MatchingPath) (*bodyOutput[funding.Replayed], error) {
	return answerBody(s.parts.Funding.Replay(ctx, in.Handle))
}

// MatchingSignatures are borrowers' signatures of a run's proposals.
type MatchingSignatures struct {
	Items []funding.Signature `json:"items" minItems:"1" maxItems:"1000"`
}

type signaturesInput struct {
	MatchingPath
	Body MatchingSignatures
}

func (s *Server) signMatchingRun(ctx context.Context, in *signaturesInput) (*someOutput[funding.Signed], error) {
	for _, item := range in.Body.Items {
		about(ctx, item.Loan)
	}
	return answerSome(s.parts.Funding.Sign(ctx, in.Handle, in.Body.Items))
}

// LenderPath names a lender.
type LenderPath struct {
	Party string `path:"party" pattern:"^[0-9a-f]{32}$" doc:"The lender's handle"`
}

func (s *Server) readQuestionnaire(context.Context, *struct{}) (*bodyOutput[funding.Questionnaire], error) {
	return answerBody(funding.Questions(), nil)
}

func (s *Server) readSuitability(ctx context.Context, in *LenderPath) (*bodyOutput[funding.Class], error) {
	if err := s.ownSuitability(ctx, in.Party); err != nil {
		return nil, err
	}
	return answerBody(s.parts.Funding.Class(ctx, in.Party))
}

// SuitabilityAnswers are a lender's, by the question.
type SuitabilityAnswers struct {
	Answers suitability.Answers `json:"answers" doc:"the numbers of the options chosen, from 0, by the questions' ids"`
}

type assessmentInput struct {
	LenderPath
	Body SuitabilityAnswers
}

func (s *Server) assessSuitability(ctx context.Context, in *assessmentInput) (*bodyOutput[funding.Assessed], error) {
	if err := s.ownSuitability(ctx, in.Party); err != nil {
		return nil, err
	}
	return answerBody(s.parts.Funding.Assess(ctx, in.Party, in.Body.Answers))
}

// ownSuitability keeps a customer to their own class, and notes whose it is.
func (s *Server) ownSuitability(ctx context.Context, party string) error {
	own, narrowed := callerOf(ctx).Own()
	if narrowed && own != party {
		return fault.In(fault.NotFound, "party")
	}
	about(ctx, party)
	return nil
}

type programmesInput struct{ Paging }

func (s *Server) listProgrammes(ctx context.Context, _ *programmesInput, page projection.Page) (projection.List[funding.Programme], error) {
	return idPage(page, func(p funding.Programme) string { return p.ID }, func(after string, limit int) ([]funding.Programme, error) {
		return s.parts.Funding.Programmes(ctx, after, limit)
	})
}

func (s *Server) createProgramme(ctx context.Context, in *bodyInput[funding.Agreement]) (*bodyOutput[funding.Programme], error) {
	return answerBody(s.parts.Funding.MakeProgramme(ctx, in.Body))
}

func (s *Server) endProgramme(ctx context.Context, in *MatchingPath) (*bodyOutput[funding.Programme], error) {
	return answerBody(s.parts.Funding.EndProgramme(ctx, in.Handle))
}

// wishOwner is the party that a wish has to be of; none where the caller is staff.
func wishOwner(ctx context.Context) (string, error) {
	own, narrowed := callerOf(ctx).Own()
	if narrowed && own == "" {
		return "", fault.In(fault.NotFound, "handle")
	}
	if narrowed {
		return own, nil
	}
	return "", nil
}

func (s *Server) readWish(ctx context.Context, in *MatchingPath) (*bodyOutput[funding.Wish], error) {
	owner, err := wishOwner(ctx)
	if err != nil {
		return nil, err
	}
	return answerBody(s.parts.Funding.Wish(ctx, in.Handle, owner))
}

type wishInput struct {
	MatchingPath
	Body funding.Wish
}

func (s *Server) setWish(ctx context.Context, in *wishInput) (*bodyOutput[funding.Wish], error) {
	owner, err := wishOwner(ctx)
	if err != nil {
		return nil, err
	}
	return answerBody(s.parts.Funding.SetWish(ctx, in.Handle, owner, in.Body))
}

func (s *Server) readListing(ctx context.Context, in *LoanPath) (*bodyOutput[funding.Listing], error) {
	found, err := s.loan(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return answerBody(s.parts.Funding.Listing(ctx, found.Terms.ID))
}

type listingInput struct {
	LoanPath
	Body funding.Listing
}

func (s *Server) setListing(ctx context.Context, in *listingInput) (*bodyOutput[funding.Listing], error) {
	found, err := s.loan(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return answerBody(s.parts.Funding.List(ctx, found.Terms.ID, in.Body))
}
