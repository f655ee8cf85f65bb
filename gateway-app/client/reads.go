package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
)

// Held is a record of the ledger as the member's books have it: its state, and the transaction that wrote
// it last.
type Held[S any] struct {
	Collection string    `json:"collection,omitempty"`
	ID         string    `json:"id"`
	Sequence   int64     `json:"sequence,omitempty"`
	State      S         `json:"state"`
	Block      uint64    `json:"block"`
	TxID       string    `json:"tx_id"`
	At         time.Time `json:"at"`
}

// Loan is a loan with its terms, and with its funding once it was funded.
type Loan struct {
	Held[loan.State]
	OwingMinor money.Minor   `json:"owing_minor"`
	Terms      loan.Terms    `json:"terms"`
	Funding    *loan.Funding `json:"funding,omitempty"`
}

// Step is one event in a loan's history. That of a receipt is the original that a reversal must bring.
type Step struct {
	Sequence int64           `json:"sequence"`
	Kind     string          `json:"kind"`
	On       string          `json:"on,omitempty"`
	Block    uint64          `json:"block"`
	TxID     string          `json:"tx_id"`
	At       time.Time       `json:"at"`
	Event    json.RawMessage `json:"event"`
}

// Schedule is what a loan's plan comes to, and what it owes on a date.
type Schedule struct {
	Loan               string         `json:"loan"`
	On                 calendar.Date  `json:"on"`
	Final              bool           `json:"final"`
	Rows               []schedule.Row `json:"rows"`
	AllInRatePPM       money.PPM      `json:"all_in_rate_ppm"`
	PastDueMinor       money.Minor    `json:"past_due_minor"`
	DueMinor           money.Minor    `json:"due_minor"`
	RestPrincipalMinor money.Minor    `json:"rest_principal_minor"`
	PayoffMinor        money.Minor    `json:"payoff_minor"`
	OverdueDays        int            `json:"overdue_days"`
}

// Member is a member as it was entered; it counts while it is listed.
type Member struct {
	Held[wire.MemberEntry]
	Listed bool `json:"listed"`
}

// Regime is a pack of rules, and the digest that an approval of it names.
type Regime struct {
	Held[regime.Pack]
	Digest  string `json:"digest"`
	Adopted bool   `json:"adopted"`
}

// List walks a list of the API, page by page. The query may narrow it as the operation's parameters allow.
func List[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		asked := url.Values{"limit": {"1000"}}
		for name, values := range query {
			asked[name] = values
		}
		for {
			page, err := Get[struct {
				Items []T    `json:"items"`
				Next  string `json:"next"`
			}](ctx, c, path, asked)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			asked.Set("cursor", page.Next)
		}
	}
}

// Loans lists loans: "status", "collection", "borrower", "lender", "regime" and "frozen" narrow them.
func (c *Client) Loans(ctx context.Context, query url.Values) iter.Seq2[Loan, error] {
	return List[Loan](ctx, c, "/v1/loans", query)
}

// Loan reads a loan by its id or its handle.
func (c *Client) Loan(ctx context.Context, id string) (Loan, error) {
	return Get[Loan](ctx, c, "/v1/loans/"+url.PathEscape(id), nil)
}

// LoanHistory lists what happened to a loan, in the order of the ledger.
func (c *Client) LoanHistory(ctx context.Context, id string) iter.Seq2[Step, error] {
	return List[Step](ctx, c, "/v1/loans/"+url.PathEscape(id)+"/history", nil)
}

// Schedule works out a loan's schedule and what it owes on a date; on no date, the custodian's business date.
func (c *Client) Schedule(ctx context.Context, id string, on calendar.Date) (Schedule, error) {
	query := url.Values{}
	if !on.IsZero() {
		query.Set("on", on.String())
	}
	return Get[Schedule](ctx, c, "/v1/loans/"+url.PathEscape(id)+"/schedule", query)
}

// Parties lists parties.
func (c *Client) Parties(ctx context.Context, query url.Values) iter.Seq2[Held[party.State], error] {
	return List[Held[party.State]](ctx, c, "/v1/parties", query)
}

