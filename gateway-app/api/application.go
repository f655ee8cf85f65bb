package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// registerApplications adds applications for a loan, how they were decided, and people's judgement of that.
func (s *Server) registerApplications() {
	if s.parts.Underwriting == nil {
		return
	}
	const tag = "Applications"
	register(s, operation{
		id: "application.submit", method: http.MethodPost, path: "/v1/applications", tag: tag, repeatable: true,
		summary: "Take applications and decide them: all, or where one is malformed none",
	}, s.submitApplications)
	registerList(s, operation{
		id: "application.list", method: http.MethodGet, path: "/v1/applications", tag: tag,
		summary: "List applications and how they stand",
	}, s.listApplications)
	register(s, operation{
		id: "application.read", method: http.MethodGet, path: "/v1/applications/{id}", tag: tag, single: true,
		summary: "Read an application as it was sent in",
	}, s.readApplication)
	registerList(s, operation{
		id: "decision.export", method: http.MethodGet, path: "/v1/decisions", tag: tag,
		summary: "List decisions with inputs and salts, as tally risk replay reads them",
	}, s.exportDecisions)
	register(s, operation{
		id: "decision.read", method: http.MethodGet, path: "/v1/decisions/{id}", tag: tag, single: true,
		summary: "Read a decision with its reasons and reviews",
	}, s.readDecision)
	register(s, operation{
		id: "decision.review", method: http.MethodPost, path: "/v1/decisions/{id}/review", tag: tag, repeatable: true,
		summary: "Judge an application in person: approve or refuse it, in words",
	}, s.reviewDecision)
	register(s, operation{
		id: "decision.contest", method: http.MethodPost, path: "/v1/decisions/{id}/review-requests", tag: tag, repeatable: true,
		summary: "Ask for a person's judgement of a decision",
	}, s.contestDecision)
}

// Judged is a decision as its reader may see it. A borrower sees what was decided and why, in words; staff
// also see how it was computed.
type Judged struct {
	underwriting.Told
	Full    *underwriting.Decision `json:"full,omitempty" doc:"For staff only"`
	Reviews []underwriting.Review  `json:"reviews,omitempty"`
}

// judgedFor is a decision for whoever calls.
func judgedFor(ctx context.Context, d underwriting.Decision) (Judged, error) {
	told, err := d.Told()
	shown := Judged{Told: told}
	if _, narrowed := callerOf(ctx).Own(); !narrowed {
		shown.Full = &d
	}
	return shown, err
}

type applicationsInput struct {
	Body struct {
		Items []underwriting.Application `json:"items" minItems:"1" maxItems:"100"`
	}
}

type judgedList struct {
	Items []Judged `json:"items"`
}

func (s *Server) submitApplications(ctx context.Context, input *applicationsInput) (*bodyOutput[judgedList], error) {
	decided, err := s.parts.Underwriting.Decide(ctx, commandIDOf(ctx), input.Body.Items)
	if err != nil {
		return nil, explained(err)
	}
	answer := judgedList{Items: make([]Judged, len(decided))}
	for i, d := range decided {
		if answer.Items[i], err = judgedFor(ctx, d); err != nil {
			return nil, err
		}
	}
	return &bodyOutput[judgedList]{Body: answer}, nil
}

type applicationFilter struct {
	Paging
	Party  string              `query:"party" pattern:"^([0-9a-f]{32})?$"`
	Status underwriting.Status `query:"status" enum:"approved,referred,refused,contested"`
}

func (f *applicationFilter) narrowed(ctx context.Context, page projection.Page) (underwriting.Filter, error) {
	asked := underwriting.Filter{Party: f.Party, Status: f.Status, After: page.After, Limit: page.Limit}
	if own, narrowed := callerOf(ctx).Own(); narrowed {
		if f.Party != "" && f.Party != own || own == "" {
			return asked, fault.In(fault.NotFound, "party")
		}
		asked.Party = own
	}
	return asked, nil
}

func (s *Server) listApplications(ctx context.Context, input *applicationFilter, page projection.Page) (projection.List[underwriting.Told], error) {
	none := projection.List[underwriting.Told]{}
	filter, err := input.narrowed(ctx, page)
	if err != nil {
		return none, err
	}
	found, next, err := s.parts.Underwriting.Decisions(ctx, filter)
	if err != nil {
		return none, err
	}
	list := projection.List[underwriting.Told]{Items: make([]underwriting.Told, len(found)), Next: next}
	for i, d := range found {
		if list.Items[i], err = d.Told(); err != nil {
			return none, err
		}
	}
	return list, nil
}

