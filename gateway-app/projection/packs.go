package projection

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/regime"
)

// AdoptedPacks lists the packs that are adopted, whether they are in force or not.
func AdoptedPacks(ctx context.Context, regimes func(context.Context, Page) (List[Regime], error)) ([]regime.Pack, error) {
	var adopted []regime.Pack
	for r, err := range All(ctx, regimes) {
		if err != nil {
			return nil, fmt.Errorf("list the packs: %w", err)
		}
		if r.Adopted {
			adopted = append(adopted, r.State)
		}
	}
	return adopted, nil
}
