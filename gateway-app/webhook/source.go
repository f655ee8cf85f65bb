package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Source says which of the member's feeds an endpoint is told of. Its position counts in that one.
type Source string

// The sources.
const (
	FromLedger Source = "ledger" // what happened on the ledger; meant where nothing is said
	FromMember Source = "member" // what happened in the member's house alone
	FromAlerts Source = "alerts" // alerts of customers' money: to nobody who does not ask for them by this name
)

// Sources are the sources that there are.
func Sources() []Source { return []Source{FromLedger, FromMember, FromAlerts} }

// Confidential reports whether only those may have to do with an endpoint of the source who may read alerts.
func (s Source) Confidential() bool { return s == FromAlerts }

// Kinds are what webhooks of a source tell of; none of a source that there is not.
func (s Source) Kinds() []string {
	switch s {
	case FromLedger:
		return []string{"loan", "custody", "repayment"}
	case FromMember:
		return slices.DeleteFunc(notice.Kinds(), notice.Confidential)
	case FromAlerts:
		return []string{notice.Alert}
	}
	return nil
}

// Ledger is the feed of the ledger; *projection.Projection is one.
type Ledger interface {
	Feed(ctx context.Context, after int64, limit int, f projection.FeedFilter) ([]projection.Entry, error)
	FeedEnd(ctx context.Context) (int64, error)
	Moved() <-chan struct{}
}

// Member is a feed of the member's own; *notice.Feed is one.
type Member interface {
	List(ctx context.Context, after int64, limit int, f notice.Filter) ([]notice.Entry, error)
	End(ctx context.Context) (int64, error)
	Moved() <-chan struct{}
}

// Message is the body that is posted of a row of the ledger's feed.
type Message struct {
	Type      string           `json:"type"`
	Timestamp time.Time        `json:"timestamp"` // when it happened, by the claim of whoever sent the transaction
	Data      projection.Entry `json:"data"`
}

// NoticeMessage is the body that is posted of a row of the member's feed.
type NoticeMessage struct {
	Type      string       `json:"type"`
	Timestamp time.Time    `json:"timestamp"`
	Data      notice.Entry `json:"data"`
}

// item is a row of a feed, whichever.
type item struct {
	sequence                        int64
	kind, form, subject, collection string // form is the whole type
	message                         any
}

// body writes the message of a row. It is written once, so that every attempt has equal bytes.
func (i item) body() (string, error) {
	text, err := json.Marshal(i.message)
	if err != nil {
		return "", fmt.Errorf("write the message of event %d: %w", i.sequence, err)
	}
	return string(text), nil
}

// feeds are the feeds under one set of questions.
type feeds struct {
	ledger         Ledger
	member, alerts Member
}

// own is the feed of a source that is not the ledger; none of the ledger.
func (f feeds) own(of Source) Member {
	switch of {
	case FromMember:
		return f.member
	case FromAlerts:
		return f.alerts
	}
	return nil
}

func (f feeds) end(ctx context.Context, of Source) (int64, error) {
	if own := f.own(of); own != nil {
		return own.End(ctx)
	}
	return f.ledger.FeedEnd(ctx)
}

func (f feeds) moved(of Source) <-chan struct{} {
	if own := f.own(of); own != nil {
		return own.Moved()
	}
	return f.ledger.Moved()
}

// after answers the next rows of an endpoint's feed that are of its kinds.
func (f feeds) after(ctx context.Context, e Endpoint, after int64) ([]item, error) {
	if own := f.own(e.Source); own != nil {
		entries, err := own.List(ctx, after, rowsAtOnce, notice.Filter{Kinds: e.kinds()})
		return itemsOf(entries, noticeItem), err
	}
	entries, err := f.ledger.Feed(ctx, after, rowsAtOnce, projection.FeedFilter{Kinds: e.kinds(), Collection: e.Collection})
	return itemsOf(entries, ledgerItem), err
}

func itemsOf[T any](entries []T, one func(T) item) []item {
	list := make([]item, 0, len(entries))
	for entry := range slices.Values(entries) {
		list = append(list, one(entry))
	}
	return list
}

func ledgerItem(e projection.Entry) item {
	return item{e.Sequence, e.Kind, e.Type, e.Subject, e.Collection, Message{e.Type, e.At.UTC(), e}}
}

func noticeItem(e notice.Entry) item {
	return item{e.Sequence, e.Kind, e.Type, e.Subject, "", NoticeMessage{e.Type, e.At.UTC(), e}}
}
