package serve

import (
	"bytes"
	"context"
	"sync"

	"github.com/tallystick/tallystick/gateway-app/enrolment"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/outbox"
)

// machine is the identity that signs what no member of staff signs.
const machine = "machine"

// identities keeps one connection to the member's peer for each identity that signs: those of the profile,
// and those of the staff, whose certificates the member's authority issued to this app.
type identities struct {
	profile ledger.Profile
	staff   *enrolment.Register

	mu    sync.Mutex
	named map[string]connected
}

// connected is a connection, and the certificate that it was made with: a renewed one needs another.
type connected struct {
	client      *ledger.Client
	certificate []byte
}

func newIdentities(profile ledger.Profile) *identities {
	return &identities{profile: profile, named: map[string]connected{}}
}

// dial is how the outbox reaches the ledger as an identity.
func (i *identities) dial(ctx context.Context, name string) (outbox.Ledger, error) {
	client, err := i.client(ctx, name)
	if err != nil {
		return nil, err
	}
	return outbox.Over(client), nil
}

// client answers the connection of an identity. Connections that were replaced stay open until the process
// ends: transactions may be under way on them.
func (i *identities) client(ctx context.Context, name string) (*ledger.Client, error) {
	var credential enrolment.Credential
	if _, own := i.profile.Identities[name]; !own && i.staff != nil {
		var err error
		if credential, err = i.staff.Credential(ctx, name); err != nil {
			return nil, err
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if known, ok := i.named[name]; ok && bytes.Equal(known.certificate, credential.Certificate) {
		return known.client, nil
	}
	client, err := i.connect(ctx, name, credential)
	if err != nil {
		return nil, err
	}
	i.named[name] = connected{client, credential.Certificate}
	return client, nil
}

func (i *identities) connect(ctx context.Context, name string, credential enrolment.Credential) (*ledger.Client, error) {
	if credential.Certificate == nil {
		return ledger.Connect(ctx, i.profile, name)
	}
	return ledger.ConnectWith(ctx, i.profile, credential.Certificate, credential.Key)
}

func (i *identities) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, known := range i.named {
		known.client.Close()
	}
}
