package regime

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

// Event is one step of a pack's history.
type Event struct {
	Kind     string      `json:"kind"` // proposed, approved, retired
	Proposed *Pack       `json:"proposed,omitempty"`
	Approved *Approval   `json:"approved,omitempty"`
	Retired  *Retirement `json:"retired,omitempty"`
}

// Command is what a member may ask of a pack: Propose, Approve or Retire.
type Command interface {
	decide(Pack) ([]Event, error)
}

// Decide answers a command with events, or with one refusal.
func Decide(p Pack, c Command) ([]Event, error) { return c.decide(p) }

// Apply folds an event into a pack. It never fails and changes none of its input.
func Apply(p Pack, e Event) Pack {
	switch e.Kind {
	case "proposed":
		return *e.Proposed
	case "approved":
		p.Approvals = append(slices.Clone(p.Approvals), *e.Approved)
	case "retired":
		p.Until = e.Retired.Until
	}
	return p
}

// Propose puts a pack on the record. Proposing counts as no approval.
type Propose struct {
	Pack  Pack
	Actor party.Actor
}

func (c Propose) decide(p Pack) ([]Event, error) {
	if p.ID != "" {
		return nil, fault.In(fault.AlreadyExists, "id")
	}
	if c.Actor.Role != party.Supervisor && c.Actor.Role != party.Admin {
		return nil, fault.New(fault.WrongRole)
	}
	if err := c.Pack.validate(); err != nil {
		return nil, err
	}
	pack := c.Pack
	pack.Proposer, pack.Approvals, pack.Until = c.Actor.Member, nil, 0
	return []Event{{Kind: "proposed", Proposed: &pack}}, nil
}

// Approve adds one member's consent.
type Approve struct {
	On    calendar.Date
	Actor party.Actor
}

func (c Approve) decide(p Pack) ([]Event, error) {
	switch {
	case p.ID == "":
		return nil, fault.In(fault.RegimeUnknown, "id")
	case c.Actor.Role != party.Supervisor && c.Actor.Role != party.Admin:
		return nil, fault.New(fault.WrongRole)
	case p.approvedBy(func(a Approval) bool { return a.Member == c.Actor.Member }):
		return nil, fault.New(fault.AlreadyApproved)
	}
	return []Event{{Kind: "approved", Approved: &Approval{Member: c.Actor.Member, Kind: c.Actor.Kind, On: c.On}}}, nil
}

// Adopted reports whether the regulator and a custodian have both approved. Fabric's key-level policy
// on the root key guards the same thing a second time.
func (p Pack) Adopted() bool {
	return p.approvedBy(func(a Approval) bool { return a.Kind == party.Regulator }) &&
		p.approvedBy(func(a Approval) bool { return a.Kind == party.Custodian })
}

func (p Pack) approvedBy(match func(Approval) bool) bool {
	return slices.ContainsFunc(p.Approvals, match)
}

// InForce refuses a pack that is unknown, not adopted, not made for loans, or not yet effective on a business date.
func (p Pack) InForce(on calendar.Date) error {
	switch {
	case p.ID == "" || p.AppliesTo != NewLoans || !p.Adopted():
		return fault.In(fault.RegimeUnknown, "regime")
	case on < p.EffectiveFrom:
		return fault.In(fault.RegimeNotEffective, "regime")
	}
	return nil
}

// ForNewBusiness refuses a pack that is not in force, or that was retired before a business date.
func (p Pack) ForNewBusiness(on calendar.Date) error {
	if err := p.InForce(on); err != nil {
		return err
	}
	return p.CheckRetired(on)
}

// CheckRetired refuses a pack that was retired before a business date. Whoever merely goes on with a loan
// does not ask.
func (p Pack) CheckRetired(on calendar.Date) error {
	if !p.Until.IsZero() && on > p.Until {
		return fault.In(fault.RegimeRetired, "regime")
	}
	return nil
}

