package ledger

import (
	"encoding/hex"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// addAction decodes a transaction's one action: what was called, what it answered, who endorsed it
// and what it writes.
func (tx *Tx) addAction(raw []byte) error {
	var payload peer.ChaincodeActionPayload
	var proposed peer.ChaincodeProposalPayload
	var spec peer.ChaincodeInvocationSpec
	var response peer.ProposalResponsePayload
	var action peer.ChaincodeAction
	for _, step := range []struct {
		what string
		raw  func() []byte
		into proto.Message
	}{
		{"action", func() []byte { return raw }, &payload},
		{"proposal", func() []byte { return payload.GetChaincodeProposalPayload() }, &proposed},
		{"invocation", func() []byte { return proposed.GetInput() }, &spec},
		{"response", func() []byte { return payload.GetAction().GetProposalResponsePayload() }, &response},
		{"result", func() []byte { return response.GetExtension() }, &action},
	} {
		if err := proto.Unmarshal(step.raw(), step.into); err != nil {
			return fmt.Errorf("decode the %s: %w", step.what, err)
		}
	}
	tx.addCall(&spec)
	tx.Response = Response{
		Status:  action.GetResponse().GetStatus(),
		Message: action.GetResponse().GetMessage(),
		Payload: action.GetResponse().GetPayload(),
	}
	for _, endorsement := range payload.GetAction().GetEndorsements() {
		tx.Endorsers = append(tx.Endorsers, decodeCreator(endorsement.GetEndorser()).MSPID)
	}
	if err := tx.addEvent(action.GetEvents()); err != nil {
		return err
	}
	return tx.addWrites(action.GetResults())
}

func (tx *Tx) addCall(spec *peer.ChaincodeInvocationSpec) {
	tx.Chaincode = spec.GetChaincodeSpec().GetChaincodeId().GetName()
	if args := spec.GetChaincodeSpec().GetInput().GetArgs(); len(args) > 0 {
		tx.Function = string(args[0])
		for _, arg := range args[1:] {
			tx.Arguments = append(tx.Arguments, arg)
		}
	}
}

func (tx *Tx) addEvent(raw []byte) error {
	var event peer.ChaincodeEvent
	if err := proto.Unmarshal(raw, &event); err != nil {
		return fmt.Errorf("decode the event: %w", err)
	}
	if event.GetEventName() != "" {
		tx.Event = &Event{Name: event.GetEventName(), Payload: event.GetPayload()}
	}
	return nil
}

func (tx *Tx) addWrites(raw []byte) error {
	var sets rwset.TxReadWriteSet
	if err := proto.Unmarshal(raw, &sets); err != nil {
		return fmt.Errorf("decode the write set: %w", err)
	}
	for _, set := range sets.GetNsRwset() {
		var public kvrwset.KVRWSet
		if err := proto.Unmarshal(set.GetRwset(), &public); err != nil {
			return fmt.Errorf("decode the writes of %s: %w", set.GetNamespace(), err)
		}
		for _, w := range public.GetWrites() {
			tx.PublicWrites = append(tx.PublicWrites,
				Write{Namespace: set.GetNamespace(), Key: w.GetKey(), Value: w.GetValue(), Delete: w.GetIsDelete()})
		}
		tx.KeyMetadata = append(tx.KeyMetadata, publicMetadata(set.GetNamespace(), public.GetMetadataWrites())...)
		for _, hashed := range set.GetCollectionHashedRwset() {
			if err := tx.addHashes(set.GetNamespace(), hashed); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *Tx) addHashes(namespace string, set *rwset.CollectionHashedReadWriteSet) error {
	var hashed kvrwset.HashedRWSet
	if err := proto.Unmarshal(set.GetHashedRwset(), &hashed); err != nil {
		return fmt.Errorf("decode the hashes of %s: %w", set.GetCollectionName(), err)
	}
	tx.KeyMetadata = append(tx.KeyMetadata, privateMetadata(namespace, set.GetCollectionName(), hashed.GetMetadataWrites())...)
	for _, w := range hashed.GetHashedWrites() {
		tx.PrivateHashes = append(tx.PrivateHashes, PrivateHash{
			Namespace: namespace, Collection: set.GetCollectionName(),
			KeyHash: hex.EncodeToString(w.GetKeyHash()), ValueHash: hex.EncodeToString(w.GetValueHash()),
			Delete: w.GetIsDelete(), Purge: w.GetIsPurge(),
		})
	}
	return nil
}
