package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/masking"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/screening"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Customers are the packages that know people. All of them are needed.
type Customers struct {
	People    *person.People
	Rights    *person.Rights
	Cases     *kyc.Cases
	Screening *screening.Screening
	Documents *documents.Store
}

const personTag = "Person"

// registerPeople adds what is kept about people. Every record leaves through masking.
func (s *Server) registerPeople() {
	if s.parts.Customers == nil {
		return
	}
	registerList(s, operation{
		id: "person.list", method: http.MethodGet, path: "/v1/people", tag: personTag, summary: "List people, masked by role",
	}, s.listPeople)
	register(s, operation{
		id: "person.read", method: http.MethodGet, path: "/v1/people/{id}", tag: personTag, single: true,
		summary: "Read a person, masked by role",
	}, s.readPerson)
	register(s, operation{
		id: "person.find", method: http.MethodPost, path: "/v1/people/find", tag: personTag, repeatable: true,
		summary: "Find people by an identity number or a phone; in the body, so that no address holds it",
	}, s.findPeople)
	register(s, operation{
		id: "person.create", method: http.MethodPost, path: "/v1/people", tag: personTag, summary: "Add a person",
	}, s.createPerson)
	register(s, operation{
		id: "person.update", method: http.MethodPatch, path: "/v1/people/{id}", tag: personTag,
		summary: "Put other values in the place of some of a person's: an empty one is taken away, one that is left out stays",
	}, s.updatePerson)
	register(s, operation{
		id: "person.export", method: http.MethodGet, path: "/v1/people/{id}/export", tag: personTag, single: true,
		summary: "Everything that is kept about a person: in the clear for that person, masked by role for the staff",
	}, s.exportPerson)
	s.registerErasure()
}

// PersonPath names a person. It is exported because huma reads no embedded struct that is not.
type PersonPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$" doc:"The person's id"`
}

// personOf finds a person, and the roles in which the caller sees it. Another's record does not exist for
// a customer.
func (s *Server) personOf(ctx context.Context, id string) (person.Record, []string, error) {
	found, err := s.parts.Customers.People.Find(ctx, id)
	if err != nil {
		return person.Record{}, nil, err
	}
	own, narrowed := callerOf(ctx).Own()
	isOwn := own != "" && own == found.Party
	if narrowed && !isOwn {
		return person.Record{}, nil, fault.In(fault.NotFound, "person")
	}
	about(ctx, found.Party, found.ID)
	roles := viewerRoles(ctx)
	if isOwn {
		roles = append(roles, masking.Own)
	}
	return found, roles, nil
}

func viewerRoles(ctx context.Context) []string {
	var roles []string
	for _, role := range callerOf(ctx).Roles {
		roles = append(roles, string(role))
	}
	return roles
}

type peopleInput struct{ Paging }

func (s *Server) listPeople(ctx context.Context, _ *peopleInput, page projection.Page) (projection.List[person.Record], error) {
	roles := viewerRoles(ctx)
	if own, narrowed := callerOf(ctx).Own(); narrowed {
		found, err := s.parts.Customers.People.FindParty(ctx, own)
		if fault.Of(err) != nil && fault.Of(err).Code == fault.NotFound {
			return projection.List[person.Record]{}, nil
		}
		if err != nil {
			return projection.List[person.Record]{}, err
		}
		masked, err := masking.Mask([]person.Record{found}, append(roles, masking.Own)...)
		return projection.List[person.Record]{Items: masked}, err
	}
	return idPage(page, func(r person.Record) string { return r.ID }, func(after string, limit int) ([]person.Record, error) {
		found, err := s.parts.Customers.People.List(ctx, after, limit)
		if err != nil {
			return nil, err
		}
		return masking.Mask(found, roles...)
	})
}

// idPage makes a page of a listing that goes by ids. It asks for one more than fits, to know whether
// there is a next page.
func idPage[T any](page projection.Page, id func(T) string, fetch func(after string, limit int) ([]T, error)) (projection.List[T], error) {
	found, err := fetch(page.After, page.Limit+1)
	if err != nil || len(found) <= page.Limit {
		return projection.List[T]{Items: found}, err
	}
	found = found[:page.Limit]
	return projection.List[T]{Items: found, Next: id(found[len(found)-1])}, nil
}

