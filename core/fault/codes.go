package fault

// Code names one reason for refusing. Codes are part of the public interface: one is never renamed,
// never reused, and its meaning never widens.
type Code string

// The closed list. The order of the groups is the order of precedence in which a command is checked:
// first the envelope, then authority, then what it refers to, then the business rules.
const (
	Internal         Code = "internal"
	UnknownFunction  Code = "unknown_function"
	MalformedRequest Code = "malformed_request"
	MissingField     Code = "missing_field"
	InvalidField     Code = "invalid_field"
	BatchEmpty       Code = "batch_empty"
	BatchTooLarge    Code = "batch_too_large"
	RequestIDReused  Code = "request_id_reused"

	WrongMember     Code = "wrong_member"
	WrongRole       Code = "wrong_role"
	ApprovalMissing Code = "approval_missing"
	ApprovalInvalid Code = "approval_invalid"

	NotFound      Code = "not_found"
	AlreadyExists Code = "already_exists"
	WrongStatus   Code = "wrong_status"
	Overflow      Code = "amount_overflow"

	NotBootstrapped     Code = "not_bootstrapped"
	AlreadyBootstrapped Code = "already_bootstrapped"
	FoundersMismatch    Code = "founders_mismatch"
	MemberUnknown       Code = "member_unknown"
	RegimeUnknown       Code = "regime_unknown"
	RegimeNotEffective  Code = "regime_not_effective"
	RegimeRetired       Code = "regime_retired"
	ReportingMissing    Code = "reporting_regime_missing"
	AlreadyApproved     Code = "already_approved"
	PlatformFrozen      Code = "platform_frozen"

	PartyUnknown        Code = "party_unknown"
	AttestationMissing  Code = "attestation_missing"
	AttestationExpired  Code = "attestation_expired"
	PartyRevoked        Code = "party_revoked"
	PartyFrozen         Code = "party_frozen"
	KYCLevelTooLow      Code = "kyc_level_too_low"
	AccountNotVerified  Code = "account_not_verified"
	SignatureInvalid    Code = "signature_invalid"
	AlgorithmNotAllowed Code = "algorithm_not_allowed"
	ConsentMissing      Code = "consent_missing"
	CreditSharingOff    Code = "credit_sharing_off"

	ProcessingRestricted Code = "processing_restricted"

	MandateUnknown       Code = "mandate_unknown"
	MandateRevoked       Code = "mandate_revoked"
	MandateExpired       Code = "mandate_expired"
	MandateNotConfirmed  Code = "mandate_not_confirmed"
	MandateLimitExceeded Code = "mandate_limit_exceeded"
	MandateMismatch      Code = "mandate_mismatch"

	RateAboveCap       Code = "rate_above_cap"
	PenaltyAboveCap    Code = "penalty_above_cap"
	TermNotAllowed     Code = "term_not_allowed"
	MethodNotAllowed   Code = "method_not_allowed"
	CurrencyMismatch   Code = "currency_mismatch"
	PlatformCap        Code = "exposure_above_platform_cap"
	NetworkCap         Code = "exposure_above_network_cap"
	ProjectFinanced    Code = "project_already_financed"
	SelfFinancing      Code = "self_financing"
	AllocationMismatch Code = "allocation_mismatch"
	CommitmentMismatch Code = "commitment_mismatch"
	ClearanceMissing   Code = "clearance_missing"
	ClearanceExpired   Code = "clearance_expired"
	LoanFrozen         Code = "loan_frozen"
	NotYetDue          Code = "not_yet_due"

	InsufficientFunds      Code = "insufficient_funds"
	DayNotOpen             Code = "business_day_not_open"
	DayAlreadyOpen         Code = "business_day_already_open"
	DayNotLater            Code = "business_day_not_later"
	DayTooFar              Code = "business_day_too_far"
	NotABusinessDay        Code = "not_a_business_day"
	ValueDateOutOfBounds   Code = "value_date_out_of_bounds"
	DuplicateBankReference Code = "duplicate_bank_reference"
	AmountMismatch         Code = "amount_mismatch"
	PartNotAllowed         Code = "part_not_allowed"
	AlreadyReversed        Code = "already_reversed"
	OriginalMismatch       Code = "original_mismatch"

	DigestMalformed Code = "digest_malformed"
	PreviousUnknown Code = "previous_unknown"

	Conflict           Code = "conflict"
	EndorsementRefused Code = "endorsement_refused"
	PolicyNotMet       Code = "endorsement_policy_not_met"
	DuplicateTx        Code = "duplicate_transaction"
	OutcomeUnknown     Code = "outcome_unknown"
	Unavailable        Code = "unavailable"
	Busy               Code = "busy"
)

// class groups the codes by what a caller can do about them; each door maps a class to its own numbers.
type class int

