package submission

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/notice"
)

// missed is what the feed says of a month whose deadline passed without a statement.
type missed struct {
	Platform    string        `json:"platform"`
	Kind        string        `json:"kind"`
	Period      string        `json:"period"`
	DueOn       calendar.Date `json:"due_on"`
	BusinessDay calendar.Date `json:"business_day"`
}

// tellMissing tells the member's feed of each month that is missing, once. It looks at a platform only when its business
// day is another one than it was when it looked last.
func (r *Regulator) tellMissing(ctx context.Context, looked map[string]calendar.Date) error {
	if whole, err := r.ledger.whole(ctx); err != nil || !whole {
		return err
	}
	var failed error
	for _, platform := range r.ledger.platforms() {
		today, err := r.ledger.businessDay(ctx, platform)
		if err != nil || looked[platform] == today {
			failed = errors.Join(failed, err)
			continue
		}
		duties, err := r.Duties(ctx, platform)
		if err == nil {
			err = r.tellOf(ctx, duties)
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		looked[platform] = today
	}
	return failed
}

// tellOf tells of those that are missing and of which the feed was not told.
func (r *Regulator) tellOf(ctx context.Context, duties []Duty) error {
	var late []Duty
	for _, d := range duties {
		if d.Standing == Missing {
			late = append(late, d)
		}
	}
	if len(late) == 0 {
		return nil
	}
	return r.db.Write(ctx, func(tx *sql.Tx) error {
		var notices []notice.Notice
		for _, d := range late {
			const once = `INSERT INTO submission_missing (platform, kind, period, told_on) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
			kept, err := tx.ExecContext(ctx, once, d.Platform, d.Kind, d.Period, d.BusinessDay.String())
			if err != nil {
				return fmt.Errorf("keep that %s of %s is missing: %w", d.Period, d.Platform, err)
			}
			if n, err := kept.RowsAffected(); err != nil || n == 0 {
				if err != nil {
					return err
				}
				continue
			}
			notices = append(notices, notice.Notice{
				Type: notice.Submission + "." + string(Missing), Subject: d.Platform + "/" + d.Kind + "/" + d.Period,
				Payload: missed{d.Platform, d.Kind, d.Period, d.DueOn, d.BusinessDay},
			})
		}
		return r.feed.AppendAll(ctx, tx, notices)
	})
}
