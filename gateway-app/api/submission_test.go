package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// closedBooks are a read model in which harbor has one loan, and January 2026 is over.
type closedBooks struct{ *books }

func (closedBooks) closing() (projection.Closing, error) {
	l := aLoan(1)
	position, err := portfolio.PositionOf(l.State, l.Terms, []string{handle(2)})
	standing := portfolio.Measure([]portfolio.Position{position}, "harbor", "meridian", day(2026, 1, 30))
	kept := closedBooks{}.pack()
	return projection.Closing{Standing: standing, Block: 9, Regime: kept.ID, RegimeDigest: kept.Digest}, err
}

func (b closedBooks) Closings(_ context.Context, f projection.ClosingFilter, _ projection.Page) (projection.List[projection.Closing], error) {
	c, err := b.closing()
	if c.Platform != f.Platform || c.On < f.From {
		return projection.List[projection.Closing]{}, err
	}
	return projection.List[projection.Closing]{Items: []projection.Closing{c}}, err
}

func (b closedBooks) LastClosing(_ context.Context, platform, custodian string, notAfter calendar.Date) (projection.Closing, error) {
	c, err := b.closing()
	if c.Platform != platform || c.Custodian != custodian || c.On > notAfter {
		return projection.Closing{}, fault.In(fault.NotFound, "closing")
	}
	return c, err
}

func (closedBooks) Day(context.Context, string) (projection.Held[custody.Day], error) {
	return public("meridian", 10, custody.Day{Custodian: "meridian", Date: day(2026, 2, 2), Open: true}), nil
}

func (closedBooks) pack() projection.Regime {
	pack := scenario.Reporting().Pack()
	pack.Approvals = []regime.Approval{{Member: "authority", Kind: party.Regulator}, {Member: "meridian", Kind: party.Custodian}}
	digest, err := wire.PackDigest(pack)
	if err != nil {
		panic(err)
	}
	return projection.Regime{Held: public(pack.ID, 1, pack), Digest: digest, Adopted: true}
}

func (b closedBooks) Regimes(context.Context, projection.Page) (projection.List[projection.Regime], error) {
	return projection.List[projection.Regime]{Items: []projection.Regime{b.pack()}}, nil
}

func (closedBooks) LoansAt(context.Context, string, string, uint64) iter.Seq2[projection.LoanAt, error] {
	return func(yield func(projection.LoanAt, error) bool) {
		l := aLoan(1)
		p, err := portfolio.PositionOf(l.State, l.Terms, nil)
		yield(projection.LoanAt{Loan: p.Loan, Status: p.Status, PrincipalMinor: p.PrincipalMinor, OutstandingMinor: p.OutstandingMinor, DueOn: p.DueOn}, err)
	}
}

func (closedBooks) BooksOpened(context.Context, string) (bool, error) { return true, nil }

func (closedBooks) Standing(context.Context) (projection.Standing, error) {
	return projection.Standing{}, nil
}

func (closedBooks) Moved() <-chan struct{} { return make(chan struct{}) }

func statementSettings(member string) submission.Settings {
	return submission.Settings{Member: member, Pairs: []projection.Pair{{Platform: "harbor", Custodian: "meridian"}}, LeastBorrowers: -1}
}

func receives(p *api.Parts) *submission.Regulator {
	return submission.NewRegulator(p.Store, closedBooks{}, notice.New(p.Store), statementSettings("authority"))
}

// handedOver is the way to a regulator's side in the same process.
type handedOver struct{ to *submission.Regulator }

func (h handedOver) Submit(ctx context.Context, s submission.Sent) (submission.Record, error) {
	return h.to.Receive(ctx, "harbor", s)
}

// states is a platform's side, which hands in at a regulator.
func states(p *api.Parts, regulator submission.Receiver) *submission.Platform {
	return submission.NewPlatform(p.Store, closedBooks{}, notice.New(p.Store), p.Commands.(anchoring.Sender), regulator, statementSettings("harbor"))
}

// twoMembers are a platform's server and a regulator's, where the first hands in.
func twoMembers(t *testing.T) (platform, regulator *scene) {
	t.Helper()
	regulator, _, as := member(t, "authority", func(p *api.Parts) {
		p.Submissions = &api.Submissions{Regulator: receives(p)}
	})
	platform = newScene(t, func(p *api.Parts) {
		p.Submissions = &api.Submissions{Platform: states(p, submission.Remote{Poster: as("harbor")})}
	})
	return platform, regulator
}

