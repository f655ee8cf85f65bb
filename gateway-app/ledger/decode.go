package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// DecodeBlock verifies a block's data hash and decodes it without private data.
func DecodeBlock(block *common.Block) (Block, error) {
	header := block.GetHeader()
	data := bytes.Join(block.GetData().GetData(), nil)
	if sum := sha256.Sum256(data); !bytes.Equal(sum[:], header.GetDataHash()) {
		return Block{}, &Tampered{Block: header.GetNumber(), What: "its data hash is not the hash of its transactions"}
	}
	hash, err := headerHash(header)
	if err != nil {
		return Block{}, fmt.Errorf("decode block %d: %w", header.GetNumber(), err)
	}
	decoded := Block{
		Number:       header.GetNumber(),
		Hash:         hash,
		PreviousHash: hex.EncodeToString(header.GetPreviousHash()),
		DataHash:     hex.EncodeToString(header.GetDataHash()),
	}
	verdicts := verdictsOf(block)
	for i, raw := range block.GetData().GetData() {
		tx, err := decodeTx(raw)
		tx.Code = Code(peer.TxValidationCode_NOT_VALIDATED)
		if i < len(verdicts) {
			tx.Code = Code(verdicts[i])
		}
		if err != nil && tx.Code.Valid() {
			// No peer finds valid what nobody can read.
			return Block{}, &Tampered{Block: header.GetNumber(), What: fmt.Sprintf("transaction %d is said to be valid and cannot be read: %v", i, err)}
		}
		decoded.Transactions = append(decoded.Transactions, tx)
	}
	return decoded, nil
}

// headerHash is Fabric's hash of a header: SHA-256 over the ASN.1 of number, previous hash and data
// hash.
func headerHash(header *common.BlockHeader) (string, error) {
	raw, err := asn1.Marshal(struct {
		Number       *big.Int
		PreviousHash []byte
		DataHash     []byte
	}{new(big.Int).SetUint64(header.GetNumber()), header.GetPreviousHash(), header.GetDataHash()})
	if err != nil {
		return "", fmt.Errorf("hash the header: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// verdictsOf is one byte a transaction. The peer writes it after the block was ordered, so no hash of
// the header covers it.
func verdictsOf(block *common.Block) []byte {
	metadata := block.GetMetadata().GetMetadata()
	if len(metadata) <= int(common.BlockMetadataIndex_TRANSACTIONS_FILTER) {
		return nil
	}
	return metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER]
}

// malformed is the kind of what was ordered and is no transaction.
const malformed = "MALFORMED"

var errMalformed = errors.New("the envelope does not open")

// decodeTx opens an envelope as far as it opens. What is ordered need not be well formed: such a
// transaction is invalid, keeps its place in the block, and must not end anybody's reading.
func decodeTx(raw []byte) (Tx, error) {
	var envelope common.Envelope
	var payload common.Payload
	var channel common.ChannelHeader
	var signature common.SignatureHeader
	if !opens(raw, &envelope) || !opens(envelope.GetPayload(), &payload) ||
		!opens(payload.GetHeader().GetChannelHeader(), &channel) ||
		!opens(payload.GetHeader().GetSignatureHeader(), &signature) {
		return Tx{Kind: malformed}, errMalformed
	}
	tx := Tx{
		ID:        channel.GetTxId(),
		Kind:      common.HeaderType(channel.GetType()).String(),
		Creator:   decodeCreator(signature.GetCreator()),
		Timestamp: channel.GetTimestamp().AsTime().UTC(),
	}
	if common.HeaderType(channel.GetType()) != common.HeaderType_ENDORSER_TRANSACTION {
		return tx, nil
	}
	var transaction peer.Transaction
	if !opens(payload.GetData(), &transaction) {
		tx.Kind = malformed
		return tx, errMalformed
	}
	for _, action := range transaction.GetActions() {
		if err := tx.addAction(action.GetPayload()); err != nil {
			tx.Kind = malformed
			return tx, err
		}
	}
	return tx, nil
}

func opens(raw []byte, into proto.Message) bool { return proto.Unmarshal(raw, into) == nil }
