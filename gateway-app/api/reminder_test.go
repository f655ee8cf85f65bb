package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/mail"
	"github.com/tallystick/tallystick/gateway-app/mail/mailtest"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/reminder"
)

// instalments are books in which the first instalments of two loans fall due in three days.
type instalments struct{}

func (instalments) Day(context.Context, string) (projection.Held[custody.Day], error) {
	return public("meridian", 1, custody.Day{Custodian: "meridian", Date: day(2026, 2, 12), Open: true}), nil
}

func (instalments) Loan(_ context.Context, id string) (projection.Loan, error) {
	if id == loanID(1) {
		return aLoan(1), nil
	}
	return aLoan(2), nil
}

func (instalments) LoansDue(context.Context, projection.LoanDueFilter, projection.Page) (projection.List[projection.LoanDue], error) {
	return projection.List[projection.LoanDue]{Items: []projection.LoanDue{
		{Loan: loanID(1), Borrower: handle(1), DueOn: day(2026, 2, 15)}, {Loan: loanID(2), Borrower: handle(2), DueOn: day(2026, 2, 15)},
	}}, nil
}

func (instalments) Standing(context.Context) (projection.Standing, error) {
	return projection.Standing{}, nil
}
func (instalments) Moved() <-chan struct{} { return nil }

