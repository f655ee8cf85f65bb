package underwriting_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The table of every status with every action, refused ones too.
func TestTheTableOfStatuses(t *testing.T) {
	var table strings.Builder
	for _, from := range underwriting.Statuses() {
		for _, action := range underwriting.Actions() {
			to, err := from.Next(action)
			if err != nil {
				to = underwriting.Status(fault.Of(err).Code)
			}
			fmt.Fprintf(&table, "%-10s %-8s %s\n", from, action, to)
		}
	}
	golden := filepath.Join("testdata", "statuses.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(table.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || table.String() != string(want) {
		t.Errorf("%v: the table differs from %s: look at it, then run go test -update\n%s", err, golden, &table)
	}
}

// A borrower asks, an officer judges in words, and the engine's own outcome stays what it was.
func TestAPersonHasTheLastWord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		a := good(1)
		a.Features = features(`{"annual_inc":9000,"inq_last_6mths":7,"acc_now_delinq":2,"delinq_amnt":5000}`)
		made := w.apply(a)
		if made.Outcome != "refuse" {
			t.Fatalf("decided %s", made.Outcome)
		}
		judge := func(request string, action underwriting.Action, words string) (underwriting.Decision, error) {
			return w.desk.Judge(t.Context(), underwriting.Judgement{Request: request, Decision: made.ID, Action: action, By: "somebody", Words: words})
		}
		asked, err := judge("1", underwriting.Ask, "the debt is paid")
		w.done(err)
		if _, err := judge("2", underwriting.Ask, ""); fault.Of(err).Code != fault.WrongStatus {
			t.Errorf("asked twice: %v", err)
		}
		if again, err := judge("1", underwriting.Ask, "the debt is paid"); err != nil || again.Status != underwriting.Contested {
			t.Errorf("the same request again: %s, %v", again.Status, err)
		}
		if _, err := judge("3", underwriting.Approve, "  "); fault.Of(err).Field != "words" {
			t.Errorf("judged without words: %v", err)
		}
		after, err := judge("4", underwriting.Approve, "the bank confirms it")
		w.done(err)
		if asked.Status != underwriting.Contested || after.Status != underwriting.Approved || after.Outcome != "refuse" || after.Digest != made.Digest {
			t.Errorf("asked %s, judged %+v", asked.Status, after)
		}
		reviews, err := w.desk.Reviews(t.Context(), made.Application)
		w.done(err)
		if len(reviews) != 2 || reviews[0].Words != "the debt is paid" || reviews[1].Words != "the bank confirms it" || reviews[1].Digest == "" {
			t.Errorf("reviews %+v", reviews)
		}
		told, err := after.Told()
		w.done(err)
		if len(told.Reasons) == 0 || told.Reasons[0].ZH == "" || told.Reasons[0].EN == "" || told.Review == nil {
			t.Errorf("the borrower is told %+v", told)
		}
	})
}
