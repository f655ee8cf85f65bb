package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// approvalView is one person's word for a request, and what there is to hold against it.
type approvalView struct {
	Request string `json:"request"`
	wire.Approved
	Fault string `json:"fault,omitempty"` // empty: the signature leads to a root of the member's, as registered
}

// approvalsIn lists who approved what a transaction decided, each verified against the roots that the ledger
// lists for the member. Of a request in a collection that this member may not read nothing is known.
func approvalsIn(ctx context.Context, c *ledger.Client, tx ledger.Tx) ([]approvalView, error) {
	var found []approvalView
	collect := func(key string, value []byte) {
		id, isRequest := strings.CutPrefix(key, wire.RequestKey(""))
		var kept wire.Remembered
		if !isRequest || json.Unmarshal(value, &kept) != nil {
			return
		}
		for _, approved := range kept.Approvals {
			found = append(found, approvalView{Request: id, Approved: approved})
		}
	}
	for _, w := range tx.PublicWrites {
		collect(w.Key, w.Value)
	}
	for _, w := range tx.PrivateWrites {
		collect(w.Key, w.Value)
	}
	if len(found) == 0 {
		return nil, nil
	}
	members, err := ledger.Read[[]wire.MemberEntry](ctx, c, "Consortium:ReadMembers", wire.Read{Version: wire.Version})
	if err != nil {
		return nil, fmt.Errorf("read the roots of the members' authorities: %w", err)
	}
	for i := range found {
		found[i].Fault = faultIn(found[i].Approved, members, tx.Timestamp.Unix())
	}
	return found, nil
}

// faultIn says what is wrong with an approval, or nothing.
func faultIn(a wire.Approved, members []wire.MemberEntry, unixSeconds int64) string {
	for _, m := range members {
		if m.ID != a.Member {
			continue
		}
		got, err := a.Verify(a.Digest, m.Roots, unixSeconds)
		switch {
		case err != nil:
			return err.Error()
		case got.Name != a.Name || got.Role != a.Role || got.Fingerprint != a.Fingerprint:
			return "the certificate is another's than the one named"
		}
		return ""
	}
	return "the ledger lists no such member"
}

func approvalSheet(approvals []approvalView) sheet {
	t := sheet{title: "approved by", columns: []string{"member", "name", "role", "certificate", "signed", "verified"}}
	for _, a := range approvals {
		verdict := "yes"
		if a.Fault != "" {
			verdict = "NO: " + a.Fault
		}
		t.add(a.Member, a.Name, string(a.Role), a.Fingerprint, a.Digest, verdict)
	}
	return t
}
