package localnet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/process"
	"github.com/tallystick/tallystick/test-network/toolchain"
)

// chaincodePlan is what the network should run under a chaincode's name.
type chaincodePlan struct {
	kind       string // of the members' processes
	program    toolchain.Program
	archive    []byte
	definition *chaincode.Definition
}

// chaincodeSources are the main packages of the chaincodes, by the kind of their processes.
var chaincodeSources = map[string]string{
	nodeChaincode: "./chaincode/server",
	nodePlain:     "./test-network/plain",
}

func kindOf(chaincode string) string {
	if chaincode == PlainChaincode {
		return nodePlain
	}
	return nodeChaincode
}

// buildChaincode builds a chaincode's program where the network keeps its own.
func (n *Network) buildChaincode(ctx context.Context, name string) (toolchain.Program, error) {
	return toolchain.BuildProgram(ctx, n.options.Root, chaincodeSources[kindOf(name)], name, n.path("bin"), toolchain.Reproducible)
}

// plan makes the definition to be agreed on. Its version is a digest of all that it fixes: program,
// policy and collections. Two definitions are the same when their versions are.
func (n *Network) plan(name string, program toolchain.Program) (chaincodePlan, error) {
	archive, err := network.ChaincodePackage(name, program.Digest)
	if err != nil {
		return chaincodePlan{}, err
	}
	var collections *peer.CollectionConfigPackage
	if name != PlainChaincode {
		collections = n.options.Consortium.CollectionPackage()
	}
	policy := &peer.ApplicationPolicy{Type: &peer.ApplicationPolicy_SignaturePolicy{
		SignaturePolicy: n.options.Consortium.EndorsementPolicy().Envelope(),
	}}
	version, err := digestOf(archive, policy, collections)
	if err != nil {
		return chaincodePlan{}, fmt.Errorf("define chaincode %s: %w", name, err)
	}
	return chaincodePlan{
		kind:    kindOf(name),
		program: program,
		archive: archive,
		definition: &chaincode.Definition{
			ChannelName:       n.options.Consortium.Channel,
			PackageID:         chaincode.GetPackageID(name, archive),
			Name:              name,
			Version:           version,
			ApplicationPolicy: policy,
			Collections:       collections,
		},
	}, nil
}