const (
	classInternal    class = iota // ours to mend
	classMalformed                // the request itself is at fault
	classForbidden                // the caller may not
	classMissing                  // what it refers to is not there
	classConflict                 // the state does not allow it, or no longer
	classRule                     // a rule of the regime or of the books refuses
	classUnavailable              // try again
)

type meaning struct {
	code   Code
	class  class
	remedy string
}

// meanings is the one table behind remedies, HTTP statuses and exit codes.
var meanings = []meaning{
	{Internal, classInternal, "report it with the transaction id: this is a defect of the software, and nothing was written"},
	{UnknownFunction, classMalformed, "call a contract function by its exact name, as docs/ledger.md lists them"},
	{MalformedRequest, classMalformed, "send one JSON object with the documented fields, each once and of the documented kind"},
	{MissingField, classMalformed, "fill in the named field"},
	{InvalidField, classMalformed, "correct the named field: its form, unit or range is not the documented one"},
	{BatchEmpty, classMalformed, "send at least one item"},
	{BatchTooLarge, classMalformed, "split the batch: docs/ledger.md names the most items a command takes"},
	{RequestIDReused, classConflict, "use a new request id for a new body; the same id may only repeat the same body"},

	{WrongMember, classForbidden, "let the member whose part this is submit it"},
	{WrongRole, classForbidden, "submit with a certificate that carries the role this command needs"},
	{ApprovalMissing, classForbidden, "have a second person of the member's staff sign this request with their own certificate: the regime asks for four eyes"},
	{ApprovalInvalid, classForbidden, "have somebody else, whose certificate is in force and of the member's own authority, sign this very request"},

	{NotFound, classMissing, "check the id: nothing is kept under it in this collection"},
	{AlreadyExists, classConflict, "use a new handle: something is kept under this one already"},
	{WrongStatus, classConflict, "read the current status: this action is not allowed from it"},
	{Overflow, classRule, "use smaller amounts: a sum does not fit the ledger's 64 bits"},

	{NotBootstrapped, classConflict, "let the regulator bootstrap the consortium first"},
	{AlreadyBootstrapped, classConflict, "nothing to do: the consortium's root keys exist already"},
	{FoundersMismatch, classForbidden, "name the members that every member's chaincode was given as the founders"},
	{MemberUnknown, classMissing, "register the member first: no root key lists it"},
	{RegimeUnknown, classMissing, "name a regime that has been proposed and adopted: no root key lists this one"},
	{RegimeNotEffective, classRule, "wait for the regime's effective date, or name one that is in force"},
	{RegimeRetired, classRule, "propose the loan under a regime that takes new business: the regulator retired this one"},
	{ReportingMissing, classRule, "name another period: no reporting pack was in force when this one's last business day was closed, so nothing is disclosed of it"},
	{AlreadyApproved, classConflict, "nothing to do: this member's approval is on the record"},
	{PlatformFrozen, classForbidden, "wait for the regulator to release the platform: it may not start new business"},

	{PartyUnknown, classMissing, "attest the party first"},
	{AttestationMissing, classRule, "have both the platform and the custodian attest the party"},
	{AttestationExpired, classRule, "renew the party's attestation"},
	{PartyRevoked, classRule, "use another party: this one's attestation was revoked for good"},
	{PartyFrozen, classForbidden, "wait for the supervisory freeze on the party to be released or to lapse"},
	{KYCLevelTooLow, classRule, "raise the party's level of identification first"},
	{AccountNotVerified, classRule, "have the custodian verify a bank account in the party's own name"},
	{SignatureInvalid, classRule, "sign the documented bytes with the party's current key"},
	{AlgorithmNotAllowed, classMalformed, "use a P-256 key with ECDSA or an SM2 key"},
	{ConsentMissing, classForbidden, "have the party sign a consent of its own for this purpose: none on the ledger holds today"},
	{CreditSharingOff, classForbidden, "ask the regulator: credit information is not passed between the members of this network"},

	{ProcessingRestricted, classForbidden, "leave the person's data alone: erasure was asked for, and only what the law or a running contract demands goes on"},

	{MandateUnknown, classMissing, "register the mandate first"},
	{MandateRevoked, classRule, "use another mandate: its party revoked this one"},
	{MandateExpired, classRule, "use another mandate: this one's last day is past"},
	{MandateNotConfirmed, classRule, "let the custodian confirm the mandate through its own channel"},
	{MandateLimitExceeded, classRule, "ask for less, or have the party sign a mandate with wider limits"},
	{MandateMismatch, classRule, "use a mandate of this party and kind whose conditions the loan meets"},

	{RateAboveCap, classRule, "lower interest and charges: together they exceed the regime's cap"},
	{PenaltyAboveCap, classRule, "lower the penalty rate to the regime's cap"},
	{TermNotAllowed, classRule, "choose a principal and a number of instalments within the regime's bounds"},
	{MethodNotAllowed, classRule, "choose a repayment method that the regime allows"},
	{CurrencyMismatch, classRule, "use the one currency of the regime, the loan and the account"},
	{PlatformCap, classRule, "lend less: the borrower's balance on this platform would exceed the regime's cap"},
	{NetworkCap, classRule, "lend less: the borrower's balance across platforms would exceed the regime's cap"},
	{ProjectFinanced, classRule, "name another project: one project is financed once"},
	{SelfFinancing, classRule, "choose other parties: a platform may not borrow, lend or guarantee in its own loans"},
	{AllocationMismatch, classRule, "make the allocations add up to the principal, each lender and mandate once"},
	{CommitmentMismatch, classRule, "sign the commitment to the terms as they stand on the ledger"},
	{ClearanceMissing, classRule, "have the regulator clear the loan: no matching clearance is on the ledger"},
	{ClearanceExpired, classRule, "let the loan expire and propose it anew: the reservation of its exposure has lapsed"},
	{LoanFrozen, classForbidden, "wait for the supervisory freeze on the loan to be released"},
	{NotYetDue, classRule, "wait until the date on which this becomes possible"},

	{InsufficientFunds, classRule, "fund the account first: customers' cash never goes below zero"},
	{DayNotOpen, classConflict, "let the custodian open a business day first"},
	{DayAlreadyOpen, classConflict, "close the open business day first"},
	{DayNotLater, classConflict, "open a day later than the last one"},
	{DayTooFar, classRule, "open a nearer day: days cannot be taken back, so a step longer than 45 days is taken for a slip"},
	{NotABusinessDay, classRule, "open a day on which the regime's calendar lets banks work"},
	{ValueDateOutOfBounds, classRule, "use a value date that is neither in the future nor older than the regime allows"},
	{DuplicateBankReference, classConflict, "nothing to do: this entry of the bank account is booked already"},
	{AmountMismatch, classRule, "settle the amount that was instructed"},
	{PartNotAllowed, classRule, "settle the whole amount: only collections are settled in part"},
	{AlreadyReversed, classConflict, "nothing to do: this receipt was reversed before"},
	{OriginalMismatch, classRule, "send the original entry unchanged: it does not fit the digest that the loan keeps of it"},

	{DigestMalformed, classMalformed, "send the SHA-256 digest as 64 lower-case hexadecimal digits"},
	{PreviousUnknown, classMissing, "append the earlier phase first: its digest is not in this member's log"},

	{Conflict, classConflict, "propose it again: another transaction changed what it read"},
	{EndorsementRefused, classUnavailable, "look at the peers' logs: a peer could not endorse"},
	{PolicyNotMet, classForbidden, "collect the endorsements that the policy names: the transaction was ordered and is invalid"},
	{DuplicateTx, classConflict, "look up the first transaction: this one was committed before"},
	{OutcomeUnknown, classUnavailable, "ask about the same transaction again: whether it was committed is not known"},
	{Unavailable, classUnavailable, "check that the member's peer and the consenters are up, then try again"},
	{Busy, classUnavailable, "try again later: the peer takes no more requests at present"},
}

