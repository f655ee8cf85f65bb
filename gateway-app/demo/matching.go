package main

import (
	"fmt"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/client"
)

// matchingRun is a run as the platform's app tells of it.
type matchingRun struct {
	Handle       string      `json:"handle"`
	Status       string      `json:"status"`
	MatchedMinor money.Minor `json:"matched_minor"`
	BoundMinor   money.Minor `json:"bound_minor"`
	Proposals    []struct {
		Loan        string            `json:"loan"`
		Status      string            `json:"status"`
		Code        string            `json:"code"`
		Allocations []loan.Allocation `json:"allocations"`
	} `json:"proposals"`
}

// assess has each lender answer the platform's questionnaire, without which nobody's money is matched. Every
// fourth is a little more careful than the others.
func (s *stage) assess(b *book) error {
	questionnaire, err := client.Get[struct {
		Questions []struct {
			ID      string     `json:"id"`
			Options []struct{} `json:"options"`
		} `json:"questions"`
	}](s.ctx, b.platform.Office, "/v1/suitability", nil)
	if err != nil {
		return fmt.Errorf("read the questionnaire: %w", err)
	}
	for i, lender := range b.lenders {
		answers := map[string]int{}
		for _, q := range questionnaire.Questions {
			answers[q.ID] = len(q.Options) - 1
		}
		if i%4 == 3 {
			answers["horizon"]--
			answers["purpose"]--
		}
		body := map[string]any{"answers": answers}
		if _, err := client.Send[struct{}](s.ctx, b.platform.Office, http.MethodPost, "/v1/suitability/"+lender.Handle, body); err != nil {
			return fmt.Errorf("answer the questionnaire: %w", err)
		}
	}
	return nil
}

// match has the platform's app match loans with mandates, brings each borrower's signature, and waits until the
// ledger has every loan that was matched. The others stay cleared, and expire.
func (s *stage) match(b *book) error {
	office := b.platform.Office
	run, err := client.Send[matchingRun](s.ctx, office, http.MethodPost, "/v1/matching-runs", map[string]string{"collection": b.collection})
	if err != nil {
		return fmt.Errorf("start the matching run: %w", err)
	}
	matched, err := s.awaitRun(b, run.Handle, func(r matchingRun) bool { return r.Status != "running" })
	if err != nil {
		return err
	}
	if err := s.sign(b, matched); err != nil {
		return err
	}
	own := b.byLoan()
	if matched, err = s.awaitRun(b, run.Handle, func(r matchingRun) bool { return !r.waits(own) }); err != nil {
		return err
	}
	return b.take(matched)
}

// waits reports whether one of some loans' proposals is not decided. What others have left on the platform may
// wait for ever.
func (r matchingRun) waits(own map[string]*agreed) bool {
	for _, p := range r.Proposals {
		if own[p.Loan] != nil && (p.Status == "open" || p.Status == "signed") {
			return true
		}
	}
	return false
}

// byLoan are the loans that go on, by their ids.
func (b *book) byLoan() map[string]*agreed {
	own := map[string]*agreed{}
	for _, l := range b.open() {
		own[l.Terms.ID] = l
	}
	return own
}

// awaitRun looks after a run until it is as far as wanted.
func (s *stage) awaitRun(b *book, handle string, far func(matchingRun) bool) (matchingRun, error) {
	for {
		run, err := client.Get[matchingRun](s.ctx, b.platform.Office, "/v1/matching-runs/"+handle, nil)
		if err != nil {
			return run, fmt.Errorf("look after the matching run: %w", err)
		}
		if far(run) {
			return run, nil
		}
		if err := s.rest(); err != nil {
			return run, err
		}
	}
}

// sign brings the borrowers' signatures of a run's proposals.
func (s *stage) sign(b *book, run matchingRun) error {
	type signature struct {
		Loan      string `json:"loan"`
		Signature string `json:"signature"`
	}
	own := b.byLoan()
	var items []signature
	for _, p := range run.Proposals {
		l := own[p.Loan]
		if l == nil {
			continue // an earlier story's, whose borrowers are gone
		}
		signed, err := l.Signature()
		if err != nil {
			return err
		}
		items = append(items, signature{p.Loan, signed})
	}
	if len(items) == 0 {
		return nil
	}
	path := "/v1/matching-runs/" + run.Handle + "/signatures"
	_, err := client.Send[struct{}](s.ctx, b.platform.Office, http.MethodPost, path, map[string]any{"items": items})
	if err != nil {
		return fmt.Errorf("hand in the borrowers' signatures: %w", err)
	}
	return nil
}

// take notes who lends to whom. What the ledger refused is an error: nobody else uses these lenders' money.
func (b *book) take(run matchingRun) error {
	b.placed, b.bound = run.MatchedMinor, run.BoundMinor
	own := b.byLoan()
	for _, p := range run.Proposals {
		l := own[p.Loan]
		switch {
		case l == nil:
		case p.Status == "funded":
			l.Allocations = p.Allocations
			b.matched += l.principal
		default:
			return fmt.Errorf("a loan that was matched is %s: %s", p.Status, p.Code)
		}
	}
	for _, l := range own {
		l.unmatched = l.Allocations == nil
	}
	return nil
}

// bringLenders has lenders assessed while everybody's mandates are brought: neither needs the other.
func (s *stage) bringLenders(b *book) error {
	group, _ := errgroup.WithContext(s.ctx)
	group.Go(func() error { return s.assess(b) })
	group.Go(func() error { return s.bringMandates(b) })
	return group.Wait()
}
