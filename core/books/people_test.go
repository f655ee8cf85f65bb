package books_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

var (
	harbor    = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Machine}
	lantern   = party.Actor{Member: "lantern", Kind: party.Platform, Role: party.Machine}
	meridian  = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Machine}
	authority = party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Supervisor}
)

// The handles of the four customers; Dan only ever comes and goes.
var ann, ben, cai, dan = handle(0xa), handle(0xb), handle(0xc), handle(0xe)

func handle(n int) string { return fmt.Sprintf("%032x", n) }

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// supervisor is a member, acting by a person who decides.
func supervisor(at party.Actor) party.Actor {
	at.Role = party.Supervisor
	return at
}

func sandbox() regime.Pack {
	return regime.Pack{
		ID: "sandbox", Title: "Sandbox", Source: "made up for tests", EffectiveFrom: day("2016-01-01"), AppliesTo: "new",
		Rules: regime.Rules{
			Currency: "CNY", RateCapPPM: 360_000, PenaltyCapPPM: 365_000, MinKYCLevel: 1, MinPrincipal: 1, MaxPrincipal: 1_000_000,
			Natural:        regime.Caps{PlatformMinor: 1_000_000, NetworkMinor: 1_000_000},
			Legal:          regime.Caps{PlatformMinor: 1_000_000, NetworkMinor: 1_000_000},
			MaxInstalments: 60, Methods: []string{"equal_instalment", "bullet"},
			Allocation:    []regime.Component{regime.Fee, regime.Interest, regime.Principal, regime.Penalty},
			ClearanceDays: 10, FundingDays: 10, BackdatingDays: 5, WriteOffDays: 30,
		},
	}
}

// found lists four members and lets regulator and custodian adopt a regime.
func (l *ledger) found() {
	l.as(authority)
	root := wire.Root{Version: wire.Version}
	for _, actor := range []party.Actor{harbor, lantern, meridian, authority} {
		entry := wire.MemberEntry{Version: wire.Version, Member: wire.Member{
			ID: actor.Member, Name: strings.ToUpper(actor.Member), Kind: actor.Kind, MSPID: actor.Member + "MSP",
		}}
		digest, err := wire.MemberDigest(entry)
		l.must(err)
		root.Listed = append(root.Listed, wire.Listed{ID: actor.Member, Digest: digest})
		l.put("", wire.MemberKey(actor.Member), entry)
	}
	l.put("", wire.RootMembers, root)
	l.put("", wire.RootRegimes, wire.Root{Version: wire.Version, Listed: []wire.Listed{}})
	l.commit()

	key := wire.RegimeKey("sandbox")
	l.decidePack(key, authority, regime.Propose{Pack: sandbox(), Actor: authority})
	l.decidePack(key, authority, regime.Approve{On: day("2016-01-04"), Actor: authority})
	custodian := supervisor(meridian)
	pack := l.decidePack(key, custodian, regime.Approve{On: day("2016-01-05"), Actor: custodian})
	digest, err := wire.PackDigest(pack)
	l.must(err)
	l.put("", wire.RootRegimes, wire.Root{Version: wire.Version, Listed: []wire.Listed{{ID: "sandbox", Digest: digest}}})
	l.commit()
	for _, collection := range []string{pair, otherPair} {
		l.as(meridian)
		l.put(collection, wire.BooksKey, wire.Books{Version: wire.Version, Secret: strings.Repeat("5e", 32)})
		l.commit()
	}
}

// decidePack commits what went before, and stages a step of the regime.
func (l *ledger) decidePack(key string, by party.Actor, command regime.Command) regime.Pack {
	l.Helper()
	l.commit()
	l.as(by)
	events, err := regime.Decide(load[regime.Pack](l, "", key), command)
	l.must(err)
	return save(l, "", key, regime.Pack{}, regime.Apply, events...)
}

// attest lets both sides attest a customer, and gives it a mandate to lend.
func (l *ledger) attest(customer string) {
	l.Helper()
	identity := party.Identity{
		Handle: customer, Platform: "harbor", Custodian: "meridian", Kind: party.Natural, KYCLevel: 2,
		Expires: day("2090-01-01"), Key: l.keyOf(secret),
	}
	l.person(customer, party.Attest{Actor: harbor, On: l.on, Identity: identity})
	l.person(customer, party.Attest{Actor: meridian, On: l.on, Identity: identity, AccountDigest: strings.Repeat("ab", 32)})
	l.authorise(mandate.Terms{
		Handle: customer, Party: customer, Platform: "harbor", Custodian: "meridian", Purpose: mandate.Invest,
		Currency: "CNY", TotalMinor: 9_000_000, Expires: day("2034-01-01"), PerLoanMinor: 9_000_000, MaxInstalments: 60,
		MaxShareOfLoanPPM: money.Million,
	})
}

