package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// scores tells matching how the platform's desk decided on a loan: its application names the loan's project.
type scores struct {
	desk func() *underwriting.Desk // opened after matching
}

// Score answers the grade and the product risk of the decision; false where there is none, or its result was
// purged.
func (s scores) Score(ctx context.Context, l projection.Loan) (funding.Score, bool, error) {
	desk := s.desk()
	if desk == nil {
		return funding.Score{}, false, nil
	}
	decision, err := desk.Of(ctx, l.Terms.Project)
	if errors.Is(err, fault.New(fault.NotFound)) || err == nil && len(decision.Result) == 0 {
		return funding.Score{}, false, nil
	}
	if err != nil {
		return funding.Score{}, false, err
	}
	var result struct {
		Grade       string `json:"grade"`
		ProductRisk int    `json:"product_risk"`
	}
	if err := json.Unmarshal(decision.Result, &result); err != nil {
		return funding.Score{}, false, fmt.Errorf("read decision %s: %w", decision.ID, err)
	}
	return funding.Score{Grade: result.Grade, Risk: result.ProductRisk}, result.Grade != "" && result.ProductRisk > 0, nil
}
