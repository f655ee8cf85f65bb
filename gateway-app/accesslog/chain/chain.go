// Package chain is the form of the access log: rows, each holding the hash of the row before it, so that
// whoever has the last hash can tell whether any row before it was altered, deleted or moved.
//
// What a row says is hashed twice. Its digest is the SHA-256 of its content with a random salt of 128 bits,
// as canonical JSON (RFC 8785); its hash is the SHA-256 of its number, that digest and the hash of the row
// before, likewise. The first row follows sixty-four zeros. So a row can be withheld, shown without its content
// and salt, and the chain is verified all the same; from the digest alone nobody finds out the content by trying.
// What asks for that is the anti-money-laundering law: nobody may learn from a log either who is looked at.
//
// The chain alone shows tampering by somebody who cannot recompute it. What shows the others are the heads
// that the member anchored on the ledger: each must be the hash of a row.
//
// The package is pure. It knows no database and no ledger, so that an auditor's program can use it without
// trusting the program that wrote the log; nor does it decide which rows are withheld from whom.
package chain

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gowebpki/jcs"
)

// Genesis is what the first row follows.
var Genesis = strings.Repeat("0", 2*sha256.Size)

// MediaType marks an entry of a member's evidence log as the head of an access log.
const MediaType = "application/vnd.tallystick.access-log-head"

// Content is what a row says. It holds handles and codes, never a personal value.
type Content struct {
	At           string `json:"at"`                     // RFC 3339, UTC
	Actor        string `json:"actor"`                  // the id of who called; empty: nobody was signed in
	Operation    string `json:"operation"`              // the id of the operation
	Decision     string `json:"decision"`               // allowed or refused; disclosed: more of what was allowed under the same request id
	Policy       string `json:"policy"`                 // the policy that decided
	Subject      string `json:"subject"`                // the handle of what it was about
	RequestID    string `json:"request_id"`             // joins the row to the process's log
	Count        int64  `json:"count,omitempty,string"` // of those whose data was shown or written
	Disclosed    string `json:"disclosed,omitempty"`    // names them: SHA-256 of their handles, which the member keeps
	Confidential bool   `json:"confidential,omitempty"` // withheld from whoever may not know of alerts
}

// Row is one row of the log. Sequence counts from 1 and travels as a string, as integers do in canonical
// records. A withheld row has neither content nor salt.
type Row struct {
	Sequence int64 `json:"sequence,string"`
	Content  `json:"content,omitzero"`
	Salt     string `json:"salt,omitempty"` // 128 random bits, in lower-case hexadecimal
	Digest   string `json:"digest"`         // of content and salt
	Previous string `json:"previous"`       // the hash of the row before
	Hash     string `json:"hash"`           // of number, digest and previous
}

// saltBytes is the length of a salt: 128 bits, which nobody goes through.
const saltBytes = 16

// NewSalt draws the salt of one row.
func NewSalt() string {
	var raw [saltBytes]byte
	_, _ = rand.Read(raw[:]) // never fails: it ends the process instead
	return hex.EncodeToString(raw[:])
}

// Seal gives what is to be said its place: its sequence, what it follows, and its digest and hash under the salt.
func (c Content) Seal(sequence int64, previous, salt string) (Row, error) {
	r := Row{Sequence: sequence, Content: c, Salt: salt, Previous: previous}
	if raw, err := hex.DecodeString(salt); err != nil || len(raw) != saltBytes {
		return Row{}, fmt.Errorf("seal row %d: its salt is not %d bytes", sequence, saltBytes)
	}
	var err error
	if r.Digest, err = r.contentDigest(); err != nil {
		return Row{}, err
	}
	r.Hash, err = r.rowHash()
	return r, err
}

// Withhold is the row without what it says: enough to verify the chain, and nothing to learn from.
func (r Row) Withhold() Row {
	r.Content, r.Salt = Content{}, ""
	return r
}

// Withheld reports whether the row is shown without what it says.
func (r Row) Withheld() bool { return r.Content == Content{} && r.Salt == "" }

// contentDigest computes what the digest of the row's content must be.
func (r Row) contentDigest() (string, error) {
	return r.hashOf(struct {
		Content Content `json:"content"`
		Salt    string  `json:"salt"`
	}{r.Content, r.Salt})
}

// rowHash computes what the row's hash must be.
func (r Row) rowHash() (string, error) {
	return r.hashOf(struct {
		Sequence int64  `json:"sequence,string"`
		Digest   string `json:"digest"`
		Previous string `json:"previous"`
	}{r.Sequence, r.Digest, r.Previous})
}

func (r Row) hashOf(part any) (string, error) {
	text, err := json.Marshal(part)
	if err != nil {
		return "", fmt.Errorf("hash row %d: %w", r.Sequence, err)
	}
	canonical, err := jcs.Transform(text)
	if err != nil {
		return "", fmt.Errorf("hash row %d: %w", r.Sequence, err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
