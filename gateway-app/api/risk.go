package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// registerRisk adds the models and the rules that decide on applications, and how far applicants have moved from
// those that the models were trained on.
func (s *Server) registerRisk() {
	if s.parts.Underwriting == nil {
		return
	}
	const tag = "Risk"
	op := func(id, method, path, summary string) operation {
		return operation{
			id: id, method: method, path: "/v1/risk/" + path, tag: tag, summary: summary,
			single: method == http.MethodGet, repeatable: method != http.MethodGet,
		}
	}
	register(s, op("model.list", http.MethodGet, "models", "List the models"), s.listModels)
	register(s, op("model.read", http.MethodGet, "models/{hash}", "Read a model's entry and its training report"), s.readModel)
	file := op("model.file", http.MethodGet, "models/{hash}/file", "Read a model's file, of which its name is the SHA-256")
	file.answers = map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}}
	register(s, file, s.modelFile)
	register(s, op("model.train", http.MethodPost, "models", "Train a scorecard and a forest on the figures of today, as challengers"), s.trainModels)
	register(s, op("model.evaluate", http.MethodPost, "models/{hash}/evaluation", "Measure a model on own loans that ended since its training"), s.evaluateModel)
	register(s, op("model.promote", http.MethodPost, "models/{hash}/promotion", "Let a scorecard decide, with the forest of its training beside it"), s.promoteModel)
	register(s, op("rules.list", http.MethodGet, "rules", "List the versions of the rules"), s.listRules)
	register(s, op("rules.read", http.MethodGet, "rules/{version}", "Read a version of the rules by its hash or name; current is the one in force"), s.readRules)
	put := op("rules.put", http.MethodPut, "rules", "Put a version of the rules in force from its date on")
	put.bodyBytes = longestRules
	register(s, put, s.putRules)
	register(s, op("drift.list", http.MethodGet, "drift", "List the reports of drift, the last first"), s.listDrift)
	register(s, op("drift.measure", http.MethodPost, "drift", "Measure drift of the last four weeks' applicants"), s.measureDrift)
}

// longestRules is the longest rule set that is read.
const longestRules = 1 << 20

func (s *Server) riskModels() *underwriting.Registry { return s.parts.Underwriting.Registry() }

func (s *Server) listModels(ctx context.Context, _ *struct{}) (*someOutput[underwriting.Model], error) {
	return answerSome(s.riskModels().Models(ctx))
}

// ModelPath names a model. It is exported because huma reads no embedded struct that is not.
type ModelPath struct {
	Hash string `path:"hash" pattern:"^[0-9a-f]{64}$"`
}

func (s *Server) readModel(ctx context.Context, input *ModelPath) (*bodyOutput[underwriting.Model], error) {
	return answerBody(s.riskModels().Model(ctx, input.Hash))
}

type fileOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// modelFile answers the very bytes that the hash is of.
func (s *Server) modelFile(ctx context.Context, input *ModelPath) (*fileOutput, error) {
	file, err := s.riskModels().File(ctx, input.Hash)
	return &fileOutput{ContentType: "application/json", Body: file}, err
}

func (s *Server) trainModels(ctx context.Context, _ *struct{}) (*someOutput[underwriting.Model], error) {
	return answerSome(s.riskModels().Train(ctx, callerOf(ctx).ID, underwriting.CauseAsked))
}

func (s *Server) evaluateModel(ctx context.Context, input *ModelPath) (*bodyOutput[underwriting.Evaluation], error) {
	return answerBody(s.riskModels().Evaluate(ctx, input.Hash))
}

func (s *Server) promoteModel(ctx context.Context, input *ModelPath) (*bodyOutput[underwriting.Model], error) {
	return answerBody(s.riskModels().Promote(ctx, input.Hash, callerOf(ctx).ID, approverOf(ctx)))
}

func (s *Server) listRules(ctx context.Context, _ *struct{}) (*someOutput[underwriting.RuleSet], error) {
	return answerSome(s.riskModels().RuleSets(ctx))
}

type rulesInput struct {
	Version string `path:"version" pattern:"^[0-9A-Za-z._-]{1,128}$"`
}

func (s *Server) readRules(ctx context.Context, input *rulesInput) (*bodyOutput[underwriting.RuleSet], error) {
	return answerBody(s.riskModels().Rules(ctx, input.Version))
}

type putRulesInput struct {
	Body map[string]any `doc:"A rule file, as docs/formats.md describes it"`
}

// putRules takes the rule file as it came: the package that compiles it reads it strictly, and knows where in it
// something is wrong.
func (s *Server) putRules(ctx context.Context, _ *putRulesInput) (*bodyOutput[underwriting.RuleSet], error) {
	put, err := s.riskModels().PutRules(ctx, underwriting.Change{
		Rules: exchangeOf(ctx).body, Source: underwriting.ByAPI, By: callerOf(ctx).ID, ApprovedBy: approverOf(ctx),
	})
	return answerBody(put, explained(err))
}

// longestExplanation bounds what is told of a mistake.
const longestExplanation = 300 // bytes

// explained says which rule or feature is wrong, and where, to who wrote it: a code alone would leave them
// searching. It is the one place where a problem names what its caller sent, and none of it is a value.
func explained(err error) error {
	var rule *underwriting.RulesError
	var feature *underwriting.FeatureError
	var text string
	switch {
	case errors.As(err, &rule):
		text = rule.Error()
	case errors.As(err, &feature):
		text = feature.Error()
	default:
		return err
	}
	f := fault.Of(err)
	p := faultProblem(f)
	text = strings.ToValidUTF8(text[:min(len(text), longestExplanation)], "")
	p.Errors = []Finding{{Code: string(f.Code), Field: f.Field, Item: f.Item, Detail: text}}
	return p
}

func (s *Server) listDrift(ctx context.Context, _ *struct{}) (*someOutput[underwriting.DriftReport], error) {
	return answerSome(s.riskModels().Drifts(ctx, mostDrifts))
}

// mostDrifts is a year of weekly reports.
const mostDrifts = 53

func (s *Server) measureDrift(ctx context.Context, _ *struct{}) (*bodyOutput[underwriting.DriftReport], error) {
	return answerBody(s.riskModels().MeasureDrift(ctx, underwriting.CauseAsked))
}