func TestADisclosureGoesFromAPlatformToTheRegulatorAndToEverybody(t *testing.T) {
	platform, regulator := twoMembers(t)
	made := want[submission.Record](t, platform.post("/v1/disclosures", `{"period":"2026-01"}`), 200)
	if made.State != submission.Acknowledged || made.Version != 1 || made.MadeBy == "" {
		t.Fatalf("it became %+v", made)
	}
	for _, s := range []*scene{platform, regulator} {
		list := want[projection.List[submission.Record]](t, s.get("/v1/submissions?kind=disclosure&state=acknowledged"), 200)
		if len(list.Items) != 1 || list.Items[0].Digest != made.Digest {
			t.Errorf("%s lists %+v", s.parts.Member, list)
		}
		read := want[submission.Record](t, s.get("/v1/submissions/harbor/disclosure/2026-01/1"), 200)
		if read.Verdict.Pack != "reporting-2016" || read.Verdict.Found != 0 {
			t.Errorf("%s reads %+v", s.parts.Member, read)
		}
		w := s.get("/disclosure/harbor/2026-01?format=json", "Authorization", "")
		shown := want[submission.Publication](t, w, 200)
		if shown.Computed != (s == regulator) || shown.Disclosure.Platform != "harbor" || len(shown.Versions) != 1 {
			t.Errorf("%s makes public %+v", s.parts.Member, shown)
		}
		if caching := w.Header().Get("Cache-Control"); !strings.HasPrefix(caching, "public, max-age=") {
			t.Errorf("%s lets nobody keep it: %q", s.parts.Member, caching)
		}
		tag := w.Header().Get("ETag")
		if again := s.get("/disclosure/harbor/2026-01?format=json", "Authorization", "", "If-None-Match", tag); tag == "" || again.Code != http.StatusNotModified {
			t.Errorf("%s answers %d to who has %q", s.parts.Member, again.Code, tag)
		}
	}
	if content := platform.get("/v1/submissions/harbor/disclosure/2026-01/1/content"); !json.Valid(content.Body.Bytes()) {
		t.Errorf("the content is %s", content.Body)
	}
	refusedAs(t, platform.get("/v1/submissions/harbor/disclosure/2026-01/2"), 404, "not_found", "version")
}

func TestTheRegulatorListsWhatIsDue(t *testing.T) {
	platform, regulator := twoMembers(t)
	list := func(query string) []submission.Duty {
		return want[struct{ Items []submission.Duty }](t, regulator.get("/v1/submissions/due"+query), 200).Items
	}
	if before := list("?standing=due"); len(before) != 1 || before[0].Period != "2026-01" || before[0].DueOn != day(2026, 2, 6) {
		t.Errorf("due is %+v", before)
	}
	want[submission.Record](t, platform.post("/v1/disclosures", `{"period":"2026-01"}`), 200)
	if stated := list("?platform=harbor"); len(stated) != 1 || stated[0].Standing != submission.InTime || stated[0].CameOn != day(2026, 2, 2) {
		t.Errorf("stated was %+v", stated)
	}
	for _, none := range []string{"?standing=missing", "?platform=lantern"} {
		if found := list(none); len(found) != 0 {
			t.Errorf("%s lists %+v", none, found)
		}
	}
	if w := platform.get("/v1/submissions/due"); w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a platform's app answers %d", w.Code)
	}
}

