package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/enrolment"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// registerUsers adds organisations and users, and the certificates with which staff sign on the ledger.
func (s *Server) registerUsers() {
	if s.parts.Users == nil {
		return
	}
	const tag = "Users"
	register(s, operation{
		id: "organisation.list", method: http.MethodGet, path: "/v1/organisations", tag: tag, summary: "List organisations",
	}, s.listOrganisations)
	register(s, operation{
		id: "organisation.create", method: http.MethodPost, path: "/v1/organisations", tag: tag, summary: "Make an organisation",
	}, s.createOrganisation)
	registerList(s, operation{
		id: "user.list", method: http.MethodGet, path: "/v1/users", tag: tag, summary: "List users",
	}, s.listUsers)
	register(s, operation{
		id: "user.read", method: http.MethodGet, path: "/v1/users/{id}", tag: tag, single: true, summary: "Read a user",
	}, s.readUser)
	registerChecked(s, operation{
		id: "user.create", method: http.MethodPost, path: "/v1/users", tag: tag, repeatable: true,
		summary: "Make a user; a password that is not given is made, and answered once. A customer gets none, but an activation code",
	}, s.checkUser, s.createUser)
	register(s, operation{
		id: "user.set_roles", method: http.MethodPut, path: "/v1/users/{id}/roles", tag: tag, repeatable: true,
		summary: "Give a user other roles",
	}, s.setRoles)
	s.registerStanding(tag)
	s.registerEnrolments(tag)
}

// registerStanding adds what an administrator does to a user in one step.
func (s *Server) registerStanding(tag string) {
	step := func(id, path, summary string, do func(ctx context.Context, id string) (access.User, error)) {
		register(s, operation{
			id: id, method: http.MethodPost, path: "/v1/users/{id}/" + path, tag: tag, repeatable: true, summary: summary,
		}, func(ctx context.Context, input *UserPath) (*userOutput, error) {
			user, err := do(ctx, input.ID)
			return &userOutput{Body: user}, err
		})
	}
	step("user.disable", "disabling", "Disable a user: sessions end, certificates are revoked", s.disableUser)
	step("user.enable", "enabling", "Let a disabled user in again", s.parts.Users.Enable)
	step("user.unlock", "unlocking", "Forgive a user's failed sign-ins", s.parts.Users.Unlock)
	register(s, operation{
		id: "user.reset", method: http.MethodPost, path: "/v1/users/{id}/resets", tag: tag,
		summary: "Give a user of staff a new password, answered once, a customer none until they are activated again, and take their one-time code away",
	}, s.resetUser)
	register(s, operation{
		id: "user.link", method: http.MethodPost, path: "/v1/users/{id}/subjects", tag: tag,
		summary: "Let a user sign in as a subject of the OpenID provider",
	}, s.linkUser)
}

// pageOf is a page of rows in the order of a key, and the cursor of the next.
func pageOf[T any](rows []T, limit int, key func(T) string) projection.List[T] {
	list := projection.List[T]{Items: rows}
	if len(rows) == limit && limit > 0 {
		list.Next = key(rows[len(rows)-1])
	}
	return list
}

type organisationsOutput struct {
	Body struct {
		Items []access.Organisation `json:"items"`
	}
}

func (s *Server) listOrganisations(ctx context.Context, _ *struct{}) (*organisationsOutput, error) {
	list, err := s.parts.Users.Organisations(ctx)
	output := &organisationsOutput{}
	output.Body.Items = append([]access.Organisation{}, list...)
	return output, err
}

type organisationInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"128"`
	}
}

type organisationOutput struct{ Body access.Organisation }

func (s *Server) createOrganisation(ctx context.Context, input *organisationInput) (*organisationOutput, error) {
	made, err := s.parts.Users.CreateOrganisation(ctx, input.Body.Name)
	return &organisationOutput{Body: made}, err
}

// UserPath names a user. It is exported because huma reads no embedded struct that is not.
type UserPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$" doc:"The user's id"`
}

