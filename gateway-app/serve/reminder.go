package serve

import (
	"context"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/reminder"
)

// openReminders makes a platform's reminders, where the settings ask for them. Others remind nobody.
func (f *foundations) openReminders() error {
	if f.profile.Kind != party.Platform || f.settings.Reminders == nil || f.customers == nil {
		return nil
	}
	conduct := reminder.Conduct{Member: f.profile.Member, Process: f.process, Pairs: f.pairs(), Logger: f.logger}
	var err error
	f.reminders, err = reminder.New(reminder.Parts{
		Store: f.db, Vault: f.vault, Books: f.books, People: f.customers.People, Log: f.log, Feed: f.notices,
	}, *f.settings.Reminders, conduct)
	return err
}

// reminderTasks are what reminding does by itself.
func (f *foundations) reminderTasks() []task {
	if f.reminders == nil {
		return nil
	}
	return []task{{"reminders", f.reminders.Run}}
}

// reminderGauges show what could not be sent yet.
func (f *foundations) reminderGauges() []api.Gauge {
	if f.reminders == nil {
		return nil
	}
	return []api.Gauge{{
		Name: "reminders_pending", Help: "Reminders that were not sent yet: held in the quiet hours, or put off.",
		Value: func(ctx context.Context) (float64, error) {
			count, err := f.reminders.Pending(ctx)
			return float64(count), err
		},
	}}
}
