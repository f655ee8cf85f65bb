package api

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
)

// givesRights are the operations that give somebody rights, or a way to act with another's, or take the second
// administrator away who would have to agree.
var givesRights = map[string]bool{
	"user.create": true, "user.set_roles": true, "user.enable": true, "user.reset": true, "user.link": true, "user.disable": true,
	"key.create": true, "certificate.bind": true,
}

// rightsAsked is what the body of such an operation says of who gets them.
type rightsAsked struct {
	Roles []access.Role `json:"roles"`
	Party string        `json:"party"`
	User  string        `json:"user"` // for whom a key or a certificate is
}

// resource is what the policies need to know about what is asked for.
func (g *Gate) resource(ctx context.Context, caller access.Principal, question Question) (access.Resource, error) {
	operation, _ := access.Lookup(question.Operation)
	resource := access.Resource{Type: operation.Noun(), ID: question.subject()}
	if !givesRights[question.Operation] {
		return resource, nil
	}
	var asked rightsAsked
	// A body that cannot be read is refused later; here it counts as asking for everything.
	unreadable := len(question.Body) > 0 && json.Unmarshal(question.Body, &asked) != nil
	resource.Privileged = unreadable || access.Privileged(asked.Roles)
	for _, id := range []string{resource.ID, asked.User} {
		if id == "" || id == caller.ID && question.Operation == "key.create" { // a key does no more than its owner
			continue
		}
		user, err := g.Users.User(ctx, id)
		if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
			return resource, err
		}
		resource.Privileged = resource.Privileged || privileged(question.Operation, user)
		resource.Customer = resource.Customer || actsAsCustomer(user, asked)
	}
	taken, err := g.opensTaken(ctx, question, asked)
	if err != nil {
		return resource, err
	}
	resource.Customer = resource.Customer || taken
	resource.Alone, err = g.Users.Alone(ctx, caller)
	return resource, err
}

// privileged reports whether an operation on a user is about rights of staff. Anybody may be locked out by one
// administrator at once, but an administrator: one of two must not be rid of the other.
func privileged(operation string, user access.User) bool {
	if operation == "user.disable" {
		return slices.Contains(user.Roles, access.Administrator)
	}
	return access.Privileged(user.Roles)
}

// actsAsCustomer reports whether who gets to act as a user acts as a customer: because the user is one, or
// because the user has a party and is to become one.
func actsAsCustomer(user access.User, asked rightsAsked) bool {
	customer := func(roles []access.Role) bool { return slices.ContainsFunc(roles, access.Role.Customer) }
	return customer(user.Roles) || user.Party != "" && customer(asked.Roles)
}

// opensTaken reports whether a user is to be made for a party that has one already: a second way in to what is a
// customer's. The user that this very request made before a crash does not count.
func (g *Gate) opensTaken(ctx context.Context, question Question, asked rightsAsked) (bool, error) {
	if question.Operation != "user.create" || asked.Party == "" {
		return false, nil
	}
	return g.Users.HasUser(ctx, asked.Party, userIDOf(question.CommandID))
}
