package submission

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// ReceivePath is where the regulator's gateway app takes statements.
const ReceivePath = "/v1/submissions/received"

// Sent is a statement on its way to the regulator.
type Sent struct {
	Kind      string
	Period    string
	Version   int64
	Former    string // the digest of the version before
	Reason    string
	MediaType string
	Content   Content
}

// Asks reports whether nothing but the digest comes: what became of a version that was handed in before.
func (s Sent) Asks() bool { return s.Content.pieces == nil }

// question asks what became of the statement.
func (s Sent) question() Sent {
	s.Content.pieces = nil
	return s
}

// Receiver is the regulator, as a platform reaches it.
type Receiver interface {
	Submit(ctx context.Context, s Sent) (Record, error)
}

// Poster posts a stream to another member's gateway app; *pseudonym.Remote is one.
type Poster interface {
	PostStream(ctx context.Context, path string, header http.Header, body io.Reader, out any) error
}

// Remote is the regulator's gateway app. A content goes there as it is kept: packed, and one piece at a time.
type Remote struct{ Poster Poster }

// Submit hands a statement in. It may be handed in again.
func (r Remote) Submit(ctx context.Context, s Sent) (Record, error) {
	ctx, cancel := context.WithTimeout(ctx, uploadStart+time.Duration(s.Content.Bytes)*time.Second/uploadBytesSecond)
	defer cancel()
	query := url.Values{"kind": {s.Kind}, "period": {s.Period}, "version": {strconv.FormatInt(s.Version, 10)}, "digest": {s.Content.Digest}}
	if s.Former != "" {
		query.Set("former", s.Former)
	}
	if s.Reason != "" {
		query.Set("reason", s.Reason)
	}
	header := http.Header{"Content-Type": {s.MediaType}}
	if !s.Asks() {
		header.Set("Content-Encoding", "gzip")
	}
	var answer Record
	err := r.Poster.PostStream(ctx, ReceivePath+"?"+query.Encode(), header, s.Content.Packed(ctx), &answer)
	return answer, err
}

const (
	uploadStart       = 15 * time.Second // what handing in may take, however short the content is
	uploadBytesSecond = 256 << 10        // of an unpacked content must go in each second after that

	handInPatience = 8 * time.Second // of who has asked for a statement and waits for the regulator's word
	firstPause     = time.Second
	longestPause   = time.Minute
	mostAtOnce     = 100 // statements of a turn
)

// handIn hands a statement in while somebody waits. Where the regulator is away, the statement waits for the task.
func (p *Platform) handIn(ctx context.Context, r Record) (Record, error) {
	if !r.State.Open() {
		return r, nil
	}
	waiting, cancel := context.WithTimeout(ctx, handInPatience)
	defer cancel()
	if err := p.send(waiting, r.Name); err != nil {
		p.settings.Logger.WarnContext(ctx, "a statement waits for the regulator", "submission", r.Name.String(), "error", err)
	}
	return p.Read(ctx, r.Name)
}

// sendDue hands in what is due, until the regulator is away.
func (p *Platform) sendDue(ctx context.Context) error {
	due, err := p.query(ctx, `WHERE send_at <> '' AND send_at <= $1 ORDER BY send_at, seq LIMIT $2`, store.Time(p.now()), mostAtOnce)
	if err != nil {
		return err
	}
	for _, r := range due {
		if err := p.send(ctx, r.Name); err != nil {
			return fmt.Errorf("hand in %s: %w", r.Name, err)
		}
	}
	return nil
}

// send hands one statement in, and keeps what the regulator says of it. Only what says nothing of the statement is an error.
func (p *Platform) send(ctx context.Context, n Name) error {
	r, content, err := p.Open(ctx, n)
	if err != nil || !r.State.Open() {
		return err
	}
	answer, err := p.submit(ctx, r, Sent{
		Kind: r.Kind, Period: r.Period, Version: r.Version, Former: r.Former, Reason: r.Reason, MediaType: r.MediaType, Content: content,
	})
	var f *fault.Fault
	switch {
	case err == nil && answer.Digest != r.Digest:
		err = errors.New("the regulator's app answers for another statement")
	case errors.As(err, &f) && ofStatement(f):
		answer.State, answer.Judged, err = Rejected, Rejected, nil
		answer.Verdict = Verdict{Found: 1, Findings: []Finding{{Rule: refused, Field: f.Field, Line: int64(f.Item), Stated: string(f.Code)}}}
	}
	if err != nil {
		return errors.Join(err, p.postpone(context.WithoutCancel(ctx), r))
	}
	return p.learn(ctx, r, answer)
}

