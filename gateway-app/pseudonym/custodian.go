package pseudonym

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cloudflare/circl/oprf"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
)

// Identities answers the identity number that the member's own identification of a customer has verified;
// false where it has verified none, or where that has expired.
type Identities interface {
	Number(ctx context.Context, collection, handle string) (Number, bool, error)
	// Known answers also a number whose verification has expired: it moves who is linked, and links nobody.
	Known(ctx context.Context, collection, handle string) (Number, bool, error)
}

// RegulatorDoor is the regulator's half as its counterparts reach it; Remote is one, over HTTP.
type RegulatorDoor interface {
	Keys(ctx context.Context) ([]PublicKey, error)
	Deposit(ctx context.Context, p Points) error
	Collect(ctx context.Context, c Claims) (Collected, error)
}

// Links is what the ledger says of pseudonyms; *Ledger is one.
type Links interface {
	Parties
	// Link answers the pseudonym that a party is linked to, and the one that follows it now.
	Link(ctx context.Context, handle string) (linked, now string, found bool, err error)
	// Linked lists the linked parties of a custodian by collection and handle.
	Linked(ctx context.Context, custodian string) ([]Application, error)
	// Reach waits until a block has been folded.
	Reach(ctx context.Context, block uint64) error
}

// Application names a party on the ledger.
type Application struct {
	Collection string `json:"collection"`
	Party      string `json:"party"`
}

// Custodian is the custodian's half: it evaluates points of platforms, compares their commitments with the
// numbers that it has verified, and links.
type Custodian struct {
	*Holder
	links      Links
	identities Identities
	regulator  RegulatorDoor
	lane       *lane.Lane
	process    string
}

// linkBatch is how many links travel in one command: each of them reads and writes two collections.
const linkBatch = 200

// openingTimeout bounds how long a call waits for the ledger; what is stored by then is linked all the same.
const openingTimeout = 2 * time.Minute

// partyOf is the lane of the party that an item links.
func partyOf(item wire.PartyLink) []string { return lane.Party(item.Handle) }

// NewCustodian puts the custodian's half together. Process names this process, for the lane in which links
// are submitted.
func NewCustodian(h *Holder, links Links, ids Identities, regulator RegulatorDoor, box lane.Submitter, process string) *Custodian {
	return &Custodian{h, links, ids, regulator, lane.New(h.db, box, "pseudonym", lane.Through("pseudonym/%", partyOf)), process}
}

// Evaluate multiplies a platform's points by the custodian's key, with one proof for all of them.
func (c *Custodian) Evaluate(ctx context.Context, caller string, p Points) (Evaluation, error) {
	k, _, err := c.usable(ctx, p.Epoch)
	if err != nil {
		return Evaluation{}, err
	}
	if err := c.receive(ctx, caller, p); err != nil {
		return Evaluation{}, err
	}
	raw := make([][]byte, len(p.Points))
	for i, point := range p.Points {
		raw[i] = point.Element
	}
	return evaluate(k, raw)
}

// candidate is an application whose commitment is being opened.
type candidate struct {
	at        int // its place in the call
	opening   Opening
	number    Number
	blind     oprf.Blind
	own       []byte // the custodian's own function over the number that it verified
	pseudonym string
}

// Open compares each commitment with the number that the custodian has verified, and links the parties for
// which they are the same. In an epoch that is next it moves them from their present pseudonym instead.
func (c *Custodian) Open(ctx context.Context, caller string, o Openings) ([]Result, error) {
	if err := size(len(o.Openings)); err != nil {
		return nil, err
	}
	k, status, err := c.usable(ctx, o.Epoch)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, openingTimeout)
	defer cancel()
	results := make([]Result, len(o.Openings))
	var opened []candidate
	seen := map[string]bool{}
	for i, opening := range o.Openings {
		results[i].Party = opening.Party
		one, err := c.compare(ctx, caller, k, o, opening, seen, i)
		if refusal := new(fault.Fault); errors.As(err, &refusal) {
			results[i].Refusal = refusal.At(i)
			continue
		}
		if err != nil {
			return nil, err
		}
		one.at = i
		opened = append(opened, one)
	}
	if opened, err = c.collect(ctx, k, o, opened, results); err != nil || len(opened) == 0 {
		return results, err
	}
	return results, c.link(ctx, o, status == Next, opened, results)
}

