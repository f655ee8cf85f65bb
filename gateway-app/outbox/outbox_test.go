package outbox_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

const collection = "harbor-meridian"

// handle is a request id that a test can name.
func handle(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}

// receipt is a command that may be merged: one item that adds a number to a loan.
func receipt(name, loan string, number int) outbox.Command {
	return command(name, "Repayment:Post", true, item{Name: name, Key: loan, Number: number})
}

func command(name, function string, merge bool, items ...item) outbox.Command {
	raw, err := json.Marshal(items)
	if err != nil {
		panic(err)
	}
	c := outbox.Command{
		ID: handle(name), Function: function, Collection: collection, Mode: wire.Each,
		Items: raw, Identity: "machine", Merge: merge,
	}
	for _, each := range items {
		c.Lanes = append(c.Lanes, each.Key)
	}
	return c
}

// open makes an outbox with a test's patience. All of a test's processes have one name, so that one
// goes on where the other was killed.
func open(t testing.TB, db *store.DB, n *network, options ...outbox.Option) *outbox.Outbox {
	t.Helper()
	quick := []outbox.Option{
		outbox.WithHolder("process"), outbox.WithPoll(5 * time.Millisecond),
		outbox.WithPauses(time.Millisecond, 20*time.Millisecond), outbox.WithLogger(slog.New(slog.DiscardHandler)),
	}
	return outbox.New(db, n.dial, append(quick, options...)...)
}

// run runs an outbox until the test, or the answered function, ends it.
func run(t testing.TB, o *outbox.Outbox) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func put(t testing.TB, db *store.DB, o *outbox.Outbox, commands ...outbox.Command) {
	t.Helper()
	err := db.Write(context.Background(), func(tx *sql.Tx) error {
		for _, c := range commands {
			if err := o.Put(context.Background(), tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Wake()
}

// await waits until every command is decided.
func await(t testing.TB, o *outbox.Outbox, commands []outbox.Command) []outbox.Outcome {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	outcomes := make([]outbox.Outcome, len(commands))
	for i, c := range commands {
		for !outcomes[i].Status.Final() {
			out, found, err := o.Find(context.Background(), c.ID)
			if err != nil || !found {
				t.Fatalf("find command %d: %v, %v", i, found, err)
			}
			if outcomes[i] = out; !out.Status.Final() {
				if time.Now().After(deadline) {
					t.Fatalf("command %d is still %s", i, out.Status)
				}
				time.Sleep(2 * time.Millisecond)
			}
		}
	}
	return outcomes
}

func TestACommandIsCommittedAndAnswered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		o := open(t, db, n)
		run(t, o)
		c := command("c", "Loan:Propose", false, item{Name: "a", Key: "loan1", Number: 1}, item{Name: "b", Key: "loan2", Bad: true})
		c.Approvals = json.RawMessage(`["ann","bob"]`)
		out, err := o.Do(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if out.Status != outbox.Committed || out.TxID != "tx-1" || out.Block != 10 || out.Answer.Applied != 1 || out.Fault != nil {
			t.Errorf("got %+v", out)
		}
		if len(out.Answer.Refused) != 1 || *out.Answer.Refused[0] != (fault.Fault{Code: fault.InvalidField, Field: "number", Item: 2}) {
			t.Errorf("refused %v", out.Answer.Refused)
		}
		if who, found, err := o.Approvals(t.Context(), c.ID); string(who) != `["ann","bob"]` || !found || err != nil {
			t.Errorf("approved by %s, %v, %v", who, found, err)
		}
		for transaction, want := range map[string][]string{out.TxID: {"ann", "bob"}, "another": nil, "": nil} {
			if users, err := o.Users(t.Context(), transaction); !slices.Equal(users, want) || err != nil {
				t.Errorf("%q was asked for by %v, %v", transaction, users, err)
			}
		}
		var left int
		query := `SELECT (SELECT COUNT(*) FROM outbox_command WHERE body IS NOT NULL) + (SELECT COUNT(*) FROM outbox_request WHERE body IS NOT NULL OR envelope IS NOT NULL)`
		if err := db.QueryRow(query).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d bodies or envelopes of decided commands are left, %v", left, err)
		}
	})
}

func TestARefusalIsFinal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		o := open(t, db, n)
		run(t, o)
		c := command("c", "Loan:Propose", false, item{Name: "a", Key: "loan1"}, item{Name: "b", Key: "loan2", Bad: true})
		c.Mode = wire.Atomic
		out, err := o.Do(t.Context(), c)
		if err != nil || out.Status != outbox.Refused || out.Fault == nil || out.Fault.Item != 2 || out.TxID != "" {
			t.Errorf("got %+v, %v", out, err)
		}
		again, err := o.Do(t.Context(), c)
		if err != nil || again.Status != outbox.Refused || n.txs != 1 {
			t.Errorf("the repetition got %+v, %v after %d proposals", again, err, n.txs)
		}
	})
}

