package distribution_test

import (
	"encoding/json"
	"testing"

	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

type record = wire.Record[loan.State, loan.Event]

// nextReceipt pays the 25th of 36 instalments.
func nextReceipt() distribution.Receipt {
	return distribution.Receipt{BankReference: "MB00000000000025", AmountMinor: 120_524, ValueDate: day("2026-02-15")}
}

func BenchmarkDecide(b *testing.B) {
	b.ReportAllocs()
	s := paid(b, active(threeYears(), 80_000, tenLenders()...), 24)
	for b.Loop() {
		if _, err := distribution.Decide(s, nextReceipt(), statute, meridian, day("2026-02-15")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	b.ReportAllocs()
	s := paid(b, active(threeYears(), 80_000, tenLenders()...), 24)
	events, err := distribution.Decide(s, nextReceipt(), statute, meridian, day("2026-02-15"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		loan.Apply(s, events[0])
	}
}

func BenchmarkDecodeRecord(b *testing.B) {
	b.ReportAllocs()
	raw := written(b)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		var r record
		if err := json.Unmarshal(raw, &r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeRecord(b *testing.B) {
	b.ReportAllocs()
	var r record
	if err := json.Unmarshal(written(b), &r); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := wire.Encode(r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReceipt is all of core's work for one receipt: decode the record, decide, apply, encode.
func BenchmarkReceipt(b *testing.B) {
	b.ReportAllocs()
	raw := written(b)
	for b.Loop() {
		var r record
		if err := json.Unmarshal(raw, &r); err != nil {
			b.Fatal(err)
		}
		events, err := distribution.Decide(r.State, nextReceipt(), statute, meridian, day("2026-02-15"))
		if err != nil {
			b.Fatal(err)
		}
		next := record{Version: 1, Sequence: r.Sequence + 1, Salt: wire.NextSalt(r.Salt, "tx"), State: loan.Apply(r.State, events[0]), Events: events}
		if _, err := wire.Encode(next); err != nil {
			b.Fatal(err)
		}
	}
}

// written is the record of a loan with ten lenders after 24 receipts, as the ledger keeps it.
func written(b *testing.B) []byte {
	b.Helper()
	s := paid(b, active(threeYears(), 80_000, tenLenders()...), 23)
	r := distribution.Receipt{BankReference: "MB00000000000024", AmountMinor: 120_524, ValueDate: day("2026-01-15")}
	events, err := distribution.Decide(s, r, statute, meridian, r.ValueDate)
	if err != nil {
		b.Fatal(err)
	}
	raw, err := wire.Encode(record{Version: 1, Sequence: 30, Salt: wire.NextSalt("", "tx"), State: loan.Apply(s, events[0]), Events: events})
	if err != nil {
		b.Fatal(err)
	}
	return raw
}
