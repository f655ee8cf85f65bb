package projection

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// The portfolio that BenchmarkReports asks about: two platforms' loans of three years, of which every twentieth is late.
const (
	millionLoans     = 1_000_000
	millionBorrowers = 900_000
	millionLenders   = 50_000
	millionAtOnce    = 50_000 // in one transaction
)

var millionOn = calendar.NewDate(2026, 11, 20)

// BenchmarkReports measures what reports ask of the read model, with a million loans in it. The loans are kept by the
// code that keeps those of the ledger; only the blocks are left out.
func BenchmarkReports(b *testing.B) {
	db := storetest.SQLite(b)
	grow(b, db)
	m, ctx := NewModel(db), b.Context()
	b.Run("portfolio by every dimension", func(b *testing.B) {
		var cells []Cell
		for b.Loop() {
			var err error
			if cells, err = m.Portfolio(ctx, PortfolioFilter{By: Dimensions(), On: millionOn}); err != nil {
				b.Fatal(err)
			}
		}
		var loans int64
		for _, c := range cells {
			loans += c.Loans
		}
		if loans != millionLoans {
			b.Errorf("%d loans are in the cells", loans)
		}
		b.ReportMetric(float64(len(cells)), "cells")
	})
	b.Run("portfolio by overdue", func(b *testing.B) {
		for b.Loop() {
			if _, err := m.Portfolio(ctx, PortfolioFilter{By: []Dimension{ByPlatform, ByOverdue}, On: millionOn}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("closing of both platforms", func(b *testing.B) {
		for b.Loop() {
			var loans int64
			for _, platform := range []string{"harbor", "lantern"} {
				s, err := standingOf(ctx, db, pair{platform, "meridian"}, millionOn)
				if err != nil {
					b.Fatal(err)
				}
				loans += s.Lent.Loans
			}
			if loans != millionLoans {
				b.Errorf("%d loans were closed", loans)
			}
		}
	})
	b.Run("loans due on one day, all pages", func(b *testing.B) {
		found := 0
		for b.Loop() {
			found = 0
			page := Page{Limit: largestLimit}
			for {
				list, err := m.LoansDue(ctx, LoanDueFilter{Platform: "harbor", DueFrom: millionOn + 3, DueThrough: millionOn + 3}, page)
				if err != nil {
					b.Fatal(err)
				}
				found += len(list.Items)
				if page.After = list.Next; list.Next == "" {
					break
				}
			}
		}
		b.ReportMetric(float64(found), "loans")
	})
}

// grow fills the model with a million loans.
func grow(b *testing.B, db *store.DB) {
	b.Helper()
	random := rand.New(rand.NewPCG(20, 26))
	at := checkpoint{block: -1}
	for first := 0; first < millionLoans; first += millionAtOnce {
		err := db.Write(b.Context(), func(tx *sql.Tx) error {
			batch := newBatch(tx, newCaches(1), at)
			for n := first; n < first+millionAtOnce; n++ {
				batch.place(portfolio.Position{}, some(b, n, random))
			}
			at = batch.at
			return batch.write(b.Context())
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// some is a loan of a random kind with what was paid of it until the day.
func some(b *testing.B, n int, random *rand.Rand) portfolio.Position {
	b.Helper()
	platform := []string{"harbor", "lantern"}[n%2]
	plan := schedule.Terms{
		PrincipalMinor: money.Minor(100_000 + random.IntN(4_000_000)), RatePPM: money.PPM(60_000 + random.IntN(150_000)),
		Instalments: []int{6, 12, 24, 36}[random.IntN(4)], Method: schedule.EqualInstalment, DayCount: calendar.Thirty360,
		Start: millionOn.AddDays(-1 - random.IntN(3*365)), Charges: []schedule.Charge{{Payee: schedule.PayeePlatform, Basis: schedule.BasisInterest, PPM: 30_000}},
	}
	terms := loan.Terms{
		ID: wire.LoanID("lending", platform, fmt.Sprintf("%032x", n)), Grade: string(rune('A' + random.IntN(7))), Related: random.IntN(500) == 0,
	}
	s := loan.State{
		ID: terms.ID, Platform: platform, Custodian: "meridian", Borrower: hidden("borrower", random.IntN(millionBorrowers)), Status: loan.Active,
		Plan: &plan, PrincipalMinor: plan.PrincipalMinor, Paid: loan.Parts{FeesMinor: []money.Minor{0}},
	}
	rows, err := schedule.Generate(plan)
	if err != nil {
		b.Fatal(err)
	}
	until := millionOn
	if random.IntN(20) == 0 {
		until = until.AddDays(-random.IntN(200))
	}
	for _, row := range rows {
		if row.Due <= until {
			s.Paid.PrincipalMinor += row.PrincipalMinor
			s.Paid.InterestMinor += row.InterestMinor
			s.Paid.FeesMinor[0] += row.FeesMinor[0]
		}
	}
	if s.Outstanding() == 0 {
		s.Status = loan.Repaid
	}
	var names []string
	for range 4 {
		names = append(names, hidden("lender", random.IntN(millionLenders)))
	}
	slices.Sort(names)
	p, err := portfolio.PositionOf(s, terms, slices.Compact(names))
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// hidden is a customer's handle, which like all of them has no order.
func hidden(what string, n int) string {
	sum := sha256.Sum256(fmt.Append(nil, what, n))
	return hex.EncodeToString(sum[:16])
}