func TestAnIDIsForOneBody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db, newNetwork())
		c := receipt("c", "loan1", 1)
		spaced := c
		spaced.Items = json.RawMessage(strings.ReplaceAll(string(c.Items), ",", " ,\n"))
		put(t, db, o, c, c, spaced)
		for name, change := range map[string]func(*outbox.Command){
			"items":      func(c *outbox.Command) { c.Items = json.RawMessage(`[{"name":"other"}]`) },
			"function":   func(c *outbox.Command) { c.Function = "Repayment:Reverse" },
			"collection": func(c *outbox.Command) { c.Collection = "lantern-meridian" },
			"mode":       func(c *outbox.Command) { c.Mode = wire.Atomic },
			"identity":   func(c *outbox.Command) { c.Identity = "ann" },
		} {
			other := c
			change(&other)
			if _, err := o.Do(t.Context(), other); !errors.Is(err, fault.New(fault.RequestIDReused)) {
				t.Errorf("other %s: %v", name, err)
			}
		}
		var stored int
		if err := db.QueryRow(`SELECT COUNT(*) FROM outbox_command`).Scan(&stored); err != nil || stored != 1 {
			t.Errorf("%d are stored, %v", stored, err)
		}
	})
}

func TestWhatTheLedgerWouldRefuseForItsFormIsNotStored(t *testing.T) {
	db := storetest.SQLite(t)
	o := open(t, db, newNetwork())
	many := "[" + strings.Repeat("{},", 1000) + "{}]"
	for want, change := range map[fault.Fault]func(*outbox.Command){
		{Code: fault.UnknownFunction}:                   func(c *outbox.Command) { c.Function = "Loan:Read" },
		{Code: fault.InvalidField, Field: "id"}:         func(c *outbox.Command) { c.ID = "1" },
		{Code: fault.InvalidField, Field: "mode"}:       func(c *outbox.Command) { c.Mode = "some" },
		{Code: fault.MissingField, Field: "collection"}: func(c *outbox.Command) { c.Collection = "" },
		{Code: fault.InvalidField, Field: "collection"}: func(c *outbox.Command) { c.Function = "Custody:OpenDay" },
		{Code: fault.InvalidField, Field: "salt"}:       func(c *outbox.Command) { c.Salt = "salt" },
		{Code: fault.MissingField, Field: "identity"}:   func(c *outbox.Command) { c.Identity = "" },
		{Code: fault.InvalidField, Field: "approvals"}:  func(c *outbox.Command) { c.Approvals = json.RawMessage("{") },
		{Code: fault.InvalidField, Field: "items"}:      func(c *outbox.Command) { c.Items = json.RawMessage(`{"a":1}`) },
		{Code: fault.BatchEmpty}:                        func(c *outbox.Command) { c.Items = json.RawMessage(`[]`) },
		{Code: fault.BatchTooLarge}:                     func(c *outbox.Command) { c.Items = json.RawMessage(many) },
	} {
		c := receipt("c", "loan1", 1)
		change(&c)
		_, err := o.Do(t.Context(), c)
		var got *fault.Fault
		if !errors.As(err, &got) || *got != want {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestAWaitThatEndsAnswersThePresentStatus(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		o := open(t, db, n)
		c := receipt("c", "loan1", 1)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		out, err := o.Do(ctx, c)
		if err != nil || out.Status != outbox.Stored {
			t.Fatalf("got %+v, %v", out, err)
		}
		run(t, storeElsewhere(t, db, n)) // another process of the member sends it
		if out, err := o.Do(t.Context(), c); err != nil || out.Status != outbox.Committed {
			t.Errorf("got %+v, %v", out, err)
		}
	})
}

// Who may not wait at all has the command stored all the same.
func TestAWaitOfNothingStoresTheCommand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db, newNetwork())
		ctx, cancel := context.WithTimeout(t.Context(), 0)
		defer cancel()
		if out, err := o.Do(ctx, receipt("c", "loan1", 1)); err != nil || out.Status != outbox.Stored {
			t.Fatalf("got %+v, %v", out, err)
		}
	})
}

func storeElsewhere(t *testing.T, db *store.DB, n *network) *outbox.Outbox {
	t.Helper()
	return open(t, storetest.Reopen(t, db), n)
}

