package access

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/cedar-policy/cedar-go"
)

// The vocabulary of the policies:
//
//	principal  User::"<id>", in Role::"<role>" for each role; attribute party (a string)
//	action     Action::"loan.read", in Action::"loan:read", Action::"loan", Action::"read" and, for those
//	           that show personal data, Action::"personal"; for those about alerts, Action::"confidential"
//	resource   Thing::"loan/<handle>"; attribute parties (a set of strings), where known
//	context    approved, alone, privileged, customer, code_due, password_due,
//	           scoped, in_scope (booleans)
const (
	userType   = "User"
	roleType   = "Role"
	actionType = "Action"
	thingType  = "Thing"
)

func actionUID(id string) cedar.EntityUID { return cedar.NewEntityUID(actionType, cedar.String(id)) }

// actionEntities puts every operation into the groups that policies may name.
func actionEntities() cedar.EntityMap {
	entities := cedar.EntityMap{}
	for _, operation := range operations {
		var parents []cedar.EntityUID
		for _, group := range operation.groups() {
			parents = append(parents, actionUID(group))
		}
		uid := actionUID(operation.ID)
		entities[uid] = cedar.Entity{UID: uid, Parents: cedar.NewEntityUIDSet(parents...)}
	}
	return entities
}

// question puts one decision into Cedar's words.
func question(p Principal, operation string, resource Resource) (cedar.EntityMap, cedar.Request) {
	var parents []cedar.EntityUID
	for _, role := range p.Roles {
		parents = append(parents, cedar.NewEntityUID(roleType, cedar.String(role)))
	}
	user := cedar.NewEntityUID(userType, cedar.String(p.ID))
	thing := cedar.NewEntityUID(thingType, cedar.String(resource.Type+"/"+resource.ID))
	attributes := cedar.RecordMap{}
	if resource.Parties != nil {
		var parties []cedar.Value
		for _, party := range resource.Parties {
			parties = append(parties, cedar.String(party))
		}
		attributes["parties"] = cedar.NewSet(parties...)
	}
	entities := cedar.EntityMap{
		user: {
			UID: user, Parents: cedar.NewEntityUIDSet(parents...),
			Attributes: cedar.NewRecord(cedar.RecordMap{"party": cedar.String(p.Party)}),
		},
		thing: {UID: thing, Attributes: cedar.NewRecord(attributes)},
	}
	return entities, cedar.Request{
		Principal: user, Action: actionUID(operation), Resource: thing,
		Context: cedar.NewRecord(cedar.RecordMap{
			"approved":     cedar.Boolean(resource.Approved),
			"alone":        cedar.Boolean(resource.Alone),
			"privileged":   cedar.Boolean(resource.Privileged),
			"customer":     cedar.Boolean(resource.Customer),
			"code_due":     cedar.Boolean(p.CodeDue),
			"password_due": cedar.Boolean(p.PasswordDue),
			"scoped":       cedar.Boolean(p.Scope != nil),
			"in_scope":     cedar.Boolean(slices.Contains(p.Scope, operation)),
		}),
	}
}

var (
	namedAction = regexp.MustCompile(`Action::"([^"]*)"`)
	namedRole   = regexp.MustCompile(`Role::"([^"]*)"`)
	comment     = regexp.MustCompile(`(?m)//.*$`)
)

// checkNames refuses a policy text that names an operation, a group or a role that does not exist.
func checkNames(text string) error {
	text = comment.ReplaceAllString(text, "")
	known := map[string]bool{}
	for _, operation := range operations {
		known[operation.ID] = true
		for _, group := range operation.groups() {
			known[group] = true
		}
	}
	for _, match := range namedAction.FindAllStringSubmatch(text, -1) {
		if !known[match[1]] {
			return fmt.Errorf("there is no operation or group %q", match[1])
		}
	}
	for _, match := range namedRole.FindAllStringSubmatch(text, -1) {
		if !Role(match[1]).Valid() {
			return fmt.Errorf("there is no role %q", match[1])
		}
	}
	return nil
}
