package fakeledger_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
)

func getPrivate(collection, key, want string) function {
	return func(stub shim.ChaincodeStubInterface) error {
		got, err := stub.GetPrivateData(collection, key)
		if err == nil && string(got) != want {
			err = fmt.Errorf("read %q, want %q", got, want)
		}
		return err
	}
}

func TestPrivateDataIsPublicAsHashesOnly(t *testing.T) {
	c := newChannel(t)
	tx := c.submit(func(stub shim.ChaincodeStubInterface) error {
		if err := stub.PutPrivateData(pair, "handle", []byte("terms")); err != nil {
			return err
		}
		return stub.DelPrivateData(pair, "gone")
	})
	if string(c.Private(pair, "handle")) != "terms" || !slices.Equal(c.PrivateKeys(pair), []string{"handle"}) {
		t.Error("the value is not in the collection")
	}
	if len(c.Keys()) != 0 || len(tx.Writes()) != 0 {
		t.Error("something is in the public state")
	}
	for _, secret := range []string{"handle", "terms"} {
		if bytes.Contains(tx.Results, []byte(secret)) || bytes.Contains(tx.Action, []byte(secret)) || len(c.Scan([]byte(secret))) > 0 {
			t.Errorf("%q is public", secret)
		}
	}
	key, value := sha256.Sum256([]byte("handle")), sha256.Sum256([]byte("terms"))
	if !bytes.Contains(tx.Results, key[:]) || !bytes.Contains(tx.Results, value[:]) {
		t.Error("the public part lacks the hashes")
	}
	hashed := tx.Hashed()
	if len(hashed) != 2 || !hashed[0].Delete || hashed[0].ValueHash != nil ||
		!bytes.Equal(hashed[1].KeyHash, key[:]) || !bytes.Equal(hashed[1].ValueHash, value[:]) || hashed[1].Collection != pair {
		t.Errorf("the hashed writes are %v", hashed)
	}
}

func TestOnlyPeersOfMembersKnowTheValue(t *testing.T) {
	c := newChannel(t)
	c.putPrivate(open, "k", "v")
	if _, err := c.Evaluate(getPrivate(open, "k", "v"), c.by(harbor, meridian)); err != nil {
		t.Errorf("a member's peer: %v", err)
	}
	_, err := c.Evaluate(getPrivate(open, "k", "v"), c.by(harbor, harbor))
	if err == nil || !strings.Contains(err.Error(), "private data matching public hash version is not available") {
		t.Errorf("another's peer answers %v", err)
	}
	if _, err := c.Evaluate(getPrivate(open, "missing", ""), c.by(harbor, harbor)); err != nil {
		t.Errorf("another's peer, of a key that was never written: %v", err)
	}
	hash := sha256.Sum256([]byte("v"))
	for _, member := range []string{harbor, lantern, meridian, authority} {
		_, err := c.Evaluate(function(func(stub shim.ChaincodeStubInterface) error {
			got, err := stub.GetPrivateDataHash(open, "k")
			if err == nil && !bytes.Equal(got, hash[:]) {
				err = fmt.Errorf("hash %x", got)
			}
			return err
		}), c.by(member, member))
		if err != nil {
			t.Errorf("the hash on the peer of %s: %v", member, err)
		}
	}
}

func TestABatchOfPrivateReadsIsSilentOnAStrangersPeer(t *testing.T) {
	c := newChannel(t)
	c.putPrivate(open, "k", "v")
	many := function(func(stub shim.ChaincodeStubInterface) error {
		got, err := stub.GetMultiplePrivateData(open, "k", "missing")
		if err == nil && (len(got) != 2 || got[1] != nil) {
			err = fmt.Errorf("read %q", got)
		}
		return err
	})
	if _, err := c.Evaluate(many, c.by(harbor, harbor)); err != nil {
		t.Error(err)
	}
	_, err := c.Endorse(many, c.by(harbor, meridian, harbor))
	if err == nil || !strings.Contains(err.Error(), "do not match") {
		t.Errorf("a member's and a stranger's peer agree: %v", err)
	}
	tx, err := c.Endorse(many, c.by(harbor, harbor, authority))
	if err != nil {
		t.Fatal(err)
	}
	sameVerdicts(t, c.Commit(tx), fakeledger.MVCCReadConflict)
}

