package underwriting_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// An applicant whom models and rules like is approved, and everything that decided can be had again: files, rules,
// inputs and salt recompute the decision to the byte.
func TestADecisionRecomputesFromWhatIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		made := w.apply(good(1))
		if made.Outcome != "approve" || made.Status != underwriting.Approved {
			t.Fatalf("decided %s, stands %s: %s", made.Outcome, made.Status, made.Result)
		}
		kept, err := made.Export()
		w.done(err)
		card, err := w.desk.Registry().File(t.Context(), made.Champion)
		w.done(err)
		forest, err := w.desk.Registry().File(t.Context(), made.Challenger)
		w.done(err)
		put, err := w.desk.Registry().Rules(t.Context(), made.Rules)
		w.done(err)
		set, err := rules.Compile(put.Rules)
		w.done(err)
		engine, err := decision.New(card, forest, set)
		w.done(err)
		again, err := engine.Replay(kept)
		w.done(err)
		digest, err := again.Digest()
		w.done(err)
		salt, err := hex.DecodeString(kept.Salt)
		w.done(err)
		inputs, err := kept.Inputs.Canonical()
		w.done(err)
		if digest != made.Digest || decision.Commitment(salt, inputs) != made.Commitment {
			t.Errorf("recomputed %s, committed %s; kept %+v", digest, decision.Commitment(salt, inputs), made)
		}
		sent, err := w.desk.Submission(t.Context(), made.Application)
		w.done(err)
		if sent.Purpose != "education" || sent.AmountMinor != 800_000 {
			t.Errorf("sent in was %+v", sent)
		}
	})
}

// The same request decides once, however often a crash has it repeated.
func TestARequestDecidesOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		list := []underwriting.Application{good(1), good(2)}
		first, err := w.desk.Decide(t.Context(), "the request", list)
		w.done(err)
		w.now = w.now.Add(time.Minute)
		second, err := w.desk.Decide(t.Context(), "the request", list)
		w.done(err)
		for i := range first {
			if first[i].Digest != second[i].Digest || first[i].At != second[i].At {
				t.Errorf("application %d was decided again: %+v, %+v", i, first[i], second[i])
			}
		}
		all, _, err := w.desk.Decisions(t.Context(), underwriting.Filter{Limit: 10})
		w.done(err)
		if len(all) != 2 {
			t.Errorf("%d decisions", len(all))
		}
	})
}

// A malformed application refuses its whole batch, by its place, and leaves nothing.
func TestABatchIsDecidedWholeOrNotAtAll(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	for name, spoil := range map[string]func(*underwriting.Application){
		"party":        func(a *underwriting.Application) { a.Party = "Zhang San" },
		"amount_minor": func(a *underwriting.Application) { a.AmountMinor = 0 },
		"term_months":  func(a *underwriting.Application) { a.TermMonths = 361 },
		"contacts[0]":  func(a *underwriting.Application) { a.Contacts = []string{"13812345678"} },
		"device.id":    func(a *underwriting.Application) { a.Device.ID = "iPhone" },
		"features":     func(a *underwriting.Application) { a.Features = features(`{"sex":"female"}`) },
	} {
		bad := good(2)
		spoil(&bad)
		_, err := w.desk.Decide(t.Context(), "request", []underwriting.Application{good(1), bad})
		refusedIn(t, err, name, 2)
	}
	contradiction := good(3)
	contradiction.Features["funded_amnt"] = []byte("1")
	_, err := w.desk.Decide(t.Context(), "request", []underwriting.Application{contradiction})
	refusedIn(t, err, "features", 1)
	all, _, err := w.desk.Decisions(t.Context(), underwriting.Filter{Limit: 10})
	w.done(err)
	if len(all) != 0 {
		t.Errorf("%d decisions of batches that were refused", len(all))
	}
}

// Of application and decision the digests go to the ledger, the one behind the other; a review's follows.
func TestWhatWasDecidedIsAnchored(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		made := w.apply(good(1))
		_, err := w.desk.Judge(t.Context(), underwriting.Judgement{
			Request: "r", Decision: made.ID, Action: underwriting.Refuse, By: "rita", Words: "the employer does not exist",
		})
		w.done(err)
		sent, err := w.desk.Anchors().Send(t.Context())
		w.done(err)
		if left, err := w.desk.Anchors().Unanchored(t.Context()); left != 0 || err != nil {
			t.Errorf("%d digests wait, %v", left, err)
		}
		byDigest := map[string]evidence.Entry{}
		for _, e := range w.log {
			byDigest[e.Digest] = e
		}
		if sent != len(w.log) || byDigest[made.Applied].Phase != evidence.PhaseApplication {
			t.Errorf("sent %d, anchored %+v", sent, w.log)
		}
		if e := byDigest[made.Digest]; e.Phase != evidence.PhaseDecision || e.Previous != made.Applied {
			t.Errorf("the decision is anchored as %+v", e)
		}
		for _, hash := range []string{made.Champion, made.Challenger, made.Rules} {
			if byDigest[hash].Phase != evidence.PhaseModel {
				t.Errorf("%s is anchored as %+v", hash, byDigest[hash])
			}
		}
		reviews, err := w.desk.Reviews(t.Context(), made.Application)
		w.done(err)
		if len(reviews) != 1 || byDigest[reviews[0].Digest].Previous != made.Digest {
			t.Errorf("reviews %+v", reviews)
		}
		read, err := w.desk.Decision(t.Context(), made.ID)
		w.done(err)
		if read.Anchor == nil || read.Anchor.TxID == "" || read.Status != underwriting.Refused || read.Outcome != "approve" {
			t.Errorf("read %+v", read)
		}
	})
}
