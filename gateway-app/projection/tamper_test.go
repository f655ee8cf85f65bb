package projection_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// last finds the last write under a prefix and replaces its block by a copy in which the write is the
// caller's to change.
func (c *chain) last(prefix string) *ledger.PrivateWrite {
	c.Helper()
	for number := len(c.blocks) - 1; number >= 0; number-- {
		tx := &c.blocks[number].Transactions[0]
		for i, write := range tx.PrivateWrites {
			if strings.HasPrefix(write.Key, prefix) {
				return &tx.PrivateWrites[i]
			}
		}
	}
	c.Fatalf("nothing was written under %s", prefix)
	return nil
}

func (c *chain) lastPublic(prefix string) *ledger.Write {
	c.Helper()
	for number := len(c.blocks) - 1; number >= 0; number-- {
		tx := &c.blocks[number].Transactions[0]
		for i, write := range tx.PublicWrites {
			if strings.HasPrefix(write.Key, prefix) {
				return &tx.PublicWrites[i]
			}
		}
	}
	c.Fatalf("nothing was written under %s", prefix)
	return nil
}

// replace changes a text in a value, which must be there.
func replace(t testing.TB, value *ledger.Value, from, to string) {
	t.Helper()
	if !bytes.Contains(*value, []byte(from)) {
		t.Fatalf("%s holds no %q", *value, from)
	}
	*value = bytes.Replace(*value, []byte(from), []byte(to), 1)
}

// Whatever is wrong stops the projection, is named by its place, and leaves the checkpoint and every row
// where they were before the block.
func TestWhatIsWrongIsFoundAndNamed(t *testing.T) {
	for _, c := range []struct {
		what   string
		tamper func(w *town)
		kind   projection.Kind
		key    string // what the key begins with
	}{
		{"a state that the events do not lead to", func(w *town) {
			replace(w, &w.last("loan/").Value, `"principal_minor":50000`, `"principal_minor":50001`)
		}, projection.Difference, "loan/"},
		{"an account with a fen more", func(w *town) {
			replace(w, &w.last("account/").Value, `"available_minor":8`, `"available_minor":9`)
		}, projection.Difference, "account/"},
		{"an event of another amount", func(w *town) {
			replace(w, &w.last("mandate/").Value, `"kind":"used"`, `"kind":"restored"`)
		}, projection.Difference, "mandate/"},
		{"an event without what it is about", func(w *town) {
			value := &w.last("suspense/").Value
			at := bytes.Index(*value, []byte(`,"suspended":`))
			*value = append(bytes.Clone((*value)[:at]), `}]}`...)
		}, projection.Malformed, "suspense/"},
		{"a skipped version", func(w *town) {
			replace(w, &w.last("party/").Value, `"sequence":3`, `"sequence":4`)
		}, projection.Difference, "party/"},
		{"a version folded before", func(w *town) {
			w.blocks[len(w.blocks)-1].Transactions[0].PrivateWrites = []ledger.PrivateWrite{*w.last("loan/")}
		}, projection.Difference, "loan/"},
		{"a salt of somebody's choice", func(w *town) {
			write := w.last("loan/")
			at := bytes.Index(write.Value, []byte(`"salt":"`)) + len(`"salt":"`)
			write.Value = bytes.Clone(write.Value)
			copy(write.Value[at:], strings.Repeat("00", 32))
		}, projection.Difference, "loan/"},
		{"a record in another form", func(w *town) {
			replace(w, &w.last("loan/").Value, `{"version":1,`, `{"version": 1,`)
		}, projection.Malformed, "loan/"},
		{"a field that no record has", func(w *town) {
			replace(w, &w.last("instruction/").Value, `"state":{`, `"state":{"colour":"red",`)
		}, projection.Difference, "instruction/"},
		{"no JSON", func(w *town) { w.last("terms/").Value = []byte("{") }, projection.Malformed, "terms/"},
		{"another loan's key", func(w *town) { w.last("loan/").Key = wire.LoanKey(handle(1)) }, projection.Difference, "loan/"},
		{"a collection of another kind", func(w *town) { w.last("funding/").Collection = wire.Exposure }, projection.Malformed, "funding/"},
		{"a collection of another platform", func(w *town) { w.last("funding/").Collection = otherPair }, projection.Malformed, "funding/"},
		{"a private record in public", func(w *town) { w.lastPublic("day/").Key = "loan/" + handle(1) }, projection.Malformed, "loan/"},
		{"terms that the loan does not commit to", func(w *town) {
			replace(w, &w.last("terms/").Value, `"rate_ppm":120000`, `"rate_ppm":130000`)
		}, projection.Difference, "loan/"},
		{"a value written twice", func(w *town) {
			w.blocks[len(w.blocks)-1].Transactions[0].PrivateWrites = []ledger.PrivateWrite{*w.last("clearance/")}
		}, projection.Difference, "clearance/"},
		{"a key of no kind", func(w *town) { w.last("account/").Key = "purse/" + ann }, projection.Malformed, "purse/"},
		{"a record that was deleted", func(w *town) { w.last("loan/").Delete = true }, projection.Malformed, "loan/"},
		{"an anchored entry at another place", func(w *town) {
			replace(w, &w.lastPublic("evidence/harbor/entry").Value, `"index":2`, `"index":3`)
		}, projection.Difference, "evidence/harbor/log"},
		{"an entry without its log", func(w *town) {
			tx := &w.blocks[len(w.blocks)-2].Transactions[0]
			tx.PublicWrites = tx.PublicWrites[:1]
		}, projection.Difference, "evidence/harbor/entry"},
		{"a root that the entries do not grow to", func(w *town) {
			root := load[struct {
				Root string `json:"root"`
			}](w.chain, "", wire.EvidenceLogKey("harbor")).Root
			value := &w.lastPublic("evidence/harbor/log").Value
			*value = bytes.ReplaceAll(*value, []byte(root), []byte(strings.Repeat("ab", 32)))
		}, projection.Difference, "evidence/harbor/log"},
		{"private data that the peer lacks", func(w *town) {
			tx := &w.blocks[len(w.blocks)-3].Transactions[0]
			tx.Missing = []ledger.PrivateHash{{Namespace: chaincode, Collection: pair, KeyHash: strings.Repeat("0f", 32)}}
		}, projection.Missing, ""},
		{"a block of another chain", func(w *town) {
			w.blocks[len(w.blocks)-3].PreviousHash = strings.Repeat("ee", 32)
		}, projection.Gap, ""},
		{"a block left out", func(w *town) { w.blocks[len(w.blocks)-3].Number++ }, projection.Gap, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := found(t)
			w.live()
			c.tamper(w)
			holdsBefore(t, w.chain, c.kind, c.key)
		})
	}
}

