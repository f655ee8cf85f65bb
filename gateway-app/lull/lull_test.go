package lull_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallystick/tallystick/gateway-app/lull"
)

// A pause ends with its time, with what moves, or with the context, whichever comes first.
func TestAPauseEndsWithWhatComesFirst(t *testing.T) {
	for name, c := range map[string]struct {
		moves, ends, longest, want time.Duration
	}{
		"its time":     {time.Hour, time.Hour, time.Minute, time.Minute},
		"what moves":   {time.Second, time.Hour, time.Minute, time.Second},
		"the context":  {time.Hour, 2 * time.Second, time.Minute, 2 * time.Second},
		"no pause":     {time.Hour, time.Hour, 0, 0},
		"less than no": {time.Hour, time.Hour, -time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.ends)
				defer cancel()
				moved := make(chan struct{})
				timer := time.AfterFunc(c.moves, func() { close(moved) })
				defer timer.Stop()
				began := time.Now()
				lull.Until(ctx, moved, c.longest)
				if took := time.Since(began); took != c.want {
					t.Errorf("it took %v, want %v", took, c.want)
				}
			})
		})
	}
}

// Without anything that could move, a pause takes its time.
func TestAPauseTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		lull.For(t.Context(), time.Minute)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}
