package client

import (
	"context"
	"io"
	"iter"

	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
)

// The access log's form, for those who verify it without the app that wrote it.
type (
	AccessRow     = chain.Row
	AccessContent = chain.Content // what a row says
	AccessHead    = chain.Head
	AccessVerdict = chain.Verdict
	AccessFinding = chain.Finding
)

// NewAccessSalt draws the salt of a row.
func NewAccessSalt() string { return chain.NewSalt() }

// AccessLogGenesis is what the first row of an access log follows.
var AccessLogGenesis = chain.Genesis

// AccessHeadType is the media type that marks the head of an access log among a member's evidence.
const AccessHeadType = chain.MediaType

// AccessLog streams the member's access log, from its first row. What the caller may not know of is withheld.
func (c *Client) AccessLog(ctx context.Context) iter.Seq2[AccessRow, error] {
	return List[AccessRow](ctx, c, "/v1/audit-log", nil)
}

// ReadAccessLog reads an exported access log: one row of JSON a line.
func ReadAccessLog(from io.Reader) iter.Seq2[AccessRow, error] { return chain.Read(from) }

// VerifyAccessLog recomputes a log's chain and looks for every head in it. A broken one is an
// *AccessFinding.
func VerifyAccessLog(rows iter.Seq2[AccessRow, error], heads []AccessHead) (AccessVerdict, error) {
	return chain.Verify(rows, heads)
}
