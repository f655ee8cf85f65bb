package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Exposure is the collection that only custodians and the regulator share.
const Exposure = "exposure"

// PairCollection names the private collection of a platform and its custodian.
func PairCollection(platform, custodian string) string { return platform + "-" + custodian }

// Public keys: governance and evidence, and the business date, which is no secret.
const (
	RootMembers = "root/members" // the ids that count; key-level policy requires the regulator
	RootRegimes = "root/regimes" // the packs that count; key-level policy requires the regulator
)

// MemberKey is where a member's entry stands.
func MemberKey(id string) string { return "member/" + id }

// RegimeKey is where a regime pack stands.
func RegimeKey(id string) string { return "regime/" + id }

// PlatformFreezeKey is where a supervisory freeze of a whole platform stands.
func PlatformFreezeKey(platform string) string { return "freeze/" + platform }

// DayKey is where a custodian's business day stands.
func DayKey(custodian string) string { return "day/" + custodian }

// EvidenceLogKey is where the compact range of a member's log stands.
func EvidenceLogKey(member string) string { return "evidence/" + member + "/log" }

// EvidenceEntryKey is where an anchored digest stands.
func EvidenceEntryKey(member, digest string) string { return "evidence/" + member + "/entry/" + digest }

// RequestKey is where a request id is remembered; in public state or in the request's collection.
func RequestKey(id string) string { return "request/" + id }

// Private keys. Every handle is 128 random bits, because Fabric publishes the plain hash of a key.

// PartyKey is where a party's record stands.
func PartyKey(handle string) string { return "party/" + handle }

// MandateKey is where a mandate's record stands.
func MandateKey(handle string) string { return "mandate/" + handle }

// TermsKey is where a loan's terms stand, written once.
func TermsKey(handle string) string { return "terms/" + handle }

// FundingKey is where a loan's allocations stand, written when it is funded and never again.
func FundingKey(handle string) string { return "funding/" + handle }

// LoanKey is where a loan's record stands. It is the only key that a receipt for the loan touches.
func LoanKey(handle string) string { return "loan/" + handle }

// ProjectKey marks a project as financed.
func ProjectKey(handle string) string { return "project/" + handle }

// InstructionKey is where a custody instruction stands.
func InstructionKey(handle string) string { return "instruction/" + handle }

// AccountKey is where a customer's cash stands.
func AccountKey(party string) string { return "account/" + party }

// SuspenseKey is where a suspended receipt stands.
func SuspenseKey(handle string) string { return "suspense/" + handle }

// BankEntryKey marks an entry of the custodian's bank account as booked by an instruction or by a return. The handle is
// derived from the custodian's secret and the bank reference.
func BankEntryKey(handle string) string { return "entry/" + handle }

// BooksKey is where the custodian keeps the secret from which it derives the handles of what has no
// client to name it: suspended receipts and netted payouts.
const BooksKey = "books"

// LinkKey, in the exposure collection, leads from a party to its common pseudonym.
func LinkKey(party string) string { return "link/" + party }

// ExposureKey, in the exposure collection, is a borrower's total across platforms.
func ExposureKey(pseudonym string) string { return "exposure/" + pseudonym }

// ClearanceKey, in the exposure collection, is one reservation of exposure.
func ClearanceKey(handle string) string { return "clearance/" + handle }

// LoanID is a loan's full name: the channel and the platform it lives on, and its handle. It is also
// the number of the collection account that borrowers pay to, so a bank entry, which is unique by
// account and bank reference, belongs to one loan.
func LoanID(channel, platform, handle string) string {
	return channel + "." + platform + "." + handle
}

// SplitLoanID takes a loan id apart. It reports false for a text that is none.
func SplitLoanID(id string) (channel, platform, handle string, ok bool) {
	parts := strings.Split(id, ".")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || !IsHandle(parts[2]) {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}

// IsHandle reports whether a text is 128 bits in lower-case hexadecimal.
func IsHandle(text string) bool { return isHex(text, 32) }

// IsDigest reports whether a text is a SHA-256 digest in lower-case hexadecimal.
func IsDigest(text string) bool { return isHex(text, 64) }

func isHex(text string, length int) bool {
	if len(text) != length {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// DerivedHandle makes a handle from a secret and texts that alone could be guessed.
func DerivedHandle(secret string, texts ...string) string {
	h := sha256.New()
	for _, t := range append([]string{secret}, texts...) {
		h.Write([]byte(t))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// NextSalt is the salt of a record's next version.
func NextSalt(salt, txID string) string {
	sum := sha256.Sum256([]byte(salt + "\x00" + txID))
	return hex.EncodeToString(sum[:])
}

// Digest is the SHA-256 of a value's encoding in lower-case hexadecimal.
func Digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
