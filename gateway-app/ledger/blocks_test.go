package ledger_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

type pair struct{ key, value string }

// writes is a write set: one public key, and private ones as everybody sees them.
func writes(public pair, private map[string][]pair) *rwset.TxReadWriteSet {
	set := &rwset.NsReadWriteSet{Namespace: "tallystick", Rwset: marshal(&kvrwset.KVRWSet{
		Writes: []*kvrwset.KVWrite{{Key: public.key, Value: []byte(public.value)}},
	})}
	for _, collection := range []string{"harbor-meridian", "lantern-meridian"} {
		hashed := &kvrwset.HashedRWSet{}
		for _, p := range private[collection] {
			key, value := sha256.Sum256([]byte(p.key)), sha256.Sum256([]byte(p.value))
			hashed.HashedWrites = append(hashed.HashedWrites, &kvrwset.KVWriteHash{KeyHash: key[:], ValueHash: value[:]})
		}
		set.CollectionHashedRwset = append(set.CollectionHashedRwset, &rwset.CollectionHashedReadWriteSet{
			CollectionName: collection, HashedRwset: marshal(hashed),
		})
	}
	return &rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{set}}
}

// given is the private data that a peer hands out.
func given(collection string, pairs ...pair) map[uint64]*rwset.TxPvtReadWriteSet {
	set := &kvrwset.KVRWSet{}
	for _, p := range pairs {
		set.Writes = append(set.Writes, &kvrwset.KVWrite{Key: p.key, Value: []byte(p.value)})
	}
	return map[uint64]*rwset.TxPvtReadWriteSet{0: {NsPvtRwset: []*rwset.NsPvtReadWriteSet{{
		Namespace:          "tallystick",
		CollectionPvtRwset: []*rwset.CollectionPvtReadWriteSet{{CollectionName: collection, Rwset: marshal(set)}},
	}}}}
}

// collect reads blocks until the sequence ends.
func collect(t *testing.T, c *ledger.Client, private bool, from, to uint64) ([]ledger.Block, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	read := c.Blocks
	if private {
		read = c.BlocksWithPrivateData
	}
	var blocks []ledger.Block
	for block, err := range read(ctx, from, to) {
		if err != nil {
			return blocks, err
		}
		blocks = append(blocks, block)
	}
	return blocks, nil
}

// grow commits a command with the write set.
func grow(t *testing.T, s *standIn, c *ledger.Client, sets *rwset.TxReadWriteSet, code peer.TxValidationCode) {
	t.Helper()
	s.mu.Lock()
	s.sets, s.code = sets, []peer.TxValidationCode{code}
	s.mu.Unlock()
	if _, err := submit(t, c, "Repayment:Post", ledger.Attempts(1)); (err == nil) != (code == peer.TxValidationCode_VALID) {
		t.Fatal(err)
	}
}

