package projection_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// inTown runs a test on the model of the whole story, on both databases.
func inTown(t *testing.T, run func(t *testing.T, w *town, m *projection.Model)) {
	t.Helper()
	w := found(t)
	w.live()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustCatchUp(t, db, w.chain)
		run(t, w, projection.NewModel(db))
	})
}

// count answers how many items a list has, by pages of two.
func count[T any](t *testing.T, list func(context.Context, projection.Page) (projection.List[T], error)) int {
	t.Helper()
	total := 0
	for page := (projection.Page{Limit: 2}); ; {
		found, err := list(t.Context(), page)
		if err != nil {
			t.Fatal(err)
		}
		total += len(found.Items)
		if page.After = found.Next; found.Next == "" {
			break
		}
	}
	whole := 0
	for _, err := range projection.All(t.Context(), list) {
		if err != nil {
			t.Fatal(err)
		}
		whole++
	}
	if whole != total {
		t.Errorf("all are %d and the pages hold %d", whole, total)
	}
	return total
}

func TestLoansAreFoundByWhatTheyAre(t *testing.T) {
	inTown(t, func(t *testing.T, w *town, m *projection.Model) {
		for _, c := range []struct {
			what   string
			filter projection.LoanFilter
			want   int
		}{
			{"all", projection.LoanFilter{}, 3},
			{"of the pair", projection.LoanFilter{Collection: pair, Platform: "harbor", Custodian: "meridian"}, 3},
			{"of another platform", projection.LoanFilter{Platform: "lantern"}, 0},
			{"of the borrower", projection.LoanFilter{Borrower: cai, Regime: "sandbox"}, 3},
			{"of the lender", projection.LoanFilter{Lender: ann}, 2},
			{"of a lender who lent nothing", projection.LoanFilter{Lender: cai}, 0},
			{"for the project", projection.LoanFilter{Project: handle(2 + 0x500000)}, 1},
			{"repaid or proposed", projection.LoanFilter{Statuses: []loan.Status{loan.Repaid, loan.Proposed}}, 2},
			{"frozen", projection.LoanFilter{Frozen: true}, 1},
			{"a quote in it", projection.LoanFilter{Borrower: "'; DROP TABLE rm_loan; --"}, 0},
		} {
			got := count(t, func(ctx context.Context, page projection.Page) (projection.List[projection.Loan], error) {
				return m.Loans(ctx, c.filter, page)
			})
			if got != c.want {
				t.Errorf("%s: %d loans, want %d", c.what, got, c.want)
			}
		}
		l, err := m.Loan(t.Context(), loanID(1))
		if err != nil || l.Funding == nil || l.Terms.ID != loanID(1) || l.State.Status != loan.Repaid || l.OwingMinor != 0 {
			t.Errorf("the loan is %+v, %v", l, err)
		}
		if want := w.loan(1); l.State.Paid.Total() != want.Paid.Total() || len(l.State.Receipts) != len(want.Receipts) {
			t.Errorf("it received %+v, want %+v", l.State.Paid, want.Paid)
		}
		if _, err := m.Loan(t.Context(), loanID(9)); !errors.Is(err, fault.New(fault.NotFound)) {
			t.Errorf("a loan that is not there: %v", err)
		}
		if _, err := m.Loans(t.Context(), projection.LoanFilter{}, projection.Page{After: "x"}); !errors.Is(err, fault.New(fault.InvalidField)) {
			t.Errorf("a cursor that is none: %v", err)
		}
		newest, err := m.Loans(t.Context(), projection.LoanFilter{}, projection.Page{Newest: true, Limit: 1})
		if err != nil || newest.Items[0].State.ID != loanID(3) {
			t.Errorf("the newest is %+v, %v", newest, err)
		}
	})
}

