package chain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
)

func said(subject string) chain.Content {
	return chain.Content{At: "2026-03-02T08:00:00.000000Z", Actor: "u1", Operation: "loan.read", Decision: "allowed", Subject: subject}
}

// written is a log of n rows.
func written(t *testing.T, n int64) []chain.Row {
	t.Helper()
	var rows []chain.Row
	previous := chain.Genesis
	for i := range n {
		row, err := said(fmt.Sprint(i)).Seal(i+1, previous, chain.NewSalt())
		if err != nil {
			t.Fatal(err)
		}
		rows, previous = append(rows, row), row.Hash
	}
	return rows
}

func each(rows []chain.Row) iter.Seq2[chain.Row, error] {
	return func(yield func(chain.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// exported is the log as lines of JSON.
func exported(t *testing.T, rows []chain.Row) *bytes.Buffer {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, row := range rows {
		if err := encoder.Encode(row); err != nil {
			t.Fatal(err)
		}
	}
	return &text
}

func TestAnUntouchedLogVerifies(t *testing.T) {
	rows := written(t, 9)
	verdict, err := chain.Verify(each(rows), []chain.Head{{Sequence: 4, Hash: rows[3].Hash}, {Hash: rows[7].Hash}})
	if err != nil {
		t.Fatal(err)
	}
	if want := (chain.Verdict{Rows: 9, Head: rows[8].Hash, Heads: 2, Latest: 8}); verdict != want {
		t.Errorf("got %+v, want %+v", verdict, want)
	}
	if verdict, err := chain.Verify(each(nil), nil); err != nil || verdict.Head != chain.Genesis {
		t.Errorf("an empty log: %+v, %v", verdict, err)
	}
}

func TestTamperingIsFoundAndNamed(t *testing.T) {
	for name, one := range map[string]struct {
		tamper   func(rows []chain.Row) []chain.Row
		kind     string
		sequence int64
	}{
		"an altered row": {func(rows []chain.Row) []chain.Row { rows[2].Actor = "u2"; return rows }, chain.Altered, 3},
		"an altered row with a hash of its own": {func(rows []chain.Row) []chain.Row {
			rows[2].Actor = "u2"
			rows[2], _ = rows[2].Seal(3, rows[1].Hash, rows[2].Salt)
			return rows
		}, chain.Detached, 4},
		"a deleted row": {func(rows []chain.Row) []chain.Row { return slices.Delete(rows, 2, 3) }, chain.Missing, 3},
		"the first row": {func(rows []chain.Row) []chain.Row { return rows[1:] }, chain.Missing, 1},
		"rows in another order": {func(rows []chain.Row) []chain.Row {
			rows[2], rows[4] = rows[4], rows[2]
			return rows
		}, chain.Moved, 3},
		"renumbered rows": {func(rows []chain.Row) []chain.Row {
			rows[2], rows[4] = rows[4], rows[2]
			rows[2].Sequence, rows[4].Sequence = 3, 5
			return rows
		}, chain.Moved, 3},
		"a row twice": {func(rows []chain.Row) []chain.Row { return slices.Insert(rows, 3, rows[2]) }, chain.Moved, 4},
		"a row that was put in": {func(rows []chain.Row) []chain.Row {
			extra, _ := chain.Content{Actor: "u9"}.Seal(4, rows[2].Hash, chain.NewSalt())
			return slices.Insert(rows, 3, extra)
		}, chain.Moved, 5},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := chain.Verify(each(one.tamper(written(t, 9))), nil)
			var finding *chain.Finding
			if !errors.As(err, &finding) || finding.Kind != one.kind || finding.Sequence != one.sequence {
				t.Errorf("got %v, want %s at %d", err, one.kind, one.sequence)
			}
		})
	}
}

// Rows that are withheld stand in the chain like the others: whoever does not see them verifies it offline all the
// same, and a log that was tampered with is found at their places, too.
func TestALogWithWithheldRowsVerifiesOffline(t *testing.T) {
	rows := written(t, 9)
	head := chain.Head{Sequence: 9, Hash: rows[8].Hash}
	withheld := slices.Clone(rows)
	for _, i := range []int{0, 3, 4, 8} {
		withheld[i] = withheld[i].Withhold()
	}
	verdict, err := chain.Verify(chain.Read(exported(t, withheld)), []chain.Head{head})
	if want := (chain.Verdict{Rows: 9, Withheld: 4, Head: head.Hash, Heads: 1, Latest: 9}); err != nil || verdict != want {
		t.Errorf("got %+v, %v, want %+v", verdict, err, want)
	}
	for name, one := range map[string]struct {
		tamper   func(rows []chain.Row)
		kind     string
		sequence int64
	}{
		"the digest of a withheld row":          {func(rows []chain.Row) { rows[3].Digest = rows[2].Digest }, chain.Altered, 4},
		"what a withheld row follows":           {func(rows []chain.Row) { rows[3].Previous = rows[1].Hash }, chain.Altered, 4},
		"the salt of a shown row":               {func(rows []chain.Row) { rows[2].Salt = chain.NewSalt() }, chain.Altered, 3},
		"the content of a shown row":            {func(rows []chain.Row) { rows[2].Subject = "9" }, chain.Altered, 3},
		"content without its salt":              {func(rows []chain.Row) { rows[2].Salt = "" }, chain.Altered, 3},
		"content put beside a withheld row":     {func(rows []chain.Row) { rows[3].Actor = "u2" }, chain.Altered, 4},
		"a salt put beside a withheld row":      {func(rows []chain.Row) { rows[3].Salt = chain.NewSalt() }, chain.Altered, 4},
		"a withheld row in the place of others": {func(rows []chain.Row) { rows[5] = rows[3] }, chain.Moved, 6},
		"another row, withheld, with a hash of its own": {func(rows []chain.Row) {
			other, _ := said("9").Seal(4, rows[2].Hash, chain.NewSalt())
			rows[3] = other.Withhold()
		}, chain.Detached, 5},
	} {
		t.Run(name, func(t *testing.T) {
			tampered := slices.Clone(withheld)
			one.tamper(tampered)
			_, err := chain.Verify(each(tampered), nil)
			var finding *chain.Finding
			if !errors.As(err, &finding) || finding.Kind != one.kind || finding.Sequence != one.sequence {
				t.Errorf("got %v, want %s at %d", err, one.kind, one.sequence)
			}
		})
	}
}

// What a withheld row says does not follow from what is shown of it, not even for who knows everything that it could
// say: the same words have another digest under another salt, and the salt is not there.
func TestAWithheldRowTellsNothing(t *testing.T) {
	one, err := said("1").Seal(1, chain.Genesis, chain.NewSalt())
	if err != nil {
		t.Fatal(err)
	}
	again, err := said("1").Seal(1, chain.Genesis, chain.NewSalt())
	if err != nil || one.Digest == again.Digest {
		t.Errorf("the same words have the digests %s and %s (%v)", one.Digest, again.Digest, err)
	}
	text, err := json.Marshal(one.Withhold())
	if err != nil {
		t.Fatal(err)
	}
	var shown map[string]string
	if err := json.Unmarshal(text, &shown); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	want := map[string]string{"sequence": "1", "digest": one.Digest, "previous": chain.Genesis, "hash": one.Hash}
	if !maps.Equal(shown, want) || !one.Withhold().Withheld() || one.Withheld() {
		t.Errorf("shown is %s", text)
	}
	for _, salt := range []string{"", "00", one.Salt + "00", strings.Repeat("x", 32)} {
		if _, err := said("1").Seal(1, chain.Genesis, salt); err == nil {
			t.Errorf("sealed with the salt %q", salt)
		}
	}
}

// Whoever owns the database can compute a whole new chain. The heads on the ledger show it.
func TestARewrittenOrCutLogMissesItsAnchoredHead(t *testing.T) {
	rows := written(t, 9)
	head := chain.Head{Hash: rows[6].Hash}
	rewritten := slices.Clone(rows)
	previous := rows[2].Hash
	for i := 3; i < 9; i++ {
		rewritten[i].Actor = "u3"
		rewritten[i], _ = rewritten[i].Seal(int64(i+1), previous, chain.NewSalt())
		previous = rewritten[i].Hash
	}
	for name, log := range map[string][]chain.Row{"rewritten": rewritten, "cut off": rows[:6], "empty": nil} {
		var finding *chain.Finding
		if _, err := chain.Verify(each(log), []chain.Head{head}); !errors.As(err, &finding) || finding.Kind != chain.Unanchored {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := chain.Verify(each(rows), []chain.Head{{Sequence: 6, Hash: rows[6].Hash}}); err == nil {
		t.Error("a head at another row passed")
	}
}

func TestAnExportedLogReadsBack(t *testing.T) {
	if verdict, err := chain.Verify(chain.Read(exported(t, written(t, 3))), nil); err != nil || verdict.Rows != 3 {
		t.Errorf("got %+v, %v", verdict, err)
	}
	for _, bad := range []string{"{", `{"sequence":"1","more":1}`, "no JSON", `{"sequence":1}`} {
		if _, err := chain.Verify(chain.Read(strings.NewReader(bad)), nil); err == nil {
			t.Errorf("%q passed", bad)
		}
	}
}