func TestAPageForEverybody(t *testing.T) {
	platform, regulator := twoMembers(t)
	want[submission.Record](t, platform.post("/v1/disclosures", `{"period":"2026-01"}`), 200)
	for path, words := range map[string][]string{
		"/disclosure":                            {"信息披露", `href="/disclosure/harbor/2026-01?language=zh"`},
		"/disclosure?language=en":                {"Disclosure", "Download"},
		"/disclosure/harbor/2026-01":             {"借贷余额", "12000.00", "已确认"},
		"/disclosure/harbor/2026-01?language=en": {"loan balance", "CNY 12000.00", "acknowledged"},
	} {
		for _, s := range []*scene{platform, regulator} {
			w := s.get(path, "Authorization", "")
			page := w.Body.String()
			if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s of %s: %d %v", path, s.parts.Member, w.Code, w.Header())
			}
			for _, word := range words {
				if !strings.Contains(page, word) {
					t.Errorf("%s of %s lacks %q", path, s.parts.Member, word)
				}
			}
			if strings.Contains(page, "<script") || strings.Contains(page, "http") {
				t.Errorf("%s of %s loads or runs something", path, s.parts.Member)
			}
		}
	}
	for format, begins := range map[string]string{"csv": "\ufeff", "xlsx": "PK"} {
		w := regulator.get("/disclosure/harbor/2026-01?language=en&format="+format, "Authorization", "")
		if w.Code != 200 || !strings.HasPrefix(w.Body.String(), strings.TrimPrefix(begins, "\ufeff")) || !strings.Contains(w.Header().Get("Content-Disposition"), format) {
			t.Errorf("%s: %d, %q", format, w.Code, w.Header().Get("Content-Disposition"))
		}
	}
	refusedAs(t, regulator.get("/disclosure/harbor/2026-01?format=pdf", "Authorization", ""), 400, "invalid_field", "format")
	refusedAs(t, regulator.get("/disclosure/harbor/2026-99", "Authorization", ""), 400, "invalid_field", "period")
	refusedAs(t, regulator.get("/disclosure/lantern/2026-01", "Authorization", ""), 404, "not_found", "period")
	refusedAs(t, platform.get("/disclosure/harbor/2025-12", "Authorization", ""), 404, "not_found", "period")
}

// Nothing is made public of books that are being rebuilt, nor stated. Which statements there are is known without them.
func TestBooksThatAreNotWholeDiscloseNothing(t *testing.T) {
	platform, regulator := twoMembers(t)
	want[submission.Record](t, platform.post("/v1/disclosures", `{"period":"2026-01"}`), 200)
	regulator.needsWholeBooks(t, "/disclosure", "/disclosure/harbor/2026-01?format=json")
	platform.books.standing = projection.Standing{Block: 40, Reached: 41}
	refusedAs(t, platform.post("/v1/disclosures", `{"period":"2026-01"}`), 503, api.CodeRebuilding, "")
	platform.needsWholeBooks(t, "/disclosure/harbor/2026-01?format=json")
	if w := platform.get("/disclosure", "Authorization", ""); w.Code != 200 {
		t.Errorf("the platform's index: %d", w.Code)
	}
}

// Who reads what is open is bounded, and takes nobody's tries at signing in.
func TestReadingWhatIsOpenIsBounded(t *testing.T) {
	s, first := guardedWith(t, api.Limits{OpenPerMinute: 2, SignInsPerSourceMinute: 1})
	s.parts.Submissions = &api.Submissions{Regulator: receives(&s.parts)}
	s.restart()
	for range 2 {
		if w := s.get("/disclosure", "Authorization", ""); w.Code != 200 {
			t.Fatal(w.Code, w.Body)
		}
	}
	refusedAs(t, s.get("/disclosure", "Authorization", ""), 429, api.CodeRateLimited, "")
	s.signedIn(first.Name, first.Password)
}