// holdsBefore wants a finding, and the rows of the chain as it was before the block that it names.
func holdsBefore(t *testing.T, source *chain, kind projection.Kind, key string) {
	t.Helper()
	db := storetest.SQLite(t)
	err := catchUp(t, db, source)
	var finding *projection.Finding
	switch {
	case !errors.As(err, &finding):
		t.Fatalf("the projection answered %v", err)
	case finding.Kind != kind || !strings.HasPrefix(finding.Key, key) || finding.What == "" || (key != "" && finding.TxID == ""):
		t.Errorf("it found %+v", finding)
	}
	clean := storetest.SQLite(t)
	mustCatchUp(t, clean, source.upTo(finding.Block))
	compare(t, rowsOf(t, clean), rowsOf(t, db))
	if again := catchUp(t, db, source); again == nil || again.Error() != err.Error() {
		t.Errorf("asked again, it found %v", again)
	}
}

// upTo is the chain before a block.
func (c *chain) upTo(number uint64) *chain {
	before := newChain(c.TB)
	at := slices.IndexFunc(c.blocks, func(block ledger.Block) bool { return block.Number == number })
	before.holds, before.blocks = c.holds, c.blocks[:at]
	return before
}

// misled is a peer of which the client says that a block was tampered with.
type misled struct{ *chain }

func (m misled) BlocksWithPrivateData(ctx context.Context, from, to uint64) iter.Seq2[ledger.Block, error] {
	return func(yield func(ledger.Block, error) bool) {
		for block, err := range m.chain.BlocksWithPrivateData(ctx, from, to) {
			if block.Number == 5 {
				yield(ledger.Block{}, &ledger.Tampered{Block: 5, TxID: "tx", What: "a private value is not what the block's hash says"})
				return
			}
			if !yield(block, err) {
				return
			}
		}
	}
}

func TestAChangedHashIsAFinding(t *testing.T) {
	w := found(t)
	p := projection.New(storetest.SQLite(t), misled{w.chain})
	var finding *projection.Finding
	if err := p.Run(t.Context()); !errors.As(err, &finding) || finding.Kind != projection.Tampered || finding.Block != 5 {
		t.Errorf("the projection answered %v", err)
	}
	lag, err := p.Lag(t.Context())
	if err != nil || lag.Next != 5 || lag.Finding == nil || lag.Blocks != lag.Height-5 {
		t.Errorf("the lag is %+v, %v", lag, err)
	}
	if err := p.Reach(t.Context(), 5); !errors.As(err, &finding) {
		t.Errorf("who waits is told %v", err)
	}
}

func TestATransactionThatIsNotValidChangesNothing(t *testing.T) {
	w := found(t)
	db := storetest.SQLite(t)
	mustCatchUp(t, db, w.chain)
	before := rowsOf(t, db)
	for _, code := range []ledger.Code{10, 11, 12, 255} {
		w.append(code, ledger.Change{Collection: pair, Key: "loan/" + handle(1), Value: []byte("{")}, ledger.Change{Key: "nonsense"})
	}
	mustCatchUp(t, db, w.chain)
	compare(t, before[1:], rowsOf(t, db)[1:])
	if before[0] == rowsOf(t, db)[0] {
		t.Error("the checkpoint stayed behind")
	}
}
