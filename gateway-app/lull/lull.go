// Package lull is how the app's tasks wait between two turns: for a while, for something to move, or for the end of
// the work, whichever comes first. A task looks anew after every pause, so that a signal that was missed delays it and
// stops it never.
//
// The package never says why a pause ended: who has to know asks the context, or looks.
package lull

import (
	"context"
	"time"
)

// For waits that long, or until the context ends. Nothing and less is no pause.
func For(ctx context.Context, length time.Duration) { Until(ctx, nil, length) }

// Until waits until something has moved, at most that long, or until the context ends. Of a channel that is nil nothing
// ever moves.
func Until(ctx context.Context, moved <-chan struct{}, longest time.Duration) {
	if longest <= 0 {
		return
	}
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-moved:
	}
}