// A command is durable with its caller's rows, or not at all.
func TestACommandGoesWithItsCallersTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db, newNetwork())
		c := receipt("c", "loan1", 1)
		failed := errors.New("failed")
		err := db.Write(t.Context(), func(tx *sql.Tx) error {
			if err := o.Put(t.Context(), tx, c); err != nil {
				return err
			}
			return failed
		})
		if _, found, _ := o.Find(t.Context(), c.ID); !errors.Is(err, failed) || found {
			t.Errorf("found %v, %v", found, err)
		}
	})
}

// Many small receipts go in few requests, and each gets its own part of the answer.
func TestReceiptsAreMerged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		o := open(t, db, n)
		var commands []outbox.Command
		for i := range 1500 {
			c := receipt(fmt.Sprint("r", i), fmt.Sprint("loan", i), i)
			if i%10 == 3 { // two items, the second of them bad
				c = command(fmt.Sprint("r", i), "Repayment:Post", true,
					item{Name: fmt.Sprint("r", i), Key: fmt.Sprint("loan", i)}, item{Name: "bad", Key: fmt.Sprint("more", i), Bad: true})
			}
			if i == 7 {
				c = command("r7", "Repayment:Post", true, item{Name: "bad", Key: "loan7", Bad: true})
			}
			commands = append(commands, c)
		}
		put(t, db, o, commands...)
		run(t, o)
		for i, out := range await(t, o, commands) {
			checkReceipt(t, i, out)
		}
		if len(n.sizes) != 2 || slices.Max(n.sizes) > 1000 {
			t.Errorf("committed requests of %v items; two would do", n.sizes)
		}
		checkOnce(t, n, commands)
	})
}

func checkReceipt(t *testing.T, i int, out outbox.Outcome) {
	t.Helper()
	switch {
	case i == 7:
		if out.Status != outbox.Refused || out.Fault == nil || out.Fault.Item != 1 {
			t.Errorf("receipt 7: %+v", out)
		}
	case i%10 == 3:
		if out.Status != outbox.Committed || out.Answer.Applied != 1 || len(out.Answer.Refused) != 1 || out.Answer.Refused[0].Item != 2 {
			t.Errorf("receipt %d: %+v", i, out)
		}
	default:
		if out.Status != outbox.Committed || out.Answer.Applied != 1 || out.Answer.Refused != nil || out.TxID == "" {
			t.Errorf("receipt %d: %+v", i, out)
		}
	}
}

// checkOnce compares what the ledger applied with what was asked for.
func checkOnce(t testing.TB, n *network, commands []outbox.Command) {
	t.Helper()
	want := 0
	for _, c := range commands {
		var items []item
		if err := json.Unmarshal(c.Items, &items); err != nil {
			t.Fatal(err)
		}
		for _, each := range items {
			if each.Bad {
				continue
			}
			want++
			if n.applied[each.Name] != 1 {
				t.Errorf("item %s was applied %d times", each.Name, n.applied[each.Name])
			}
		}
	}
	if len(n.applied) != want {
		t.Errorf("%d items were applied, %d were asked for", len(n.applied), want)
	}
}

// One receipt of a batch conflicts for ever. The others get through, and so does it once it can.
func TestABatchThatConflictsIsHalved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		blocked := true
		n.verdict = func(request wire.Request[item]) ledger.Code {
			for _, each := range request.Items {
				if blocked && each.Key == "loan5" {
					n.versions["loan5"]++ // another member writes it first
				}
			}
			return ledger.Valid
		}
		o := open(t, db, n)
		var commands []outbox.Command
		for i := range 20 {
			commands = append(commands, receipt(fmt.Sprint("r", i), fmt.Sprint("loan", i), i))
		}
		put(t, db, o, commands...)
		run(t, o)
		await(t, o, append(commands[:5:5], commands[6:]...))
		if out, _, err := o.Find(t.Context(), commands[5].ID); err != nil || out.Status.Final() {
			t.Errorf("the blocked one is %v, %v", out.Status, err)
		}
		n.mu.Lock()
		blocked = false
		n.mu.Unlock()
		if out := await(t, o, commands[5:6]); out[0].Status != outbox.Committed {
			t.Errorf("got %+v", out[0])
		}
		checkOnce(t, n, commands)
	})
}

// When no item of a batch is applied the contract names only the first refusal; each command still gets
// its own.
func TestARefusedBatchIsHalvedUntilEachKnows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		o := open(t, db, n)
		var commands []outbox.Command
		for i := range 5 {
			commands = append(commands, command(fmt.Sprint("r", i), "Repayment:Post", true, item{Name: "bad", Key: fmt.Sprint("loan", i), Bad: true}))
		}
		put(t, db, o, commands...)
		run(t, o)
		for i, out := range await(t, o, commands) {
			if out.Status != outbox.Refused || out.Fault.Item != 1 {
				t.Errorf("command %d: %+v", i, out)
			}
		}
		if len(n.outcomes) != 0 {
			t.Errorf("%d transactions were ordered", len(n.outcomes))
		}
	})
}

