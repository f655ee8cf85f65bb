package access

import "slices"

// The rule of what stays between those who may know of alerts. The anti-money-laundering law forbids that whoever is
// looked at, or might warn them, learn of it; and who did what in a member's house tells it as well as an alert does.
// So confidential is
//
//   - every operation about alerts and reports of suspicions, their feeds and their reports, whoever ran or tried it;
//   - what somebody could do as an officer of compliance alone: they look at a customer's books because of an alert;
//   - what an officer of compliance was refused, which names a customer as well.
//
// It is written in the program and in no policy, because a member's policies decide who may know, not whether the law
// holds. Who may know is whoever may run ConfidentialReader.

// ConfidentialReader is the operation that whoever may learn of alerts is permitted.
const ConfidentialReader = "alert.list"

// confidentialNouns are the nouns of which every operation is confidential, and confidentialIDs further operations. A
// test holds them against the policies: what compliance may do and nobody of the business may is to be among them.
var (
	confidentialNouns = []string{"alert", "suspicion"}
	confidentialIDs   = []string{"report.alerts"}
)

// confidentialGroup is the action group of these operations.
const confidentialGroup = "confidential"

// Confidential reports whether the very use of the operation tells that a customer's money is looked at.
func (o Operation) Confidential() bool {
	return slices.Contains(confidentialNouns, o.Noun()) || slices.Contains(confidentialIDs, o.ID)
}

// Confidential reports whether that somebody ran an operation, or was refused it, is for those alone who may know of
// alerts.
func (a *Authoriser) Confidential(p Principal, operation string, allowed bool) bool {
	if known, ok := Lookup(operation); ok && known.Confidential() {
		return true
	}
	if !p.Has(Compliance) {
		return false
	}
	if !allowed {
		return true
	}
	other := p
	other.Roles = slices.DeleteFunc(slices.Clone(p.Roles), func(r Role) bool { return r == Compliance })
	return !a.decide(other, operation, Resource{Approved: true}).Allowed
}
