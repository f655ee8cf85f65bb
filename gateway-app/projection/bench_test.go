package projection_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// The ledger that BenchmarkReplay folds: every month each loan receives its instalment, a block a batch.
const (
	benchLoans  = 400
	benchMonths = 30
	benchBatch  = 200 // receipts in one transaction
)

// repayments makes blocks of many receipts for running loans, and answers how many events of loans they hold.
func repayments(b *testing.B) (w *town, history int) {
	b.Helper()
	w = found(b)
	w.crowd = true
	for n := 1; n <= benchLoans; n++ {
		w.lend(n, 1_000_000)
	}
	on := day("2024-01-02")
	for month := 1; month <= benchMonths; month++ {
		w.open(workday(on.AddMonths(month)).String())
		for n := 1; n <= benchLoans; n++ {
			w.book(n, fmt.Sprintf("R%d.%d", n, month), 33_400, "")
			if n%benchBatch == 0 {
				w.commit()
			}
		}
		if w.staged != nil {
			w.commit()
		}
	}
	lifeBefore := len([]loan.Action{loan.ActPropose, loan.ActClear, loan.ActFund, loan.ActHold, loan.ActDisburse, loan.ActActivate})
	return w, benchLoans * (benchMonths + lifeBefore)
}

// BenchmarkReplay folds a whole ledger of repayments from block 0 into an empty SQLite database, and reports
// events of loans a second, by the clock and by the processors' time. Events of other records are folded
// beside them and not counted.
func BenchmarkReplay(b *testing.B) {
	w, history := repayments(b)
	var spent, worked time.Duration
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		db := storetest.SQLite(b)
		p := projection.New(db, w.chain)
		b.StartTimer()
		began, before := time.Now(), processorTime(b)
		if err := runUntil(b, p, w.chain); err != nil {
			b.Fatal(err)
		}
		spent, worked = spent+time.Since(began), worked+processorTime(b)-before
	}
	b.ReportMetric(float64(history)*float64(b.N)/spent.Seconds(), "loan-events/s")
	b.ReportMetric(float64(history)*float64(b.N)/worked.Seconds(), "loan-events/cpu-s")
}

// processorTime is what this process has used of all processors, which on a machine that others use too says
// more than the clock.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