// Who may not submit is told so once, however many were waiting.
func TestARefusalOfTheCallerConcernsAll(t *testing.T) {
	db := storetest.SQLite(t)
	n := newNetwork()
	n.disturb = func(wire.Request[item]) error { return fault.New(fault.WrongRole) }
	o := open(t, db, n)
	commands := []outbox.Command{receipt("a", "loan1", 1), receipt("b", "loan2", 1), receipt("c", "loan3", 1)}
	put(t, db, o, commands...)
	run(t, o)
	for _, out := range await(t, o, commands) {
		if out.Status != outbox.Refused || out.Fault.Code != fault.WrongRole {
			t.Errorf("got %+v", out)
		}
	}
	if n.txs != 1 {
		t.Errorf("%d proposals", n.txs)
	}
}

// An identity that was revoked cannot be dialled; one whose peer is away can be dialled later.
func TestAnIdentityThatIsRefusedRefusesTheCommand(t *testing.T) {
	db := storetest.SQLite(t)
	n := newNetwork()
	var tries int
	dial := func(_ context.Context, identity string) (outbox.Ledger, error) {
		if identity == "ann" {
			return nil, fault.New(fault.WrongMember)
		}
		if tries++; tries < 3 {
			return nil, errors.New("connection refused")
		}
		return n, nil
	}
	o := outbox.New(db, dial, outbox.WithPauses(time.Millisecond, time.Millisecond), outbox.WithWorkers(1), outbox.WithLogger(slog.New(slog.DiscardHandler)))
	run(t, o)
	staff := receipt("a", "loan1", 1)
	staff.Identity = "ann"
	if out, err := o.Do(t.Context(), staff); err != nil || out.Status != outbox.Refused || out.Fault.Code != fault.WrongMember {
		t.Errorf("got %+v, %v", out, err)
	}
	if out, err := o.Do(t.Context(), receipt("b", "loan1", 1)); err != nil || out.Status != outbox.Committed {
		t.Errorf("got %+v, %v", out, err)
	}
}

// A transaction that is ordered again and again without valid endorsements is given to somebody to look
// at instead of being tried for ever.
func TestEndorsementsThatNeverCountEndInARefusal(t *testing.T) {
	db := storetest.SQLite(t)
	n := newNetwork()
	n.verdict = func(wire.Request[item]) ledger.Code { return 10 }
	o := open(t, db, n)
	run(t, o)
	out, err := o.Do(t.Context(), receipt("a", "loan1", 1))
	if err != nil || out.Status != outbox.Refused || out.Fault.Code != fault.PolicyNotMet || len(n.outcomes) != 8 {
		t.Errorf("got %+v, %v after %d transactions", out, err, len(n.outcomes))
	}
}

func TestBacklogAndPrune(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		o := open(t, db, n, outbox.WithClock(func() time.Time { return now }))
		if b, err := o.Backlog(t.Context()); err != nil || b != (outbox.Backlog{}) {
			t.Errorf("an empty outbox has %+v, %v", b, err)
		}
		commands := []outbox.Command{receipt("a", "loan1", 1), receipt("b", "loan2", 1)}
		put(t, db, o, commands...)
		now = now.Add(time.Minute)
		if b, err := o.Backlog(t.Context()); err != nil || b != (outbox.Backlog{Stored: 2, Longest: time.Minute}) {
			t.Errorf("got %+v, %v", b, err)
		}
		stop := run(t, o)
		await(t, o, commands)
		stop()
		early, errEarly := o.Prune(t.Context(), now)
		late, errLate := o.Prune(t.Context(), now.Add(time.Second))
		if early != 0 || late != 2 || errEarly != nil || errLate != nil {
			t.Errorf("pruned %d and %d, %v, %v", early, late, errEarly, errLate)
		}
	})
}

// A contract that fails by a defect of its own on one receipt does not hold up the others for ever, nor
// is the one tried for ever.
func TestADefectOfTheContractEndsInARefusal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNetwork()
		n.disturb = func(request wire.Request[item]) error {
			for _, each := range request.Items {
				if each.Key == "loan3" {
					return fault.New(fault.Internal)
				}
			}
			return nil
		}
		o := open(t, db, n)
		var commands []outbox.Command
		for i := range 5 {
			commands = append(commands, receipt(fmt.Sprint("r", i), fmt.Sprint("loan", i), i))
		}
		put(t, db, o, commands...)
		run(t, o)
		for i, out := range await(t, o, commands) {
			if refused := out.Status == outbox.Refused; refused != (i == 3) {
				t.Errorf("receipt %d: %+v", i, out)
			}
		}
	})
}
