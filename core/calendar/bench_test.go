package calendar_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
)

func BenchmarkAddMonths(b *testing.B) {
	from := calendar.NewDate(2016, 1, 31)
	for i := 0; b.Loop(); i++ {
		if from.AddMonths(i%36) < from {
			b.Fatal("went back in time")
		}
	}
}

func BenchmarkCivil(b *testing.B) {
	from := calendar.NewDate(2016, 1, 31)
	for i := 0; b.Loop(); i++ {
		if (from + calendar.Date(i%1000)).Month() > 12 {
			b.Fatal("a thirteenth month")
		}
	}
}
