package fakeledger_test

import (
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
)

func TestAReadThatChangedConflicts(t *testing.T) {
	get := func(stub shim.ChaincodeStubInterface) error { _, err := stub.GetState("a"); return err }
	many := func(stub shim.ChaincodeStubInterface) error { _, err := stub.GetMultipleStates("z", "a"); return err }
	policy := func(stub shim.ChaincodeStubInterface) error {
		_, err := stub.GetStateValidationParameter("a")
		return err
	}
	for name, read := range map[string]function{"one": get, "several": many, "policy": policy} {
		for change, f := range map[string]function{
			"changed": write("a", "2"), "same value": write("a", "1"), "other": write("b", "1"),
			"deleted": func(stub shim.ChaincodeStubInterface) error { return stub.DelState("a") },
			"policy set": func(stub shim.ChaincodeStubInterface) error {
				return stub.SetStateValidationParameter("a", nil)
			},
		} {
			t.Run(name+" "+change, func(t *testing.T) {
				want := fakeledger.MVCCReadConflict
				if change == "other" {
					want = fakeledger.Valid
				}
				c := newChannel(t)
				c.put("a", "1")
				tx := c.endorse(both(read, write("out", "1")))
				c.submit(f)
				sameVerdicts(t, c.Commit(tx), want)
				if written := c.State("out") != nil; written != (want == fakeledger.Valid) {
					t.Errorf("written: %v", written)
				}
			})
		}
	}
}

func TestAReadOfAMissingKeyConflictsWhenItAppears(t *testing.T) {
	c := newChannel(t)
	tx := c.endorse(readThenWrite("a", "b"))
	c.put("a", "1")
	sameVerdicts(t, c.Commit(tx), fakeledger.MVCCReadConflict)
}

func TestTransactionsOfOneBlock(t *testing.T) {
	c := newChannel(t)
	c.put("a", "1", "n", "1")
	first := c.endorse(readThenWrite("a", "a"))
	second := c.endorse(readThenWrite("a", "b")) // reads what the first writes
	third := c.endorse(readThenWrite("b", "c"))  // reads what only the invalid second writes
	fourth := c.endorse(write("a", "blind"))     // reads nothing
	sameVerdicts(t, c.Commit(first, second, third, fourth),
		fakeledger.Valid, fakeledger.MVCCReadConflict, fakeledger.Valid, fakeledger.Valid)
	if string(c.State("a")) != "blind" || c.State("b") != nil || c.State("c") == nil {
		t.Error("the block was applied in another order")
	}
	if c.Height() != 2 || len(c.Blocks()[1].Entries) != 4 {
		t.Error("the block does not hold its four transactions")
	}
}

func TestAKeyDeletedInTheSameBlockConflictsEvenIfItNeverWas(t *testing.T) {
	c := newChannel(t)
	deletes := c.endorse(func(stub shim.ChaincodeStubInterface) error { return stub.DelState("a") })
	reads := c.endorse(readThenWrite("a", "b"))
	sameVerdicts(t, c.Commit(deletes, reads), fakeledger.Valid, fakeledger.MVCCReadConflict)
}

func TestPhantoms(t *testing.T) {
	whole := func(stub shim.ChaincodeStubInterface) error {
		_, err := keysOf(stub.GetStateByRange("b", "e"))
		return err
	}
	page := func(stub shim.ChaincodeStubInterface) error {
		_, _, err := stub.GetStateByRangeWithPagination("b", "e", 1, "")
		return err
	}
	remove := func(stub shim.ChaincodeStubInterface) error { return stub.DelState("c") }
	for name, s := range map[string]struct {
		query, change function
		want          fakeledger.Verdict
	}{
		"a key appears":              {whole, write("bb", "1"), fakeledger.PhantomReadConflict},
		"a key goes":                 {whole, remove, fakeledger.PhantomReadConflict},
		"a key changes":              {whole, write("c", "2"), fakeledger.PhantomReadConflict},
		"the end appears":            {whole, write("e", "1"), fakeledger.Valid},
		"before the start":           {whole, write("a", "2"), fakeledger.Valid},
		"on the page":                {page, write("b", "2"), fakeledger.PhantomReadConflict},
		"behind the page":            {page, write("c", "2"), fakeledger.Valid},
		"between start and the page": {page, write("b0", "2"), fakeledger.Valid},
	} {
		for _, together := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				c := newChannel(t)
				c.put("a", "1", "b", "1", "c", "1", "d", "1")
				tx := c.endorse(s.query)
				change := c.endorse(s.change)
				if together {
					sameVerdicts(t, c.Commit(change, tx), fakeledger.Valid, s.want)
					return
				}
				c.Commit(change)
				sameVerdicts(t, c.Commit(tx), s.want)
			})
		}
	}
}

func TestATransactionIDIsSpentOnce(t *testing.T) {
	c := newChannel(t)
	tx := c.endorse(write("a", "1"))
	c.Commit(tx)
	sameVerdicts(t, c.Commit(tx), fakeledger.DuplicateTxID)
	other := c.endorse(write("b", "1"))
	sameVerdicts(t, c.Commit(other, other), fakeledger.Valid, fakeledger.DuplicateTxID)
	stale := c.endorse(readThenWrite("a", "c"))
	c.put("a", "2")
	sameVerdicts(t, c.Commit(stale), fakeledger.MVCCReadConflict)
	sameVerdicts(t, c.Commit(stale), fakeledger.DuplicateTxID)
}

func TestATransactionOfAnotherLedgerPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a foreign transaction was committed")
		}
	}()
	newChannel(t).Commit(newChannel(t).endorse(write("a", "1")))
}

func TestBlocksReplayToTheState(t *testing.T) {
	c := newChannel(t)
	c.put("a", "1", "b", "2")
	c.putPrivate(pair, "p", "3")
	stale := c.endorse(readThenWrite("a", "z"))
	c.submit(both(write("a", "4"), func(stub shim.ChaincodeStubInterface) error {
		return both(func(stub shim.ChaincodeStubInterface) error { return stub.DelState("b") },
			func(stub shim.ChaincodeStubInterface) error { return stub.PutPrivateData(pair, "q", []byte("5")) })(stub)
	}))
	c.Commit(stale)

	public, private := map[string]string{}, map[string]string{}
	fold := func(state map[string]string, prefix string, writes []fakeledger.Write) {
		for _, w := range writes {
			delete(state, prefix+w.Key)
			if !w.Delete {
				state[prefix+w.Key] = string(w.Value)
			}
		}
	}
	for i, block := range c.Blocks() {
		if block.Number != uint64(i)+1 {
			t.Errorf("block %d has number %d", i+1, block.Number)
		}
		for _, entry := range block.Entries {
			if entry.Verdict != fakeledger.Valid {
				continue
			}
			if entry.TxID == "" || entry.Creator.MSP != meridian || entry.Timestamp.IsZero() || entry.Function() != "Test:Run" {
				t.Errorf("the entry does not say what it is: %+v", entry)
			}
			fold(public, "", entry.Writes())
			for _, p := range entry.Private {
				fold(private, p.Collection+"/", p.Writes)
			}
		}
	}
	if len(public) != 1 || public["a"] != "4" || len(private) != 2 || private[pair+"/p"] != "3" || private[pair+"/q"] != "5" {
		t.Errorf("replayed to %v and %v", public, private)
	}
}
