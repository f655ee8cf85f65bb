package funding

import (
	"cmp"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Knowledge is what the platform knows besides the ledger.
type Knowledge struct {
	Classes    map[string]Class // by party
	Wishes     map[string]Wish  // by mandate
	Listings   map[string]Listing
	Scores     map[string]Score  // of loans that the platform decided on
	Obstacles  map[string]string // of loans that the platform's decision does not carry
	Placed     map[string]Placed // of loans that an earlier run funded
	Programmes []Programme       // that run
	Pending    []Proposal        // of earlier runs: open or signed
	Restricted map[string]bool   // parties that asked for erasure: they get no new business
}

// Placed is the grade and the industry in which a loan was funded.
type Placed struct{ Grade, Industry string }

// LeftOut is a loan that waits and is in no book, and why: the ledger would not let it be funded today,
// an earlier run's proposal of it waits for the borrower, or the platform's own decision does not carry it.
type LeftOut struct {
	Loan   string `json:"loan"`
	Reason string `json:"reason" doc:"a code of the ledger's refusals, processing_restricted, already_proposed, or what is wrong with the platform's own decision: decision_refused, decision_not_approved, decision_of_another, decision_for_less, decision_for_another_term or decision_without_grade"`
}

// alreadyProposed is a loan that an earlier run proposed, while its borrower has not signed.
const alreadyProposed = "already_proposed"

// compiler puts a book together. Whatever is not sure to be free is taken.
type compiler struct {
	market  Market
	known   Knowledge
	pending map[string]Proposal // by loan, where the loan is still cleared
	taken   map[string]money.Minor
	used    map[string]money.Minor
	lent    map[string][]matching.Lent // by mandate
	out     map[string]money.Minor     // by lender
}

// Compile is the book of a market, and the loans that are not in it.
func Compile(market Market, known Knowledge, policy matching.Policy) (matching.Book, []LeftOut) {
	c := &compiler{
		market: market, known: known, pending: map[string]Proposal{}, taken: map[string]money.Minor{},
		used: map[string]money.Minor{}, lent: map[string][]matching.Lent{}, out: map[string]money.Minor{},
	}
	c.countPending()
	c.countHolds()
	c.countLent()
	book := matching.Book{On: market.On, Currency: money.CNY, Policy: policy}
	var out []LeftOut
	strictest := 0
	for _, l := range market.Cleared {
		if reason := c.hindrance(l); reason != "" {
			out = append(out, LeftOut{l.Terms.ID, reason})
			continue
		}
		strictest = max(strictest, market.Packs[l.Terms.Regime].Rules.MinKYCLevel)
		book.Requests = append(book.Requests, c.request(l))
	}
	c.addMandates(&book, strictest)
	c.addProgrammes(&book)
	return book, out
}

// countPending takes what open proposals promise. A proposal whose loan has left the status cleared has
// become holds, or come to nothing.
func (c *compiler) countPending() {
	cleared := map[string]loan.Terms{}
	for _, l := range c.market.Cleared {
		cleared[l.Terms.ID] = l.Terms
	}
	for _, p := range c.known.Pending {
		terms, waits := cleared[p.Loan]
		if !waits {
			continue
		}
		c.pending[p.Loan] = p
		for _, a := range p.Allocations {
			c.taken[a.Lender] += a.PrincipalMinor
			c.used[a.Mandate] += a.PrincipalMinor
			c.count(a, terms, p.Grade, p.Industry, a.PrincipalMinor)
		}
	}
}

// countHolds takes what the custodian was told to hold and has not yet held.
func (c *compiler) countHolds() {
	for _, h := range c.market.Holds {
		c.taken[h.Party] += h.AmountMinor
		if h.Mandate != "" {
			c.used[h.Mandate] += h.AmountMinor
		}
	}
}

// countLent adds up what is out, for limits of concentration and of classes.
func (c *compiler) countLent() {
	for _, l := range c.market.Lent {
		if l.Funding == nil {
			continue
		}
		as := c.placed(l.Terms)
		for i, a := range l.Funding.Allocations {
			left := a.PrincipalMinor
			if i < len(l.State.PrincipalCredits) {
				left -= l.State.PrincipalCredits[i]
			}
			if left > 0 {
				c.count(a, l.Terms, as.Grade, as.Industry, left)
			}
		}
	}
}

func (c *compiler) count(a loan.Allocation, t loan.Terms, grade, industry string, amount money.Minor) {
	c.out[a.Lender] += amount
	c.lent[a.Mandate] = append(c.lent[a.Mandate], matching.Lent{
		Borrower: t.Borrower, Grade: grade, Platform: t.Platform, Industry: industry, AmountMinor: amount,
	})
}

// placed is what a lent loan counts as: what it was when it was funded, where a run funded it.
func (c *compiler) placed(t loan.Terms) Placed {
	if as, known := c.known.Placed[t.ID]; known {
		return as
	}
	return Placed{c.score(t).Grade, c.known.Listings[t.ID].Industry}
}

func (c *compiler) score(t loan.Terms) Score {
	if s, judged := c.known.Scores[t.ID]; judged {
		return s
	}
	if l, listed := c.known.Listings[t.ID]; listed && l.Score != nil {
		return *l.Score
	}
	return ByRate(t.RatePPM)
}

// hindrance is why the ledger would not let a loan be funded today, as loan.Fund says; or that an earlier
// run proposed it, or the platform did not decide for it.
func (c *compiler) hindrance(l projection.Loan) string {
	if _, proposed := c.pending[l.Terms.ID]; proposed {
		return alreadyProposed
	}
	return cmp.Or(string(codeOf(c.refuseLoan(l))), c.known.Obstacles[l.Terms.ID])
}

func (c *compiler) refuseLoan(l projection.Loan) error {
	pack, known := c.market.Packs[l.Terms.Regime]
	borrower, there := c.market.Parties[l.Terms.Borrower]
	switch {
	case c.known.Restricted[l.Terms.Borrower]:
		return fault.New(fault.ProcessingRestricted)
	case c.market.PlatformFrozen:
		return fault.New(fault.PlatformFrozen)
	case l.State.Frozen != "":
		return fault.New(fault.LoanFrozen)
	case l.State.Clearance == nil:
		return fault.New(fault.ClearanceMissing)
	case l.Terms.PrincipalMinor > mostMinor:
		return fault.New(fault.Overflow)
	case !known:
		return fault.New(fault.RegimeUnknown)
	case !there:
		return fault.New(fault.PartyUnknown)
	}
	_, unsigned := borrower.MaySign(c.market.On)
	return cmp.Or(pack.CheckRetired(c.market.On), borrower.MayBorrow(c.market.On, pack.Rules.MinKYCLevel), unsigned)
}

func codeOf(err error) fault.Code {
	if refusal := fault.Of(err); refusal != nil {
		return refusal.Code
	}
	return ""
}

func (c *compiler) request(l projection.Loan) matching.Request {
	t, listing := l.Terms, c.known.Listings[l.Terms.ID].withDefaults()
	score := c.score(t)
	r := matching.Request{
		ID: t.ID, Borrower: t.Borrower, Platform: t.Platform, Custodian: t.Custodian, Currency: t.Currency,
		Industry: listing.Industry, Grade: score.Grade, Risk: score.Risk, Instalments: t.Instalments, RatePPM: t.RatePPM,
		PrincipalMinor: t.PrincipalMinor, MinShareMinor: listing.MinShareMinor, Deadline: deadline(l.State),
		Shortfall: listing.Shortfall, LeastMinor: listing.LeastMinor,
	}
	if slices.ContainsFunc(c.known.Programmes, func(p Programme) bool { return p.ID == listing.Programme }) {
		r.Programme = listing.Programme
	}
	return r
}

// deadline is the last day on which the ledger lets a cleared loan be funded.
func deadline(s loan.State) calendar.Date {
	last := s.Clearance.ExpiresOn
	if !s.ExpiresOn.IsZero() {
		last = min(last, s.ExpiresOn)
	}
	return last
}

// addMandates brings the mandates that are in force or serve a programme, with their lenders. A lender has
// to satisfy the strictest of the packs that the loans remember.
func (c *compiler) addMandates(book *matching.Book, minLevel int) {
	seen := map[string]bool{}
	for _, m := range c.market.Mandates {
		if (!m.Revoked.IsZero() || c.market.On > m.Expires) && !serves(c.known.Programmes, m) || m.Currency != book.Currency {
			continue
		}
		book.Mandates = append(book.Mandates, c.mandate(m))
		if !seen[m.Party] {
			seen[m.Party] = true
			book.Lenders = append(book.Lenders, c.lender(m.Party, m.Platform, minLevel))
		}
	}
}

func (c *compiler) mandate(m mandate.State) matching.Mandate {
	wish := c.known.Wishes[m.Handle]
	total, used := m.TotalMinor, m.UsedMinor+c.used[m.Handle]
	if total > mostMinor || used > mostMinor {
		total, used = min(max(0, total-used), mostMinor), 0
	}
	return matching.Mandate{
		ID: m.Handle, Lender: m.Party, Platform: m.Platform, Custodian: m.Custodian, Currency: m.Currency,
		Confirmed: m.Confirmed, Revoked: m.Revoked, Expires: m.Expires,
		TotalMinor: total, UsedMinor: used, PerLoanMinor: min(m.PerLoanMinor, mostMinor),
		MinRatePPM: m.MinRatePPM, MaxInstalments: m.MaxInstalments, MaxShareOfLoanPPM: m.MaxShareOfLoanPPM,
		Grades: wish.Grades, MinInstalments: wish.MinInstalments, MaxRisk: wish.MaxRisk, Limits: wish.Limits,
		Lent: c.lent[m.Handle],
	}
}

func (c *compiler) lender(handle, platform string, minLevel int) matching.Lender {
	cash := max(0, c.market.CashMinor[handle]-c.taken[handle])
	class := c.known.Classes[handle]
	idle := c.market.IdleSince[handle]
	if idle.IsZero() {
		idle = c.market.On
	}
	return matching.Lender{
		ID: handle, CashMinor: min(cash, mostMinor), IdleSince: idle, Class: class.Class, ClassThrough: class.Through,
		LentMinor: min(c.out[handle], mostMinor), Refused: c.refusal(handle, platform, minLevel),
	}
}

func (c *compiler) refusal(handle, platform string, minLevel int) fault.Code {
	holder, known := c.market.Parties[handle]
	switch {
	case c.known.Restricted[handle]:
		return fault.ProcessingRestricted
	case !known:
		return fault.PartyUnknown
	case holder.AffiliatedWith(platform):
		return fault.SelfFinancing
	}
	return codeOf(holder.MayLend(c.market.On, minLevel))
}

// addProgrammes brings the programmes that a loan of the book is in, or whose mandates are in it: those serve
// nothing else.
func (c *compiler) addProgrammes(book *matching.Book) {
	there := map[string]bool{}
	for _, m := range book.Mandates {
		there[m.ID] = true
	}
	for _, p := range c.known.Programmes {
		if slices.ContainsFunc(p.Contributions, func(c matching.Contribution) bool { return !there[c.Mandate] }) {
			continue
		}
		book.Programmes = append(book.Programmes, matching.Programme{ID: p.ID, Contributions: p.Contributions})
	}
	for i := range book.Requests {
		named := book.Requests[i].Programme
		if named != "" && !slices.ContainsFunc(book.Programmes, func(p matching.Programme) bool { return p.ID == named }) {
			book.Requests[i].Programme = ""
		}
	}
}
