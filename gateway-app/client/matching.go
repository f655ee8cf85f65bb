package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

const matchingRuns = "/v1/matching-runs"

// MatchingRun is a platform's matching run: what it placed, how far that is from the most that any match
// could have, and the digests under which it can be matched again.
type MatchingRun struct {
	Handle       string        `json:"handle"`
	Collection   string        `json:"collection"`
	Date         calendar.Date `json:"date"`
	Sequence     int           `json:"sequence"`
	Status       string        `json:"status"` // running, open or finished
	Algorithm    string        `json:"algorithm"`
	InputDigest  string        `json:"input_digest"`
	OutputDigest string        `json:"output_digest"`
	RecordDigest string        `json:"record_digest"` // anchored on the ledger
	AnchoredTx   string        `json:"anchored_tx"`
	MatchedMinor money.Minor   `json:"matched_minor"`
	BoundMinor   money.Minor   `json:"bound_minor"`
	GapPPM       money.PPM     `json:"gap_ppm"`
}

// MatchingResult is a run with its reasons, as JSON, and what waits for borrowers.
type MatchingResult struct {
	MatchingRun
	Loans     json.RawMessage    `json:"loans"`
	Idle      json.RawMessage    `json:"idle"`
	LeftOut   json.RawMessage    `json:"left_out"`
	Proposals []MatchingProposal `json:"proposals"`
}

// MatchingProposal is a filled loan. Statement are the bytes that its borrower signs.
type MatchingProposal struct {
	Loan           string            `json:"loan"`
	Status         string            `json:"status"` // open, signed, funded, refused or lapsed
	Borrower       string            `json:"borrower"`
	Commitment     string            `json:"commitment"`
	Statement      []byte            `json:"statement"`
	Grade          string            `json:"grade"`
	PrincipalMinor money.Minor       `json:"principal_minor"`
	Allocations    []loan.Allocation `json:"allocations"`
	ExpiresOn      calendar.Date     `json:"expires_on"`
	Code           fault.Code        `json:"code"`
	Block          uint64            `json:"block"`
}

// MatchingSignature is a borrower's, over a proposal's statement.
type MatchingSignature struct {
	Loan      string `json:"loan"`
	Signature []byte `json:"signature"`
}

// MatchingSigned is what became of one.
type MatchingSigned struct {
	Loan   string     `json:"loan"`
	Status string     `json:"status"`
	Code   fault.Code `json:"code"`
}

// Suitability is a lender's class.
type Suitability struct {
	Party   string        `json:"party"`
	Points  int           `json:"points"`
	Class   int           `json:"class"`
	Through calendar.Date `json:"through"`
}

// StartMatching starts a matching run, or joins the one that is being matched. A platform with one custodian
// need not name the collection.
func (c *Client) StartMatching(ctx context.Context, collection string) (MatchingRun, error) {
	body := map[string]string{}
	if collection != "" {
		body["collection"] = collection
	}
	return Send[MatchingRun](ctx, c, http.MethodPost, matchingRuns, body)
}

// MatchingRuns lists matching runs, the latest first.
func (c *Client) MatchingRuns(ctx context.Context) iter.Seq2[MatchingRun, error] {
	return List[MatchingRun](ctx, c, matchingRuns, nil)
}

// Matching answers a matching run.
func (c *Client) Matching(ctx context.Context, handle string) (MatchingResult, error) {
	return Get[MatchingResult](ctx, c, matchingRuns+"/"+handle, nil)
}

// SignMatching hands borrowers' signatures in. What is good is taken to the ledger: see the run for the end.
func (c *Client) SignMatching(ctx context.Context, handle string, signatures []MatchingSignature) ([]MatchingSigned, error) {
	type items[T any] struct {
		Items []T `json:"items"`
	}
	answer, err := Send[items[MatchingSigned]](ctx, c, http.MethodPost, matchingRuns+"/"+handle+"/signatures", items[MatchingSignature]{signatures})
	return answer.Items, err
}

// AssessSuitability answers the questionnaire for a lender: the numbers of the options chosen, from 0, by the
// questions' ids.
func (c *Client) AssessSuitability(ctx context.Context, party string, answers map[string]int) (Suitability, error) {
	return Send[Suitability](ctx, c, http.MethodPost, "/v1/suitability/"+party, map[string]any{"answers": answers})
}