func TestOnlyClientsOfMembersReadAndWrite(t *testing.T) {
	c := newChannel(t)
	c.putPrivate(pair, "k", "v")
	stranger := c.by(lantern, meridian, harbor)
	for name, read := range map[string]function{
		"one": getPrivate(pair, "k", "v"),
		"many": func(stub shim.ChaincodeStubInterface) error {
			_, err := stub.GetMultiplePrivateData(pair, "k")
			return err
		},
		"range": func(stub shim.ChaincodeStubInterface) error {
			_, err := stub.GetPrivateDataByRange(pair, "", "")
			return err
		},
		"policy": func(stub shim.ChaincodeStubInterface) error {
			_, err := stub.GetPrivateDataValidationParameter(pair, "k")
			return err
		},
		"query": func(stub shim.ChaincodeStubInterface) error {
			_, err := stub.GetPrivateDataQueryResult(pair, "{}")
			return err
		},
	} {
		if _, err := c.Evaluate(read, stranger); err == nil || !strings.Contains(err.Error(), "does not have read access permission") {
			t.Errorf("%s: a stranger reads: %v", name, err)
		}
	}
	for name, w := range map[string]function{
		"put":   func(stub shim.ChaincodeStubInterface) error { return stub.PutPrivateData(pair, "k", []byte("x")) },
		"del":   func(stub shim.ChaincodeStubInterface) error { return stub.DelPrivateData(pair, "k") },
		"purge": func(stub shim.ChaincodeStubInterface) error { return stub.PurgePrivateData(pair, "k") },
		"policy": func(stub shim.ChaincodeStubInterface) error {
			return stub.SetPrivateDataValidationParameter(pair, "k", nil)
		},
	} {
		if _, err := c.Endorse(w, stranger); err == nil || !strings.Contains(err.Error(), "does not have write access permission") {
			t.Errorf("%s: a stranger writes: %v", name, err)
		}
	}
	if _, err := c.Submit(function(func(stub shim.ChaincodeStubInterface) error {
		return stub.PutPrivateData(open, "k", []byte("x"))
	}), stranger); err != nil {
		t.Errorf("an open collection: %v", err)
	}
}

func TestCollectionsThatAreNotThere(t *testing.T) {
	c := newChannel(t)
	c.refused("collection lending/tallystick/nowhere could not be found", getPrivate("nowhere", "k", ""))
	c.refused("collection [nowhere] not defined in the collection config for chaincode [tallystick]",
		func(stub shim.ChaincodeStubInterface) error {
			_, err := stub.GetPrivateDataHash("nowhere", "k")
			return err
		})
	for _, f := range []function{
		func(stub shim.ChaincodeStubInterface) error { _, err := stub.GetPrivateData("", "k"); return err },
		func(stub shim.ChaincodeStubInterface) error { _, err := stub.GetPrivateDataHash("", "k"); return err },
		func(stub shim.ChaincodeStubInterface) error {
			_, err := stub.GetMultiplePrivateData("", "k")
			return err
		},
		func(stub shim.ChaincodeStubInterface) error { return stub.PutPrivateData("", "k", []byte("v")) },
		func(stub shim.ChaincodeStubInterface) error { return stub.DelPrivateData("", "k") },
		func(stub shim.ChaincodeStubInterface) error { return stub.PurgePrivateData("", "k") },
		func(stub shim.ChaincodeStubInterface) error {
			_, err := stub.GetPrivateDataByRange("", "", "")
			return err
		},
	} {
		c.refused("collection must not be an empty string", f)
	}
}