type userOutput struct{ Body access.User }

func (s *Server) listUsers(ctx context.Context, _ *listInput, page projection.Page) (projection.List[access.User], error) {
	users, err := s.parts.Users.Users(ctx, page.After, page.Limit)
	return pageOf(users, page.Limit, func(u access.User) string { return u.ID }), err
}

func (s *Server) readUser(ctx context.Context, input *UserPath) (*userOutput, error) {
	user, err := s.parts.Users.User(ctx, input.ID)
	return &userOutput{Body: user}, err
}

// newUserInput is who is to be made a user.
type newUserInput struct {
	Body struct {
		Organisation string        `json:"organisation,omitempty" pattern:"^([0-9a-f]{32})?$" doc:"The organisation's id; the first one when not given"`
		Kind         string        `json:"kind,omitempty" enum:"person,machine" default:"person"`
		Name         string        `json:"name" minLength:"1" maxLength:"128" doc:"The name to sign in with"`
		Password     string        `json:"password,omitempty" maxLength:"512" doc:"Made when not given; of customers none: they choose it themselves"`
		Roles        []access.Role `json:"roles" minItems:"1" maxItems:"10"`
		Party        string        `json:"party,omitempty" pattern:"^([0-9a-f]{32})?$" doc:"A borrower's or lender's handle on the ledger"`
	}
}

// NewUser is a user who has just been made, or whose password was reset.
type NewUser struct {
	User     access.User `json:"user"`
	Password string      `json:"password,omitempty" doc:"Answered once; to be changed by its user"`
}

type newUserOutput struct{ Body NewUser }

// userIDOf is the id of the user that a request makes.
func userIDOf(command string) string { return digestOf("user", command)[:32] }

// checkUser refuses a user for their form. Nobody but a customer is to know the customer's password.
func (s *Server) checkUser(_ context.Context, input *newUserInput) error {
	asked := input.Body
	if asked.Password != "" && !access.Privileged(asked.Roles) {
		return fault.In(fault.InvalidField, "password")
	}
	return s.parts.Users.CheckUser(access.NewUser{
		Kind: asked.Kind, Name: asked.Name, Password: asked.Password, Roles: asked.Roles, Party: asked.Party,
	})
}

// createUser makes a user whose id, and password where none was given, follow from the request: a repetition after a
// crash makes nobody else, and answers the same.
func (s *Server) createUser(ctx context.Context, input *newUserInput) (*newUserOutput, error) {
	asked, made := input.Body, NewUser{}
	if asked.Organisation == "" {
		all, err := s.parts.Users.Organisations(ctx)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			return nil, fault.In(fault.MissingField, "organisation")
		}
		asked.Organisation = all[0].ID
	}
	id := userIDOf(commandIDOf(ctx))
	if asked.Kind != access.Device && asked.Password == "" && access.Privileged(asked.Roles) {
		made.Password = s.parts.Users.FirstPassword(id)
		asked.Password = made.Password
	}
	var err error
	made.User, err = s.parts.Users.CreateUser(ctx, access.NewUser{
		ID: id, Organisation: asked.Organisation, Kind: asked.Kind, Name: asked.Name, Password: asked.Password, PasswordDue: asked.Password != "",
		Roles: asked.Roles, Party: asked.Party,
	})
	return &newUserOutput{Body: made}, err
}

type rolesInput struct {
	UserPath
	Body struct {
		Roles []access.Role `json:"roles" minItems:"1" maxItems:"10"`
	}
}

// setRoles replaces the roles. A certificate carries a role, so one that no longer fits is replaced, too.
func (s *Server) setRoles(ctx context.Context, input *rolesInput) (*userOutput, error) {
	user, err := s.parts.Users.SetRoles(ctx, input.ID, input.Body.Roles)
	if err != nil {
		return nil, err
	}
	if user.Certificate != "" && s.parts.Staff != nil {
		user, err = s.enrol(ctx, user)
	}
	return &userOutput{Body: user}, err
}

