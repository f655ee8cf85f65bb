package serve

import (
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// Matching says how a platform matches; what is left out is as package matching has it.
type Matching struct {
	Policy   *matching.Policy `json:"policy,omitempty"`
	SignDays int              `json:"sign_days,omitempty"` // for how long a borrower may sign; 3 days when 0
}

// openFunding makes a platform's matching, once its customers are open. Other members have none.
func (f *foundations) openFunding() error {
	if f.profile.Kind != party.Platform {
		return nil
	}
	settings := funding.Settings{
		Process: f.process, SignDays: f.settings.Matching.SignDays, Poll: clearingInterval, Logger: f.logger,
		Scores: scores{func() *underwriting.Desk { return f.desk }},
	}
	if f.customers != nil {
		settings.People = f.customers.People
	}
	if policy := f.settings.Matching.Policy; policy != nil {
		// A market without anybody is refused for nothing but its policy.
		if _, err := matching.Match(matching.Book{On: calendar.NewDate(2026, 1, 1), Currency: money.CNY, Policy: *policy}); err != nil {
			return fmt.Errorf("matching.policy of the settings: %w: write it whole, or leave it out", err)
		}
		settings.Policy = *policy
	}
	for _, pair := range f.pairs() {
		settings.Pairs = append(settings.Pairs, funding.Pair{
			Collection: f.pairName(pair), Platform: pair.Platform, Custodian: pair.Custodian,
		})
	}
	model := funding.NewModel(f.books.Model, f.books.Reach, f.catchUp)
	f.funding = funding.New(f.db, f.vault, f.box, model, settings)
	return nil
}

// fundingTasks are what matching does by itself.
func (f *foundations) fundingTasks() []task {
	if f.funding == nil {
		return nil
	}
	return []task{{"matching runs", f.funding.Run}}
}
