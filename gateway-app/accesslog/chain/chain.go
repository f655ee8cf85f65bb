// Package chain is the form of the access log: rows, each holding the hash of the row before it, so that
// whoever has the last hash can tell whether any row before it was altered, deleted or moved.
//
// A row's hash is the SHA-256 of the row as canonical JSON (RFC 8785) without the hash itself; the first
// row follows sixty-four zeros. The chain alone shows tampering by somebody who cannot recompute it. What
// shows the others are the heads that the member anchored on the ledger: each must be the hash of a row.
//
// The package is pure. It knows no database and no ledger, so that an auditor's program can use it without
// trusting the program that wrote the log.
package chain

import (
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

// Row is one row of the log. It holds handles and codes, never a personal value. Sequence counts from 1
// and travels as a string, as integers do in canonical records.
type Row struct {
	Sequence  int64  `json:"sequence,string"`
	At        string `json:"at"`                     // RFC 3339, UTC
	Actor     string `json:"actor"`                  // the id of who called; empty: nobody was signed in
	Operation string `json:"operation"`              // the id of the operation
	Decision  string `json:"decision"`               // allowed or refused; disclosed: more of what was allowed under the same request id
	Policy    string `json:"policy"`                 // the policy that decided
	Subject   string `json:"subject"`                // the handle of what it was about
	RequestID string `json:"request_id"`             // joins the row to the process's log
	Count     int64  `json:"count,omitempty,string"` // of those whose data was shown or written
	Disclosed string `json:"disclosed,omitempty"`    // names them: SHA-256 of their handles, which the member keeps
	Previous  string `json:"previous"`               // the hash of the row before
	Hash      string `json:"hash"`                   // of this row
}

// Seal gives the row its place: its sequence, what it follows, and its hash.
func (r Row) Seal(sequence int64, previous string) (Row, error) {
	r.Sequence, r.Previous = sequence, previous
	hash, err := r.digest()
	r.Hash = hash
	return r, err
}

// digest computes what the row's hash must be.
func (r Row) digest() (string, error) {
	r.Hash = ""
	text, err := json.Marshal(r)
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
