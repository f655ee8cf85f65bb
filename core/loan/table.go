package loan

import (
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

// Status is how far a loan has come.
type Status string

// The statuses. None is a loan that does not exist; the four after WrittenOff are ends.
const (
	None       Status = ""
	Proposed   Status = "proposed"
	Cleared    Status = "cleared"
	Collecting Status = "funding" // holds are being collected
	Funded     Status = "funded"
	Disbursing Status = "disbursing"
	Active     Status = "active"
	Repaid     Status = "repaid"
	WrittenOff Status = "written_off" // the claim remains
	Declined   Status = "declined"
	Withdrawn  Status = "withdrawn"
	Expired    Status = "expired"
	Cancelled  Status = "cancelled"
)

// Statuses lists every status in the order of a loan's life.
func Statuses() []Status {
	return []Status{
		None, Proposed, Cleared, Collecting, Funded, Disbursing, Active, Repaid, WrittenOff,
		Declined, Withdrawn, Expired, Cancelled,
	}
}

// EndedUnpaid reports whether the loan came to its end before the money left: it has financed nothing, and
// nobody's cash may stay promised to it.
func (s Status) EndedUnpaid() bool {
	switch s {
	case Declined, Withdrawn, Expired, Cancelled:
		return true
	}
	return false
}

// Action is what may be done to a loan.
type Action string

// The actions.
const (
	ActPropose  Action = "propose"
	ActClear    Action = "clear"
	ActDecline  Action = "decline"
	ActWithdraw Action = "withdraw"
	ActExpire   Action = "expire"
	ActCancel   Action = "cancel"
	ActFund     Action = "fund"
	ActHold     Action = "hold" // a hold was accepted
	ActDisburse Action = "disburse"
	ActReturn   Action = "return" // the disbursement was refused
	ActActivate Action = "activate"
	ActReceive  Action = "receive"
	ActReverse  Action = "reverse"
	ActNet      Action = "net"
	ActWriteOff Action = "write_off"
	ActFreeze   Action = "freeze"
	ActRelease  Action = "release"
)

// Actions lists every action.
func Actions() []Action {
	return []Action{
		ActPropose, ActClear, ActDecline, ActWithdraw, ActExpire, ActCancel, ActFund, ActHold, ActDisburse,
		ActReturn, ActActivate, ActReceive, ActReverse, ActNet, ActWriteOff, ActFreeze, ActRelease,
	}
}

// Transition is one row of the table. To names where the action may lead; where it names several, the
// loan's amounts decide, and where it names none, the status stays.
type Transition struct {
	From   []Status
	Action Action
	Who    []party.MemberKind
	To     []Status
}

// Transitions is the whole life of a loan. What is not in it is refused.
//
// Custodian and regulator may end what a platform began, so that a dead or hostile platform holds
// nobody's cash. Whatever the bank received is booked: Receive is allowed wherever a debt was ever
// paid out, frozen or finished.
func Transitions() []Transition {
	var (
		platform  = []party.MemberKind{party.Platform}
		custodian = []party.MemberKind{party.Custodian}
		regulator = []party.MemberKind{party.Regulator}
		overseer  = []party.MemberKind{party.Platform, party.Regulator}
		anyone    = []party.MemberKind{party.Platform, party.Custodian, party.Regulator}
	)
	owed := []Status{Active, Repaid, WrittenOff}
	return []Transition{
		{[]Status{None}, ActPropose, platform, []Status{Proposed}},
		{[]Status{Proposed}, ActClear, regulator, []Status{Cleared}},
		{[]Status{Proposed, Cleared}, ActDecline, overseer, []Status{Declined}},
		{[]Status{Proposed, Cleared, Collecting, Funded}, ActWithdraw, platform, []Status{Withdrawn}},
		{[]Status{Proposed, Cleared, Collecting}, ActExpire, anyone, []Status{Expired}},
		{[]Status{Cleared, Collecting, Funded}, ActCancel, anyone, []Status{Cancelled}},
		{[]Status{Cleared}, ActFund, platform, []Status{Collecting}},
		{[]Status{Collecting}, ActHold, custodian, []Status{Collecting, Funded}},
		{[]Status{Funded}, ActDisburse, platform, []Status{Disbursing}},
		{[]Status{Disbursing}, ActReturn, anyone, []Status{Funded}},
		{[]Status{Disbursing}, ActActivate, custodian, []Status{Active}},
		{[]Status{Active}, ActReceive, custodian, []Status{Active, Repaid}},
		{[]Status{Repaid}, ActReceive, custodian, []Status{Repaid}},
		{[]Status{WrittenOff}, ActReceive, custodian, []Status{WrittenOff, Repaid}},
		{[]Status{Active}, ActReverse, custodian, []Status{Active}},
		{[]Status{Repaid}, ActReverse, custodian, []Status{Active, Repaid, WrittenOff}},
		{[]Status{WrittenOff}, ActReverse, custodian, []Status{WrittenOff}},
		{owed, ActNet, custodian, nil},
		{[]Status{Active}, ActWriteOff, overseer, []Status{WrittenOff}},
		{[]Status{Proposed, Cleared, Collecting, Funded, Disbursing, Active, WrittenOff}, ActFreeze, regulator, nil},
		{[]Status{Proposed, Cleared, Collecting, Funded, Disbursing, Active, Repaid, WrittenOff}, ActRelease, regulator, nil},
	}
}

var transitions = Transitions()

// Permit refuses an action that the table does not allow from a status, or not to this kind of member.
// Status comes before authority: whoever may not act learns nothing by asking.
func Permit(s Status, a Action, who party.MemberKind) error {
	known := false
	for _, t := range transitions {
		if t.Action != a || !slices.Contains(t.From, s) {
			continue
		}
		known = true
		if slices.Contains(t.Who, who) {
			return nil
		}
	}
	switch {
	case known:
		return fault.New(fault.WrongMember)
	case s == None:
		return fault.In(fault.NotFound, "loan")
	case a == ActPropose:
		return fault.In(fault.AlreadyExists, "loan")
	}
	return fault.In(fault.WrongStatus, "loan")
}
