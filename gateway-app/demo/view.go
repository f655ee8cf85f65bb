package main

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/client"
)

// pollInterval is how often the story looks whether something that an app does by itself is done.
const pollInterval = 100 * time.Millisecond

// portfolio reads the loans of a platform from its own gateway app, by their ids.
func (s *stage) portfolio(b *book) (map[string]loan.State, error) {
	states := map[string]loan.State{}
	query := url.Values{"collection": {b.collection}, "limit": {"1000"}}
	for l, err := range b.platform.Office.Loans(s.ctx, query) {
		if err != nil {
			return nil, fmt.Errorf("list the loans of %s: %w", b.platform.Profile.Member, err)
		}
		states[l.Terms.ID] = l.State
	}
	return states, nil
}

// instructions lists a collection's instructions of some statuses and kinds as the custodian sees them.
func (s *stage) instructions(b *book, statuses []custody.Status, kinds ...custody.Kind) ([]custody.Instruction, error) {
	var list []custody.Instruction
	for _, status := range statuses {
		for _, kind := range kinds {
			query := url.Values{"collection": {b.collection}, "status": {string(status)}, "kind": {string(kind)}, "limit": {"1000"}}
			for held, err := range s.scene.Cast.Custodian.Office.Instructions(s.ctx, query) {
				if err != nil {
					return nil, fmt.Errorf("list the instructions of %s: %w", b.collection, err)
				}
				list = append(list, held.State)
			}
		}
	}
	return list, nil
}

// suspended lists what the custodian could not place.
func (s *stage) suspended(b *book) ([]custody.Suspense, error) {
	var list []custody.Suspense
	query := url.Values{"collection": {b.collection}, "limit": {"1000"}}
	for held, err := range s.scene.Cast.Custodian.Office.Suspended(s.ctx, query) {
		if err != nil {
			return nil, fmt.Errorf("list what is suspended in %s: %w", b.collection, err)
		}
		if held.State.Open() {
			list = append(list, held.State)
		}
	}
	return list, nil
}

// payoutRun is a run as the custodian's app tells of it.
type payoutRun struct {
	Handle  string `json:"handle"`
	Status  string `json:"status"`
	Netted  int    `json:"netted"`
	Block   uint64 `json:"block"`
	Refused []struct {
		Code string `json:"code"`
	} `json:"refused"`
}

// runPayouts has the custodian's app net everything that is owed, and waits until it has.
func (s *stage) runPayouts() error {
	office := s.scene.Cast.Custodian.Office
	run, err := client.Send[payoutRun](s.ctx, office, http.MethodPost, "/v1/payout-runs", struct{}{})
	if err != nil {
		return fmt.Errorf("start the payout run: %w", err)
	}
	for run.Status != "finished" {
		if err := s.rest(); err != nil {
			return err
		}
		if run, err = client.Get[payoutRun](s.ctx, office, "/v1/payout-runs/"+run.Handle, nil); err != nil {
			return fmt.Errorf("look after the payout run: %w", err)
		}
	}
	if len(run.Refused) > 0 {
		return fmt.Errorf("the payout run was refused %d debts, first for %s", len(run.Refused), run.Refused[0].Code)
	}
	return nil
}

// awaitClearance waits until the regulator's app has cleared every proposal of the story. What others have
// proposed on the same platform may wait for ever.
func (s *stage) awaitClearance(b *book) error {
	own := map[string]bool{}
	for _, l := range b.open() {
		own[l.Terms.ID] = true
	}
	for {
		waiting, err := s.anyProposed(b, own)
		if err != nil || !waiting {
			return err
		}
		if err := s.rest(); err != nil {
			return err
		}
	}
}

// anyProposed reports whether one of some loans still waits for clearance.
func (s *stage) anyProposed(b *book, loans map[string]bool) (bool, error) {
	query := url.Values{"collection": {b.collection}, "status": {string(loan.Proposed)}, "limit": {"50"}}
	for l, err := range b.platform.Office.Loans(s.ctx, query) {
		if err != nil {
			return false, fmt.Errorf("look whether the loans are cleared: %w", err)
		}
		if loans[l.Terms.ID] {
			return true, nil
		}
	}
	return false, nil
}

func (s *stage) rest() error {
	select {
	case <-s.ctx.Done():
		return s.ctx.Err()
	case <-time.After(pollInterval):
		return nil
	}
}