func TestALoanBookIsHandedInAsItIs(t *testing.T) {
	platform, regulator := twoMembers(t)
	const path = "/v1/submissions?kind=loan_book&period=2026-01-30&reason=other_system"
	book := "loan,status,principal_minor,outstanding_minor,overdue_days\n" + loanID(1) + ",active,1200000,1199999,0\n"
	made := want[submission.Record](t, platform.post(path, book, "Content-Type", "text/csv; charset=utf-8"), 200)
	if made.State != submission.Rejected || made.Verdict.Found != 1 || made.Verdict.Findings[0].Computed != "1200000" || made.Verdict.Findings[0].Loan != loanID(1) {
		t.Fatalf("it became %+v", made)
	}
	lines := []submission.Line{{Loan: loanID(1), Status: "active", PrincipalMinor: 1_200_000, OutstandingMinor: 1_200_000}}
	made = want[submission.Record](t, platform.post(path, inJSON(t, lines), "Content-Type", "application/json"), 200)
	if made.State != submission.Acknowledged || made.Version != 2 {
		t.Fatalf("corrected, it became %+v", made)
	}
	w := regulator.get("/v1/submissions/harbor/loan_book/2026-01-30/1/content")
	if w.Body.String() != book || w.Header().Get("Content-Type") != "text/csv" {
		t.Errorf("the regulator has %q as %s", w.Body, w.Header().Get("Content-Type"))
	}
	list := want[projection.List[submission.Record]](t, regulator.get("/v1/submissions?limit=1"), 200)
	next := want[projection.List[submission.Record]](t, regulator.get("/v1/submissions?limit=1&cursor="+list.Next), 200)
	if list.Items[0].Version != 1 || next.Items[0].Version != 2 || list.Items[0].Verdict.Found != 1 || list.Items[0].Verdict.Findings != nil {
		t.Errorf("listed are %+v and %+v", list, next)
	}
	noted := slices.ContainsFunc(regulator.door.recorded(), func(e api.Entry) bool {
		return e.Operation == "submission.content" && slices.Contains(e.Subjects, handle(1))
	})
	if !noted {
		t.Errorf("nobody noted whose loan was shown: %+v", regulator.door.recorded())
	}
	refusedAs(t, platform.post(path, book, "Content-Type", "text/html"), 415, api.CodeMediaType, "Content-Type")
	refusedAs(t, platform.post(path, "loan\n", "Content-Type", "text/csv"), 400, "malformed_request", "content")
	refusedAs(t, platform.post("/v1/submissions?kind=diary&period=2026-01-30", book, "Content-Type", "text/csv"), 400, "invalid_field", "kind")
	refusedAs(t, platform.post("/v1/submissions?kind=loan_book", book, "Content-Type", "text/csv"), 400, "missing_field", "period")
}

