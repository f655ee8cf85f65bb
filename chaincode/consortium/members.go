package consortium

import (
	"regexp"
	"slices"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

var (
	// An id is part of collection names, where a hyphen joins two of them: it has none of its own.
	memberID = regexp.MustCompile(`^[a-z][a-z0-9]{1,30}$`)
	mspID    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.-]{0,62}$`)
)

const (
	longestName = 128 // of a member's name for people
	mostRoots   = 4   // of a member's authority: one, and another while the first is being replaced
)

// Bootstrap founds the consortium: it lists its members and makes both root keys, all with the policies
// that guard them. It happens once, whole, by the members that this process was told of, and by the one
// regulator among them.
func (c *Contract) Bootstrap(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	var founded []wire.Member
	return ledger.Command[wire.Member]{
		Name:     "Consortium:Bootstrap",
		Founders: func(items []wire.Member) []wire.Member { return items },
		Prepare: func(tx *ledger.Tx, items []wire.Member) error {
			if err := refuseSecond(tx); err != nil {
				return err
			}
			if tx.Mode != wire.Atomic {
				return fault.In(fault.InvalidField, "mode")
			}
			return checkKinds(items)
		},
		Apply: func(tx *ledger.Tx, m wire.Member) error {
			if err := admit(tx, founded, m); err != nil {
				return err
			}
			founded = append(founded, m)
			return nil
		},
		Finish: func(tx *ledger.Tx) error {
			if err := c.checkFounders(founded); err != nil {
				return err
			}
			if err := ledger.Put(tx, "", wire.RootRegimes, wire.Root{Version: wire.Version, Listed: []wire.Listed{}}); err != nil {
				return err
			}
			return guardMembers(tx, founded)
		},
	}.Run(ctx)
}

// Register lists further members and lets the policies of the guarded keys count them. A member that is
// listed already may come again with other roots, and nothing else changed: its authority has a new one.
func (c *Contract) Register(ctx contractapi.TransactionContextInterface, _ string) (string, error) {
	var registered []wire.Member
	return ledger.Command[wire.Member]{
		Name: "Consortium:Register",
		Prepare: func(tx *ledger.Tx, _ []wire.Member) error {
			registered = append(registered, tx.Members()...)
			return nil
		},
		Apply: func(tx *ledger.Tx, m wire.Member) error {
			if at := reRooted(registered, m); at >= 0 {
				registered[at] = m
				return enter(tx, m)
			}
			if m.Kind == party.Regulator {
				return fault.In(fault.InvalidField, "kind")
			}
			if err := admit(tx, registered, m); err != nil {
				return err
			}
			registered = append(registered, m)
			return nil
		},
		Finish: func(tx *ledger.Tx) error { return guardMembers(tx, registered) },
	}.Run(ctx)
}

// refuseSecond lets a consortium be founded only once.
func refuseSecond(tx *ledger.Tx) error {
	_, exists, err := ledger.Get[wire.Root](tx, "", wire.RootMembers)
	if err != nil {
		return err
	}
	if exists {
		return fault.New(fault.AlreadyBootstrapped)
	}
	return nil
}

// checkFounders refuses members that are not the agreed ones: kinds are declared in the request, so
// whoever founds could else declare itself the regulator.
func (c *Contract) checkFounders(founded []wire.Member) error {
	if wire.FoundersDigest(founded) != c.founders {
		return fault.In(fault.FoundersMismatch, "items")
	}
	return nil
}

// checkKinds wants one regulator and a custodian: without either no pair of the policies exists.
func checkKinds(items []wire.Member) error {
	count := map[party.MemberKind]int{}
	for _, m := range items {
		count[m.Kind]++
	}
	if count[party.Regulator] != 1 || count[party.Custodian] == 0 {
		return fault.In(fault.InvalidField, "items")
	}
	return nil
}

// admit writes a member's entry and lists it. Ids and MSP ids are each one member's for ever.
func admit(tx *ledger.Tx, members []wire.Member, m wire.Member) error {
	if err := check(m); err != nil {
		return err
	}
	for _, other := range members {
		switch {
		case other.ID == m.ID:
			return fault.In(fault.AlreadyExists, "id")
		case other.MSPID == m.MSPID:
			return fault.In(fault.AlreadyExists, "msp_id")
		}
	}
	return enter(tx, m)
}

// reRooted is where a member stands that comes with other roots and is the same in everything else.
func reRooted(members []wire.Member, m wire.Member) int {
	return slices.IndexFunc(members, func(listed wire.Member) bool {
		return m.ReRooted(listed) && check(m) == nil
	})
}

// enter writes a member's entry and lists its digest.
func enter(tx *ledger.Tx, m wire.Member) error {
	entry := wire.MemberEntry{Version: wire.Version, Member: m}
	digest, err := wire.MemberDigest(entry)
	if err != nil {
		return err
	}
	if err := ledger.Put(tx, "", wire.MemberKey(m.ID), entry); err != nil {
		return err
	}
	return list(tx, wire.RootMembers, wire.Listed{ID: m.ID, Digest: digest})
}

func check(m wire.Member) error {
	switch {
	case !memberID.MatchString(m.ID) || m.ID == wire.Exposure:
		return fault.In(fault.InvalidField, "id")
	case m.Name == "" || len(m.Name) > longestName:
		return fault.In(fault.InvalidField, "name")
	case m.Kind != party.Platform && m.Kind != party.Custodian && m.Kind != party.Regulator:
		return fault.In(fault.InvalidField, "kind")
	case !mspID.MatchString(m.MSPID):
		return fault.In(fault.InvalidField, "msp_id")
	}
	return checkRoots(m.Roots)
}

// checkRoots wants the fingerprints of one root certificate at least: without it nobody's approval counts.
func checkRoots(roots []string) error {
	const field = "ca_roots"
	switch {
	case len(roots) == 0:
		return fault.In(fault.MissingField, field)
	case len(roots) > mostRoots:
		return fault.In(fault.InvalidField, field)
	}
	for i, root := range roots {
		if !wire.IsDigest(root) || slices.Contains(roots[:i], root) {
			return fault.In(fault.InvalidField, field)
		}
	}
	return nil
}

// list adds an entry to a root key, or puts another digest in the place of the one that it is listed with.
func list(tx *ledger.Tx, key string, l wire.Listed) error {
	root, exists, err := ledger.Get[wire.Root](tx, "", key)
	if err != nil {
		return err
	}
	if !exists {
		root.Version = wire.Version
	}
	root.Listed = slices.Clone(root.Listed)
	if at := slices.IndexFunc(root.Listed, func(before wire.Listed) bool { return before.ID == l.ID }); at >= 0 {
		root.Listed[at] = l
	} else {
		root.Listed = append(root.Listed, l)
	}
	return ledger.Put(tx, "", key, root)
}