// The history of a loan is its record's whole life, and the original of each receipt.
func TestAHistoryFoldsToTheState(t *testing.T) {
	inTown(t, func(t *testing.T, w *town, m *projection.Model) {
		list := func(ctx context.Context, page projection.Page) (projection.List[projection.Step], error) {
			return m.LoanHistory(ctx, loanID(1), page)
		}
		count(t, list)
		var state loan.State
		var kinds []string
		for step, err := range projection.All(t.Context(), list) {
			if err != nil {
				t.Fatal(err)
			}
			var e loan.Event
			if err := json.Unmarshal(step.Event, &e); err != nil {
				t.Fatal(err)
			}
			state, kinds = loan.Apply(state, e), append(kinds, step.Kind)
		}
		got, _ := wire.Encode(state)
		want, _ := wire.Encode(w.loan(1))
		if string(got) != string(want) {
			t.Errorf("the history folds to\n%s\nand the loan is\n%s", got, want)
		}
		if text := strings.Join(kinds, " "); text != "propose clear fund hold disburse activate receive reverse receive net" {
			t.Errorf("it happened: %s", text)
		}
		if _, err := m.LoanHistory(t.Context(), "nothing", projection.Page{}); !errors.Is(err, fault.New(fault.NotFound)) {
			t.Errorf("a history of nothing: %v", err)
		}
	})
}

func TestEveryKindOfRecordIsFound(t *testing.T) {
	inTown(t, func(t *testing.T, _ *town, m *projection.Model) {
		yes, no := true, false
		ctx, p := t.Context(), projection.Page{}
		size := func(n int, err error) int {
			if err != nil {
				t.Error(err)
			}
			return n
		}
		for _, c := range []struct {
			what      string
			got, want int
		}{
			{"parties", size(length(m.Parties(ctx, projection.PartyFilter{Kind: "natural", Attested: &yes}, p))), 2},
			{"parties not attested", size(length(m.Parties(ctx, projection.PartyFilter{Attested: &no}, p))), 0},
			{"parties that expire", size(length(m.Parties(ctx, projection.PartyFilter{ExpiresBy: "2089-01-01"}, p))), 0},
			{"mandates", size(length(m.Mandates(ctx, projection.MandateFilter{Party: ann, Confirmed: &yes, Standing: true}, p))), 1},
			{"mandates unconfirmed", size(length(m.Mandates(ctx, projection.MandateFilter{Confirmed: &no}, p))), 0},
			{"accounts", size(length(m.Accounts(ctx, projection.AccountFilter{Collection: pair}, p))), 1},
			{"open payouts", size(length(m.Instructions(ctx, projection.InstructionFilter{
				Collection: pair, Statuses: []custody.Status{custody.Instructed}, Kinds: []custody.Kind{custody.PayOut},
			}, p))), 1},
			{"orders of a loan", size(length(m.Instructions(ctx, projection.InstructionFilter{Loan: loanID(1), By: "harbor"}, p))), 2},
			{"suspended", size(length(m.Suspended(ctx, projection.SuspenseFilter{}, p))), 2},
			{"open suspense", size(length(m.Suspended(ctx, projection.SuspenseFilter{Open: true}, p))), 1},
			{"days", size(length(m.Days(ctx, p))), 1},
			{"links", size(length(m.Links(ctx, projection.LinkFilter{Pseudonym: pseudonym(cai)}, p))), 1},
			{"freezes", size(length(m.Freezes(ctx, p))), 1},
			{"evidence", size(length(m.EvidenceEntries(ctx, projection.EvidenceFilter{Member: "harbor", Phase: "agreement"}, p))), 3},
			{"one digest", size(length(m.EvidenceEntries(ctx, projection.EvidenceFilter{Digest: strings.Repeat("22", 32)}, p))), 1},
		} {
			if c.got != c.want {
				t.Errorf("%s: %d, want %d", c.what, c.got, c.want)
			}
		}
		onlyOnes(t, m)
	})
}

func length[T any](found projection.List[T], err error) (int, error) { return len(found.Items), err }

