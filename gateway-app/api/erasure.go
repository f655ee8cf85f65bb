package api

import (
	"cmp"
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/masking"
	"github.com/tallystick/tallystick/gateway-app/person"
)

// registerErasure adds the end of a record: duties, holds, authorities and the purge.
func (s *Server) registerErasure() {
	op := func(id, method, path, summary string) operation {
		return operation{id: id, method: method, path: "/v1/people/{id}" + path, tag: personTag, summary: summary, repeatable: method != http.MethodGet}
	}
	read := op("person.erasure", http.MethodGet, "/erasure", "How far an erasure has come, and what stands in its way")
	read.books = true // they say what is open with the party
	register(s, read, s.readErasure)
	register(s, op("person.restrict", http.MethodPost, "/erasure", "Ask for erasure: the record is restricted at once"), s.restrictPerson)
	register(s, op("person.authorise", http.MethodPost, "/erasure/authorities", "Record the custodian's or the regulator's signed authority to purge"), s.authoriseErasure)
	register(s, op("person.purge", http.MethodPost, "/erasure/purge", "Purge a restricted record, and answer the signed receipt"), s.purgePerson)
	register(s, op("person.end", http.MethodPost, "/end", "Say that the business relation ended, which takes a second user: from then its retention runs"), s.endRelation)
	register(s, op("person.keep", http.MethodPost, "/duties", "Record a duty to keep the record, or prolong it"), s.keepPerson)
	hold := op("person.hold", http.MethodPost, "/holds", "Place a legal hold, which stops a purge")
	hold.repeatable = false
	register(s, hold, s.holdPerson)
	register(s, op("person.release", http.MethodPost, "/holds/{hold}/release", "Release a legal hold"), s.releasePerson)
}

type restrictInput struct {
	PersonPath
	Body struct {
		Reason string `json:"reason,omitempty" pattern:"^[a-z][a-z0-9_-]{0,63}$" doc:"A code; asked_by_person when not given"`
	}
}

type erasureOutput struct{ Body person.Erasure }

// erasure answers how far it has come. A customer does not learn of holds and duties by their reference:
// a court's or a supervisor's case may be secret. Staff read references as they read a name.
func (s *Server) erasure(ctx context.Context, e person.Erasure, err error) (*erasureOutput, error) {
	if err != nil {
		return nil, err
	}
	_, narrowed := callerOf(ctx).Own()
	if narrowed {
		e = person.Erasure{Person: e.Person, Status: e.Status, RequestedAt: e.RequestedAt, Reason: e.Reason, PurgedAt: e.PurgedAt, Receipt: e.Receipt}
	}
	roles := viewerRoles(ctx)
	if e.Duties, err = masking.Mask(e.Duties, roles...); err != nil {
		return nil, err
	}
	if e.Holds, err = masking.Mask(e.Holds, roles...); err != nil {
		return nil, err
	}
	if e.Request.Duties == nil && !narrowed {
		e.Request.Duties = []person.KeptDuty{}
	}
	if e.Request.Open == nil && !narrowed {
		e.Request.Open = []string{}
	}
	if e.Duties == nil {
		e.Duties = []person.Duty{}
	}
	if e.Holds == nil {
		e.Holds = []person.Hold{}
	}
	if e.Authorities == nil {
		e.Authorities = []person.Authority{}
	}
	return &erasureOutput{Body: e}, nil
}

func (s *Server) readErasure(ctx context.Context, input *PersonPath) (*erasureOutput, error) {
	if _, _, err := s.personOf(ctx, input.ID); err != nil {
		return nil, err
	}
	e, err := s.parts.Customers.Rights.Find(ctx, input.ID)
	return s.erasure(ctx, e, err)
}

func (s *Server) restrictPerson(ctx context.Context, input *restrictInput) (*erasureOutput, error) {
	if _, _, err := s.personOf(ctx, input.ID); err != nil {
		return nil, err
	}
	e, err := s.parts.Customers.Rights.Request(ctx, input.ID, callerOf(ctx).ID, cmp.Or(input.Body.Reason, person.AskedByPerson))
	return s.erasure(ctx, e, err)
}

