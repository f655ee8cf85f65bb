package main

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// field is what is measured on: active loans of every platform, each with ten lenders, and the assets of
// the plain contract.
type field struct {
	scene  *scenario.Scene
	start  calendar.Date // on which all loans were paid out
	books  []*book
	assets *assets
}

// book is one platform's loans.
type book struct {
	platform   scenario.Actor
	collection string
	borrowers  []*scenario.Person
	deals      []*scenario.Deal
	dues       [][]schedule.Row // of each deal, from the day of disbursement
	paid       int              // how many instalments of every deal are posted
}

// prepare brings the consortium into business: lanes × batch loans for each platform.
func prepare(ctx context.Context, o options) (*field, error) {
	cast, err := scenario.Assemble(ctx, o.profiles)
	if err != nil {
		return nil, err
	}
	f := &field{scene: scenario.NewScene(cast, pack())}
	if err := f.fill(ctx, o); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// pack is the sandbox's, but that a receipt pays the oldest instalment whole before the next: so that
// several months' receipts on one business day pay what each was meant for.
func pack() wire.ProposedRegime {
	p := scenario.Sandbox()
	p.ID, p.Title, p.Rules.Horizontal = "bench-2016", "Sandbox for the benchmark", true
	return p
}

func (f *field) fill(ctx context.Context, o options) error {
	if err := f.openAssets(ctx); err != nil {
		return err
	}
	say("adopt the regime and open the first business day")
	if err := f.scene.Govern(ctx, func() {}); err != nil {
		return fmt.Errorf("adopt the regime (the bench wants a network of its own: reset it first): %w", err)
	}
	if err := f.scene.OpenDay(ctx, calendar.NewDate(2016, 1, 4)); err != nil {
		return fmt.Errorf("%w (the bench wants a network of its own: reset it first)", err)
	}
	f.start = f.scene.Today
	group, ctx := errgroup.WithContext(ctx)
	for _, platform := range f.scene.Cast.Platforms {
		b := &book{platform: platform, collection: f.scene.Cast.Pair(platform)}
		f.books = append(f.books, b)
		group.Go(func() error { return f.originate(ctx, b, o.lanes*o.batch) })
	}
	return group.Wait()
}

func (f *field) openAssets(ctx context.Context) error {
	clients := make([]*plainClient, 0, len(f.scene.Cast.Members))
	f.assets = &assets{}
	for _, m := range f.scene.Cast.Members {
		chain, err := m.Peer.Chain(ctx)
		if err != nil {
			return err
		}
		c, err := connectPlain(ctx, m.Profile, chain.Height)
		if err != nil {
			return err
		}
		clients = append(clients, c)
		f.assets.clients = clients
	}
	created, err := createAssets(ctx, clients)
	if err != nil {
		return err
	}
	f.assets = created
	return nil
}

func (f *field) close() {
	if f.assets != nil {
		for _, c := range f.assets.clients {
			c.close()
		}
	}
	f.scene.Cast.Close()
}

// originate takes a platform's loans from nothing to money in the borrowers' accounts.
func (f *field) originate(ctx context.Context, b *book, count int) error {
	lenders, err := f.bringPeople(ctx, b, count)
	if err != nil {
		return err
	}
	market := scenario.Market{Lenders: slices.Clone(lenders)}
	for i, borrower := range b.borrowers {
		terms := f.terms(b, borrower, i)
		b.deals = append(b.deals, &scenario.Deal{
			Borrower: borrower, Terms: terms, Allocations: market.Allocate(terms.PrincipalMinor, lendersEach),
		})
	}
	for _, d := range b.deals {
		if len(d.Allocations) != lendersEach {
			return fmt.Errorf("loan %s has %d lenders", d.Terms.ID, len(d.Allocations))
		}
		rows, err := schedule.Generate(d.Terms.Plan(f.start))
		if err != nil {
			return fmt.Errorf("lay out loan %s: %w", d.Terms.ID, err)
		}
		b.dues = append(b.dues, rows)
	}
	return f.payOut(ctx, b)
}

// bringPeople brings a borrower a loan, and lenders with mandates and cash.
func (f *field) bringPeople(ctx context.Context, b *book, count int) (lenders []*scenario.Person, err error) {
	say("%s: attest %d borrowers and their lenders", b.collection, count)
	if b.borrowers, err = f.scene.NewPeople(b.platform, count); err != nil {
		return nil, err
	}
	if lenders, err = f.scene.NewPeople(b.platform, max(2*lendersEach, count/10)); err != nil {
		return nil, err
	}
	if err := f.scene.Attest(ctx, b.platform, append(lenders[:len(lenders):len(lenders)], b.borrowers...)); err != nil {
		return nil, err
	}
	if err := f.scene.Link(ctx, b.platform, b.borrowers); err != nil {
		return nil, err
	}
	for _, lender := range lenders {
		// Nobody runs out: a lender's last money would be a smaller part, and the loan would have one lender more.
		lender.Cash = money.Minor(count) * largestPrincipal
	}
	if err := f.scene.Authorise(ctx, b.platform, lenders, scenario.InvestTerms); err != nil {
		return nil, err
	}
	return lenders, f.scene.Deposit(ctx, b.platform, lenders)
}

// payOut proposes, clears, funds and disburses all loans of a book.
func (f *field) payOut(ctx context.Context, b *book) error {
	say("%s: propose and clear %d loans", b.collection, len(b.deals))
	refused, err := f.scene.Propose(ctx, b.platform, b.deals)
	if err != nil {
		return err
	}
	for at, refusal := range refused {
		return fmt.Errorf("propose loan %d: %w", at+1, refusal)
	}
	if err := f.scene.Clear(ctx, b.platform, b.deals); err != nil {
		return err
	}
	say("%s: fund them from %d lenders each", b.collection, lendersEach)
	if err := f.scene.Fund(ctx, b.platform, b.deals); err != nil {
		return err
	}
	if err := f.scene.AcceptHolds(ctx, b.platform, b.deals); err != nil {
		return err
	}
	say("%s: pay them out", b.collection)
	return f.scene.Disburse(ctx, b.platform, b.deals)
}

// largestPrincipal is that of the largest loan, fifty thousand yuan.
const largestPrincipal money.Minor = 5_000_000

// terms differ from loan to loan in amount and rate, so that no two receipts are alike.
func (f *field) terms(b *book, borrower *scenario.Person, position int) loan.Terms {
	t := f.scene.Identify(b.platform, borrower, loan.Terms{
		PrincipalMinor: largestPrincipal - money.Minor(position%4_000)*1_000, RatePPM: 80_000 + money.PPM(position%120)*1_000,
		PenaltyRatePPM: 50_000, Instalments: instalments, Method: schedule.EqualInstalment,
		DayCount: calendar.Thirty360, MonthEnd: calendar.Clamp,
		Charges: []schedule.Charge{
			{Payee: schedule.PayeePlatform, Basis: schedule.BasisInterest, PPM: 30_000},
			{Payee: schedule.PayeeCustodian, Basis: schedule.BasisFlat, FlatMinor: 100},
		},
	})
	t.AgreementDigest = wire.Digest([]byte(t.ID))
	return t
}
