package ledger

import (
	"encoding/json"
	"fmt"
	"time"
)

// Block is one block of the channel, verified and decoded. Hashes are SHA-256 in lower-case
// hexadecimal; the first block has no previous one.
type Block struct {
	Number       uint64 `json:"number"`
	Hash         string `json:"hash"`
	PreviousHash string `json:"previous_hash"`
	DataHash     string `json:"data_hash"`
	Transactions []Tx   `json:"transactions"`
}

// Tx is one transaction of a block, valid or not. Only a valid one wrote anything.
type Tx struct {
	ID            string         `json:"id"`
	Kind          string         `json:"kind"` // ENDORSER_TRANSACTION, or CONFIG for the channel's own
	Creator       Creator        `json:"creator"`
	Code          Code           `json:"code"`
	Timestamp     time.Time      `json:"timestamp"` // the client's claim
	Chaincode     string         `json:"chaincode,omitempty"`
	Function      string         `json:"function,omitempty"`
	Arguments     []Value        `json:"arguments,omitempty"`
	Response      Response       `json:"response,omitzero"`
	Event         *Event         `json:"event,omitempty"`
	Endorsers     []string       `json:"endorsers,omitempty"` // the MSP ids of the peers that signed
	PublicWrites  []Write        `json:"public_writes,omitempty"`
	PrivateHashes []PrivateHash  `json:"private_hashes,omitempty"`
	KeyMetadata   []KeyMetadata  `json:"key_metadata,omitempty"`
	PrivateWrites []PrivateWrite `json:"private_writes,omitempty"`
	Missing       []PrivateHash  `json:"missing,omitempty"` // what the member's peer should have given
}

// Creator is who signed a transaction, as the certificate says.
type Creator struct {
	MSPID   string `json:"msp_id"`
	Subject string `json:"subject,omitempty"`
	Role    string `json:"role,omitempty"` // the attribute that the member's CA wrote
}

// Response is what the contract answered.
type Response struct {
	Status  int32  `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
	Payload Value  `json:"payload,omitempty"`
}

// Value is bytes as the ledger keeps them. In JSON it is itself where it is JSON, and base64 otherwise.
type Value []byte

// MarshalJSON writes what can be read, readably.
func (v Value) MarshalJSON() ([]byte, error) {
	if json.Valid(v) {
		return v, nil
	}
	return json.Marshal([]byte(v))
}

// Event is a transaction's chaincode event.
type Event struct {
	Name    string `json:"name"`
	Payload Value  `json:"payload"`
}

// Write is one public write.
type Write struct {
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
	Value     Value  `json:"value,omitempty"`
	Delete    bool   `json:"delete,omitempty"`
}

// PrivateHash is what everybody sees of a private write.
type PrivateHash struct {
	Namespace  string `json:"namespace"`
	Collection string `json:"collection"`
	KeyHash    string `json:"key_hash"`
	ValueHash  string `json:"value_hash,omitempty"`
	Delete     bool   `json:"delete,omitempty"`
	Purge      bool   `json:"purge,omitempty"`
}

// KeyMetadata is what a transaction sets beside a key's value: as a rule the endorsement policy that
// counts for the key, in place of its collection's or the chaincode's. Metadata without a name takes
// everything away that was set.
type KeyMetadata struct {
	Namespace  string `json:"namespace"`
	Collection string `json:"collection,omitempty"`
	Key        string `json:"key,omitempty"`      // of a public key
	KeyHash    string `json:"key_hash,omitempty"` // of a private one
	Name       string `json:"name,omitempty"`
	Value      Value  `json:"value,omitempty"`
}

// PrivateWrite is one private write, as its holders see it.
type PrivateWrite struct {
	Namespace  string `json:"namespace"`
	Collection string `json:"collection"`
	Key        string `json:"key"`
	Value      Value  `json:"value,omitempty"`
	Delete     bool   `json:"delete,omitempty"`
}

// Tampered says that a block is not what its hashes say. It never comes from an honest peer.
type Tampered struct {
	Block uint64
	TxID  string // empty when the block itself is at fault
	What  string
}

// Error names the block, the transaction and what does not fit.
func (t *Tampered) Error() string {
	if t.TxID == "" {
		return fmt.Sprintf("verify block %d: %s: ask another member's peer", t.Block, t.What)
	}
	return fmt.Sprintf("verify block %d, transaction %s: %s: ask another member's peer", t.Block, t.TxID, t.What)
}

// Transaction finds a transaction of the block by its id. Where the block holds it twice, the first
// is the one that counts.
func (b Block) Transaction(id string) (Tx, bool) {
	for _, tx := range b.Transactions {
		if tx.ID == id {
			return tx, true
		}
	}
	return Tx{}, false
}

// Change is one write that counts, public where Collection is empty.
type Change struct {
	Block      uint64    `json:"block"`
	TxID       string    `json:"tx_id"`
	Timestamp  time.Time `json:"timestamp"`
	Function   string    `json:"function"`
	Creator    Creator   `json:"creator"`
	Collection string    `json:"collection,omitempty"`
	Key        string    `json:"key"`
	Value      Value     `json:"value,omitempty"`
	Delete     bool      `json:"delete,omitempty"`
}

// Changes lists the writes of a chaincode that count, in the order of the ledger.
func (b Block) Changes(chaincode string) []Change {
	var changes []Change
	for _, tx := range b.Transactions {
		if !tx.Code.Valid() {
			continue
		}
		base := Change{Block: b.Number, TxID: tx.ID, Timestamp: tx.Timestamp, Function: tx.Function, Creator: tx.Creator}
		for _, w := range tx.PublicWrites {
			if w.Namespace == chaincode {
				changes = append(changes, base.to("", w.Key, w.Value, w.Delete))
			}
		}
		for _, w := range tx.PrivateWrites {
			if w.Namespace == chaincode {
				changes = append(changes, base.to(w.Collection, w.Key, w.Value, w.Delete))
			}
		}
	}
	return changes
}

func (c Change) to(collection, key string, value []byte, deleted bool) Change {
	c.Collection, c.Key, c.Value, c.Delete = collection, key, value, deleted
	return c
}

// Missing lists the private writes that count and that the member's peer did not give.
func (b Block) Missing() []PrivateHash {
	var missing []PrivateHash
	for _, tx := range b.Transactions {
		missing = append(missing, tx.Missing...)
	}
	return missing
}
