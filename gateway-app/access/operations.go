package access

import (
	"slices"
	"strings"
)

// Kind says whether an operation changes anything.
type Kind string

// The kinds of operations.
const (
	Read  Kind = "read"
	Write Kind = "write"
)

// Operation is one thing that can be asked for. Its id is the OpenAPI operation id, the Cedar action and
// the word in the access log: "noun.verb".
type Operation struct {
	ID       string
	Kind     Kind
	Personal bool // shows or takes personal data, so every use of it is logged
}

// Noun is what the operation is about.
func (o Operation) Noun() string {
	noun, _, _ := strings.Cut(o.ID, ".")
	return noun
}

// groups are the action groups of the policies' language that the operation belongs to.
func (o Operation) groups() []string {
	groups := []string{o.Noun(), o.Noun() + ":" + string(o.Kind), string(o.Kind)}
	if o.Personal {
		groups = append(groups, "personal")
	}
	if o.Confidential() {
		groups = append(groups, confidentialGroup)
	}
	return groups
}

// Operations lists every operation, in the order of the table.
func Operations() []Operation { return slices.Clone(operations) }

// OperationIDs lists the ids.
func OperationIDs() []string {
	ids := make([]string, len(operations))
	for i, operation := range operations {
		ids[i] = operation.ID
	}
	return ids
}

// Lookup finds an operation by its id.
func Lookup(id string) (Operation, bool) {
	for _, operation := range operations {
		if operation.ID == id {
			return operation, true
		}
	}
	return Operation{}, false
}

// Known reports whether rows of the access log may name an operation: it is on the list, or the app does it unasked.
func Known(operation string) bool {
	_, listed := Lookup(operation)
	return listed || operation == "reminder.send"
}