// remindersOf are a platform's, by day; without a server they send no mail.
func remindersOf(t *testing.T, p *api.Parts, smtp *mail.Settings) *reminder.Reminders {
	t.Helper()
	log := p.AccessLog
	if log == nil {
		log = accesslog.New(p.Store, "harbor", nil, nil)
	}
	made, err := reminder.New(reminder.Parts{
		Store: p.Store, Vault: vaultOf(t, p), Books: instalments{}, People: p.Customers.People, Log: log, Feed: notice.New(p.Store),
	}, reminder.Settings{PublicURL: "https://harbor.example", SMTP: smtp}, reminder.Conduct{
		Member: "harbor", Process: "test", Pairs: []projection.Pair{{Platform: "harbor", Custodian: "meridian"}}, Poll: 10 * time.Millisecond,
		Now: func() time.Time { return time.Date(2026, 2, 12, 4, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// reminded is a scene in which two borrowers were reminded, the first by a mail too.
func reminded(t *testing.T) (*scene, *mailtest.Server) {
	t.Helper()
	server := mailtest.Plain(t)
	smtp := server.Settings()
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(t, func(p *api.Parts) {
		p.Customers = customers(t, p, key, nil)
		p.Reminders = remindersOf(t, p, &smtp)
	})
	somebody := someone(1)
	somebody["fields"].(map[string]any)["email"] = "san@example.org"
	want[map[string]any](t, s.post("/v1/people", inJSON(t, somebody)), 200)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.parts.Reminders.Run(ctx) }() // ends with the context
	defer func() { stop(); <-ended }()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if left, err := s.parts.Reminders.Pending(ctx); err == nil && left == 0 && len(server.Letters()) == 1 {
			return s, server
		}
	}
	t.Fatal("nobody was reminded")
	return nil, nil
}

// Staff see all reminders with what became of them, a borrower their own, and nobody an address.
func TestRemindersAreListed(t *testing.T) {
	s, _ := reminded(t)
	all := want[projection.List[reminder.Reminder]](t, s.get("/v1/reminders"), 200).Items
	if len(all) != 4 {
		t.Fatalf("staff see %d reminders", len(all))
	}
	for _, r := range all {
		sent := r.Channel == reminder.Webhook || r.Party == handle(1)
		if r.DueOn != day(2026, 2, 15) || r.Days != -3 || (r.Status == reminder.Sent) != sent || !sent && r.Reason != reminder.NoAddress {
			t.Errorf("%+v", r)
		}
	}
	if text := s.get("/v1/reminders").Body.String(); strings.Contains(text, "@") {
		t.Errorf("an address is shown: %s", text)
	}
	for query, count := range map[string]int{
		"channel=email": 2, "status=skipped": 1, "party=" + handle(2): 2, "loan=" + loanID(1): 2, "due_on=2026-02-15": 4, "due_on=2026-02-16": 0,
	} {
		if got := len(want[projection.List[reminder.Reminder]](t, s.get("/v1/reminders?"+query), 200).Items); got != count {
			t.Errorf("%s: %d", query, got)
		}
	}
	page := want[projection.List[reminder.Reminder]](t, s.get("/v1/reminders?limit=3&newest=true"), 200)
	rest := want[projection.List[reminder.Reminder]](t, s.get("/v1/reminders?limit=3&newest=true&cursor="+page.Next), 200)
	if len(page.Items) != 3 || len(rest.Items) != 1 || rest.Items[0].ID != all[0].ID {
		t.Errorf("pages of %d and %d", len(page.Items), len(rest.Items))
	}
	own := want[projection.List[reminder.Reminder]](t, s.get("/v1/reminders", borrower()...), 200).Items
	if len(own) != 2 || own[0].Party != handle(1) {
		t.Errorf("a borrower sees %+v", own)
	}
	if others := want[projection.List[reminder.Reminder]](t, s.get("/v1/reminders?party="+handle(2), borrower()...), 200).Items; len(others) != 0 {
		t.Errorf("a borrower sees another's: %+v", others)
	}
	refusedAs(t, s.get("/v1/reminders?due_on=2026-02-30"), 400, "invalid_field", "due_on")
}

// A borrower chooses for themselves and for nobody else; staff note what somebody says on the telephone.
func TestPreferencesAreOnesOwn(t *testing.T) {
	s, _ := reminded(t)
	own, another := "/v1/reminder-preferences/"+handle(1), "/v1/reminder-preferences/"+handle(2)
	put := func(path, body string, headers ...string) reminder.Preferences {
		t.Helper()
		return want[reminder.Preferences](t, s.do(s.request(http.MethodPut, path, body, headers...)), 200)
	}
	got := put(own, `{"language":"en","opted_out":{"email":true}}`, borrower()...)
	if got.Language != reminder.English || !got.Choices[0].OptedOut || got.Choices[0].ChosenBy != "bao" || got.Choices[1].OptedOut {
		t.Errorf("chosen: %+v", got)
	}
	if read := want[reminder.Preferences](t, s.get(own, borrower()...), 200); read.Choices[0] != got.Choices[0] {
		t.Errorf("read: %+v", read)
	}
	refusedAs(t, s.get(another, borrower()...), 404, "not_found", "party")
	refusedAs(t, s.do(s.request(http.MethodPut, another, `{"language":"en"}`, borrower()...)), 404, "not_found", "party")
	if by := put(another, `{"opted_out":{"webhook":true}}`).Choices[1]; by.ChosenBy != "olga" || !by.OptedOut {
		t.Errorf("noted by staff: %+v", by)
	}
	refusedAs(t, s.do(s.request(http.MethodPut, own, `{"language":"fr"}`)), 400, "invalid_field", "language")
}

// The link of a mail needs no sign-in. Looking at it changes nothing; one POST, as mail programs send it, opts out.
func TestTheLinkOptsOut(t *testing.T) {
	s, server := reminded(t)
	letter := server.Letters()[0]
	path, found := strings.CutPrefix(strings.Trim(letter.Header.Get("List-Unsubscribe"), "<>"), "https://harbor.example")
	if !found {
		t.Fatalf("the mail has no link: %v", letter.Header)
	}
	outside := []string{"Authorization", "", "Idempotency-Key", "", "Content-Type", "application/x-www-form-urlencoded"}
	page := s.get(path, outside...)
	if page.Code != 200 || !strings.Contains(page.Body.String(), `<form method="post">`) || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") ||
		!strings.Contains(page.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the page: %d %v %s", page.Code, page.Header(), page.Body)
	}
	chosen := func() bool {
		return want[reminder.Preferences](t, s.get("/v1/reminder-preferences/"+handle(1)), 200).Choices[0].OptedOut
	}
	if chosen() {
		t.Fatal("looking at the page opted out")
	}
	for range 2 {
		if w := s.post(path, "List-Unsubscribe=One-Click", outside...); w.Code != 200 || !strings.Contains(w.Body.String(), "已退订") {
			t.Errorf("opting out: %d %s", w.Code, w.Body)
		}
	}
	if !chosen() {
		t.Error("the POST did not opt out")
	}
	for _, forged := range []string{path[:len(path)-3], path[:len(path)-1] + "!", reminder.LinkPath + "AAAA"} {
		if w := s.post(forged, "", outside...); w.Code != 404 && w.Code != 400 {
			t.Errorf("%s: %d %s", forged, w.Code, w.Body)
		}
	}
}

// Who follows links in mails, or a mail program that looks at every one, takes nobody's tries at signing in.
func TestOptingOutIsNoTryAtSigningIn(t *testing.T) {
	s, first := guardedWith(t, api.Limits{OpenPerMinute: 2, SignInsPerSourceMinute: 1})
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	s.parts.Customers = customers(t, &s.parts, key, nil)
	s.parts.Reminders = remindersOf(t, &s.parts, nil)
	s.restart()
	path := reminder.LinkPath + strings.Repeat("A", 64)
	outside := []string{"Authorization", "", "Idempotency-Key", "", "Content-Type", "application/x-www-form-urlencoded"}
	if w := s.get(path, outside...); w.Code != 404 {
		t.Errorf("a page of nobody's: %d %s", w.Code, w.Body)
	}
	if w := s.post(path, "List-Unsubscribe=One-Click", outside...); w.Code != 404 {
		t.Errorf("a link of nobody's: %d %s", w.Code, w.Body)
	}
	refusedAs(t, s.get(path, outside...), 429, api.CodeRateLimited, "")
	s.signedIn(first.Name, first.Password)
}
