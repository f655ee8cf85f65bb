package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// DecodeBlockWithPrivateData decodes a block and the private data that came with it, verifies every
// value against the block's hash of it, and lists as missing what a valid transaction wrote to a held
// collection and did not come. A purge is no write: there is nothing of it to have.
func DecodeBlockWithPrivateData(given *peer.BlockAndPrivateData, holds func(collection string) bool) (Block, error) {
	block, err := DecodeBlock(given.GetBlock())
	if err != nil {
		return Block{}, err
	}
	for i := range block.Transactions {
		tx := &block.Transactions[i]
		if err := tx.addPrivate(block.Number, given.GetPrivateDataMap()[uint64(i)]); err != nil {
			return Block{}, err
		}
		if tx.Code.Valid() {
			tx.Missing = tx.missing(holds)
		}
	}
	return block, nil
}

// place is where a private write stands, as far as its hash tells.
type place struct{ namespace, collection, keyHash string }

func (tx *Tx) addPrivate(number uint64, sets *rwset.TxPvtReadWriteSet) error {
	hashes := make(map[place]PrivateHash, len(tx.PrivateHashes))
	for _, h := range tx.PrivateHashes {
		hashes[place{h.Namespace, h.Collection, h.KeyHash}] = h
	}
	for _, set := range sets.GetNsPvtRwset() {
		for _, collection := range set.GetCollectionPvtRwset() {
			var private kvrwset.KVRWSet
			if err := proto.Unmarshal(collection.GetRwset(), &private); err != nil {
				return fmt.Errorf("decode private data of block %d, transaction %s: %w", number, tx.ID, err)
			}
			for _, w := range private.GetWrites() {
				write := PrivateWrite{
					Namespace: set.GetNamespace(), Collection: collection.GetCollectionName(),
					Key: w.GetKey(), Value: w.GetValue(), Delete: w.GetIsDelete(),
				}
				if !write.fits(hashes[write.place()]) {
					return &Tampered{Block: number, TxID: tx.ID, What: "a private value in " + write.Collection + " is not what the block's hash says"}
				}
				tx.PrivateWrites = append(tx.PrivateWrites, write)
			}
		}
	}
	return nil
}

func (w PrivateWrite) place() place {
	return place{w.Namespace, w.Collection, sha256Hex([]byte(w.Key))}
}

// fits reports whether the write is the one that the hash stands for. The zero hash fits nothing.
func (w PrivateWrite) fits(h PrivateHash) bool {
	switch {
	case h.KeyHash == "" || w.Delete != h.Delete:
		return false
	case w.Delete:
		return true
	}
	return sha256Hex(w.Value) == h.ValueHash
}

func (tx *Tx) missing(holds func(string) bool) []PrivateHash {
	given := make(map[place]bool, len(tx.PrivateWrites))
	for _, w := range tx.PrivateWrites {
		given[w.place()] = true
	}
	var missing []PrivateHash
	for _, h := range tx.PrivateHashes {
		if !h.Purge && holds(h.Collection) && !given[place{h.Namespace, h.Collection, h.KeyHash}] {
			missing = append(missing, h)
		}
	}
	return missing
}

func sha256Hex(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
