package webhook_test

import (
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

// tell appends notices; each is "type subject".
func (o *office) tell(notices ...string) {
	o.t.Helper()
	err := o.db.Write(o.t.Context(), func(tx *sql.Tx) error {
		for _, n := range notices {
			kind, subject, _ := strings.Cut(n, " ")
			one := notice.Notice{Type: kind, Subject: subject, Payload: map[string]string{"alert": subject}}
			if err := o.notices.Append(o.t.Context(), tx, one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// An endpoint of alerts gets these and nothing of the ledger or the staff's notices, one of the ledger and one of the
// member no alert, whatever they ask for; positions count each in its own feed, and a replay is of that feed.
func TestAnEndpointIsToldOfItsOwnFeed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ours, theirs, everything := newReceiver(t, nil), newReceiver(t, nil), newReceiver(t, nil)
		o.feed.happen(t, "c", "loan.active a", "loan.active b", "loan.active c")
		o.tell("alert.raised 1", "warning.raised 2")
		var beginning int64
		wish := webhook.Wish{URL: ours.URL, Label: "alerts", Source: webhook.FromAlerts}
		member, _, err := o.Create(t.Context(), wish, &beginning, "olga")
		if err != nil || member.Source != webhook.FromAlerts {
			t.Fatalf("%+v, %v", member, err)
		}
		ledger, _ := o.endpoint(theirs.URL)
		all, _, err := o.Create(t.Context(), webhook.Wish{URL: everything.URL, Label: "all", Source: webhook.FromMember}, &beginning, "olga")
		if err != nil {
			t.Fatal(err)
		}
		for source, want := range map[webhook.Source]string{webhook.FromAlerts: member.ID, webhook.FromLedger: ledger.ID, webhook.FromMember: all.ID} {
			if list, err := o.List(t.Context(), "", 10, source); err != nil || len(list) != 1 || list[0].ID != want {
				t.Errorf("of %s: %+v, %v", source, list, err)
			}
		}
		o.run()
		o.tell("alert.closed 1", "reminder.sent 3")
		until(t, "both are told", func() bool {
			return len(o.deliveries(member.ID, webhook.Delivered)) == 2 && len(o.deliveries(ledger.ID, webhook.Delivered)) == 3 &&
				len(o.deliveries(all.ID, webhook.Delivered)) == 2
		})
		var told []string
		for _, p := range ours.seen() {
			var message webhook.NoticeMessage
			if err := json.Unmarshal(p.body, &message); err != nil || message.Data.Type != message.Type || message.Data.Sequence == 0 {
				t.Fatalf("%s: %v", p.body, err)
			}
			told = append(told, message.Type+" "+message.Data.Subject)
		}
		if !slices.Equal(told, []string{"alert.raised 1", "alert.closed 1"}) {
			t.Errorf("told of %v", told)
		}
		for _, p := range everything.seen() {
			if strings.HasPrefix(p.message.Type, "alert.") {
				t.Errorf("the member's endpoint was told of %s", p.message.Type)
			}
		}
		for _, p := range theirs.seen() {
			if !strings.HasPrefix(p.message.Type, "loan.") {
				t.Errorf("the ledger's endpoint was told of %s", p.message.Type)
			}
		}
		if count, err := o.Replay(t.Context(), member.ID, webhook.Range{After: 0, Through: 2}); err != nil || count != 2 {
			t.Errorf("replayed %d, %v", count, err)
		}
		until(t, "it is told again", func() bool { return len(ours.seen()) == 4 })
	})
}

func TestSourcesThatAreRefused(t *testing.T) {
	o := newOffice(t, storetest.SQLite(t))
	o.feed.happen(t, "c", "loan.active a")
	beyond := int64(1)
	for _, c := range []struct {
		wish  webhook.Wish
		after *int64
		field string
	}{
		{webhook.Wish{URL: "https://a.example", Label: "x", Source: "street"}, nil, "source"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Source: webhook.FromMember, Types: []string{"loan"}}, nil, "types[0]"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Types: []string{"alert"}}, nil, "types[0]"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Source: webhook.FromMember, Types: []string{"alert.raised"}}, nil, "types[0]"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Source: webhook.FromAlerts, Types: []string{"warning"}}, nil, "types[0]"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Source: webhook.FromMember, Collection: "c"}, nil, "collection"},
		{webhook.Wish{URL: "https://a.example", Label: "x", Source: webhook.FromMember}, &beyond, "after"},
	} {
		_, _, err := o.Create(t.Context(), c.wish, c.after, "olga")
		refused(t, err, fault.InvalidField, c.field)
	}
	made, _ := o.endpoint("https://a.example")
	_, err := o.Change(t.Context(), made.ID, made.Version, webhook.Wish{URL: made.URL, Label: "x", Source: webhook.FromMember})
	refused(t, err, fault.InvalidField, "source")
	if same, err := o.Change(t.Context(), made.ID, made.Version, webhook.Wish{URL: made.URL, Label: "x"}); err != nil || same.Source != webhook.FromLedger {
		t.Errorf("%+v, %v", same, err)
	}
}