func TestABlockIsDecodedWithItsPrivateData(t *testing.T) {
	s, c := connected(t)
	loan := pair{"loan/a", `{"version":1}`}
	grow(t, s, c, writes(pair{"day/meridian", "d"}, map[string][]pair{"harbor-meridian": {loan}, "lantern-meridian": {{"loan/b", "x"}}}), peer.TxValidationCode_VALID)
	s.private[1] = given("harbor-meridian", loan)
	block, err := c.Block(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	tx := block.Transactions[0]
	if tx.Function != "Repayment:Post" || tx.Creator != (ledger.Creator{MSPID: "HarborMSP", Subject: "machine", Role: "machine"}) ||
		tx.Kind != "ENDORSER_TRANSACTION" || string(tx.Response.Payload) != string(s.answer) || time.Since(tx.Timestamp) > time.Minute {
		t.Errorf("got %+v", tx)
	}
	changes := block.Changes("tallystick")
	if len(changes) != 2 || changes[0].Key != "day/meridian" || changes[0].Collection != "" ||
		changes[1].Key != loan.key || string(changes[1].Value) != loan.value || changes[1].Collection != "harbor-meridian" {
		t.Errorf("changes are %+v", changes)
	}
	if len(tx.PrivateHashes) != 2 || len(block.Missing()) != 0 {
		t.Errorf("hashes %+v, missing %+v: Lantern's data is not Harbor's to have", tx.PrivateHashes, block.Missing())
	}
	if len(block.Changes("another")) != 0 {
		t.Error("another chaincode's changes were mixed in")
	}
}

func TestPrivateDataThatAPeerMissesIsReported(t *testing.T) {
	s, c := connected(t)
	pairs := []pair{{"loan/a", "1"}, {"loan/b", "2"}}
	grow(t, s, c, writes(pair{"k", "v"}, map[string][]pair{"harbor-meridian": pairs}), peer.TxValidationCode_VALID)
	s.private[1] = given("harbor-meridian", pairs[0])
	block, err := c.Block(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("loan/b"))
	if missing := block.Missing(); len(missing) != 1 || missing[0].KeyHash != hex.EncodeToString(sum[:]) {
		t.Errorf("missing %+v, want loan/b", missing)
	}
}

func TestAnInvalidTransactionChangesNothing(t *testing.T) {
	s, c := connected(t)
	grow(t, s, c, writes(pair{"k", "v"}, map[string][]pair{"harbor-meridian": {{"loan/a", "1"}}}), peer.TxValidationCode_MVCC_READ_CONFLICT)
	block, err := c.Block(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(block.Changes("tallystick")) != 0 || len(block.Missing()) != 0 || block.Transactions[0].Code.String() != "MVCC_READ_CONFLICT" {
		t.Errorf("got %+v", block)
	}
}

func TestWhatDoesNotFitItsHashIsNotHandedOn(t *testing.T) {
	cases := map[string]struct {
		tamper func(*standIn)
		what   string
	}{
		"a transaction was exchanged": {func(s *standIn) { s.blocks[1].Data.Data[0] = s.blocks[0].Data.Data[0] }, "data hash"},
		"the chain was cut":           {func(s *standIn) { s.blocks[1].Header.PreviousHash = make([]byte, 32) }, "previous hash"},
		"a private value was changed": {func(s *standIn) { s.private[1] = given("harbor-meridian", pair{"loan/a", "2"}) }, "private value in harbor-meridian"},
		"a private key was added":     {func(s *standIn) { s.private[1] = given("harbor-meridian", pair{"loan/c", "1"}) }, "private value in harbor-meridian"},
		"data of another collection":  {func(s *standIn) { s.private[1] = given("lantern-meridian", pair{"loan/a", "1"}) }, "private value in lantern-meridian"},
	}
	for name, one := range cases {
		t.Run(name, func(t *testing.T) {
			s, c := connected(t)
			grow(t, s, c, writes(pair{"k", "v"}, map[string][]pair{"harbor-meridian": {{"loan/a", "1"}}}), peer.TxValidationCode_VALID)
			s.mu.Lock()
			one.tamper(s)
			s.mu.Unlock()
			blocks, err := collect(t, c, true, 0, 1)
			var tampered *ledger.Tampered
			if !errors.As(err, &tampered) || tampered.Block != 1 || !strings.Contains(tampered.What, one.what) {
				t.Errorf("got %v, want %q", err, one.what)
			}
			if len(blocks) != 1 {
				t.Errorf("handed on %d blocks, want the first alone", len(blocks))
			}
		})
	}
}

func TestBlocksComeOnceAndInOrderAcrossConnections(t *testing.T) {
	s, c := connected(t)
	for range 30 {
		s.commit(configuration(), peer.TxValidationCode_VALID)
	}
	s.breakAt[7], s.breakAt[8], s.breakAt[29] = true, true, true
	blocks, err := collect(t, c, false, 3, 30)
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range blocks {
		if block.Number != uint64(i+3) {
			t.Fatalf("block %d stands at place %d", block.Number, i)
		}
	}
	if len(blocks) != 28 {
		t.Errorf("%d blocks, want 28", len(blocks))
	}
}

func TestABlockThatIsLeftOutEndsTheReading(t *testing.T) {
	s, c := connected(t)
	for range 5 {
		s.commit(configuration(), peer.TxValidationCode_VALID)
	}
	s.skip = 3
	blocks, err := collect(t, c, false, 0, 5)
	if err == nil || len(blocks) != 3 {
		t.Errorf("read %d blocks and %v over a gap", len(blocks), err)
	}
}

func TestReadingForeverFollowsTheChain(t *testing.T) {
	s, c := connected(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := 0
	for block, err := range c.Blocks(ctx, 0, ledger.Forever) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			break
		}
		seen++
		if block.Number == 4 {
			cancel()
			continue
		}
		s.commit(configuration(), peer.TxValidationCode_VALID)
	}
	if seen != 5 {
		t.Errorf("saw %d blocks, want 5", seen)
	}
}

func TestAReaderMayStopEarly(t *testing.T) {
	s, c := connected(t)
	s.commit(configuration(), peer.TxValidationCode_VALID)
	for block, err := range c.Blocks(context.Background(), 0, 1) {
		if err != nil || block.Number != 0 {
			t.Fatalf("got %d, %v", block.Number, err)
		}
		break
	}
}

func TestAPeerThatForbidsIsNotAskedAgain(t *testing.T) {
	s, c := connected(t)
	s.refuse = common.Status_FORBIDDEN
	_, err := collect(t, c, true, 0, 0)
	wantFault(t, err, fault.WrongMember)
	if s.streams != 1 {
		t.Errorf("asked %d times", s.streams)
	}
}

func TestAPeerThatGivesNothingIsGivenUp(t *testing.T) {
	s, c := connected(t, ledger.WithStreamPatience(30*time.Millisecond))
	s.refuse = common.Status_SERVICE_UNAVAILABLE
	_, err := collect(t, c, true, 0, 0)
	wantFault(t, err, fault.Unavailable)
}

func TestATransactionThatIsNoneKeepsItsPlace(t *testing.T) {
	channel := marshal(&common.ChannelHeader{Type: int32(common.HeaderType_ENDORSER_TRANSACTION), TxId: "t"})
	wrapped := func(data []byte) []byte {
		return marshal(&common.Envelope{Payload: marshal(&common.Payload{Header: &common.Header{ChannelHeader: channel}, Data: data})})
	}
	for name, raw := range map[string][]byte{
		"no envelope":    {0xff},
		"no transaction": wrapped([]byte{0xff}),
		"no action":      wrapped(marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: []byte{0xff}}}})),
	} {
		t.Run(name, func(t *testing.T) {
			s, c := connected(t)
			s.commit(raw, peer.TxValidationCode_BAD_PAYLOAD)
			block, err := c.Block(context.Background(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if tx := block.Transactions[0]; tx.Kind != "MALFORMED" || tx.Code.Valid() {
				t.Errorf("got %+v", tx)
			}
			s.commit(raw, peer.TxValidationCode_VALID)
			var tampered *ledger.Tampered
			if _, err := c.Block(context.Background(), 2); !errors.As(err, &tampered) || tampered.Block != 2 {
				t.Errorf("a peer called it valid: got %v", err)
			}
		})
	}
}

// FuzzDecodeBlock holds that no block makes a reader panic, however it was made.
func FuzzDecodeBlock(f *testing.F) {
	f.Add([]byte("any"))
	f.Fuzz(func(t *testing.T, envelope []byte) {
		sum := sha256.Sum256(envelope)
		_, _ = ledger.DecodeBlock(&common.Block{
			Header: &common.BlockHeader{DataHash: sum[:]},
			Data:   &common.BlockData{Data: [][]byte{envelope}},
		})
	})
}
