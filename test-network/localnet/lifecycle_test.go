package localnet

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Only what may pass by itself is tried again: a node that is not there yet, and a step that met
// another member's in one block.
func TestOnlyWhatMayPassIsTriedAgain(t *testing.T) {
	commit := func(code peer.TxValidationCode) error {
		return fmt.Errorf("approve: %w", &client.CommitError{TransactionID: "1", Code: code})
	}
	cases := map[error]bool{
		commit(peer.TxValidationCode_MVCC_READ_CONFLICT):         true,
		commit(peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE): false,
		status.Error(codes.Unavailable, "no leader"):             true,
		status.Error(codes.Unknown, "a policy says no"):          false,
		errors.New("a file is missing"):                          false,
	}
	for err, want := range cases {
		if passes(err) != want {
			t.Errorf("%v: tried again %v, want %v", err, !want, want)
		}
	}
}
