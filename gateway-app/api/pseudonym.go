package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// Pseudonyms is the member's part in making common pseudonyms. What it does not do is nil.
type Pseudonyms struct {
	Keys      *pseudonym.Holder // of regulator and custodian
	Regulator *pseudonym.Regulator
	Custodian *pseudonym.Custodian
	Platform  Linking
	// Rotate changes the keys of both holders, as the custodian's supervisor asks; nil at other members.
	Rotate func(ctx context.Context) (epoch int, err error)
}

// Linking is a platform's side of the protocol, with whichever custodian keeps the collection that is asked for.
type Linking interface {
	Apply(ctx context.Context, collection string, parties []string) ([]pseudonym.Result, error)
	Renew(ctx context.Context, epoch int, collection string, parties []string) ([]pseudonym.Result, error)
}

// counterpart is the member on whose behalf somebody calls: another member's gateway app has a user here.
func (s *Server) counterpart(ctx context.Context) (string, error) {
	member, known := s.parts.Counterparts[callerOf(ctx).Name]
	if !known {
		return "", fault.New(fault.WrongMember)
	}
	return member, nil
}

// registerPseudonyms adds what the member does in the protocol of package pseudonym.
func (s *Server) registerPseudonyms() {
	p := s.parts.Pseudonyms
	if p == nil {
		return
	}
	if p.Keys != nil {
		s.registerPseudonymKeys(p)
	}
	if p.Regulator != nil {
		register(s, pseudonymWrite("deposit", pseudonym.DepositPath, "Deposit blinded points for the custodian to collect"), s.depositPoints)
		register(s, pseudonymWrite("collect", pseudonym.CollectPath, "Evaluate deposited points, with a proof"), s.collectPoints)
	}
	if p.Custodian != nil {
		register(s, pseudonymWrite("evaluate", pseudonym.EvaluatePath, "Evaluate blinded points, with a proof"), s.evaluatePoints)
		register(s, pseudonymWrite("open", pseudonym.OpenPath, "Open commitments to verified numbers, and link the parties"), s.openCommitments)
		register(s, operation{
			id: "pseudonym.unreached", method: http.MethodGet, path: pseudonym.UnreachedPath, tag: pseudonymTag,
			summary: "List linked parties that the current keys have not reached, because they were linked without a number",
		}, s.unreachedParties)
	}
	if p.Rotate != nil {
		register(s, pseudonymWrite("rotate", pseudonym.RotatePath, "Change the keys behind all pseudonyms"), s.rotatePseudonyms)
	}
	if p.Platform != nil {
		register(s, pseudonymWrite("apply", "/v1/pseudonym/applications", "Have parties linked to their common pseudonyms"), s.applyForPseudonyms)
		register(s, pseudonymWrite("renew", pseudonym.RenewPath, "Move linked parties to the next keys"), s.renewPseudonyms)
	}
}

const pseudonymTag = "Pseudonym"

// pseudonymWrite describes a step of the protocol. Every step answers a repetition as before.
func pseudonymWrite(verb, path, summary string) operation {
	return operation{
		id: "pseudonym." + verb, method: http.MethodPost, path: path, tag: pseudonymTag, summary: summary, repeatable: true,
	}
}

func (s *Server) registerPseudonymKeys(*Pseudonyms) {
	register(s, operation{
		id: "pseudonym.keys", method: http.MethodGet, path: pseudonym.KeysPath, tag: pseudonymTag, summary: "List the public keys, by epoch",
	}, s.pseudonymKeys)
	register(s, operation{
		id: "pseudonym.usage", method: http.MethodGet, path: "/v1/pseudonym/usage", tag: pseudonymTag, summary: "Count what the key was used for, by caller and day",
	}, s.pseudonymUsage)
	register(s, pseudonymWrite("prepare", pseudonym.EpochPath, "Make the key of the next epoch"), s.prepareEpoch)
	register(s, pseudonymWrite("activate", pseudonym.EpochPath+"/{epoch}/activation", "Make an epoch the current one"), s.activateEpoch)
	register(s, pseudonymWrite("retire", pseudonym.EpochPath+"/{epoch}/retirement", "Destroy the key of a former epoch"), s.retireEpoch)
}

// some is a short list that is answered whole.
type some[T any] struct {
	Items []T `json:"items"`
}

type someOutput[T any] struct{ Body some[T] }

func answerSome[T any](items []T, err error) (*someOutput[T], error) {
	if err != nil {
		return nil, err
	}
	if items == nil {
		items = []T{}
	}
	return &someOutput[T]{some[T]{items}}, nil
}

type bodyInput[T any] struct{ Body T }

type bodyOutput[T any] struct{ Body T }

func answerBody[T any](body T, err error) (*bodyOutput[T], error) {
	if err != nil {
		return nil, err
	}
	return &bodyOutput[T]{body}, nil
}

// done is the answer of a write that has nothing to tell.
type done struct {
	Done bool `json:"done"`
}

func (s *Server) pseudonymKeys(ctx context.Context, _ *struct{}) (*someOutput[pseudonym.PublicKey], error) {
	return answerSome(s.parts.Pseudonyms.Keys.Keys(ctx))
}

