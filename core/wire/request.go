// Package wire holds what crosses the line between the chaincode and everybody who talks to it: the
// names of functions, keys and collections, the form of requests, answers, events and records.
//
// Encoding is JSON in the order of the structs, without maps, so that one value has one text and the
// hash that Fabric publishes of it can be computed by whoever holds the value. Requests that concern
// customers travel as transient data and never as arguments; answers carry counts and refusal codes,
// never an amount or an id.
//
// The package decides nothing: it has no rule of lending in it.
package wire

import (
	"encoding/json"

	"github.com/tallystick/tallystick/core/fault"
)

// Version is the version of every record and request that this code writes.
const Version = 1

// TransientRequest is the one key of the transient map under which a private request travels.
const TransientRequest = "request"

// Mode says what becomes of a batch in which one item is refused.
type Mode string

// Each applies the items that can be applied and names the refused ones; Atomic applies all or none.
// A batch of which nothing was applied is refused, and writes nothing.
const (
	Each   Mode = "each"
	Atomic Mode = "atomic"
)

// Request is the form of every command: a list of items under one request id. ID is 128 random bits in
// lower-case hexadecimal; Salt is 256 of them and makes the digest of a private body tell nothing.
// Collection names the private collection that the items live in; public commands leave it empty.
type Request[T any] struct {
	Version    int    `json:"version"`
	ID         string `json:"id"`
	Salt       string `json:"salt,omitempty"`
	Collection string `json:"collection,omitempty"`
	Mode       Mode   `json:"mode"`
	Items      []T    `json:"items"`
	// Approvals are the words of the submitting member's staff for this very request.
	Approvals []Approval `json:"approvals,omitempty"`
}

// Answer is what a command answers: how many items were applied, and a refusal for each that was not,
// in the order of the items.
type Answer struct {
	Version int            `json:"version"`
	Applied int            `json:"applied"`
	Refused []*fault.Fault `json:"refused,omitempty"`
}

// Notice is the payload of the one chaincode event of a transaction. It lists what happened without a
// private term: consumers fetch the private data that the block belongs to.
type Notice struct {
	Version    int    `json:"version"`
	Function   string `json:"function"`
	Collection string `json:"collection,omitempty"`
	Applied    int    `json:"applied"`
	Refused    int    `json:"refused"`
}

// NoticeName is the name of every chaincode event.
const NoticeName = "tallystick"

// RequestDigest is what a request id remembers of its request: the function belongs to it, because the
// same body may be well formed for two of them, and only one of the two ran.
func RequestDigest(function string, body []byte) string {
	return Digest(append([]byte(function+"\x00"), body...))
}

// Remembered is what a request id keeps: the RequestDigest of what it came with, the answer, and who of the
// member's staff approved it.
type Remembered struct {
	Version   int        `json:"version"`
	Salt      string     `json:"salt,omitempty"`
	Digest    string     `json:"digest"`
	Answer    Answer     `json:"answer"`
	Approvals []Approved `json:"approvals,omitempty"`
}

// Record is a mutable value on the ledger: the folded state, and the events of the transaction that
// wrote it. Sequence counts transactions from 1. The salt of a private record's first version is derived
// from the request's salt, the collection, the key and the transaction id; every later one is NextSalt
// of the former. So equal states have unequal hashes.
// History is the replay of blocks: each record holds the events since the one before it.
type Record[S, E any] struct {
	Version  int    `json:"version"`
	Sequence int64  `json:"sequence"`
	Salt     string `json:"salt,omitempty"`
	State    S      `json:"state"`
	Events   []E    `json:"events"`
}

// Encode writes a value in the one form that the ledger keeps. The values of this project cannot fail
// to encode; one that does is a defect.
func Encode(v any) ([]byte, error) { return json.Marshal(v) }
