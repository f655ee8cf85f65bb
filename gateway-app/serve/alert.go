package serve

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

// alertRoles are those whose users may look after alerts, as policies/alerts.cedar has it.
var alertRoles = []access.Role{access.Compliance}

// watches reports whether the member looks for transaction alerts: a custodian, unless its settings say otherwise.
func (f *foundations) watches() bool {
	if asked := f.settings.TransactionAlerts; asked != nil {
		return *asked
	}
	return f.profile.Kind == party.Custodian
}

// openAlerts makes the transaction alerts of a member that watches.
func (f *foundations) openAlerts() {
	if !f.watches() {
		return
	}
	f.alerts = alert.New(f.db, f.vault, f.books, f.notices, alert.Settings{
		Process: f.process, Eligible: f.officer(alertRoles), Customers: alertSources{f}, Origins: alertSources{f}, Logger: f.logger,
	})
}

// officer refuses, as the owner of a thing, a user who has none of the roles that may look after it.
func (f *foundations) officer(roles []access.Role) func(ctx context.Context, id string) error {
	fits := func(r access.Role) bool { return slices.Contains(roles, r) }
	return func(ctx context.Context, id string) error {
		user, err := f.users.User(ctx, id)
		if errors.Is(err, fault.New(fault.NotFound)) {
			return fault.In(fault.InvalidField, "owner")
		}
		if err != nil {
			return err
		}
		if user.Status != access.Active || user.Kind != access.Person || !slices.ContainsFunc(user.Roles, fits) {
			return fault.In(fault.InvalidField, "owner")
		}
		return nil
	}
}

// alertTasks look at movements.
func (f *foundations) alertTasks() []task {
	if f.alerts == nil {
		return nil
	}
	return []task{{"transaction alerts", f.alerts.Run}}
}

// alertReports are those about alerts, of a member that watches.
func (f *foundations) alertReports(m reporting.Member) []reporting.Report {
	if f.alerts == nil {
		return nil
	}
	return []reporting.Report{reporting.Alerts(m, f.books, f.alerts)}
}

// alertGauges show alerts that nobody has decided on.
func (f *foundations) alertGauges() []api.Gauge {
	if f.alerts == nil {
		return nil
	}
	counted := func(name, help string, of func(alert.Backlog) int64) api.Gauge {
		return api.Gauge{Name: name, Help: help, Confidential: true, Value: func(ctx context.Context) (float64, error) {
			backlog, err := f.alerts.Backlog(ctx, f.businessDate(ctx))
			return float64(of(backlog)), err
		}}
	}
	waiting := func(name, help string, of func(webhook.Backlog) int64) api.Gauge {
		return api.Gauge{Name: name, Help: help, Confidential: true, Value: func(ctx context.Context) (float64, error) {
			backlog, err := f.hooks.Backlog(ctx, true)
			return float64(of(backlog)), err
		}}
	}
	return []api.Gauge{
		waiting("alert_webhooks_pending", "Webhook deliveries of alerts that were not accepted yet.", func(b webhook.Backlog) int64 { return b.Pending }),
		waiting("alert_webhooks_dead", "Webhook deliveries of alerts that were given up.", func(b webhook.Backlog) int64 { return b.Dead }),
		counted("alerts_open", "Transaction alerts without an outcome.", func(b alert.Backlog) int64 { return b.Open }),
		counted("alerts_overdue", "Of these, those whose last day for a report has passed.", func(b alert.Backlog) int64 { return b.Overdue }),
	}
}

// businessDate is the custodian's own on the ledger; today's before its first, and of other members.
func (f *foundations) businessDate(ctx context.Context) calendar.Date {
	if day, err := f.books.Day(ctx, f.profile.Member); err == nil {
		return day.State.Date
	}
	return calendar.Shanghai(time.Now().Unix())
}