func TestPrivateRangesAreReadOnMembersPeersOnly(t *testing.T) {
	c := newChannel(t)
	for _, key := range []string{"a", "b", "c"} {
		c.putPrivate(open, key, "1")
	}
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		key, err := stub.CreateCompositeKey("loan", []string{"1"})
		if err != nil {
			return err
		}
		return stub.PutPrivateData(open, key, []byte("1"))
	})
	span := func(want string) function {
		return func(stub shim.ChaincodeStubInterface) error {
			got, err := keysOf(stub.GetPrivateDataByRange(open, "", "c"))
			return expect(want, got, err)
		}
	}
	if _, err := c.Evaluate(span("a,b"), c.by(meridian, meridian)); err != nil {
		t.Error(err)
	}
	if _, err := c.Evaluate(span(""), c.by(harbor, harbor)); err != nil {
		t.Error(err)
	}
	if _, err := c.Evaluate(function(func(stub shim.ChaincodeStubInterface) error {
		got, err := keysOf(stub.GetPrivateDataByPartialCompositeKey(open, "loan", nil))
		return expect("\x00loan\x001\x00", got, err)
	}), c.by(meridian, meridian)); err != nil {
		t.Error(err)
	}
	c.refused("null character", func(stub shim.ChaincodeStubInterface) error {
		_, err := stub.GetPrivateDataByRange(open, "\x00", "")
		return err
	})
}

func TestPrivateReadsConflictToo(t *testing.T) {
	for name, read := range map[string]function{
		"value": getPrivate(pair, "k", "1"),
		"batch": func(stub shim.ChaincodeStubInterface) error {
			_, err := stub.GetMultiplePrivateData(pair, "k")
			return err
		},
		"hash": func(stub shim.ChaincodeStubInterface) error { _, err := stub.GetPrivateDataHash(pair, "k"); return err },
		"policy": func(stub shim.ChaincodeStubInterface) error {
			_, err := stub.GetPrivateDataValidationParameter(pair, "k")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChannel(t)
			c.putPrivate(pair, "k", "1")
			fresh, stale := c.endorse(read), c.endorse(read)
			sameVerdicts(t, c.Commit(fresh), fakeledger.Valid)
			c.putPrivate(pair, "k", "2")
			sameVerdicts(t, c.Commit(stale), fakeledger.MVCCReadConflict)
		})
	}
}

func TestAPolicyAloneRenewsThePrivateVersion(t *testing.T) {
	c := newChannel(t)
	c.putPrivate(pair, "k", "1")
	c.submit(func(stub shim.ChaincodeStubInterface) error {
		return stub.SetPrivateDataValidationParameter(pair, "k", encoded(t, fakeledger.AnyOf([]string{meridian})))
	})
	c.submit(getPrivate(pair, "k", "1"))
}

func TestPurgedValuesAreGoneFromTheBlocks(t *testing.T) {
	c := newChannel(t)
	c.putPrivate(pair, "k", "first")
	c.putPrivate(pair, "k", "second")
	c.putPrivate(pair, "other", "kept")
	c.submit(func(stub shim.ChaincodeStubInterface) error { return stub.PurgePrivateData(pair, "k") })
	if c.Private(pair, "k") != nil {
		t.Error("the value is still there")
	}
	var values []string
	for _, block := range c.Blocks() {
		for _, entry := range block.Entries {
			if len(entry.Hashed()) != 1 {
				t.Errorf("block %d lost its hashes", block.Number)
			}
			for _, p := range entry.Private {
				for _, w := range p.Writes {
					values = append(values, string(w.Value))
				}
			}
		}
	}
	if !slices.Equal(values, []string{"kept", ""}) {
		t.Errorf("the blocks keep %q", values)
	}
	if hashed := c.Blocks()[3].Entries[0].Hashed(); !hashed[0].Purge || !hashed[0].Delete {
		t.Errorf("the purge is written as %+v", hashed[0])
	}
}
