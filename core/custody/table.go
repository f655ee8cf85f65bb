package custody

import (
	"slices"

	"github.com/tallystick/tallystick/core/party"
)

// Transition is one row of the instruction's table: from a status, an action by a kind of member leads
// to another status. Kinds names the instructions it holds for; empty means all.
type Transition struct {
	From   Status
	Action string
	Who    []party.MemberKind
	Kinds  []Kind
	To     Status
}

// Transitions is the whole machine. What is not in it is refused.
func Transitions() []Transition {
	custodian := []party.MemberKind{party.Custodian}
	platform := []party.MemberKind{party.Platform}
	// A dead or hostile platform stops nothing that its customers are owed: custodian and regulator
	// may end what the platform began.
	anyone := []party.MemberKind{party.Platform, party.Custodian, party.Regulator}
	ordered := []Kind{Deposit, Hold, Release, Disburse, Collect, Withdraw}
	netted := []Kind{PayOut, Fee, Refund}
	// What customers are owed ends with the custodian's word alone: paid, or refused and owed again. A
	// member's fee is not refused either: it stays open until the member's own account can take it.
	return []Transition{
		{None, "instruct", platform, ordered, Instructed},
		{None, "instruct", custodian, append([]Kind{Deposit, Withdraw}, netted...), Instructed},
		{Instructed, "accept", custodian, nil, Accepted},
		{Instructed, "refuse", custodian, append([]Kind{PayOut, Refund}, ordered...), Refused},
		{Instructed, "expire", anyone, ordered, Expired},
		{Instructed, "cancel", anyone, ordered, Cancelled},
		{Accepted, "settle", custodian, nil, Settled},
		{Accepted, "settle", custodian, []Kind{Collect}, SettledInPart},
		{Accepted, "refuse", custodian, []Kind{Deposit, Disburse, Collect, PayOut, Withdraw, Refund}, Refused},
		{Accepted, "cancel", anyone, []Kind{Hold}, Cancelled},
	}
}

var transitions = Transitions()

func knownFrom(s Status, action string) bool {
	return slices.ContainsFunc(transitions, func(t Transition) bool { return t.From == s && t.Action == action })
}

func allowed(s Status, action string, who party.MemberKind, k Kind) bool {
	return slices.ContainsFunc(transitions, func(t Transition) bool {
		return t.From == s && t.Action == action && slices.Contains(t.Who, who) &&
			(len(t.Kinds) == 0 || slices.Contains(t.Kinds, k))
	})
}