// Statements come from counterparts alone, each its own platform's.
func TestOnlyACounterpartHandsIn(t *testing.T) {
	regulator, stranger, as := member(t, "authority", func(p *api.Parts) { p.Submissions = &api.Submissions{Regulator: receives(p)} })
	book := "loan,status,principal_minor,outstanding_minor,overdue_days\n" + loanID(1) + ",active,1200000,1200000,0\n"
	send := func(by submission.Poster, text string) (submission.Record, error) {
		content, err := submission.PackBytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return submission.Remote{Poster: by}.Submit(t.Context(), submission.Sent{
			Kind: submission.LoanBook, Period: "2026-01-30", Version: 1, MediaType: submission.CSV, Content: content,
		})
	}
	if _, err := send(stranger, book); fault.Of(err).Code != fault.WrongMember {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := send(as("lantern"), book); fault.Of(err).Code != fault.WrongMember {
		t.Errorf("another platform: %v", err)
	}
	if answer, err := send(as("harbor"), book); err != nil || answer.State != submission.Acknowledged || answer.Bytes != int64(len(book)) {
		t.Errorf("the platform itself: %+v, %v", answer, err)
	}
	if _, err := send(as("harbor"), book+"x"); fault.Of(err).Code != fault.MalformedRequest || fault.Of(err).Field != "content" {
		t.Errorf("a spoilt line: %v", err)
	}
	if _, err := send(as("harbor"), book[:59]); fault.Of(err).Code != fault.AlreadyExists || fault.Of(err).Field != "version" {
		t.Errorf("the version with another content: %v", err)
	}
	want[submission.Record](t, regulator.get("/v1/submissions/harbor/loan_book/2026-01-30/1"), 200)
}

// Who has handed a version in asks by its digest what became of it, and sends nothing again.
func TestAQuestionSendsNoContent(t *testing.T) {
	_, _, as := member(t, "authority", func(p *api.Parts) { p.Submissions = &api.Submissions{Regulator: receives(p)} })
	content, err := submission.PackBytes([]byte("loan,status,principal_minor,outstanding_minor,overdue_days\n"))
	if err != nil {
		t.Fatal(err)
	}
	remote := submission.Remote{Poster: as("harbor")}
	sent := submission.Sent{Kind: submission.LoanBook, Period: "2026-01-30", Version: 1, MediaType: submission.CSV, Content: content}
	question := sent
	question.Content = submission.Content{Digest: content.Digest}
	if _, err := remote.Submit(t.Context(), question); !errors.Is(err, fault.New(fault.NotFound)) {
		t.Errorf("before it came: %v", err)
	}
	first, err := remote.Submit(t.Context(), sent)
	if err != nil {
		t.Fatal(err)
	}
	again, err := remote.Submit(t.Context(), question)
	if err != nil || again.State != first.State || again.Digest != content.Digest || again.Verdict.Found != 1 {
		t.Errorf("asked, it is %+v, %v; handed in it was %+v", again, err, first)
	}
	question.Content.Digest = strings.Repeat("0", 64)
	if _, err := remote.Submit(t.Context(), question); !errors.Is(err, fault.New(fault.NotFound)) {
		t.Errorf("by another digest: %v", err)
	}
}

// A body may come packed. What is wrong with it is said with its place, its limit and the remedy.
func TestAStatementMayComePacked(t *testing.T) {
	platform, _ := twoMembers(t)
	const path = "/v1/submissions?kind=loan_book&period=2026-01-30&reason=other_system"
	head := "loan,status,principal_minor,outstanding_minor,overdue_days\n"
	book := head + loanID(1) + ",active,1200000,1200000,0\n"
	made := want[submission.Record](t, platform.post(path, zipped(t, book), "Content-Type", "text/csv", "Content-Encoding", "gzip"), 200)
	if made.State != submission.Acknowledged || made.Bytes != int64(len(book)) || made.Digest != wire.Digest([]byte(book)) {
		t.Errorf("it became %+v", made)
	}
	if w := platform.get("/v1/submissions/harbor/loan_book/2026-01-30/1/content"); w.Body.String() != book {
		t.Errorf("it is read as %q", w.Body)
	}
	refusedAs(t, platform.post(path, book, "Content-Type", "text/csv", "Content-Encoding", "gzip"), 400, "malformed_request", "Content-Encoding")
	refusedAs(t, platform.post(path, zipped(t, book)[:60], "Content-Type", "text/csv", "Content-Encoding", "gzip"), 400, "malformed_request", "Content-Encoding")
	refusedAs(t, platform.post(path, book, "Content-Type", "text/csv", "Content-Encoding", "br"), 415, api.CodeMediaType, "Content-Encoding")
	refusedAs(t, platform.post(path, "", "Content-Type", "text/csv"), 400, "missing_field", "content")
	p := refusedAs(t, platform.post(path, book+loanID(2)+",active,12.5,0,0\n", "Content-Type", "text/csv"), 400, "invalid_field", "principal_minor")
	if p.Line != 3 || p.Column != len(loanID(2))+len(",active,")+1 || p.Item != 0 {
		t.Errorf("the place is line %d, column %d, item %d", p.Line, p.Column, p.Item)
	}
	bomb := zipped(t, head+strings.Repeat(" ", submission.LongestContent))
	p = refusedAs(t, platform.post(path, bomb, "Content-Type", "text/csv", "Content-Encoding", "gzip"), 413, "batch_too_large", "content")
	if p.LimitBytes != submission.LongestContent || !strings.Contains(p.Detail, "at most 201326592 bytes") {
		t.Errorf("what does not fit is refused with %+v", p)
	}
}

// A key is of one content: neither the body nor more than its digest is kept for it.
func TestAStatementsKeyIsOfItsContent(t *testing.T) {
	platform, _ := twoMembers(t)
	const path = "/v1/submissions?kind=loan_book&period=2026-01-30&reason=other_system"
	book := "loan,status,principal_minor,outstanding_minor,overdue_days\n" + loanID(1) + ",active,1200000,1200000,0\n"
	first := want[submission.Record](t, platform.post(path, book, "Content-Type", "text/csv", "Idempotency-Key", "one-key-of-it"), 200)
	w := platform.post(path, zipped(t, book), "Content-Type", "text/csv", "Content-Encoding", "gzip", "Idempotency-Key", "one-key-of-it")
	if again := want[submission.Record](t, w, 200); w.Header().Get("Idempotent-Replayed") != "true" || again.Version != first.Version {
		t.Errorf("the same content packed is answered with %+v", again)
	}
	refusedAs(t, platform.post(path, book+"\n", "Content-Type", "text/csv", "Idempotency-Key", "one-key-of-it"), 422, api.CodeKeyReused, "Idempotency-Key")
}

// zipped is a text as gzip writes it.
func zipped(t *testing.T, text string) string {
	t.Helper()
	var into bytes.Buffer
	z := gzip.NewWriter(&into)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return into.String()
}