// submit asks what became of a statement that went before, and hands it in where the regulator has it not.
func (p *Platform) submit(ctx context.Context, r Record, s Sent) (Record, error) {
	if r.State == Received || r.Attempts > 0 {
		answer, err := p.regulator.Submit(ctx, s.question())
		if !errors.Is(err, fault.New(fault.NotFound)) {
			return answer, err
		}
	}
	return p.regulator.Submit(ctx, s)
}

// ofStatement reports whether a refusal is of the statement itself, which will be refused however often it is handed in:
// of its form, by a rule, or of its place among the versions. Any other is of the way to the regulator, or of its app:
// a certificate that is not let in yet, a member that is not known yet, an app that is away. That passes.
func ofStatement(f *fault.Fault) bool {
	switch f.Code {
	case fault.AlreadyExists:
		return f.Field == "version"
	case fault.PreviousUnknown:
		return f.Field == "former"
	case fault.UnknownFunction, fault.NotYetDue:
		return false
	}
	status := f.Code.HTTPStatus()
	return status == http.StatusBadRequest || status == http.StatusUnprocessableEntity
}

// learn keeps what the regulator says of a statement.
func (p *Platform) learn(ctx context.Context, r, answer Record) error {
	verdict := answer.Judged
	return p.db.Write(ctx, func(tx *sql.Tx) error {
		if r.State == Stated {
			if err := p.became(ctx, tx, r, Receive, nil); err != nil {
				return err
			}
		}
		switch verdict {
		case Acknowledged:
			return p.became(ctx, tx, r, Acknowledge, &answer.Verdict)
		case Rejected:
			return p.became(ctx, tx, r, Reject, &answer.Verdict)
		}
		return postpone(ctx, tx, r, p.now())
	})
}

// became moves a statement on, and tells the member's feed.
func (p *Platform) became(ctx context.Context, tx *sql.Tx, r Record, a Action, v *Verdict) error {
	moved, err := settle(ctx, tx, r.Name, a, v, p.now())
	if err != nil || !moved {
		return err
	}
	return tell(ctx, tx, p.feed, r, a, v)
}

// tell says in the member's feed what became of a statement.
func tell(ctx context.Context, tx *sql.Tx, feed *notice.Feed, r Record, a Action, v *Verdict) error {
	for _, t := range transitions {
		if t.action == a {
			r.State = t.to
		}
	}
	if v != nil {
		r.Verdict = *v
	}
	return feed.Append(ctx, tx, notice.Notice{Type: notice.Submission + "." + string(r.State), Subject: r.Name.String(), Payload: told(r)})
}

func (p *Platform) postpone(ctx context.Context, r Record) error {
	return p.db.Write(ctx, func(tx *sql.Tx) error { return postpone(ctx, tx, r, p.now()) })
}

// postpone lets a statement be handed in again later, and each time later.
func postpone(ctx context.Context, tx *sql.Tx, r Record, now time.Time) error {
	pause := min(firstPause<<min(r.Attempts, 10), longestPause)
	const query = `UPDATE submission SET attempts = attempts + 1, send_at = $5
		WHERE platform = $1 AND kind = $2 AND period = $3 AND version = $4 AND send_at <> ''`
	_, err := tx.ExecContext(ctx, query, r.Platform, r.Kind, r.Period, r.Version, store.Time(now.Add(pause)))
	return err
}

// Run publishes months that are over, anchors digests and hands statements in, until the context ends. Failures go to
// report, and are tried again.
func (p *Platform) Run(ctx context.Context, report func(error)) error {
	moved := p.ledger.books.Moved()
	if err := p.publishDue(ctx); err != nil && ctx.Err() == nil {
		report(fmt.Errorf("publish disclosures: %w", err))
	}
	ticker := time.NewTicker(p.settings.Gather)
	defer ticker.Stop()
	for {
		for _, step := range []func(context.Context) error{p.anchor, p.sendDue} {
			if err := step(ctx); err != nil && ctx.Err() == nil {
				report(err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		select {
		case <-moved:
			moved = p.ledger.books.Moved()
			if err := p.publishDue(ctx); err != nil && ctx.Err() == nil {
				report(fmt.Errorf("publish disclosures: %w", err))
			}
		default: // nothing happened
		}
	}
}

func (p *Platform) anchor(ctx context.Context) error {
	_, err := p.anchors.Send(ctx)
	return err
}

// Unanchored counts the digests that are not on the ledger yet.
func (p *Platform) Unanchored(ctx context.Context) (int64, error) { return p.anchors.Unanchored(ctx) }

// Unanswered counts the statements of which the regulator has said nothing yet.
func (p *Platform) Unanswered(ctx context.Context) (int64, error) {
	var n int64
	err := p.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM submission WHERE send_at <> ''`).Scan(&n)
	return n, err
}
