package reminder

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Choice is whether a borrower is reminded through a channel, who chose that and when.
type Choice struct {
	Channel  Channel `json:"channel" enum:"email,webhook"`
	OptedOut bool    `json:"opted_out"`
	ChosenBy string  `json:"chosen_by,omitempty" doc:"Who chose; link: whoever followed the link in a message"`
	ChosenAt string  `json:"chosen_at,omitempty"`
}

// Preferences are what a borrower chose. What they chose nothing about is as the platform has it.
type Preferences struct {
	Party    string   `json:"party" doc:"The borrower's handle"`
	Language Language `json:"language" enum:"zh,en"`
	Choices  []Choice `json:"choices"`
}

// byLink is who chose by the link in a message.
const byLink = "link"

// Preferences answers what a borrower chose.
func (r *Reminders) Preferences(ctx context.Context, party string) (Preferences, error) {
	p := Preferences{Party: party, Language: r.settings.Language, Choices: []Choice{{Channel: Email}, {Channel: Webhook}}}
	err := r.parts.Store.QueryRowContext(ctx, `SELECT language FROM reminder_language WHERE party = $1`, party).Scan(&p.Language)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("read what a borrower chose: %w", err)
	}
	for i := range p.Choices {
		c := &p.Choices[i]
		const query = `SELECT opted_out, chosen_by, chosen_at FROM reminder_choice WHERE party = $1 AND channel = $2`
		err := r.parts.Store.QueryRowContext(ctx, query, party, string(c.Channel)).Scan(&c.OptedOut, &c.ChosenBy, &c.ChosenAt)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return p, fmt.Errorf("read what a borrower chose: %w", err)
		}
	}
	return p, nil
}

// Wish is what a borrower chooses; what is left out stays.
type Wish struct {
	Language Language `json:"language,omitempty" enum:"zh,en"`
	OptedOut OptOuts  `json:"opted_out,omitzero" doc:"Whether early reminders end, by channel"`
}

// OptOuts is which channels are chosen about.
type OptOuts struct {
	Email   *bool `json:"email,omitempty"`
	Webhook *bool `json:"webhook,omitempty"`
}

// Choose records what a borrower chose, and who said so.
func (r *Reminders) Choose(ctx context.Context, party string, w Wish, by string) (Preferences, error) {
	if w.Language != "" && !w.Language.Valid() {
		return Preferences{}, fault.In(fault.InvalidField, "language")
	}
	err := r.parts.Store.Write(ctx, func(tx *sql.Tx) error {
		if w.Language != "" {
			const put = `INSERT INTO reminder_language (party, language) VALUES ($1, $2) ON CONFLICT (party) DO UPDATE SET language = excluded.language`
			if _, err := tx.ExecContext(ctx, put, party, string(w.Language)); err != nil {
				return err
			}
		}
		for _, each := range []struct {
			channel Channel
			out     *bool
		}{{Email, w.OptedOut.Email}, {Webhook, w.OptedOut.Webhook}} {
			if each.out == nil {
				continue
			}
			if err := r.choose(ctx, tx, party, each.channel, *each.out, by); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Preferences{}, fmt.Errorf("record what a borrower chose: %w", err)
	}
	return r.Preferences(ctx, party)
}

// choose records one choice; who makes it again changes neither who made it nor when.
func (r *Reminders) choose(ctx context.Context, tx *sql.Tx, party string, channel Channel, out bool, by string) error {
	const put = `INSERT INTO reminder_choice (party, channel, opted_out, chosen_by, chosen_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (party, channel) DO UPDATE SET opted_out = excluded.opted_out, chosen_by = excluded.chosen_by, chosen_at = excluded.chosen_at
		WHERE reminder_choice.opted_out <> excluded.opted_out`
	_, err := tx.ExecContext(ctx, put, party, string(channel), out, by, store.Time(r.conduct.Now()))
	return err
}
