// Package evidence keeps one append-only Merkle log a member, as RFC 6962 section 2.1 defines it.
//
// What is logged are digests of documents, by phase, each naming the digest it follows. On the
// ledger stands only the log's compact range, the roots of the perfect subtrees that cover it: an
// append costs O(log n) whatever the log's size, and a document anchored once can be shown to have
// been there by a proof that needs neither the ledger nor any member. Presumption of integrity after
// anchoring is what the online litigation rules of 2021, articles 16 to 19, ask for; what a document
// was before it was anchored, no log can tell.
//
// Checkpoints are written as C2SP's tlog-checkpoint describes. Sizes are JSON integers and therefore
// at most 2^53.
//
// The package never sees a document, never signs a checkpoint and never looks up a digest: the
// caller says which ones the log holds.
package evidence

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/tallystick/tallystick/core/party"
)

// Phase is the part of a loan's life that a document belongs to.
type Phase string

// The closed list of phases.
const (
	PhaseApplication  Phase = "application"
	PhaseDecision     Phase = "decision"
	PhaseAgreement    Phase = "agreement"
	PhaseMandate      Phase = "mandate"
	PhaseDisbursement Phase = "disbursement"
	PhaseReceipt      Phase = "receipt"
	PhaseStatement    Phase = "statement"
	PhaseAmendment    Phase = "amendment"
	PhaseAssignment   Phase = "assignment"
	PhaseNotice       Phase = "notice"
	PhaseDispute      Phase = "dispute"
	PhaseModel        Phase = "model"
	PhaseAudit        Phase = "audit"
	PhaseDisclosure   Phase = "disclosure"
	PhaseOther        Phase = "other"
)

// phases is the list in the order of a loan's life; what belongs to no loan comes last.
var phases = []Phase{
	PhaseApplication, PhaseDecision, PhaseAgreement, PhaseMandate, PhaseDisbursement, PhaseReceipt,
	PhaseStatement, PhaseAmendment, PhaseAssignment, PhaseNotice, PhaseDispute, PhaseModel,
	PhaseAudit, PhaseDisclosure, PhaseOther,
}

// Phases lists every phase in the order of a loan's life.
func Phases() []Phase { return slices.Clone(phases) }

// Valid reports whether the phase is on the list.
func (p Phase) Valid() bool { return slices.Contains(phases, p) }

// Hash is a SHA-256 value. In JSON it is 64 lower-case hexadecimal digits.
type Hash [32]byte

// ParseHash reads 64 lower-case hexadecimal digits, and no other spelling of a hash.
func ParseHash(text string) (Hash, error) {
	var h Hash
	if len(text) != hex.EncodedLen(len(h)) {
		return Hash{}, fmt.Errorf("read hash: %w: %d characters", ErrHash, len(text))
	}
	if _, err := hex.Decode(h[:], []byte(text)); err != nil || h.String() != text {
		return Hash{}, fmt.Errorf("read hash: %w", ErrHash)
	}
	return h, nil
}

// String writes the hash in lower-case hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes the hash as String does, which is also its form in JSON.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads a hash as ParseHash does.
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, err := ParseHash(string(text))
	if err != nil {
		return err
	}
	*h = parsed
	return nil
}

// Entry is one document in a log. Digest is its SHA-256 in lower-case hexadecimal; for a document
// that could be guessed, over a salt and the document.
type Entry struct {
	Digest    string `json:"digest"`
	Phase     Phase  `json:"phase"`
	Previous  string `json:"previous,omitempty"` // the digest it follows; none: it begins a chain
	MediaType string `json:"media_type"`
}

// LeafBytes is the entry as the log hashes it. Two entries have the same bytes only if they are equal.
func (e Entry) LeafBytes() []byte {
	return party.NewStatement("tallystick/evidence/v1").
		Text("digest", e.Digest).
		Text("media_type", e.MediaType).
		Text("phase", string(e.Phase)).
		Text("previous", e.Previous).
		Bytes()
}

// LeafHash is the hash of the entry as a leaf of the log.
func (e Entry) LeafHash() Hash { return Hash(rfc6962.DefaultHasher.HashLeaf(e.LeafBytes())) }

// EmptyRoot is the root of a log without entries: the hash of nothing.
func EmptyRoot() Hash { return Hash(rfc6962.DefaultHasher.EmptyRoot()) }

// children hashes two nodes into their parent.
func children(left, right []byte) []byte {
	return rfc6962.DefaultHasher.HashChildren(left, right)
}

// slicesOf shows hashes as the byte slices that the Merkle arithmetic works on. They share memory
// with the list; that arithmetic replaces slices, but never writes into one.
func slicesOf(hashes []Hash) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}

// hashesOf copies byte slices of 32 bytes each into hashes.
func hashesOf(raw [][]byte) []Hash {
	out := make([]Hash, len(raw))
	for i := range raw {
		out[i] = Hash(raw[i])
	}
	return out
}
