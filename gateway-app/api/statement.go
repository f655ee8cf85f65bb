package api

import (
	"context"
	"net/url"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/reporting"
)

// reader is the customer who asks for a report, or nobody where staff asks. A customer's user that stands for no party
// has no report: as nobody it would be taken for staff.
func reader(ctx context.Context, r reporting.Report) (own string, err error) {
	party, narrowed := callerOf(ctx).Own()
	switch {
	case !narrowed:
		return "", nil
	case party == "" && r.Personal:
		return "", fault.In(fault.NotFound, "party")
	}
	return party, nil
}

// aboutReport notes whom a report is about, for the journal of who has looked at whose data: the party and the loan that
// it was asked for, or whoever asked for their own.
func aboutReport(ctx context.Context, r reporting.Report, asked url.Values, own string) {
	if own != "" && r.Personal {
		about(ctx, own)
	}
	for _, p := range r.Parameters {
		if p.Kind == reporting.KindParty || p.Kind == reporting.KindLoan {
			about(ctx, asked.Get(p.Name))
		}
	}
}