type personOutput struct{ Body person.Record }

func (s *Server) readPerson(ctx context.Context, input *PersonPath) (*personOutput, error) {
	found, roles, err := s.personOf(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	return maskedPerson(found, roles)
}

func maskedPerson(r person.Record, roles []string) (*personOutput, error) {
	masked, err := masking.Mask(r, roles...)
	return &personOutput{Body: masked}, err
}

type findPeopleInput struct {
	Body struct {
		Kind  vault.Kind `json:"kind" enum:"identity_number,phone"`
		Value string     `json:"value" minLength:"1" maxLength:"64"`
	}
}

type foundPeople struct {
	Items []person.Record `json:"items"`
}

type findPeopleOutput struct{ Body foundPeople }

func (s *Server) findPeople(ctx context.Context, input *findPeopleInput) (*findPeopleOutput, error) {
	found, err := s.parts.Customers.People.LookUp(ctx, input.Body.Kind, input.Body.Value)
	if err != nil {
		return nil, err
	}
	masked, err := masking.Mask(found, viewerRoles(ctx)...)
	if masked == nil {
		masked = []person.Record{}
	}
	return &findPeopleOutput{Body: foundPeople{Items: masked}}, err
}

type createPersonInput struct {
	Body struct {
		Party  string        `json:"party,omitempty" pattern:"^[0-9a-f]{32}$" doc:"The handle on the ledger; made when not given"`
		Kind   party.Kind    `json:"kind" enum:"natural,legal,institution"`
		Fields person.Fields `json:"fields"`
	}
}

func (s *Server) createPerson(ctx context.Context, input *createPersonInput) (*personOutput, error) {
	handle := input.Body.Party
	if handle == "" {
		handle = person.NewParty()
	}
	made, err := s.parts.Customers.People.Create(ctx, handle, input.Body.Kind, input.Body.Fields)
	if err != nil {
		return nil, inFields(err)
	}
	return maskedPerson(made, viewerRoles(ctx))
}

// inFields names the field of a refusal by its path in the body, where what people are known by is under fields.
func inFields(err error) error {
	if f := fault.Of(err); f != nil && person.IsField(f.Field) {
		return errors.Join(fault.In(f.Code, "fields."+f.Field), err)
	}
	return err
}

type updatePersonInput struct {
	PersonPath
	Body struct {
		Version int64               `json:"version" minimum:"1" doc:"The version that was read"`
		Party   string              `json:"party,omitempty" pattern:"^[0-9a-f]{32}$" doc:"Kept as it is when not given; a record that has a case keeps it whatever is given"`
		Fields  person.FieldChanges `json:"fields,omitempty" doc:"A value that was read masked is refused"`
	}
}

func (s *Server) updatePerson(ctx context.Context, input *updatePersonInput) (*personOutput, error) {
	_, roles, err := s.personOf(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	after, err := s.parts.Customers.People.Update(ctx, input.ID, person.Change{
		Version: input.Body.Version, By: callerOf(ctx).ID, Party: input.Body.Party, Fields: input.Body.Fields,
	})
	if err != nil {
		return nil, inFields(err)
	}
	return maskedPerson(after, roles)
}

type exportOutput struct{ Body person.Export }

func (s *Server) exportPerson(ctx context.Context, input *PersonPath) (*exportOutput, error) {
	_, roles, err := s.personOf(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	if slices.Contains(roles, masking.Own) {
		export, err := s.parts.Customers.Rights.Export(ctx, input.ID)
		return &exportOutput{Body: export}, err
	}
	export, err := s.parts.Customers.Rights.StaffExport(ctx, input.ID)
	if err == nil {
		export, err = masking.Mask(export, roles...)
	}
	return &exportOutput{Body: export}, err
}

// todayOf is China's date.
func todayOf(now time.Time) calendar.Date { return calendar.Shanghai(now.Unix()) }
