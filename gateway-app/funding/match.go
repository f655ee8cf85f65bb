package funding

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/matching/bound"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// boundPairs is up to how many pairs of mandates and loans the bound of a run is worked out.
const boundPairs = 2_000_000

// match decides a run. Killed before the end it has changed nothing; the next holder looks at the market anew.
func (f *Funding) match(ctx context.Context, run Run) (Run, error) {
	if err := f.model.CatchUp(ctx); err != nil {
		return run, err
	}
	pair := f.pairOf(run.Collection)
	market, err := f.model.Market(ctx, pair)
	if err != nil {
		return run, fmt.Errorf("read the market: %w", err)
	}
	known, err := f.knowledge(ctx, market)
	if err != nil {
		return run, err
	}
	book, out := Compile(market, known, f.settings.Policy)
	outcome, err := matching.Match(book)
	if err != nil {
		return run, err
	}
	if err := matching.Verify(book, outcome); err != nil {
		return run, err
	}
	run.Date, run.Algorithm, run.InputDigest = market.On, outcome.Version, outcome.InputDigest
	if run.OutputDigest, err = outcome.Digest(); err != nil {
		return run, err
	}
	run.Status, run.Matched, run.MatchedMinor = Open, store.Time(f.now()), outcome.Totals.MatchedMinor
	if len(book.Mandates)*len(book.Requests) <= boundPairs {
		run.BoundMinor = bound.Of(book)
	}
	run.RecordDigest = run.record().Digest()
	proposals := f.propose(run, market, book, outcome)
	return run, f.keepMatch(ctx, run, book, decided{outcome, out}, proposals)
}

// knowledge reads what the platform keeps besides the ledger.
func (f *Funding) knowledge(ctx context.Context, market Market) (Knowledge, error) {
	k := Knowledge{Scores: map[string]Score{}, Obstacles: map[string]string{}}
	var err error
	if k.Classes, err = f.classes(ctx); err != nil {
		return k, err
	}
	if k.Wishes, err = keptAll[Wish](ctx, f.db, `SELECT mandate, wish FROM mandate_wish`); err != nil {
		return k, err
	}
	if k.Listings, err = keptAll[Listing](ctx, f.db, `SELECT loan, listing FROM loan_listing`); err != nil {
		return k, err
	}
	if k.Programmes, err = f.programmes(ctx, f.db, `ended_at = '' ORDER BY id`); err != nil {
		return k, err
	}
	if k.Pending, err = f.proposals(ctx, f.db, `status IN ('open', 'signed') ORDER BY run, loan`); err != nil {
		return k, err
	}
	if k.Placed, err = f.placed(ctx); err != nil {
		return k, err
	}
	if f.settings.People != nil {
		if k.Restricted, err = f.settings.People.Restricted(ctx); err != nil {
			return k, err
		}
	}
	return k, f.judge(ctx, market.Cleared, &k)
}

// judge asks how the platform decided on the loans that wait.
func (f *Funding) judge(ctx context.Context, cleared []projection.Loan, k *Knowledge) error {
	if f.settings.Scores == nil {
		return nil
	}
	for _, l := range cleared {
		verdict, err := f.settings.Scores.Score(ctx, l)
		switch {
		case err != nil:
			return fmt.Errorf("read how a loan was judged: %w", err)
		case verdict.Obstacle != "":
			k.Obstacles[l.Terms.ID] = verdict.Obstacle
		case verdict.Score != nil:
			k.Scores[l.Terms.ID] = *verdict.Score
		}
	}
	return nil
}