// onlyOnes looks single records up.
func onlyOnes(t *testing.T, m *projection.Model) {
	t.Helper()
	ctx := t.Context()
	if h, err := m.Party(ctx, pair, cai); err != nil || h.State.Freeze == nil || h.Sequence != 3 {
		t.Errorf("the party is %+v, %v", h, err)
	}
	if h, err := m.Mandate(ctx, pair, ann); err != nil || h.State.UsedMinor != 150_000 {
		t.Errorf("the mandate is %+v, %v", h, err)
	}
	if h, err := m.Account(ctx, pair, ann); err != nil || h.State.AvailableMinor != 899_850_000 || h.State.HeldMinor != 0 {
		t.Errorf("the account is %+v, %v", h, err)
	}
	if h, err := m.Day(ctx, "meridian"); err != nil || !h.State.Open || h.State.Date != day("2024-02-01") {
		t.Errorf("the day is %+v, %v", h, err)
	}
	if h, err := m.Exposure(ctx, pseudonym(cai)); err != nil || len(h.State.Reservations) != 1 {
		t.Errorf("the exposure is %+v, %v", h, err)
	}
	if h, err := m.EvidenceLog(ctx, "harbor"); err != nil || h.State.Size != 3 {
		t.Errorf("the log is %+v, %v", h, err)
	}
	if h, err := m.Regime(ctx, "sandbox"); err != nil || !h.Adopted || len(h.State.Approvals) != 2 {
		t.Errorf("the regime is %+v, %v", h, err)
	}
	members, err := m.Members(ctx, projection.Page{})
	if err != nil || len(members.Items) != 4 || !members.Items[0].Listed {
		t.Errorf("the members are %+v, %v", members, err)
	}
	for collection, want := range map[string]bool{pair: true, otherPair: false} {
		if opened, err := m.BooksOpened(ctx, collection); err != nil || opened != want {
			t.Errorf("the books of %s: %v, %v", collection, opened, err)
		}
	}
}

// The lanes find what waits for them and nothing else.
func TestLanesFindTheirWork(t *testing.T) {
	inTown(t, func(t *testing.T, w *town, m *projection.Model) {
		ctx, p := t.Context(), projection.Page{}
		proposed, err := m.Proposed(ctx, pair, p)
		if err != nil || len(proposed.Items) != 1 || proposed.Items[0].State.ID != loanID(3) {
			t.Errorf("proposed are %+v, %v", proposed, err)
		}
		owing, err := m.Owing(ctx, pair, p)
		if err != nil || len(owing.Items) != 1 || owing.Items[0].Loan != loanID(2) {
			t.Fatalf("owing are %+v, %v", owing, err)
		}
		netted, err := loan.Decide(w.loan(2), loan.Net{Run: handle(0x98)}, meridian, w.on)
		if err != nil {
			t.Fatal(err)
		}
		sum := netted[0].Netted.RefundMinor
		for _, amount := range slices.Concat(netted[0].Netted.Credits, netted[0].Netted.FeesMinor) {
			sum += amount
		}
		if owing.Items[0].AmountMinor != sum {
			t.Errorf("%d is owing and a run takes %d", owing.Items[0].AmountMinor, sum)
		}
		back, err := m.OwingParties(ctx, pair, p)
		if err != nil || len(back.Items) != 0 {
			t.Errorf("payouts came back: %+v, %v", back, err)
		}
		reliefs, err := m.Unrelieved(ctx, pair, p)
		if err != nil || len(reliefs.Items) != 1 || reliefs.Items[0].Loan != loanID(2) ||
			reliefs.Items[0].ReservedMinor != 50_000 || reliefs.Items[0].NeededMinor != w.loan(2).Outstanding() {
			t.Errorf("to relieve are %+v, %v", reliefs, err)
		}
	})
}

// A loan that was not funded before its clearance lapsed, and whose reservation was let go, gets none back:
// there is nothing to relieve until it ends, and then there is nothing either.
func TestALapsedClearanceIsNotRelieved(t *testing.T) {
	w := found(t)
	w.live()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustCatchUp(t, db, w.chain)
		err := db.Write(t.Context(), func(tx *sql.Tx) error {
			_, loans := tx.ExecContext(t.Context(), `UPDATE rm_loan SET status = $1, exposed_minor = 50000 WHERE loan = $2`, string(loan.Cleared), loanID(2))
			_, reserved := tx.ExecContext(t.Context(), `UPDATE rm_reservation SET amount_minor = 0 WHERE loan = $1`, loanID(2))
			return errors.Join(loans, reserved)
		})
		if err != nil {
			t.Fatal(err)
		}
		reliefs, err := projection.NewModel(db).Unrelieved(t.Context(), "", projection.Page{})
		if err != nil || len(reliefs.Items) != 0 {
			t.Errorf("to relieve are %+v, %v", reliefs, err)
		}
	})
}