// authorise registers and confirms a mandate.
func (l *ledger) authorise(terms mandate.Terms) {
	l.Helper()
	l.mandate(terms.Handle, harbor, mandate.Register{
		Actor: harbor, On: l.on, Terms: terms, Key: l.keyOf(secret), Signature: l.signature(terms.Statement()),
	})
	l.commit()
	l.mandate(terms.Handle, meridian, mandate.Confirm{
		Actor: meridian, On: l.on, Handle: terms.Handle, Channel: "branch", SignedTerms: terms.Commitment(),
	})
	l.commit()
}

// person commits a step of a party.
func (l *ledger) person(customer string, command party.Command) {
	l.Helper()
	events, err := party.Decide(load[party.State](l, pair, wire.PartyKey(customer)), command)
	l.must(err)
	l.as(party.Actor{Member: events[0].By, Kind: events[0].Side, Role: roleOf(events[0].By)})
	save(l, pair, wire.PartyKey(customer), party.State{}, party.Apply, events...)
	l.commit()
}

func roleOf(member string) party.Role {
	if member == authority.Member {
		return authority.Role
	}
	return party.Machine
}

// mandate stages a step of a mandate.
func (l *ledger) mandate(handle string, by party.Actor, command mandate.Command) {
	l.Helper()
	events, err := mandate.Decide(load[mandate.State](l, pair, wire.MandateKey(handle)), command)
	l.must(err)
	l.as(by)
	save(l, pair, wire.MandateKey(handle), mandate.State{}, mandate.Apply, events...)
}

// liveOn takes a customer through everything that can happen to one.
func (l *ledger) liveOn(customer string) {
	l.Helper()
	renewal := party.Renewal{KYCLevel: 3, Expires: day("2091-01-01")}
	text, fresh := strings.Repeat("cd", 32), l.keyOf(spare)
	consent := party.ConsentStatement(customer, 1, "marketing", text, day("2030-01-01"))
	for _, command := range []party.Command{
		party.VerifyAccount{Actor: meridian, On: l.on, Handle: customer, AccountDigest: strings.Repeat("ba", 32)},
		party.Renew{Actor: harbor, On: l.on, Handle: customer, Renewal: renewal},
		party.Renew{Actor: meridian, On: l.on, Handle: customer, Renewal: renewal},
		party.GiveConsent{
			Actor: harbor, On: l.on, Handle: customer, Purpose: "marketing", Text: text, Until: day("2030-01-01"),
			Signature: l.signature(consent),
		},
		party.WithdrawConsent{
			Actor: meridian, On: l.on, Handle: customer, Sequence: 1,
			Signature: l.signature(party.WithdrawalStatement(customer, 1)),
		},
		party.ImposeFreeze{Actor: authority, On: l.on, Handle: customer, Order: "order-1", Until: day("2024-12-31")},
		party.ReleaseFreeze{Actor: authority, On: l.on, Handle: customer, Order: "order-1"},
		party.RotateKey{
			Actor: harbor, On: l.on, Handle: customer, Key: fresh,
			Signature: l.signature(party.RotationStatement(customer, 2, fresh)),
		},
		party.Revoke{Actor: harbor, On: l.on, Handle: customer, Note: "left"},
	} {
		l.person(customer, command)
	}
	given := load[mandate.State](l, pair, wire.MandateKey(customer))
	l.mandate(customer, harbor, mandate.Revoke{
		Actor: harbor, On: l.on, Handle: customer, Key: fresh, Signature: l.signatureBy(spare, given.RevocationStatement()),
	})
	l.commit()
}

func (l *ledger) keyOf(secret *ecdsa.PrivateKey) party.Key {
	point, err := secret.PublicKey.Bytes()
	l.must(err)
	return party.Key{Algorithm: party.P256, Public: base64.StdEncoding.EncodeToString(point)}
}

// The keys that customers sign with: the first, and the one that liveOn rotates to.
var secret, spare = keyFrom(7), keyFrom(8)

func keyFrom(seed byte) *ecdsa.PrivateKey {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		panic(err)
	}
	return key
}

// sign is a signature by the first key, as text.
func (l *ledger) sign(message []byte) string {
	return base64.StdEncoding.EncodeToString(l.signature(message))
}

func (l *ledger) signature(message []byte) []byte { return l.signatureBy(secret, message) }

// signatureBy is the one of two signatures that the ledger takes, made without randomness.
func (l *ledger) signatureBy(key *ecdsa.PrivateKey, message []byte) []byte {
	hashed := sha256.Sum256(message)
	raw, err := key.Sign(nil, hashed[:], crypto.SHA256)
	l.must(err)
	var signature struct{ R, S *big.Int }
	_, err = asn1.Unmarshal(raw, &signature)
	l.must(err)
	if n := elliptic.P256().Params().N; signature.S.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		signature.S.Sub(n, signature.S)
	}
	raw, err = asn1.Marshal(signature)
	l.must(err)
	return raw
}
