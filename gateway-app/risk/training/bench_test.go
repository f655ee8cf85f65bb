package training_test

import (
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/figurestest"
	"github.com/tallystick/tallystick/gateway-app/risk/training"
)

// longest is what training both models on 30,000 rows may take: the project's target on two cores.
const longest = 30 * time.Second

// BenchmarkTrainingOfThirtyThousandRows trains scorecard and challenger on the Taiwanese figures.
func BenchmarkTrainingOfThirtyThousandRows(b *testing.B) {
	figures := figurestest.Table(b, "taiwan")
	for b.Loop() {
		begun := time.Now()
		if _, err := decision.TrainDefault(figures, training.DefaultSettings(figures).Options); err != nil {
			b.Fatal(err)
		}
		if took := time.Since(begun); took > longest {
			b.Errorf("training on %d rows took %v, want at most %v", figures.Rows(), took, longest)
		}
	}
}