type authorityInput struct {
	PersonPath
	Body struct {
		Kind      party.MemberKind `json:"kind" enum:"custodian,regulator"`
		Member    string           `json:"member" minLength:"1" maxLength:"64"`
		Reference string           `json:"reference" pattern:"^[0-9A-Za-z][0-9A-Za-z._:/-]{0,63}$" doc:"The member's own number for it: it stays in the receipt, so it has no number of eleven digits or more in it"`
		Signature []byte           `json:"signature,omitempty" maxLength:"256" doc:"As the member's own app answers it: POST /v1/erasure-authorities/{id}"`
	}
}

func (s *Server) authoriseErasure(ctx context.Context, input *authorityInput) (*erasureOutput, error) {
	e, err := s.parts.Customers.Rights.Authorise(ctx, input.ID, person.Authority{
		Kind: input.Body.Kind, Member: input.Body.Member, Reference: input.Body.Reference, Signature: input.Body.Signature,
		RecordedBy: callerOf(ctx).ID,
	})
	return s.erasure(ctx, e, err)
}

func (s *Server) purgePerson(ctx context.Context, input *PersonPath) (*erasureOutput, error) {
	e, err := s.parts.Customers.Rights.Purge(ctx, input.ID)
	return s.erasure(ctx, e, err)
}

type keptPerson struct {
	Duties []person.Duty `json:"duties"`
}

type keptOutput struct{ Body keptPerson }

func (s *Server) kept(ctx context.Context, id string, err error) (*keptOutput, error) {
	if err != nil {
		return nil, err
	}
	duties, err := s.parts.Customers.People.Duties(ctx, id)
	if err == nil {
		duties, err = masking.Mask(duties, viewerRoles(ctx)...)
	}
	return &keptOutput{Body: keptPerson{Duties: duties}}, err
}

type endInput struct {
	PersonPath
	Body struct {
		On calendar.Date `json:"on" doc:"The last day of the relation: not before the record's first, no later than today"`
	}
}

func (s *Server) endRelation(ctx context.Context, input *endInput) (*keptOutput, error) {
	if input.Body.On.IsZero() {
		return nil, fault.In(fault.InvalidField, "on")
	}
	return s.kept(ctx, input.ID, s.parts.Customers.People.End(ctx, input.ID, input.Body.On))
}

type keepInput struct {
	PersonPath
	Body struct {
		Kind      person.DutyKind `json:"kind" enum:"aml,contract,litigation,order"`
		Reference string          `json:"reference" minLength:"1" maxLength:"128" doc:"The contract, case or order, by its number"`
		Until     calendar.Date   `json:"until,omitempty" doc:"The last day; open when not given"`
	}
}

func (s *Server) keepPerson(ctx context.Context, input *keepInput) (*keptOutput, error) {
	return s.kept(ctx, input.ID, s.parts.Customers.People.Keep(ctx, input.ID, person.Duty(input.Body)))
}

type holdInput struct {
	PersonPath
	Body struct {
		Reference string `json:"reference" minLength:"1" maxLength:"128" doc:"The order, by its number"`
	}
}

type holdOutput struct{ Body person.Hold }

func (s *Server) holdPerson(ctx context.Context, input *holdInput) (*holdOutput, error) {
	hold, err := s.parts.Customers.People.Place(ctx, input.ID, input.Body.Reference, callerOf(ctx).ID)
	if err == nil {
		hold, err = masking.Mask(hold, viewerRoles(ctx)...)
	}
	return &holdOutput{Body: hold}, err
}

type releaseInput struct {
	PersonPath
	Hold string `path:"hold" pattern:"^[0-9a-f]{32}$"`
}

type releaseOutput struct {
	Body struct {
		Holds []person.Hold `json:"holds"`
	}
}

func (s *Server) releasePerson(ctx context.Context, input *releaseInput) (*releaseOutput, error) {
	if err := s.parts.Customers.People.Release(ctx, input.ID, input.Hold, callerOf(ctx).ID); err != nil {
		return nil, err
	}
	var output releaseOutput
	var err error
	output.Body.Holds, err = s.parts.Customers.People.Holds(ctx, input.ID)
	if err == nil {
		output.Body.Holds, err = masking.Mask(output.Body.Holds, viewerRoles(ctx)...)
	}
	return &output, err
}
