package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// checkView is what a check that found nothing wrong has looked at.
type checkView struct {
	Member       string        `json:"member"`
	Blocks       uint64        `json:"blocks"`
	Transactions int           `json:"transactions"`
	Invalid      int           `json:"invalid"`  // ordered, and of no effect
	Records      int           `json:"records"`  // versions folded with core's own Apply
	Compared     int           `json:"compared"` // values held against the peer's state
	Logs         int           `json:"evidence_logs"`
	Entries      uint64        `json:"evidence_entries"`
	Summary      books.Summary `json:"summary"`
	Books        string        `json:"books"` // ok; anything else is an error
}

func newCheck(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Execute the ledger again and hold it against the books and the peer's state",
		Long: "Read the chain from its first block, verifying every hash; fold every record's events with the\n" +
			"rules of core, allocate and divide every receipt anew, check the books after every transaction,\n" +
			"hold its endorsers, and the policies it gives to keys, against the network's own,\n" +
			"rebuild every evidence log, and compare the outcome with the state that the member's peer\n" +
			"answers with. What is wrong first is named, with exit code 3. A member checks what it holds:\n" +
			"the auditor and the regulator hold everything.",
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				v, err := s.check(ctx, c)
				if err != nil {
					return err
				}
				return s.print(v, v.facts(), v.amounts())
			})
		},
	}
}

func (s *session) check(ctx context.Context, c *ledger.Client) (checkView, error) {
	e := newExecution(c.Profile())
	if err := s.walk(ctx, c, e.block); err != nil {
		return checkView{}, err
	}
	for _, log := range e.logs {
		if err := log.agrees(ctx, c); err != nil {
			return checkView{}, err
		}
		e.view.Entries += log.tree.Size()
	}
	compared, err := e.compare(ctx, c)
	if err != nil {
		return checkView{}, err
	}
	e.view.Compared, e.view.Logs, e.view.Summary, e.view.Books = compared, len(e.logs), e.auditor.Summary(), "ok"
	return e.view, nil
}

func (v checkView) facts() sheet {
	return facts("nothing wrong was found in what "+v.Member+" holds",
		"blocks, each hash verified", fmt.Sprint(v.Blocks), "transactions", fmt.Sprint(v.Transactions),
		"of these invalid, without effect", fmt.Sprint(v.Invalid), "versions of records folded again", fmt.Sprint(v.Records),
		"values equal to the peer's", fmt.Sprint(v.Compared),
		"evidence logs rebuilt", fmt.Sprintf("%d, with %d entries", v.Logs, v.Entries), "books", v.Books,
	)
}

func (v checkView) amounts() sheet {
	b := v.Summary
	return facts("the books, executed again",
		"loans proposed", fmt.Sprint(b.LoansProposed), "loans active", fmt.Sprint(b.LoansActive),
		"loans repaid", fmt.Sprint(b.LoansRepaid), "loans written off", fmt.Sprint(b.LoansWrittenOff),
		"lenders", fmt.Sprint(b.Lenders), "receipts", fmt.Sprint(b.Receipts), "collected", yuan(b.CollectedMinor),
		"credited to lenders", yuan(b.DistributedMinor), "paid out", yuan(b.PaidOutMinor), "fees", yuan(b.FeesMinor),
		"overpaid by borrowers", yuan(b.RefundsMinor), "in suspense", yuan(b.SuspenseMinor),
		"cash at custodians", yuan(b.CashMinor), "trial balance", yuan(b.TrialBalance),
	)
}
