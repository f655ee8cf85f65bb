package fakeledger_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
)

func TestATransactionDoesNotReadItsOwnWrites(t *testing.T) {
	c := newChannel(t)
	c.put("a", "old")
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		if err := stub.PutState("a", []byte("new")); err != nil {
			return err
		}
		if err := stub.DelState("b"); err != nil {
			return err
		}
		values, err := stub.GetMultipleStates("a", "missing")
		if err != nil {
			return err
		}
		single, err := stub.GetState("a")
		if err != nil {
			return err
		}
		if string(single) != "old" || string(values[0]) != "old" || values[1] != nil {
			return fmt.Errorf("read %q and %q", single, values)
		}
		return nil
	})
	if got := string(c.State("a")); got != "new" {
		t.Errorf("committed %q", got)
	}
}

func TestNothingIsWrittenBeforeCommit(t *testing.T) {
	c := newChannel(t)
	tx := c.endorse(write("a", "1"))
	if c.State("a") != nil || c.Height() != 0 {
		t.Error("endorsing wrote")
	}
	sameVerdicts(t, c.Commit(tx), fakeledger.Valid)
	if string(c.State("a")) != "1" || c.Height() != 1 {
		t.Error("committing did not write")
	}
}

func TestDeletingAndWritingNothingAreTheSame(t *testing.T) {
	c := newChannel(t)
	c.put("a", "1", "b", "2", "c", "3")
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		if err := stub.PutState("a", nil); err != nil {
			return err
		}
		return stub.DelState("b")
	})
	if got := c.Keys(); !slices.Equal(got, []string{"c"}) {
		t.Errorf("left %q", got)
	}
}

func TestTheLastWriteToAKeyWins(t *testing.T) {
	c := newChannel(t)
	tx := c.submit(func(stub shim.ChaincodeStubInterface) error {
		for _, value := range []string{"1", "2", "3"} {
			if err := stub.PutState("a", []byte(value)); err != nil {
				return err
			}
		}
		return nil
	})
	if w := tx.Writes(); len(w) != 1 || string(w[0].Value) != "3" {
		t.Errorf("wrote %v", w)
	}
}

func TestAnEmptyKeyIsRefused(t *testing.T) {
	c := newChannel(t)
	c.refused("key must not be an empty string", write("", "1"))
	c.refused("key must not be an empty string", func(stub shim.ChaincodeStubInterface) error {
		return stub.PutPrivateData(pair, "", []byte("1"))
	})
}

func TestWhatChaincodeKeepsOfAValueDoesNotReachTheLedger(t *testing.T) {
	c := newChannel(t)
	value := []byte("abc")
	tx := c.endorse(func(stub shim.ChaincodeStubInterface) error { return stub.PutState("a", value) })
	value[0] = 'X'
	c.Commit(tx)
	c.State("a")[0] = 'Y'
	if got := string(c.State("a")); got != "abc" {
		t.Errorf("the ledger holds %q", got)
	}
}

func TestHistoryIsNewestFirstAndOfValidTransactionsOnly(t *testing.T) {
	c := newChannel(t)
	c.put("a", "1")
	stale := c.endorse(readThenWrite("a", "a"))
	c.put("a", "2")
	sameVerdicts(t, c.Commit(stale), fakeledger.MVCCReadConflict)
	c.submit(func(stub shim.ChaincodeStubInterface) error { return stub.DelState("a") })
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		it, err := stub.GetHistoryForKey("a")
		if err != nil {
			return err
		}
		var changes []*queryresult.KeyModification
		for it.HasNext() {
			change, err := it.Next()
			if err != nil {
				return err
			}
			changes = append(changes, change)
		}
		if _, err := it.Next(); err == nil {
			return fmt.Errorf("there is always one more change")
		}
		if len(changes) != 3 || !changes[0].GetIsDelete() || string(changes[1].GetValue()) != "2" ||
			string(changes[2].GetValue()) != "1" || len(changes[0].GetTxId()) != 64 || changes[0].GetTimestamp() == nil {
			return fmt.Errorf("history %v", changes)
		}
		return it.Close()
	})
}

func TestABatchIsWrittenAtItsEnd(t *testing.T) {
	c := newChannel(t)
	tx := c.submit(func(stub shim.ChaincodeStubInterface) error {
		stub.StartWriteBatch()
		for _, key := range []string{"c", "a", "b", "a"} {
			if err := stub.PutState(key, []byte(key)); err != nil {
				return err
			}
		}
		if err := stub.PutPrivateData(pair, "p", []byte("1")); err != nil {
			return err
		}
		if err := stub.FinishWriteBatch(); err != nil {
			return err
		}
		stub.StartWriteBatch() // left open: it is sent when the transaction ends
		return stub.PutState("d", []byte("d"))
	})
	if got := c.Keys(); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("wrote %q", got)
	}
	if got := tx.Private(); len(got) != 1 || got[0].Collection != pair {
		t.Errorf("wrote privately %v", got)
	}
}

func TestABatchRefusesLate(t *testing.T) {
	c := newChannel(t)
	_, err := c.Endorse(function(func(stub shim.ChaincodeStubInterface) error {
		stub.StartWriteBatch()
		if err := stub.PutPrivateData(pair, "k", []byte("1")); err != nil {
			return fmt.Errorf("refused early: %w", err)
		}
		if err := stub.FinishWriteBatch(); err == nil {
			return fmt.Errorf("never refused")
		}
		return stub.FinishWriteBatch()
	}), c.by(lantern, meridian, harbor))
	if err != nil {
		t.Error(err)
	}
	_, err = c.Endorse(function(func(stub shim.ChaincodeStubInterface) error {
		stub.StartWriteBatch()
		return stub.PutPrivateData(pair, "k", []byte("1"))
	}), c.by(lantern, meridian, harbor))
	if err == nil {
		t.Error("a batch left open was not checked")
	}
}