var byCode = func() map[Code]meaning {
	m := make(map[Code]meaning, len(meanings))
	for _, e := range meanings {
		m[e.code] = e
	}
	return m
}()

// Known reports whether the code is in the closed list.
func (c Code) Known() bool { _, ok := byCode[c]; return ok }

// Remedy is the sentence that tells the caller what to do. It is the same for every occurrence.
func (c Code) Remedy() string { return byCode[c].remedy }

// Codes lists every code in order of precedence.
func Codes() []Code {
	codes := make([]Code, 0, len(meanings))
	for _, e := range meanings {
		codes = append(codes, e.code)
	}
	return codes
}

// HTTPStatus is the one map from refusals to HTTP statuses (RFC 9110).
func (c Code) HTTPStatus() int {
	switch byCode[c].class {
	case classMalformed:
		return 400
	case classForbidden:
		return 403
	case classMissing:
		return 404
	case classConflict:
		return 409
	case classRule:
		return 422
	case classUnavailable:
		return 503
	}
	return 500
}

// Exit codes of every command of the project.
const (
	ExitOK       = 0
	ExitError    = 1
	ExitUsage    = 2
	ExitVerified = 3 // a verification ran and failed
)

// ExitCode is the one map from refusals to exit codes: a malformed request is a wrong use of the
// command, everything else an error.
func (c Code) ExitCode() int {
	if byCode[c].class == classMalformed {
		return ExitUsage
	}
	return ExitError
}

// Retry reports whether the same command may succeed when it is sent again unchanged.
func (c Code) Retry() bool {
	return c == Conflict || byCode[c].class == classUnavailable
}
