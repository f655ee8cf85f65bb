package underwriting_test

import (
	"errors"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// A ledger that is away loses nothing: the same batch is sent again, and what stands already is not sent twice.
func TestAnchorsOutliveALedgerThatIsAway(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.apply(good(1))
	w.refuse = errors.New("the peer is away")
	if _, err := w.desk.Anchors().Send(t.Context()); err == nil {
		t.Fatal("anchored without a ledger")
	}
	waiting, err := w.desk.Anchors().Unanchored(t.Context())
	w.done(err)
	w.apply(good(2)) // comes into the next batch
	w.refuse = nil
	sent, err := w.desk.Anchors().Send(t.Context())
	w.done(err)
	if int64(sent) != waiting+2 || len(w.log) != sent || w.sent != 3 {
		t.Errorf("sent %d digests in %d commands; %d waited, %d are there", sent, w.sent-1, waiting, len(w.log))
	}
	if again, err := w.desk.Anchors().Send(t.Context()); again != 0 || err != nil {
		t.Errorf("sent %d again, %v", again, err)
	}
}
