package outbox_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// BenchmarkReceipts measures receipts stored, merged, sent to a ledger that takes 100 ms a block, and
// decided: what the outbox itself lets through. PostgreSQL runs without durable commits here, SQLite
// with them.
func BenchmarkReceipts(b *testing.B) {
	storetest.EachBenchmark(b, func(b *testing.B, db *store.DB) {
		n := newNetwork()
		n.slow = 100 * time.Millisecond
		o := open(b, db, n)
		commands := make([]outbox.Command, b.N)
		for i := range commands {
			commands[i] = receipt(fmt.Sprint("r", i), fmt.Sprint("loan", i), i)
		}
		run(b, o)
		b.ResetTimer()
		for start := 0; start < b.N; start += 100 { // as a bank's file is read in
			put(b, db, o, commands[start:min(b.N, start+100)]...)
		}
		await(b, o, commands)
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "receipts/s")
		b.ReportMetric(float64(b.N)/float64(len(n.sizes)), "receipts/request")
	})
}

// BenchmarkDo measures single commands of many callers, on a ledger that takes no time.
func BenchmarkDo(b *testing.B) {
	storetest.EachBenchmark(b, func(b *testing.B, db *store.DB) {
		o := open(b, db, newNetwork())
		run(b, o)
		var number atomic.Int64
		b.SetParallelism(16)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				name := fmt.Sprint("c", number.Add(1))
				c := command(name, "Loan:Propose", false, item{Name: name, Key: name})
				if out, err := o.Do(b.Context(), c); err != nil || out.Status != outbox.Committed {
					b.Errorf("got %+v, %v", out, err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
	})
}

// BenchmarkPut measures storing by callers that each have a transaction of their own.
func BenchmarkPut(b *testing.B) {
	storetest.EachBenchmark(b, func(b *testing.B, db *store.DB) {
		o := open(b, db, newNetwork())
		var number atomic.Int64
		b.SetParallelism(8)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				name := fmt.Sprint("c", number.Add(1))
				put(b, db, o, receipt(name, name, 1))
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
	})
}