type daysInput struct {
	From calendar.Date `query:"from" doc:"The first day; a week ago if none"`
	To   calendar.Date `query:"to" doc:"The last day; today if none"`
}

func (s *Server) pseudonymUsage(ctx context.Context, in *daysInput) (*someOutput[pseudonym.Usage], error) {
	if in.To.IsZero() {
		y, m, d := s.now().UTC().Date()
		in.To = calendar.NewDate(y, int(m), d)
	}
	if in.From.IsZero() {
		in.From = in.To.AddDays(-7)
	}
	return answerSome(s.parts.Pseudonyms.Keys.Usage(ctx, in.From, in.To))
}

type epochInput struct {
	Epoch int `path:"epoch" minimum:"1" maximum:"64"`
}

// Epoch names an epoch of keys.
type Epoch struct {
	Epoch int `json:"epoch" minimum:"1" maximum:"64"`
}

func (s *Server) prepareEpoch(ctx context.Context, in *bodyInput[Epoch]) (*bodyOutput[pseudonym.PublicKey], error) {
	return answerBody(s.parts.Pseudonyms.Keys.Prepare(ctx, in.Body.Epoch))
}

func (s *Server) activateEpoch(ctx context.Context, in *epochInput) (*bodyOutput[done], error) {
	return answerBody(done{true}, s.parts.Pseudonyms.Keys.Activate(ctx, in.Epoch))
}

func (s *Server) retireEpoch(ctx context.Context, in *epochInput) (*bodyOutput[done], error) {
	return answerBody(done{true}, s.parts.Pseudonyms.Keys.Retire(ctx, in.Epoch))
}

func (s *Server) rotatePseudonyms(ctx context.Context, _ *bodyInput[struct{}]) (*bodyOutput[Epoch], error) {
	epoch, err := s.parts.Pseudonyms.Rotate(ctx)
	return answerBody(Epoch{epoch}, err)
}

func (s *Server) unreachedParties(ctx context.Context, _ *struct{}) (*someOutput[pseudonym.Unreached], error) {
	return answerSome(s.parts.Pseudonyms.Custodian.Unreached(ctx))
}

func (s *Server) depositPoints(ctx context.Context, in *bodyInput[pseudonym.Points]) (*bodyOutput[done], error) {
	caller, err := s.counterpart(ctx)
	if err != nil {
		return nil, err
	}
	return answerBody(done{true}, s.parts.Pseudonyms.Regulator.Deposit(ctx, caller, in.Body))
}

func (s *Server) collectPoints(ctx context.Context, in *bodyInput[pseudonym.Claims]) (*bodyOutput[pseudonym.Collected], error) {
	caller, err := s.counterpart(ctx)
	if err != nil {
		return nil, err
	}
	return answerBody(s.parts.Pseudonyms.Regulator.Collect(ctx, caller, in.Body))
}

func (s *Server) evaluatePoints(ctx context.Context, in *bodyInput[pseudonym.Points]) (*bodyOutput[pseudonym.Evaluation], error) {
	caller, err := s.counterpart(ctx)
	if err != nil {
		return nil, err
	}
	return answerBody(s.parts.Pseudonyms.Custodian.Evaluate(ctx, caller, in.Body))
}

func (s *Server) openCommitments(ctx context.Context, in *bodyInput[pseudonym.Openings]) (*someOutput[pseudonym.Result], error) {
	caller, err := s.counterpart(ctx)
	if err != nil {
		return nil, err
	}
	return answerSome(s.parts.Pseudonyms.Custodian.Open(ctx, caller, in.Body))
}

// Applications names parties of the platform's own that are to be linked.
type Applications struct {
	Collection string   `json:"collection" maxLength:"128"`
	Parties    []string `json:"parties" minItems:"1" maxItems:"500" doc:"handles"`
}

func (s *Server) applyForPseudonyms(ctx context.Context, in *bodyInput[Applications]) (*someOutput[pseudonym.Result], error) {
	if in.Body.Collection == wire.Exposure {
		return nil, fault.In(fault.InvalidField, "collection")
	}
	about(ctx, in.Body.Parties...)
	return answerSome(s.parts.Pseudonyms.Platform.Apply(ctx, in.Body.Collection, in.Body.Parties))
}

func (s *Server) renewPseudonyms(ctx context.Context, in *bodyInput[pseudonym.Renewal]) (*someOutput[pseudonym.Result], error) {
	member, err := s.counterpart(ctx)
	if err != nil {
		return nil, err
	}
	leads := func(p projection.Pair) bool {
		return p.Custodian == member && wire.PairCollection(p.Platform, p.Custodian) == in.Body.Collection
	}
	if !slices.ContainsFunc(s.parts.Pairs, leads) {
		return nil, fault.New(fault.WrongMember) // the custodian of the collection leads, and nobody else
	}
	about(ctx, in.Body.Parties...)
	return answerSome(s.parts.Pseudonyms.Platform.Renew(ctx, in.Body.Epoch, in.Body.Collection, in.Body.Parties))
}