// compare opens one commitment with the number that the custodian has verified.
func (c *Custodian) compare(ctx context.Context, caller string, k *key, o Openings, opening Opening, seen map[string]bool, i int) (candidate, error) {
	var none candidate
	if err := distinct(seen, opening.Party, i); err != nil {
		return none, err
	}
	seen[opening.Party] = true
	state, err := c.admit(ctx, caller, o.Collection, opening.Party)
	switch {
	case err != nil:
		return none, err
	case state.Platform != caller:
		return none, fault.In(fault.WrongMember, "party")
	}
	if err := c.mayTry(ctx, o, opening); err != nil {
		return none, err
	}
	number, found, err := c.number(ctx, o.Collection, opening.Party)
	switch {
	case err != nil:
		return none, err
	case !found:
		return none, fault.In(fault.AttestationMissing, "party")
	}
	own, err := oprf.NewVerifiableServer(suite, k.private).FullEvaluate(number.input())
	if err != nil {
		return none, err
	}
	blind, err := unseal(own, o.Epoch, o.Collection, opening)
	if err != nil {
		return none, errors.Join(fault.In(fault.CommitmentMismatch, "number"), c.fail(ctx, caller, o, opening.Party))
	}
	return candidate{opening: opening, number: number, blind: blind, own: own}, nil
}

// number is what the custodian has verified of a party: of one that is linked already, at any time.
func (c *Custodian) number(ctx context.Context, collection, handle string) (Number, bool, error) {
	_, _, linked, err := c.links.Link(ctx, handle)
	if err != nil {
		return Number{}, false, err
	}
	if linked {
		return c.identities.Known(ctx, collection, handle)
	}
	return c.identities.Number(ctx, collection, handle)
}

// collect asks the regulator for the other half and derives the pseudonyms. An application whose deposited
// point is not r·H(N) is refused, and the others are asked for anew, because one proof covers a whole answer.
func (c *Custodian) collect(ctx context.Context, k *key, o Openings, list []candidate, results []Result) ([]candidate, error) {
	pinned, public, err := c.pinned(ctx, o.Epoch)
	if err != nil {
		return nil, err
	}
	for len(list) > 0 {
		data, request, err := reblind(public, list)
		if err != nil {
			return nil, err
		}
		got, err := c.regulator.Collect(ctx, claims(o, list))
		if refusal := new(fault.Fault); errors.As(err, &refusal) && refusal.Item >= 1 && refusal.Item <= len(list) {
			at := refusal.Item - 1
			results[list[at].at].Refusal = refusal.At(list[at].at)
			list = slices.Delete(list, at, at+1)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("collect from the regulator: %w", err)
		}
		kept, err := matching(list, request, got.Deposited)
		if err != nil {
			return nil, err
		}
		if len(kept) == len(list) {
			return list, c.derive(k, pinned, data, got.Evaluation, list)
		}
		for _, one := range list {
			if !slices.ContainsFunc(kept, func(k candidate) bool { return k.at == one.at }) {
				results[one.at].Refusal = fault.In(fault.CommitmentMismatch, "element").At(one.at)
			}
		}
		list = kept
	}
	return nil, nil
}

func claims(o Openings, list []candidate) Claims {
	asked := Claims{Epoch: o.Epoch, Collection: o.Collection}
	for _, one := range list {
		asked.Claims = append(asked.Claims, Claim{one.opening.Party, one.opening.Attempt})
	}
	return asked
}

// reblind computes the points that the platform must have deposited, if what it sent is true.
func reblind(public *oprf.PublicKey, list []candidate) (*oprf.FinalizeData, *oprf.EvaluationRequest, error) {
	inputs, blinds := make([][]byte, len(list)), make([]oprf.Blind, len(list))
	for i, one := range list {
		inputs[i], blinds[i] = one.number.input(), one.blind
	}
	return oprf.NewVerifiableClient(suite, public).DeterministicBlind(inputs, blinds)
}

