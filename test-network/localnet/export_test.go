package localnet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"

	"github.com/tallystick/tallystick/test-network/toolchain"
)

// Upgrade deploys a program that differs from the built one in a few bytes at its end, which no
// process ever reads: another digest, and so another package and another version.
func (n *Network) Upgrade(ctx context.Context, name string) error {
	built, err := n.buildChaincode(ctx, name)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(built.Path)
	if err != nil {
		return err
	}
	content = append(bytes.Clone(content), "another build"...)
	sum := sha256.Sum256(content)
	program := toolchain.Program{Path: built.Path + "-changed", Digest: hex.EncodeToString(sum[:])}
	if err := os.WriteFile(program.Path, content, 0o755); err != nil {
		return err
	}
	return n.deploy(ctx, name, program)
}

// Sequence is how often the channel has agreed on a definition of the chaincode.
func (n *Network) Sequence(ctx context.Context, name string) (int64, error) {
	admins, err := n.administrators()
	if err != nil {
		return 0, err
	}
	defer closeAll(admins)
	committed, err := committedDefinition(ctx, admins[0], &chaincode.Definition{
		ChannelName: n.options.Consortium.Channel, Name: name,
	})
	return committed.sequence, err
}