func (s *Server) exportDecisions(ctx context.Context, input *applicationFilter, page projection.Page) (projection.List[underwriting.Exported], error) {
	none := projection.List[underwriting.Exported]{}
	filter, err := input.narrowed(ctx, page)
	if err != nil {
		return none, err
	}
	found, next, err := s.parts.Underwriting.Decisions(ctx, filter)
	if err != nil {
		return none, err
	}
	list := projection.List[underwriting.Exported]{Items: []underwriting.Exported{}, Next: next}
	for _, d := range found {
		if d.Purged() { // nothing is left to recompute
			continue
		}
		kept, err := d.Export()
		if err != nil {
			return none, err
		}
		about(ctx, d.Party)
		list.Items = append(list.Items, kept)
	}
	return list, nil
}

// CasePath names an application or a decision. It is exported because huma reads no embedded struct that is not.
type CasePath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

func (s *Server) readApplication(ctx context.Context, input *CasePath) (*bodyOutput[underwriting.Application], error) {
	return answerBody(s.parts.Underwriting.Submission(ctx, input.ID))
}

func (s *Server) readDecision(ctx context.Context, input *CasePath) (*bodyOutput[Judged], error) {
	found, err := s.decisionOf(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	return s.answerJudged(ctx, found)
}

// decisionOf answers a decision that the caller may see. One of somebody else's does not exist.
func (s *Server) decisionOf(ctx context.Context, id string) (underwriting.Decision, error) {
	found, err := s.parts.Underwriting.Decision(ctx, id)
	if own, narrowed := callerOf(ctx).Own(); err == nil && narrowed && own != found.Party {
		return underwriting.Decision{}, fault.In(fault.NotFound, "decision")
	}
	return found, err
}

// answerJudged adds the reviews. To a borrower they name nobody of the staff.
func (s *Server) answerJudged(ctx context.Context, d underwriting.Decision) (*bodyOutput[Judged], error) {
	shown, err := judgedFor(ctx, d)
	if err != nil {
		return nil, err
	}
	if shown.Reviews, err = s.parts.Underwriting.Reviews(ctx, d.Application); err != nil {
		return nil, err
	}
	if shown.Full == nil {
		for i := range shown.Reviews {
			shown.Reviews[i].By, shown.Reviews[i].ApprovedBy = "", ""
		}
	}
	return &bodyOutput[Judged]{Body: shown}, nil
}

type reviewInput struct {
	CasePath
	Body struct {
		Outcome underwriting.Action `json:"outcome" enum:"approve,refuse"`
		Words   string              `json:"words" minLength:"1" maxLength:"2000" doc:"Why; the borrower reads it"`
	}
}

func (s *Server) reviewDecision(ctx context.Context, input *reviewInput) (*bodyOutput[Judged], error) {
	return s.judge(ctx, input.ID, input.Body.Outcome, input.Body.Words)
}

type contestInput struct {
	CasePath
	Body struct {
		Words string `json:"words,omitempty" maxLength:"2000" doc:"What a person should look at"`
	}
}

func (s *Server) contestDecision(ctx context.Context, input *contestInput) (*bodyOutput[Judged], error) {
	if _, err := s.decisionOf(ctx, input.ID); err != nil {
		return nil, err
	}
	return s.judge(ctx, input.ID, underwriting.Ask, input.Body.Words)
}

func (s *Server) judge(ctx context.Context, id string, action underwriting.Action, words string) (*bodyOutput[Judged], error) {
	after, err := s.parts.Underwriting.Judge(ctx, underwriting.Judgement{
		Request: commandIDOf(ctx), Decision: id, Action: action, By: callerOf(ctx).ID, ApprovedBy: approverOf(ctx), Words: words,
	})
	if err != nil {
		return nil, err
	}
	return s.answerJudged(ctx, after)
}

// approverOf is the second user of this request, where the policies wanted one.
func approverOf(ctx context.Context) string {
	if approvers := exchangeOf(ctx).approvers; len(approvers) > 0 {
		return approvers[0]
	}
	return ""
}
