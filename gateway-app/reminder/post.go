package reminder

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/mail"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// mailBatch is how many messages go over one connection before the books are looked at again.
const mailBatch = 100

// errOther is a reminder that somebody else has taken up meanwhile.
var errOther = errors.New("the reminder was taken up by another")

// post sends what may be sent by e-mail, and reports whether there may be more.
func (r *Reminders) post(ctx context.Context) (more bool, err error) {
	list, err := r.pending(ctx, Email, mailBatch)
	if err != nil {
		return false, err
	}
	var session *mail.Session
	defer func() {
		if session != nil {
			_ = session.Close() // every message is with the server, or its failure is told
		}
	}()
	for _, w := range list {
		if r.quietNow() {
			return false, nil
		}
		letter, v, err := r.prepare(ctx, w)
		if err != nil {
			if err := r.putOff(ctx, w.Reminder, err); err != nil {
				return false, err
			}
			continue
		}
		if v.status != "" {
			if err := r.conclude(ctx, v); err != nil {
				return false, err
			}
			continue
		}
		err = r.attempt(ctx, w.Reminder)
		if errors.Is(err, errOther) {
			continue
		}
		if err != nil {
			return false, err
		}
		if session == nil {
			session, err = r.settings.sender.Open(ctx)
		}
		if err == nil {
			err = session.Send(ctx, letter)
		}
		if away, err := r.settle(ctx, v, err); away || err != nil {
			return false, err
		}
	}
	return len(list) == mailBatch, nil
}

// prepare writes the message, or says what else becomes of the reminder.
func (r *Reminders) prepare(ctx context.Context, w waiting) (mail.Message, verdict, error) {
	v := verdict{Reminder: w.Reminder}
	end := func(status Status, reason Reason) (mail.Message, verdict, error) {
		v.status, v.reason = status, reason
		return mail.Message{}, v, nil
	}
	today, err := r.today(ctx, w)
	if err != nil {
		return mail.Message{}, v, err
	}
	var reason Reason
	if v.asked, reason, err = r.judge(ctx, w, today); err != nil {
		return mail.Message{}, v, fmt.Errorf("look whether a reminder is still due: %w", err)
	}
	if reason != "" {
		return end(Skipped, reason)
	}
	record, err := r.parts.People.FindParty(ctx, w.Party)
	switch {
	case notFound(err) || err == nil && record.Fields.Email == "":
		return end(Skipped, NoAddress)
	case err != nil:
		return mail.Message{}, v, fmt.Errorf("find the address for a reminder: %w", err)
	case record.Status != person.Active:
		return end(Skipped, Restricted)
	}
	old, err := r.tooOld(w.Reminder)
	if err != nil {
		return mail.Message{}, v, err
	}
	if old {
		return end(Failed, GivenUp)
	}
	letter, err := r.letter(w, v.asked, record.Fields.Email)
	return letter, v, err
}

// tooOld reports whether a reminder has waited for so long that nobody needs it any more.
func (r *Reminders) tooOld(one Reminder) (bool, error) {
	made, err := store.ParseTime(one.MadeAt)
	return err == nil && r.conduct.Now().Sub(made) > r.conduct.GiveUp, err
}

// putOff lets a reminder wait that could not be judged or written, and each time longer: one record that cannot be read
// keeps nobody else's from going out. One that has waited for too long fails.
func (r *Reminders) putOff(ctx context.Context, one Reminder, cause error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.conduct.Logger.WarnContext(ctx, "a reminder is put off", "reminder", one.ID, "error", cause)
	if old, err := r.tooOld(one); err != nil || old {
		return r.conclude(ctx, verdict{Reminder: one, status: Failed, reason: GivenUp})
	}
	next := store.Time(r.conduct.Now().Add(r.pause(one.Attempts)))
	return r.parts.Store.Write(ctx, func(tx *sql.Tx) error {
		const put = `UPDATE reminder SET attempts = attempts + 1, due_at = $3, reason = $4 WHERE id = $1 AND attempts = $2 AND due_at <> ''`
		if _, err := tx.ExecContext(ctx, put, one.ID, one.Attempts, next, string(PutOff)); err != nil {
			return fmt.Errorf("put a reminder off: %w", err)
		}
		return nil
	})
}

// attempt counts an attempt before it is made, and puts the next one off: a crash tries again, later and not at once.
// That the address was read is written down with it.
func (r *Reminders) attempt(ctx context.Context, one Reminder) error {
	now := r.conduct.Now()
	return r.parts.Store.Write(ctx, func(tx *sql.Tx) error {
		const put = `UPDATE reminder SET attempts = attempts + 1, due_at = $3, reason = $4 WHERE id = $1 AND attempts = $2 AND due_at <> ''`
		result, err := tx.ExecContext(ctx, put, one.ID, one.Attempts, store.Time(now.Add(r.pause(one.Attempts))), string(PutOff))
		if err != nil {
			return fmt.Errorf("count an attempt: %w", err)
		}
		if changed, err := result.RowsAffected(); err != nil || changed != 1 {
			return errors.Join(errOther, err)
		}
		return r.parts.Log.Append(ctx, tx, accesslog.Entry{
			At: now, Actor: "reminders", Operation: "reminder.send", Decision: accesslog.Allowed, Subject: one.Party,
			RequestID: one.ID, Subjects: []string{one.Party},
		})
	})
}

// pause is how long to wait after so many attempts: it doubles, and a part of it is chance.
func (r *Reminders) pause(attempts int) time.Duration {
	longest := min(r.conduct.FirstPause<<min(attempts, 20), r.conduct.MostPause)
	return longest/2 + rand.N(longest/2+1)
}

// settle records what came of an attempt, and reports whether the server is away: then nobody else is tried before it is back.
func (r *Reminders) settle(ctx context.Context, v verdict, failure error) (away bool, err error) {
	kind := mail.KindOf(failure)
	switch {
	case failure == nil:
		v.status = Sent
		r.serverAway(false)
		return false, r.conclude(ctx, v)
	case kind == mail.Permanent:
		v.status, v.reason = Failed, Refused
		return false, r.conclude(ctx, v)
	case ctx.Err() != nil:
		return true, ctx.Err()
	case kind == mail.Unavailable:
		r.serverAway(true)
		r.conduct.Logger.WarnContext(ctx, "no mail server takes reminders", "error", failure)
		return true, r.note(ctx, v.Reminder, Unreachable)
	}
	return false, r.note(ctx, v.Reminder, PutOff)
}

// note says why the last attempt failed.
func (r *Reminders) note(ctx context.Context, one Reminder, reason Reason) error {
	return r.parts.Store.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE reminder SET reason = $2 WHERE id = $1 AND due_at <> ''`, one.ID, string(reason))
		return err
	})
}

// serverAway remembers whether the server was there, and until when nobody asks again.
func (r *Reminders) serverAway(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !away {
		r.failing, r.resume = 0, time.Time{}
		return
	}
	r.resume = r.conduct.Now().Add(r.pause(r.failing))
	r.failing++
}

func (r *Reminders) mayPost() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settings.sender != nil && !r.conduct.Now().Before(r.resume)
}

func (r *Reminders) quietNow() bool {
	now := r.conduct.Now()
	return r.settings.quiet.ends(now).After(now)
}
