package alert

import (
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Kind is what a movement is to the customer whose money it is.
type Kind string

// The kinds of movements. All but lending cross the bank's door.
const (
	Deposit    Kind = "deposit"
	Withdrawal Kind = "withdrawal"
	Lent       Kind = "lent"      // a lender's cash went into a loan
	Disbursed  Kind = "disbursed" // a loan was paid to its borrower
	Repaid     Kind = "repaid"    // the bank received money for a borrower's loan
	Payout     Kind = "payout"    // a lender was paid what is theirs of repayments
	Refund     Kind = "refund"    // a borrower got back what was too much
)

// Kinds are all kinds of movements.
func Kinds() []Kind { return []Kind{Deposit, Withdrawal, Lent, Disbursed, Repaid, Payout, Refund} }

// crossesBank reports whether money came in or went out.
func (k Kind) crossesBank() bool { return k != Lent }

// pays reports whether money went to the party's own account.
func (k Kind) pays() bool { return slices.Contains([]Kind{Withdrawal, Disbursed, Payout, Refund}, k) }

// Movement is one movement of a customer's money.
type Movement struct {
	Sequence    int64         `json:"sequence" doc:"The row of the ledger's feed"`
	Collection  string        `json:"collection"`
	Party       string        `json:"party"`
	Kind        Kind          `json:"kind" enum:"deposit,withdrawal,lent,disbursed,repaid,payout,refund"`
	On          calendar.Date `json:"on" format:"date" doc:"Business date"`
	AmountMinor money.Minor   `json:"amount_minor"`
	ValueDate   calendar.Date `json:"value_date,omitempty"`
	Subject     string        `json:"subject" doc:"The instruction, or the loan of a repayment"`
	Payee       string        `json:"payee,omitempty" doc:"Digest of the account that was paid"`
	Met         bool          `json:"met" doc:"It met the rule itself, and was not only looked back on"`

	transaction string // that told of it
}

// The rows of the ledger's feed that are looked at. A collection that is settled is booked as a repayment, so that of
// the two rows one counts.
const (
	rowSettled  = "custody.settled"
	rowReceived = "repayment.received"
	rowAttested = "party.attested"
	rowAccount  = "party.account_verified"
	kindRegime  = "regime"
)

// nounInstruction is what the read model calls the records of instructions.
const nounInstruction = "custody"

// bySettling are the movements that settled instructions are.
var bySettling = map[custody.Kind]Kind{
	custody.Deposit: Deposit, custody.Withdraw: Withdrawal, custody.Hold: Lent, custody.Disburse: Disbursed,
	custody.PayOut: Payout, custody.Refund: Refund,
}

// movementOf reads a row of the feed; false of one that moves no customer's money. A repayment's party is its loan's
// borrower, whom the row does not name.
func movementOf(e projection.Entry, borrowers map[string]string) (Movement, bool) {
	m := Movement{
		Sequence: e.Sequence, Collection: e.Collection, Party: e.Payload.Party, On: e.Payload.On,
		AmountMinor: e.Payload.AmountMinor, ValueDate: e.Payload.ValueDate, Subject: e.Subject, transaction: e.TxID,
	}
	switch e.Type {
	case rowSettled:
		m.Kind = bySettling[custody.Kind(e.Payload.Kind)]
	case rowReceived:
		m.Kind, m.Party = Repaid, borrowers[e.Payload.Loan]
	}
	return m, m.Kind != "" && m.Party != ""
}
