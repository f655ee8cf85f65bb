package submission

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// ErrNoRules refuses a disclosure of closes at which no reporting pack with formulas was in force. No pack that is adopted afterwards
// changes that.
var ErrNoRules = fault.In(fault.ReportingMissing, "period")

// Packs lists regime packs: *projection.Model.
type Packs interface {
	Regimes(ctx context.Context, page projection.Page) (projection.List[projection.Regime], error)
}

// GoverningPack is the reporting pack by which a platform's closings are disclosed, as its close kept it: what was
// approved or retired since does not count.
func GoverningPack(ctx context.Context, packs Packs, closings []Closing) (regime.Pack, error) {
	closes := make([]disclosure.Close, len(closings))
	for i, c := range closings {
		closes[i] = disclosure.Close{Custodian: c.Custodian, On: c.On, Block: c.Block, Regime: c.Regime, RegimeDigest: c.RegimeDigest}
	}
	kept, _ := disclosure.Governing(closes)
	if kept.Regime == "" {
		return regime.Pack{}, ErrNoRules
	}
	for r, err := range projection.All(ctx, packs.Regimes) {
		if err != nil {
			return regime.Pack{}, fmt.Errorf("look for pack %s: %w", kept.Regime, err)
		}
		if r.State.ID != kept.Regime || r.Digest != kept.RegimeDigest {
			continue
		}
		if r.State.Reporting == nil || len(r.State.Reporting.Formulas) == 0 {
			return regime.Pack{}, ErrNoRules // it says nothing of disclosures
		}
		return r.State, nil
	}
	return regime.Pack{}, fmt.Errorf("look for pack %s with digest %s, which the close of %s by %s keeps: there is none: rebuild the read model",
		kept.Regime, kept.RegimeDigest, kept.On, kept.Custodian)
}
