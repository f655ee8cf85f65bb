package masking

import "github.com/tallystick/tallystick/gateway-app/store"

// View is how much of a value a reader gets.
type View int

// The views, from nothing to everything.
const (
	Hidden View = iota
	Masked
	Clear
)

// String names the view as the table in the documents does.
func (v View) String() string { return [...]string{"hidden", "masked", "clear"}[v] }

// Own is the role of a person towards the records about itself, beside the roles of access.
const Own = "own"

// Filing is the role of an officer of compliance towards the customer whom a report to the authority must name, beside the
// roles of access and in that form alone.
const Filing = "filing"

// views is the table: role × class.
var views = map[string]map[store.Class]View{
	"platform_operator":  row(Clear, Masked, Masked),
	"risk_officer":       row(Clear, Clear, Masked),
	"finance":            row(Clear, Masked, Masked),
	"custodian_operator": row(Clear, Clear, Clear),
	"compliance":         row(Clear, Clear, Masked),
	"supervisor":         row(Clear, Clear, Masked),
	"auditor":            row(Clear, Masked, Masked),
	"administrator":      row(Clear, Hidden, Hidden),
	"machine":            row(Clear, Masked, Hidden),
	"counterpart":        row(Hidden, Hidden, Hidden),
	"borrower":           row(Hidden, Hidden, Hidden),
	"lender":             row(Hidden, Hidden, Hidden),
	Own:                  row(Clear, Clear, Masked),
	Filing:               row(Clear, Clear, Clear),
}

func row(internal, secret, topSecret View) map[store.Class]View {
	return map[store.Class]View{
		store.Public: Clear, store.Internal: internal, store.Secret: secret, store.TopSecret: topSecret,
	}
}

// Roles lists the roles of the table.
func Roles() []string {
	return []string{
		"platform_operator", "risk_officer", "finance", "custodian_operator", "compliance", "supervisor", "auditor",
		"administrator", "machine", "counterpart", "borrower", "lender", Own, Filing,
	}
}

// ViewOf is what whoever has these roles gets of a class: the widest of them. A role that is not in the
// table gets what is public.
func ViewOf(class store.Class, roles ...string) View {
	widest := Hidden
	if class == store.Public {
		widest = Clear
	}
	for _, role := range roles {
		widest = max(widest, views[role][class])
	}
	return widest
}