// Party reads a party by its handle.
func (c *Client) Party(ctx context.Context, handle string) (Held[party.State], error) {
	return Get[Held[party.State]](ctx, c, "/v1/parties/"+url.PathEscape(handle), nil)
}

// Mandates lists mandates.
func (c *Client) Mandates(ctx context.Context, query url.Values) iter.Seq2[Held[mandate.State], error] {
	return List[Held[mandate.State]](ctx, c, "/v1/mandates", query)
}

// Mandate reads a mandate by its handle.
func (c *Client) Mandate(ctx context.Context, handle string) (Held[mandate.State], error) {
	return Get[Held[mandate.State]](ctx, c, "/v1/mandates/"+url.PathEscape(handle), nil)
}

// Instructions lists orders to the custodian: "status", "kind", "party", "loan" and "collection" narrow them.
func (c *Client) Instructions(ctx context.Context, query url.Values) iter.Seq2[Held[custody.Instruction], error] {
	return List[Held[custody.Instruction]](ctx, c, "/v1/custody/instructions", query)
}

// Instruction reads an order to the custodian by its handle.
func (c *Client) Instruction(ctx context.Context, handle string) (Held[custody.Instruction], error) {
	return Get[Held[custody.Instruction]](ctx, c, "/v1/custody/instructions/"+url.PathEscape(handle), nil)
}

// Suspended lists receipts that named no loan.
func (c *Client) Suspended(ctx context.Context, query url.Values) iter.Seq2[Held[custody.Suspense], error] {
	return List[Held[custody.Suspense]](ctx, c, "/v1/custody/suspense", query)
}

// Accounts lists customers' cash.
func (c *Client) Accounts(ctx context.Context, query url.Values) iter.Seq2[Held[custody.Account], error] {
	return List[Held[custody.Account]](ctx, c, "/v1/custody/accounts", query)
}

// Account reads a party's cash.
func (c *Client) Account(ctx context.Context, handle string) (Held[custody.Account], error) {
	return Get[Held[custody.Account]](ctx, c, "/v1/custody/accounts/"+url.PathEscape(handle), nil)
}

// Day reads a custodian's business day.
func (c *Client) Day(ctx context.Context, custodian string) (Held[custody.Day], error) {
	return Get[Held[custody.Day]](ctx, c, "/v1/business-days/"+url.PathEscape(custodian), nil)
}

// Members lists the consortium.
func (c *Client) Members(ctx context.Context) iter.Seq2[Member, error] {
	return List[Member](ctx, c, "/v1/members", nil)
}

// Regimes lists regime packs.
func (c *Client) Regimes(ctx context.Context) iter.Seq2[Regime, error] {
	return List[Regime](ctx, c, "/v1/regimes", nil)
}

// Regime reads a regime pack by its id.
func (c *Client) Regime(ctx context.Context, id string) (Regime, error) {
	return Get[Regime](ctx, c, "/v1/regimes/"+url.PathEscape(id), nil)
}

// Evidence lists anchored digests.
func (c *Client) Evidence(ctx context.Context, query url.Values) iter.Seq2[Held[wire.Anchored], error] {
	return List[Held[wire.Anchored]](ctx, c, "/v1/evidence", query)
}

// EvidenceLog reads the head of a member's evidence log.
func (c *Client) EvidenceLog(ctx context.Context, member string) (Held[evidence.LogState], error) {
	return Get[Held[evidence.LogState]](ctx, c, "/v1/evidence/"+url.PathEscape(member), nil)
}

// Readiness is what the app says of itself.
type Readiness struct {
	Ready  bool `json:"ready"`
	Checks []struct {
		Name string `json:"name"`
		OK   bool   `json:"ok"`
	} `json:"checks"`
}

// Ready waits until the app says that it is ready, or ctx ends.
func (c *Client) Ready(ctx context.Context) (Readiness, error) {
	return Get[Readiness](ctx, c, "/readyz", nil)
}