// Calendar is the pack's table of days on which banks work.
func (r Rules) Calendar() calendar.Holidays {
	return calendar.NewHolidays(r.Holidays, r.WorkingWeekends)
}

// NeedsFourEyes reports whether a function counts only with a second person's approval.
func (r Rules) NeedsFourEyes(function string) bool { return slices.Contains(r.FourEyes, function) }

// For picks the caps that bind a kind of borrower.
func (r Rules) For(k party.Kind) Caps {
	if k == party.Natural {
		return r.Natural
	}
	return r.Legal
}

func (p Pack) validate() error {
	if err := firstInvalid([]check{
		{party.ValidID(p.ID), "id"}, // as every reader of the ledger wants it
		{worded(p.Title, mostWordsBytes), "title"},
		{worded(p.Source, mostSourceBytes), "source"},
		{!p.EffectiveFrom.IsZero(), "effective_from"},
	}); err != nil {
		return err
	}
	switch p.AppliesTo {
	case NewLoans: // rules that reach back into running loans are not kept here
		if p.Reporting != nil {
			return fault.In(fault.InvalidField, "reporting")
		}
		return p.Rules.validate()
	case Reports:
		if p.Reporting == nil {
			return fault.In(fault.MissingField, "reporting")
		}
		if !p.Rules.none() {
			return fault.In(fault.InvalidField, "rules")
		}
		return p.Reporting.validate()
	}
	return fault.In(fault.InvalidField, "applies_to")
}

// check is one condition and the field that does not meet it.
type check struct {
	ok    bool
	field string
}

func firstInvalid(checks []check) error {
	for _, c := range checks {
		if !c.ok {
			return fault.In(fault.InvalidField, c.field)
		}
	}
	return nil
}

// none reports whether no rule is there: the encoding is that of no rules.
func (r Rules) none() bool {
	given, err := json.Marshal(r)
	nothing, _ := json.Marshal(Rules{}) // plain figures and texts cannot fail to encode
	return err == nil && bytes.Equal(given, nothing)
}

func (r Rules) validate() error {
	return firstInvalid([]check{
		{r.Currency.Valid(), "rules.currency"},
		{r.RateCapPPM > 0 && r.RateCapPPM <= 1_000_000, "rules.rate_cap_ppm"},
		{r.PenaltyCapPPM >= 0 && r.PenaltyCapPPM <= 1_000_000, "rules.penalty_cap_ppm"},
		{r.Natural.valid(), "rules.natural"},
		{r.Legal.valid(), "rules.legal"},
		{r.MinKYCLevel > 0, "rules.min_kyc_level"},
		{r.MinPrincipal > 0, "rules.min_principal_minor"},
		{r.MaxPrincipal >= r.MinPrincipal, "rules.max_principal_minor"},
		{r.MaxInstalments > 0 && r.MaxInstalments <= 600, "rules.max_instalments"},
		{len(r.Methods) > 0, "rules.methods"},
		{permutation(r.Allocation), "rules.allocation"},
		{r.ClearanceDays > 0, "rules.clearance_days"},
		{r.FundingDays > 0, "rules.funding_days"},
		{r.BackdatingDays >= 0, "rules.backdating_days"},
		{r.WriteOffDays > 0, "rules.write_off_days"},
		{distinct(r.FourEyes), "rules.four_eyes"},
	})
}

func (c Caps) valid() bool { return c.PlatformMinor > 0 && c.NetworkMinor >= c.PlatformMinor }

// distinct reports whether no text is empty or comes twice.
func distinct(texts []string) bool {
	for i, text := range texts {
		if text == "" || slices.Contains(texts[:i], text) {
			return false
		}
	}
	return true
}

// permutation reports whether the order names every component once.
func permutation(order []Component) bool {
	all := []Component{Fee, Interest, Principal, Penalty}
	if len(order) != len(all) {
		return false
	}
	for _, c := range all {
		if !slices.Contains(order, c) {
			return false
		}
	}
	return true
}
