package underwriting

import (
	"context"
	"encoding/json"
	"fmt"
)

// ProbabilityOf is what the last decision by which a borrower was approved gave: the probability of default over the
// whole term, in millionths. It is 0 where there is none, and once the person is purged.
func (d *Desk) ProbabilityOf(ctx context.Context, borrower string) (int64, error) {
	found, err := d.decisions(ctx, d.db, `d.party = $1 AND a.status = $2 ORDER BY d.seq DESC LIMIT 1`, borrower, string(Approved))
	if err != nil || len(found) == 0 || found[0].text == "" {
		return 0, err
	}
	var said struct {
		ProbabilityPPM int64 `json:"probability_ppm"`
	}
	if err := json.Unmarshal([]byte(found[0].text), &said); err != nil {
		return 0, fmt.Errorf("read a decision's probability: %w", err)
	}
	return said.ProbabilityPPM, nil
}
