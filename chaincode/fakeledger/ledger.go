package fakeledger

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// Config says what the channel agreed on. It is data, so that one configuration serves the fake and
// a real network alike.
type Config struct {
	Channel     string   // "lending" when empty
	Chaincode   string   // the chaincode's name, which is its namespace; "tallystick" when empty
	Members     []string // MSP ids of the channel
	Policy      *common.SignaturePolicyEnvelope
	Collections []Collection
	Authorities *Authorities // the members' CAs; the channel's own when nil
}

// Collection is one private data collection of the chaincode's definition.
type Collection struct {
	Name    string
	Members []string // MSP ids whose peers keep the values
	// Policy is the collection's own endorsement policy; without one the chaincode's holds.
	Policy *common.SignaturePolicyEnvelope
	// OpenRead and OpenWrite lift Fabric's memberOnlyRead and memberOnlyWrite, which are otherwise
	// in force: clients of other members may not read or write through anyone's peer.
	OpenRead, OpenWrite bool
}

// Ledger is one channel. It is safe for concurrent use; like a peer, it commits no block while a
// proposal is being simulated.
type Ledger struct {
	config      Config
	collections map[string]Collection
	identities  *Authorities

	mu      sync.RWMutex
	public  *store
	hashed  map[string]*store // by collection; keys are SHA-256 of the private key
	private map[string]*store // by collection
	seen    map[string]bool   // transaction ids on the ledger, valid or not
	blocks  []Block

	proposals struct {
		sync.Mutex
		count int64
	}
}

// epoch is the transaction time of the first proposal that names none; every further one is a
// second later. A fixed start keeps runs comparable.
var epoch = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

// New opens a channel that has no block yet. A configuration that no channel could have (no member,
// an unknown member in a collection, a policy with a principal that is not a role) panics: it is the
// test that is wrong.
func New(config Config) *Ledger {
	if config.Authorities == nil {
		config.Authorities = NewAuthorities()
	}
	return open(config, config.Authorities)
}

func open(config Config, identities *Authorities) *Ledger {
	if config.Channel == "" {
		config.Channel = "lending"
	}
	if config.Chaincode == "" {
		config.Chaincode = "tallystick"
	}
	if err := config.check(); err != nil {
		panic(fmt.Sprintf("open the fake ledger: %v", err))
	}
	l := &Ledger{
		config:      config,
		collections: map[string]Collection{},
		identities:  identities,
		public:      newStore(),
		hashed:      map[string]*store{},
		private:     map[string]*store{},
		seen:        map[string]bool{},
	}
	for _, c := range config.Collections {
		l.collections[c.Name] = c
		l.hashed[c.Name] = newStore()
		l.private[c.Name] = newStore()
	}
	return l
}

func (c Config) check() error {
	if len(c.Members) == 0 {
		return fmt.Errorf("the channel has no member: list MSP ids in Config.Members")
	}
	if err := checkPolicy(c.Policy); err != nil {
		return fmt.Errorf("the chaincode's policy: %w", err)
	}
	names := map[string]bool{}
	for _, collection := range c.Collections {
		if collection.Name == "" || names[collection.Name] {
			return fmt.Errorf("collection %q: the name is empty or taken", collection.Name)
		}
		names[collection.Name] = true
		for _, member := range collection.Members {
			if !slices.Contains(c.Members, member) {
				return fmt.Errorf("collection %q: %q is no member of the channel", collection.Name, member)
			}
		}
		if collection.Policy == nil {
			continue
		}
		if err := checkPolicy(collection.Policy); err != nil {
			return fmt.Errorf("the policy of collection %q: %w", collection.Name, err)
		}
	}
	return nil
}

// State answers the committed public value of a key, nil where there is none.
func (l *Ledger) State(key string) []byte {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.public.value(key)
}

// Keys lists the committed public keys in their order, composite keys included.
func (l *Ledger) Keys() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.public.keys)
}

// Private answers the committed private value of a key, as a member of the collection sees it, nil
// where there is none. A collection that does not exist panics.
func (l *Ledger) Private(collection, key string) []byte {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.privateStore(collection).value(key)
}

// PrivateKeys lists the committed keys of a collection in their order.
func (l *Ledger) PrivateKeys(collection string) []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.privateStore(collection).keys)
}

func (l *Ledger) privateStore(collection string) *store {
	s, ok := l.private[collection]
	if !ok {
		panic(fmt.Sprintf("the fake ledger has no collection %q", collection))
	}
	return s
}

// nextProposal counts proposals, for the ids and times of those that bring none.
func (l *Ledger) nextProposal() int64 {
	l.proposals.Lock()
	defer l.proposals.Unlock()
	l.proposals.count++
	return l.proposals.count
}
