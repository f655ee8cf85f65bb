package ledger

import (
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// Tx is one transaction: who asks, where, and every key that it touches. The runner fills the fields
// in before any item is looked at; contracts only read them.
type Tx struct {
	Function   wire.Function
	Actor      party.Actor // from the certificate, never from the input
	Channel    string
	TxID       string
	Timestamp  time.Time // a client's claim: record it, and decide nothing by it
	Collection string    // the request's private collection; empty for a public command
	Mode       wire.Mode

	// The two members whose collection it is; empty for a public command and in exposure.
	Platform, Custodian string

	creator  wire.Approved   // who signed the transaction: nobody approves their own
	approved []wire.Approved // who else of the member's staff stands for the request

	salt    string   // of the request
	scope   []string // of an auditor's certificate
	members []wire.Member
	pages   pages
}

// open begins a transaction on a stub. Nothing is read but what the stub knows by itself.
func open(stub shim.ChaincodeStubInterface, function wire.Function) (*Tx, error) {
	at, err := stub.GetTxTimestamp()
	if err != nil {
		return nil, peerDefect("read the transaction's timestamp", err)
	}
	return &Tx{
		Function:  function,
		Channel:   stub.GetChannelID(),
		TxID:      stub.GetTxID(),
		Timestamp: at.AsTime(),
		pages:     newPages(stub),
	}, nil
}

// RecordedOn is China's date at the transaction's timestamp: for the record of governance, where no
// business date exists. Nothing about money may depend on it.
func (tx *Tx) RecordedOn() calendar.Date { return calendar.Shanghai(tx.Timestamp.Unix()) }

// Members lists the members that the root key lists.
func (tx *Tx) Members() []wire.Member { return tx.members }

// Member answers a member by its id, or refuses with member_unknown.
func (tx *Tx) Member(id string) (wire.Member, error) {
	for _, m := range tx.members {
		if m.ID == id {
			return m, nil
		}
	}
	return wire.Member{}, fault.New(fault.MemberUnknown)
}

// Day is a custodian's business day as it stands, open or closed; the zero Day before the first one.
func (tx *Tx) Day(custodian string) (custody.Day, error) {
	day, _, err := Load[custody.Day](tx, "", wire.DayKey(custodian))
	return day, err
}

// BusinessDate is the date of the last day that the collection's custodian opened, be it open or
// closed by now. It refuses with business_day_not_open where there was none, and the collection that is
// no pair's. What may only happen on an open day asks Day(tx.Custodian) and its Require.
func (tx *Tx) BusinessDate() (calendar.Date, error) {
	if tx.Custodian == "" {
		return 0, fault.In(fault.InvalidField, "collection")
	}
	day, err := tx.Day(tx.Custodian)
	if err != nil {
		return 0, err
	}
	if day.Date.IsZero() {
		return 0, fault.New(fault.DayNotOpen)
	}
	return day.Date, nil
}

// Regime answers an adopted pack. It refuses with regime_unknown one that no root key lists, and one
// whose text is no longer the listed one.
func (tx *Tx) Regime(id string) (regime.Pack, error) {
	root, _, err := Get[wire.Root](tx, "", wire.RootRegimes)
	if err != nil {
		return regime.Pack{}, err
	}
	listed, ok := root.Find(id)
	if !ok {
		return regime.Pack{}, fault.In(fault.RegimeUnknown, "regime")
	}
	pack, _, err := Load[regime.Pack](tx, "", wire.RegimeKey(id))
	if err != nil {
		return regime.Pack{}, err
	}
	digest, err := wire.PackDigest(pack)
	if err != nil {
		return regime.Pack{}, defect("encode a regime pack", err)
	}
	if digest != listed {
		return regime.Pack{}, fault.In(fault.RegimeUnknown, "regime")
	}
	return pack, nil
}

// PlatformFrozen reports whether a supervisory order keeps the platform from new business.
func (tx *Tx) PlatformFrozen(platform string) (bool, error) {
	freeze, _, err := Load[wire.PlatformFreeze](tx, "", wire.PlatformFreezeKey(platform))
	return freeze.InForce(), err
}

// Salt makes the salt of a private value that is written once: it follows from the request's own
// salt, so that every endorser makes the same, and from the key, so that no two are alike.
func (tx *Tx) Salt(collection, key string) string {
	return wire.NextSalt(tx.salt+"\x00"+collection+"\x00"+key, tx.TxID)
}