// A reservation is found under the pseudonym that counts, whichever of a transaction's records comes first.
func TestASuccessionMovesReservations(t *testing.T) {
	for _, next := range []string{strings.Repeat("00", 32), strings.Repeat("ff", 32)} {
		w := found(t)
		w.lend(1, 100_000)
		former := load[wire.ExposureState](w.chain, wire.Exposure, wire.ExposureKey(pseudonym(cai)))
		save(w.chain, wire.Exposure, wire.ExposureKey(pseudonym(cai)), wire.ExposureState{}, wire.ExposureState.Apply,
			wire.ExposureEvent{Kind: wire.ExposureSucceeded, On: w.on, Successor: next})
		save(w.chain, wire.Exposure, wire.ExposureKey(next), wire.ExposureState{Pseudonym: next}, wire.ExposureState.Apply,
			wire.ExposureEvent{Kind: wire.ExposureReserved, On: w.on, Reservation: former.Reservations[0]})
		w.commit()
		db := storetest.SQLite(t)
		mustCatchUp(t, db, w.chain)
		h, err := projection.NewModel(db).ExposureOf(t.Context(), cai)
		if err != nil || h.State.Pseudonym != next || len(h.State.Reservations) != 1 {
			t.Errorf("the exposure is %+v, %v", h, err)
		}
		at := slices.IndexFunc(rowsOf(t, db), func(row string) bool {
			return strings.HasPrefix(row, "rm_reservation") && strings.Contains(row, next) && strings.Contains(row, `amount_minor="100000"`)
		})
		if at < 0 {
			t.Error("the reservation stands under another pseudonym")
		}
	}
}

// The feed tells everything once, in order, and nothing about a person.
func TestTheFeedTellsWhatHappened(t *testing.T) {
	inTown(t, func(t *testing.T, _ *town, m *projection.Model) {
		var entries []projection.Entry
		for after := int64(0); ; {
			found, err := m.Feed(t.Context(), after, 7, projection.FeedFilter{})
			if err != nil {
				t.Fatal(err)
			}
			if len(found) == 0 {
				break
			}
			entries = append(entries, found...)
			after = found[len(found)-1].Sequence
		}
		end, err := m.FeedEnd(t.Context())
		if err != nil || end != int64(len(entries)) {
			t.Errorf("the feed has %d rows and ends at %d, %v", len(entries), end, err)
		}
		var told []string
		for i, e := range entries {
			if e.Sequence != int64(i+1) || !strings.HasPrefix(e.Type, e.Kind+".") || e.TxID == "" {
				t.Errorf("row %d is %+v", i+1, e)
			}
			if e.Subject == loanID(1) {
				told = append(told, e.Type)
			}
			text, _ := json.Marshal(e)
			for _, private := range []string{pseudonym(cai), strings.Repeat("ab", 32), "whoever", "signature", "R1\""} {
				if strings.Contains(string(text), private) {
					t.Errorf("the feed says %s", text)
				}
			}
		}
		want := "loan.proposed exposure.reserved loan.cleared loan.funding loan.held loan.funded loan.disbursing loan.active " +
			"repayment.received repayment.reversed repayment.received loan.repaid exposure.dropped loan.netted"
		if got := strings.Join(told, " "); got != want {
			t.Errorf("of the loan it tells\n%s\nwant\n%s", got, want)
		}
		some, err := m.Feed(t.Context(), 0, 0, projection.FeedFilter{Types: []string{"evidence.appended"}, Kinds: []string{"evidence"}})
		if err != nil || len(some) != 2 || some[0].Payload.Count != 2 || some[1].Payload.First != 2 {
			t.Errorf("of evidence it tells %+v, %v", some, err)
		}
	})
}

// Every column of the migrations is in Rows, and so in the comparison after a rebuild.
func TestNoColumnIsForgotten(t *testing.T) {
	columns, err := storetest.SQLite(t).Columns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, c := range columns {
		if strings.HasPrefix(c.Table, "rm_") {
			have = append(have, c.Table+"."+c.Name)
		}
	}
	known := projection.Columns()
	slices.Sort(have)
	slices.Sort(known)
	if !slices.Equal(have, known) {
		t.Errorf("the database has\n%v\nand the package knows\n%v", have, known)
	}
}
