package api

import (
	"strings"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/lane"
)

// ledgerCommand is one row: a function of the chaincode and the operation that calls it.
type ledgerCommand struct {
	function string
	path     string
	id       string
	summary  string
	add      func(*Server, ledgerCommand) // knows the type of the items and the lanes they run in
	lane     string                       // all commands of the row run one after the other; "%" is the collection
	merge    bool                         // may run in one transaction with others of the row
}

// tag is the heading under which the operation stands: its contract.
func (c ledgerCommand) tag() string {
	contract, _, _ := strings.Cut(c.function, ":")
	return contract
}

// lanes is the row's own lane, if it has one.
func (c ledgerCommand) lanes(collection string) []string {
	return []string{strings.Replace(c.lane, "%", collection, 1)}
}

// of is a row's items: their type, the lanes that one of them runs in, and what is checked of them here. Commands that
// share a lane run one after the other, so that they do not spoil each other's reads.
func of[T any](lanes func(T) []string, checks ...func([]T) error) func(*Server, ledgerCommand) {
	return func(s *Server, row ledgerCommand) { addCommand(s, row, lanes, checks...) }
}

// free is for items that need no lane of their own.
func free[T any](T) []string { return nil }

// ledgerCommands is the one table: a row for each function of core/wire that is submitted.
var ledgerCommands = []ledgerCommand{
	{function: "Consortium:Bootstrap", path: "/v1/members/bootstrap", id: "member.bootstrap", summary: "Found the consortium", add: of(free[wire.Member]), lane: "governance"},
	{function: "Consortium:Register", path: "/v1/members", id: "member.register", summary: "Register members", add: of(free[wire.Member]), lane: "governance"},
	{function: "Consortium:ProposeRegime", path: "/v1/regimes", id: "regime.propose", summary: "Propose regime packs", add: addProposals, lane: "governance"},
	{function: "Consortium:ApproveRegime", path: "/v1/regimes/approvals", id: "regime.approve", summary: "Approve regime packs as read", add: addApprovals, lane: "governance"},
	{function: "Consortium:RetireRegime", path: "/v1/regimes/retirements", id: "regime.retire", summary: "Retire regime packs from new business", add: of(free[wire.RetiredRegime]), lane: "governance"},
	{function: "Consortium:FreezePlatform", path: "/v1/platforms/freezes", id: "platform.freeze", summary: "Freeze platforms", add: of(free[wire.PlatformOrder]), lane: "governance"},
	{function: "Consortium:ReleasePlatform", path: "/v1/platforms/releases", id: "platform.release", summary: "Release frozen platforms", add: of(free[wire.PlatformOrder]), lane: "governance"},

	{function: "Party:Attest", path: "/v1/parties", id: "party.attest", summary: "Attest parties", add: of(func(i wire.Attestation) []string { return lane.Party(i.Identity.Handle) })},
	{function: "Party:VerifyAccount", path: "/v1/parties/accounts", id: "party.verify_account", summary: "Verify the bank accounts to which parties are paid", add: of(func(i wire.PartyAccount) []string { return lane.Party(i.Handle) })},
	{function: "Party:Link", path: "/v1/parties/links", id: "party.link", summary: "Link parties to common pseudonyms", add: of(func(i wire.PartyLink) []string { return lane.Party(i.Handle) })},
	{function: "Party:Succeed", path: "/v1/parties/successions", id: "party.succeed", summary: "Lead parties to the pseudonyms of a new epoch", add: of(func(i wire.PartyLink) []string { return lane.Party(i.Handle) })},
	{function: "Party:Renew", path: "/v1/parties/renewals", id: "party.renew", summary: "Renew attestations", add: of(func(i wire.PartyRenewal) []string { return lane.Party(i.Handle) })},
	{function: "Party:RotateKey", path: "/v1/parties/keys", id: "party.rotate_key", summary: "Replace parties' signing keys", add: of(func(i wire.KeyRotation) []string { return lane.Party(i.Handle) })},
	{function: "Party:Revoke", path: "/v1/parties/revocations", id: "party.revoke", summary: "Revoke attestations for good", add: of(func(i wire.PartyRevocation) []string { return lane.Party(i.Handle) })},
	{function: "Party:Freeze", path: "/v1/parties/freezes", id: "party.freeze", summary: "Freeze parties", add: of(func(i wire.PartyFreeze) []string { return lane.Party(i.Handle) })},
	{function: "Party:Release", path: "/v1/parties/releases", id: "party.release", summary: "Release frozen parties", add: of(func(i wire.PartyRelease) []string { return lane.Party(i.Handle) })},
	{function: "Party:Consent", path: "/v1/parties/consents", id: "party.consent", summary: "Record signed consents", add: of(func(i wire.PartyConsent) []string { return lane.Party(i.Handle) })},
	{function: "Party:WithdrawConsent", path: "/v1/parties/consents/withdrawals", id: "party.withdraw_consent", summary: "Withdraw consents", add: of(func(i wire.ConsentWithdrawal) []string { return lane.Party(i.Handle) })},

	{function: "Mandate:Register", path: "/v1/mandates", id: "mandate.register", summary: "Register signed mandates", add: of(func(i wire.MandateTerms) []string { return lane.Mandate(i.Terms.Handle) })},
	{function: "Mandate:Confirm", path: "/v1/mandates/confirmations", id: "mandate.confirm", summary: "Confirm mandates through the custodian's channel", add: of(func(i wire.MandateConfirmation) []string { return lane.Mandate(i.Handle) })},
	{function: "Mandate:Revoke", path: "/v1/mandates/revocations", id: "mandate.revoke", summary: "Revoke mandates", add: of(func(i wire.MandateRevocation) []string { return lane.Mandate(i.Handle) })},

	{function: "Loan:Propose", path: "/v1/loans", id: "loan.propose", summary: "Propose loans", add: addLoans},
	{function: "Loan:Clear", path: "/v1/loans/clearances", id: "loan.clear", summary: "Clear loans against the exposure caps", add: of(func(i wire.ClearLoan) []string { return lane.Loan(i.Loan) }), lane: "clearing"},
	{function: "Loan:Relieve", path: "/v1/loans/reliefs", id: "loan.relieve", summary: "Lower reserved exposure to what is outstanding", add: of(func(i wire.LoanRef) []string { return lane.Loan(i.Loan) }), lane: "clearing"},
	{function: "Loan:Decline", path: "/v1/loans/declines", id: "loan.decline", summary: "Decline proposed loans", add: of(func(i wire.EndLoan) []string { return lane.Loan(i.Loan) })},
	{function: "Loan:Fund", path: "/v1/loans/fundings", id: "loan.fund", summary: "Fund loans from mandates", add: of(func(i wire.FundLoan) []string { return lane.Loan(i.Loan) }), lane: "funding/%"},
	{function: "Loan:Disburse", path: "/v1/loans/disbursements", id: "loan.disburse", summary: "Instruct disbursement of funded loans", add: of(func(i wire.DisburseLoan) []string {
		return append(lane.Loan(i.Loan), lane.Instruction(i.Instruction)...)
	})},
	{function: "Loan:Withdraw", path: "/v1/loans/withdrawals", id: "loan.withdraw", summary: "Withdraw loans for the borrower", add: of(func(i wire.EndLoan) []string { return lane.Loan(i.Loan) })},
	{function: "Loan:Expire", path: "/v1/loans/expiries", id: "loan.expire", summary: "Expire loans whose stage has lapsed", add: of(func(i wire.LoanRef) []string { return lane.Loan(i.Loan) })},
	{function: "Loan:Cancel", path: "/v1/loans/cancellations", id: "loan.cancel", summary: "Cancel loans before disbursement", add: of(func(i wire.EndLoan) []string { return lane.Loan(i.Loan) })},
	{function: "Loan:WriteOff", path: "/v1/loans/write-offs", id: "loan.write_off", summary: "Write loans off; the claim stays", add: of(func(i wire.EndLoan) []string { return lane.Loan(i.Loan) })},
	{function: "Loan:Freeze", path: "/v1/loans/freezes", id: "loan.freeze", summary: "Freeze loans", add: of(func(i wire.OrderLoan) []string { return lane.Loan(i.Loan) })},
	{function: "Loan:Release", path: "/v1/loans/releases", id: "loan.release", summary: "Release frozen loans", add: of(func(i wire.OrderLoan) []string { return lane.Loan(i.Loan) })},

	{function: "Custody:OpenBooks", path: "/v1/custody/books", id: "books.open", summary: "Open the custodian's books of a collection", add: of(free[wire.OpenBooks]), lane: "books/%"},
	{function: "Custody:OpenDay", path: "/v1/business-days", id: "day.open", summary: "Open a business day", add: of(free[wire.BusinessDay]), lane: "day"},
	{function: "Custody:CloseDay", path: "/v1/business-days/closings", id: "day.close", summary: "Close the business day", add: of(free[wire.BusinessDay]), lane: "day"},
	{function: "Custody:Instruct", path: "/v1/custody/instructions", id: "instruction.create", summary: "Instruct the custodian", add: of(instructLanes)},
	{function: "Custody:Accept", path: "/v1/custody/instructions/acceptances", id: "instruction.accept", summary: "Accept instructions", add: of(instructionRefLanes)},
	{function: "Custody:Settle", path: "/v1/custody/instructions/settlements", id: "instruction.settle", summary: "Settle instructions: the bank moved the money", add: of(func(i wire.Settle) []string { return lane.Instruction(i.Instruction) })},
	{function: "Custody:Refuse", path: "/v1/custody/instructions/refusals", id: "instruction.refuse", summary: "Refuse instructions", add: of(func(i wire.Refuse) []string { return lane.Instruction(i.Instruction) })},
	{function: "Custody:Expire", path: "/v1/custody/instructions/expiries", id: "instruction.expire", summary: "Expire instructions that were not accepted in time", add: of(instructionRefLanes)},
	{function: "Custody:Cancel", path: "/v1/custody/instructions/cancellations", id: "instruction.cancel", summary: "Cancel instructions", add: of(instructionRefLanes)},
	{function: "Custody:Net", path: "/v1/custody/payouts", id: "instruction.net", summary: "Net entitlements into payout instructions", add: of(func(i wire.Net) []string { return append(lane.Loan(i.Loan), lane.Account(i.Party)...) }), lane: "netting/%"},
	{function: "Custody:Place", path: "/v1/custody/suspense/placements", id: "suspense.place", summary: "Place suspended receipts with their loans", add: of(func(i wire.Place) []string { return append(lane.Loan(i.Loan), lane.Suspense(i.Suspense)...) })},
	{function: "Custody:Return", path: "/v1/custody/suspense/returns", id: "suspense.return", summary: "Return suspended receipts to their payers", add: of(func(i wire.Return) []string { return lane.Suspense(i.Suspense) })},

	{function: "Repayment:Post", path: "/v1/receipts", id: "repayment.post", summary: "Post receipts: allocate them and book the entitlements", add: of(func(i wire.Receipt) []string { return lane.Loan(i.Account) }), merge: true},
	{function: "Repayment:Reverse", path: "/v1/receipts/reversals", id: "repayment.reverse", summary: "Reverse receipts by contrary entries", add: of(func(i wire.Reverse) []string { return lane.Loan(i.Loan) })},

	{function: "Evidence:Append", path: "/v1/evidence", id: "evidence.append", summary: "Anchor digests in the member's evidence log", add: of(free[evidence.Entry]), lane: anchoring.Lane},
}

func instructLanes(i wire.Instruct) []string {
	lanes := append(lane.Instruction(i.Handle), lane.Account(i.Party)...)
	return append(lanes, lane.Loan(i.Loan)...)
}

func instructionRefLanes(i wire.InstructionRef) []string { return lane.Instruction(i.Instruction) }
