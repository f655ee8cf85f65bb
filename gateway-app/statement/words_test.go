package statement

import (
	"testing"

	"github.com/tallystick/tallystick/gateway-app/report"
)

// Everything that a statement tells apart has words of both languages.
func TestEverythingThatAStatementTellsApartHasWords(t *testing.T) {
	said := map[string]report.Words{}
	for _, s := range []RowStatus{RowPaid, RowOverdue, RowDue, RowOpen} {
		said["row "+string(s)] = rowWords[s]
	}
	for _, k := range []MovementKind{Deposited, Lent, Principal, Interest, Fee, PaidOut, Withdrawn, Refunded, Other} {
		said["movement "+string(k)] = movementWords[k]
	}
	for what, words := range said {
		if words.EN == "" || words.ZH == "" || words.EN == words.ZH {
			t.Errorf("%s is called %q and %q", what, words.EN, words.ZH)
		}
	}
}
