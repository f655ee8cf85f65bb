package ledger

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// takeApprovals verifies what came with a request, whether a regime asks for it or not: nothing is
// remembered as approved that nobody approved.
func (tx *Tx) takeApprovals(id string, raw []byte, approvals []wire.Approval) error {
	switch {
	case len(approvals) == 0:
		return nil
	case len(approvals) > wire.MaxApprovals:
		return fault.In(fault.ApprovalInvalid, "approvals")
	}
	var body struct {
		Items json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return fault.In(fault.MalformedRequest, "items")
	}
	digest, err := wire.Approvable{
		Channel: tx.Channel, Function: tx.Function.Name, ID: id, Collection: tx.Collection, Mode: tx.Mode, Items: body.Items,
	}.Digest()
	if err != nil {
		return fault.In(fault.MalformedRequest, "items")
	}
	member, err := tx.Member(tx.Actor.Member)
	if err != nil {
		return err
	}
	for i, approval := range approvals {
		if err := tx.takeApproval(approval, digest, member); err != nil {
			f := *fault.Of(err)
			f.Field = fmt.Sprintf("approvals[%d].%s", i, f.Field)
			return &f
		}
	}
	return nil
}

// takeApproval wants another person than those who stand for the request already, and one who might have
// submitted it. A machine approves nothing: it has no judgement of its own.
func (tx *Tx) takeApproval(approval wire.Approval, digest string, member wire.Member) error {
	approved, err := approval.Verify(digest, member.Roots, tx.Timestamp.Unix())
	if err != nil {
		return err
	}
	if approved.Role == party.Machine || !slices.Contains(tx.Function.Roles, approved.Role) {
		return fault.In(fault.ApprovalInvalid, "role")
	}
	same := func(other wire.Approved) bool {
		return other.Name == approved.Name || other.Fingerprint == approved.Fingerprint
	}
	if same(tx.creator) || slices.ContainsFunc(tx.approved, same) {
		return fault.In(fault.ApprovalInvalid, "certificates")
	}
	approved.Member = member.ID
	tx.approved = append(tx.approved, approved)
	return nil
}

// checkGovernance refuses with approval_missing a command that concerns no loan and that a regime in force
// wants a second person for. Any adopted pack decides, as long as it takes new business.
func (tx *Tx) checkGovernance() error {
	if !tx.Function.FourEyes() || tx.Function.OfLoans() || len(tx.approved) > 0 {
		return nil
	}
	root, exists, err := Get[wire.Root](tx, "", wire.RootRegimes)
	if err != nil || !exists {
		return err
	}
	on, err := tx.governanceDate()
	if err != nil {
		return err
	}
	keys := make([]string, len(root.Listed))
	for i, listed := range root.Listed {
		keys[i] = wire.RegimeKey(listed.ID)
	}
	if err := tx.Prefetch("", keys...); err != nil {
		return err
	}
	for _, listed := range root.Listed {
		pack, err := tx.Regime(listed.ID)
		if err != nil {
			return err
		}
		if pack.ForNewBusiness(on) == nil && tx.lacksApproval(pack) {
			return fault.New(fault.ApprovalMissing)
		}
	}
	return nil
}

// governanceDate is the custodian's business date where a collection has one, and the date of the
// transaction's own timestamp elsewhere. Before the first business day no order can stand; the contract says so.
func (tx *Tx) governanceDate() (calendar.Date, error) {
	if tx.Custodian == "" {
		return tx.RecordedOn(), nil
	}
	day, err := tx.Day(tx.Custodian)
	return day.Date, err
}

// CheckFourEyes refuses with approval_missing a command about a loan for which the loan's own regime wants a
// second person whom the request does not bring. It reads nothing for a function that no regime can name.
func (tx *Tx) CheckFourEyes(regimeID string) error {
	if !tx.Function.FourEyes() || len(tx.approved) > 0 {
		return nil
	}
	pack, err := tx.Regime(regimeID)
	if err != nil {
		return err
	}
	if tx.lacksApproval(pack) {
		return fault.New(fault.ApprovalMissing)
	}
	return nil
}

func (tx *Tx) lacksApproval(pack regime.Pack) bool {
	return pack.Rules.NeedsFourEyes(tx.Function.Name) && len(tx.approved) == 0
}
