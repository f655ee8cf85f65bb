package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

const (
	warningsPath     = "/v1/warnings"
	warningPath      = warningsPath + "/{id}"
	hazardModelsPath = "/v1/risk/hazard-models"
	hazardModelPath  = hazardModelsPath + "/{hash}"
)

// registerWarnings adds the watch over loans that were lent, and the models by which it speaks.
func (s *Server) registerWarnings() {
	if s.parts.Warnings == nil {
		return
	}
	const tag = "Early warning"
	registerList(s, operation{
		id: "warning.list", method: http.MethodGet, path: warningsPath, tag: tag, summary: "List warnings in the order in which they were raised",
	}, s.listWarnings)
	register(s, operation{
		id: "warning.read", method: http.MethodGet, path: warningPath, tag: tag, single: true, summary: "Read a warning",
	}, s.readWarning)
	register(s, operation{
		id: "warning.assign", method: http.MethodPost, path: warningPath + "/assignment", tag: tag, repeatable: true,
		summary: "Give a warning to an officer",
	}, s.assignWarning)
	register(s, operation{
		id: "warning.close", method: http.MethodPost, path: warningPath + "/outcome", tag: tag, summary: "Close a warning with what came of it",
	}, s.closeWarning)
	registerList(s, operation{
		id: "watched_loan.list", method: http.MethodGet, path: "/v1/watched-loans", tag: tag,
		summary: "List loans with the probability that they go overdue, in the order in which they were lent",
	}, s.listWatchedLoans)
	register(s, operation{
		id: "watched_loan.read", method: http.MethodGet, path: "/v1/loans/{id}/warning", tag: tag, single: true,
		summary: "Read how likely a loan is to go overdue, why, and the bands that it came through",
	}, s.readWatchedLoan)
	s.registerHazardModels(tag)
}

func (s *Server) registerHazardModels(tag string) {
	register(s, operation{
		id: "hazard_model.list", method: http.MethodGet, path: hazardModelsPath, tag: tag, single: true,
		summary: "List the models with what each was trained on and how well it tells, the newest first",
	}, s.listHazardModels)
	register(s, operation{
		id: "hazard_model.file", method: http.MethodGet, path: hazardModelPath + "/file", tag: tag, single: true,
		summary: "Read a model's file, of which its name is the SHA-256",
		answers: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}},
	}, s.hazardModelFile)
	register(s, operation{
		id: "hazard_model.train", method: http.MethodPost, path: hazardModelsPath, tag: tag, repeatable: true,
		summary: "Train a model on all loans that the platform ever lent, as a candidate",
	}, s.trainHazardModel)
	register(s, operation{
		id: "hazard_model.activate", method: http.MethodPost, path: hazardModelPath + "/activation", tag: tag, repeatable: true,
		summary: "Let a model speak in the place of the one before, or of the rule that stood in",
	}, s.activateHazardModel)
}

type warningsInput struct {
	Paging
	Loan   string `query:"loan" maxLength:"200" doc:"Only of this loan, by its full id"`
	Rule   string `query:"rule" maxLength:"64" doc:"Only of this rule"`
	Status string `query:"status" enum:"open,closed"`
	Owner  string `query:"owner" maxLength:"128" doc:"Only those that this user looks after"`
}

func (s *Server) listWarnings(ctx context.Context, in *warningsInput, page projection.Page) (projection.List[warning.Warning], error) {
	found, next, err := s.parts.Warnings.Warnings(ctx, warning.Filter{
		Loan: in.Loan, Rule: in.Rule, Status: warning.Status(in.Status), Owner: in.Owner, After: page.After, Limit: page.Limit,
	})
	return projection.List[warning.Warning]{Items: found, Next: next}, err
}

// WarningPath names a warning.
type WarningPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

func (s *Server) readWarning(ctx context.Context, in *WarningPath) (*bodyOutput[warning.Warning], error) {
	return answerBody(s.parts.Warnings.Warning(ctx, in.ID))
}

type warningAssignmentInput struct {
	WarningPath
	Body struct {
		Owner string `json:"owner" minLength:"1" maxLength:"128" doc:"The user who is to look after it"`
	}
}

func (s *Server) assignWarning(ctx context.Context, in *warningAssignmentInput) (*bodyOutput[warning.Warning], error) {
	return answerBody(s.parts.Warnings.Assign(ctx, in.ID, in.Body.Owner))
}

type warningOutcomeInput struct {
	WarningPath
	Body struct {
		Outcome string `json:"outcome" enum:"contacted,restructured,no_action,false_alarm"`
	}
}

func (s *Server) closeWarning(ctx context.Context, in *warningOutcomeInput) (*bodyOutput[warning.Warning], error) {
	return answerBody(s.parts.Warnings.Close(ctx, in.ID, warning.Outcome(in.Body.Outcome), callerOf(ctx).ID))
}

type watchedLoansInput struct {
	Paging
	Band string `query:"band" enum:"calm,guarded,elevated,acute,settled"`
}

func (s *Server) listWatchedLoans(ctx context.Context, in *watchedLoansInput, page projection.Page) (projection.List[warning.Loan], error) {
	found, next, err := s.parts.Warnings.Loans(ctx, warning.LoanFilter{Band: warning.Band(in.Band), After: page.After, Limit: page.Limit})
	return projection.List[warning.Loan]{Items: found, Next: next}, err
}

func (s *Server) readWatchedLoan(ctx context.Context, in *LoanPath) (*bodyOutput[warning.Watched], error) {
	found, err := s.loan(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return answerBody(s.parts.Warnings.Loan(ctx, found.Terms.ID))
}

func (s *Server) listHazardModels(ctx context.Context, _ *struct{}) (*someOutput[warning.Model], error) {
	return answerSome(s.parts.Warnings.Models(ctx))
}

// hazardModelFile answers the very bytes that the hash is of.
func (s *Server) hazardModelFile(ctx context.Context, in *ModelPath) (*fileOutput, error) {
	file, err := s.parts.Warnings.File(ctx, in.Hash)
	return &fileOutput{ContentType: "application/json", Body: file}, err
}

func (s *Server) trainHazardModel(ctx context.Context, _ *struct{}) (*bodyOutput[warning.Model], error) {
	return answerBody(s.parts.Warnings.Train(ctx, callerOf(ctx).ID))
}

func (s *Server) activateHazardModel(ctx context.Context, in *ModelPath) (*bodyOutput[warning.Model], error) {
	return answerBody(s.parts.Warnings.Activate(ctx, in.Hash, callerOf(ctx).ID, approverOf(ctx)))
}
