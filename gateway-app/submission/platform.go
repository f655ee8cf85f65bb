package submission

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Settings say whose statements these are.
type Settings struct {
	Member string
	Pairs  []projection.Pair // the platforms and custodians whose loans the member holds
	Gather time.Duration     // how long months and digests are gathered for one turn; 4 s when not set
	Now    func() time.Time
	Logger *slog.Logger

	Patience       time.Duration // how long a regulator waits for a read model that is some blocks behind; 2 s when not set
	OpenStatements int64         // of one platform, that a regulator takes before it says a word; OpenStatements when not set
	StatementsADay int64         // of one platform, that a regulator takes; StatementsADay when not set

	LeastBorrowers int64 // how many must owe before everybody sees the figures; LeastBorrowers when not set, below zero any
}

func (s Settings) withDefaults() Settings {
	if s.Gather == 0 {
		s.Gather = 4 * time.Second
	}
	if s.Patience == 0 {
		s.Patience = 2 * time.Second
	}
	if s.OpenStatements == 0 {
		s.OpenStatements = OpenStatements
	}
	if s.StatementsADay == 0 {
		s.StatementsADay = StatementsADay
	}
	if s.LeastBorrowers == 0 {
		s.LeastBorrowers = LeastBorrowers
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	return s
}

// partName names the digests of statements among those that the app anchors.
const partName = "submission"

// Platform is a platform's side: what it states, and how it is handed in. Its methods may be called by many at once.
type Platform struct {
	archive
	anchors   *anchoring.Log
	ledger    Ledger
	feed      *notice.Feed
	figures   figures
	regulator Receiver
	settings  Settings

	mu      sync.Mutex
	settled calendar.Date // up to here every month that is over was found published
}

// NewPlatform makes the side of a platform over its own database and read model.
func NewPlatform(db *store.DB, books Books, feed *notice.Feed, sender anchoring.Sender, regulator Receiver, settings Settings) *Platform {
	settings = settings.withDefaults()
	return &Platform{
		archive: archive{db, settings.Now}, anchors: anchoring.New(db, sender, partName, settings.Now),
		ledger: NewLedger(books, settings.Pairs), feed: feed, regulator: regulator, settings: settings,
	}
}

// Statement is what is to be stated.
type Statement struct {
	Kind, Period string
	MediaType    string
	Content      Content
	Reason       string // why another version is stated
	By           string // the user who asked; empty: the app itself
}

// Publish computes the disclosure of a period as the ledger has it now, states it, and hands it in. What is stated
// already and was not rejected is answered as it is.
func (p *Platform) Publish(ctx context.Context, period, by, reason string) (Record, error) {
	parsed, err := disclosure.ParsePeriod(period)
	if err != nil {
		return Record{}, err
	}
	content, err := p.compute(ctx, parsed)
	if err != nil {
		return Record{}, err
	}
	r, err := p.state(ctx, Statement{Kind: Disclosure, Period: parsed.String(), MediaType: JSON, Content: content, Reason: reason, By: by})
	if err != nil {
		return Record{}, err
	}
	return p.handIn(ctx, r)
}

// compute is the disclosure of a period by the rules that were in force at its last close.
func (p *Platform) compute(ctx context.Context, period disclosure.Period) (Content, error) {
	if whole, err := p.ledger.whole(ctx); err != nil || !whole {
		return Content{}, cmp.Or(err, error(fault.New(fault.Unavailable)))
	}
	closings, err := p.ledger.LastClosings(ctx, p.settings.Member, period)
	if err != nil {
		return Content{}, err
	}
	if len(closings) == 0 {
		return Content{}, fault.In(fault.NotFound, "period") // no business day of it was closed
	}
	pack, err := GoverningPack(ctx, p.ledger.books, closings)
	if err != nil {
		return Content{}, err
	}
	computed, err := p.figures.compute(closings, period, pack)
	if err != nil {
		return Content{}, err
	}
	text, err := computed.Canonical()
	if err != nil {
		return Content{}, err
	}
	return PackBytes(text)
}

// State states what the platform's own systems say, as it is: a loan book, or a disclosure that somebody answers for.
// It must have the form of its kind, and be of something that was closed; whether it is true is the regulator's to say.
func (p *Platform) State(ctx context.Context, s Statement) (Record, error) {
	period, err := checkForm(ctx, p.settings.Member, s.Kind, s.Period, s.MediaType, s.Content)
	if err != nil {
		return Record{}, err
	}
	s.Period = period.String()
	if err := p.begun(ctx, period); err != nil {
		return Record{}, err
	}
	r, err := p.state(ctx, s)
	if err != nil {
		return Record{}, err
	}
	return p.handIn(ctx, r)
}

// state keeps a statement as the next version, due for the regulator and for the ledger.
func (p *Platform) state(ctx context.Context, s Statement) (Record, error) {
	if !validReason(s.Reason) {
		return Record{}, fault.In(fault.InvalidField, "reason")
	}
	r := Record{
		Name:   Name{Platform: p.settings.Member, Kind: s.Kind, Period: s.Period},
		Digest: s.Content.Digest, Reason: s.Reason, MediaType: s.MediaType, Bytes: s.Content.Bytes, MadeBy: s.By, State: Stated,
	}
	kept := r
	err := p.db.Write(ctx, func(tx *sql.Tx) error {
		before, err := last(ctx, tx, r.Name, "")
		if err != nil {
			return err
		}
		if before.Digest == r.Digest && before.Judged != Rejected {
			kept = before
			return nil
		}
		if before.Version > 0 && s.Reason == "" {
			return fault.In(fault.MissingField, "reason")
		}
		kept = r
		kept.Version, kept.Former, kept.MadeAt = before.Version+1, before.Digest, p.now()
		return p.keep(ctx, tx, kept, s.Content)
	})
	if err != nil {
		return Record{}, fmt.Errorf("state %s: %w", r.Name, err)
	}
	return kept, nil
}

func (p *Platform) keep(ctx context.Context, tx *sql.Tx, r Record, content Content) error {
	if err := insert(ctx, tx, r, content, store.Time(r.MadeAt)); err != nil {
		return err
	}
	if err := supersede(ctx, tx, r.Name); err != nil {
		return err
	}
	entry := evidence.Entry{Digest: r.Digest, Phase: evidence.PhaseDisclosure, MediaType: mediaOf(r)}
	if err := p.anchors.Due(ctx, tx, entry, r.MadeAt); err != nil {
		return err
	}
	if r.Kind != Disclosure {
		return nil
	}
	return p.feed.Append(ctx, tx, notice.Notice{Type: notice.Disclosure + ".published", Subject: r.Name.String(), Payload: told(r)})
}

// mediaOf is what the ledger is told that a digest is of.
func mediaOf(r Record) string {
	if r.Kind == Disclosure {
		return "application/vnd.tallystick.disclosure+json"
	}
	if r.MediaType == CSV {
		return "text/csv"
	}
	return "application/vnd.tallystick.loan-book+json"
}

// event is what the feed says of a statement.
type event struct {
	Name
	Digest string `json:"digest"`
	State  State  `json:"state"`
	Found  int64  `json:"found,omitempty"` // how many findings there are
}

func told(r Record) event { return event{r.Name, r.Digest, r.State, r.Verdict.Found} }

// publishDue publishes every month that is over and was not published, or was before it was over.
func (p *Platform) publishDue(ctx context.Context) error {
	if whole, err := p.ledger.whole(ctx); err != nil || !whole {
		return err
	}
	p.mu.Lock()
	from := p.settled
	p.mu.Unlock()
	if from.IsZero() {
		first, err := p.ledger.firstClose(ctx, p.settings.Member)
		if err != nil || first.IsZero() {
			return err
		}
		from = disclosure.MonthOf(first).From
	}
	for month := disclosure.MonthOf(from); ; month = month.Next() {
		ended, err := p.publishMonth(ctx, month)
		if err != nil || !ended {
			return err
		}
		p.mu.Lock()
		p.settled = max(p.settled, month.Next().From)
		p.mu.Unlock()
	}
}

// publishMonth publishes a month, and reports whether it is over.
func (p *Platform) publishMonth(ctx context.Context, month disclosure.Period) (bool, error) {
	closings, err := p.ledger.LastClosings(ctx, p.settings.Member, month)
	if err != nil {
		return false, err
	}
	if ended, err := p.ledger.over(ctx, p.settings.Member, month); err != nil || !ended || len(closings) == 0 {
		return ended, err
	}
	before, err := p.Last(ctx, p.settings.Member, Disclosure, month.String())
	if err != nil {
		return false, err
	}
	reason := ""
	if before.Version > 0 {
		_, content, err := p.Content(ctx, before.Name)
		if err != nil {
			return false, err
		}
		if stated, err := disclosure.Parse(content); err != nil || !wentOn(stated, closings) {
			return true, err
		}
		reason = MonthWentOn
	}
	content, err := p.compute(ctx, month)
	if errors.Is(err, ErrNoRules) {
		return true, nil // while nobody has agreed on rules there is nothing to disclose, nor ever of such a month
	}
	if err != nil {
		return false, err
	}
	_, err = p.state(ctx, Statement{Kind: Disclosure, Period: month.String(), MediaType: JSON, Content: content, Reason: reason})
	return true, err
}