// matching answers the candidates whose deposited point is the one that was computed.
func matching(list []candidate, request *oprf.EvaluationRequest, deposited [][]byte) ([]candidate, error) {
	points, err := decode(deposited)
	if err != nil || len(points) != len(list) {
		return nil, fmt.Errorf("collect from the regulator: %w", fault.In(fault.MalformedRequest, "deposited"))
	}
	var kept []candidate
	for i, one := range list {
		if points[i].IsEqual(request.Elements[i]) {
			kept = append(kept, one)
		}
	}
	return kept, nil
}

func (c *Custodian) derive(k *key, pinned PublicKey, data *oprf.FinalizeData, e Evaluation, list []candidate) error {
	outputs, err := finalize(pinned, data, e)
	if err != nil {
		return fmt.Errorf("check the regulator's evaluation: %w", err)
	}
	for i := range list {
		if list[i].pseudonym, err = derive(pinned.KeyID, k.id, outputs[i], list[i].own); err != nil {
			return err
		}
	}
	return nil
}

// link submits the links of the parties that have none, and, in an epoch that is next, the successions of
// those that have one.
func (c *Custodian) link(ctx context.Context, o Openings, next bool, list []candidate, results []Result) error {
	return c.lane.Hold(ctx, c.process, func(ctx context.Context) error {
		fresh, moved, err := c.sort(ctx, o, next, list, results)
		if err != nil {
			return err
		}
		if err := c.send(ctx, "Party:Link", o, fresh, results); err != nil {
			return err
		}
		if err := c.send(ctx, "Party:Succeed", o, moved, results); err != nil {
			return err
		}
		return c.remember(ctx, o, list, results)
	})
}

// sort tells those who have no link from those who move to the epoch. A person moves from the pseudonym of an
// epoch before: in one and the same epoch a party with another pseudonym is another person. A party that was
// linked in another way than by the protocol moves from a pseudonym that is nobody else's.
func (c *Custodian) sort(ctx context.Context, o Openings, next bool, list []candidate, results []Result) (fresh, moved []candidate, err error) {
	reached, err := c.reachedBy(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	leaving := map[string]string{} // from a pseudonym outside the protocol to the one that follows it
	for _, one := range list {
		_, now, found, err := c.links.Link(ctx, one.opening.Party)
		if err != nil {
			return nil, nil, err
		}
		at := Application{o.Collection, one.opening.Party}
		moves := found && !reached.present[at] && reached.before[at]
		if found && !reached.present[at] && !reached.before[at] {
			if moves, err = c.mayLeave(ctx, leaving, now, one.pseudonym); err != nil {
				return nil, nil, err
			}
		}
		switch {
		case found && now == one.pseudonym:
			results[one.at].Linked = true
		case moves:
			moved = append(moved, one)
		case found:
			results[one.at].Refusal = fault.In(fault.AlreadyExists, "party").At(one.at)
		case next:
			results[one.at].Refusal = fault.In(fault.WrongStatus, "epoch").At(one.at)
		default:
			fresh = append(fresh, one)
		}
	}
	return fresh, moved, nil
}

func (c *Custodian) send(ctx context.Context, function string, o Openings, list []candidate, results []Result) error {
	items := make([]wire.PartyLink, len(list))
	for i, one := range list {
		items[i] = wire.PartyLink{Handle: one.opening.Party, Pseudonym: one.pseudonym}
	}
	verdicts, err := lane.Send(ctx, c.lane, fmt.Sprintf("epoch %d", o.Epoch), function, o.Collection, items, linkBatch)
	if err != nil {
		return err
	}
	if verdicts.Applied > 0 {
		if err := c.links.Reach(ctx, verdicts.Block); err != nil {
			return err
		}
	}
	for i, one := range list {
		refusal := verdicts.Refused[i]
		if refusal != nil && refusal.Code == fault.AlreadyExists {
			// Somebody else of this person's, or this one in a former life of the process, came first.
			_, now, found, err := c.links.Link(ctx, one.opening.Party)
			if err != nil {
				return err
			}
			if found && now == one.pseudonym {
				refusal = nil
			}
		}
		if refusal != nil {
			refusal = refusal.At(one.at)
		}
		results[one.at].Linked, results[one.at].Refusal = refusal == nil, refusal
	}
	return nil
}