// placed is what loans counted as when earlier runs funded them.
func (f *Funding) placed(ctx context.Context) (map[string]Placed, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT loan, grade, industry FROM matching_proposal WHERE status = 'funded'`)
	if err != nil {
		return nil, fmt.Errorf("read what was funded: %w", err)
	}
	defer rows.Close()
	known := map[string]Placed{}
	for rows.Next() {
		var id string
		var p Placed
		if err := rows.Scan(&id, &p.Grade, &p.Industry); err != nil {
			return nil, fmt.Errorf("read what was funded: %w", err)
		}
		known[id] = p
	}
	return known, rows.Err()
}

// propose makes the proposal of each filled loan, with the handles of its holds.
func (f *Funding) propose(run Run, market Market, book matching.Book, outcome matching.Run) []Proposal {
	terms, requests := map[string]loan.Terms{}, map[string]matching.Request{}
	for _, l := range market.Cleared {
		terms[l.Terms.ID] = l.Terms
	}
	for _, r := range book.Requests {
		requests[r.ID] = r
	}
	var list []Proposal
	for _, o := range outcome.Loans {
		if o.Status != matching.Filled {
			continue
		}
		t, r := terms[o.Loan], requests[o.Loan]
		p := Proposal{
			Run: run.Handle, Loan: o.Loan, Collection: run.Collection, Status: ProposalOpen, Borrower: t.Borrower, Commitment: t.Commitment(),
			Grade: r.Grade, Industry: r.Industry, PrincipalMinor: o.FundedMinor,
			ExpiresOn: min(r.Deadline, market.On.AddDays(f.settings.SignDays)), salt: lane.Random(32),
		}
		for _, a := range slices.Concat(o.Contributions, o.Allocations) {
			p.Allocations = append(p.Allocations, loan.Allocation{
				Lender: a.Lender, Mandate: a.Mandate, Hold: lane.Random(16), PrincipalMinor: a.PrincipalMinor,
			})
		}
		list = append(list, p)
	}
	return list
}

// keepMatch makes a decided run durable, all of it or nothing. A run that another process decided meanwhile
// is left as that one decided it.
func (f *Funding) keepMatch(ctx context.Context, run Run, book matching.Book, d decided, proposals []Proposal) error {
	inputs, err := f.seal(run.Handle, "inputs", book)
	if err != nil {
		return err
	}
	kept, err := f.seal(run.Handle, "outcome", d)
	if err != nil {
		return err
	}
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `UPDATE matching_run SET status = 'open', matched_at = $2, business_date = $3, algorithm = $4, input_digest = $5,
			output_digest = $6, record_digest = $7, matched_minor = $8, bound_minor = $9, inputs = $10, outcome = $11
			WHERE run = $1 AND status = 'running'`
		result, err := tx.ExecContext(ctx, update, run.Handle, run.Matched, run.Date.String(), run.Algorithm, run.InputDigest,
			run.OutputDigest, run.RecordDigest, int64(run.MatchedMinor), int64(run.BoundMinor), inputs, kept)
		if err != nil {
			return fmt.Errorf("keep a matching run: %w", err)
		}
		if changed, err := result.RowsAffected(); err != nil || changed != 1 {
			return fault.In(fault.Conflict, "run")
		}
		for _, p := range proposals {
			if err := p.insert(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// before is written in the place of a transaction that a lost database once knew.
const before = "-"

// anchor puts the digest of a run's record into the member's evidence log, alone, and not with the digests that package
// anchoring gathers: a run goes on only when its own digest stands. The request id follows from the digest, so that it is
// there once however often it is sent.
func (f *Funding) anchor(ctx context.Context, run Run) error {
	id := sha256.Sum256([]byte("tallystick/matching-run/v1\x00" + run.RecordDigest))
	command, err := anchoring.Command(hex.EncodeToString(id[:16]), wire.Atomic, evidence.Entry{
		Digest: run.RecordDigest, Phase: evidence.PhaseDecision, MediaType: evidence.MatchingRunMedia,
	})
	if err != nil {
		return err
	}
	outcome, err := f.box.Do(ctx, command)
	if err == nil {
		err = anchoring.Missing(outcome)
	}
	if err != nil {
		return fmt.Errorf("anchor a matching run: %w", err)
	}
	tx := outcome.TxID
	if outcome.Status != outbox.Committed {
		tx = before // a database that was restored finds on the ledger what it had anchored
	}
	return f.db.Write(ctx, func(sqlTx *sql.Tx) error {
		_, err := sqlTx.ExecContext(ctx, `UPDATE matching_run SET anchored_tx = $2 WHERE run = $1`, run.Handle, tx)
		return err
	})
}

// expireBatch is how many loans travel in one command of their end.
const expireBatch = 50

// expire ends the loans whose deadline the run found passed, as the ledger's rule lets anybody do. What is
// refused has another reason to stand, and is left.
func (f *Funding) expire(ctx context.Context, run Run) error {
	kept, err := f.unseal(ctx, run.Handle)
	if err != nil {
		return err
	}
	var items []wire.LoanRef
	for _, o := range kept.Outcome.Loans {
		if o.Status == matching.Lapsed {
			items = append(items, wire.LoanRef{Loan: o.Loan})
		}
	}
	verdicts, err := lane.Send(ctx, f.lane, run.Handle, "Loan:Expire", run.Collection, items, expireBatch)
	if err != nil {
		return err
	}
	return f.reach(ctx, verdicts.Block)
}