// disableUser lets the user in no more from the first row on; their certificates follow. What the
// authority could not be told is told later, so its being away does not keep a user enabled.
func (s *Server) disableUser(ctx context.Context, id string) (access.User, error) {
	user, err := s.parts.Users.Disable(ctx, id)
	if err != nil || s.parts.Staff == nil {
		return user, err
	}
	if err := s.parts.Staff.Revoke(ctx, id); err != nil && !errors.Is(err, fault.New(fault.Unavailable)) {
		return user, err
	}
	return s.parts.Users.SetCertificate(ctx, id, "")
}

func (s *Server) resetUser(ctx context.Context, input *UserPath) (*newUserOutput, error) {
	password, err := s.parts.Users.Reset(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	user, err := s.parts.Users.User(ctx, input.ID)
	return &newUserOutput{Body: NewUser{User: user, Password: password}}, err
}

type subjectInput struct {
	UserPath
	Body struct {
		Subject string `json:"subject" minLength:"1" maxLength:"255" doc:"The provider's own name for the person (sub)"`
	}
}

func (s *Server) linkUser(ctx context.Context, input *subjectInput) (*userOutput, error) {
	user, err := s.parts.Users.LinkSubject(ctx, input.ID, input.Body.Subject)
	return &userOutput{Body: user}, err
}

// registerEnrolments adds the certificates of staff.
func (s *Server) registerEnrolments(tag string) {
	if s.parts.Staff == nil {
		return
	}
	registerList(s, operation{
		id: "enrolment.list", method: http.MethodGet, path: "/v1/enrolments", tag: tag,
		summary: "List the certificates with which staff sign on the ledger",
	}, func(ctx context.Context, _ *listInput, page projection.Page) (projection.List[enrolment.Enrolment], error) {
		list, err := s.parts.Staff.Enrolments(ctx, page.After, page.Limit)
		return pageOf(list, page.Limit, func(e enrolment.Enrolment) string { return e.Name }), err
	})
	register(s, operation{
		id: "enrolment.enrol", method: http.MethodPost, path: "/v1/users/{id}/enrolments", tag: tag, repeatable: true,
		summary: "Give a member of staff a certificate of their own, with the role that fits theirs",
	}, s.enrolUser)
	register(s, operation{
		id: "enrolment.renew", method: http.MethodPost, path: "/v1/enrolments/{name}/renewals", tag: tag, repeatable: true,
		summary: "Renew a certificate now; those that expire soon are renewed unasked",
	}, s.renewEnrolment)
	s.registerRevocations(tag)
}

func (s *Server) enrolUser(ctx context.Context, input *UserPath) (*userOutput, error) {
	user, err := s.parts.Users.User(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	if user.Status != access.Active {
		return nil, fault.In(fault.WrongStatus, "id")
	}
	user, err = s.enrol(ctx, user)
	return &userOutput{Body: user}, err
}

// enrol gives a user the certificate that their roles ask for, or none where they ask for none.
func (s *Server) enrol(ctx context.Context, user access.User) (access.User, error) {
	role, signs := access.LedgerRole(user.Roles)
	if !signs {
		if err := s.parts.Staff.Revoke(ctx, user.ID); err != nil {
			return user, err
		}
		return s.parts.Users.SetCertificate(ctx, user.ID, "")
	}
	made, err := s.parts.Staff.Enrol(ctx, user.ID, role)
	if err != nil {
		return user, err
	}
	return s.parts.Users.SetCertificate(ctx, user.ID, made.Name)
}

type enrolmentInput struct {
	Name string `path:"name" pattern:"^staff-[0-9a-f]{16}$"`
}

type enrolmentOutput struct{ Body enrolment.Enrolment }

func (s *Server) renewEnrolment(ctx context.Context, input *enrolmentInput) (*enrolmentOutput, error) {
	renewed, err := s.parts.Staff.Renew(ctx, input.Name)
	return &enrolmentOutput{Body: renewed}, err
}