func digestOf(archive []byte, messages ...proto.Message) (string, error) {
	hash := sha256.New()
	hash.Write(archive)
	for _, message := range messages {
		encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
		if err != nil {
			return "", err
		}
		hash.Write(encoded)
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// deploy brings the channel to run the planned chaincode: installed and approved by every member,
// committed once, and served by every member's own process. A chaincode that runs already in
// another version is upgraded.
func (n *Network) deploy(ctx context.Context, name string, program toolchain.Program) error {
	fail := func(err error) error {
		return fmt.Errorf("deploy chaincode %s: %w: read the peers' logs in %s", name, err, n.path("logs"))
	}
	plan, err := n.plan(name, program)
	if err != nil {
		return fail(err)
	}
	admins, err := n.administrators()
	if err != nil {
		return fail(err)
	}
	defer closeAll(admins)
	committed, err := committedDefinition(ctx, admins[0], plan.definition)
	if err != nil {
		return fail(err)
	}
	if committed.version != plan.definition.Version {
		plan.definition.Sequence = committed.sequence + 1
		if err := n.agree(ctx, admins, plan); err != nil {
			return fail(err)
		}
	}
	if err := n.serve(ctx, plan); err != nil {
		return fail(err)
	}
	return nil
}

// committedVersion is the definition that the channel has agreed on; sequence 0 if none yet.
type committedVersion struct {
	version  string
	sequence int64
}

func committedDefinition(ctx context.Context, admin *administrator, wanted *chaincode.Definition) (committedVersion, error) {
	gateway := chaincode.NewGateway(admin.connection, admin.identity)
	all, err := gateway.QueryCommitted(ctx, wanted.ChannelName)
	if err != nil {
		return committedVersion{}, err
	}
	for _, each := range all.GetChaincodeDefinitions() {
		if each.GetName() == wanted.Name {
			return committedVersion{version: each.GetVersion(), sequence: each.GetSequence()}, nil
		}
	}
	return committedVersion{}, nil
}

// agree has every member install and approve the definition, and one of them commit it.
func (n *Network) agree(ctx context.Context, admins []*administrator, plan chaincodePlan) error {
	err := eachAtOnce(ctx, len(admins), func(ctx context.Context, i int) error {
		if err := install(ctx, admins[i], plan); err != nil {
			return fmt.Errorf("install for %s: %w", admins[i].seat.member.ID, err)
		}
		if err := retry(ctx, func() error { return approve(ctx, admins[i], plan.definition) }); err != nil {
			return fmt.Errorf("approve for %s: %w", admins[i].seat.member.ID, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	gateway := chaincode.NewGateway(admins[0].connection, admins[0].identity)
	if err := retry(ctx, func() error { return gateway.Commit(ctx, plan.definition) }); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func install(ctx context.Context, admin *administrator, plan chaincodePlan) error {
	at := chaincode.NewPeer(admin.connection, admin.identity)
	installed, err := at.QueryInstalled(ctx)
	if err != nil {
		return err
	}
	for _, each := range installed.GetInstalledChaincodes() {
		if each.GetPackageId() == plan.definition.PackageID {
			return nil
		}
	}
	_, err = at.Install(ctx, bytes.NewReader(plan.archive))
	return err
}

// approve records a member's consent, unless an interrupted run has recorded it already: Fabric
// refuses to hear the same twice.
func approve(ctx context.Context, admin *administrator, definition *chaincode.Definition) error {
	gateway := chaincode.NewGateway(admin.connection, admin.identity)
	readiness, err := gateway.CheckCommitReadiness(ctx, definition)
	if err != nil {
		return err
	}
	if readiness.GetApprovals()[admin.seat.member.MSPID] {
		return nil
	}
	return gateway.Approve(ctx, definition)
}

// retry repeats a step of the lifecycle while the network is still coming together: members that
// do not see one another yet, a consenter without a leader, or a step that met another member's in
// one block. Anything else is final.
func retry(ctx context.Context, step func() error) error {
	var last error
	err := process.Await(ctx, func(context.Context) (bool, error) {
		last = step()
		if passes(last) {
			return false, nil
		}
		return true, last
	})
	if ctx.Err() != nil && last != nil {
		return fmt.Errorf("%w: %w", err, last)
	}
	return err
}

// passes reports whether the same step may succeed in a moment.
func passes(err error) bool {
	var invalid *client.CommitError
	if errors.As(err, &invalid) {
		return invalid.Code == peer.TxValidationCode_MVCC_READ_CONFLICT
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.FailedPrecondition, codes.Aborted:
		return true
	}
	return false
}

// serve runs every member's process of the chaincode, replacing those of another package.
func (n *Network) serve(ctx context.Context, plan chaincodePlan) error {
	relative, err := filepath.Rel(n.folder, plan.program.Path)
	if err != nil {
		return err
	}
	wanted := deployed{PackageID: plan.definition.PackageID, ProgramPath: relative}
	if running, ok := n.chaincode(plan.definition.Name); !ok || running != wanted {
		if err := n.stopAll(ctx, n.nodesOf(plan.kind)); err != nil {
			return err
		}
		if err := n.setChaincode(plan.definition.Name, wanted); err != nil {
			return err
		}
	}
	return n.startAll(ctx, n.nodesOf(plan.kind))
}

func (n *Network) setChaincode(name string, running deployed) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.state.Chaincodes == nil {
		n.state.Chaincodes = map[string]deployed{}
	}
	n.state.Chaincodes[name] = running
	return n.saveState()
}

func (n *Network) deployedChaincodes() []string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	var names []string
	for name := range n.state.Chaincodes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (n *Network) administrators() ([]*administrator, error) {
	var admins []*administrator
	for _, s := range n.seats() {
		admin, err := newAdministrator(s)
		if err != nil {
			closeAll(admins)
			return nil, err
		}
		admins = append(admins, admin)
	}
	return admins, nil
}

func closeAll(admins []*administrator) {
	for _, admin := range admins {
		admin.close()
	}
}
