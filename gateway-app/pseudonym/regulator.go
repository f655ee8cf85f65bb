package pseudonym

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"

	"github.com/tallystick/tallystick/core/fault"
)

// Regulator is the regulator's half. A platform deposits points and learns nothing; the custodian of the
// same applications collects their evaluations.
type Regulator struct{ *Holder }

// Deposit keeps a platform's points for the custodian to collect.
func (r Regulator) Deposit(ctx context.Context, caller string, p Points) error {
	if _, _, err := r.usable(ctx, p.Epoch); err != nil {
		return err
	}
	return r.receive(ctx, caller, p)
}

// Collect evaluates points that were deposited for applications of the calling custodian's.
func (r Regulator) Collect(ctx context.Context, caller string, c Claims) (Collected, error) {
	var out Collected
	k, _, err := r.usable(ctx, c.Epoch)
	if err != nil {
		return out, err
	}
	if err := r.mayCollect(ctx, caller, c); err != nil {
		return out, err
	}
	allowed, err := r.meter(ctx, caller, "collect", len(c.Claims))
	switch {
	case err != nil:
		return out, err
	case !allowed:
		return out, fault.New(fault.Busy)
	}
	if out.Deposited, err = r.deposited(ctx, c); err != nil {
		return out, err
	}
	out.Evaluation, err = evaluate(k, out.Deposited)
	return out, err
}

func (r Regulator) mayCollect(ctx context.Context, caller string, c Claims) error {
	if err := size(len(c.Claims)); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, claim := range c.Claims {
		if err := distinct(seen, claim.Party, i); err != nil {
			return err
		}
		seen[claim.Party] = true
		state, err := r.admit(ctx, caller, c.Collection, claim.Party)
		if err == nil && state.Custodian != caller {
			err = fault.In(fault.WrongMember, "party")
		}
		if refusal := new(fault.Fault); errors.As(err, &refusal) {
			return refusal.At(i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r Regulator) deposited(ctx context.Context, c Claims) ([][]byte, error) {
	points := make([][]byte, len(c.Claims))
	err := r.db.Read(ctx, func(tx *sql.Tx) error {
		for i, claim := range c.Claims {
			text, found, err := r.point(ctx, tx, c.Epoch, c.Collection, claim)
			switch {
			case err != nil:
				return err
			case !found:
				return fault.In(fault.NotFound, "party").At(i)
			}
			if points[i], err = hex.DecodeString(text); err != nil {
				return err
			}
		}
		return nil
	})
	return points, err
}
