package loan

import (
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
)

// Propose puts a loan's terms before the regulator. Pack and Borrower are what the ledger holds under
// the names that the terms use; ProjectFinanced says whether the project was named by another loan.
type Propose struct {
	Terms           Terms
	Pack            regime.Pack
	Borrower        party.State
	Actor           party.Actor
	On              calendar.Date
	ProjectFinanced bool
	PlatformFrozen  bool
}

func (Propose) action() Action { return ActPropose }

func (c Propose) decide(State) (Event, error) {
	checks := []func() error{
		c.checkMembers, c.checkForm, c.checkRegime, c.checkBorrower, c.checkProject, c.checkRate,
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return Event{}, err
		}
	}
	t := c.Terms
	return Event{
		Proposal: &Proposal{
			ID: t.ID, Platform: t.Platform, Custodian: t.Custodian, Borrower: t.Borrower, Regime: t.Regime,
			Commitment: t.Commitment(), PrincipalMinor: t.PrincipalMinor, PenaltyRatePPM: t.PenaltyRatePPM,
		},
		ExpiresOn: c.On.AddDays(c.Pack.Rules.ClearanceDays),
	}, nil
}

func (c Propose) checkMembers() error {
	switch {
	case !c.Actor.Is(party.Platform, c.Terms.Platform):
		return fault.In(fault.WrongMember, "terms.platform")
	case c.PlatformFrozen:
		return fault.New(fault.PlatformFrozen)
	}
	return nil
}

// checkForm refuses terms that no schedule can be made from, or that could be guessed from their digest.
func (c Propose) checkForm() error {
	t := c.Terms
	switch {
	case party.RequireDigest(t.Salt, "") != nil: // as long as a digest, and written alike
		return fault.In(fault.InvalidField, "terms.salt")
	case party.RequireDigest(t.AgreementDigest, "") != nil:
		return fault.In(fault.DigestMalformed, "terms.agreement_digest")
	case t.Project == "":
		return fault.In(fault.MissingField, "terms.project")
	case t.PenaltyRatePPM < 0:
		return fault.In(fault.InvalidField, "terms.penalty_rate_ppm")
	case !isGrade(t.Grade):
		return fault.In(fault.InvalidField, "terms.grade")
	}
	for _, charge := range t.Charges {
		if charge.Payee == schedule.PayeeGuarantor {
			// No guarantor is a party to a loan yet, so nobody could be paid.
			return fault.In(fault.InvalidField, "terms.charges")
		}
	}
	return t.Plan(c.On).Validate()
}

// longestGrade is how long a grade may be: AAA+ and C2 are grades, sentences about a borrower are not.
const longestGrade = 8

// isGrade reports whether a text is a grade, or none.
func isGrade(text string) bool {
	return len(text) <= longestGrade && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '+' && r != '-'
	})
}

func (c Propose) checkRegime() error {
	t, r := c.Terms, c.Pack.Rules
	if err := c.Pack.ForNewBusiness(c.On); err != nil {
		return err
	}
	switch {
	case t.Regime != c.Pack.ID:
		return fault.In(fault.RegimeUnknown, "terms.regime")
	case t.Currency != r.Currency:
		return fault.In(fault.CurrencyMismatch, "terms.currency")
	case t.PrincipalMinor < r.MinPrincipal || t.PrincipalMinor > r.MaxPrincipal:
		return fault.In(fault.TermNotAllowed, "terms.principal_minor")
	case t.Instalments > r.MaxInstalments:
		return fault.In(fault.TermNotAllowed, "terms.instalments")
	case !slices.Contains(r.Methods, string(t.Method)):
		return fault.In(fault.MethodNotAllowed, "terms.method")
	case t.PenaltyRatePPM > r.PenaltyCapPPM:
		return fault.In(fault.PenaltyAboveCap, "terms.penalty_rate_ppm")
	}
	return nil
}

func (c Propose) checkBorrower() error {
	if c.Borrower.Handle != c.Terms.Borrower {
		return fault.In(fault.PartyUnknown, "terms.borrower")
	}
	if c.Borrower.AffiliatedWith(c.Terms.Platform) {
		return fault.In(fault.SelfFinancing, "terms.borrower")
	}
	return c.Borrower.MayBorrow(c.On, c.Pack.Rules.MinKYCLevel)
}

func (c Propose) checkProject() error {
	if c.ProjectFinanced {
		return fault.In(fault.ProjectFinanced, "terms.project")
	}
	return nil
}

// basisPoint is the fineness at which a rate is held against a cap. Instalments are whole fen, which
// alone can lift the exact rate of a small loan a few parts per million above the agreed one.
const basisPoint money.PPM = 100

// checkRate holds interest and every charge together against the regime's cap, both in whole basis
// points.
func (c Propose) checkRate() error {
	rows, err := schedule.Generate(c.Terms.Plan(c.On))
	if err != nil {
		return err
	}
	allIn, err := schedule.AllInRatePPM(c.Terms.PrincipalMinor, c.On, rows)
	if err != nil {
		return fault.In(fault.Overflow, "terms")
	}
	if allIn/basisPoint > c.Pack.Rules.RateCapPPM/basisPoint {
		return fault.In(fault.RateAboveCap, "terms.rate_ppm")
	}
	return nil
}
