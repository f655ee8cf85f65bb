package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/core/fault"
)

// The auditor's command finds nothing wrong on an honest peer, and ends with 3 on one that changes a
// single byte, wherever it does.
func TestTheAuditorsCommandFindsWhatAPeerChanges(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	s.ToRow(l, 1)
	s.Pays(l, 1_000)
	tally := buildTally(t)

	honest := run(within(t, patience), t, tally, "check", "--profile", c.net.ProfilePath("auditor"))
	if honest.code != fault.ExitOK {
		t.Fatalf("on the honest peer check ends with %d:\n%s%s", honest.code, honest.output, honest.errors)
	}
	loan := []byte(l.Handle())
	for name, told := range map[string]lie{
		"a transaction": changedEnvelope(c.heights(t)[authority] / 2),
		"a transaction, with a hash that fits it":  rehashed(changedEnvelope(c.heights(t)[authority] / 2)),
		"a verdict, so that a payment is left out": changedVerdict(loan),
		"a private value":                          changedPrivateValue(loan),
	} {
		t.Run(name, func(t *testing.T) {
			done := false
			once := func(b *peer.BlockAndPrivateData) bool {
				done = done || told(b)
				return done
			}
			ended := run(within(t, patience), t, tally, "check", "--profile", c.profileOfLiar(t, once))
			if !done {
				t.Fatal("the peer found nothing to lie about")
			}
			if ended.code != fault.ExitVerified || ended.errors == "" {
				t.Errorf("check ends with %d, want %d:\n%s%s", ended.code, fault.ExitVerified, ended.output, ended.errors)
			}
			t.Logf("%s", ended.errors)
		})
	}
}

// changedEnvelope flips the last byte of a block's first transaction, which is its client's signature.
func changedEnvelope(number uint64) lie {
	return func(b *peer.BlockAndPrivateData) bool {
		if b.GetBlock().GetHeader().GetNumber() != number {
			return false
		}
		envelope := b.GetBlock().GetData().GetData()[0]
		envelope[len(envelope)-1] ^= 1
		return true
	}
}

// rehashed also makes the block's header fit what was changed. The next block tells.
func rehashed(told lie) lie {
	return func(b *peer.BlockAndPrivateData) bool {
		if !told(b) {
			return false
		}
		sum := sha256.Sum256(bytes.Join(b.GetBlock().GetData().GetData(), nil))
		b.Block.Header.DataHash = sum[:]
		return true
	}
}

// writes reports whether private data came with the transaction that mentions a text.
func writes(b *peer.BlockAndPrivateData, mentioned []byte) (tx uint64, found bool) {
	for number, sets := range b.GetPrivateDataMap() {
		for _, set := range sets.GetNsPvtRwset() {
			for _, collection := range set.GetCollectionPvtRwset() {
				if bytes.Contains(collection.GetRwset(), append([]byte("loan/"), mentioned...)) {
					return number, true
				}
			}
		}
	}
	return 0, false
}

// changedVerdict says that a valid transaction was not. Verdicts stand outside of a header's hash; the
// sequence of the records tells.
func changedVerdict(mentioned []byte) lie {
	const flags = 2 // where in a block's metadata the verdicts stand
	return func(b *peer.BlockAndPrivateData) bool {
		tx, found := writes(b, mentioned)
		if found {
			b.Block.Metadata.Metadata[flags][tx] = byte(peer.TxValidationCode_MVCC_READ_CONFLICT)
			delete(b.PrivateDataMap, tx)
		}
		return found
	}
}

// changedPrivateValue flips a byte in what a transaction wrote privately.
func changedPrivateValue(mentioned []byte) lie {
	return func(b *peer.BlockAndPrivateData) bool {
		tx, found := writes(b, mentioned)
		if !found {
			return false
		}
		for _, collection := range b.PrivateDataMap[tx].NsPvtRwset[0].CollectionPvtRwset {
			var set kvrwset.KVRWSet
			if proto.Unmarshal(collection.Rwset, &set) != nil || len(set.GetWrites()) == 0 {
				continue
			}
			value := set.Writes[0].Value
			value[len(value)/2] ^= 1
			changed, err := proto.Marshal(&set)
			collection.Rwset = changed
			return err == nil
		}
		return false
	}
}
